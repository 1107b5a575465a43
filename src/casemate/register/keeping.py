"""Records of algorithms as a home keeps them: in versions, each with who, when and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import canonical_json, digest
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.register.embargo import Standing, standing
from casemate.register.index import shelve, unshelve
from casemate.register.minimum import untold
from casemate.register.publishing import Publications
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
    published: int | None = None
    """The version of this algorithm that is published now; ``None`` where none is."""


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
        self._publications = Publications(ledger, clock)

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
        self._shelve(tx, algorithm)
        return _kept(row, self._publications.current(tx, algorithm))

    def _shelve(self, tx: Session, algorithm: str) -> None:
        """Have its newest version found by those who may read it, and its published one by anyone."""
        newest = self._row(tx, algorithm)
        found = self.standing(tx, algorithm)
        shelve(tx, "kept", newest, read_record(newest.document), found.section.value)
        published = self._publications.current(tx, algorithm)
        if published is None or not found.is_public:
            unshelve(tx, "public", algorithm)
            return
        row = self._row(tx, algorithm, published)
        shelve(tx, "public", row, read_record(row.document), found.section.value)

    def get(self, tx: Session, algorithm: str, version: int | None = None) -> KeptRecord:
        """A version of a record, the newest where none is named; raises ``NotFound``."""
        return _kept(self._row(tx, algorithm, version), self._publications.current(tx, algorithm))

    @staticmethod
    def _row(tx: Session, algorithm: str, version: int | None = None) -> AlgorithmRecordRow:
        wanted = select(AlgorithmRecordRow).where(AlgorithmRecordRow.algorithm == algorithm)
        if version is not None:
            wanted = wanted.where(AlgorithmRecordRow.version == version)
        row = tx.scalars(wanted.order_by(AlgorithmRecordRow.version.desc()).limit(1)).first()
        if row is None:
            told = "" if version is None else f" with a version {version}"
            raise NotFound(f"there is no algorithm {algorithm!r}{told}")
        return row

    def standing(self, tx: Session, algorithm: str) -> Standing:
        """Who may know of it at all: the stricter of what its newest and its published version are of."""
        newest = self.get(tx, algorithm)
        of_newest = standing(newest.record, self._clock().date())
        if newest.published is None or not of_newest.is_public:
            return of_newest
        return standing(self.get(tx, algorithm, newest.published).record, self._clock().date())

    def publish(self, tx: Session, actor: str, algorithm: str, reason: str) -> KeptRecord:
        """Let the public see the newest version; later ones once they are published too.

        Raises ``BadInput`` for an entry that lacks something of the house's minimum, or that the law keeps
        from the public, and ``Conflict`` where that version is published already.
        """
        newest = self.get(tx, algorithm)
        require_told(newest.algorithm, newest.record, "published")
        if not (found := self.standing(tx, algorithm)).is_public:
            raise BadInput(
                f"{algorithm} is not published: {found.says} (AI Act Art. {found.article})"
            )
        if newest.published == newest.version:
            raise Conflict(f"version {newest.version} of {algorithm} is published already")
        self._publications.publish(tx, actor, algorithm, newest.version, _reason(reason))
        self._shelve(tx, algorithm)
        return self.get(tx, algorithm)

    def withdraw(self, tx: Session, actor: str, algorithm: str, reason: str) -> KeptRecord:
        """Take the entry from the public's sight; raises ``Conflict`` where it is not published."""
        if self.get(tx, algorithm).published is None:
            raise Conflict(f"{algorithm} is not published: there is nothing to withdraw")
        self._publications.withdraw(tx, actor, algorithm, _reason(reason))
        self._shelve(tx, algorithm)
        return self.get(tx, algorithm)

    def published(self, tx: Session) -> Sequence[KeptRecord]:
        """The published version of each algorithm that is public by now, by name."""
        found = [
            self.get(tx, algorithm, version)
            for algorithm, version in self._publications.all(tx).items()
            if self.standing(tx, algorithm).is_public
        ]
        return _by_name(found)

    def published_on(self, tx: Session, algorithm: str) -> date | None:
        """The day on which it was first published."""
        return self._publications.first(tx, algorithm)

    def published_versions(self, tx: Session, algorithm: str) -> frozenset[int]:
        """The versions that were ever published."""
        return self._publications.versions(tx, algorithm)

    def published_history(self, tx: Session, algorithm: str) -> Sequence[Revision]:
        """The versions that were ever published, each with what it changed, the newest first."""
        shown = self._publications.versions(tx, algorithm)
        kept = [self.get(tx, algorithm, version) for version in sorted(shown)]
        return _revisions(kept)

    def all(self, tx: Session) -> Sequence[KeptRecord]:
        """The newest version of each, by name."""
        newest = select(
            AlgorithmRecordRow.algorithm, func.max(AlgorithmRecordRow.version)
        ).group_by(AlgorithmRecordRow.algorithm)
        key = tuple_(AlgorithmRecordRow.algorithm, AlgorithmRecordRow.version)
        found = tx.scalars(select(AlgorithmRecordRow).where(key.in_(newest)))
        published = self._publications.all(tx)
        return _by_name(_kept(row, published.get(row.algorithm)) for row in found)

    def history(self, tx: Session, algorithm: str) -> Sequence[Revision]:
        """Every version with what it changed, the newest first."""
        wanted = select(AlgorithmRecordRow).where(AlgorithmRecordRow.algorithm == algorithm)
        published = self._publications.current(tx, algorithm)
        rows = tx.scalars(wanted.order_by(AlgorithmRecordRow.version))
        kept = [_kept(row, published) for row in rows]
        if not kept:
            raise NotFound(f"there is no algorithm {algorithm!r}")
        return _revisions(kept)


def require_told(algorithm: str, record: Record, done: str) -> None:
    """Raise ``BadInput`` naming what ``record`` lacks of the house's minimum before it is ``done``."""
    lacking = untold(record)
    if lacking:
        told = "; ".join(f"{one.field} ({one.why})" for one in lacking)
        raise BadInput(f"the entry {algorithm} is not {done} before it tells {told}")


def _by_name(kept: Iterable[KeptRecord]) -> list[KeptRecord]:
    return sorted(kept, key=lambda one: (one.record.name.casefold(), one.algorithm))


def _revisions(kept: Sequence[KeptRecord]) -> Sequence[Revision]:
    """Each of ``kept``, oldest first, held against the one before; the newest first."""
    before = [Record({}), *(one.record for one in kept)]
    pairs = zip(before, kept, strict=False)
    return [Revision(one, _changes(old, one.record)) for old, one in pairs][::-1]


def _reason(reason: str) -> str:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise BadInput(f"say why, in {LONGEST_REASON} characters at most")
    return reason.strip()


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


def _kept(row: AlgorithmRecordRow, published: int | None) -> KeptRecord:
    return KeptRecord(
        algorithm=row.algorithm,
        version=row.version,
        organisation=row.organisation,
        record=read_record(row.document),
        digest=row.digest,
        reason=row.reason,
        kept_by=row.kept_by,
        kept_at=row.kept_at,
        published=published,
    )
