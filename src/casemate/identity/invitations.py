"""Invitations: how somebody gets their first password, or a new one for one that they forgot.

A link with 32 random bytes, told to the operator this once, of which only the SHA-256 is kept. It ends
after a week, when it was used, and when the next one is made. Whoever has the link is taken for the person:
it has to reach them by a way that both trust.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import Conflict, NotFound
from casemate.identity.credential_tables import InvitationRow
from casemate.identity.tables import AccountRow
from casemate.ledger import Ledger

LASTS = timedelta(days=7)


@dataclass(frozen=True)
class Invitation:
    """An open invitation: everything but the link."""

    account: str
    resets: bool
    ends_at: datetime


class InvitationOver(NotFound):
    """The link is not known, was used, or is too old: which, is not told."""

    title = "Invitation over"


class Invitations:
    """The invitations of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def make(
        self, tx: Session, by: str, account: str, *, resets: bool = False
    ) -> tuple[Invitation, str]:
        """A new invitation of ``account``, and the text that its link ends with; the old one is over.

        ``resets``: whoever uses it loses the account's one-time password and passkeys. Raises
        ``Conflict`` for a deactivated account.
        """
        row = tx.get(AccountRow, account, populate_existing=True)
        if row is None:
            raise NotFound(f"there is no account {account!r}: `casemate account list` shows them")
        if not row.active:
            raise Conflict(f"{account} is deactivated: reactivate it before you invite")
        text, ends_at = secrets.token_urlsafe(32), self._clock() + LASTS
        tx.execute(delete(InvitationRow).where(InvitationRow.account_id == account))
        tx.add(
            InvitationRow(account_id=account, digest=_digest(text), resets=resets, ends_at=ends_at)
        )
        tx.flush()
        self._ledger.append(tx, actor=by, act="account.invited", subject=account, resets=resets)
        return Invitation(account, resets, ends_at), text

    def find(self, tx: Session, text: str) -> Invitation:
        """The open invitation with that link; raises ``InvitationOver``."""
        row = tx.scalar(
            select(InvitationRow)
            .join(AccountRow, AccountRow.id == InvitationRow.account_id)
            .where(InvitationRow.digest == _digest(text), AccountRow.active)
            .execution_options(populate_existing=True)
        )
        if row is None or self._clock() >= row.ends_at:
            raise InvitationOver(
                "this invitation is not open: it was used, has ended, or a newer one was made; ask the "
                "operator for a new one"
            )
        return Invitation(row.account_id, row.resets, row.ends_at)

    def use(self, tx: Session, text: str) -> Invitation:
        """End the invitation by taking it up: of two at once, one does. Raises ``InvitationOver``."""
        found = self.find(tx, text)
        ended = delete(InvitationRow).where(InvitationRow.digest == _digest(text))
        if tx.scalar(ended.returning(InvitationRow.account_id)) is None:
            raise InvitationOver("this invitation was used at the same moment")
        self._ledger.append(
            tx, actor=found.account, act="account.invitation_used", subject=found.account
        )
        return found


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
