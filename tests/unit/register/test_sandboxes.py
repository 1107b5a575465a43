"""The regulatory sandbox's room: what is held whatever the policies say, on both databases."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import MovableClock
from sandbox_world import (
    ANA,
    COMPANY,
    OFFICER,
    OTHER_OFFICER,
    UNIVERSITY,
    WORDS,
    World,
    document,
    figure,
    incident,
    personal_data,
    plan,
)
from sqlalchemy import text

from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, NotFound
from casemate.ledger import Ledger
from casemate.register.sandboxes import (
    CONDITIONS,
    ExitWords,
    IncidentForm,
    SandboxForm,
    SandboxPlan,
    SandboxState,
    gaps,
)
from casemate.store import Store
from casemate.store.keys import Keyring

REAL_WORLD = (
    "setting", "registration", "established", "transfers", "vulnerable_people", "deployers",
    "oversight", "reversal", "recall", "consent",
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.on_sqlite(tmp_path) as opened:
        yield opened


def report(world: World, sandbox: str, *, publish: bool = False) -> Any:
    return world.act("report", OFFICER, sandbox, ExitWords.read(WORDS), publish=publish)


def test_from_draft_to_exit_report(
    store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring
) -> None:
    world = World.open(store, ledger, clock, keyring)
    sandbox = world.running()
    world.act("attach", ANA, sandbox, "fairness", world.measured())
    world.act("attach", ANA, sandbox, "errors", world.measured())
    world.act("decide", OFFICER, sandbox, "guide", "Article 14 asks for a person who can refuse.")
    world.act("incident", ANA, sandbox, IncidentForm.read(incident(world.clock(), kind="serious")))
    world.act("conclude", ANA, sandbox, "Both tests were carried out.")
    made = report(world, sandbox)
    tests = {one["key"]: (one["value"], one["met"]) for one in made.facts["tests"]}
    assert tests == {"fairness": ("0.85", True), "errors": ("0.2", False)}
    assert made.facts["written_proof"] == ["fairness"]
    assert made.facts["guidance"][0]["text"].startswith("Article 14")
    assert made.facts["incidents"][0]["late"] is False
    assert made.facts["law"].endswith("2026/1744")
    assert world.acts(sandbox) == [
        "sandbox.drafted", "sandbox.submitted", "sandbox.admitted", "sandbox.started",
        "sandbox.evidence_attached", "sandbox.evidence_attached", "sandbox.guidance_given",
        "sandbox.incident_reported", "sandbox.concluded", "sandbox.exit_report_issued",
    ]  # fmt: skip
    with store.read() as tx:
        told = [str(entry.detail) for entry in ledger.entries(tx, subject=sandbox)]
        assert world.sandboxes.get(tx, sandbox).state is SandboxState.REPORTED
    assert not [one for one in told if "Article 14" in one or "restarted" in one]


def test_of_two_officers_one_decides(
    store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring
) -> None:
    world = World.open(store, ledger, clock, keyring)
    sandbox = world.submitted()
    together, outcomes = threading.Barrier(2), []

    def decide(officer: str, act: str, *given: str) -> None:
        together.wait()
        try:
            world.act(act, officer, sandbox, *given)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")

    threads = [
        threading.Thread(target=decide, args=(OFFICER, "admit", "It is new.")),
        threading.Thread(target=decide, args=(OTHER_OFFICER, "decide", "refuse", "It is not.")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "done"]
    decided = [act for act in world.acts(sandbox) if act.endswith(("admitted", "refused"))]
    assert len(decided) == 1


def test_who_applied_decides_nothing(world: World) -> None:
    sandbox = world.submitted()
    for act, given in (("admit", ("good",)), ("decide", ("refuse", "bad"))):
        with pytest.raises(NotAllowed, match="takes no part in deciding"):
            world.act(act, ANA, sandbox, *given)


def test_everything_that_is_missing_is_named_at_once(world: World) -> None:
    empty = SandboxForm.read({"personal_data": {"law_enforcement": True}})
    told = {gap.field for gap in gaps(empty)}
    assert {"title", "algorithm", "plan.tests", "personal_data.permits"} <= told
    assert "personal_data.specific_law" in told
    asked = {name for gap in gaps(empty) for name in gap.names}
    assert asked == {one.letter for one in CONDITIONS} == set("abcdefghij")
    drafted = world.act("draft", ANA, empty, organisation=UNIVERSITY)
    with pytest.raises(BadInput, match=r"title: .*plan\.tests: .*personal_data\.conditions\.j"):
        world.act("hand_in", ANA, drafted.id)


def test_only_ones_own_algorithm_is_tried(world: World) -> None:
    form = SandboxForm.read(document(world.enter(COMPANY)))
    drafted = world.act("draft", ANA, form, organisation=UNIVERSITY)
    with pytest.raises(NotAllowed, match="another organisation"):
        world.act("hand_in", ANA, drafted.id)
    with pytest.raises(NotFound, match="no algorithm"):
        world.act("hand_in", ANA, drafted.id, SandboxForm.read(document("algorithm-none")))


def test_personal_data_are_tried_on_under_permits_in_force_alone(world: World) -> None:
    others = world.grant("eve")
    with pytest.raises(NotAllowed, match="no permit that ana is named in"):
        world.submitted(personal_data=personal_data(others.id))
    permit = world.grant(ANA)
    sandbox = world.running(personal_data=personal_data(permit.id))
    with world.store.transaction() as tx:
        world.permits.revoke(tx, OFFICER, permit.id, "over")
    for act, given in (("attach", ("fairness", world.measured())),):
        with pytest.raises(NotAllowed, match="is not in force"):
            world.act(act, ANA, sandbox, *given)
    world.act("decide", OFFICER, sandbox, "suspend", "The permit has ended.")
    with pytest.raises(NotAllowed, match="is not in force"):
        world.act("decide", OFFICER, sandbox, "resume", "Go on.")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": "algorithm-other"}, "is of algorithm-other"),
        ({"subject": None}, "no algorithm of the register"),
        ({"suite": "other"}, "asks for 'screening'"),
        ({"at": datetime(2026, 1, 1, tzinfo=UTC)}, "before the participation began"),
        ({"figures": [figure("fairness", "gap", 1)]}, "it has fairness / gap / everybody"),
        ({"figures": [figure("fairness", "ratio", 1, group="women")]}, "it has .* women"),
        ({"figures": [figure("fairness", "ratio", None)]}, "is withheld"),
        ({"figures": []}, "none at all"),
    ],
)
def test_what_does_not_answer_the_test_is_no_evidence(
    world: World, changes: dict[str, Any], message: str
) -> None:
    sandbox = world.running()
    with pytest.raises(BadInput, match=message):
        world.act("attach", ANA, sandbox, "fairness", world.measured(**changes))
    with pytest.raises(BadInput, match="no test 'speed'; it has fairness, errors"):
        world.act("attach", ANA, sandbox, "speed", world.measured())


@pytest.mark.parametrize(
    ("comparison", "low", "high", "met"),
    [
        ("at_least", 0.81, 0.9, True),
        ("at_least", 0.79, 0.9, False),
        ("at_most", 0.6, 0.8, True),
        ("at_most", 0.6, 0.81, False),
        ("at_least", None, None, None),
    ],
)
def test_a_test_may_be_judged_by_the_whole_interval(
    world: World, comparison: str, low: float | None, high: float | None, met: bool | None
) -> None:
    test = plan()["tests"][0] | {"by": "interval", "comparison": comparison}
    sandbox = world.running(plan=plan(tests=[test]))
    measured = world.measured(figures=[figure("fairness", "ratio", 0.8, low=low, high=high)])
    if met is None:
        with pytest.raises(BadInput, match="the figure has none"):
            world.act("attach", ANA, sandbox, "fairness", measured)
        return
    world.act("attach", ANA, sandbox, "fairness", measured)
    with world.store.read() as tx:
        assert [one.met for one in world.sandboxes.dossier(tx, sandbox).evidence] == [met]


def test_a_test_in_real_conditions_is_agreed_to_by_the_word_and_lasts_half_a_year(
    world: World,
) -> None:
    half = {"duration_days": 100, "extension_days": 10}
    told = {one.field for one in gaps(SandboxForm.read({"plan": plan(real_world=half)}))}
    missing = {name.removeprefix("plan.real_world.") for name in told if "real_world" in name}
    assert {"setting", "consent", "recall", "oversight", "extension_reason"} <= missing
    assert "duration_days" in missing  # a hundred and ten days are longer than the plan's ninety
    with pytest.raises(BadInput, match="less than or equal to 183"):
        SandboxPlan.read(plan(real_world={"duration_days": 184}))
    whole = dict.fromkeys(REAL_WORLD, "told") | {"duration_days": 60}
    sandbox = world.submitted(plan=plan(real_world=whole))
    world.clock.advance(days=31)
    with pytest.raises(Conflict, match="start is not possible"):
        world.act("start", ANA, sandbox, 0)
    admitted = world.act("admit", OFFICER, sandbox, "Its terms are agreed to.")
    assert admitted.plan.real_world.duration_days == 60


def test_when_its_time_is_over_only_a_longer_plan_lets_it_go_on(world: World) -> None:
    sandbox = world.running()
    world.clock.advance(days=90)
    with pytest.raises(Conflict, match=r"the time of .* ended"):
        world.act("attach", ANA, sandbox, "fairness", world.measured())
    longer = SandboxPlan.read(plan(duration_days=120))
    changed = world.act("replan", OFFICER, sandbox, longer, "It takes longer.")
    assert (changed.state, changed.plan_version) == (SandboxState.ADMITTED, 2)
    with pytest.raises(Conflict, match="at version 2, and 1 was read"):
        world.act("start", ANA, sandbox, 1)
    world.act("start", ANA, sandbox, 2)
    world.act("attach", ANA, sandbox, "fairness", world.measured())


def test_what_is_being_mended_is_nobody_elses_until_handed_in(world: World) -> None:
    sandbox = world.submitted()
    world.act("decide", OFFICER, sandbox, "ask_back", "Name the risks.")
    mended = SandboxForm.read(document(world.algorithm, risks="All of them."))
    known = world.act("revise", ANA, sandbox, mended)
    assert known.form.risks == "Groups could be selected less often."
    assert world.act("hand_in", ANA, sandbox).form.risks == "All of them."


def test_a_form_that_was_altered_is_not_admitted(world: World) -> None:
    sandbox = world.submitted()
    with world.store.off_ledger() as behind:
        behind.execute(text("UPDATE sandbox SET form = json_set(form, '$.risks', 'none')"))
    with pytest.raises(IntegrityFailure, match="altered"):
        world.act("admit", OFFICER, sandbox, "It is new.")


def test_a_report_that_was_altered_is_not_shown(world: World) -> None:
    sandbox = world.running()
    world.act("conclude", ANA, sandbox, "done")
    report(world, sandbox)
    with world.store.off_ledger() as behind:
        behind.execute(text("UPDATE sandbox SET report = json_set(report, '$.law', 'none')"))
    with world.store.read() as tx, pytest.raises(IntegrityFailure, match="altered"):
        world.sandboxes.exit_report(tx, sandbox)


def test_a_report_is_published_where_both_sides_agree(world: World) -> None:
    sandbox = world.running()
    world.act("conclude", ANA, sandbox, "done")
    report(world, sandbox, publish=True)
    assert not world.act("publications")
    world.act("publish", ANA, sandbox)
    with world.store.read() as tx:
        told = world.sandboxes.publications(tx)
    assert [(one.id, one.report is not None) for one in told] == [(sandbox, True)]
    with pytest.raises(Conflict, match="already"):
        world.act("publish", ANA, sandbox)


@pytest.mark.parametrize("police", [False, True])
def test_the_summary_of_a_trial_with_personal_data_is_public(world: World, police: bool) -> None:
    data = personal_data(world.grant(ANA).id)
    if police:
        data |= {"law_enforcement": True, "specific_law": "The Act on it."}
    sandbox = world.submitted(personal_data=data)
    assert not world.act("publications")
    world.act("admit", OFFICER, sandbox, "It is new.")
    with world.store.read() as tx:
        told = world.sandboxes.publications(tx)
    assert [one.report for one in told] == ([] if police else [None])


@pytest.mark.parametrize(
    ("kind", "days"), [("incident", None), ("serious", 15), ("death", 10), ("widespread", 2)]
)
def test_when_an_incident_is_reported_at_the_latest(
    world: World, kind: str, days: int | None
) -> None:
    sandbox, aware = world.running(), world.clock()
    world.clock.advance(days=3)
    world.act("incident", ANA, sandbox, IncidentForm.read(incident(aware, kind=kind)))
    with world.store.read() as tx:
        (told,) = world.sandboxes.dossier(tx, sandbox).incidents
    assert told.due == (None if days is None else aware + timedelta(days=days))
    assert told.is_late is (kind == "widespread")


def test_an_incident_of_tomorrow_is_none(world: World) -> None:
    sandbox = world.running()
    form = IncidentForm.read(incident(world.clock() + timedelta(days=1)))
    with pytest.raises(BadInput, match="still to come"):
        world.act("incident", ANA, sandbox, form)
    with pytest.raises(BadInput, match="reversed"):
        IncidentForm.read(incident(world.clock(), occurred_at=world.clock() + timedelta(hours=1)))


def test_the_decision_is_due_in_three_months_and_the_clock_runs_on(world: World) -> None:
    world.clock.now = datetime(2026, 11, 30, 9, tzinfo=UTC)
    sandbox = world.submitted()
    world.act("decide", OFFICER, sandbox, "ask_back", "Name the risks.")
    world.clock.advance(days=20)
    known = world.act("hand_in", ANA, sandbox)
    assert known.due == datetime(2027, 2, 28, 9, tzinfo=UTC)
    assert (known.has_priority, known.is_free_of_charge) == (True, True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"plan": plan(tests=[plan()["tests"][0]] * 2)}, "two tests are called 'fairness'"),
        ({"plan": {"tests": [{**plan()["tests"][0], "threshold": "much"}]}}, "is no number"),
        ({"plan": {"tests": [{**plan()["tests"][0], "threshold": "NaN"}]}}, "compared"),
        ({"personal_data": {"conditions": {"k": {}}}}, "conditions.k"),
        ({"fee": 100}, "there is no such field"),
    ],
)
def test_what_is_no_application(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        SandboxForm.read(wrong)
