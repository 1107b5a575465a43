"""Pages on a company's duties: questions, instruments with quotes, duties, evidence, others' profiles."""

from collections.abc import Iterator
from datetime import date

import pytest
from obligations_world import COMPANY, read_dogs, write_dogs, write_instrument
from pages_world import Pages, Person, pages, words

FORM = "/en/law/obligations"
ANSWERS = {
    "corpus": "dogs", "on": "2026-03-01", "in_union": "true", "sector": "other", "employees": "12",
    "serves_union": "true", "household_only": "false", "personal_data": "true", "uses_ai": "true",
}  # fmt: skip
DUTY = "dogs/art_2/1/obligation/1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("duties")
    with pages(folder, works=False) as made:
        platform = made.portal.platform
        write_instrument(platform.home.root)
        file = write_dogs(folder / "dogs")
        platform.load_corpus("acct-holder", "dogs", file.parent, [file], read_dogs)
        yield made


@pytest.fixture(scope="module")
def visitor(made: Pages) -> Person:
    return made.person(None)


@pytest.fixture(scope="module")
def researcher(made: Pages) -> Person:
    return made.person("acct-researcher")


@pytest.fixture(scope="module")
def profile(made: Pages) -> str:
    return made.portal.platform.add_company("acct-researcher", COMPANY).profile


def test_the_questions_come_in_steps_and_nothing_typed_is_lost(visitor: Person) -> None:
    first = words(visitor.see(f"{FORM}?corpus=dogs"))
    assert "Step 1 of 4" in first
    assert "In which sector does the company work?" in first
    second = visitor.post(FORM, ANSWERS | {"step": "data"})
    assert "Step 2 of 4" in second.text
    assert '<input type="hidden" name="employees" value="12">' in second.text


def test_the_result_quotes_the_deciding_provision_and_each_duty(visitor: Person) -> None:
    page = words(visitor.post(FORM, ANSWERS | {"show": "yes"}).text)
    assert "1 duty on" in page
    assert "Dog Regulation applies" in page
    assert "This Regulation applies to whoever keeps a dog in the Union." in page
    assert "Keepers shall register each dog within 72 hours." in page
    assert "As regards".casefold() in page.casefold(), "why the tag does not apply yet is quoted"
    assert "This is no legal advice" in page
    assert "Breeders" not in page


def test_what_is_not_answered_is_asked_for(visitor: Person) -> None:
    some = {name: value for name, value in ANSWERS.items() if name != "employees"}
    page = words(visitor.post(FORM, some | {"show": "yes"}).text)
    assert "not known" in page
    assert "How many people does it employ?" in page


def test_two_days_are_compared(visitor: Person) -> None:
    later = ANSWERS | {"on": "2028-07-01", "since": "2026-03-01", "show": "yes"}
    page = visitor.post(FORM, later).text
    assert "<del>72</del><ins>24</ins>" in page
    assert "What changed since" in page


def test_a_number_that_is_none_comes_back_with_what_was_typed(visitor: Person) -> None:
    answer = visitor.post(FORM, ANSWERS | {"employees": "many", "show": "yes"})
    assert answer.status_code == 422
    assert "employees is &#39;many&#39;" in answer.text
    assert 'value="many"' in answer.text


def test_a_profile_is_kept_and_evidence_is_noted(researcher: Person) -> None:
    kept = researcher.post(FORM, ANSWERS | {"name": "Kennel", "keep": "yes"})
    assert kept.status_code == 303
    where = kept.headers["location"].partition("?")[0]
    assert "within 72 hours." in words(researcher.see(kept.headers["location"]))
    step = {"corpus": "dogs", "on": "2026-03-01", "duty": DUTY, "state": "done", "kind": "url"}
    wrong = researcher.post(f"{where}/step", step | {"reference": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert 'value="javascript:alert(1)"' in wrong.text, "what was typed is there, in its field"
    assert 'href="javascript' not in wrong.text
    noted = researcher.do(f"{where}/step", step | {"reference": "https://kennel.example/book"})
    assert "It is noted." in noted
    later = words(researcher.see(f"{where}?corpus=dogs&on={date(2026, 8, 1)}"))
    assert "to be looked at again" not in later, "it was noted today, after that day"


@pytest.mark.parametrize("who", ["acct-holder", "acct-authority", "acct-auditor", None])
@pytest.mark.parametrize("page", ["", "/file?form=csv"])
def test_nobody_else_reads_a_profile(made: Pages, profile: str, who: str | None, page: str) -> None:
    answer = made.person(who).get(f"/en/law/companies/{profile}{page}")
    assert answer.status_code in ({403} if who else {401, 303, 403})
    assert "Kennel" not in answer.text


def test_nobody_else_writes_to_it(made: Pages, profile: str) -> None:
    step = {
        "corpus": "dogs",
        "on": "2026-03-01",
        "duty": DUTY,
        "state": "not_applicable",
        "note": "x",
    }
    answer = made.person("acct-holder").post(f"/en/law/companies/{profile}/step", step)
    assert answer.status_code == 403
    found = made.portal.platform.company_obligations(
        "acct-researcher", profile, "dogs", date(2026, 3, 1), "en"
    )
    assert found.status[DUTY].steps == ()


@pytest.mark.parametrize("form", ["oscal", "legalruleml", "csv", "docx"])
def test_a_file_is_sent_as_what_it_is(researcher: Person, profile: str, form: str) -> None:
    answer = researcher.get(
        f"/en/law/companies/{profile}/file?form={form}&corpus=dogs&on=2026-03-01"
    )
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="duties-2026-03-01'
    )


def test_a_form_that_there_is_not_is_bad_input(researcher: Person, profile: str) -> None:
    answer = researcher.get(f"/en/law/companies/{profile}/file?form=exe&corpus=dogs")
    assert answer.status_code == 422
