"""What a permit must be to be signed, and the claims made of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from casemate.access import purposes
from casemate.access.claims import PermitClaims, ScopeClaims
from casemate.access.records import Offer, Permit, PermitTerms, Scope
from casemate.canonical import canonical_json, digest
from casemate.clock import timestamp
from casemate.errors import BadInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_claims(  # the parts of a signature are named where it is made, not bundled up
    terms: PermitTerms,
    *,
    permit_id: str,
    issuer: str,
    issued: datetime,
    valid_from: datetime,
    valid_until: datetime,
    lineage: str,
    supersedes: str | None,
) -> PermitClaims:
    """The claims to sign. Raises ``BadInput`` where ``terms`` or dates make no permit."""
    _check_terms(terms)
    begins, ends = _whole_seconds(valid_from, "start"), _whole_seconds(valid_until, "end")
    if ends <= begins:
        raise BadInput(
            f"the permit's dates are reversed: it would end at {timestamp(valid_until)}, "
            f"not after its start at {timestamp(valid_from)}"
        )
    return PermitClaims(
        iss=issuer,
        sub=terms.applicant,
        jti=permit_id,
        iat=_whole_seconds(issued, "issue"),
        nbf=begins,
        exp=ends,
        application=terms.application,
        applicant=terms.applicant,
        people=tuple(sorted(terms.people)),
        scopes=tuple(_scope_claims(scope) for scope in terms.scopes),
        purpose=purposes.term(terms.purpose).id,
        purpose_text=terms.purpose_text,
        legal_basis=terms.legal_basis,
        output_rules=terms.output_rules,
        conditions=terms.conditions,
        standing=terms.standing,
        lineage=lineage,
        supersedes=supersedes,
    )


def check_still_offered(permit: Permit, days: int, offers: Mapping[str, Offer]) -> None:
    """Raise ``BadInput`` where today's ``offers`` would not allow ``permit`` for ``days`` more."""
    if days < 1:
        raise BadInput(f"a permit cannot last {days} days: give one or more")
    for scope in permit.scopes:
        name, offer = scope.dataset, offers.get(scope.dataset)
        if offer is None or offer.version != scope.version:
            raise BadInput(f"version {scope.version} of {name} is no longer offered: apply anew")
        if problem := purposes.objection(permit.purpose, offer.allowed_purposes, name):
            raise BadInput(problem)
        permit.output_rules.require_no_laxer(offer.rules, name)
        if gone := set(scope.variables) - offer.variables:
            raise BadInput(f"{name} no longer has {', '.join(sorted(gone))}: apply anew")
        if days > (most := offer.rules.max_duration_days):
            raise BadInput(f"{days} days are more than {name} allows ({most})")


def ledger_summary(claims: PermitClaims, jws: str) -> dict[str, Any]:
    """What the ledger holds of a permit: ids, counts, dates and digests."""
    return {
        "permit": digest(jws.encode()),
        "application": claims.application,
        "purpose": claims.purpose,
        "people": list(claims.people),
        "scopes": [
            {
                "dataset": scope.dataset,
                "version": scope.version,
                "variables": len(scope.variables),
                "plan": digest(canonical_json(scope.plan)),
                **({"budget": scope.budget} if scope.budget else {}),
            }
            for scope in claims.scopes
        ],
        "nbf": claims.nbf,
        "exp": claims.exp,
        "supersedes": claims.supersedes,
    }


def _check_terms(terms: PermitTerms) -> None:
    if not terms.scopes:
        raise BadInput("a permit has to name a dataset")
    if not terms.people and not terms.standing:
        raise BadInput("a permit has to name the people who will work under it")
    datasets = [scope.dataset for scope in terms.scopes]
    if len(set(datasets)) != len(datasets):
        raise BadInput(f"a permit names each dataset once, this one {', '.join(datasets)}")
    for scope in terms.scopes:
        _check_scope(scope)
    if terms.standing:
        return
    if problem := purposes.objection(terms.purpose, [purposes.ROOT], "the permit"):
        raise BadInput(problem)


def _check_scope(scope: Scope) -> None:
    name = scope.dataset
    if not scope.variables:
        raise BadInput(f"the permit opens no variable of {name}: name those it is for")
    if len(set(scope.variables)) != len(scope.variables):
        raise BadInput(f"the permit names a variable of {name} twice")
    if stray := set(scope.pseudonyms) - set(scope.variables):
        raise BadInput(f"pseudonyms of {name} that are not opened: {', '.join(sorted(stray))}")


def _scope_claims(scope: Scope) -> ScopeClaims:
    try:
        # What is signed is the plan's canonical JSON, so that it comes back as it was digested.
        plan = json.loads(canonical_json(scope.plan))
    except (TypeError, ValueError) as failure:
        raise BadInput(
            f"the protection plan of {scope.dataset} cannot be signed: {failure}"
        ) from failure
    return ScopeClaims(
        dataset=scope.dataset,
        version=scope.version,
        variables=scope.variables,
        pseudonyms=scope.pseudonyms,
        plan=plan,
        budget=scope.budget,
    )


def _whole_seconds(moment: datetime, what: str) -> int:
    if moment.tzinfo is None:
        raise BadInput(f"the permit's {what} {moment} has no time zone: say which")
    since = moment - _EPOCH
    return since.days * 86_400 + since.seconds
