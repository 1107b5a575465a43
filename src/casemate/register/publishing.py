"""What of the register the public sees: a version of an entry, until it is withdrawn."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import digest
from casemate.clock import Clock
from casemate.errors import Conflict
from casemate.ledger import Ledger
from casemate.register.tables import AlgorithmPublicationRow as Row


class Publications:
    """The acts of publishing and withdrawing; the last one of an algorithm holds."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def publish(self, tx: Session, actor: str, algorithm: str, version: int, reason: str) -> None:
        """From now on the public sees ``version``."""
        self._add(tx, actor, algorithm, version, reason)
        self._ledger.append(
            tx, actor=actor, act="algorithm.published", subject=algorithm, version=version,
            reason=digest(reason.encode()),
        )  # fmt: skip

    def withdraw(self, tx: Session, actor: str, algorithm: str, reason: str) -> None:
        """From now on the public sees nothing of it."""
        self._add(tx, actor, algorithm, None, reason)
        self._ledger.append(
            tx, actor=actor, act="algorithm.withdrawn", subject=algorithm,
            reason=digest(reason.encode()),
        )  # fmt: skip

    def _add(
        self, tx: Session, actor: str, algorithm: str, version: int | None, reason: str
    ) -> None:
        last = tx.scalar(select(func.max(Row.number)).where(Row.algorithm == algorithm)) or 0
        row = Row(
            algorithm=algorithm, number=last + 1, version=version, reason=reason,
            decided_by=actor, decided_at=self._clock(),
        )  # fmt: skip
        try:
            with tx.begin_nested():
                tx.add(row)
        except IntegrityError as failure:
            raise Conflict(
                f"{algorithm} was published or withdrawn just now: look again"
            ) from failure

    def current(self, tx: Session, algorithm: str) -> int | None:
        """The version that is published now; ``None`` where none is."""
        query = select(Row.version).where(Row.algorithm == algorithm)
        return tx.scalars(query.order_by(Row.number.desc()).limit(1)).first()

    def all(self, tx: Session) -> Mapping[str, int]:
        """The published version of each algorithm that has one."""
        last = select(Row.algorithm, func.max(Row.number)).group_by(Row.algorithm)
        query = select(Row.algorithm, Row.version).where(
            tuple_(Row.algorithm, Row.number).in_(last), Row.version.is_not(None)
        )
        return {algorithm: version for algorithm, version in tx.execute(query) if version}

    def first(self, tx: Session, algorithm: str) -> date | None:
        """The day of its first publication."""
        query = select(Row.decided_at).where(Row.algorithm == algorithm)
        moment = tx.scalars(query.order_by(Row.number).limit(1)).first()
        return None if moment is None else moment.date()

    def versions(self, tx: Session, algorithm: str) -> frozenset[int]:
        """Every version that was ever published."""
        query = select(Row.version).where(Row.algorithm == algorithm, Row.version.is_not(None))
        return frozenset(version for version in tx.scalars(query) if version)
