"""Group commit: many threads' acts, one durable write.

A commit waits for the disk (about a millisecond), whatever it holds. One writer thread therefore
takes all that is waiting, runs it inside one transaction and commits once. Each act runs in a
savepoint of its own: it fails alone, and it alone must be on the ledger.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from casemate.errors import Unavailable
from casemate.ledger.head import share_pending_head
from casemate.store import OffLedger, Store

T = TypeVar("T")
MOST_IN_A_BATCH = 256


@dataclass(frozen=True)
class _Job:
    act: Callable[[Session], Any]
    future: Future[Any]


class GroupCommit:
    """Commits acts of many threads together. Use as a context manager, or ``close()`` it."""

    def __init__(self, store: Store, most: int = MOST_IN_A_BATCH) -> None:
        """``most`` acts at most share a transaction, so that none waits long for the others."""
        _send_savepoints_as_text(store)
        self._store = store
        self._most = most
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="ledger-writer", daemon=True)
        self._writer.start()

    def submit(self, act: Callable[[Session], T]) -> Future[T]:
        """Run ``act`` in the next batch; the future gives its value once that is on the disk.

        The future raises what ``act`` raised, ``OffLedger`` where it changed rows without an
        entry, or what the commit of the whole batch raised. ``act`` gets a session that is its own;
        it must not commit it and must not wait for another act. Raises ``Unavailable`` once closed.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable("the ledger's writer is closed: nothing was recorded")
            self._jobs.put(_Job(act, future))
        return future

    def run(self, act: Callable[[Session], T]) -> T:
        """``submit`` and wait."""
        if threading.current_thread() is self._writer:
            raise RuntimeError(
                "an act waits for another act of its own batch: it would wait forever"
            )
        return self.submit(act).result()

    def close(self) -> None:
        """Commit what was submitted, then stop."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._writer.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch, last = [first], False
            while len(batch) < self._most and not last:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                last = job is None
                if job is not None:
                    batch.append(job)
            self._commit([job for job in batch if job.future.set_running_or_notify_cancel()])
            if last:
                return

    def _commit(self, batch: list[_Job]) -> None:
        outcomes: list[tuple[Any, BaseException | None]] = []
        try:
            with self._store.transaction() as whole:
                outcomes = [_attempt(whole, job.act) for job in batch]
        except Exception as failure:  # noqa: BLE001 - it belongs to the callers, who wait for it
            outcomes = [(None, failure)] * len(batch)
        for job, (value, raised) in zip(batch, outcomes, strict=True):
            if raised is None:
                job.future.set_result(value)
            else:
                job.future.set_exception(raised)


def _send_savepoints_as_text(store: Store) -> None:
    # SQLAlchemy builds and compiles these two statements anew each time, which takes longer (40 µs)
    # than the append. Names come from SQLAlchemy's own counter.
    def savepoint(connection: Connection, name: str) -> None:
        connection.exec_driver_sql(f"SAVEPOINT {name}")

    def release(connection: Connection, name: str) -> None:
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")

    vars(store.engine.dialect).update(do_savepoint=savepoint, do_release_savepoint=release)


def _attempt(whole: Session, act: Callable[[Session], T]) -> tuple[T | None, BaseException | None]:
    """Run one act in a savepoint; what it raises undoes that act alone.

    A failure to roll back (the database gave up the whole transaction) is raised: it ends the batch.
    """
    part = Session(
        whole.connection(),
        join_transaction_mode="create_savepoint",
        info={"recorded": 0, "changed": False},
    )
    share_pending_head(whole, part)
    try:
        value = act(part)
        part.flush()
        if part.info["changed"] and not part.info["recorded"]:
            raise OffLedger("rows were changed without a ledger entry")
        part.commit()
    except Exception as failure:  # noqa: BLE001 - it belongs to the caller, who waits for it
        part.rollback()
        return None, failure
    whole.info["changed"] = whole.info["changed"] or part.info["changed"]
    whole.info["recorded"] += part.info["recorded"]
    return value, None
