"""Which programs an algorithm is made of, and which runs were of it: every program that runs has an entry.

An organisation's program is known by its digest: what ran before is the same algorithm again, what did not
is a new one, with a draft of an entry, unless whoever hands it in says of which algorithm it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, Conflict
from casemate.ledger import Ledger
from casemate.register.keeping import KeptRecord, Register
from casemate.register.records import Record
from casemate.register.tables import AlgorithmCodeRow, AlgorithmRunRow


@dataclass(frozen=True)
class Handed:
    """A run that is handed in: whose, and what program (its digest)."""

    run: str
    actor: str
    organisation: str
    code: str


@dataclass(frozen=True)
class RunOf:
    """A run of an algorithm."""

    run: str
    code: str
    attached_at: datetime
    ledger_index: int


class Programs:
    """The programs and runs of the algorithms of one home."""

    def __init__(self, ledger: Ledger, clock: Clock, register: Register) -> None:
        self._ledger = ledger
        self._clock = clock
        self._register = register

    def attach(
        self, tx: Session, handed: Handed, drafted: Record, told: Record, algorithm: str | None
    ) -> KeptRecord:
        """The entry that the run belongs to: ``algorithm``, the one of the same program, or a new one.

        A new one begins with ``drafted``, what the platform knows, and ``told``, what a person said; one
        that is there is told what of it was not told yet. Raises ``BadInput`` for another's algorithm.
        """
        known = algorithm or self.of_code(tx, handed.organisation, handed.code)
        if known is None:
            both = Record({**drafted.told, **told.told})
            kept = self._register.enter(tx, handed.actor, both, handed.organisation)
        else:
            kept = self._tell(tx, handed, self._register.get(tx, known), told)
        self._keep_code(tx, handed, kept.algorithm)
        self._keep_run(tx, handed, kept.algorithm)
        return kept

    def _tell(self, tx: Session, handed: Handed, kept: KeptRecord, told: Record) -> KeptRecord:
        if kept.organisation != handed.organisation:
            raise BadInput(f"{kept.algorithm} is another organisation's: leave --algorithm out")
        new = {name: value for name, value in told.told.items() if name not in kept.record.told}
        if not new:
            return kept
        both = Record({**kept.record.told, **new})
        reason = f"told as {handed.run} was handed in"
        return self._register.revise(tx, handed.actor, kept.algorithm, both, kept.version, reason)

    def _keep_code(self, tx: Session, handed: Handed, algorithm: str) -> None:
        if self.of_code(tx, handed.organisation, handed.code) is not None:
            return
        row = AlgorithmCodeRow(
            organisation=handed.organisation, code=handed.code, algorithm=algorithm
        )
        try:
            with tx.begin_nested():
                tx.add(row)
        except IntegrityError as failure:
            raise Conflict("the same program was handed in just now: hand it in again") from failure

    def _keep_run(self, tx: Session, handed: Handed, algorithm: str) -> None:
        if self.of_run(tx, handed.run) is not None:
            raise Conflict(f"{handed.run} belongs to an algorithm of the register already")
        entry = self._ledger.append(
            tx, actor=handed.actor, act="algorithm.ran", subject=algorithm, run=handed.run,
            code=handed.code,
        )  # fmt: skip
        row = AlgorithmRunRow(
            run=handed.run, algorithm=algorithm, code=handed.code, attached_at=self._clock(),
            ledger_index=entry.index,
        )  # fmt: skip
        tx.add(row)

    def of_code(self, tx: Session, organisation: str, code: str) -> str | None:
        """The algorithm that ``code`` ran as first in ``organisation``; ``None`` where it never did."""
        found = tx.get(AlgorithmCodeRow, (organisation, code))
        return None if found is None else found.algorithm

    def of_run(self, tx: Session, run: str) -> str | None:
        """The algorithm that ``run`` was of; ``None`` for one from before runs had entries."""
        found = tx.get(AlgorithmRunRow, run)
        return None if found is None else found.algorithm

    def runs(self, tx: Session, algorithm: str) -> Sequence[RunOf]:
        """The runs of ``algorithm``, in order."""
        query = select(AlgorithmRunRow).where(AlgorithmRunRow.algorithm == algorithm)
        return [
            RunOf(row.run, row.code, row.attached_at, row.ledger_index)
            for row in tx.scalars(query.order_by(AlgorithmRunRow.ledger_index))
        ]


def drafted(name: str, organisation: str, contact: Mapping[str, str], day: str) -> Record:
    """What the platform knows of a program at its first run."""
    return Record(
        {
            "name": {"en": name},
            "organisation": {"en": organisation},
            "contact": dict(contact),
            "status": "in_use",
            "start_date": day,
        }
    )
