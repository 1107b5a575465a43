"""Between an answer and a refusal: what comes near is quoted, and said to be no answer."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO

import pytest
from answers_of_law import NEW, WORK, WordFinder, finder_of, library_of_dogs
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from casemate.cli.law import answer_text
from casemate.errors import BadInput
from casemate.knowledge.answers import Answer, Answers, Calibration, Found, Receipt
from casemate.knowledge.answers.calibration import Ahead, f1_of_refusals, fitted_ahead, shipped
from casemate.knowledge.answers.measures import Asked, measure
from casemate.knowledge.documents import Library
from casemate.language.settings import read_answer_settings

FEE = "À combien est fixée la taxe annuelle ?"
AHEAD = Ahead(2.0, -4.0, {"lenient": 1.0, "usual": 2.0, "strict": 3.0})
RULE = Calibration(
    {"coverage": 0.0, "likeness": 4.0}, -1.5, 0.5, ahead={"question": AHEAD}, subject=0.3
)


@dataclass
class Leading:
    """Finds as words do; each passage stands so far ahead as is told of its article."""

    words: WordFinder
    leads: dict[str, float]
    digest: str = "sha256:leading"

    def find(
        self,
        question: str,
        language: str,
        on: date | None,
        limit: int,
        without: Collection[str] = (),
    ) -> Sequence[Found]:
        """The same as the words', with leads."""
        return [
            replace(
                one, route="question", lead=self.leads.get(one.passage.provision.split("#")[-1])
            )
            for one in self.words.find(question, language, on, limit, without)
        ]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with library_of_dogs(tmp_path_factory.mktemp("dogs")) as library:
        yield library


def asking(library: Library, rule: Calibration = RULE, **leads: float) -> Answers:
    return Answers(library, Leading(finder_of(library), leads), calibration=rule)


def ask(library: Library, lead: float, rule: Calibration = RULE) -> Answer:
    return asking(library, rule, art_1=lead - 1, art_2=lead).ask(FEE, "fr", NEW)


def test_what_stands_far_ahead_answers(library: Library) -> None:
    answer = ask(library, 2.5)
    assert "60 euros" in answer.quotes[0].text
    assert (answer.refusal, answer.near, answer.receipt.near) == ("", (), False)


def test_what_stands_ahead_a_little_comes_near_and_is_no_answer(library: Library) -> None:
    answer = ask(library, 1.5)
    assert answer.quotes == ()
    assert "these come nearest" in answer.refusal
    (near,) = answer.near
    stored = library.at(near.work, near.provision, "fr", NEW).provision
    assert stored is not None
    assert stored.text[near.start : near.end] == near.text
    assert answer.instruments == ()


def test_what_is_on_something_else_comes_not_even_near(library: Library) -> None:
    rule = replace(RULE, constant=-9.0)
    answer = ask(library, 9.0, rule)
    assert (answer.quotes, answer.near, answer.receipt.spans) == ((), (), ())
    assert "Nothing in these texts" in answer.refusal


def test_a_sentence_that_says_all_of_the_question_answers(library: Library) -> None:
    assert ask(library, -3.0, replace(RULE, plain=0.6)).quotes


@pytest.mark.parametrize(
    ("strictness", "answered"), [("lenient", True), ("usual", False), ("strict", False)]
)
def test_the_operator_says_how_far_ahead_is_enough(
    library: Library, strictness: str, answered: bool
) -> None:
    chosen = read_answer_settings({"strictness": strictness}).strictness
    assert bool(ask(library, 1.5, replace(RULE, strictness=chosen)).quotes) is answered


def test_a_strictness_that_is_none_is_bad_input() -> None:
    with pytest.raises(BadInput, match="lenient, usual, strict"):
        read_answer_settings({"strictness": "very"})


def test_among_too_few_to_tell_words_and_meaning_decide(library: Library) -> None:
    assert asking(library).ask(FEE, "fr", NEW).quotes
    assert asking(library, replace(RULE, threshold=0.99)).ask(FEE, "fr", NEW).near


def test_a_receipt_of_what_came_near_replays_and_tells_it_from_an_answer(library: Library) -> None:
    near, answered = ask(library, 1.5).receipt, ask(library, 2.5).receipt
    assert Receipt.from_document({**near.to_document(), "digest": near.digest}) == near
    assert near.spans == answered.spans
    assert near.digest != answered.digest
    assert asking(library, art_1=0.5, art_2=1.5).replay(near)
    assert not asking(library, art_1=0.5, art_2=2.5).replay(near)


def test_the_receipt_of_an_answer_has_the_digest_that_it_always_had(library: Library) -> None:
    assert "near" not in ask(library, 2.5).receipt.to_document()


def test_a_document_of_what_came_near_is_read_back(library: Library) -> None:
    answer = ask(library, 1.5)
    assert Answer.from_dict(answer.to_dict()).near == answer.near


def test_the_command_line_says_near_beside_each_quote(library: Library) -> None:
    page = StringIO()
    Console(file=page, width=200).print(answer_text(ask(library, 1.5)))
    assert "Near, not an answer: Art. 2." in page.getvalue()
    assert "60 euros" in page.getvalue()


def test_what_is_near_counts_as_a_refusal(library: Library) -> None:
    asked = [Asked(FEE, "fr", NEW, frozenset({f"{WORK}#art_2"}))]
    answers = asking(library, art_1=1.0, art_2=2.5)
    figures = measure(answers, library, asked, quotes=1)
    assert (figures.refusal_f1, figures.citation_f1, figures.quote_exists) == (1.0, 1.0, 1.0)


LEADS = st.floats(-5, 15, allow_nan=False)


@given(st.lists(st.tuples(st.sampled_from(["question", "term"]), LEADS), min_size=2), st.data())
def test_taking_provisions_out_never_makes_it_surer(
    leads: list[tuple[str, float]], data: st.DataObject
) -> None:
    rule = replace(RULE, ahead={"question": AHEAD, "term": replace(AHEAD, constant=-6.0)})
    left = data.draw(st.lists(st.sampled_from(leads), min_size=1, unique=True))
    signs = {"coverage": 1.0, "likeness": data.draw(st.floats(0, 2))}
    before, chance = rule.judged(signs, leads)
    after, less = rule.judged(signs, left)
    assert less <= chance
    assert before == after or (before, after) == ("answered", "near")


def test_bounds_hold_back_shares_of_what_is_right() -> None:
    # Right ones lead by 10 to 19, wrong ones by 0 to 9: a tenth of the right ones lies below 10.9.
    found = fitted_ahead([float(lead) for lead in range(20)], [lead >= 10 for lead in range(20)])
    assert found.bounds == {"lenient": 10.9, "usual": 13.0, "strict": 14.5}
    assert found.probability(19) > 0.9 > 0.1 > found.probability(0)


def test_the_shipped_rule_knows_every_route() -> None:
    assert set(shipped().ahead) == {"question", "term", "across"}
    assert all(one.weight > 0 for one in shipped().ahead.values())
    assert "leads: " in shipped().made_of


def test_refusal_f1_has_refusing_as_its_positive_class() -> None:
    # Of four questions two have no answer; one of them is refused, and one that has an answer is too.
    assert f1_of_refusals([True, False, True, False], [False, False, True, True]) == 0.5
