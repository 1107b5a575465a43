"""Sign-in: a password against its hash, with a growing delay after failures.

The first ``FREE_FAILURES`` failures cost nothing; each one after closes the account to further
attempts for 1, 2, 4, ... seconds, ``MAX_WAIT_SECONDS`` at most. A success opens it fully again.
The count is in the database, so that neither a restart nor a second server forgets it.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.identity import passwords
from casemate.identity.names import is_id
from casemate.identity.records import SignInRefused
from casemate.identity.tables import AccountRow
from casemate.ledger import Ledger

FREE_FAILURES = 3
MAX_WAIT_SECONDS = 900
UNVERIFIED = "public"  # the ledger's actor where nobody proved who they are
# The ledger's subject where there is no such account: what was typed may be anything, a password too.
UNKNOWN_ACCOUNT = "unknown"


@dataclass(frozen=True)
class Door:
    """What a sign-in needs of the house."""

    ledger: Ledger
    clock: Clock
    hasher: PasswordHasher
    open_without_password: bool


def attempt(
    door: Door, tx: Session, account_id: str, password: str | None
) -> AccountRow | SignInRefused:
    """The account's row, or the refusal as a value, so that its ledger entry can be committed."""
    row = _locked_row(tx, account_id)
    if row is None:
        _spend(door, password)
        _note_failure(door, tx, UNKNOWN_ACCOUNT, "unknown_account")
        return _refusal(account_id)
    if wait := _seconds_closed(door, row):
        _note_failure(door, tx, row.id, "throttled")
        return SignInRefused(
            f"{row.id} had {row.failures} failed sign-ins in a row: try again in {wait} s",
            wait_seconds=wait,
        )
    if not _proves(door, row, password):
        return _count_failure(door, tx, row)
    if not row.active:
        _note_failure(door, tx, row.id, "deactivated")
        return SignInRefused(f"{row.id} is deactivated: an operator can reactivate it")
    _welcome(door, tx, row, password)
    return row


def _locked_row(tx: Session, account_id: str) -> AccountRow | None:
    # Locked, so that attempts sent side by side are counted one after the other.
    if not is_id(account_id, "acct"):
        return None
    query = select(AccountRow).where(AccountRow.id == account_id).with_for_update()
    return tx.scalar(query.execution_options(populate_existing=True))


def _proves(door: Door, row: AccountRow, password: str | None) -> bool:
    if row.password_hash is None:
        _spend(door, password)
        return password is None and door.open_without_password
    return password is not None and passwords.matches(
        door.hasher, row.password_hash, password, row.id
    )


def _welcome(door: Door, tx: Session, row: AccountRow, password: str | None) -> None:
    rehashed = False
    if row.password_hash and password and door.hasher.check_needs_rehash(row.password_hash):
        row.password_hash = passwords.hash_password(door.hasher, password)
        rehashed = True
    row.failures, row.closed_until = 0, None
    door.ledger.append(
        tx,
        actor=row.id,
        act="account.signed_in",
        subject=row.id,
        by_password=row.password_hash is not None,
        rehashed=rehashed,
    )


def _count_failure(door: Door, tx: Session, row: AccountRow) -> SignInRefused:
    row.failures += 1
    wait = wait_after(row.failures)
    row.closed_until = door.clock() + timedelta(seconds=wait) if wait else None
    _note_failure(door, tx, row.id, "wrong_password", failures=row.failures)
    return _refusal(row.id, wait)


def wait_after(failures: int) -> int:
    """Seconds for which an account is closed after that many failures in a row."""
    beyond = failures - FREE_FAILURES
    return 0 if beyond <= 0 else min(2 ** min(beyond - 1, 30), MAX_WAIT_SECONDS)


def _seconds_closed(door: Door, row: AccountRow) -> int:
    if row.closed_until is None:
        return 0
    return max(0, ceil((row.closed_until - door.clock()).total_seconds()))


def _refusal(account_id: str, wait: int = 0) -> SignInRefused:
    # One sentence for an unknown account, a missing password and a wrong one: it tells none apart.
    after = f"; the next attempt is taken in {wait} s" if wait else ""
    return SignInRefused(
        f"{account_id!r} was not signed in: there is no such account, or its password is missing or "
        f"wrong{after}",
        wait_seconds=wait,
    )


def _note_failure(door: Door, tx: Session, subject: str, reason: str, **detail: int) -> None:
    door.ledger.append(
        tx,
        actor=UNVERIFIED,
        act="account.sign_in_failed",
        subject=subject,
        reason=reason,
        **detail,
    )


def _spend(door: Door, password: str | None) -> None:
    if password is not None:
        passwords.spend_as_much(door.hasher, password)
