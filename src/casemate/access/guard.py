"""What the guard of the first law asks, one question a function. All of it is asked of signed claims.

Each refusal names the permit and the exact reason, so that the person refused knows what to do.
"""

import copy
from dataclasses import dataclass, replace
from datetime import datetime

from casemate.access import purposes
from casemate.access.claims import PermitClaims, ScopeClaims
from casemate.access.records import Scope
from casemate.clock import timestamp
from casemate.errors import BadInput, NotAllowed


@dataclass(frozen=True)
class Verified:
    """Claims whose signature held, with what the guard looks up made ready."""

    claims: PermitClaims
    people: frozenset[str]
    scopes: dict[str, tuple[ScopeClaims, frozenset[str]]]

    @classmethod
    def of(cls, claims: PermitClaims) -> "Verified":
        """``claims``, ready to be asked."""
        scopes = {scope.dataset: (scope, frozenset(scope.variables)) for scope in claims.scopes}
        return cls(claims, frozenset(claims.people), scopes)

    def require(
        self,
        *,
        now: datetime,
        person: str | None,
        purpose: str | None,
        dataset: str,
        version: int | None,
        variables: tuple[str, ...],
    ) -> Scope:
        """The scope opened to ``person``; raises ``NotAllowed`` with the first reason why not."""
        _require_dates(self.claims, now)
        if not self.claims.standing:
            _require_person(self, person)
            _require_purpose(self.claims, purpose)
        return _require_scope(self, dataset, version, variables)


def _require_dates(claims: PermitClaims, now: datetime) -> None:
    if now < claims.valid_from:
        raise NotAllowed(f"{claims.jti} is not valid before {timestamp(claims.valid_from)}")
    if now >= claims.valid_until:
        raise NotAllowed(f"{claims.jti} expired at {timestamp(claims.valid_until)}")


def _require_person(verified: Verified, person: str | None) -> None:
    if person not in verified.people:
        who = person or "the public"
        raise NotAllowed(f"{who} is not among the people of {verified.claims.jti}")


def _require_purpose(claims: PermitClaims, purpose: str | None) -> None:
    if purpose is None:
        raise NotAllowed(f"no purpose was given; {claims.jti} is for {claims.purpose}")
    if use := purposes.prohibited_use(purpose):
        raise NotAllowed(f"purpose {purpose} is prohibited: {use.name} ({use.id})")
    if not purposes.covers(claims.purpose, purpose):
        raise NotAllowed(f"{claims.jti} is for {claims.purpose}, which does not cover {purpose}")


def _require_scope(
    verified: Verified, dataset: str, version: int | None, variables: tuple[str, ...]
) -> Scope:
    permit = verified.claims.jti
    if dataset not in verified.scopes:
        raise NotAllowed(f"{permit} does not cover dataset {dataset!r}")
    scope, covered = verified.scopes[dataset]
    if version is not None and version != scope.version:
        raise NotAllowed(f"{permit} covers version {scope.version} of {dataset}, not {version}")
    if not variables:
        raise BadInput(f"no variable of {dataset} was named: say which ones to open")
    if outside := [name for name in variables if name not in covered]:
        raise NotAllowed(f"{permit} does not cover {_some(outside)} of {dataset}")
    asked = frozenset(variables)
    return replace(
        scope_record(scope),
        variables=tuple(dict.fromkeys(variables)),
        pseudonyms=tuple(name for name in scope.pseudonyms if name in asked),
    )


def scope_record(claims: ScopeClaims) -> Scope:
    """``claims`` as a record that nobody else holds."""
    # Remembered claims are shared by all callers: each gets a plan of its own to read.
    return Scope(
        claims.dataset,
        claims.version,
        claims.variables,
        copy.deepcopy(claims.plan),
        claims.pseudonyms,
        copy.copy(claims.budget),
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
