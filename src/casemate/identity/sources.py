"""Where sign-ins come from: who guesses many accounts from one place is slowed down there too.

A count for each account alone lets one machine try the commonest password on every account. So the
failures of a network address are counted as well, with more that cost nothing, since many people may
share one; one is forgiven each minute, so that a house full of people with thick fingers stays open. No
success wipes them out: whoever has one account could guess on for ever. An address is deleted after
``FORGOTTEN_AFTER``, since it is personal data; the ledger holds none.
"""

import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.identity.tables import SignInSourceRow

FREE_FAILURES = 20
MAX_WAIT_SECONDS = 900
FORGIVEN_EACH = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(hours=1)


def source_of(address: str) -> str:
    """The place that a network ``address`` belongs to: itself, or for IPv6 its /64, which is one customer.

    Raises ``ValueError`` where it is no address.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def seconds_closed(tx: Session, source: str, now: datetime) -> int:
    """How long nothing that comes from ``source`` is looked at; 0 for not at all."""
    row = tx.get(SignInSourceRow, source, populate_existing=True)
    if row is None or row.closed_until is None or row.closed_until <= now:
        return 0
    return -(-(row.closed_until - now) // timedelta(seconds=1))


def count_failure(tx: Session, source: str, now: datetime) -> int:
    """Count one failure from ``source`` at ``now``; gives the seconds for which it is closed."""
    tx.execute(delete(SignInSourceRow).where(SignInSourceRow.last_at < now - FORGOTTEN_AFTER))
    row = _locked(tx, source, now)
    forgiven = (now - row.last_at) // FORGIVEN_EACH
    row.failures = max(row.failures - forgiven, 0) + 1
    beyond = row.failures - FREE_FAILURES
    wait = 0 if beyond <= 0 else min(2 ** min(beyond - 1, 30), MAX_WAIT_SECONDS)
    row.last_at, row.closed_until = now, now + timedelta(seconds=wait) if wait else None
    return wait


def _locked(tx: Session, source: str, now: datetime) -> SignInSourceRow:
    found = select(SignInSourceRow).where(SignInSourceRow.source == source).with_for_update()
    found = found.execution_options(populate_existing=True)
    row = tx.scalar(found)
    if row is None:
        try:
            with tx.begin_nested():
                row = SignInSourceRow(source=source, failures=0, last_at=now)
                tx.add(row)
        except IntegrityError:  # another attempt from there came first
            return tx.execute(found).scalar_one()
    return row
