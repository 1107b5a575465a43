"""Replies kept for requests that come twice: the same key again gets the first reply, not a second act.

A client that heard no answer cannot know whether its request was carried out. It names a key of its
own choice and sends the request again (the IETF draft *The Idempotency-Key HTTP Header Field*). What
is kept here is what was said, no act: the act's own transaction holds its ledger entry. A reply may tell
what is encrypted where it is kept, such as a case file; so it is encrypted too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, LargeBinary, String, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from casemate.clock import Clock
from casemate.errors import BadInput, IntegrityFailure, UnderWay
from casemate.store.engine import Base, Json, Store, UtcDateTime
from casemate.store.keys import Keyring
from casemate.store.wrapped import sealed

KEPT = timedelta(days=1)
_OCTETS = "latin-1"
"""Each byte as one character and back: what is sealed is text."""


class ReplyRow(Base):
    __tablename__ = "reply"

    caller: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request: Mapped[str] = mapped_column(String(71))
    """The digest of what was asked: the same key for something else is a mistake."""
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(Json)
    body: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed("reply:{caller}:{key}"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True)
class Reply:
    """What was answered to a request: its HTTP status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Replies:
    """The replies of one home to requests that named a key; each is kept for a day."""

    def __init__(self, store: Store, clock: Clock, keyring: Keyring) -> None:
        self._store = store
        self._clock = clock
        self._keyring = keyring

    def begin(self, caller: str, key: str, request: str) -> Reply | None:
        """The reply that ``caller`` had under ``key``; ``None`` where this is the first request.

        Raises ``BadInput`` where ``key`` was used for another request, ``UnderWay`` where the first
        one has no reply yet: it is under way, or the server died in it and the record tells.
        """
        row = {"caller": caller, "key": key, "request": request, "asked_at": self._clock()}
        try:
            with self._store.off_ledger() as connection:
                old = ReplyRow.asked_at < self._clock() - KEPT
                connection.execute(delete(ReplyRow).where(old))
                connection.execute(insert(ReplyRow).values(row))
            return None
        except IntegrityError:
            return self._known(caller, key, request)

    def finish(self, caller: str, key: str, reply: Reply) -> None:
        """Keep ``reply`` for whoever sends the request again."""
        body = self._keyring.seal(reply.body.decode(_OCTETS), f"reply:{caller}:{key}")
        with self._store.off_ledger() as connection:
            done: CursorResult[Any] = connection.execute(
                update(ReplyRow)
                .where(ReplyRow.caller == caller, ReplyRow.key == key)
                .values(status=reply.status, headers=reply.headers, body=body)
            )
            assert done.rowcount <= 1

    def forget(self, caller: str, key: str) -> None:
        """Nothing was done: the key may be used again."""
        with self._store.off_ledger() as connection:
            mine = (ReplyRow.caller == caller, ReplyRow.key == key)
            connection.execute(delete(ReplyRow).where(*mine))

    def _known(self, caller: str, key: str, request: str) -> Reply | None:
        with self._store.read() as tx:
            row = tx.scalar(select(ReplyRow).where(ReplyRow.caller == caller, ReplyRow.key == key))
            if row is None:  # forgotten between the two looks
                raise UnderWay(f"the request with the key {key!r} is under way: ask again")
            if row.request != request:
                raise BadInput(f"the key {key!r} was used for another request: choose a new one")
            if row.status is None:
                raise UnderWay(
                    f"the request with the key {key!r} has no reply yet: look at the record itself "
                    "before you send it under a new key"
                )
            return Reply(row.status, dict(row.headers or {}), self._body(row))

    def _body(self, row: ReplyRow) -> bytes:
        """What was said; raises ``UnderWay`` where the master key was changed while it was being kept."""
        try:
            text = self._keyring.unseal(row.body or b"", f"reply:{row.caller}:{row.key}")
        except IntegrityFailure as failure:
            raise UnderWay(
                f"the reply to the request with the key {row.key!r} cannot be read any more: look at the "
                "record itself before you send it under a new key"
            ) from failure
        return text.encode(_OCTETS)
