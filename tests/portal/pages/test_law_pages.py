"""The law's pages: the words in force on the day asked about, what changed, other languages."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from answers_of_law import NEW, OLD, WORK, load_dogs
from pages_world import Person, pages, words

PROVISION = f"/en/law/provision?corpus=law&work={WORK}&key=art_2"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    folder = tmp_path_factory.mktemp("law")
    with pages(folder, works=False) as made:
        load_dogs(made.portal.platform, folder)
        yield made.person(None)


def test_laws_are_found_by_words_of_their_title(visitor: Person) -> None:
    assert "relative aux chiens" in words(visitor.see("/en/law?q=CHIENS"))
    assert "No law has these words" in words(visitor.see("/en/law?q=chats"))


def test_provisions_are_found_by_what_they_say(visitor: Person) -> None:
    page = visitor.see("/fr/law?q=taxe")
    assert "<mark>taxe</mark>" in page
    assert "key=art_2" in page


@pytest.mark.parametrize(("day", "fee"), [(OLD, "40 euros"), (NEW, "60 euros")])
def test_a_provision_reads_as_on_the_day(visitor: Person, day: date, fee: str) -> None:
    page = words(visitor.see(f"{PROVISION}&on={day}"))
    assert fee in page
    assert "CC-BY-4.0" in page


def test_before_it_there_was_none(visitor: Person) -> None:
    assert "was not there on that day" in words(visitor.see(f"{PROVISION}&on=2001-01-01"))


def test_what_changed_is_struck_and_underlined(visitor: Person) -> None:
    page = visitor.see(f"{PROVISION}&on={NEW}&since={OLD}")
    assert re.search(r"<del>.*?</span>40<span.*?</del><ins>.*?</span>60<span", page)


def test_another_language_stands_beside(visitor: Person) -> None:
    page = visitor.see(f"{PROVISION}&language=fr&on={NEW}&beside=de")
    assert "60 euros" in page
    assert '<p class="said" lang="de">Art. 2.\nDie jährliche Steuer beträgt 60 Euro.</p>' in page


def test_a_law_lists_its_provisions_and_versions(visitor: Person) -> None:
    page = words(visitor.see(f"/en/law/work?corpus=law&work={WORK}&language=fr"))
    assert "Art. 1er." in page
    assert "Version 2" in page


@pytest.mark.parametrize("query", ["on=yesterday", f"on={NEW}&since=never"])
def test_a_day_that_is_none_is_told_beside_its_field(visitor: Person, query: str) -> None:
    answer = visitor.get(f"{PROVISION}&{query}")
    assert answer.status_code == 422
    assert "Write a day as 2026-03-01." in answer.text


@pytest.mark.parametrize(
    "path",
    ["/en/law?corpus=none", "/en/law/work?corpus=law&work=none", "/en/law/work?corpus=..&work=x"],
)
def test_what_is_not_here_is_not_found(visitor: Person, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_what_is_asked_for_is_shown_as_text(visitor: Person) -> None:
    for typed in ("%3Cscript%3Ealert(1)%3C/script%3E", "%3Cscript%3Ealert", "%22%3E%3Cmark%3E"):
        assert "<script>alert" not in visitor.see(f"/en/law?q={typed}")


@pytest.mark.parametrize(("day", "fee"), [(OLD, "40 euros"), (NEW, "60 euros")])
def test_a_question_is_answered_in_the_words_of_the_day(
    visitor: Person, day: date, fee: str
) -> None:
    query = "question=De+combien+d%27euros+est+la+taxe+annuelle+%3F"
    page = words(visitor.see(f"/fr/law/ask?corpus=law&{query}&on={day}"))
    assert fee in page
    assert "CC-BY-4.0" in page


def test_what_nothing_answers_is_refused(visitor: Person) -> None:
    query = "question=How+long+is+a+biometric+passport+valid+for+astronauts"
    page = words(visitor.see(f"/en/law/ask?corpus=law&{query}&on={NEW}"))
    assert "Nothing in these texts answers" in page


def test_what_comes_near_is_shown_as_near_and_cannot_be_taken_for_an_answer(
    visitor: Person,
) -> None:
    query = "question=Combien+co%C3%BBte+un+passeport+annuel+%3F"
    page = visitor.see(f"/fr/law/ask?corpus=law&{query}&on={NEW}")
    assert "n'est pas une réponse" in words(page)
    assert "proche, sans être une réponse" in words(page)
    assert "60 euros" in words(page)
    assert "form=pdf" not in page
    assert "/law/cases/pin" not in page


def test_a_question_of_a_hundred_thousand_characters_is_told_so(visitor: Person) -> None:
    answer = visitor.get("/en/law/ask", params={"corpus": "law", "question": "x " * 5_000})
    assert answer.status_code == 422
    assert "the most is 2,000" in answer.text
