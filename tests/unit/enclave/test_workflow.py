"""Durable runs: the way of a run through a worker, and all that may cut it short."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from enclave_world import (
    COUNTS,
    PURPOSE,
    RESEARCHER,
    SECRET,
    SLEEPER,
    SMALL_CELLS,
    World,
    make_world,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from casemate.access import OutputRules
from casemate.enclave import Limits, OutputState, RunState, View, Worker
from casemate.enclave.views import Draft
from casemate.errors import Conflict, Unavailable
from casemate.store import Base, Store

AUTOMATIC = OutputRules(review="automatic")
LEAVES_A_NUMBER = b"open('/out/n.json', 'w').write('{\"n\": 1}')"
PRINTS = b"print('hello')"


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


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def works(worker: Worker) -> bool:
    return worker.is_working


def start_sleeping(world: World, permit: str) -> str:
    run_id = world.submit(permit, SLEEPER)
    assert world.enclave.worker.start()
    eventually(lambda: world.state(run_id) is RunState.running)
    return run_id


def test_a_run_goes_through_every_state_and_its_checked_output_leaves(world: World) -> None:
    run = world.run(world.permit(AUTOMATIC), COUNTS)
    assert run.state is RunState.released, run.reason
    (output,) = world.outputs(run.id).values()
    assert (output.name, output.state, output.decision) == (
        "counts.csv",
        OutputState.released,
        "pass",
    )
    assert world.acts(run.id) == ["run.submitted", "run.running", "run.checking", "run.released"]
    assert world.acts(output.id) == [
        "output.kept",
        "output.stated",
        "output.checked",
        "output.cleared",
        "output.released",
    ]
    with world.store.transaction() as tx:
        data = world.enclave.outputs.fetch(tx, RESEARCHER, output.id)
    assert b"smoker,count" in data


def test_a_table_with_a_small_cell_is_refused_with_its_reason(world: World) -> None:
    run = world.run(world.permit(AUTOMATIC), SMALL_CELLS)
    assert run.state is RunState.refused
    output = world.outputs(run.id)["detail.csv"]
    assert output.state is OutputState.refused
    assert output.verdict is not None
    assert output.verdict["reasons"]


def test_where_the_permit_asks_for_review_a_person_is_waited_for(world: World) -> None:
    run = world.run(world.permit(), COUNTS)
    assert run.state is RunState.awaiting_review
    assert world.outputs(run.id)["counts.csv"].state is OutputState.held


def test_what_a_run_used_and_saw_is_recorded(local: World) -> None:
    run = local.run(local.permit(), COUNTS, Limits(wall_seconds=60.0))
    assert run.inputs["people"]["digest"].startswith("sha256:")
    assert run.environment is not None
    assert run.resources["used"]["cpu_ms"] > 0
    assert run.resources["limits_held"]
    assert run.started_at is not None


@pytest.mark.parametrize(
    ("script", "limits", "says"),
    [
        (b"raise SystemExit(3)", Limits(), "exit code 3"),
        (b"import this is not python", Limits(), "SyntaxError"),
        (b"while True: pass", Limits(wall_seconds=0.5), "0.5 s"),
        (b"pass", Limits(), "left no output"),
    ],
)
def test_a_script_that_fails_fails_its_run_and_lets_nothing_out(
    local: World, script: bytes, limits: Limits, says: str
) -> None:
    run = local.run(local.permit(AUTOMATIC), script, limits)
    assert run.state is RunState.failed
    assert says in (run.reason or "")
    assert {output.state for output in local.outputs(run.id).values()} <= {OutputState.held}


def test_logs_wait_for_a_person_even_where_review_is_automatic(local: World) -> None:
    run = local.run(local.permit(AUTOMATIC), COUNTS + b"print('done')\n")
    assert run.state is RunState.released
    log = local.outputs(run.id)["stdout.log"]
    assert (log.state, log.decision) == (OutputState.held, "review")
    alone = local.run(local.permit(AUTOMATIC), PRINTS)
    assert alone.state is RunState.awaiting_review


def test_more_files_than_the_permit_allows_fail_the_run(local: World) -> None:
    script = b"for n in 'abc': open(f'/out/{n}.txt', 'w').write('1')"
    run = local.run(local.permit(OutputRules(max_files=2)), script)
    assert run.state is RunState.failed
    assert "allows 2" in (run.reason or "")


def test_a_file_type_that_the_permit_does_not_name_is_refused(local: World) -> None:
    run = local.run(local.permit(), b"open('/out/model.pkl', 'wb').write(b'x')")
    assert run.state is RunState.refused
    (output,) = local.outputs(run.id).values()
    assert output.verdict is not None
    assert output.verdict["reasons"][0]["rule"] == "type"


def test_a_file_name_that_the_script_made_up_goes_to_a_person(local: World) -> None:
    script = COUNTS.replace(b'"/out/counts.csv"', b"f'/out/{people.height}.csv'")
    run = local.run(local.permit(AUTOMATIC), script)
    assert run.state is RunState.awaiting_review
    (output,) = local.outputs(run.id).values()
    assert output.decision == "review"
    assert output.name not in script.decode()
    assert output.shown_name == output.id


def test_revoking_the_permit_kills_the_running_sandbox(world: World) -> None:
    permit = world.permit()
    run_id = start_sleeping(world, permit)
    world.revoke(permit)
    before = time.monotonic()
    run = world.enclave.worker.wait(run_id, timeout=10)
    assert time.monotonic() - before < 2
    assert run.state is RunState.cancelled
    assert (run.reason or "").startswith("permit revoked at 2026-03-02T09:00:00")
    assert world.outputs(run_id) == {}
    assert world.acts(run_id)[-1] == "run.cancelled"


def test_a_permit_that_expires_kills_the_running_sandbox(local: World, clock: MovableClock) -> None:
    run_id = start_sleeping(local, local.permit())
    clock.advance(days=30)
    run = local.enclave.worker.wait(run_id, timeout=10)
    assert run.state is RunState.cancelled
    assert (run.reason or "").startswith("permit expired at 2026-04-01")


def test_a_permit_that_is_renewed_lets_the_running_work_go_on(local: World) -> None:
    permit = local.permit(AUTOMATIC)
    slow = b"import time\ntime.sleep(0.6)\n" + COUNTS
    run_id = local.submit(permit, slow)
    local.enclave.worker.start()
    eventually(lambda: local.state(run_id) is RunState.running)
    local.renew(permit)
    assert local.enclave.sweep()[0] == 0
    run = local.enclave.worker.wait(run_id, timeout=20)
    assert run.state is RunState.released, run.reason


def test_a_run_whose_permit_ended_in_the_queue_never_starts(local: World) -> None:
    permit = local.permit()
    run_id = local.submit(permit)
    local.revoke(permit)
    run = local.enclave.worker.wait(run_id, timeout=10)
    assert run.state is RunState.cancelled
    assert run.started_at is None
    assert list(local.vault.root.glob("view-*")) == []


def test_a_running_run_is_killed_by_cancelling_it_and_makes_room_for_the_next(
    world: World,
) -> None:
    permit = world.permit()
    run_id = start_sleeping(world, permit)
    time.sleep(0.5)  # into the sandbox
    with world.store.transaction() as tx:
        world.enclave.runs.cancel(tx, RESEARCHER, run_id, "wrong script")
    before = time.monotonic()
    run = world.run(permit, LEAVES_A_NUMBER)
    assert time.monotonic() - before < 30
    assert run.state is not RunState.cancelled
    assert world.state(run_id) is RunState.cancelled
    assert world.acts(run_id) == ["run.submitted", "run.running", "run.cancelled"]


def test_a_second_process_on_the_home_waits_and_takes_over_when_the_first_is_gone(
    local: World,
) -> None:
    first, second = local.enclave.worker, local.another_enclave().worker
    assert first.start()
    assert not second.start()
    run_id = local.submit(local.permit(AUTOMATIC))
    assert second.wait(run_id, timeout=20).state is RunState.released
    assert not works(second)
    first.stop()
    run_id = local.submit(local.permit(AUTOMATIC))
    assert second.wait(run_id, timeout=20).state is RunState.released
    assert works(second)
    second.stop()


def test_a_run_handed_in_by_another_process_is_noticed_without_a_word(local: World) -> None:
    local.enclave.worker.start()
    with local.store.transaction() as tx:
        run = local.another_enclave().runs.submit(
            tx, RESEARCHER, local.permit_in(tx, AUTOMATIC), COUNTS, "analysis.py", PURPOSE
        )
    eventually(lambda: local.state(run.id) is RunState.released)


def test_a_run_cut_off_by_a_stop_goes_on_at_the_next_start(world: World) -> None:
    slow = b"import time\ntime.sleep(2)\n" + COUNTS
    run_id = world.submit(world.permit(AUTOMATIC), slow)
    world.enclave.worker.start()
    eventually(lambda: world.state(run_id) is RunState.running)
    time.sleep(0.5)  # into the sandbox
    world.enclave.worker.stop()
    assert world.state(run_id) is RunState.running
    assert world.enclave.worker.wait(run_id, timeout=0.0).state is RunState.running
    run = world.enclave.worker.wait(run_id, timeout=30)
    assert run.state is RunState.released, run.reason
    assert world.acts(run_id) == ["run.submitted", "run.running", "run.checking", "run.released"]


def test_runs_that_wait_together_all_end(local: World) -> None:
    permit = local.permit(AUTOMATIC)
    ids = [local.submit(permit, LEAVES_A_NUMBER) for _ in range(5)]
    ended = [local.enclave.worker.wait(run_id, timeout=30) for run_id in ids]
    assert all(run.is_over for run in ended)
    assert len({run.inputs["people"]["view"] for run in ended}) == 1


def test_many_threads_may_wait_at_once(local: World) -> None:
    permit = local.permit(AUTOMATIC)
    ids = [local.submit(permit, LEAVES_A_NUMBER) for _ in range(3)]
    ended: list[RunState] = []

    def wait(run_id: str) -> None:
        ended.append(local.enclave.worker.wait(run_id, timeout=30).state)

    threads = [threading.Thread(target=wait, args=(run_id,)) for run_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 3
    assert len(set(ended)) == 1


def test_homes_follow_one_another_in_a_process_but_do_not_mix(
    local: World, tmp_path: Path, clock: MovableClock
) -> None:
    (tmp_path / "other").mkdir()
    store = Store(f"sqlite:///{tmp_path / 'other' / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    other = World(tmp_path / "other", store, f"sqlite:///{tmp_path / 'other' / 'runs.db'}", clock)
    other.publish()
    local.enclave.worker.start()
    with pytest.raises(Conflict, match="another home"):
        other.enclave.worker.start()
    local.enclave.close()
    assert other.run(other.permit(AUTOMATIC)).state is RunState.released
    other.enclave.close()
    assert local.run(local.permit(AUTOMATIC)).state is RunState.released
    store.close()


def test_a_run_that_dbos_gave_up_is_ended_with_a_reason(
    local: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from casemate.enclave import durable, workflow

    monkeypatch.setattr(workflow, "TAKE_OVER_SECONDS", 0.1)
    monkeypatch.setattr(durable.Durable, "has_ended", lambda *_: True)
    run_id = local.submit(local.permit(), SLEEPER)
    run = local.enclave.worker.wait(run_id, timeout=20)
    assert run.state is RunState.failed
    assert "too often" in (run.reason or "")


def test_a_bug_in_a_step_ends_the_run_and_not_the_worker(
    local: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(SECRET)

    with monkeypatch.context() as patch:
        patch.setattr(type(local.enclave.views), "make", broken)
        run = local.run(local.permit())
    assert run.state is RunState.failed
    assert run.reason == "internal error (KeyError), see the log"
    assert SECRET not in caplog.text
    assert "KeyError" in caplog.text
    assert local.run(local.permit(AUTOMATIC)).state is RunState.released


def test_a_run_outlives_a_database_that_is_away_for_a_moment(
    local: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from casemate.enclave import steps

    monkeypatch.setattr(steps, "RETRY_SECONDS", 0.1)
    keep, away = local.enclave.views.keep, iter([True, True])

    def unreliable(tx: Session, draft: Draft) -> View:
        if next(away, False):
            raise OperationalError("INSERT", {}, Exception("the server closed the connection"))
        return keep(tx, draft)

    monkeypatch.setattr(local.enclave.views, "keep", unreliable)
    run = local.run(local.permit(AUTOMATIC))
    assert run.state is RunState.released, run.reason


def test_a_full_disk_fails_the_run_and_says_so(
    local: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full: nothing was changed")

    monkeypatch.setattr(local.enclave.outputs, "seal", full)
    run = local.run(local.permit(AUTOMATIC))
    assert (run.state, run.reason) == (RunState.failed, "the disk is full: nothing was changed")


def test_dbos_says_nothing_and_keeps_no_data(
    local: World, capfd: pytest.CaptureFixture[str]
) -> None:
    local.run(local.permit(AUTOMATIC))
    local.enclave.close()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    assert (local.root / "runs.db").stat().st_mode & 0o777 == 0o600
    kept = (local.root / "runs.db").read_bytes()
    assert b"smoker" not in kept
    assert b"read_parquet" not in kept


def test_the_worker_s_threads_are_gone_after_stop(local: World) -> None:
    before = threading.active_count()
    local.run(local.permit(AUTOMATIC), LEAVES_A_NUMBER)
    local.enclave.close()
    eventually(lambda: threading.active_count() <= before)


def test_the_overhead_of_a_run_over_its_sandbox_is_well_under_a_second(local: World) -> None:
    permit = local.permit(AUTOMATIC)
    local.run(permit, LEAVES_A_NUMBER)
    before = time.monotonic()
    run = local.run(permit, LEAVES_A_NUMBER)
    taken = time.monotonic() - before
    assert taken - run.resources["used"]["total_ms"] / 1000 < 1
