"""The rows of applications: how they are read, their clock, and the one way in which they change."""

from datetime import datetime, timedelta
from typing import Any

from casemate.access import deadlines
from casemate.access.deadlines import Regime
from casemate.access.forms import ApplicationForm, ApplicationKind
from casemate.access.procedure import Steps, Tables
from casemate.access.records import Application, ApplicationEvent, State
from casemate.access.tables import ApplicationEventRow, ApplicationRow
from casemate.access.transitions import MACHINE
from casemate.clock import Clock
from casemate.ledger import Ledger

_WAITING = (State.SUBMITTED, State.INCOMPLETE, State.CHANGES_REQUESTED, State.APPEALED)
TABLES = Tables(ApplicationRow, ApplicationEventRow, "application", ApplicationEvent)


class History(Steps[State, ApplicationRow, ApplicationEvent]):
    """The applications of one home as they are kept."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        super().__init__(ledger, clock, MACHINE, TABLES)

    def clock_goes_on(self, row: ApplicationRow) -> dict[str, Any]:
        """The clock's columns once it goes on after standing still."""
        stopped = self._stopped(row) // timedelta(microseconds=1)
        return {"clock_stopped_at": None, "stopped_microseconds": stopped}

    def due(self, row: ApplicationRow) -> datetime | None:
        """When the decision is due; ``None`` where none is waited for."""
        if row.state not in _WAITING or row.clock_started_at is None or row.regime is None:
            return None
        return deadlines.decision_due(
            Regime(row.regime),
            row.clock_started_at,
            stopped=self._stopped(row),
            extended=row.extended,
        )

    def _stopped(self, row: ApplicationRow) -> timedelta:
        stopped = timedelta(microseconds=row.stopped_microseconds)
        if row.clock_stopped_at is not None:
            # A clock set back by the operating system must not shorten anybody's time.
            stopped += max(self._clock() - row.clock_stopped_at, timedelta(0))
        return stopped

    def record(self, row: ApplicationRow) -> Application:
        """The row as a record, with its dates."""
        submitted, decided = row.submitted_at, row.decided_at
        appealable = row.state == State.REFUSED and row.appealed_at is None
        return Application(
            id=row.id,
            state=State(row.state),
            kind=ApplicationKind(row.kind),
            applicant=row.applicant,
            organisation=row.organisation,
            form=ApplicationForm.read(row.form),
            regime=Regime(row.regime) if row.regime else None,
            versions=dict(row.versions),
            created_at=row.created_at,
            submitted_at=submitted,
            completeness_due=deadlines.completeness_due(submitted) if submitted else None,
            complete_at=row.complete_at,
            due=self.due(row),
            clock_stopped_at=row.clock_stopped_at,
            extended=row.extended,
            decided_at=decided,
            appealed_at=row.appealed_at,
            appeal_until=deadlines.appeal_until(decided) if appealable and decided else None,
            permit=row.permit,
            revision=row.revision,
        )
