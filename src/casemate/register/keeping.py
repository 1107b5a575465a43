"""Records of algorithms as a home keeps them: in versions, each with who, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import canonical_json, digest
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.register.records import Record, read_record
from casemate.register.tables import AlgorithmRecordRow

LONGEST_REASON = 2000
"""Characters."""


@dataclass(frozen=True)
class KeptRecord:
    """One version of a record."""

    algorithm: str
    version: int
    organisation: str
    record: Record
    digest: str
    reason: str
    kept_by: str
    kept_at: datetime


@dataclass(frozen=True)
class Change:
    """A field that differs between two versions; ``None`` where it is not told."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Revision:
    """A version with what it changed."""

    kept: KeptRecord
    changes: tuple[Change, ...]


class Register:
    """The records of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def enter(self, tx: Session, actor: str, record: Record, organisation: str) -> KeptRecord:
        """The first version of a new algorithm's record, of ``actor``'s ``organisation``."""
        _require_name(record)
        return self._keep(tx, actor, record, new_id("algorithm"), 1, organisation, "")

    def revise(
        self, tx: Session, actor: str, algorithm: str, record: Record, seen: int, reason: str
    ) -> KeptRecord:
        """The next version after ``seen``; raises ``Conflict`` where another came first.

        The same again is no new version, and ``BadInput``.
        """
        _require_name(record)
        if not reason.strip() or len(reason) > LONGEST_REASON:
            raise BadInput(f"say why the record changes, in {LONGEST_REASON} characters at most")
        newest = self.get(tx, algorithm)
        if newest.version != seen:
            raise Conflict(
                f"{algorithm} is at version {newest.version} by now, and {seen} was looked at: look again"
            )
        if newest.digest == _digest(record):
            raise BadInput(f"nothing differs from version {seen} of {algorithm}")
        return self._keep(
            tx, actor, record, algorithm, seen + 1, newest.organisation, reason.strip()
        )

    def _keep(
        self,
        tx: Session,
        actor: str,
        record: Record,
        algorithm: str,
        version: int,
        organisation: str,
        reason: str,
    ) -> KeptRecord:
        row = AlgorithmRecordRow(
            algorithm=algorithm, version=version, organisation=organisation,
            document=_document(record), digest=_digest(record), reason=reason,
            kept_by=actor, kept_at=self._clock(),
        )  # fmt: skip
        try:
            with tx.begin_nested():
                tx.add(row)
        except IntegrityError as failure:
            raise Conflict(f"{algorithm} got a new version just now: look again") from failure
        self._ledger.append(
            tx, actor=actor, act="algorithm.recorded", subject=algorithm,
            version=version, record=row.digest,
        )  # fmt: skip
        return _kept(row)

    def get(self, tx: Session, algorithm: str, version: int | None = None) -> KeptRecord:
        """A version of a record, the newest where none is named; raises ``NotFound``."""
        wanted = select(AlgorithmRecordRow).where(AlgorithmRecordRow.algorithm == algorithm)
        if version is not None:
            wanted = wanted.where(AlgorithmRecordRow.version == version)
        row = tx.scalars(wanted.order_by(AlgorithmRecordRow.version.desc()).limit(1)).first()
        if row is None:
            told = "" if version is None else f" with a version {version}"
            raise NotFound(f"there is no algorithm {algorithm!r}{told}")
        return _kept(row)

    @staticmethod
    def count(tx: Session) -> int:
        """How many algorithms have a record."""
        query = select(func.count()).where(AlgorithmRecordRow.version == 1)
        return tx.scalar(query) or 0

    def all(self, tx: Session) -> Sequence[KeptRecord]:
        """The newest version of each, by name."""
        newest = select(
            AlgorithmRecordRow.algorithm, func.max(AlgorithmRecordRow.version)
        ).group_by(AlgorithmRecordRow.algorithm)
        key = tuple_(AlgorithmRecordRow.algorithm, AlgorithmRecordRow.version)
        found = tx.scalars(select(AlgorithmRecordRow).where(key.in_(newest)))
        return sorted(
            map(_kept, found), key=lambda one: (one.record.name.casefold(), one.algorithm)
        )

    def history(self, tx: Session, algorithm: str) -> Sequence[Revision]:
        """Every version with what it changed, the newest first."""
        wanted = select(AlgorithmRecordRow).where(AlgorithmRecordRow.algorithm == algorithm)
        kept = [_kept(row) for row in tx.scalars(wanted.order_by(AlgorithmRecordRow.version))]
        if not kept:
            raise NotFound(f"there is no algorithm {algorithm!r}")
        before = [Record({}), *(one.record for one in kept)]
        pairs = zip(before, kept, strict=False)
        return [Revision(one, _changes(old, one.record)) for old, one in pairs][::-1]


def _changes(before: Record, after: Record) -> tuple[Change, ...]:
    names = sorted(before.told.keys() | after.told.keys())
    pairs = ((name, before.told.get(name), after.told.get(name)) for name in names)
    return tuple(Change(name, old, new) for name, old, new in pairs if old != new)


def _require_name(record: Record) -> None:
    if not record.name:
        raise BadInput("a record that is kept has a name")


def _document(record: Record) -> dict[str, Any]:
    """As JSON: lists for tuples."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in record.told.items()
    }


def _digest(record: Record) -> str:
    return digest(canonical_json(_document(record)))


def _kept(row: AlgorithmRecordRow) -> KeptRecord:
    return KeptRecord(
        algorithm=row.algorithm,
        version=row.version,
        organisation=row.organisation,
        record=read_record(row.document),
        digest=row.digest,
        reason=row.reason,
        kept_by=row.kept_by,
        kept_at=row.kept_at,
    )
