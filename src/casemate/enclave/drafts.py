"""Drafts: the program that a person writes under a permit, kept as they type, until it is handed in.

A draft is its author's alone, since it may hold what nobody else is to read; it is sealed in its row. Each
save is a version, numbered from 1, and the newest ``MOST_VERSIONS`` are kept.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.enclave.kinds import kind_of
from casemate.enclave.kinds.checking import PROGRAM_BYTES
from casemate.enclave.tables import DraftRow
from casemate.errors import BadInput, Conflict, NotFound
from casemate.ledger import Ledger
from casemate.store.keys import Keyring

MOST_VERSIONS = 50


@dataclass(frozen=True)
class ProgramVersion:
    """That a version is kept; ``size`` in bytes."""

    permit: str
    number: int
    size: int
    saved_at: datetime


@dataclass(frozen=True)
class ProgramDraft:
    """One version with its text; ``filename`` says by its ending what kind of program it is."""

    permit: str
    number: int
    filename: str
    text: str
    saved_at: datetime


class Drafts:
    """Save and read one's own drafts."""

    def __init__(self, keyring: Keyring, ledger: Ledger, clock: Clock) -> None:
        self._keyring = keyring
        self._ledger = ledger
        self._clock = clock

    def save(
        self, tx: Session, author: str, permit: str, text: str, filename: str, after: int | None
    ) -> ProgramDraft:
        """Keep ``text`` as the next version; the newest one again where nothing was changed.

        ``after`` is the number that the author began from (0: from none). Raises ``Conflict`` where the
        newest is another by now: somebody would lose what they typed in another window.
        """
        kind_of(filename)
        _require_text(text)
        newest = self._newest(tx, author, permit, lock=True)
        number = 0 if newest is None else newest.number
        if newest is not None:
            known = self._opened(newest)
            if (known.text, known.filename) == (text, filename):
                return known
        if after is not None and after != number:
            raise Conflict(
                f"the draft under permit {permit} is at version {number}, not {after}: it was saved in "
                "another window; open that version, then save yours again"
            )
        row = self._keep(tx, author, permit, number + 1, filename, text)
        # No digest of it: a short text could be guessed.
        self._ledger.append(
            tx, actor=author, act="draft.saved", subject=f"draft/{permit}", number=row.number
        )
        return self._opened(row)

    def versions(self, tx: Session, author: str, permit: str) -> tuple[ProgramVersion, ...]:
        """What is kept, the newest first."""
        query = select(DraftRow).where(DraftRow.permit == permit, DraftRow.author == author)
        rows = tx.scalars(query.order_by(DraftRow.number.desc()))
        return tuple(ProgramVersion(permit, row.number, row.size, row.saved_at) for row in rows)

    def get(self, tx: Session, author: str, permit: str, number: int | None = None) -> ProgramDraft:
        """Version ``number``, the newest if not given. Raises ``NotFound`` where it is not kept."""
        if number is None:
            row = self._newest(tx, author, permit)
        else:
            row = tx.get(DraftRow, (permit, author, number))
        if row is None:
            which = "a draft" if number is None else f"version {number} of a draft"
            raise NotFound(f"there is no {which} of yours under permit {permit}")
        return self._opened(row)

    def _newest(
        self, tx: Session, author: str, permit: str, *, lock: bool = False
    ) -> DraftRow | None:
        query = select(DraftRow).where(DraftRow.permit == permit, DraftRow.author == author)
        query = query.order_by(DraftRow.number.desc()).limit(1)
        return tx.scalar(query.with_for_update() if lock else query)

    def _keep(
        self, tx: Session, author: str, permit: str, number: int, filename: str, text: str
    ) -> DraftRow:
        sealed = self._keyring.seal(json.dumps([filename, text]), _context(permit, author, number))
        row = DraftRow(
            permit=permit, author=author, number=number, size=len(text.encode()), sealed=sealed,
            saved_at=self._clock(),
        )  # fmt: skip
        tx.add(row)
        try:
            tx.flush()
        except IntegrityError as failure:  # another window was first
            raise Conflict(
                f"the draft under permit {permit} was saved in another window just now: open it again"
            ) from failure
        tx.execute(
            delete(DraftRow).where(
                DraftRow.permit == permit, DraftRow.author == author,
                DraftRow.number <= number - MOST_VERSIONS,
            )
        )  # fmt: skip
        return row

    def _opened(self, row: DraftRow) -> ProgramDraft:
        sealed = self._keyring.unseal(row.sealed, _context(row.permit, row.author, row.number))
        filename, text = json.loads(sealed)
        return ProgramDraft(row.permit, row.number, filename, text, row.saved_at)


def _require_text(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as failure:
        raise BadInput(f"a draft is UTF-8 text; this is none at place {failure.start}") from failure
    if size > PROGRAM_BYTES:
        raise BadInput(f"a draft has at most {PROGRAM_BYTES} bytes; this has {size}")


def _context(permit: str, author: str, number: int) -> str:
    return f"draft:{permit}:{author}:{number}"
