"""Who calls, and what for: the bearer token of a request, turned into the account that acts.

An operation names the scope that it takes by its parameter: ``Annotated[Caller, needs(Scope.run)]``.
Whether that account may do it is asked of the policies, by the platform, as for the command line.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from casemate.errors import NotAllowed
from casemate.identity import Scope, TokenRefused
from casemate.platform import Platform

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="accessToken",
    description="An access token of `casemate token issue`, within its scopes and its owner's roles.",
)
_WANTED = "this takes an access token: send `Authorization: Bearer TOKEN`"
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


class InsufficientScope(NotAllowed):
    """The token is good, but not for this (RFC 6750 section 3.1)."""

    title = "Insufficient scope"


@dataclass(frozen=True)
class Visitor:
    """An open platform, and whoever asks: an account, or the public (``None``)."""

    platform: Platform
    account: str | None


@dataclass(frozen=True)
class Caller:
    """An open platform, and the account that acts on it."""

    platform: Platform
    actor: str


def platform_of(request: Request) -> Platform:
    """The platform that this application serves."""
    platform: Platform = request.app.state.platform
    return platform


def visitor(request: Request, given: Given) -> Visitor:
    """Anyone; a token that was sent must be good all the same."""
    platform = platform_of(request)
    if given is None and "authorization" not in request.headers:
        return Visitor(platform, None)
    if given is None:
        raise TokenRefused(_WANTED)
    token = platform.token(given.credentials)
    if Scope.read not in token.scopes:
        raise InsufficientScope("this takes a token with the scope read")
    return Visitor(platform, token.account)


def caller(request: Request, scopes: SecurityScopes, given: Given) -> Caller:
    """Whoever the token is of; raises ``TokenRefused`` without one, ``InsufficientScope`` for another
    one's use."""
    platform = platform_of(request)
    if given is None:
        raise TokenRefused(_WANTED)
    token = platform.token(given.credentials)
    if missing := sorted(set(scopes.scopes) - {scope.value for scope in token.scopes}):
        raise InsufficientScope(f"this takes a token with the scope {' and '.join(missing)}")
    return Caller(platform, token.account)


def needs_one_of(*scopes: Scope) -> Any:
    """The dependency of an operation that two sides use, each with its own scope."""

    def one_of(request: Request, given: Given) -> Caller:
        platform = platform_of(request)
        if given is None:
            raise TokenRefused(_WANTED)
        token = platform.token(given.credentials)
        if not set(scopes) & set(token.scopes):
            raise InsufficientScope(f"this takes a token with the scope {' or '.join(scopes)}")
        return Caller(platform, token.account)

    return Depends(one_of)


def needs(scope: Scope) -> Any:
    """The dependency of an operation that takes a token with ``scope``."""
    return Security(caller, scopes=[scope.value])


Anyone = Annotated[Visitor, Depends(visitor)]
Reader = Annotated[Caller, needs(Scope.read)]
