"""What identity gives to other rooms: frozen records, never database rows."""

from dataclasses import dataclass
from enum import StrEnum

from casemate.errors import BadInput, NotAllowed


class Role(StrEnum):
    """What an account may be called to do; the policies of ``access`` say what follows from it.

    The words are the law's: data holder and data user from the Data Governance Act, Art. 2(8) and
    2(9); the authority is its competent body (Art. 7) or the EHDS health data access body (Art. 55).
    """

    DATA_HOLDER = "data_holder"
    DATA_USER = "data_user"
    AUTHORITY = "authority"
    OUTPUT_CHECKER = "output_checker"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    PUBLIC = "public"

    @classmethod
    def parse(cls, text: str) -> "Role":
        """The role named ``text``; raises ``BadInput`` naming those that exist."""
        try:
            return cls(text)
        except ValueError:
            known = ", ".join(role.value for role in cls)
            raise BadInput(f"there is no role {text!r}; the roles are {known}") from None


@dataclass(frozen=True)
class Organisation:
    """A legal person or public body that accounts belong to; ``kind`` is free text (hospital, ...)."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True)
class Account:
    """A person's account. ``organisation`` is an organisation's id. ``name`` never leaves the table
    for the ledger; ``id`` does, and is what every other record speaks of."""

    id: str
    name: str
    organisation: str
    roles: frozenset[Role]
    has_password: bool
    active: bool


class SignInRefused(NotAllowed):
    """A sign-in failed. ``wait_seconds`` is how long the account takes no further attempt (0: none)."""

    title = "Sign-in refused"

    def __init__(self, message: str, *, wait_seconds: int = 0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds
