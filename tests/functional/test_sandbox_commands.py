"""The regulatory sandbox by command line: the whole way, and what people try beside it."""

import pytest
from functional.clinic import (
    AUDITOR,
    AUTHORITY,
    CHECKER,
    HOLDER,
    OPERATOR,
    OUTSIDER,
    RESEARCHER,
    Clinic,
)
from functional.sandbox_acts import handed_in, measured, paper, through_the_sandbox
from sandbox_world import personal_data

pytest_plugins = ("functional.clinic_fixtures",)


@pytest.mark.timeout(120)
def test_from_the_application_to_the_published_report(clinic: Clinic) -> None:
    said = through_the_sandbox(clinic)
    states = {one["state"] for one in said["list"]}
    assert states == {"reported", "refused", "terminated", "withdrawn"}
    (test,) = said["report"]["facts"]["tests"]
    assert (test["value"], test["met"], test["low"]) == ("0.8125", True, "0.78")
    assert [one["report"] for one in said["publications"]] == [said["report"]["digest"]]
    assert [one["kind"] for one in said["dossier"]["incidents"]] == ["serious"]
    assert clinic.verifies()
    told = clinic.say("ledger", "export", by=AUDITOR).out
    assert said["report"]["digest"] in told
    assert "Article 14 asks" not in told
    assert "explains each place" not in told


@pytest.fixture
def asked(clinic: Clinic) -> str:
    return handed_in(clinic)


@pytest.mark.parametrize(
    ("by", "reads"),
    [
        (RESEARCHER, True),
        (OUTSIDER, True),  # of the same university
        (AUTHORITY, True),
        (AUDITOR, True),
        (HOLDER, False),
        (CHECKER, False),
        (OPERATOR, False),
    ],
)
def test_who_reads_a_participation(clinic: Clinic, asked: str, by: str, reads: bool) -> None:
    assert clinic.say("sandbox", "show", asked, by=by).code == (0 if reads else 3)
    listed = {one["id"] for one in clinic.ask("sandbox", "list", by=by)}
    assert (asked in listed) is reads


def test_nobody_decides_but_the_authority_and_never_on_its_own(clinic: Clinic, asked: str) -> None:
    for by in (RESEARCHER, OUTSIDER, HOLDER, CHECKER, OPERATOR, AUDITOR):
        with clinic.unchanged():
            said = clinic.say("sandbox", "admit", asked, "--reason", "mine", by=by)
        assert (said.code, said.is_one_line) == (3, True)
    roles = ("--role", "authority", "--role", "data_user")
    add = ("account", "add", "Ambrose", "--organisation", "org-university", *roles)
    clinic.ask(*add, "--id", "acct-ambrose", by=OPERATOR)
    colleague = clinic.say("sandbox", "admit", asked, "--reason", "ours", by="acct-ambrose")
    assert "belongs to the applicant's organisation" in colleague.err


def test_no_state_is_skipped(clinic: Clinic, asked: str) -> None:
    words = paper(clinic, "words", {"activities": "a", "results": "b", "learning": ["c"]})
    for by, name, more in (
        (RESEARCHER, "start", ("--plan", "0")),
        (RESEARCHER, "conclude", ("--reason", "done")),
        (AUTHORITY, "suspend", ("--reason", "risk")),
        (AUTHORITY, "report", ("--words", words)),
        (RESEARCHER, "publish", ()),
    ):
        with clinic.unchanged():
            said = clinic.say("sandbox", name, asked, *more, by=by)
        assert said.code == 2, said.out
        assert "is not possible in that state" in said.err


def test_of_another_organisations_participation_nothing_is_done(clinic: Clinic, asked: str) -> None:
    clinic.ask("sandbox", "admit", asked, "--reason", "new", by=AUTHORITY)
    clinic.ask("sandbox", "start", asked, "--plan", "1", by=RESEARCHER)
    evaluation = measured(clinic, asked)
    for name, more in (
        ("attach", ("accuracy", evaluation)),
        ("conclude", ("--reason", "done")),
        ("withdraw", ()),
        ("message", ("--text", "hello")),
    ):
        with clinic.unchanged():
            assert clinic.say("sandbox", name, asked, *more, by=HOLDER).code == 3


def test_an_evaluation_of_before_is_no_evidence(clinic: Clinic, asked: str) -> None:
    early = measured(clinic, asked)
    clinic.ask("sandbox", "admit", asked, "--reason", "new", by=AUTHORITY)
    clinic.ask("sandbox", "start", asked, "--plan", "1", by=RESEARCHER)
    said = clinic.say("sandbox", "attach", asked, "accuracy", early, by=RESEARCHER)
    assert (said.code, "before the participation began" in said.err) == (2, True)


def test_personal_data_take_a_permit_of_ones_own(open_clinic: Clinic) -> None:
    permit = open_clinic.ask("permit", "list", by=RESEARCHER)[0]["id"]
    sandbox = handed_in(open_clinic, personal_data=personal_data(permit))
    open_clinic.ask("sandbox", "admit", sandbox, "--reason", "new", by=AUTHORITY)
    assert [one["id"] for one in open_clinic.ask("sandbox", "publications")] == [sandbox]
    open_clinic.ask("permit", "revoke", permit, "--reason", "over", by=AUTHORITY)
    said = open_clinic.say("sandbox", "start", sandbox, "--plan", "1", by=RESEARCHER)
    assert (said.code, "is not in force" in said.err) == (3, True)
    assert open_clinic.acts()[-1] == "act.refused"
