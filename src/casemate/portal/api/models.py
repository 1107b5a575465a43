"""Models of the register's entries: which, and whether they may go out."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.assurance.gate import Standing
from casemate.assurance.naming import ModelException, NamedModel
from casemate.identity import Scope
from casemate.portal.api.applications import Authority
from casemate.portal.api.evaluations import Recorder
from casemate.portal.callers import Caller, Reader, needs_one_of
from casemate.portal.documents import schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.problems import describe

router = APIRouter(prefix="/models", tags=["assurance"], route_class=KeyedRoute)
NamedDocument = schema_of(NamedModel)
StandingDocument = schema_of(Standing)
ExceptionDocument = schema_of(ModelException)


Assessor = Annotated[Caller, needs_one_of(Scope.run, Scope.decide)]


class AssessmentDocument(BaseModel):
    """An assessment, and the digest of it that stands on the ledger."""

    assessment: dict[str, Any]
    digest: str


class Naming(BaseModel):
    """Which model: the output that holds it, or its digest."""

    model_config = ConfigDict(extra="forbid")

    output: str | None = Field(None, max_length=100)
    digest: str | None = Field(None, max_length=100)


class Allowing(BaseModel):
    """A model that may go out, and why."""

    model_config = ConfigDict(extra="forbid")

    digest: str = Field(max_length=100)
    reason: str = Field(max_length=4000)


@router.get(
    "/{algorithm}",
    response_model=list[NamedDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def list_(caller: Reader, algorithm: str) -> Response:
    """The models that an entry is and was about, the newest first."""
    return sent(list(caller.platform.models(caller.actor, algorithm)))


@router.post(
    "/{algorithm}",
    response_model=NamedDocument,
    status_code=201,
    responses=describe(401, 403, 404, 409, 422),
)
def name(caller: Recorder, algorithm: str, asked: Naming) -> Response:
    """Say which model an entry of your organisation is about from now on."""
    named = caller.platform.name_model(
        caller.actor, algorithm, output=asked.output, digest=asked.digest
    )
    return sent(named, status=201)


@router.get(
    "/{algorithm}/standing", response_model=StandingDocument, responses=describe(401, 403, 404)
)
def standing(caller: Reader, algorithm: str) -> Response:
    """Whether an entry may be published, by what was measured of its model."""
    return sent(caller.platform.model_standing(caller.actor, algorithm))


class Assessing(BaseModel):
    """For which day, and by which facts of the system; what its record tells where none are given."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any] | None = None
    closed: bool = Field(False, description="What the facts do not state does not apply.")
    day: date | None = None


@router.post(
    "/{algorithm}/assessment",
    response_model=AssessmentDocument,
    responses=describe(401, 403, 404, 422),
)
def assess(caller: Assessor, algorithm: str, asked: Assessing) -> Response:
    """Hold an entry and the evidence on it against the law; its digest goes on the ledger."""
    found = caller.platform.assess_system(
        caller.actor, algorithm, facts=asked.facts, closed=asked.closed, day=asked.day
    )
    return sent({"assessment": found.assessment, "digest": found.digest})


@router.post(
    "/{algorithm}/allow",
    response_model=ExceptionDocument,
    status_code=201,
    responses=describe(401, 403, 404, 409, 422),
)
def allow(caller: Authority, algorithm: str, asked: Allowing) -> Response:
    """For the authority: let a model go out that was kept back."""
    decided = caller.platform.allow_model(caller.actor, algorithm, asked.digest, asked.reason)
    return sent(decided, status=201)
