"""Permits: what was granted, what protection made of it, questions under a budget, its end."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.access import Permit, PermitClaims
from casemate.desk import RevocationEffect
from casemate.enclave import (
    AccountState,
    ExpectedAnswer,
    PrivateAnswer,
    ProgramDraft,
    ProgramVersion,
    View,
)
from casemate.errors import BadInput, IntegrityFailure
from casemate.identity import Scope
from casemate.plain import plain
from casemate.platform import Platform
from casemate.portal import paging
from casemate.portal.api.applications import Authority, PermitDocument, Words
from casemate.portal.callers import Anyone, Caller, Reader, needs
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe
from casemate.protection.certificate import Verified

router = APIRouter(prefix="/permits", tags=["permits"], route_class=KeyedRoute)
Runner = Annotated[Caller, needs(Scope.run)]
ViewDocument = schema_of(View)
EffectDocument = schema_of(RevocationEffect)
DraftDocument = schema_of(ProgramDraft)
VersionDocument = schema_of(ProgramVersion)
AccountDocument = schema_of(AccountState)
ExpectedDocument = schema_of(ExpectedAnswer)
AnswerDocument = schema_of(PrivateAnswer)
VerifiedDocument = schema_of(Verified)
_CHANGES = describe(401, 403, 404, 409, 412, 422)


class InForce(BaseModel):
    """Whether a permit opens anything at this moment."""

    permit: str
    in_force: bool


class SignedPermit(BaseModel):
    """A permit as its holder has it: a JSON Web Signature."""

    jws: str = Field(max_length=2_000_000)


class Renewal(BaseModel):
    """For how long, and why."""

    days: int = Field(ge=1, le=10**6)
    reason: str = Field(max_length=20_000)


class Program(BaseModel):
    """A program as it is so far."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=8_000_000, examples=["print('hello')"])
    filename: str = Field("script.py", max_length=200)
    after: int | None = Field(
        None, ge=0, le=10**9, description="The version that you began from (0: from none)."
    )


class AllowedEnvironments(BaseModel):
    """The environments that runs may use from now on; none named: any."""

    names: list[Annotated[str, Field(max_length=64)]] = Field(max_length=1000)


class Question(BaseModel):
    """A question that is answered with noise; its words are those of ``casemate permit ask``."""

    question: dict[str, Any] = Field(
        examples=[
            {
                "version": 1,
                "dataset": "nhefs",
                "kind": "count",
                "cost": {"accounting": "epsilon", "amount": "0.1"},
            }
        ]
    )
    purpose: str | None = Field(None, max_length=200)


@router.get("", response_model=Page[PermitDocument], responses=describe(401, 403, 422))  # type: ignore[valid-type]
def list_(
    caller: Reader, cursor: paging.Cursor = None, limit: paging.Limit = paging.MANY
) -> Response:
    """The permits that you may read, the oldest first."""
    return sent(paging.page(caller.platform.list_permits(caller.actor), _when, cursor, limit))


@router.post("/verify", response_model=PermitClaims, responses=describe(422))
def verify(anyone: Anyone, asked: SignedPermit) -> Response:
    """What a signed permit of this home says, if it is genuine."""
    try:
        return sent(anyone.platform.verify_permit(asked.jws))
    except IntegrityFailure as failure:  # of what was sent to us: no record of ours
        raise BadInput(str(failure)) from failure


@router.get("/{permit}", response_model=PermitDocument, responses=describe(401, 403, 404))
def show(anyone: Anyone, permit: str) -> Response:
    """One permit."""
    return sent(anyone.platform.permit(anyone.account, permit))


@router.get("/{permit}/in-force", response_model=InForce, responses=describe(404))
def in_force(anyone: Anyone, permit: str) -> Response:
    """Whether a permit opens anything now; anyone who knows its id may ask."""
    return sent({"permit": permit, "in_force": anyone.platform.permit_in_force(permit)})


@router.get(
    "/{permit}/revocation-effect",
    response_model=EffectDocument,
    responses=describe(401, 403, 404),
)
def revocation_effect(caller: Authority, permit: str) -> Response:
    """What revoking a permit now would end; nothing is done."""
    return sent(caller.platform.revocation_effect(caller.actor, permit))


@router.post("/{permit}/revoke", response_model=PermitDocument, responses=_CHANGES)
def revoke(caller: Authority, permit: str, asked: Words, if_match: IfMatch = None) -> Response:
    """End a permit now: running work stops, what it opened is sealed for good."""
    with _unless_changed(caller.platform, if_match, permit):
        return sent(caller.platform.revoke(caller.actor, permit, asked.reason))


@router.post("/{permit}/renew", response_model=PermitDocument, status_code=201, responses=_CHANGES)
def renew(caller: Authority, permit: str, asked: Renewal, if_match: IfMatch = None) -> Response:
    """A new permit on the same terms, in place of the old one."""
    with _unless_changed(caller.platform, if_match, permit):
        made = caller.platform.renew(caller.actor, permit, asked.days, asked.reason)
    return sent(made, status=201)


@router.post(
    "/{permit}/views",
    response_model=list[ViewDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404, 409, 422),
)
def protect(caller: Runner, permit: str) -> Response:
    """Make the protected view of each dataset, unless it exists: the reports, no data."""
    return sent(list(caller.platform.protect(caller.actor, permit)))


@router.get(
    "/{permit}/views",
    response_model=list[ViewDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def views(caller: Reader, permit: str) -> Response:
    """What protection made of each dataset: the reports, no data."""
    return sent(list(caller.platform.views(caller.actor, permit)))


@router.post(
    "/{permit}/views/verify",
    response_model=list[VerifiedDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404, 409, 422),
)
def verify_protection(caller: Runner, permit: str) -> Response:
    """Recompute the certificate of each view from the view itself: the claims that hold."""
    return sent(list(caller.platform.verify_protection(caller.actor, permit)))


@router.post("/{permit}/environments", response_model=list[str], responses=_CHANGES)
def allow_environments(caller: Authority, permit: str, asked: AllowedEnvironments) -> Response:
    """From now on runs use one of these environments."""
    return sent(caller.platform.allow_environments(caller.actor, permit, asked.names))


@router.get(
    "/{permit}/codebook",
    response_model=list[dict[str, Any]],
    responses=describe(401, 403, 404, 422),
)
def codebook(caller: Runner, permit: str) -> Response:
    """What the columns of each view mean, and how they were generalised."""
    said: list[Mapping[str, Any]] = list(caller.platform.codebook(caller.actor, permit))
    return sent(said)


@router.get("/{permit}/draft", response_model=DraftDocument, responses=describe(401, 403, 404, 422))
def draft(
    caller: Runner, permit: str, version: Annotated[int | None, Query(ge=1, le=10**9)] = None
) -> Response:
    """The program that you write under a permit: its newest version, or the one asked for."""
    return sent(caller.platform.program_draft(caller.actor, permit, version))


@router.get(
    "/{permit}/draft/versions",
    response_model=list[VersionDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def draft_versions(caller: Runner, permit: str) -> Response:
    """Which versions of your program are kept, the newest first."""
    return sent(list(caller.platform.draft_versions(caller.actor, permit)))


@router.post(
    "/{permit}/draft", response_model=DraftDocument, responses=describe(401, 403, 404, 409, 422)
)
def save_draft(caller: Runner, permit: str, asked: Program) -> Response:
    """Keep the program that you write as its next version; nobody else reads it."""
    return sent(
        caller.platform.save_draft(
            caller.actor, permit, asked.text, asked.filename, after=asked.after
        )
    )


@router.get(
    "/{permit}/budget",
    response_model=list[AccountDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def budget(caller: Reader, permit: str) -> Response:
    """What answers with noise are charged to: each dataset's account, and the permit's own."""
    return sent(list(caller.platform.privacy_accounts(caller.actor, permit)))


@router.post(
    "/{permit}/questions/expected",
    response_model=ExpectedDocument,
    responses=describe(401, 403, 404, 409, 422),
)
def expected(caller: Runner, permit: str, asked: Question) -> Response:
    """What an answer would cost and how far it may be off; nothing is spent."""
    platform = caller.platform
    return sent(
        platform.expected_error(caller.actor, permit, asked.question, purpose=asked.purpose)
    )


@router.post(
    "/{permit}/questions",
    response_model=AnswerDocument,
    responses=describe(401, 403, 404, 409, 422),
)
def ask(caller: Runner, permit: str, asked: Question) -> Response:
    """The noisy answer, charged to the budget; the same question again is the same answer, free."""
    return sent(caller.platform.ask(caller.actor, permit, asked.question, purpose=asked.purpose))


def _unless_changed(platform: Platform, if_match: str | None, permit: str) -> Any:
    return unless_changed(platform, if_match, lambda tx: platform.permits.get(tx, permit))


def _when(permit: Permit) -> list[str]:
    return [str(plain(permit.issued_at)), permit.id]
