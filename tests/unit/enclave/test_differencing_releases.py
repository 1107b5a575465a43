"""The memory of releases in the database: sealed, counted, and asked again at the moment of release."""

import multiprocessing
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import MovableClock
from enclave_world import World, make_world

from casemate.enclave.differencing import (
    Decision,
    DifferencingRules,
    Releases,
    Statement,
    WouldDisclose,
)
from casemate.enclave.differencing import releases as differencing_releases
from casemate.enclave.differencing.tables import MemoryRow, StatementsRow
from casemate.errors import Conflict, IntegrityFailure, NotAllowed
from casemate.store import Store

RULES = DifferencingRules()
ADULTS = [Statement.of(range(100), line=1)]
ALMOST = [Statement.of(range(97), line=1)]
OTHERS = [Statement.of(range(120, 200), line=1)]


@pytest.fixture
def world(store: Store, tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    yield from make_world(store, tmp_path, clock)


def releases_of(world: World) -> Releases:
    return Releases(world.vault, world.keyring, world.ledger, world.catalogue, world.clock)


def keep(world: World, output: str, statements: list[Statement]) -> None:
    with world.store.transaction() as tx:
        releases_of(world).keep(tx, output, "people", 1, statements)


def release(
    world: World, releases: Releases, output: str, *, accepted: Collection[int] = ()
) -> None:
    with world.store.transaction() as tx:
        releases.remember(tx, output, RULES, actor="acct-checker", accepted=accepted)


def test_a_table_that_differs_from_a_released_one_by_three_people_is_refused(world: World) -> None:
    releases = releases_of(world)
    keep(world, "output-1", ADULTS)
    release(world, releases, "output-1")
    with world.store.read() as tx:
        decision = releases.would_disclose(tx, "people", 1, ALMOST, RULES)
        assert releases.would_disclose(tx, "people", 1, OTHERS, RULES).passes
    assert decision.discloses == (1,)
    assert "row 1: together with what was released" in decision.reasons[0].message
    assert "3" not in decision.reasons[0].message.replace("row 1", "")


def test_a_held_output_is_judged_again_when_it_is_released(world: World) -> None:
    keep(world, "output-1", ADULTS)
    keep(world, "output-2", ALMOST)
    one, other = releases_of(world), releases_of(world)
    with world.store.read() as tx:
        assert other.would_disclose(tx, "people", 1, ALMOST, RULES).passes
    release(world, one, "output-1")
    with pytest.raises(NotAllowed, match="output-2 cannot be released: row 1"):
        release(world, other, "output-2")


def test_what_surely_discloses_by_now_is_held_whatever_a_person_accepted(world: World) -> None:
    releases = releases_of(world)
    for output, statements in (("output-1", ADULTS), ("output-2", ALMOST)):
        keep(world, output, statements)
    release(world, releases, "output-1")
    with pytest.raises(WouldDisclose) as refusal:
        release(world, releases, "output-2", accepted=(1,))
    (reason,) = refusal.value.reasons
    assert reason.evidence == {"undecided": [], "released": 1}


def undecided_on(rows: Collection[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time never suffice for these rows."""
    answer = Decision(undecided=tuple(rows))
    monkeypatch.setattr(differencing_releases, "decide", lambda *_: answer)


def test_a_person_accepts_the_rows_that_nobody_could_decide_on_and_no_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = releases_of(world)
    for output in ("output-1", "output-2", "output-3"):
        keep(world, output, OTHERS)
    undecided_on((2, 5), monkeypatch)
    with pytest.raises(WouldDisclose, match="could not be decided in time"):
        release(world, releases, "output-1")
    release(world, releases, "output-1", accepted=(2, 5))
    release(world, releases, "output-2", accepted=(1, 2, 5, 9))
    with pytest.raises(WouldDisclose) as refusal:  # row 5 was decided when the person looked
        release(world, releases, "output-3", accepted=(2,))
    assert refusal.value.reasons[0].evidence == {"undecided": [2, 5], "released": 2}
    with world.store.read() as tx:
        entries = world.ledger.entries(tx, subject="differencing/people/1")
        assert [entry.detail["accepted"] for entry in entries] == [True, True]


def test_a_release_that_nothing_can_be_read_off_is_counted_and_named(world: World) -> None:
    releases = releases_of(world)
    keep(world, "output-1", ADULTS)
    with world.store.transaction() as tx:
        releases.keep(tx, "output-2", "people", 1, (), opaque=True)
    assert_opaque(world, ())  # not before it is out
    for output in ("output-1", "output-2"):
        release(world, releases, output)
    assert_opaque(world, ("output-2",))
    with world.store.read() as tx:
        entries = list(world.ledger.entries(tx, subject="differencing/people/1"))
        assert [entry.detail["opaque"] for entry in entries] == [False, True]
        assert not releases_of(world).would_disclose(tx, "people", 1, ALMOST, RULES).passes


def assert_opaque(world: World, outputs: tuple[str, ...]) -> None:
    with world.store.read() as tx:
        assert releases_of(world).opaque(tx, "people", 1) == outputs


def test_a_release_that_was_undone_leaves_no_trace(world: World) -> None:
    releases = releases_of(world)
    keep(world, "output-1", ADULTS)
    with pytest.raises(RuntimeError), world.store.transaction() as tx:
        releases.remember(tx, "output-1", RULES)
        releases.would_disclose(tx, "people", 1, ALMOST, RULES)
        raise RuntimeError("the transaction fails after all")
    with world.store.read() as tx:
        assert releases.would_disclose(tx, "people", 1, ALMOST, RULES).passes


def attempt(world: World, start: Any, output: str, outcomes: Any) -> None:
    start.wait()
    try:
        release(world, releases_of(world), output)
        outcomes.append("released")
    except NotAllowed:
        outcomes.append("refused")


def test_two_releases_at_once_never_both_pass(world: World) -> None:
    keep(world, "output-1", ADULTS)
    keep(world, "output-2", ALMOST)
    start: Any = threading.Barrier(2)
    outcomes: list[str] = []
    threads = [
        threading.Thread(target=attempt, args=(world, start, f"output-{n}", outcomes))
        for n in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "released"]


def attempt_elsewhere(
    root: Path, url: str, runs: str, start: Any, output: str, outcomes: Any
) -> None:
    """In a process of its own, with nothing of this one's: as two servers on one database."""
    world = World(root, Store(url), runs)
    attempt(world, start, output, outcomes)
    world.store.close()


def test_two_processes_that_release_at_once_never_both_pass(world: World) -> None:
    keep(world, "output-1", ADULTS)
    keep(world, "output-2", ALMOST)
    fresh = multiprocessing.get_context("spawn")
    with fresh.Manager() as manager:
        start, outcomes = manager.Barrier(2), manager.list()
        processes = [
            fresh.Process(
                target=attempt_elsewhere,
                args=(world.root, world.store.url, world.runs_url, start, f"output-{n}", outcomes),
            )
            for n in (1, 2)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert sorted(outcomes) == ["refused", "released"]


def test_statements_are_sealed_and_neither_ledger_nor_database_names_a_record(world: World) -> None:
    keep(world, "output-1", ADULTS)
    (file,) = world.vault.root.glob("statements-*")
    assert b"count" not in file.read_bytes()
    with world.store.read() as tx:
        (entry,) = world.ledger.entries(tx, subject="output-1")
        assert set(entry.detail) == {"dataset", "version", "commitment"}
    with pytest.raises(Conflict, match="kept already"):
        keep(world, "output-1", ADULTS)


def test_a_memory_that_was_set_back_or_lost_a_release_stops_everything(world: World) -> None:
    for number, statements in ((1, ADULTS), (2, OTHERS)):
        keep(world, f"output-{number}", statements)
        release(world, releases_of(world), f"output-{number}")
    with world.store.transaction() as tx:
        tx.delete(tx.get(StatementsRow, ("output-1", "people", 1)))
        world.ledger.append(tx, actor="nobody", act="test.meddled", subject="test")
    with world.store.read() as tx, pytest.raises(IntegrityFailure, match="release 1 of people"):
        releases_of(world).would_disclose(tx, "people", 1, ALMOST, RULES)
    with world.store.transaction() as tx:
        tx.get_one(MemoryRow, ("people", 1)).counter = 0
        world.ledger.append(tx, actor="nobody", act="test.meddled", subject="test")
    with world.store.read() as tx, pytest.raises(IntegrityFailure, match="the ledger tells of 2"):
        releases_of(world).would_disclose(tx, "people", 1, ALMOST, RULES)
