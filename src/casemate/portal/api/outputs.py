"""Outputs: what came out, what the checker decides, what may leave."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.enclave import CLAIM_SECONDS, Claim, Comparison, Output, QueueItem, ReleaseReceipt
from casemate.identity import Scope
from casemate.platform import Platform
from casemate.portal import paging
from casemate.portal.callers import Caller, Reader, needs, needs_one_of
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe

router = APIRouter(prefix="/outputs", tags=["outputs"], route_class=KeyedRoute)
Checker = Annotated[Caller, needs(Scope.review)]
TeamOrChecker = Annotated[Caller, needs_one_of(Scope.run, Scope.review)]
OutputDocument = schema_of(Output)
QueueDocument = schema_of(QueueItem)
ComparisonDocument = schema_of(Comparison)
ClaimDocument = schema_of(Claim)
ReceiptDocument = schema_of(ReleaseReceipt)
_CHANGES = describe(401, 403, 404, 409, 412, 422)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class Reviewed(BaseModel):
    """What the checker decides, and why."""

    model_config = ConfigDict(extra="forbid")

    clear: bool
    reason: str = Field(max_length=20_000)


class Repair(BaseModel):
    """Which of an output's repairs."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, le=10_000)


class ClaimFor(BaseModel):
    """For how long."""

    seconds: int = Field(CLAIM_SECONDS, ge=1, le=86_400)


@router.get("", response_model=Page[OutputDocument], responses=describe(401, 403, 404, 422))  # type: ignore[valid-type]
def list_(
    caller: Reader,
    run: Annotated[str | None, Query(max_length=100)] = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """The outputs that you may see listed; the evidence only for those who check."""
    known = caller.platform.outputs(caller.actor, run)
    return sent(paging.page(known, lambda one: [one.run, one.id], cursor, limit))


@router.get(
    "/queue",
    response_model=list[QueueDocument],  # type: ignore[valid-type]
    responses=describe(401, 403),
)
def queue(caller: Reader) -> Response:
    """What awaits you, a checker, the oldest first."""
    return sent(list(caller.platform.queue(caller.actor)))


@router.get("/{output}", response_model=OutputDocument, responses=describe(401, 403, 404))
def show(caller: Reader, output: str) -> Response:
    """One output as you may see it."""
    return sent(caller.platform.output(caller.actor, output))


@router.get(
    "/{output}/unread-releases", response_model=list[str], responses=describe(401, 403, 404)
)
def unread_releases(caller: Checker, output: str) -> Response:
    """The earlier outputs of the same data that no machine has compared this one with."""
    return sent(list(caller.platform.unread_releases(caller.actor, output)))


@router.get(
    "/{output}/repairs",
    response_model=list[dict[str, Any]],
    responses=describe(401, 403, 404, 409, 422),
)
def repairs(caller: Reader, output: str) -> Response:
    """What an output that was not let pass could be made into, numbered."""
    return sent(list(caller.platform.repairs(caller.actor, output)))


@router.post(
    "/{output}/repairs", response_model=OutputDocument, status_code=201, responses=_CHANGES
)
def repair(caller: TeamOrChecker, output: str, asked: Repair) -> Response:
    """Have one of its repairs made: a new output, checked as a whole before it leaves."""
    return sent(caller.platform.repair(caller.actor, output, asked.number), status=201)


@router.get(
    "/{output}/evidence",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}},
        **describe(401, 403, 404, 409),
    },
)
def evidence(caller: Checker, output: str) -> Response:
    """For the checker's eyes: the output's bytes, before anything has left. That you looked is recorded."""
    seen, data = caller.platform.evidence(caller.actor, output)
    return _file(seen.shown_name, data)


@router.get(
    "/{output}/comparison",
    response_model=ComparisonDocument,
    responses=describe(401, 403, 404, 422),
)
def comparison(
    caller: Checker,
    output: str,
    against: Annotated[
        str | None, Query(max_length=100, description="A released output; else the nearest ones.")
    ] = None,
) -> Response:
    """For the checker's eyes: how it differs from what left before it. That you looked is recorded."""
    return sent(caller.platform.compare_release(caller.actor, output, against))


@router.post("/{output}/claim", response_model=ClaimDocument, responses=_CHANGES)
def claim(caller: Checker, output: str, asked: ClaimFor) -> Response:
    """Say that you look at it now, so that no other checker does the same work."""
    return sent(caller.platform.claim(caller.actor, output, asked.seconds))


@router.post("/{output}/give-back", response_model=OutputDocument, responses=_CHANGES)
def give_back(caller: Checker, output: str) -> Response:
    """End your claim."""
    return sent(caller.platform.give_back(caller.actor, output))


@router.post("/{output}/review", response_model=OutputDocument, responses=_CHANGES)
def review(caller: Checker, output: str, asked: Reviewed, if_match: IfMatch = None) -> Response:
    """Clear it or refuse it."""
    platform = caller.platform
    with _unless_changed(platform, if_match, output):
        return sent(platform.review(caller.actor, output, clear=asked.clear, reason=asked.reason))


@router.post("/{output}/release", response_model=ReceiptDocument, responses=_CHANGES)
def release(caller: Checker, output: str, if_match: IfMatch = None) -> Response:
    """Let a cleared output go."""
    with _unless_changed(caller.platform, if_match, output):
        return sent(caller.platform.release(caller.actor, output))


@router.get(
    "/{output}/content",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}},
        **describe(401, 403, 404, 409),
    },
)
def content(caller: Reader, output: str) -> Response:
    """The bytes of a released output."""
    data = caller.platform.fetch(caller.actor, output)
    return _file(caller.platform.output(caller.actor, output).shown_name, data)


@router.get("/{output}/receipt", response_model=dict[str, Any], responses=describe(401, 403, 404))
def receipt(caller: Reader, output: str) -> Response:
    """The receipt that travels with a released output, proven under the newest checkpoint."""
    return sent(caller.platform.receipt(caller.actor, output))


def _unless_changed(platform: Platform, if_match: str | None, output: str) -> Any:
    return unless_changed(platform, if_match, lambda tx: platform.enclave.outputs.get(tx, output))


def _file(name: str, data: bytes) -> Response:
    # Never a type that a browser would show: what a program wrote is not run in anybody's page.
    safe = _UNSAFE.sub("_", name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)
