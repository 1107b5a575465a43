"""A home with people who sign in over the web, on either database, with a clock that obeys. No test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
from argon2 import PasswordHasher
from conftest import MovableClock

from casemate.acts.sign_in import HalfSignedIn
from casemate.home import create_home
from casemate.identity import Account, Identity
from casemate.identity.passkeys import Site
from casemate.platform import Platform

OPERATOR, MAX, EVE = "acct-operator", "acct-max", "acct-eve"
PASSWORD = "correct horse battery"
HERE = Site("http://localhost:8000")
SOURCE = "203.0.113.9"


@contextmanager
def home(
    folder: Path, clock: MovableClock, database: str | None = None, settings: str = ""
) -> Iterator[Platform]:
    """An operator without a password; Max and Eve, of the operator's organisation, with the same one."""
    made = create_home(folder / "home", database=database)
    if settings:
        file = made.root / "casemate.toml"
        file.write_text(file.read_text(encoding="utf-8") + settings, encoding="utf-8")
        made = create_home(folder / "home")
    with Platform(made, clock=clock) as platform:
        quick(platform)
        platform.found("Operator")
        for account in (MAX, EVE):
            platform.add_account(
                OPERATOR, account, "org-operator", ["data_user"],
                password=PASSWORD, account_id=account,
            )  # fmt: skip
        yield platform


def quick(platform: Platform) -> None:
    """Cheap password hashing: what is tested here is not Argon2's slowness."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    platform.identity = Identity(platform.ledger, platform.clock, hasher=hasher)
    platform._open_sign_in(platform._keyring)


def enrol(platform: Platform, account: str = MAX) -> tuple[pyotp.TOTP, list[str]]:
    """A one-time password of ``account``, in force; the app that shows it, and the recovery codes."""
    begun = platform.begin_one_time_password(account)
    app = pyotp.TOTP(begun.secret)
    code = code_of(app, platform)
    return app, platform.add_one_time_password(account, begun.handle, code, PASSWORD)


def code_of(app: pyotp.TOTP, platform: Platform, steps: int = 0) -> str:
    """What the app shows, ``steps`` of 30 seconds from now."""
    return app.generate_otp(int(platform.clock().timestamp()) // 30 + steps)


def half(platform: Platform, account: str = MAX, source: str | None = SOURCE) -> str:
    """The handle of a sign-in of which the password was right."""
    outcome = platform.sign_in_over_web(account, PASSWORD, source=source)
    assert isinstance(outcome, HalfSignedIn), outcome
    return outcome.handle


def enter(platform: Platform, code: str, account: str = MAX, source: str = SOURCE) -> Account:
    """Sign in with the password and ``code``."""
    return platform.finish_sign_in(half(platform, account, source), code, source=source)


def told(platform: Platform, account: str = MAX) -> list[str]:
    """The acts that the ledger has of ``account``."""
    return [one.act for one in platform.entries() if account in (one.subject, one.actor)]


def ledger_text(platform: Platform) -> str:
    """All that the ledger says."""
    return "\n".join(str(entry) for entry in platform.entries())
