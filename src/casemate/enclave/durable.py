"""DBOS, reduced to what a run needs: enqueue once, go on after a crash, say what is stuck.

DBOS is one a process, and its workflows are module functions; so this module has one ``Durable`` at
a time, and the functions find their steps through it. What DBOS stores is run ids and truth values,
as JSON: an exception never reaches it, because the steps end the run themselves.

Quiet by construction: no console handler, no telemetry, no cloud connection, no server of its own.
Errors of DBOS itself go to the logger ``dbos`` for whoever configures logging.
"""

import logging
import os
import sqlite3
from contextlib import closing

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, SetWorkflowID
from sqlalchemy.engine import URL

from casemate.enclave.locks import ExecutorLocks
from casemate.enclave.steps import Steps
from casemate.errors import Conflict

APPLICATION = "casemate"
VERSION = "1"
"""Of the workflow below. Raise it with any change to its steps: DBOS recovers only runs of its own
version, and the feeder ends the others with a reason."""

QUEUE = "casemate-runs"
POLLING_SECONDS = 0.05
MAX_CRASHES = 20
"""After so many worker deaths during one run, it is the run that kills: it is not tried again."""

_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_current: "Durable | None" = None


class Durable:
    """The process's DBOS, launched for one home."""

    def __init__(self, url: URL, executor: str, steps: Steps, *, at_once: int) -> None:
        """``executor`` names this process; ``at_once`` runs are worked on at the same time.

        Raises ``Conflict`` while another home of this process is launched.
        """
        global _current
        if _current is not None:
            raise Conflict("this process already works on the runs of another home: close it first")
        self._url = url
        self.steps = steps
        self.executor = executor
        self._locks: ExecutorLocks | None = None
        _current = self
        try:
            self._launch(at_once)
        except BaseException:
            self.destroy()
            raise

    def enqueue(self, run_id: str) -> None:
        """Hand the run to DBOS; that it has it already is no error."""
        with SetWorkflowID(run_id):
            DBOS.enqueue_workflow(QUEUE, _run, run_id)

    def has_ended(self, run_id: str) -> bool:
        """Whether DBOS will do no more for this run."""
        status = DBOS.get_workflow_status(run_id)
        return status is not None and status.status in _ENDED

    def recover_dead(self) -> int:
        """Take over the runs of executors that have died; returns of how many (PostgreSQL only)."""
        if self._locks is None:
            return 0
        self._locks.hold_own()
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        executors = {workflow.executor_id for workflow in pending if workflow.executor_id}
        return sum(self._take_over(executor) for executor in sorted(executors - {self.executor}))

    def destroy(self) -> None:
        """Let go of DBOS; what was running goes on with the next ``Durable`` of its home."""
        global _current
        DBOS.destroy()
        if self._locks is not None:
            self._locks.close()
        _current = None

    def _launch(self, at_once: int) -> None:
        _quieten()
        text = self._url.render_as_string(hide_password=False)
        serializer = DBOSPortableJSONSerializer()
        if self._url.get_backend_name() == "sqlite":
            _prepare_sqlite(str(self._url.database))
        else:
            self._locks = ExecutorLocks(self._url, self.executor)
        DBOS.migrate(text)
        # The queue must be there before the launch: a later one is noticed only after a second.
        client = DBOSClient(
            system_database_url=text, application_name=APPLICATION, serializer=serializer
        )
        client.register_queue(
            QUEUE, worker_concurrency=at_once, polling_interval_sec=POLLING_SECONDS
        )
        client.destroy()
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": text,
                "application_version": VERSION,
                "executor_id": self.executor,
                "serializer": serializer,
                "log_level": "ERROR",
                "run_migrations": False,
                "enable_otlp": False,
                "use_listen_notify": False,
                "sys_db_pool_size": 5,
                "notification_listener_polling_interval_sec": 0.05,
                "scheduler_polling_interval_sec": 3600.0,
            }
        )
        DBOS.launch()

    def _take_over(self, executor: str) -> bool:
        assert self._locks is not None
        if not self._locks.take_if_dead(executor):
            return False
        try:
            # Internal by its name, but the one call that is safe where two workers race: it takes a
            # workflow only while it still belongs to the dead executor, and counts the attempt.
            DBOS._recover_pending_workflows([executor])
        finally:
            self._locks.give_back(executor)
        return True


def _quieten() -> None:
    # DBOS adds a console handler of its own only to a logger that has none.
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _prepare_sqlite(path: str) -> None:
    """The file with mode 0600, in WAL mode, so that a poll never waits for a write."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _steps() -> Steps:
    if _current is None:
        raise RuntimeError("a run was started while no home was open")
    return _current.steps


@DBOS.step(name="prepare")
def _prepare(run_id: str) -> bool:
    return _steps().prepare(run_id)


@DBOS.step(name="execute")
def _execute(run_id: str) -> bool:
    return _steps().execute(run_id)


@DBOS.step(name="check")
def _check(run_id: str) -> bool:
    return _steps().check(run_id)


@DBOS.step(name="settle")
def _settle(run_id: str) -> bool:
    return _steps().settle(run_id)


@DBOS.workflow(name="casemate-run", max_recovery_attempts=MAX_CRASHES)
def _run(run_id: str) -> bool:
    return _prepare(run_id) and _execute(run_id) and _check(run_id) and _settle(run_id)
