"""Group commit: acts of many threads in one durable write, each failing alone."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.errors import Unavailable
from casemate.ledger import Ledger
from casemate.ledger.group import GroupCommit
from casemate.ledger.tables import LedgerEntryRow
from casemate.store import OffLedger, Store


@pytest.fixture
def group(store: Store) -> Iterator[GroupCommit]:
    with GroupCommit(store) as opened:
        yield opened


class Gate:
    """Holds the writer thread in an act, so that all that is submitted meanwhile is one batch."""

    def __init__(self, group: GroupCommit) -> None:
        self._open, entered = threading.Event(), threading.Event()

        def wait(_tx: Session) -> None:
            entered.set()
            self._open.wait(10)

        self.first = group.submit(wait)
        entered.wait(10)

    def open(self) -> None:
        self._open.set()


def acts(store: Store, ledger: Ledger) -> list[str]:
    with store.read() as tx:
        assert ledger.verify(tx).problems == ()
        assert ledger.size(tx) == len(list(ledger.entries(tx)))
        return [entry.act for entry in ledger.entries(tx)]


def record(ledger: Ledger, act: str) -> Any:
    return lambda tx: ledger.append(tx, actor="a", act=act, subject="s").index


def test_an_act_is_on_the_disk_when_its_future_resolves(
    store: Store, ledger: Ledger, group: GroupCommit
) -> None:
    assert group.run(record(ledger, "one")) == 0
    assert acts(store, ledger) == ["one"]


def test_many_threads_share_few_commits(store: Store, ledger: Ledger, group: GroupCommit) -> None:
    commits: list[Any] = []
    event.listen(store.engine, "commit", commits.append)
    indexes: list[int] = []

    def work() -> None:
        futures = [group.submit(record(ledger, "one")) for _ in range(50)]
        indexes.extend(future.result() for future in futures)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(indexes) == list(range(400))
    assert len(acts(store, ledger)) == 400
    assert len(commits) < 100


def test_one_that_fails_is_undone_alone(store: Store, ledger: Ledger, group: GroupCommit) -> None:
    def fails(tx: Session) -> None:
        ledger.append(tx, actor="a", act="undone", subject="s")
        raise ZeroDivisionError

    gate = Gate(group)
    good = [group.submit(record(ledger, "first"))]
    bad = group.submit(fails)
    good.append(group.submit(record(ledger, "second")))
    gate.open()
    assert [future.result() for future in good] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        bad.result()
    assert acts(store, ledger) == ["first", "second"]


def test_a_row_that_the_database_refuses_hurts_nobody_else(
    store: Store, ledger: Ledger, group: GroupCommit
) -> None:
    def refused(tx: Session) -> None:
        ledger.append(tx, actor="a", act="undone", subject="s")
        tx.add(LedgerEntryRow(index=0, body=b"{}", leaf=b"0" * 32, subject="x"))

    gate = Gate(group)
    futures: list[Future[Any]] = [
        group.submit(act) for act in (record(ledger, "first"), refused, record(ledger, "second"))
    ]
    gate.open()
    assert futures[0].result() == 0
    with pytest.raises(IntegrityError):
        futures[1].result()
    assert futures[2].result() == 1
    assert acts(store, ledger) == ["first", "second"]


def test_each_act_must_be_on_the_ledger_itself(
    store: Store, ledger: Ledger, group: GroupCommit
) -> None:
    def off_ledger(tx: Session) -> None:
        tx.add(LedgerEntryRow(index=77, body=b"{}", leaf=b"0" * 32, subject="x"))

    gate = Gate(group)
    before = group.submit(record(ledger, "first"))
    silent = group.submit(off_ledger)
    after = group.submit(record(ledger, "second"))
    gate.open()
    assert (before.result(), after.result()) == (0, 1)
    with pytest.raises(OffLedger):
        silent.result()
    assert acts(store, ledger) == ["first", "second"]


def test_a_checkpoint_read_in_an_act_that_fails_leaves_the_head_signed(
    store: Store, ledger: Ledger, group: GroupCommit
) -> None:
    def looks_and_fails(tx: Session) -> None:
        ledger.checkpoint(tx)
        raise ZeroDivisionError

    gate = Gate(group)
    kept = group.submit(record(ledger, "kept"))
    failed = group.submit(looks_and_fails)
    gate.open()
    assert kept.result() == 0
    assert isinstance(failed.exception(), ZeroDivisionError)
    assert acts(store, ledger) == ["kept"]


def test_acts_may_use_savepoints_of_their_own(
    store: Store, ledger: Ledger, group: GroupCommit
) -> None:
    def careful(tx: Session) -> None:
        savepoint = tx.begin_nested()
        ledger.append(tx, actor="a", act="undone", subject="s")
        savepoint.rollback()
        ledger.append(tx, actor="a", act="kept", subject="s")

    group.run(careful)
    assert acts(store, ledger) == ["kept"]


def test_a_commit_that_fails_fails_all_of_its_batch_and_no_other(
    store: Store, ledger: Ledger, group: GroupCommit
) -> None:
    def refuse(_connection: Any) -> None:
        raise OSError("disk full")

    gate = Gate(group)
    futures = [group.submit(record(ledger, "lost")) for _ in range(3)]
    event.listen(store.engine, "commit", refuse)
    gate.open()
    for future in futures:
        assert isinstance(future.exception(), OSError)
    event.remove(store.engine, "commit", refuse)
    assert group.run(record(ledger, "kept")) == 0
    assert acts(store, ledger) == ["kept"]


def test_an_act_that_only_reads_needs_no_entry(
    store: Store, ledger: Ledger, group: GroupCommit
) -> None:
    group.run(record(ledger, "one"))
    assert group.run(ledger.size) == 1


def test_a_cancelled_act_is_not_run(store: Store, ledger: Ledger, group: GroupCommit) -> None:
    gate = Gate(group)
    cancelled = group.submit(record(ledger, "never"))
    assert cancelled.cancel()
    gate.open()
    group.run(record(ledger, "kept"))
    assert acts(store, ledger) == ["kept"]


def test_an_act_cannot_wait_for_another(ledger: Ledger, group: GroupCommit) -> None:
    with pytest.raises(RuntimeError, match="wait forever"):
        group.run(lambda _tx: group.run(record(ledger, "never")))


def test_closing_commits_what_was_submitted_and_takes_no_more(store: Store, ledger: Ledger) -> None:
    group = GroupCommit(store)
    futures = [group.submit(record(ledger, "one")) for _ in range(500)]
    group.close()
    group.close()
    assert sorted(future.result(0) for future in futures) == list(range(500))
    with pytest.raises(Unavailable):
        group.submit(record(ledger, "late"))


def test_a_batch_is_never_larger_than_asked(store: Store, ledger: Ledger) -> None:
    commits: list[Any] = []
    with GroupCommit(store, most=10) as group:
        gate = Gate(group)
        futures = [group.submit(record(ledger, "one")) for _ in range(100)]
        event.listen(store.engine, "commit", commits.append)
        gate.open()
        for future in futures:
            future.result()
    assert len(commits) >= 10


def test_a_batch_is_signed_once(store: Store, ledger: Ledger, group: GroupCommit) -> None:
    signed: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE ledger_head SET checkpoint"):
            signed.append(statement)

    gate = Gate(group)
    futures = [group.submit(record(ledger, "one")) for _ in range(20)]
    event.listen(store.engine, "before_cursor_execute", note)
    gate.open()
    assert sorted(future.result() for future in futures) == list(range(20))
    assert len(signed) == 1
