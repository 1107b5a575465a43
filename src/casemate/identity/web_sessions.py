"""Web sessions: what a browser shows after a sign-in, until it signs out or is left alone.

A session is 32 random bytes in a cookie; the table keeps their SHA-256. It begins anew at every sign-in,
so that one fixed by somebody else beforehand is worth nothing (session fixation), and it ends at
``LONGEST`` whatever is done with it, or ``IDLE`` after its last use.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import NotFound
from casemate.identity.tables import AccountRow, WebSessionRow
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.store import Store

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=1)
NOTED_EACH = timedelta(minutes=5)
"""How often a use is written down: a page looked at is no reason to write to the database."""


@dataclass(frozen=True)
class WebSession:
    """What is kept of a session: everything but the cookie."""

    id: str
    account: str
    added_at: datetime
    seen_at: datetime
    ends_at: datetime


class WebSessions:
    """The web sessions of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def begin(self, tx: Session, account: str) -> tuple[WebSession, str]:
        """A new session of ``account``, who was just signed in, and the text of its cookie."""
        text, now = secrets.token_urlsafe(32), self._clock()
        tx.execute(delete(WebSessionRow).where(WebSessionRow.ends_at < now))
        row = WebSessionRow(
            id=new_id("session"),
            account_id=account,
            digest=_digest(text),
            added_at=now,
            seen_at=now,
            ends_at=now + LONGEST,
        )
        tx.add(row)
        tx.flush()
        self._ledger.append(tx, actor=account, act="session.begun", subject=row.id)
        return _session(row), text

    def find(self, tx: Session, text: str) -> WebSession | None:
        """The session with that cookie, if it is in force and its account active; else ``None``."""
        now = self._clock()
        # By digest: how long the look-up takes says nothing of how near a guess was.
        found = tx.execute(
            select(WebSessionRow, AccountRow.active)
            .join(AccountRow, AccountRow.id == WebSessionRow.account_id)
            .where(WebSessionRow.digest == _digest(text))
        ).one_or_none()
        if found is None:
            return None
        row, active = found
        if not active or now >= row.ends_at or now >= row.seen_at + IDLE:
            return None
        return _session(row)

    def note_use(self, store: Store, session: WebSession) -> None:
        """Put off the session's end for idleness; it is no act, so the ledger is not told."""
        if (now := self._clock()) - session.seen_at < NOTED_EACH:
            return
        with store.off_ledger() as connection:
            connection.execute(
                update(WebSessionRow).where(WebSessionRow.id == session.id).values(seen_at=now)
            )

    def of_account(self, tx: Session, account: str) -> Sequence[WebSession]:
        """The sessions of ``account`` that are in force, the newest first."""
        now = self._clock()
        rows = select(WebSessionRow).where(
            WebSessionRow.account_id == account,
            WebSessionRow.ends_at > now,
            WebSessionRow.seen_at > now - IDLE,
        )
        return [_session(row) for row in tx.scalars(rows.order_by(WebSessionRow.added_at.desc()))]

    def end(self, tx: Session, by: str, session: str) -> None:
        """End one of ``by``'s own sessions; raises ``NotFound`` for another's."""
        row = tx.get(WebSessionRow, session)
        if row is None or row.account_id != by:
            raise NotFound(f"you have no session {session!r}")
        tx.delete(row)
        self._ledger.append(tx, actor=by, act="session.ended", subject=session)

    def end_all(self, tx: Session, by: str, account: str, *, but: str | None = None) -> int:
        """End every session of ``account`` but the one with the id ``but``; gives how many."""
        rows = select(WebSessionRow).where(WebSessionRow.account_id == account)
        ended = [row for row in tx.scalars(rows) if row.id != but]
        for row in ended:
            tx.delete(row)
            self._ledger.append(tx, actor=by, act="session.ended", subject=row.id)
        return len(ended)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _session(row: WebSessionRow) -> WebSession:
    return WebSession(row.id, row.account_id, row.added_at, row.seen_at, row.ends_at)
