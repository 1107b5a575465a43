"""Identity: organisations, accounts, roles, sign-in. Who somebody is; never what they may read."""

from casemate.identity.directory import Identity
from casemate.identity.passwords import password_hasher
from casemate.identity.records import Account, Organisation, Role, SignInRefused

__all__ = ["Account", "Identity", "Organisation", "Role", "SignInRefused", "password_hasher"]
