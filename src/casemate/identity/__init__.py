"""Identity: organisations, accounts, roles, sign-in. Who somebody is; never what they may read."""

from casemate.identity.access_tokens import AccessToken, AccessTokens, Scope, TokenRefused
from casemate.identity.directory import Identity
from casemate.identity.passwords import password_hasher
from casemate.identity.records import Account, Organisation, Role, SignInRefused

__all__ = [
    "AccessToken",
    "AccessTokens",
    "Account",
    "Identity",
    "Organisation",
    "Role",
    "Scope",
    "SignInRefused",
    "TokenRefused",
    "password_hasher",
]
