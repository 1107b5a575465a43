"""The eye on the permit of a running sandbox: five times a second, may this go on?"""

import time
from collections.abc import Callable

from casemate.access import Permits
from casemate.clock import Clock
from casemate.enclave.guard import why_ended
from casemate.enclave.records import Run, RunState
from casemate.enclave.runs import Runs
from casemate.store import Store

INTERVAL_SECONDS = 0.2


class PermitWatch:
    """Asked as often as the sandbox likes; looks at the database every ``INTERVAL_SECONDS``.

    Gives the reason to stop: the permit ended, the run was cancelled, or this process is going down
    (``worker_stopping``), in which case the run is not over but goes on with the next worker.
    """

    def __init__(
        self,
        store: Store,
        runs: Runs,
        permits: Permits,
        clock: Clock,
        run: Run,
        stopping: Callable[[], bool],
    ) -> None:
        self._store = store
        self._runs = runs
        self._permits = permits
        self._clock = clock
        self._run = run
        self._stopping = stopping
        self._next_look = 0.0
        self._reason: str | None = None
        self.worker_stopping = False

    def __call__(self) -> str | None:
        """The reason to stop now, or ``None`` to go on."""
        if self._reason is None and self._stopping():
            self.worker_stopping = True
            self._reason = "the worker is going down"
        if self._reason is None and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + INTERVAL_SECONDS
            self._reason = self._look()
        return self._reason

    def _look(self) -> str | None:
        with self._store.read() as tx:
            run = self._runs.get(tx, self._run.id)
            if run.state is not RunState.running:
                return run.reason or f"the run is {run.state}"
            return why_ended(self._permits, tx, run.permit, self._clock)
