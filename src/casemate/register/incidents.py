"""What went wrong with an algorithm, as its organisation reports it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.canonical import digest
from casemate.clock import Clock
from casemate.errors import BadInput
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.register.tables import AlgorithmIncidentRow

LONGEST = 5000
"""Characters of a report."""


@dataclass(frozen=True)
class Incident:
    """One report. ``serious`` is as AI Act Art. 3(49) has it: the authority is told by Art. 73."""

    id: str
    algorithm: str
    happened_on: date
    says: str
    serious: bool
    reported_by: str
    reported_at: datetime
    ledger_index: int


class Incidents:
    """The reports of one home; none is changed or taken away."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def report(
        self, tx: Session, actor: str, algorithm: str, says: str, on: date, *, serious: bool
    ) -> Incident:
        """Keep a report; raises ``BadInput`` for one that says nothing, or of a day to come."""
        said = says.strip()
        if not said or len(said) > LONGEST:
            raise BadInput(f"say what happened, in {LONGEST} characters at most")
        now = self._clock()
        if on > now.date():
            raise BadInput(f"{on} is still to come: an incident has happened")
        entry = self._ledger.append(
            tx, actor=actor, act="algorithm.incident", subject=algorithm, serious=serious,
            report=digest(said.encode()),
        )  # fmt: skip
        row = AlgorithmIncidentRow(
            id=new_id("incident"), algorithm=algorithm, happened_on=on.isoformat(), says=said,
            serious=serious, reported_by=actor, reported_at=now, ledger_index=entry.index,
        )  # fmt: skip
        tx.add(row)
        return _incident(row)

    def of(self, tx: Session, algorithm: str) -> Sequence[Incident]:
        """The reports on ``algorithm``, in the order they came."""
        query = select(AlgorithmIncidentRow).where(AlgorithmIncidentRow.algorithm == algorithm)
        return [
            _incident(row) for row in tx.scalars(query.order_by(AlgorithmIncidentRow.ledger_index))
        ]


def _incident(row: AlgorithmIncidentRow) -> Incident:
    return Incident(
        row.id, row.algorithm, date.fromisoformat(row.happened_on), row.says, row.serious,
        row.reported_by, row.reported_at, row.ledger_index,
    )  # fmt: skip
