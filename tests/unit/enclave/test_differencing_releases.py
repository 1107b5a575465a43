"""The memory of releases in the database: sealed, counted, and asked again at the moment of release."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from enclave_world import World, make_world

from casemate.enclave.differencing import DifferencingRules, Releases, Statement
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


def release(world: World, releases: Releases, output: str, *, accepted: bool = False) -> None:
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


def test_what_a_person_accepted_is_remembered_and_the_ledger_says_so(world: World) -> None:
    releases = releases_of(world)
    for output, statements in (("output-1", ADULTS), ("output-2", ALMOST)):
        keep(world, output, statements)
        release(world, releases, output, accepted=True)
    with world.store.read() as tx:
        entries = world.ledger.entries(tx, subject="differencing/people/1")
        assert [entry.detail["accepted"] for entry in entries] == [False, True]
        # it is out: what adds nothing to it, and what is elsewhere, may still leave
        assert releases.would_disclose(tx, "people", 1, OTHERS, RULES).passes
        assert releases.would_disclose(tx, "people", 1, ALMOST, RULES).passes


def test_a_release_that_was_undone_leaves_no_trace(world: World) -> None:
    releases = releases_of(world)
    keep(world, "output-1", ADULTS)
    with pytest.raises(RuntimeError), world.store.transaction() as tx:
        releases.remember(tx, "output-1", RULES)
        releases.would_disclose(tx, "people", 1, ALMOST, RULES)
        raise RuntimeError("the transaction fails after all")
    with world.store.read() as tx:
        assert releases.would_disclose(tx, "people", 1, ALMOST, RULES).passes


def test_two_releases_at_once_never_both_pass(world: World) -> None:
    keep(world, "output-1", ADULTS)
    keep(world, "output-2", ALMOST)
    start, outcomes = threading.Barrier(2), []

    def attempt(output: str) -> None:
        start.wait()
        try:
            release(world, releases_of(world), output)
            outcomes.append("released")
        except NotAllowed:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt, args=(f"output-{n}",)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
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
