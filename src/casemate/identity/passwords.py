"""Passwords: what makes one acceptable, and how it is kept (Argon2id, RFC 9106)."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from casemate.errors import BadInput, IntegrityFailure

MIN_LENGTH = 12
MAX_LENGTH = 1024  # a longer one would only cost us time


def password_hasher() -> PasswordHasher:
    """Argon2id with RFC 9106's second recommended setting: 3 passes, 64 MiB, 4 lanes."""
    return PasswordHasher(
        time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
    )


@dataclass(frozen=True)
class NewPassword:
    """An acceptable password and its hash, which took a tenth of a second to compute: make it before
    the transaction that keeps it."""

    text: str = field(repr=False)
    encoded: str = field(repr=False)

    def require_not_a_name(self, names: Iterable[str | None]) -> None:
        """Raise ``BadInput`` where it is one of the account's own ``names``."""
        if _bare(self.text) in {_bare(name) for name in names if name}:
            raise BadInput("the password is the account's own name, id or address; choose another")


def new_password(hasher: PasswordHasher, password: str) -> NewPassword:
    """``password`` with its encoded Argon2id hash; raises ``BadInput`` unless it is long enough."""
    return NewPassword(_acceptable(password), hash_password(hasher, password))


def _acceptable(password: str) -> str:
    text = _normal(password)
    if text is None:
        raise BadInput("the password holds characters that are not valid Unicode")
    if len(text) < MIN_LENGTH:
        raise BadInput(f"the password has {len(text)} characters; give {MIN_LENGTH} or more")
    if len(text) > MAX_LENGTH:
        raise BadInput(f"the password has {len(text)} characters; {MAX_LENGTH} at most")
    if len(set(text)) == 1:
        raise BadInput("the password is one character over and over; choose another")
    return text


def hash_password(hasher: PasswordHasher, password: str) -> str:
    """The encoded Argon2id hash of an acceptable password."""
    return hasher.hash(_normal(password) or "")


def matches(hasher: PasswordHasher, encoded: str, password: str, account_id: str) -> bool:
    """Whether ``password`` is the one behind ``encoded``.

    Raises ``IntegrityFailure`` where ``encoded`` is no Argon2 hash: the row was altered.
    """
    text = _normal(password)
    if text is None or len(text) > MAX_LENGTH:
        return False
    try:
        return hasher.verify(encoded, text)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as failure:
        raise IntegrityFailure(
            f"the password record of {account_id} is damaged; an operator must set a new password"
        ) from failure


def spend_as_much(hasher: PasswordHasher, password: str) -> None:
    """Take the time that ``matches`` takes, so that the answer's delay tells nothing."""
    hasher.hash((_normal(password) or "")[:MAX_LENGTH])


def _normal(password: str) -> str | None:
    # NFKC: the same keys pressed on two systems give the same password (NIST SP 800-63B, 3.1.1.2).
    text = unicodedata.normalize("NFKC", password)
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    return text


def _bare(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
