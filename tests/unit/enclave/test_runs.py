"""Runs: what may be handed in, and the states that a run can go through."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from enclave_world import CHECKER, COUNTS, PURPOSE, RESEARCHER, World, make_world
from sqlalchemy import update

from casemate.access import OutputRules
from casemate.enclave import Limits, RunState
from casemate.enclave.records import ACTIVE, RUN_TRANSITIONS
from casemate.enclave.tables import RunRow
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, NotFound
from casemate.store import Base, Store


@pytest.fixture
def world(store: Store, tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    yield from make_world(store, tmp_path, clock)


@pytest.fixture
def local(tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    """A world on SQLite, for what does not depend on the database."""
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, clock)
    store.close()


def submit(
    world: World, permit: str, person: str = RESEARCHER, purpose: str = PURPOSE, **given: object
) -> str:
    values = {"script": COUNTS, "filename": "analysis.py"} | given
    with world.store.transaction() as tx:
        return world.enclave.runs.submit(
            tx,
            person,
            permit,
            purpose=purpose,
            **values,  # type: ignore[arg-type]
        ).id


def test_a_submitted_run_is_queued_with_its_digests_and_its_script_encrypted(world: World) -> None:
    run_id = submit(world, world.permit(), limits=Limits(memory_bytes=2**28, wall_seconds=1.5))
    with world.store.read() as tx:
        run = world.enclave.runs.get(tx, run_id)
        assert world.enclave.runs.script(tx, run_id) == COUNTS
    assert run.state is RunState.queued
    assert run.parameters["limits"]["wall_seconds"] == "1.5"
    assert world.acts(run_id) == ["run.submitted"]
    assert not any(b"read_parquet" in file.read_bytes() for file in world.vault.root.iterdir())


@pytest.mark.parametrize(
    ("script", "filename", "says"),
    [
        (b"", "a.py", "empty"),
        (b" \n", "a.py", "empty"),
        (b"x = '\xff'", "a.py", "UTF-8"),
        (b"#" * (1024 * 1024 + 1), "a.py", "at most"),
        (b"pass", "a.sh", "ending in .py"),
        (b"pass", "../a.py", "ending in .py"),
        (b"pass", "a b.py", "ending in .py"),
    ],
)
def test_what_cannot_be_a_script_is_refused(
    local: World, script: bytes, filename: str, says: str
) -> None:
    permit = local.permit()
    with pytest.raises(BadInput, match=says):
        submit(local, permit, script=script, filename=filename)


def test_a_run_needs_a_permit_in_force_for_this_person_and_purpose(
    world: World, clock: MovableClock
) -> None:
    permit, revoked = world.permit(), world.permit()
    world.revoke(revoked)
    with pytest.raises(NotAllowed, match="not among the people"):
        submit(world, permit, person=CHECKER)
    with pytest.raises(NotAllowed, match="purpose"):
        submit(world, permit, purpose="dpv:Marketing")
    with pytest.raises(NotAllowed, match="revoked"):
        submit(world, revoked)
    clock.advance(days=30)
    with pytest.raises(NotAllowed, match="expired"):
        submit(world, permit)
    with world.store.read() as tx:
        assert world.enclave.runs.list(tx) == ()


def test_a_permit_for_aggregates_lets_no_script_near_the_records(local: World) -> None:
    permit = local.permit(OutputRules(rows=False))
    with pytest.raises(NotAllowed, match="aggregate"):
        submit(local, permit)


def test_a_queued_run_can_be_cancelled_with_a_reason_once(world: World) -> None:
    run_id = submit(world, world.permit())
    runs = world.enclave.runs
    with pytest.raises(BadInput), world.store.transaction() as tx:
        runs.cancel(tx, RESEARCHER, run_id, " ")
    with world.store.transaction() as tx:
        cancelled = runs.cancel(tx, RESEARCHER, run_id, "wrong script")
    assert (cancelled.state, cancelled.reason) == (RunState.cancelled, "wrong script")
    assert cancelled.ended_at is not None
    with pytest.raises(Conflict), world.store.transaction() as tx:
        runs.cancel(tx, RESEARCHER, run_id, "again")
    assert world.acts(run_id) == ["run.submitted", "run.cancelled"]


def test_a_run_moves_only_along_the_declared_transitions(local: World) -> None:
    run_id = submit(local, local.permit())
    for was, to in itertools.product(RunState, RunState):
        with local.store.transaction() as tx:
            tx.execute(update(RunRow).values(state=was.value))
            local.ledger.append(tx, actor="test", act="test.set", subject=run_id)
        allowed = to in RUN_TRANSITIONS[was]
        try:
            with local.store.transaction() as tx:
                local.enclave.runs.move(tx, local.enclave.runs.lock(tx, run_id), to, actor="test")
        except Conflict:
            assert not allowed
        else:
            assert allowed
        assert local.state(run_id) is (to if allowed else was)


def test_final_states_have_no_way_out_and_every_state_can_be_reached() -> None:
    final = {state for state, ways in RUN_TRANSITIONS.items() if not ways}
    assert final == {
        RunState.released,
        RunState.refused,
        RunState.failed,
        RunState.cancelled,
    }
    reached = {RunState.queued}.union(*RUN_TRANSITIONS.values())
    assert reached == set(RunState)
    assert not final & ACTIVE


def test_who_moves_a_run_by_an_old_reading_meets_a_conflict(world: World) -> None:
    run_id = submit(world, world.permit())
    with world.store.read() as tx:
        old = world.enclave.runs.get(tx, run_id)
    with world.store.transaction() as tx:
        world.enclave.runs.cancel(tx, RESEARCHER, run_id, "wrong script")
    with pytest.raises(Conflict, match="no longer"), world.store.transaction() as tx:
        world.enclave.runs.move(tx, old, RunState.running, actor="test")
    assert world.acts(run_id) == ["run.submitted", "run.cancelled"]


def test_an_altered_script_is_not_given_out(local: World) -> None:
    run_id = submit(local, local.permit())
    (file,) = local.vault.root.glob("script-*")
    content = bytearray(file.read_bytes())
    content[20] ^= 1
    file.write_bytes(content)
    with pytest.raises(IntegrityFailure), local.store.read() as tx:
        local.enclave.runs.script(tx, run_id)


def test_runs_are_listed_by_permit_person_and_state(local: World) -> None:
    one, two = local.permit(), local.permit()
    first, second = submit(local, one), submit(local, two)
    runs = local.enclave.runs
    with local.store.transaction() as tx:
        runs.cancel(tx, RESEARCHER, second, "no")
    with local.store.read() as tx:
        assert [run.id for run in runs.list(tx, permit=one)] == [first]
        assert {run.id for run in runs.list(tx, submitted_by=RESEARCHER)} == {first, second}
        assert [run.id for run in runs.list(tx, states=ACTIVE)] == [first]
        assert runs.list(tx, submitted_by=CHECKER) == ()
        with pytest.raises(NotFound):
            runs.get(tx, "run-nowhere")
