"""One-time passwords as a second factor (RFC 6238), and recovery codes for the day the phone is lost.

Six digits for each 30 seconds, from a secret that an app on a telephone shares with us. One step early or
late is taken, for clocks that drift; no step is taken twice, nor one before it. The secret is sealed under
the home's keyring. A recovery code has 80 random bits, is told once, kept as its SHA-256, and used once.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound
from casemate.identity.credential_tables import OneTimePasswordRow, RecoveryCodeRow
from casemate.ledger import Ledger
from casemate.store.keys import Keyring

STEP_SECONDS = 30
DRIFT_STEPS = 1
RECOVERY_CODES = 10
Second = Literal["one_time_password", "recovery_code"]


@dataclass(frozen=True)
class NewOneTimePassword:
    """A secret that is not in force before a code of it was shown. ``handle`` names it till then."""

    handle: str
    secret: str
    uri: str
    """What an app reads from a QR code."""


class OneTimePasswords:
    """The second factors of one home's accounts."""

    def __init__(self, ledger: Ledger, clock: Clock, keyring: Keyring, issuer: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._keyring = keyring
        self._issuer = issuer

    def new_secret(self) -> str:
        """160 random bits, in base32."""
        return base64.b32encode(secrets.token_bytes(20)).decode()

    def uri(self, account: str, secret: str) -> str:
        """``secret`` as apps take it, with the names under which they show it."""
        import pyotp

        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=self._issuer)

    def require_none(self, tx: Session, account: str) -> None:
        """Raise ``Conflict`` where ``account`` has a one-time password."""
        if self.is_set(tx, account):
            raise Conflict(f"{account} has a one-time password already: take it away first")

    def add(self, tx: Session, account: str, secret: str, code: str) -> list[str]:
        """Put ``secret`` in force, whose ``code`` shows that the app has it; gives recovery codes.

        Raises ``BadInput`` for a wrong code, ``Conflict`` where there is one in force.
        """
        self.require_none(tx, account)
        step = self._step_of(secret, _bare(code), after=0)
        if step is None:
            raise BadInput(
                "the code is not the one that the app shows now: check the time of the telephone, then "
                "give the next code"
            )
        tx.add(
            OneTimePasswordRow(
                account_id=account,
                sealed=self._keyring.seal(secret, _context(account)),
                last_step=step,
                added_at=self._clock(),
            )
        )
        tx.flush()
        self._ledger.append(tx, actor=account, act="account.one_time_password_set", subject=account)
        return self.renew_codes(tx, account)

    def renew_codes(self, tx: Session, account: str) -> list[str]:
        """New recovery codes in place of all older ones, told this once."""
        if not self.is_set(tx, account):
            raise NotFound(f"{account} has no one-time password: recovery codes stand in for one")
        tx.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account))
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        tx.add_all(
            RecoveryCodeRow(digest=_digest(account, _bare(code)), account_id=account)
            for code in codes
        )
        tx.flush()
        self._ledger.append(
            tx, actor=account, act="account.recovery_codes_set", subject=account, count=len(codes)
        )
        return codes

    def remove(self, tx: Session, by: str, account: str) -> None:
        """Take the second factor away, with its recovery codes; raises ``NotFound`` without one."""
        row = tx.get(OneTimePasswordRow, account)
        if row is None:
            raise NotFound(f"{account} has no one-time password")
        tx.delete(row)
        tx.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account))
        self._ledger.append(tx, actor=by, act="account.one_time_password_removed", subject=account)

    def is_set(self, tx: Session, account: str) -> bool:
        """Whether ``account`` has to show a code after its password."""
        return tx.get(OneTimePasswordRow, account, populate_existing=True) is not None

    def codes_left(self, tx: Session, account: str) -> int:
        """How many recovery codes are unused."""
        mine = select(func.count()).where(RecoveryCodeRow.account_id == account)
        return tx.scalar(mine) or 0

    def accept(self, tx: Session, account: str, code: str) -> Second | None:
        """What ``code`` is, if it is good, and used from now on; ``None`` if it is not.

        Call it with the account's row locked, so that two who send one code at once are one too many.
        The caller writes the ledger's entry.
        """
        row = tx.get(OneTimePasswordRow, account, populate_existing=True)
        if row is None:
            return None
        bare = _bare(code)
        secret = self._keyring.unseal(row.sealed, _context(account))
        step = self._step_of(secret, bare, after=row.last_step)
        if step is not None:
            row.last_step = step
            return "one_time_password"
        recovery = tx.get(RecoveryCodeRow, _digest(account, bare), populate_existing=True)
        if recovery is None or recovery.account_id != account:
            return None
        tx.delete(recovery)
        tx.flush()
        return "recovery_code"

    def _step_of(self, secret: str, code: str, *, after: int) -> int | None:
        """The time step whose code it is, if near enough to now and later than ``after``."""
        import pyotp

        made, now = pyotp.TOTP(secret), int(self._clock().timestamp()) // STEP_SECONDS
        found = None
        for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
            fits = hmac.compare_digest(made.generate_otp(step).encode(), code.encode())
            if fits and step > after:
                found = step
        return found


def _context(account: str) -> str:
    return f"one-time-password/{account}"


def _new_code() -> str:
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _bare(code: str) -> str:
    """``code`` as it was made: people type spaces, hyphens and capitals."""
    return "".join(one for one in code.lower() if one.isascii() and one.isalnum())[:64]


def _digest(account: str, code: str) -> str:
    return sha256(f"{account}/{code}".encode()).hexdigest()
