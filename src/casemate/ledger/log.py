"""The log: entries, appended inside the transaction of the act that they record."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casemate.canonical import canonical_json
from casemate.clock import Clock, system_clock, timestamp
from casemate.store import Base, mark_recorded


class LedgerEntryRow(Base):
    __tablename__ = "ledger_entry"

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    subject: Mapped[str] = mapped_column(String(64), index=True)


@dataclass(frozen=True)
class Entry:
    """One act: who did what to which record, when. Holds no personal data beyond account ids."""

    index: int
    time: str
    actor: str
    act: str
    subject: str
    detail: dict[str, Any]


class Ledger:
    """Appends, proves and checks entries. One instance a home."""

    def __init__(
        self, signing_key: Ed25519PrivateKey, origin: str = "casemate", clock: Clock = system_clock
    ) -> None:
        self._key = signing_key
        self.origin = origin
        self._clock = clock

    def append(self, tx: Session, *, actor: str, act: str, subject: str, **detail: Any) -> Entry:
        """Record one act in transaction ``tx``; it stands or falls with the rows changed in it."""
        index = tx.scalar(select(func.count()).select_from(LedgerEntryRow)) or 0
        document = {"time": timestamp(self._clock()), "actor": actor, "act": act, "subject": subject, "detail": detail}
        body = canonical_json(document)
        tx.add(LedgerEntryRow(index=index, body=body, leaf=hashlib.sha256(b"\0" + body).digest(), subject=subject))
        mark_recorded(tx)
        return Entry(index=index, **document)  # type: ignore[arg-type]

    def entries(self, tx: Session, *, start: int = 0, subject: str | None = None) -> Iterator[Entry]:
        """Entries from ``start`` on, in order; of one ``subject`` if given."""
        query = select(LedgerEntryRow).where(LedgerEntryRow.index >= start).order_by(LedgerEntryRow.index)
        if subject is not None:
            query = query.where(LedgerEntryRow.subject == subject)
        for row in tx.scalars(query):
            yield Entry(index=row.index, **json.loads(row.body))
