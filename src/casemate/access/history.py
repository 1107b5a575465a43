"""The rows of applications: how they are read, and the one way in which they change.

``take`` is one step of the state machine: it moves the row if nobody moved it since it was read,
notes the act with its words in the application's history, and records it on the ledger with the
digest of those words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casemate.access import deadlines
from casemate.access.deadlines import Regime
from casemate.access.forms import ApplicationForm, ApplicationKind
from casemate.access.records import Application, ApplicationEvent, State
from casemate.access.tables import ApplicationEventRow, ApplicationRow
from casemate.access.transitions import DECIDING, LEDGER_ACTS, step
from casemate.canonical import digest
from casemate.clock import Clock
from casemate.errors import Conflict, NotAllowed, NotFound
from casemate.ledger import Ledger

_WAITING = (State.SUBMITTED, State.INCOMPLETE, State.CHANGES_REQUESTED, State.APPEALED)


@dataclass(frozen=True)
class Change:
    """What a step writes: the words with it, the columns it sets, the form it hands in."""

    text: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    form: ApplicationForm | None = None


class History:
    """The applications of one home as they are kept."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def row(self, tx: Session, application_id: str) -> ApplicationRow:
        """The row as it is now. Raises ``NotFound``."""
        query = select(ApplicationRow).where(ApplicationRow.id == application_id)
        row = tx.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise NotFound(f"there is no application {application_id!r}")
        return row

    def take(self, tx: Session, actor: str, row: ApplicationRow, act: str, change: Change) -> None:
        """Take one step from the state that ``row`` was read in.

        Raises ``Conflict`` where the act is not possible in that state or somebody else was first,
        ``NotAllowed`` where the authority's act would be an applicant's.
        """
        before, after = step(row.id, row.state, act)
        if act in DECIDING and actor in {row.applicant, *row.form.get("people", ())}:
            raise NotAllowed(
                f"{actor} applied for {row.id} or is named in it, and takes no part in deciding it"
            )
        revision = row.revision
        # Comparing and setting is one statement: of two people at once, one finds nothing to set.
        moved = tx.execute(
            update(ApplicationRow)
            .where(
                ApplicationRow.id == row.id,
                ApplicationRow.state == before,
                ApplicationRow.revision == revision,
            )
            .values(state=after, revision=revision + 1, **change.columns)
            .returning(ApplicationRow.id)
            .execution_options(synchronize_session=False)
        )
        if moved.first() is None:
            raise Conflict(f"{row.id} has moved on since it was read: look at it again")
        self.note(tx, row.id, actor, act, (before, after), change.text)
        detail: dict[str, Any] = {"state": after, "revision": revision + 1}
        if change.text:
            detail["text"] = digest(change.text.encode())
        if change.form is not None:
            detail["form"] = change.form.digest()
        self._ledger.append(tx, actor=actor, act=LEDGER_ACTS[act], subject=row.id, **detail)

    def note(
        self,
        tx: Session,
        application_id: str,
        actor: str,
        act: str,
        states: tuple[State, State],
        text: str,
    ) -> None:
        """Add one event to the history."""
        tx.add(
            ApplicationEventRow(
                application=application_id,
                at=self._clock(),
                actor=actor,
                act=act,
                from_state=states[0],
                to_state=states[1],
                text=text,
                deciding=act in DECIDING,
            )
        )
        tx.flush()

    def events(self, tx: Session, application_id: str) -> tuple[ApplicationEvent, ...]:
        """All that was done and said, in order."""
        rows = tx.scalars(
            select(ApplicationEventRow)
            .where(ApplicationEventRow.application == application_id)
            .order_by(ApplicationEventRow.id)
        )
        return tuple(
            ApplicationEvent(
                at=row.at,
                actor=row.actor,
                act=row.act,
                from_state=State(row.from_state),
                to_state=State(row.to_state),
                text=row.text,
                deciding=row.deciding,
            )
            for row in rows
        )

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
