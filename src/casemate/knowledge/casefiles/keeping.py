"""Keeps case files: encrypted, changed by one at a time, with limits on how much there may be.

The ledger says that a case file was opened, changed, shared, exported or deleted, and by whom; what is in
it, and even a digest of that, is nowhere on it.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound
from casemate.ids import new_id
from casemate.knowledge.casefiles.records import (
    CaseFile,
    CaseFileEntry,
    Content,
    Right,
    Share,
    ShareKind,
)
from casemate.knowledge.casefiles.tables import (
    CaseFileAlertRow,
    CaseFileAlertSeenRow,
    CaseFileRow,
    CaseFileShareRow,
)
from casemate.knowledge.casefiles.watching import Watched
from casemate.ledger import Ledger
from casemate.plain import plain
from casemate.store.keys import Keyring

T = TypeVar("T")
MOST_FILES = 500
"""Case files of one account."""
MOST_ITEMS = 300
"""Pins, quotes and searches of one case file."""
MOST_SHARES = 50
MOST_BYTES = 2**20
"""Of all that is in a case file, as it is kept."""
LONGEST_TITLE = 200
LONGEST_NOTES = 50_000


@dataclass(frozen=True, slots=True)
class People:
    """Whose a case file is, and with whom it is shared; known without opening it."""

    owner: str
    shares: tuple[Share, ...]

    def parties(self, kind: ShareKind, *rights: Right) -> set[str]:
        """With whom of a kind it is shared, with one of the ``rights``."""
        return {one.party for one in self.shares if one.kind is kind and one.right in rights}


class CaseFiles:
    """The case files of one home."""

    def __init__(self, ledger: Ledger, clock: Clock, keyring: Keyring) -> None:
        self._ledger = ledger
        self._clock = clock
        self._keyring = keyring

    # ── what is in them ──────────────────────────────────────────────────────────────────────────

    def open(self, tx: Session, actor: str, title: str, notes: str = "") -> CaseFile:
        """A new case file of ``actor``'s. Raises ``BadInput`` for too much of anything."""
        own = tx.scalar(
            select(func.count()).select_from(CaseFileRow).where(CaseFileRow.owner == actor)
        )
        if (own or 0) >= MOST_FILES:
            raise BadInput(f"you have {MOST_FILES} case files, which is the most: delete one first")
        made, now = new_id("case"), self._clock()
        row = CaseFileRow(
            id=made, owner=actor, version=1, made_at=now, changed_at=now,
            content=self._sealed(made, Content(*_words(title, notes))),
            watched=self._keyring.seal(as_text(Watched()), f"case-file:{made}:watched"),
        )  # fmt: skip
        tx.add(row)
        tx.flush()
        self._note(tx, actor, "case_file.opened", made)
        return self._read(tx, row)

    def get(self, tx: Session, case_file: str) -> CaseFile:
        """One case file; raises ``NotFound``."""
        return self._read(tx, self.row(tx, case_file))

    def people(self, tx: Session, case_file: str) -> People:
        """Whose it is, without opening it; raises ``NotFound``."""
        return People(self.row(tx, case_file).owner, self._shares(tx, case_file))

    def change(
        self,
        tx: Session,
        actor: str,
        case_file: str,
        change: Callable[[Content], Content],
        *,
        seen: int | None = None,
        watch: Callable[[Watched], Watched] = lambda watched: watched,
    ) -> CaseFile:
        """Put ``change`` into it, and ``watch`` into what its alerts are reckoned from.

        ``seen`` is the version that was looked at: raises ``Conflict`` where it is another by now, and
        ``BadInput`` where too much would be in it.
        """
        row = self.row(tx, case_file, lock=True)
        if seen is not None and row.version != seen:
            raise Conflict(
                f"{case_file} is at version {row.version} by now, and you looked at {seen}: look again"
            )
        content = change(self.content(row))
        _require_room(content)
        row.content, row.version = self._sealed(case_file, content), row.version + 1
        row.changed_at = self._clock()
        self.keep_watched(row, watch(self.watched(row)))
        tx.flush()
        self._note(tx, actor, "case_file.changed", case_file, version=row.version)
        return self._read(tx, row)

    def delete(self, tx: Session, actor: str, case_file: str) -> None:
        """Delete it with its alerts: nothing of it is left but that it was there."""
        tx.delete(self.row(tx, case_file, lock=True))
        tx.flush()
        self._note(tx, actor, "case_file.deleted", case_file)

    def exported(self, tx: Session, actor: str, case_file: str, form: str) -> None:
        """Record that it was taken out as a file of a form."""
        self._note(tx, actor, "case_file.exported", case_file, form=form)

    # ── whose they are ───────────────────────────────────────────────────────────────────────────

    def share(self, tx: Session, actor: str, case_file: str, share: Share) -> CaseFile:
        """Share it; with whom it is shared already has the new right."""
        row = self.row(tx, case_file, lock=True)
        key = (case_file, share.kind.value, share.party)
        known = tx.get(CaseFileShareRow, key)
        if known is None and len(self._shares(tx, case_file)) >= MOST_SHARES:
            raise BadInput(f"a case file is shared with {MOST_SHARES} at most")
        if known is None:
            known = CaseFileShareRow(case_file=case_file, kind=key[1], party=key[2])
            tx.add(known)
        known.right = share.right.value
        row.version += 1
        tx.flush()
        told = {"kind": key[1], "party": key[2], "right": share.right.value}
        self._note(tx, actor, "case_file.shared", case_file, **told)
        return self._read(tx, row)

    def end_share(self, tx: Session, actor: str, case_file: str, party: str) -> CaseFile:
        """Share it no longer with an account or an organisation; raises ``NotFound``."""
        row = self.row(tx, case_file, lock=True)
        wanted = select(CaseFileShareRow).where(CaseFileShareRow.case_file == case_file)
        found = list(tx.scalars(wanted.where(CaseFileShareRow.party == party)))
        if not found:
            raise NotFound(f"{case_file} is not shared with {party!r}")
        for one in found:
            tx.delete(one)
        row.version += 1
        tx.flush()
        self._note(tx, actor, "case_file.share_ended", case_file, party=party)
        return self._read(tx, row)

    def of(self, tx: Session, account: str, organisation: str) -> Sequence[str]:
        """The ids of ``account``'s own case files and those shared with it, the newest change first."""
        rows = select(CaseFileRow.id).where(reachable(account, organisation))
        return list(tx.scalars(rows.order_by(CaseFileRow.changed_at.desc(), CaseFileRow.id)))

    @staticmethod
    def are_any(tx: Session) -> bool:
        """Whether there is a case file at all."""
        return tx.scalar(select(CaseFileRow.id).limit(1)) is not None

    def owned(self, tx: Session, account: str) -> Sequence[str]:
        """The ids of an account's own case files, the oldest first."""
        rows = select(CaseFileRow.id).where(CaseFileRow.owner == account)
        return list(tx.scalars(rows.order_by(CaseFileRow.made_at, CaseFileRow.id)))

    def unseen(self, tx: Session, account: str, case_files: Collection[str]) -> dict[str, int]:
        """How many alerts of each case file ``account`` has not marked as seen."""
        seen = and_(
            CaseFileAlertSeenRow.alert == CaseFileAlertRow.id,
            CaseFileAlertSeenRow.account == account,
        )
        rows = tx.execute(
            select(CaseFileAlertRow.case_file, func.count())
            .outerjoin(CaseFileAlertSeenRow, seen)
            .where(CaseFileAlertRow.case_file.in_(case_files), CaseFileAlertSeenRow.alert.is_(None))
            .group_by(CaseFileAlertRow.case_file)
        )
        return {row[0]: row[1] for row in rows}

    def entry(self, tx: Session, case_file: str, right: str, unseen: int) -> CaseFileEntry:
        """A line of a list."""
        row = self.row(tx, case_file)
        content = self.content(row)
        return CaseFileEntry(
            row.id, content.title, row.owner, right, len(content.items()), unseen, row.changed_at
        )

    # ── as they are kept ─────────────────────────────────────────────────────────────────────────

    @staticmethod
    def row(tx: Session, case_file: str, *, lock: bool = False) -> CaseFileRow:
        """The row of a case file; raises ``NotFound``. ``lock``: whoever else asks so waits."""
        row = tx.get(CaseFileRow, case_file, populate_existing=True, with_for_update=lock or None)
        if row is None:
            raise NotFound(f"there is no case file {case_file!r}")
        return row

    def content(self, row: CaseFileRow) -> Content:
        """What is in a case file."""
        return decoded(Content, self._keyring.unseal(row.content, f"case-file:{row.id}:content"))

    def watched(self, row: CaseFileRow) -> Watched:
        """What its alerts were reckoned from last."""
        return decoded(Watched, self._keyring.unseal(row.watched, f"case-file:{row.id}:watched"))

    def keep_watched(self, row: CaseFileRow, watched: Watched) -> None:
        """Keep what its alerts are reckoned from next."""
        row.watched = self._keyring.seal(as_text(watched), f"case-file:{row.id}:watched")

    def _sealed(self, case_file: str, content: Content) -> bytes:
        text = as_text(content)
        if len(text.encode()) > MOST_BYTES:
            raise BadInput(
                f"a case file holds {MOST_BYTES:,} bytes at most: take something out, or begin another"
            )
        return self._keyring.seal(text, f"case-file:{case_file}:content")

    @staticmethod
    def _shares(tx: Session, case_file: str) -> tuple[Share, ...]:
        rows = select(CaseFileShareRow).where(CaseFileShareRow.case_file == case_file)
        ordered = rows.order_by(CaseFileShareRow.kind, CaseFileShareRow.party)
        return tuple(
            Share(ShareKind(one.kind), one.party, Right(one.right)) for one in tx.scalars(ordered)
        )

    def _read(self, tx: Session, row: CaseFileRow) -> CaseFile:
        content = self.content(row)
        return CaseFile(
            id=row.id, owner=row.owner, version=row.version, made_at=row.made_at,
            changed_at=row.changed_at, title=content.title, notes=content.notes, pins=content.pins,
            quotes=content.quotes, searches=content.searches, shares=self._shares(tx, row.id),
        )  # fmt: skip

    def _note(self, tx: Session, actor: str, act: str, case_file: str, **told: Any) -> None:
        self._ledger.append(tx, actor=actor, act=act, subject=case_file, **told)


def reachable(account: str, organisation: str) -> Any:
    """The clause for case files that are an account's own, or shared with it or its organisation."""
    accounts = and_(
        CaseFileShareRow.kind == ShareKind.ACCOUNT.value, CaseFileShareRow.party == account
    )
    houses = and_(
        CaseFileShareRow.kind == ShareKind.ORGANISATION.value,
        CaseFileShareRow.party == organisation,
    )
    shared = select(CaseFileShareRow.case_file).where(or_(accounts, houses))
    return or_(CaseFileRow.owner == account, CaseFileRow.id.in_(shared))


def described(content: Content, title: str, notes: str) -> Content:
    """``content`` with these words. Raises ``BadInput`` for too many."""
    known = _words(title, notes)
    return replace(content, title=known[0], notes=known[1])


def _words(title: str, notes: str) -> tuple[str, str]:
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise BadInput(f"a case file's title has 1 to {LONGEST_TITLE} characters")
    if len(notes) > LONGEST_NOTES:
        raise BadInput(
            f"the notes have {len(notes):,} characters; {LONGEST_NOTES:,} is the most: split them over "
            "two case files"
        )
    return title, notes


def _require_room(content: Content) -> None:
    if len(content.items()) > MOST_ITEMS:
        raise BadInput(
            f"a case file holds {MOST_ITEMS} pins, quotes and searches: take one out, or begin another"
        )


def as_text(record: Any) -> str:
    """A record as it is kept."""
    return json.dumps(plain(record), ensure_ascii=False, separators=(",", ":"))


_ADAPTERS: dict[type[Any], Any] = {}
"""Pydantic's reader of each kind of record: making one takes longer than reading a hundred."""


def decoded(kind: type[T], text: str) -> T:
    """``text`` as it was kept, as a ``kind``."""
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    read: T = _ADAPTERS[kind].validate_json(text)
    return read
