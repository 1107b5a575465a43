"""Durable runs: four steps a run, and after ``kill -9`` it goes on at the step it was at.

The run's row is the truth; DBOS keeps only how far its workflow came, in ``runs.db`` of the home or
in PostgreSQL. A run is handed in by committing its row, in any process. One process a home, the
holder of ``worker.lock``, feeds the rows to DBOS and works; another process waits by looking at the
database, and takes the work over when the lock falls free.

On SQLite that lock makes the process the only executor, so at start it recovers whatever its
predecessor left. On PostgreSQL several homes, one a machine, may share the database and the vault
folder; each process is an executor of a name of its own, holds an advisory lock on that name for as
long as it lives, and recovers the runs of those executors whose lock it can take: they are dead.
"""

import logging
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from casemate.enclave.locks import WorkerLock
from casemate.enclave.records import ACTIVE, Run, RunState
from casemate.enclave.steps import Rooms, Steps, WorkerStopping
from casemate.errors import CasemateError, Unavailable
from casemate.ids import new_id

if TYPE_CHECKING:
    from casemate.enclave.durable import Durable

FEED_SECONDS = 0.25
"""How soon a run that another process handed in is noticed."""
TAKE_OVER_SECONDS = 5.0
"""How often the worker looks for dead executors and stuck runs."""
WAIT_SECONDS = 0.05
PATIENCE_SECONDS = 30.0
"""How long runs may fail to be taken up before whoever waits for one is told."""
STOP_SECONDS = 30.0
"""How long ``stop`` waits for a step that cannot be cut short (protection, a check)."""

log = logging.getLogger("casemate.enclave")


class Worker:
    """The runs of one home, worked on by this process if no other does.

    Use it as a context manager, or call ``stop``: a process that ends without it first finishes the
    run that it is at. Safe to call from several threads.
    """

    def __init__(self, home: Path, runs_url: str, rooms: Rooms, *, at_once: int = 1) -> None:
        """``runs_url`` is where DBOS keeps its state; ``at_once`` runs run at the same time."""
        self._url = make_url(runs_url)
        self._rooms = rooms
        self._at_once = at_once
        self._lock = WorkerLock(home / "worker.lock")
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._busy = _Busy()
        self._fed: set[str] = set()
        self._durable: Durable | None = None
        self._failing_since: float | None = None
        self._feeder: threading.Thread | None = None

    @property
    def is_working(self) -> bool:
        """Whether this process is the one that executes the home's runs."""
        return self._durable is not None

    def start(self) -> bool:
        """Become the home's worker if nobody is; returns whether this process is it now.

        Recovers what a dead predecessor left. Raises ``Conflict`` if this process works for another
        home already (DBOS is one a process).
        """
        with self._changing:
            if self.is_working:
                return True
            if not self._lock.acquire():
                return False
            try:
                self._launch()
            except BaseException:
                self._lock.release()
                raise
            return True

    def enqueue(self, run_id: str) -> None:
        """Say that ``run_id`` was committed: the worker of this process takes it up at once."""
        self._fed.discard(run_id)
        self._wake.set()

    def wait(self, run_id: str, timeout: float | None = None) -> Run:
        """The run, once the machine is done with it, or as it is after ``timeout`` seconds.

        Whoever waits works: this process becomes the home's worker if there is none, or when the
        one there was is gone.
        """
        give_up = None if timeout is None else time.monotonic() + timeout
        self.start()
        while True:
            if not self._stopping.is_set():  # else somebody closes this home while we wait
                self.start()
            with self._rooms.store.read() as tx:
                run = self._rooms.runs.get(tx, run_id)
            self._require_progress(run_id)
            if run.is_over or (give_up is not None and time.monotonic() >= give_up):
                return run
            time.sleep(WAIT_SECONDS)

    def _require_progress(self, run_id: str) -> None:
        since = self._failing_since
        if since is not None and time.monotonic() - since > PATIENCE_SECONDS:
            raise Unavailable(
                f"the state of durable runs in {self._url.render_as_string(hide_password=True)} has not "
                f"answered for {PATIENCE_SECONDS:.0f} s; {run_id} is recorded and goes on when it does"
            )

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Stop working: a sandbox that runs is ended and its run goes on with the next worker."""
        with self._changing:
            if self._durable is None:
                return
            self._stopping.set()
            self._wake.set()
            if self._feeder is not None:
                self._feeder.join()
            self._busy.wait_until_idle(timeout)
            self._durable.destroy()
            self._durable = self._feeder = None
            self._lock.release()

    def __enter__(self) -> "Worker":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        from casemate.enclave.durable import Durable  # half a second, only for who works

        self._stopping.clear()
        self._fed.clear()
        steps = _CountedSteps(self._rooms, self._stopping, self._busy)
        own = "the-worker" if self._url.get_backend_name() == "sqlite" else new_id("executor")
        self._durable = Durable(self._url, own, steps, at_once=self._at_once)
        self._feeder = threading.Thread(target=self._feed, name="casemate-feeder", daemon=True)
        self._feeder.start()

    def _feed(self) -> None:
        """Hand every active run to DBOS, and now and then look after the dead and the stuck."""
        next_round = 0.0
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._feed_once()
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + TAKE_OVER_SECONDS
                    self._look_after()
                self._failing_since = None
            except (SQLAlchemyError, CasemateError) as failure:
                # The database is away or busy: the rows are still there at the next round.
                self._failing_since = self._failing_since or time.monotonic()
                log.warning("runs were not fed this time: %s", type(failure).__name__)
            self._wake.wait(FEED_SECONDS)

    def _feed_once(self) -> None:
        assert self._durable is not None
        with self._rooms.store.read() as tx:
            active = {run.id for run in self._rooms.runs.list(tx, states=ACTIVE)}
        self._fed &= active
        for run_id in sorted(active - self._fed):
            self._durable.enqueue(run_id)
            self._fed.add(run_id)

    def _look_after(self) -> None:
        assert self._durable is not None
        self._durable.recover_dead()
        for run_id in sorted(self._fed):
            if self._durable.has_ended(run_id):
                self._durable.steps.end(
                    run_id,
                    RunState.failed,
                    "the worker died at this run too often, or lost its trace",
                )


class _Busy:
    """How many steps are at work in this process."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_until_idle(self, timeout: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, timeout)


class _CountedSteps(Steps):
    """The steps as the worker runs them: counted, and none begun once it is stopping."""

    def __init__(self, rooms: Rooms, stopping: threading.Event, busy: _Busy) -> None:
        super().__init__(rooms, stopping=stopping.is_set)
        self._going_down = stopping
        self._busy = busy

    def prepare(self, run_id: str) -> bool:
        with self._at_work():
            return super().prepare(run_id)

    def execute(self, run_id: str) -> bool:
        with self._at_work():
            return super().execute(run_id)

    def check(self, run_id: str) -> bool:
        with self._at_work():
            return super().check(run_id)

    def settle(self, run_id: str) -> bool:
        with self._at_work():
            return super().settle(run_id)

    def _at_work(self) -> "_Busy":
        if self._going_down.is_set():
            raise WorkerStopping
        return self._busy
