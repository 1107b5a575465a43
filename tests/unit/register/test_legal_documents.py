"""Documents that the law asks for: filled by field, answer and fact; every gap is something missing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.papers import LANGUAGES, Document, Gap, Paragraph, Source, text_of, write
from casemate.register.documents import (
    KINDS,
    Known,
    document_kind,
    fill,
    questions,
    read_questionnaire,
)
from casemate.register.documents.kinds import fixed_words
from casemate.register.keeping import KeptRecord
from casemate.register.records import read_record
from casemate.register.records.record import every_field

DAY = date(2027, 12, 3)
HIRING = {
    "closed": True,
    "facts": {"role": "deployer", "purpose": "rank_candidates", "sector": "public_services"},
}
TOLD = {
    "text": "told",
    "words": ["told"],
    "links": ["https://example.lu/told"],
    "link": "https://example.lu/told",
    "date": date(2027, 1, 1),
    "word": "told",
}
FIELDS = sorted(
    {
        source.removeprefix("field:")
        for one, _ in questions().values()
        for source in one.sources
        if source.startswith("field:")
    }
)


def known(record: dict[str, Any] | None = None, answers: dict[str, Any] | None = None) -> Known:
    kept = KeptRecord(
        algorithm="algorithm-a",
        version=1,
        organisation="org-city",
        record=read_record({"name": "Sorter", **(record or {})}),
        digest="sha256:" + "0" * 64,
        reason="",
        kept_by="acct-rita",
        kept_at=datetime(2026, 11, 30, tzinfo=UTC),
        published=None,
    )
    return Known(kept, read_questionnaire(answers or {}), int(bool(answers)))


def value_of(field: str) -> Any:
    kind = every_field()[field]
    return kind.values[0] if kind.values else TOLD[kind.kind]


def keys(paper: Document) -> set[str]:
    return {one.key for one in paper.gaps()}


def statements(paper: Document) -> dict[str, str]:
    """By the name of its source, what a paragraph says."""
    return {
        source.name: text_of(one.words)
        for one in paper.blocks()
        if isinstance(one, Paragraph)
        for source in one.sources
    }


@pytest.mark.parametrize("kind", KINDS)
def test_with_nothing_told_everything_is_a_gap_that_says_who_why_and_where(kind: str) -> None:
    paper = fill(kind, known(), "en", DAY)
    asked = {one.key for one in document_kind(kind).all_questions() if not one.only_with_notice}
    assert asked <= keys(paper)
    assert "facts" in keys(paper)
    for gap in paper.gaps():
        assert all(text_of(part).strip() for part in (gap.what, gap.who, gap.why, gap.where))
        assert gap.sources
    assert all(one.sources for one in paper.blocks() if not isinstance(one, Gap))


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_closes_its_gap_and_no_other(kind: str) -> None:
    before = keys(fill(kind, known(), "en", DAY))
    for one in document_kind(kind).all_questions():
        if one.only_with_notice:
            continue
        paper = fill(kind, known(answers={"answers": {one.key: "It is so."}}), "en", DAY)
        assert keys(paper) == before - {one.key}
        assert statements(paper)[one.key] == "It is so."


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_the_record_closes_the_gaps_that_it_answers_and_no_others(field: str) -> None:
    for kind in KINDS:
        if kind == "art-50":
            continue
        paper = fill(kind, known({field: value_of(field)}), "en", DAY)
        closed = {
            one.key
            for one in document_kind(kind).all_questions()
            if f"field:{field}" in one.sources
        }
        assert keys(fill(kind, known(), "en", DAY)) - keys(paper) == closed
        named = {source.name for block in paper.blocks() for source in block.sources}
        assert not closed or field in named


@settings(max_examples=40, deadline=None)
@given(
    told=st.sets(st.sampled_from(FIELDS)),
    answered=st.sets(st.sampled_from(sorted(questions()))),
    kind=st.sampled_from([one for one in KINDS if one != "art-50"]),
    language=st.sampled_from(LANGUAGES),
)
def test_the_gaps_are_what_is_missing(
    told: set[str], answered: set[str], kind: str, language: str
) -> None:
    record = {field: value_of(field) for field in told}
    given_answers = {"answers": dict.fromkeys(answered, "So.")}
    paper = fill(kind, known(record, given_answers), language, DAY)
    missing = {
        one.key
        for one in document_kind(kind).all_questions()
        if one.key not in answered and not {f"field:{field}" for field in told} & {*one.sources}
    }
    assert keys(paper) == missing | {"facts"}


def test_each_level_and_measure_that_an_impact_lacks_is_a_gap() -> None:
    whole = {
        "right": "Non-discrimination",
        "harm": "Women are invited less often",
        "people": "Applicants",
        "scale": "serious",
        "scope": "many",
        "reversibility": "hardly",
        "probability": "possible",
        "measures": [{"kind": "reduce", "measure": "Rates are compared"}],
    }
    paper = fill("huderia", known(answers={"impacts": [whole]}), "de", DAY)
    assert not {one for one in keys(paper) if one.startswith("impacts")}
    assert "ernst" in write(paper, "html").decode()
    for part in ("scale", "scope", "reversibility", "probability", "measures"):
        partial = {name: told for name, told in whole.items() if name != part}
        paper = fill("huderia", known(answers={"impacts": [partial]}), "en", DAY)
        assert {one for one in keys(paper) if one.startswith("impacts")} == {f"impacts[1].{part}"}


def test_the_gravest_impact_stands_first() -> None:
    slight = {"right": "A", "harm": "slight", "scale": "minor", "scope": "few"}
    grave = {"right": "B", "harm": "grave", "scale": "grave", "scope": "most"}
    page = write(fill("fria", known(answers={"impacts": [slight, grave]}), "en", DAY), "html")
    assert page.index(b"<td>grave</td>") < page.index(b"<td>slight</td>")


def test_the_law_of_the_day_says_whether_a_document_is_asked_for_and_from_when() -> None:
    paper = fill("fria", known(answers=HIRING), "en", DAY)
    assert statements(paper)["AI Act Art. 27"] == fixed_words("en")["law_asks"]
    assert "2027-12-02" in statements(paper)["AI Act Art. 6(2)"]
    old = fill("fria", known(answers=HIRING), "en", date(2026, 7, 1))
    assert "2026-08-02" in statements(old)["AI Act Art. 6(2)"]
    assert "2024/1689" in dict(old.metadata)[fixed_words("en")["law"]]
    harmless = {"closed": True, "facts": {"role": "provider", "purpose": "other"}}
    free = fill("annex-iv", known(answers=harmless), "en", DAY)
    assert statements(free)["AI Act Art. 11, Annex IV"] == fixed_words("en")["law_not"]


def test_while_the_class_is_open_the_next_facts_are_asked_for() -> None:
    paper = fill("annex-iv", known(answers={"facts": HIRING["facts"]}), "en", DAY)
    (gap,) = [one for one in paper.gaps() if one.key == "facts"]
    assert "infers" in text_of(gap.where)


NOTICES: dict[str, tuple[dict[str, Any], str]] = {
    "50(1)": ({"interacts_with_persons": True}, "not with a person"),
    "50(2)": ({"generates_synthetic_content": True}, "made or changed by an AI system"),
    "50(3)": ({"role": "deployer", "emotion_inference_from_biometrics": True}, "recognises emotions"),
    "50(4)": ({"role": "deployer", "deepfake": True}, "are artificial"),
    "text": ({"role": "deployer", "text_public_interest": True}, "no editor answers"),
}  # fmt: skip


def notices_of(paper: Document) -> list[Paragraph]:
    return [
        one
        for one in paper.blocks()
        if isinstance(one, Paragraph) and Source("field", "name") in one.sources
    ]


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_a_notice_is_written_in_four_languages_where_its_paragraph_applies(name: str) -> None:
    facts, words = NOTICES[name]
    told = {"organisation": {"en": "The City", "fr": "La Ville"}, "contact": "ki@example.lu"}
    asked = {"closed": True, "facts": {"role": "provider", **facts}}
    paper = fill("art-50", known(told, asked), "de", DAY)
    notices = notices_of(paper)
    assert [one.language for one in notices] == list(LANGUAGES)
    assert words in text_of(notices[0].words)
    assert "Sorter" in text_of(notices[0].words)
    assert "La Ville" in text_of(notices[1].words)
    assert keys(paper) <= {"marking"}


def test_a_notice_without_anybody_to_ask_is_a_gap() -> None:
    asked = {"closed": True, "facts": NOTICES["50(1)"][0] | {"role": "provider"}}
    paper = fill("art-50", known({"organisation": "The City"}, asked), "en", DAY)
    assert "notice.interacting" in keys(paper)
    assert not notices_of(paper)


def test_without_facts_each_paragraph_asks_for_those_that_decide_it() -> None:
    paper = fill("art-50", known(), "en", DAY)
    where = {one.key: text_of(one.where) for one in paper.gaps()}
    assert "interacts_with_persons" in where["facts.interacting"]
    assert "deepfake" in where["facts.deep_fake"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_document_is_there_in_every_language(kind: str, language: str) -> None:
    told = known({"goal_and_impact": {"en": "Helps."}}, HIRING)
    assert write(fill(kind, told, language, DAY), "html")
    asked = document_kind(kind)
    for section in asked.sections:
        assert section.title.keys() == section.why.keys() == set(LANGUAGES)
        assert all(one.asks.keys() == set(LANGUAGES) for one in section.questions)


def test_the_fixed_words_have_the_same_keys_in_every_language() -> None:
    def shape(words: Any) -> Any:
        return {k: shape(v) for k, v in words.items()} if isinstance(words, dict) else str

    first, *others = [shape(fixed_words(one)) for one in LANGUAGES]
    assert all(one == first for one in others)


def test_every_source_is_a_field_or_something_that_the_platform_tells() -> None:
    facts = (
        "versions models changes impacts measures evaluations fairness standing permits datasets "
        "protection reidentification runs sandbox sandbox_plan sandbox_activities sandbox_guidance "
        "sandbox_results sandbox_learning sandbox_conclusion"
    )
    for one, _ in questions().values():
        for source in one.sources:
            kind, _, name = source.partition(":")
            assert name in (every_field() if kind == "field" else facts.split())


def test_text_in_another_language_says_in_which() -> None:
    paper = fill("fria", known({"intended_purpose": {"de": "Sortiert."}}), "fr", DAY)
    (said,) = [
        one
        for one in paper.blocks()
        if isinstance(one, Paragraph) and text_of(one.words) == "Sortiert."
    ]
    assert said.language == "de"
    assert 'lang="de">Sortiert.' in write(paper, "html").decode()


HARM = {"right": "A", "harm": "B"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"answer": {}}, "no part 'answer'; the nearest is 'answers'"),
        ({"answers": {"procces": "x"}}, "no document asks 'procces'; the nearest is 'process'"),
        ({"answers": {"process": 3}}, "answers.process is text"),
        ({"answers": {"process": {"es": "x"}}}, "answers.process is text"),
        ({"answers": {"process": "x" * 50_001}}, "50000 characters"),
        ({"answers": []}, "`answers` is a table"),
        ({"facts": {"rol": "x"}}, "no fact 'rol'"),
        ({"closed": "yes"}, "`closed` is true or false"),
        ({"permits": "permit-a"}, "`permits` is a list"),
        ({"permits": [7]}, r"permits\[1\] is text"),
        ({"impacts": [{"right": "A"}]}, r"impacts\[1\].harm is missing"),
        ({"impacts": [{"right": "A", "harm": "B", "scale": "huge"}]}, r"impacts\[1\].scale is one of"),
        ({"impacts": [{"right": "A", "harm": "B", "scal": "x"}]}, "no 'scal'; the nearest is 'scale'"),
        ({"impacts": [HARM | {"measures": [{"kind": "hope", "measure": "x"}]}]}, "avoid, reduce"),
        ({"impacts": [{"right": "A", "harm": "B", "scale": ["grave"]}]}, r"impacts\[1\].scale is one of"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_read_say_where(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_questionnaire(wrong)


def test_answers_survive_being_kept() -> None:
    told = {
        "answers": {"process": {"en": "a", "lb": "b"}},
        "facts": {"training_flops": 1e25, "role": "provider"},
        "permits": ["permit-a"],
        "impacts": [{"right": "A", "harm": "B", "measures": [{"kind": "avoid", "measure": "C"}]}],
    }
    once = read_questionnaire(told)
    assert read_questionnaire(once.document()).document() == once.document()


HOSTILE = '#panic("x") <script>alert(1)</script> ]]> \u202e \x00 {{ x }} ' + "w" * 400


@pytest.mark.parametrize("form", ["html", "pdf", "docx"])
def test_hostile_text_in_every_field_and_answer_stays_text(form: str) -> None:
    record = {one: HOSTILE for one in FIELDS if every_field()[one].kind == "text"}
    record |= {"name": HOSTILE[:80], "organisation": HOSTILE, "contact": HOSTILE}
    facts = {"role": "provider", "interacts_with_persons": True}
    told = {
        "answers": dict.fromkeys(questions(), HOSTILE),
        "facts": facts,
        "closed": True,
        "impacts": [{"right": HOSTILE, "harm": HOSTILE, "people": HOSTILE[:400]}],
    }
    for kind in KINDS:
        data = write(fill(kind, known(record, told), "lb", DAY), form)
        assert form != "html" or b"<script" not in data
