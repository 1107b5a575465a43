"""Evaluations: record, list, read, publish."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.assurance.keeping import KeptEvaluation
from casemate.identity import Scope
from casemate.portal.api.runs import RunDocument
from casemate.portal.callers import Anyone, Caller, Reader, needs
from casemate.portal.documents import schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.problems import describe

router = APIRouter(prefix="/evaluations", tags=["assurance"], route_class=KeyedRoute)
Recorder = Annotated[Caller, needs(Scope.run)]
EvaluationDocument = schema_of(KeptEvaluation)
Named = Annotated[str | None, Query(max_length=100)]


class NewEvaluation(BaseModel):
    """An evaluation that was measured elsewhere."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any] = Field(
        description="model, suite, suite_version, seed, settings, machine, figures, not_tested; and "
        "data, energy, samples where there are any."
    )
    algorithm: str | None = Field(None, max_length=100, description="The register's id.")


@router.get("", response_model=list[EvaluationDocument], responses=describe(401, 403, 422))  # type: ignore[valid-type]
def list_(
    caller: Reader, algorithm: Named = None, suite: Named = None, model: Named = None
) -> Response:
    """The evaluations that you may read, the newest first; `model` is a digest."""
    return sent(list(caller.platform.evaluations(caller.actor, algorithm, suite, model)))


@router.post(
    "",
    response_model=EvaluationDocument,
    status_code=201,
    responses=describe(401, 403, 404, 409, 422),
)
def record(caller: Recorder, asked: NewEvaluation) -> Response:
    """Keep an evaluation as evidence on an algorithm of your organisation, or on none."""
    kept = caller.platform.record_evaluation(caller.actor, asked.document, asked.algorithm)
    return sent(kept, status=201)


class InPlace(BaseModel):
    """A model to be tried inside the enclave."""

    model_config = ConfigDict(extra="forbid")

    permit: str = Field(max_length=100)
    request: dict[str, Any] = Field(
        description="model (output, file or rule), target, positive, features, protected, data, "
        "threshold, seed, algorithm."
    )
    purpose: str | None = Field(None, max_length=200)


@router.post(
    "/in-place",
    response_model=RunDocument,
    status_code=202,
    responses=describe(401, 403, 404, 409, 422),
)
def in_place(caller: Recorder, asked: InPlace) -> Response:
    """Have a model tried on the view of a permit: a run, whose figures are checked before they leave."""
    run = caller.platform.evaluate_in_place(
        caller.actor, asked.permit, json.dumps(asked.request).encode(), purpose=asked.purpose
    )
    return sent(run, status=202)


@router.get("/published", response_model=list[EvaluationDocument], responses=describe(422))  # type: ignore[valid-type]
def published(anyone: Anyone, suite: Named = None, model: Named = None) -> Response:
    """What the observatory shows to anyone, the newest first."""
    return sent(list(anyone.platform.published_evaluations(suite, model)))


@router.get("/{evaluation}", response_model=EvaluationDocument, responses=describe(403, 404))
def show(anyone: Anyone, evaluation: str) -> Response:
    """One evaluation; a published one for anyone."""
    return sent(anyone.platform.evaluation(evaluation, anyone.account))


@router.get(
    "/{evaluation}/samples", response_model=list[dict[str, Any]], responses=describe(403, 404)
)
def samples(anyone: Anyone, evaluation: str) -> Response:
    """The single answers that it came with."""
    return sent(list(anyone.platform.evaluation_samples(evaluation, anyone.account)))


@router.post(
    "/{evaluation}/publish",
    response_model=EvaluationDocument,
    responses=describe(401, 403, 404, 409),
)
def publish(caller: Recorder, evaluation: str) -> Response:
    """Let anyone read it."""
    return sent(caller.platform.publish_evaluation(caller.actor, evaluation))
