"""Access tokens: what a program shows instead of a password, for some of what its owner may do.

A token is 32 random bytes, told once; the table keeps its SHA-256 and nothing that it could be made
from. It acts as its owner, within its scopes, until it ends: the policies are asked as ever. Bearer
tokens as in OAuth 2.1 (RFC 6750 in its header only, never in an address).
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, NotAllowed, NotFound
from casemate.identity.names import clean_name
from casemate.identity.tables import AccessTokenRow, AccountRow
from casemate.ids import new_id
from casemate.ledger import Ledger

PREFIX = "cmt_"
"""What a token begins with, so that scanners of public code know one when they see it."""
LONGEST_DAYS = 366


class Scope(StrEnum):
    """What a token may be used for; its owner's roles bound it further."""

    read = "read"
    """Everything that its owner may look at."""
    publish = "publish"
    apply = "apply"
    decide = "decide"
    run = "run"
    review = "review"
    cases = "cases"
    """To keep case files; its owner's own, and those shared with them to write."""
    administer = "administer"

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """Raises ``BadInput`` naming the scopes there are."""
        try:
            return cls(text)
        except ValueError:
            raise BadInput(
                f"there is no scope {text!r}: name one or more of {', '.join(cls)}"
            ) from None


@dataclass(frozen=True)
class AccessToken:
    """What is kept of a token: everything but the token."""

    id: str
    account: str
    name: str
    scopes: frozenset[Scope]
    added_at: datetime
    ends_at: datetime
    ended_at: datetime | None


class TokenRefused(NotAllowed):
    """A token that is unknown, has ended, or whose owner's account is closed: which, is not told."""

    http_status = 401
    title = "Not signed in"


class AccessTokens:
    """The access tokens of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def issue(
        self, tx: Session, by: str, name: str, scopes: Iterable[Scope | str], days: int = 30
    ) -> tuple[AccessToken, str]:
        """A new token of ``by``'s own, and its text, which is never told again.

        Raises ``BadInput`` for an unknown scope, none at all, or more than a year.
        """
        name = clean_name(name, "token's name")
        wanted = sorted({Scope.parse(one) for one in scopes})
        if not wanted:
            raise BadInput(f"a token needs a scope: name one or more of {', '.join(Scope)}")
        if not 1 <= days <= LONGEST_DAYS:
            raise BadInput(f"a token lasts 1 to {LONGEST_DAYS} days, not {days}")
        text = PREFIX + secrets.token_urlsafe(32)
        now = self._clock()
        row = AccessTokenRow(
            id=new_id("token"),
            account_id=by,
            name=name,
            digest=_digest(text),
            scopes=[scope.value for scope in wanted],
            added_at=now,
            ends_at=now + timedelta(days=days),
        )
        tx.add(row)
        tx.flush()
        self._ledger.append(
            tx, actor=by, act="token.issued", subject=row.id, scopes=list(row.scopes)
        )
        return _token(row), text

    def owner(self, tx: Session, text: str) -> AccessToken:
        """The token with that text, if it is in force; raises ``TokenRefused``."""
        # Looked up by digest: how long that takes says nothing of how near a guess was.
        row = tx.scalar(select(AccessTokenRow).where(AccessTokenRow.digest == _digest(text)))
        account = None if row is None else tx.get(AccountRow, row.account_id)
        if row is None or account is None or not account.active:
            raise TokenRefused("the access token is not known here, or has ended")
        if row.ended_at is not None or self._clock() >= row.ends_at:
            raise TokenRefused("the access token is not known here, or has ended")
        return _token(row)

    def of_account(self, tx: Session, account: str) -> list[AccessToken]:
        """The tokens of ``account``, the newest first; ended ones too."""
        rows = select(AccessTokenRow).where(AccessTokenRow.account_id == account)
        return [_token(row) for row in tx.scalars(rows.order_by(AccessTokenRow.added_at.desc()))]

    def end(self, tx: Session, by: str, token: str) -> AccessToken:
        """End one of ``by``'s own tokens; raises ``NotFound`` for another's. Ending twice is once."""
        row = tx.get(AccessTokenRow, token)
        if row is None or row.account_id != by:
            raise NotFound(f"you have no access token {token!r}")
        if row.ended_at is None:
            row.ended_at = self._clock()
            self._ledger.append(tx, actor=by, act="token.ended", subject=row.id)
        return _token(row)

    def end_all(self, tx: Session, by: str, account: str) -> int:
        """End every token of ``account`` that is in force; gives how many."""
        rows = select(AccessTokenRow).where(
            AccessTokenRow.account_id == account, AccessTokenRow.ended_at.is_(None)
        )
        ended = list(tx.scalars(rows.order_by(AccessTokenRow.id)))
        for row in ended:
            row.ended_at = self._clock()
            self._ledger.append(tx, actor=by, act="token.ended", subject=row.id)
        return len(ended)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _token(row: AccessTokenRow) -> AccessToken:
    return AccessToken(
        id=row.id,
        account=row.account_id,
        name=row.name,
        scopes=frozenset(Scope(one) for one in row.scopes),
        added_at=row.added_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
    )
