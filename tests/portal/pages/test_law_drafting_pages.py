"""The drafting office's pages: a draft that is sent is checked, carried out or compared, never kept."""

from collections.abc import Iterator

import pytest
from answers_of_law import WORK, load_dogs
from drafts_of_law import DRAFT
from pages_world import Pages, Person, pages, words

from casemate.knowledge.drafting.findings import SENTENCES
from casemate.portal.pages import law_drafting_words

AMENDING = (
    "Art. 1er.\nL'article 2 de la loi du 15 janvier 2020 relative aux chiens est abrogé.\n"
    "Art. 2.\nL'article 99 de la même loi est abrogé."
)
FORMS = ("check", "consolidate", "transpose")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("drafts")
    with pages(folder, works=False) as made:
        load_dogs(made.portal.platform, folder)
        yield made


@pytest.fixture(scope="module")
def researcher(made: Pages) -> Person:
    return made.person("acct-researcher")


def send(person: Person, page: str, text: str, **fields: str) -> str:
    person.see(f"/en/law/draft/{page}?corpus=law")
    files = {"file": ("draft.txt", text.encode(), "text/plain")}
    answer = person.post(f"/en/law/draft/{page}", {"corpus": "law", **fields}, files=files)
    assert answer.status_code == 200, words(answer.text)[:500]
    return str(answer.text)


def test_the_pages_say_the_rooms_own_sentences() -> None:
    assert dict(law_drafting_words.SENTENCES) == dict(SENTENCES)


def test_findings_stand_beside_the_words_that_they_are_about(researcher: Person) -> None:
    page = send(researcher, "check", DRAFT, published="2027-02-01")
    assert "<mark>31 février 2026</mark>" in page
    assert "There is no day “31 février 2026”." in words(page)
    assert "before it is published on 2027-02-01" in words(page)


def test_findings_are_told_in_the_pages_language(researcher: Person) -> None:
    researcher.see("/fr/law/draft/check")
    files = {"file": ("draft.txt", DRAFT.encode(), "text/plain")}
    answer = researcher.post("/fr/law/draft/check", {}, files=files)
    assert "Le jour « 31 février 2026 » n'existe pas." in words(answer.text)


def test_an_amending_text_shows_what_goes_and_what_is_not_certain(researcher: Person) -> None:
    page = send(researcher, "consolidate", AMENDING, on="2027-01-01", form="page")
    assert "<del>" in page
    assert "article 99 is not there" in words(page)


@pytest.mark.parametrize(("form", "begins"), [("xml", b"<?xml"), ("docx", b"PK"), ("json", b"{")])
def test_the_consolidated_text_is_taken_as_a_file(
    researcher: Person, form: str, begins: bytes
) -> None:
    researcher.see("/en/law/draft/consolidate")
    files = {"file": ("draft.txt", AMENDING.encode(), "text/plain")}
    fields = {"corpus": "law", "on": "2027-01-01", "form": form}
    answer = researcher.post("/en/law/draft/consolidate", fields, files=files)
    assert answer.content.startswith(begins)
    assert "attachment" in answer.headers["content-disposition"]


def test_a_draft_is_compared_with_a_law(researcher: Person) -> None:
    text = "Art. 1er.\nLa taxe annuelle est de 60 euros par chien.\nArt. 2.\nLe foin est taxé."
    page = send(researcher, "transpose", text, directive=WORK, on="2027-01-01", form="page")
    assert "paragraphs have a counterpart" in words(page)


@pytest.mark.parametrize("form", FORMS)
def test_nobody_sends_a_draft_without_signing_in(made: Pages, form: str) -> None:
    visitor = made.person(None)
    assert visitor.get(f"/en/law/draft/{form}").status_code in (303, 401)


@pytest.mark.parametrize(
    ("form", "fields", "status"),
    [
        ("check", {"begins": "2027-01-01"}, 422),
        ("check", {"begins": "soon"}, 422),
        ("consolidate", {"corpus": "law"}, 422),
        ("transpose", {"corpus": "none", "directive": "a", "act": "b"}, 404),
        ("transpose", {"corpus": "law", "directive": WORK}, 422),
    ],
)
def test_what_cannot_be_done_is_told_and_what_was_typed_stays(
    researcher: Person, form: str, fields: dict[str, str], status: int
) -> None:
    researcher.see(f"/en/law/draft/{form}")
    answer = researcher.post(f"/en/law/draft/{form}", fields)
    assert answer.status_code == status
    for value in (value for name, value in fields.items() if name != "corpus"):
        assert f'value="{value}"' in answer.text


def test_markup_in_a_draft_is_text(researcher: Person) -> None:
    page = send(researcher, "check", "Art. 1er.\n<script>alert(1)</script> le 31 février 2026.")
    assert "<script>alert" not in page


def test_nothing_of_a_draft_goes_on_the_ledger(made: Pages, researcher: Person) -> None:
    platform = made.portal.platform
    before = len(platform.entries())
    send(researcher, "check", DRAFT)
    send(researcher, "consolidate", AMENDING, on="2027-01-01", form="page")
    assert len(platform.entries()) == before
