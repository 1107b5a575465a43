"""Identity: organisations, accounts, roles, sign-in. Who somebody is; never what they may read."""

from casemate.identity.access_tokens import AccessToken, AccessTokens, Scope, TokenRefused
from casemate.identity.directory import Identity
from casemate.identity.invitations import Invitation
from casemate.identity.passkeys import Passkey
from casemate.identity.passwords import password_hasher
from casemate.identity.records import Account, Organisation, Role, SignInRefused
from casemate.identity.web_sessions import WebSession, WebSessions

__all__ = [
    "AccessToken",
    "AccessTokens",
    "Account",
    "Identity",
    "Invitation",
    "Organisation",
    "Passkey",
    "Role",
    "Scope",
    "SignInRefused",
    "TokenRefused",
    "WebSession",
    "WebSessions",
    "password_hasher",
]
