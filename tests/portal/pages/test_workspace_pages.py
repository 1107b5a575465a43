"""The workspace: permits, the editor, the run's live account, results; by a browser without scripts."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from functional.clinic import DESCRIPTION
from outputs_world import FIRST, PRINTED, SECOND, Done, done, let_out
from pages_world import Pages, Person, pages, words
from portal_world import form as application_form
from portal_world import plan, table

from casemate.portal.pages.programs import coloured

RESEARCHER = "acct-researcher"
OTHERS = ("acct-holder", "acct-outsider", "acct-authority", "acct-checker", "acct-auditor",
          "acct-operator")  # fmt: skip


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("workspace")) as made:
        made.portal.publish()
        yield made


@pytest.fixture(scope="module")
def permit(clinic: Pages) -> str:
    return str(clinic.portal.permit()["id"])


@pytest.fixture(scope="module")
def rita(clinic: Pages) -> Person:
    return clinic.person(RESEARCHER)


@pytest.fixture(scope="module")
def first(clinic: Pages, permit: str) -> Done:
    ended = done(clinic.portal, permit, FIRST)
    let_out(clinic.portal, ended.outputs["by_diagnosis.csv"])
    return ended


@pytest.fixture(scope="module")
def second(clinic: Pages, permit: str) -> Done:
    return done(clinic.portal, permit, SECOND)


def test_the_workspace_lists_permits_in_force_and_others(
    clinic: Pages, permit: str, rita: Person
) -> None:
    ended = str(clinic.portal.permit()["id"])
    clinic.portal.platform.revoke("acct-authority", ended, "misuse")
    said = words(rita.see("/en/workspace"))
    before, after = said.split("Other permits")
    assert permit in before
    assert ended in after
    assert "Revoked" in after


def test_a_permits_page_has_its_terms_and_the_codebook_once_views_are_made(
    permit: str, rita: Person
) -> None:
    page = rita.see(f"/en/workspace/permits/{permit}")
    if "Codebook of clinic" not in page:
        page = rita.do(f"/en/workspace/permits/{permit}/views")
    said = words(page)
    assert "Codebook of clinic" in said
    assert "from 1940 to below 1950" in said
    assert "293 of 300 records are in the protected view." in said
    assert "What protection took of each variable" in said
    assert "Most was taken of birth_year" in said


def test_what_is_written_is_kept_and_run_and_followed(permit: str, rita: Person) -> None:
    where = f"/en/workspace/permits/{permit}/program"
    form = {"text": "  print(1)  # é < & \"\n", "filename": "script.py", "after": "0",
            "memory": "512", "cpu": "60", "wall": "60", "environment": ""}  # fmt: skip
    page = rita.do(where, {**form, "do": "keep"})
    assert "Kept as version 1." in page
    assert "  print(1)  # é &lt; &amp; &#34;" in page
    answer = rita.post(where, {**form, "do": "run"})
    assert answer.status_code == 303
    run = answer.headers["location"]
    said = words(rita.see(run))
    assert "The program was handed in" in said
    assert "print(1)" in re.sub(r"<[^>]+>", "", rita.see(f"{run}/program"))


def test_a_refused_hand_in_loses_nothing(permit: str, rita: Person) -> None:
    where = f"/en/workspace/permits/{permit}/program"
    form = {"text": "print('not lost')", "filename": "script.py", "memory": "much", "cpu": "60",
            "wall": "60", "do": "run"}  # fmt: skip
    answer = rita.post(where, form)
    assert answer.status_code == 422
    assert "print(&#39;not lost&#39;)" in answer.text
    assert 'value="much"' in answer.text
    assert "takes a whole number" in words(answer.text)
    assert "not lost" in rita.see(where)


def test_a_page_that_is_older_than_the_draft_overwrites_nothing(
    clinic: Pages, permit: str, rita: Person
) -> None:
    newest = clinic.portal.platform.save_draft(RESEARCHER, permit, "print('newer')").number
    form = {"text": "print('older')", "filename": "script.py", "after": str(newest - 1)}
    answer = rita.post(f"/en/workspace/permits/{permit}/program/keep", form)
    assert answer.status_code == 409
    assert "another window" in answer.text
    assert clinic.portal.platform.program_draft(RESEARCHER, permit).text == "print('newer')"


def test_what_is_typed_is_kept_by_the_page_itself(permit: str, rita: Person) -> None:
    form = {"text": "print('typed')", "filename": "script.py"}
    answer = rita.post(f"/en/workspace/permits/{permit}/program/keep", form)
    number = re.search(r'id="after" value="(\d+)" hx-swap-oob', answer.text)
    assert number is not None
    assert f"Kept as version {number[1]}." in answer.text


@pytest.mark.parametrize("filename", ["a.py", "a.R", "a.sql", "a.json", "a.ipynb", "a.none"])
def test_a_program_is_coloured_and_nothing_of_it_is_html(filename: str) -> None:
    text = "\n\n<script>alert(1)</script>\n'\"&</pre>\n  x = 1\n"
    made = str(coloured(text, filename))
    assert re.sub(r"</?span[^>]*>", "", made).count("<") == 0
    plain = re.sub(r"</?span[^>]*>", "", made)
    assert plain.startswith("\n\n")
    assert "alert(1)" in plain.replace(" ", "")


def test_a_long_program_is_shown_without_colours() -> None:
    assert "<span" not in coloured("x = 1\n" * 20_000, "a.py")


def test_the_live_part_stops_asking_when_the_machine_is_done(first: Done, rita: Person) -> None:
    live = rita.see(f"/en/workspace/runs/{first.run.id}/live")
    assert "hx-trigger" not in live
    assert "hx-swap-oob" in live
    last = rita.see(f"/en/workspace/runs/{first.run.id}/live", params={"after": 10**9})
    assert "hx-swap-oob" not in last


def test_while_a_run_waits_its_page_asks_on_and_can_be_looked_at_again(
    clinic: Pages, permit: str, rita: Person
) -> None:
    run = clinic.portal.platform.run(RESEARCHER, permit, b"import time\ntime.sleep(30)\n").id
    page = rita.see(f"/en/workspace/runs/{run}")
    assert 'hx-trigger="every 2s"' in page
    assert f'href="/en/workspace/runs/{run}">Look again' in page
    said = rita.do(f"/en/workspace/runs/{run}/cancel", {"reason": "It waits for nothing."})
    assert "The run was stopped." in said
    assert "hx-trigger" not in said


def test_a_runs_page_says_why_outputs_are_held_back_and_never_what_was_printed(
    second: Done, first: Done, rita: Person
) -> None:
    said = words(rita.see(f"/en/workspace/runs/{second.run.id}"))
    assert "so few people that somebody could be recognised" in said
    assert "A spreadsheet would run one of its cells" in said
    for run in (first, second):
        page = rita.see(f"/en/workspace/runs/{run.run.id}")
        assert PRINTED not in page
        assert "&#34;rows&#34;" not in page


def test_repairs_are_offered_and_made(second: Done, rita: Person) -> None:
    cells = second.outputs["cells.csv"].id
    page = rita.see(f"/en/workspace/outputs/{cells}/repairs")
    assert "counts rounded" in words(page)
    page = rita.do(f"/en/workspace/outputs/{cells}/repairs", {"number": "1"})
    assert "The repair was made" in page
    again = rita.post(f"/en/workspace/outputs/{cells}/repairs", {"number": "1"})
    assert again.status_code == 409


def test_a_released_file_is_downloaded_and_never_shown(first: Done, rita: Person) -> None:
    output = first.outputs["by_diagnosis.csv"].id
    file = rita.get(f"/en/workspace/outputs/{output}/file")
    assert file.content.startswith(b"diagnosis,n\n")
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == 'attachment; filename="by_diagnosis.csv"'
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"
    receipt = rita.get(f"/en/workspace/outputs/{output}/receipt")
    assert output in receipt.text


def test_what_is_held_is_not_downloaded_by_any_address(second: Done, rita: Person) -> None:
    for output in second.outputs.values():
        assert rita.get(f"/en/workspace/outputs/{output.id}/file").status_code == 403
        for door in ("", "/file", "/picture", "/comparison"):
            assert rita.get(f"/en/outputs/{output.id}{door}").status_code == 403


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_reads_or_writes_what_is_a_data_users_own(
    clinic: Pages, permit: str, first: Done, who: str
) -> None:
    person = clinic.person(who)
    released = first.outputs["by_diagnosis.csv"].id
    for path in (
        f"/workspace/permits/{permit}/program",
        f"/workspace/permits/{permit}/program?of={first.run.id}",
        f"/workspace/outputs/{released}/file",
    ):
        assert person.get(f"/en{path}").status_code == 403, path
    for path, form in (
        (f"/workspace/permits/{permit}/program", {"text": "print(1)", "filename": "script.py"}),
        (f"/workspace/permits/{permit}/program/keep", {"text": "1", "filename": "script.py"}),
        (f"/workspace/permits/{permit}/views", {}),
        (f"/workspace/permits/{permit}/question", {"kind": "count", "dataset": "clinic"}),
    ):
        assert person.post(f"/en{path}", form).status_code in (403, 422), path


@pytest.mark.parametrize("who", ["acct-outsider", "acct-holder", "acct-operator"])
def test_a_run_is_for_its_team_and_those_who_oversee_it(
    clinic: Pages, first: Done, who: str
) -> None:
    person = clinic.person(who)
    output = first.outputs["marker.svg"].id
    for path in (
        f"/workspace/runs/{first.run.id}",
        f"/workspace/runs/{first.run.id}/live",
        f"/workspace/runs/{first.run.id}/program",
        f"/workspace/outputs/{output}/repairs",
        f"/workspace/outputs/{output}/receipt",
    ):
        assert person.get(f"/en{path}").status_code == 403, path


def test_a_visitor_is_asked_to_sign_in_and_comes_back(clinic: Pages, permit: str) -> None:
    answer = clinic.person(None).get(f"/en/workspace/permits/{permit}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/en/sign-in?next=")


def test_a_question_under_a_permit_without_a_budget_is_told_so_and_kept(
    permit: str, rita: Person
) -> None:
    form = {"dataset": "clinic", "kind": "count", "where-1": "sex", "comparison-1": "is",
            "value-1": "female", "accounting": "epsilon", "amount": "0.1", "do": "expect"}  # fmt: skip
    answer = rita.post(f"/en/workspace/permits/{permit}/question", form)
    assert answer.status_code == 403
    assert 'value="female"' in answer.text
    assert "no privacy budget" in answer.text


@pytest.fixture(scope="module")
def budgeted(clinic: Pages) -> str:
    """A permit with a privacy budget, on a table of its own."""
    portal, budget = clinic.portal, {"accounting": "epsilon", "amount": "1"}
    described = {**tomllib.loads(DESCRIPTION), "id": "counted", "privacy": budget}
    upload = portal.upload("acct-holder", table())
    portal.must(
        "acct-holder", "POST", "/datasets", json={"upload": upload, "description": described}
    )
    wanted = application_form()
    wanted["datasets"][0]["dataset"] = "counted"
    asked = portal.must(RESEARCHER, "POST", "/applications", json={"form": wanted})["id"]
    terms = {"reason": "In the public interest.", "plans": {"counted": plan()},
             "budgets": {"counted": budget}}  # fmt: skip
    return str(
        portal.must("acct-authority", "POST", f"/applications/{asked}/approve", json=terms)["id"]
    )


def test_a_question_tells_its_error_first_and_is_paid_once(budgeted: str, rita: Person) -> None:
    where = f"/en/workspace/permits/{budgeted}/question"
    assert "ε = 1" in words(rita.see(f"/en/workspace/permits/{budgeted}"))
    form = {"dataset": "counted", "kind": "count", "where-1": "sex", "comparison-1": "is",
            "value-1": "female", "where-2": "birth_year", "comparison-2": "at_least",
            "value-2": "1950", "accounting": "epsilon", "amount": "0.1"}  # fmt: skip
    expected = rita.post(where, {**form, "do": "expect"})
    said = words(expected.text)
    assert "It would cost ε = 0.1. It may be" in said
    assert "(rows) in 95% of cases." in said
    assert "Ask, and pay" in said
    assert "ε = 0.9" not in said
    answered = words(rita.post(where, {**form, "do": "ask"}).text)
    assert "It cost ε = 0.1." in answered
    assert "ε = 0.9" in answered
    again = words(rita.post(where, {**form, "do": "expect"}).text)
    assert "the same answer costs nothing" in again


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "sum", "variable": "marker"}, "low"),
        ({"amount": "much"}, "amount"),
        ({"kind": "none"}, "kind"),
        ({"dataset": "nowhere"}, "nowhere"),
        ({"where-1": "birth_year", "comparison-1": "at_least", "value-1": "old"}, "birth_year"),
    ],
)
def test_a_question_that_is_none_is_told_what_is_wrong(
    budgeted: str, rita: Person, wrong: dict[str, str], says: str
) -> None:
    form = {"dataset": "counted", "kind": "count", "accounting": "epsilon", "amount": "0.1"}
    answer = rita.post(
        f"/en/workspace/permits/{budgeted}/question", {**form, **wrong, "do": "expect"}
    )
    assert answer.status_code in (403, 404, 422)
    assert says in words(answer.text)


def test_a_runs_page_asks_what_its_entry_lacks_and_tells_the_register(
    clinic: Pages, permit: str, rita: Person
) -> None:
    run = clinic.portal.platform.run(RESEARCHER, permit, b"print('unsaid')\n").id
    where = f"/en/workspace/runs/{run}"
    said = words(rita.see(where))
    lacking = "Nothing is released before the entry tells: short_description, publication_category"
    assert lacking in said
    refused = rita.post(f"{where}/entry", {"describe": "", "ai": ""})
    assert refused.status_code == 422
    assert "nothing differs" in words(refused.text)
    assert "Its entry in the register" not in words(clinic.person("acct-checker").see(where))
    for who in OTHERS:
        answer = clinic.person(who).post(f"{where}/entry", {"describe": "Mine.", "ai": "no"})
        assert answer.status_code in (403, 404), who
    told = rita.do(f"{where}/entry", {"describe": "Prints a word.", "ai": "no"})
    assert "The register was told." in told
    assert lacking not in words(told)
