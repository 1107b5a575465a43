"""Sign-in: a password against its hash, with a growing delay after failures.

In three steps, because a hash takes a tenth of a second and a database of one file has one writer:
``challenge`` reads what there is to prove, ``prove`` computes with no transaction open, and ``attempt``
decides in a short one, by what the account is then.

The first ``FREE_FAILURES`` failures cost nothing; each one after closes the account to further
attempts for 1, 2, 4, ... seconds, ``MAX_WAIT_SECONDS`` at most. A success opens it fully again.
The count is in the database, so that neither a restart nor a second server forgets it. Failures are
also counted by where they come from (``sources``), where that is known.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.identity import passwords, sources
from casemate.identity.names import is_id
from casemate.identity.records import SignInRefused
from casemate.identity.tables import AccountRow
from casemate.ledger import Ledger

FREE_FAILURES = 3
MAX_WAIT_SECONDS = 900
UNVERIFIED = "public"  # the ledger's actor where nobody proved who they are
# The ledger's subject where there is no such account: what was typed may be anything, a password too.
UNKNOWN_ACCOUNT = "unknown"
# One sentence for an unknown account, a missing password and a wrong one: it tells none apart.
_MISSING_OR_WRONG = "there is no such account, or its password is missing or wrong"


@dataclass(frozen=True)
class Door:
    """What a sign-in needs of the house."""

    ledger: Ledger
    clock: Clock
    hasher: PasswordHasher
    open_without_password: bool


@dataclass(frozen=True)
class Challenge:
    """What there is to prove, as it was when it was read. ``source`` is where the attempt comes from."""

    account_id: str
    source: str | None
    encoded: str | None = field(repr=False)
    needs_password: bool
    """Also of an account that is not there, so that asking tells nothing."""
    is_closed: bool


@dataclass(frozen=True)
class Proof:
    """What came of a challenge; worth nothing before ``attempt`` has looked at the account again."""

    challenge: Challenge
    password: str | None = field(repr=False)
    holds: bool
    rehashed: str | None = field(default=None, repr=False)


def challenge(door: Door, tx: Session, account_id: str, source: str | None) -> Challenge:
    """What ``account_id`` has to prove; ``source`` as ``sources.source_of`` gives it."""
    row = tx.get(AccountRow, account_id) if is_id(account_id, "acct") else None
    closed = row is not None and _seconds_closed(door, row) > 0
    if source is not None:
        closed = closed or sources.seconds_closed(tx, source, door.clock()) > 0
    encoded = None if row is None else row.password_hash
    return Challenge(account_id, source, encoded, row is None or encoded is not None, closed)


def prove(door: Door, asked: Challenge, password: str | None) -> Proof:
    """Hold ``password`` against the hash. Takes its time, the same for an account that is not there;
    none where the answer is no whatever it be. Call it with no transaction open.

    Raises ``IntegrityFailure`` where the hash is none.
    """
    if asked.is_closed or password is None:
        return Proof(asked, password, holds=False)
    if asked.encoded is None:
        passwords.spend_as_much(door.hasher, password)
        return Proof(asked, password, holds=False)
    holds = passwords.matches(door.hasher, asked.encoded, password, asked.account_id)
    anew = holds and door.hasher.check_needs_rehash(asked.encoded)
    rehashed = passwords.hash_password(door.hasher, password) if anew else None
    return Proof(asked, password, holds, rehashed)


def attempt(door: Door, tx: Session, proof: Proof) -> AccountRow | SignInRefused:
    """The account's row, or the refusal as a value, so that its ledger entry can be committed."""
    row = admit_password(door, tx, proof)
    if not isinstance(row, SignInRefused):
        welcome(
            door, tx, row, by_password=row.password_hash is not None, rehashed=rehash(row, proof)
        )
    return row


def admit_password(door: Door, tx: Session, proof: Proof) -> AccountRow | SignInRefused:
    """As ``attempt``, but welcomes nobody yet: failures stay counted until every factor was shown."""
    asked = proof.challenge
    return admit(
        door,
        tx,
        asked.account_id,
        asked.source,
        lambda row: _proves(door, row, proof),
        Failure("wrong_password", _MISSING_OR_WRONG),
    )


@dataclass(frozen=True)
class Failure:
    """What is said of a proof that does not hold: ``reason`` on the ledger, ``told`` to whoever tried."""

    reason: str
    told: str


def admit(
    door: Door,
    tx: Session,
    account_id: str,
    source: str | None,
    proves: Callable[[AccountRow], bool],
    failure: Failure,
) -> AccountRow | SignInRefused:
    """The account's locked row, where ``proves`` says yes of it and nothing closes it; else the refusal.

    Every proof goes through here, so that failures of all kinds are counted together.
    """
    if (closed := refuse_source(door, tx, source)) is not None:
        return closed
    row = _locked_row(tx, account_id)
    if row is None:
        _note_failure(door, tx, UNKNOWN_ACCOUNT, "unknown_account")
        return _refusal(account_id, failure, _count_source(door, tx, source))
    if wait := _seconds_closed(door, row):
        _note_failure(door, tx, row.id, "throttled")
        return SignInRefused(
            f"{row.id} had {row.failures} failed sign-ins in a row: try again in {wait} s",
            wait_seconds=wait,
        )
    if not proves(row):
        return count_failure(door, tx, row, source, failure)
    return refuse_closed(door, tx, row) or row


def refuse_source(door: Door, tx: Session, source: str | None) -> SignInRefused | None:
    """The refusal, with its entry, where too many failed from there; ``None`` where it may try."""
    if not source or not (wait := sources.seconds_closed(tx, source, door.clock())):
        return None
    _note_failure(door, tx, UNKNOWN_ACCOUNT, "source_throttled")
    return SignInRefused(
        f"too many sign-ins failed from where this one comes from: try again in {wait} s",
        wait_seconds=wait,
    )


def refuse_closed(door: Door, tx: Session, row: AccountRow) -> SignInRefused | None:
    """The refusal, with its entry, where the account is deactivated."""
    if row.active:
        return None
    _note_failure(door, tx, row.id, "deactivated")
    return SignInRefused(f"{row.id} is deactivated: an operator can reactivate it")


def refuse_unknown(door: Door, tx: Session, source: str | None, failure: Failure) -> SignInRefused:
    """The refusal, counted where it comes from, of a proof that no account goes with."""
    if (closed := refuse_source(door, tx, source)) is not None:
        return closed
    _note_failure(door, tx, UNKNOWN_ACCOUNT, failure.reason)
    return SignInRefused(failure.told, wait_seconds=_count_source(door, tx, source))


def _locked_row(tx: Session, account_id: str) -> AccountRow | None:
    # Locked, so that attempts sent side by side are counted one after the other.
    if not is_id(account_id, "acct"):
        return None
    query = select(AccountRow).where(AccountRow.id == account_id).with_for_update()
    return tx.scalar(query.execution_options(populate_existing=True))


def _proves(door: Door, row: AccountRow, proof: Proof) -> bool:
    if row.password_hash is None:
        return proof.password is None and door.open_without_password
    if proof.password is None:
        return False
    asked = proof.challenge
    if row.password_hash == asked.encoded and not asked.is_closed:
        return proof.holds
    # Another password was set, or the wait ended, since the challenge was read: rare, and worth the lock.
    return passwords.matches(door.hasher, row.password_hash, proof.password, row.id)


def rehash(row: AccountRow, proof: Proof) -> bool:
    """Keep the stronger hash that ``proof`` made of the password, if it did; says whether."""
    if proof.rehashed is None or row.password_hash != proof.challenge.encoded:
        return False
    row.password_hash = proof.rehashed
    return True


def welcome(door: Door, tx: Session, row: AccountRow, **how: bool | str) -> None:
    """Let the account in: its failures are forgotten, and the ledger says ``how``."""
    row.failures, row.closed_until = 0, None
    door.ledger.append(tx, actor=row.id, act="account.signed_in", subject=row.id, **how)


def count_failure(
    door: Door, tx: Session, row: AccountRow, source: str | None, failure: Failure
) -> SignInRefused:
    """The refusal of a proof that does not hold; each one more closes the account for longer."""
    row.failures += 1
    wait = wait_after(row.failures)
    row.closed_until = door.clock() + timedelta(seconds=wait) if wait else None
    _note_failure(door, tx, row.id, failure.reason, failures=row.failures)
    return _refusal(row.id, failure, max(wait, _count_source(door, tx, source)))


def _count_source(door: Door, tx: Session, source: str | None) -> int:
    return 0 if source is None else sources.count_failure(tx, source, door.clock())


def wait_after(failures: int) -> int:
    """Seconds for which an account is closed after that many failures in a row."""
    beyond = failures - FREE_FAILURES
    return 0 if beyond <= 0 else min(2 ** min(beyond - 1, 30), MAX_WAIT_SECONDS)


def _seconds_closed(door: Door, row: AccountRow) -> int:
    if row.closed_until is None:
        return 0
    return max(0, ceil((row.closed_until - door.clock()).total_seconds()))


def _refusal(account_id: str, failure: Failure, wait: int = 0) -> SignInRefused:
    after = f"; the next attempt is taken in {wait} s" if wait else ""
    return SignInRefused(
        f"{account_id!r} was not signed in: {failure.told}{after}", wait_seconds=wait
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
