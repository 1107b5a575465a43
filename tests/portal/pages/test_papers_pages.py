"""Documents, page by page: made and taken as files, answers kept, nothing typed is lost."""

from collections.abc import Iterator
from io import BytesIO

import docx
import pytest
from pages_world import Pages, Person, pages, words

from casemate.register.records import read_record

RESEARCHER, AUTHORITY, HOLDER, AUDITOR = (
    "acct-researcher",
    "acct-authority",
    "acct-holder",
    "acct-auditor",
)
FRIA = {"kind": "fria", "form": "docx", "language": "fr", "as_of": "2027-12-03"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("papers"), works=False) as made:
        yield made


@pytest.fixture
def where(house: Pages) -> str:
    record = read_record({"name": "Sorter <b>", "organisation": "University"})
    known = house.portal.platform.record_algorithm(RESEARCHER, record)
    return f"/en/register/algorithms/{known.algorithm}/documents"


@pytest.fixture
def rita(house: Pages) -> Person:
    return house.person(RESEARCHER)


def test_a_document_is_made_and_taken_as_a_file(house: Pages, where: str, rita: Person) -> None:
    assert "0 of 17 questions answered by hand" in words(rita.see(where))
    taken = rita.post(where, FRIA)
    assert taken.status_code == 200
    assert taken.headers["content-disposition"].endswith('-fria-fr.docx"')
    assert taken.headers["content-type"] == "application/octet-stream"
    assert docx.Document(BytesIO(taken.content)).core_properties.language == "fr"
    page = rita.post(where, FRIA | {"form": "html"})
    assert page.headers["content-disposition"].startswith("attachment")
    assert b"<b>" not in page.content
    made = [one for one in house.portal.platform.entries() if one.act == "document.made"]
    assert [one.detail["form"] for one in made][-2:] == ["docx", "html"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "annex-v"}, "annex-v"),
        ({"as_of": "soon"}, "2027-12-02"),
        ({"as_of": "1999-01-01"}, "2024"),
        ({"language": "es"}, "es"),
    ],
)
def test_what_cannot_be_made_says_so_above_the_form(
    where: str, rita: Person, wrong: dict[str, str], says: str
) -> None:
    answer = rita.post(where, FRIA | wrong)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="fr" selected' in answer.text or "language" in wrong


def test_answers_are_kept_in_the_pages_language_and_the_others_stay(
    house: Pages, where: str, rita: Person
) -> None:
    german = where.replace("/en/", "/de/")
    assert "Verwendung" in rita.see(f"{german}/fria")
    told = {"affected_people": "Bewerbende", "seen": "0"}
    assert "1 von 17" in words(rita.do(f"{german}/fria", told))
    rita.do(f"{where}/fria", {"affected_people": "Applicants", "review": "In spring", "seen": "1"})
    algorithm = where.split("/")[4]
    kept = house.portal.platform.answers_for_documents(RESEARCHER, algorithm)
    assert kept.questionnaire.answers == {
        "affected_people": {"de": "Bewerbende", "en": "Applicants"},
        "review": {"en": "In spring"},
    }
    assert "Applicants" in rita.see(f"{where}/huderia")


def test_who_was_second_sees_why_and_loses_nothing(where: str, rita: Person) -> None:
    rita.do(f"{where}/fria", {"review": "In spring", "seen": "0"})
    late = rita.post(f"{where}/fria", {"review": "In autumn", "seen": "0"})
    assert late.status_code == 409
    assert "In autumn" in late.text
    assert "look again" in late.text
    assert rita.post(f"{where}/fria", {"review": "x", "seen": "one"}).status_code == 422
    assert rita.post(f"{where}/none", {"seen": "0"}).status_code == 422


def test_strangers_make_nothing_and_change_nothing(house: Pages, where: str) -> None:
    for account, status in ((HOLDER, 403), (AUDITOR, 200), (AUTHORITY, 200)):
        person = house.person(account)
        assert person.get(where).status_code == status
        assert person.post(where, FRIA).status_code == (200 if account == AUTHORITY else 403)
        answered = person.post(f"{where}/fria", {"review": "x", "seen": "0"})
        assert answered.status_code == 403
    assert house.person(None).get(where).status_code in (303, 401)
