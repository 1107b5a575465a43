"""Which of our accounts somebody is whom an OpenID provider names.

The provider's word for a person (``sub``, unless the settings name another claim) counts together with its
own name: two providers may use one word for two people. Links are made by an operator, or by the person
with an invitation in hand; the ledger says that, and by which provider, and not who it says they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound
from casemate.identity.credential_tables import ProviderLinkRow
from casemate.ids import new_id
from casemate.ledger import Ledger

LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2


@dataclass(frozen=True)
class ProviderLink:
    """That ``subject`` of ``issuer`` is ``account``."""

    id: str
    account: str
    issuer: str
    subject: str
    added_at: datetime


class ProviderLinks:
    """The links of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def account_of(self, tx: Session, issuer: str, subject: str) -> str | None:
        """Whose link it is; ``None`` where there is none."""
        return tx.scalar(
            select(ProviderLinkRow.account_id).where(
                ProviderLinkRow.issuer == issuer, ProviderLinkRow.subject == subject
            )
        )

    def of_account(self, tx: Session, account: str) -> Sequence[ProviderLink]:
        """The links of ``account``, the oldest first."""
        rows = select(ProviderLinkRow).where(ProviderLinkRow.account_id == account)
        return [_link(row) for row in tx.scalars(rows.order_by(ProviderLinkRow.added_at))]

    def add(
        self, tx: Session, by: str, account: str, provider: str, issuer: str, subject: str
    ) -> ProviderLink:
        """Link ``subject`` of ``provider`` to ``account``; raises ``Conflict`` where it is linked."""
        if not 1 <= len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
            raise BadInput(
                f"the provider's word for a person has 1 to {LONGEST_SUBJECT} printable characters"
            )
        if self.account_of(tx, issuer, subject) is not None:
            raise Conflict(
                "that person of the provider is linked to an account already: unlink first"
            )
        row = ProviderLinkRow(
            id=new_id("link"),
            account_id=account,
            issuer=issuer,
            subject=subject,
            added_at=self._clock(),
        )
        tx.add(row)
        try:
            tx.flush()
        except IntegrityError as failure:
            raise Conflict("that person of the provider was linked at the same moment") from failure
        self._ledger.append(
            tx, actor=by, act="account.linked", subject=account, link=row.id, provider=provider
        )
        return _link(row)

    def remove(self, tx: Session, by: str, link: str) -> ProviderLink:
        """End a link; raises ``NotFound``."""
        row = tx.get(ProviderLinkRow, link)
        if row is None:
            raise NotFound(f"there is no link {link!r}: `casemate account links` shows them")
        tx.delete(row)
        self._ledger.append(
            tx, actor=by, act="account.unlinked", subject=row.account_id, link=row.id
        )
        return _link(row)


def _link(row: ProviderLinkRow) -> ProviderLink:
    return ProviderLink(row.id, row.account_id, row.issuer, row.subject, row.added_at)
