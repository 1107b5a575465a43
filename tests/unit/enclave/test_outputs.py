"""Law 2 at the door: nothing leaves unchecked, refused, altered, or by the hand of who made it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from enclave_world import CHECKER, COLLEAGUE, COUNTS, RESEARCHER, World, make_world
from sqlalchemy import update
from sqlalchemy.orm import Session

from casemate.access import OutputRules
from casemate.canonical import digest
from casemate.enclave import Output, OutputState, RunState
from casemate.enclave.checks import Decision, Reason, Verdict
from casemate.enclave.records import OUTPUT_TRANSITIONS, OutputKind, Run
from casemate.enclave.tables import OutputRow
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed
from casemate.store import Base, Store

DATA = b"smoker,count\nno,200\nyes,100\n"


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


def run_that_left(world: World, *names: str, rules: OutputRules | None = None) -> Run:
    """A run in the state ``checking`` with these outputs, without a sandbox."""
    enclave = world.enclave
    run_id = world.submit(world.permit(rules), COUNTS)
    sealed = [
        enclave.outputs.seal(
            name, OutputKind.log if name.endswith(".log") else OutputKind.file, DATA
        )
        for name in names
    ]
    with world.store.transaction() as tx:
        run = enclave.runs.lock(tx, run_id)
        run = enclave.runs.move(tx, run, RunState.running, actor="test")
        enclave.outputs.keep(tx, run, sealed)
        return enclave.runs.move(tx, run, RunState.checking, actor="test")


def judged(world: World, run: Run, decision: Decision = "pass") -> list[Output]:
    """Its outputs with a verdict, and the run where that takes it."""
    outputs = world.enclave.outputs
    for output in world.outputs(run.id).values():
        with world.store.transaction() as tx:
            verdict = Verdict(decision, (Reason("test", "for the test"),))
            outputs.record_verdict(tx, output.id, DATA, verdict, {})
    with world.store.transaction() as tx:
        to = outputs.verdict_of_run(tx, run.id)
        world.enclave.runs.move(tx, world.enclave.runs.lock(tx, run.id), to, actor="test")
    return list(world.outputs(run.id).values())


def one_output(world: World, decision: Decision = "pass") -> Output:
    (output,) = judged(world, run_that_left(world, "table.csv"), decision)
    return output


def review(world: World, output: str, *, clear: bool = True, checker: str = CHECKER) -> Output:
    with world.store.transaction() as tx:
        return world.enclave.outputs.review(
            tx, checker, output, clear=clear, reason="as the rules say"
        )


def release(world: World, output: str, checker: str = CHECKER) -> str:
    with world.store.transaction() as tx:
        return world.enclave.outputs.release(tx, checker, output).digest


def fetch(world: World, output: str, person: str = RESEARCHER) -> bytes:
    with world.store.transaction() as tx:
        return world.enclave.outputs.fetch(tx, person, output)


def state(world: World, output: str) -> OutputState:
    with world.store.read() as tx:
        return world.enclave.outputs.get(tx, output).state


def alter(world: World, output: str, **values: object) -> None:
    """Change a row behind the program's back."""
    with world.store.engine.begin() as connection:
        connection.execute(update(OutputRow).where(OutputRow.id == output).values(**values))


def test_what_is_reviewed_and_released_can_be_fetched_and_nothing_earlier(world: World) -> None:
    output = one_output(world)
    with pytest.raises(NotAllowed, match="held"):
        fetch(world, output.id)
    with pytest.raises(Conflict, match="not cleared"):
        release(world, output.id)
    assert review(world, output.id).reviewed_by == CHECKER
    with pytest.raises(NotAllowed, match="cleared"):
        fetch(world, output.id)
    with world.store.transaction() as tx:
        receipt = world.enclave.outputs.release(tx, CHECKER, output.id)
    assert receipt.digest == digest(DATA)
    assert fetch(world, output.id) == fetch(world, output.id, COLLEAGUE) == DATA
    with world.store.read() as tx:
        entries = {entry.index: entry for entry in world.ledger.entries(tx, subject=output.id)}
    released = entries[receipt.ledger_index]
    assert (released.act, released.detail["digest"]) == ("output.released", receipt.digest)
    assert released.actor == CHECKER
    assert world.state(output.run) is RunState.released


@pytest.mark.parametrize("insider", [RESEARCHER, COLLEAGUE])
def test_who_works_under_the_permit_never_decides(local: World, insider: str) -> None:
    output = one_output(local)
    for clear in (True, False):
        with pytest.raises(NotAllowed, match="never decides"):
            review(local, output.id, clear=clear, checker=insider)
    review(local, output.id)
    with pytest.raises(NotAllowed, match="never decides"):
        release(local, output.id, insider)
    assert state(local, output.id) is OutputState.cleared


def test_the_checker_examines_what_those_who_ran_it_may_not_see(local: World) -> None:
    output = one_output(local)
    with local.store.transaction() as tx:
        assert local.enclave.outputs.evidence(tx, CHECKER, output.id) == DATA
    with pytest.raises(NotAllowed), local.store.transaction() as tx:
        local.enclave.outputs.evidence(tx, RESEARCHER, output.id)
    assert local.acts(output.id)[-1] == "output.examined"


def test_what_the_machine_refused_no_one_lets_out(local: World) -> None:
    output = one_output(local, "refuse")
    assert output.state is OutputState.refused
    assert local.state(output.run) is RunState.refused
    with pytest.raises(Conflict):
        review(local, output.id)
    alter(local, output.id, state="cleared")
    with pytest.raises(NotAllowed, match="check refused"):
        release(local, output.id)
    assert "output.released" not in local.acts(output.id)


def test_nothing_is_decided_or_released_before_the_check(local: World) -> None:
    run = run_that_left(local, "table.csv")
    (output,) = local.outputs(run.id).values()
    with pytest.raises(NotAllowed, match="has not been checked"):
        review(local, output.id)
    alter(local, output.id, state="cleared")
    with pytest.raises(NotAllowed, match="has not been checked"):
        release(local, output.id)


def test_a_verdict_on_other_bytes_lets_nothing_out(local: World) -> None:
    output = one_output(local)
    review(local, output.id)
    alter(local, output.id, checked_digest=digest(b"something else"))
    with pytest.raises(IntegrityFailure, match="not the file that was checked"):
        release(local, output.id)


def test_bytes_altered_on_disk_are_neither_released_nor_given_out(local: World) -> None:
    cleared, released = one_output(local), one_output(local)
    for output in (cleared, released):
        review(local, output.id)
    release(local, released.id)
    for output in (cleared, released):
        file = local.vault.root / output.id
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
    with pytest.raises(IntegrityFailure):
        release(local, cleared.id)
    with pytest.raises(IntegrityFailure):
        fetch(local, released.id)


def test_files_of_two_outputs_cannot_be_swapped(local: World) -> None:
    one, two = one_output(local), one_output(local)
    files = [local.vault.root / output.id for output in (one, two)]
    first, second = (file.read_bytes() for file in files)
    files[0].write_bytes(second)
    files[1].write_bytes(first)
    review(local, one.id)
    with pytest.raises(IntegrityFailure):
        release(local, one.id)


def test_nothing_leaves_under_a_revoked_permit(local: World) -> None:
    output = one_output(local)
    review(local, output.id)
    with local.store.read() as tx:
        permit = local.enclave.runs.get(tx, output.run).permit
    local.revoke(permit)
    with pytest.raises(NotAllowed, match="was revoked at"):
        release(local, output.id)


def test_nothing_leaves_once_the_renewal_of_its_permit_is_revoked(local: World) -> None:
    output = one_output(local)
    review(local, output.id)
    with local.store.read() as tx:
        permit = local.enclave.runs.get(tx, output.run).permit
    local.revoke(local.renew(permit))
    with pytest.raises(NotAllowed, match="was revoked at"):
        release(local, output.id)


def test_what_waited_leaves_under_the_renewal(local: World) -> None:
    output = one_output(local)
    review(local, output.id)
    with local.store.read() as tx:
        local_permit = local.enclave.runs.get(tx, output.run).permit
    local.renew(local_permit)
    release(local, output.id)
    assert fetch(local, output.id) == DATA


def test_only_people_of_the_permit_fetch(local: World) -> None:
    output = one_output(local)
    review(local, output.id)
    release(local, output.id)
    for stranger in (CHECKER, "acct-stranger"):
        with pytest.raises(NotAllowed, match="does not work under"):
            fetch(local, output.id, stranger)
    assert local.acts(output.id).count("output.fetched") == 0


def test_an_output_is_released_once(local: World) -> None:
    output = one_output(local)
    review(local, output.id)
    release(local, output.id)
    with pytest.raises(Conflict):
        release(local, output.id)
    with pytest.raises(Conflict):
        review(local, output.id, clear=False)
    assert local.acts(output.id).count("output.released") == 1


def test_of_two_who_release_at_once_one_is_second(world: World) -> None:
    output = one_output(world)
    review(world, output.id)
    won, lost = [], []
    start = threading.Barrier(2)

    def act(checker: str) -> None:
        start.wait()
        try:
            won.append(release(world, output.id, checker))
        except Conflict:
            lost.append(checker)

    threads = [threading.Thread(target=act, args=(name,)) for name in (CHECKER, "acct-other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 1)
    assert world.acts(output.id).count("output.released") == 1


def test_two_reviewers_of_one_run_settle_it_between_them(world: World) -> None:
    outputs = judged(world, run_that_left(world, "a.csv", "b.csv"))
    start = threading.Barrier(2)

    def act(output: Output, checker: str) -> None:
        start.wait()
        review(world, output.id, clear=False, checker=checker)

    threads = [
        threading.Thread(target=act, args=pair)
        for pair in zip(outputs, (CHECKER, "acct-other"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.state(outputs[0].run) is RunState.refused
    assert world.acts(outputs[0].run).count("run.refused") == 1


def test_a_run_is_settled_when_all_its_files_are(local: World) -> None:
    one, two = judged(local, run_that_left(local, "a.csv", "b.csv"))
    review(local, one.id, clear=False)
    assert local.state(one.run) is RunState.awaiting_review
    review(local, two.id)
    assert local.state(one.run) is RunState.awaiting_review
    release(local, two.id)
    assert local.state(one.run) is RunState.released


def test_a_log_neither_holds_up_nor_decides_a_run_that_left_files(local: World) -> None:
    file, log = judged(local, run_that_left(local, "a.csv", "stdout.log"), "review")
    review(local, file.id)
    release(local, file.id)
    assert local.state(file.run) is RunState.released
    review(local, log.id)
    release(local, log.id)
    assert fetch(local, log.id) == DATA


def test_a_cleared_output_can_be_refused_until_it_is_released(local: World) -> None:
    output = one_output(local)
    review(local, output.id)
    with pytest.raises(Conflict, match="awaits no review"):
        review(local, output.id)
    assert review(local, output.id, clear=False).state is OutputState.refused
    assert local.state(output.run) is RunState.refused


def test_a_decision_needs_a_reason_whose_words_stay_off_the_ledger(local: World) -> None:
    output = one_output(local)
    with pytest.raises(BadInput), local.store.transaction() as tx:
        local.enclave.outputs.review(tx, CHECKER, output.id, clear=True, reason="  ")
    review(local, output.id)
    with local.store.read() as tx:
        (entry,) = [
            entry
            for entry in local.ledger.entries(tx, subject=output.id)
            if entry.act == "output.cleared"
        ]
    assert entry.detail["reason"] == digest(b"as the rules say")


def test_a_second_verdict_changes_nothing(local: World) -> None:
    output = one_output(local, "refuse")
    with local.store.transaction() as tx:
        again = local.enclave.outputs.record_verdict(tx, output.id, DATA, Verdict("pass", ()), {})
        local.ledger.append(tx, actor="test", act="test.tried", subject=output.id)
    assert (again.decision, again.state) == ("refuse", OutputState.refused)


def test_the_machine_releases_only_files_that_passed(local: World) -> None:
    run = run_that_left(local, "passed.csv", "doubtful.csv", "stdout.log")
    outputs = local.outputs(run.id)
    verdicts: dict[str, Decision] = {
        "passed.csv": "pass",
        "doubtful.csv": "review",
        "stdout.log": "pass",
    }
    with local.store.transaction() as tx:
        for name, decision in verdicts.items():
            local.enclave.outputs.record_verdict(
                tx, outputs[name].id, DATA, Verdict(decision, ()), {}
            )
        local.enclave.outputs.clear_by_machine(tx, local.enclave.runs.lock(tx, run.id))
    states = {name: output.state for name, output in local.outputs(run.id).items()}
    assert states == {
        "passed.csv": OutputState.released,
        "doubtful.csv": OutputState.held,
        "stdout.log": OutputState.held,
    }


def test_a_guard_of_the_release_keeps_an_output_inside_and_its_writing_falls_with_it(
    local: World,
) -> None:
    seen: list[tuple[str, bytes]] = []

    def guard(tx: Session, output: Output, run: Run, data: bytes) -> None:
        seen.append((output.name, data))
        local.ledger.append(tx, actor="test", act="test.remembered", subject=run.id)
        if output.name == "kept.csv":
            raise NotAllowed("it differs by one person from what is out already")

    enclave = local.enclave
    enclave.outputs._before_release = (guard,)
    by_hand = one_output(local)
    review(local, by_hand.id)
    release(local, by_hand.id)
    assert seen == [("table.csv", DATA)]
    run = run_that_left(local, "kept.csv", "free.csv")
    with local.store.transaction() as tx:
        for output in local.outputs(run.id).values():
            enclave.outputs.record_verdict(tx, output.id, DATA, Verdict("pass", ()), {})
        enclave.outputs.clear_by_machine(tx, enclave.runs.lock(tx, run.id))
    outputs = local.outputs(run.id)
    assert outputs["kept.csv"].state is OutputState.held
    assert outputs["free.csv"].state is OutputState.released
    assert local.acts(outputs["kept.csv"].id)[-1] == "output.kept_back"
    assert local.acts(run.id).count("test.remembered") == 1
    review(local, outputs["kept.csv"].id)
    with pytest.raises(NotAllowed, match="one person"):
        release(local, outputs["kept.csv"].id)
    assert state(local, outputs["kept.csv"].id) is OutputState.cleared


def test_final_states_of_an_output_have_no_way_out() -> None:
    assert not OUTPUT_TRANSITIONS[OutputState.released]
    assert not OUTPUT_TRANSITIONS[OutputState.refused]
    assert OutputState.released not in OUTPUT_TRANSITIONS[OutputState.held]


def test_outputs_lie_encrypted(local: World) -> None:
    run_that_left(local, "table.csv")
    assert not any(b"smoker" in file.read_bytes() for file in local.vault.root.iterdir())
