"""Runs: a script handed in under a permit, and its way through the states.

Every change of state is a compare-and-set against the declared transitions, with its ledger entry in
the same transaction. A transaction that touches a run locks the run's row before it appends to the
ledger, so that two of them never wait for each other in opposite order.
"""

import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.canonical import digest
from casemate.clock import Clock
from casemate.enclave.guard import require_grants
from casemate.enclave.kinds import check_program, meets_rows
from casemate.enclave.limits import Limits
from casemate.enclave.records import ACTIVE, RUN_TRANSITIONS, Run, RunState
from casemate.enclave.tables import RunRow
from casemate.errors import BadInput, Conflict, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

MAX_SECONDS = 7 * 24 * 3600
"""A week: no run may take longer, whatever limit it was handed in with."""


class Runs:
    """Submit, look up, move and cancel runs."""

    def __init__(
        self, vault: Vault, keyring: Keyring, ledger: Ledger, permits: Permits, clock: Clock
    ) -> None:
        self._vault = vault
        self._keyring = keyring
        self._ledger = ledger
        self._permits = permits
        self._clock = clock

    def submit(
        self,
        tx: Session,
        actor: str,
        permit_id: str,
        script: bytes,
        filename: str,
        purpose: str,
        limits: Limits | None = None,
        environment: str | None = None,
    ) -> Run:
        """Hand in ``script``; it is queued, to run once on the protected views of ``permit_id``.

        ``actor`` is the account that runs it; ``environment`` is as ``Environments.choose`` gave it.
        Its kind is what ``filename`` ends in: see ``kinds``. Raises ``BadInput`` for a script that
        cannot be one, ``NotAllowed`` where the permit does not open its datasets to this person and
        purpose now.
        """
        check_program(script, filename)
        rows = meets_rows(filename)
        _check_limits(limits or Limits())
        require_grants(self._permits, tx, permit_id, person=actor, purpose=purpose, rows=rows)
        run_id, blob = new_id("run"), new_id("script")
        key, wrapped = self._keyring.new_data_key(blob)
        self._vault.write_bytes(blob, script, key)
        parameters = {"limits": _without_floats(asdict(limits or Limits())), "filename": filename}
        parameters |= {} if environment is None else {"environment": environment}
        row = RunRow(
            id=run_id, permit=permit_id, submitted_by=actor, purpose=purpose, filename=filename,
            state=RunState.queued, script_blob=blob, script_key=wrapped,
            script_digest=digest(script), parameters=parameters, inputs={}, resources={},
            submitted_at=self._clock(),
        )  # fmt: skip
        tx.add(row)
        self._ledger.append(
            tx, actor=actor, act="run.submitted", subject=run_id, permit=permit_id,
            purpose=purpose, script=row.script_digest, parameters=parameters,
        )  # fmt: skip
        return _record(row)

    def get(self, tx: Session, run_id: str) -> Run:
        """The run; raises ``NotFound``."""
        return _record(_row(tx, run_id))

    def list(
        self,
        tx: Session,
        *,
        permit: str | None = None,
        submitted_by: str | None = None,
        states: Iterable[RunState] | None = None,
    ) -> tuple[Run, ...]:
        """Runs, oldest first; of one permit, person or set of states where given."""
        query = select(RunRow).order_by(RunRow.submitted_at, RunRow.id)
        if permit is not None:
            query = query.where(RunRow.permit == permit)
        if submitted_by is not None:
            query = query.where(RunRow.submitted_by == submitted_by)
        if states is not None:
            query = query.where(RunRow.state.in_([state.value for state in states]))
        return tuple(_record(row) for row in tx.scalars(query))

    def count_active(self, tx: Session) -> int:
        """How many runs the machine is not done with."""
        active = RunRow.state.in_([state.value for state in ACTIVE])
        return tx.scalar(select(func.count()).where(active)) or 0

    def unsettled(self, tx: Session, *, failed_since: datetime) -> tuple[Run, ...]:
        """Those that the machine is not done with, and those that failed since then; oldest first."""
        active = RunRow.state.in_([state.value for state in ACTIVE])
        failed = (RunRow.state == RunState.failed.value) & (RunRow.ended_at >= failed_since)
        query = select(RunRow).where(active | failed).order_by(RunRow.submitted_at, RunRow.id)
        return tuple(_record(row) for row in tx.scalars(query))

    def script(self, tx: Session, run_id: str) -> bytes:
        """The script's bytes; raises ``IntegrityFailure`` where they are not what was handed in."""
        row = _row(tx, run_id)
        return self._vault.read_bytes(
            row.script_blob, self._keyring.unwrap(row.script_key, row.script_blob)
        )

    def cancel(self, tx: Session, actor: str, run_id: str, reason: str) -> Run:
        """Stop a run that is queued, running or being checked; a running sandbox is killed.

        Raises ``Conflict`` where the run has ended already.
        """
        if not reason.strip():
            raise BadInput("cancelling a run needs a reason")
        run = self.lock(tx, run_id)
        if run.state not in ACTIVE:
            raise Conflict(f"run {run_id} is {run.state} already: there is nothing to cancel")
        return self.move(tx, run, RunState.cancelled, actor=actor, reason=reason)

    def lock(self, tx: Session, run_id: str) -> Run:
        """The run as it is now, with its row locked for this transaction (law: before the ledger)."""
        return _record(_row(tx, run_id, lock=True))

    def move(
        self,
        tx: Session,
        run: Run,
        to: RunState,
        *,
        actor: str,
        reason: str | None = None,
        changes: dict[str, Any] | None = None,
        **detail: Any,
    ) -> Run:
        """Take ``run`` from the state it was read in to ``to``, with ``changes`` of its columns.

        ``detail`` goes on the ledger. Raises ``Conflict`` where somebody moved the run meanwhile.
        """
        if to not in RUN_TRANSITIONS[run.state]:
            raise Conflict(f"run {run.id} cannot go from {run.state} to {to}")
        now = self._clock()
        values: dict[str, Any] = {"state": to.value, "reason": reason} | (changes or {})
        if to is RunState.running:
            values["started_at"] = now
        elif to not in ACTIVE and run.ended_at is None:
            values["ended_at"] = now
        done = tx.execute(
            update(RunRow)
            .where(RunRow.id == run.id, RunRow.state == run.state.value)
            .values(values)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict(f"run {run.id} is no longer {run.state}: read it again")
        if reason is not None:
            detail["reason"] = digest(reason.encode())
        self._ledger.append(
            tx, actor=actor, act=f"run.{to.value}", subject=run.id, was=run.state.value, **detail
        )
        return self.get(tx, run.id)


def _check_limits(limits: Limits) -> None:
    """Raise ``BadInput`` for more than this machine has, or longer than any run may take."""
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if limits.memory_bytes > here:
        raise BadInput(
            f"the memory limit of {limits.memory_bytes // 2**20} MiB is more than this machine's "
            f"{here // 2**20} MiB"
        )
    if max(limits.wall_seconds, limits.cpu_seconds) > MAX_SECONDS:
        raise BadInput(f"a run may take {MAX_SECONDS} seconds at most, wall and CPU time alike")


def _without_floats(values: dict[str, Any]) -> dict[str, Any]:
    """Fractions as decimal text, since this document goes on the ledger."""
    return {name: repr(v) if isinstance(v, float) else v for name, v in values.items()}


def limits_of(run: Run) -> Limits:
    """The limits that the run was handed in with."""
    stored: dict[str, Any] = {
        name: float(value) if isinstance(value, str) else value
        for name, value in run.parameters["limits"].items()
    }
    return Limits(**stored)


def _row(tx: Session, run_id: str, *, lock: bool = False) -> RunRow:
    query = select(RunRow).where(RunRow.id == run_id).execution_options(populate_existing=True)
    row = tx.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(f"there is no run {run_id}")
    return row


def _record(row: RunRow) -> Run:
    return Run(
        id=row.id, permit=row.permit, submitted_by=row.submitted_by, purpose=row.purpose,
        filename=row.filename, state=RunState(row.state), reason=row.reason,
        script_digest=row.script_digest, parameters=row.parameters, environment=row.environment,
        inputs=row.inputs, resources=row.resources, submitted_at=row.submitted_at,
        started_at=row.started_at, ended_at=row.ended_at,
    )  # fmt: skip
