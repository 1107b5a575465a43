"""The regulatory sandbox, page by page: applying in steps, one page for both sides, what is public."""

from collections.abc import Iterator
from typing import Any

import pytest
from evidence_world import evaluation
from pages_world import Pages, Person, pages, words
from sandbox_world import document, plan

from casemate.register.records import read_record

RESEARCHER, AUTHORITY, OUTSIDER = "acct-researcher", "acct-authority", "acct-outsider"
HOLDER = "acct-holder"
PLAN = plan()
TEST = {
    "test-0-key": "accuracy", "test-0-question": "Does it sort well?",
    "test-0-suite": "casemate-tabular", "test-0-check": "performance", "test-0-measure": "accuracy",
    "test-0-group": "everybody", "test-0-comparison": "at_least", "test-0-threshold": "0.75",
    "test-0-by": "interval",
}  # fmt: skip
SUITE_TEST = {name.removeprefix("test-0-"): value for name, value in TEST.items()}
PLAN_FIELDS = {
    name: "\n".join(value) if isinstance(value, list) else str(value)
    for name, value in PLAN.items()
    if name != "tests"
}
REAL_WORLD = (
    "setting", "registration", "established", "transfers", "vulnerable_people", "deployers",
    "oversight", "reversal", "recall", "consent",
)  # fmt: skip
FIELDS: dict[str, dict[str, Any]] = {
    "project": {"title": "Sorting", "size": "small", "established_in_union": "yes", "stage": "testing"},
    "about": {"summary": "It sorts.", "innovation": "It explains.", "questions": "Which?", "risks": "Few."},
    "plan": PLAN_FIELDS,
    "tests": TEST,
    "real": {
        "real_world": "yes", "real_duration_days": "30",
        **{f"real_{name}": "It is told." for name in REAL_WORLD},
    },
    "data": {"personal": ""},
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("sandbox"), works=False) as made:
        yield made


@pytest.fixture(scope="module")
def algorithm(house: Pages) -> str:
    record = read_record({"name": "Sorter"})
    return house.portal.platform.record_algorithm(RESEARCHER, record).algorithm


@pytest.fixture
def rita(house: Pages) -> Person:
    return house.person(RESEARCHER)


@pytest.fixture
def aline(house: Pages) -> Person:
    return house.person(AUTHORITY)


def handed_in(house: Pages, algorithm: str, **changes: Any) -> str:
    told = {"plan": plan(tests=[SUITE_TEST]), **changes}
    made = house.portal.platform.apply_for_sandbox(RESEARCHER, document(algorithm, **told))
    house.portal.platform.submit_participation(RESEARCHER, made.id)
    return made.id


def test_the_whole_way_through_the_pages(
    house: Pages, algorithm: str, rita: Person, aline: Person
) -> None:
    assert "Sorter" in rita.see("/en/sandbox/new")
    begun = rita.post("/en/sandbox/new", {"title": "Sorting", "algorithm": algorithm})
    sandbox = begun.headers["location"].split("/")[3]
    here = f"/en/sandbox/{sandbox}"
    assert "Plan at least one test." in rita.see(f"{here}/form")
    for step, fields in FIELDS.items():
        rita.do(f"{here}/form/{step}", fields | {"algorithm": algorithm})
    assert "Not complete" not in rita.see(f"{here}/form")
    rita.do(f"{here}/submit")
    assert "priority" in aline.see("/en/sandbox")
    aline.do(f"{here}/decide", {"decision": "ask_back", "reason": "Name the risks."})
    assert "Name the risks." in rita.see(here)
    rita.do(f"{here}/form/about", FIELDS["about"] | {"risks": "All of these."})
    rita.do(f"{here}/submit")
    aline.do(f"{here}/decide", {"decision": "admit", "reason": "It is new."})
    rita.do(f"{here}/start", {"plan_version": "1"})
    measured = house.portal.platform.record_evaluation(RESEARCHER, evaluation(), algorithm)
    assert measured.id in rita.see(here)
    rita.do(f"{here}/evidence", {"test": "accuracy", "evaluation": measured.id})
    assert "0.8125 [0.78; 0.84]" in aline.see(here)
    told = {"kind": "serious", "aware_at": "2026-09-01T09:00", "description": "It stopped.",
            "mitigation": "It was restarted."}  # fmt: skip
    rita.do(f"{here}/incidents", told)
    assert "1 serious incident" in words(aline.see("/en/sandbox"))
    aline.do(f"{here}/decide", {"decision": "suspend", "reason": "A risk."})
    aline.do(f"{here}/decide", {"decision": "resume", "reason": "It is mitigated."})
    rita.do(f"{here}/messages", {"text": "When do we meet?"})
    assert "unanswered message" in aline.see("/en/sandbox")
    aline.do(f"{here}/messages", {"text": "On Monday."})
    rita.do(f"{here}/conclude", {"why": "The test was carried out."})
    said = {
        "activities": "One test.",
        "results": "It was passed.",
        "learning": "Ask earlier.",
        "publish": "yes",
    }
    aline.do(f"{here}/report", said)
    rita.do(f"{here}/publish")
    public = house.person(None)
    assert "Exit report of Sorting" in public.see("/en/sandbox")
    report = words(public.see(f"/en/sandbox/published/{sandbox}"))
    assert "It was passed." in report
    assert "Ask earlier." in report
    for language in ("fr", "de", "lb"):
        for who in (public, rita, aline):
            who.see(f"/{language}/sandbox")
        rita.see(f"/{language}/sandbox/{sandbox}")
        rita.see(f"/{language}/sandbox/{sandbox}/report")


def test_of_two_officers_the_second_is_told(
    house: Pages, algorithm: str, aline: Person, rita: Person
) -> None:
    sandbox = handed_in(house, algorithm)
    seen = house.portal.platform.participation(AUTHORITY, sandbox).revision
    rita.do(f"/en/sandbox/{sandbox}/messages", {"text": "hello"})
    decide = {"decision": "admit", "reason": "It is new.", "revision": str(seen)}
    aline.do(f"/en/sandbox/{sandbox}/decide", decide)
    late = aline.post(f"/en/sandbox/{sandbox}/decide", decide | {"decision": "refuse"})
    assert late.status_code == 409
    assert "moved on" in late.text
    assert "It is new." in late.text


def test_the_authority_sets_another_plan(
    house: Pages, algorithm: str, aline: Person, rita: Person
) -> None:
    real = dict.fromkeys(REAL_WORLD, "told") | {"duration_days": 30}
    sandbox = handed_in(house, algorithm, plan=plan(tests=[SUITE_TEST], real_world=real))
    changed = PLAN_FIELDS | TEST | {"test-0-threshold": "0.9", "plan_reason": "It is a risk."}
    aline.do(f"/en/sandbox/{sandbox}/plan", changed)
    kept = house.portal.platform.participation(RESEARCHER, sandbox).plan
    assert kept is not None
    assert kept.real_world is not None
    assert "at least 0.9" in words(rita.see(f"/en/sandbox/{sandbox}"))
    stale = rita.post(f"/en/sandbox/{sandbox}/start", {"plan_version": "0"})
    assert stale.status_code == 409
    kept = aline.post(f"/en/sandbox/{sandbox}/plan", changed | {"test-0-threshold": "much"})
    assert kept.status_code == 422
    assert 'value="much"' in kept.text


def test_what_was_typed_is_not_lost(house: Pages, algorithm: str, rita: Person) -> None:
    made = house.portal.platform.apply_for_sandbox(RESEARCHER, {"title": "Sorting"})
    wrong = rita.post(f"/en/sandbox/{made.id}/form/plan", PLAN_FIELDS | {"duration_days": "many"})
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.text
    assert "A meeting a month." in wrong.text
    asked = rita.post(f"/en/sandbox/{made.id}/submit")
    assert asked.status_code == 422
    assert "size: say how large" in asked.text
    sandbox = handed_in(house, algorithm)
    unsaid = house.person(AUTHORITY).post(f"/en/sandbox/{sandbox}/decide", {"reason": "My words."})
    assert unsaid.status_code == 422
    assert "My words." in unsaid.text


def test_whose_participation_it_is(house: Pages, algorithm: str) -> None:
    sandbox = handed_in(house, algorithm)
    here = f"/en/sandbox/{sandbox}"
    holder, colleague = house.person(HOLDER), house.person(OUTSIDER)
    assert holder.get(here).status_code == 403
    assert "/sign-in" in house.person(None).get(here).headers["location"]
    assert sandbox not in holder.see("/en/sandbox")
    assert sandbox in colleague.see(here)
    assert colleague.get(f"{here}/form").status_code == 403
    assert "Your decision" not in colleague.see(here)
    for act, form in (
        ("decide", {"decision": "admit", "reason": "ours"}),
        ("plan", {"plan_reason": "ours"} | PLAN_FIELDS | TEST),
        ("submit", {}),
        ("withdraw", {}),
    ):
        assert colleague.post(f"{here}/{act}", form).status_code == 403, act
    assert house.person(None).get(f"/en/sandbox/published/{sandbox}").status_code == 404
