"""Runs: hand in a program, follow it, stop it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.enclave import Followed, Limits, Replay, Run
from casemate.identity import Scope
from casemate.plain import plain
from casemate.portal import paging
from casemate.portal.api.applications import Words
from casemate.portal.callers import Caller, Reader, needs
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.problems import describe
from casemate.portal.waiting import waited

router = APIRouter(prefix="/runs", tags=["runs"], route_class=KeyedRoute)
Runner = Annotated[Caller, needs(Scope.run)]
RunDocument = schema_of(Run)
FollowedDocument = schema_of(Followed)
ReplayDocument = schema_of(Replay)
LONGEST_WAIT = 30.0
"""Seconds that one request waits for a run: proxies close a silent connection after a minute."""


class NewRun(BaseModel):
    """A program and the permit that it runs under."""

    model_config = ConfigDict(extra="forbid")

    permit: str = Field(max_length=100)
    script: str = Field(max_length=8_000_000, examples=["print('hello')"])
    filename: str = Field(
        "script.py",
        max_length=200,
        description="Its ending tells the kind: py, ipynb, sql, R, json.",
    )
    purpose: str | None = Field(None, max_length=200)
    limits: Limits | None = None
    environment: str | None = Field(None, max_length=200)
    algorithm: str | None = Field(
        None,
        max_length=100,
        description="The register's entry that it is of (default: that of the same program).",
    )
    entry: dict[str, Any] | None = Field(
        None,
        description="What that entry is told: nothing is released before it is complete.",
        examples=[
            {
                "short_description": "Counts visits by diagnosis.",
                "publication_category": "other",
                "ai_act_class": "out_of_scope",
            }
        ],
    )


class Handed(BaseModel):
    """A program and its file's name."""

    filename: str
    script: str


@router.get("", response_model=Page[RunDocument], responses=describe(401, 403, 422))  # type: ignore[valid-type]
def list_(
    caller: Reader, cursor: paging.Cursor = None, limit: paging.Limit = paging.MANY
) -> Response:
    """The runs that you may read, the oldest first."""
    return sent(paging.page(caller.platform.list_runs(caller.actor), _when, cursor, limit))


@router.post(
    "", response_model=RunDocument, status_code=202, responses=describe(401, 403, 404, 409, 422)
)
def submit(caller: Runner, request: Request, asked: NewRun) -> Response:
    """Hand in a program; it runs in the enclave as soon as its turn comes."""
    run = caller.platform.run(
        caller.actor,
        asked.permit,
        asked.script.encode(),
        asked.filename,
        purpose=asked.purpose,
        limits=asked.limits,
        environment=asked.environment,
        algorithm=asked.algorithm,
        entry=asked.entry,
    )
    where = request.url_for("show_run", run=run.id).path
    return sent(run, status=202, headers={"Location": where})


@router.get("/{run}", response_model=RunDocument, responses=describe(401, 403, 404, 422))
async def show_run(
    request: Request,
    caller: Reader,
    run: str,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for its end.")
    ] = 0.0,
) -> Response:
    """A run as it stands; or as it is when the machine is done with it, if that is soon."""

    def look() -> Run:
        return caller.platform.run_status(caller.actor, run)

    return sent(await waited(request, look, lambda found: found.is_over, wait))


@router.get("/{run}/program", response_model=Handed, responses=describe(401, 403, 404))
def program(caller: Reader, run: str) -> Response:
    """The program as it was handed in: for its team and for those who judge what it left."""
    filename, script = caller.platform.program(caller.actor, run)
    return sent({"filename": filename, "script": script})


@router.get(
    "/{run}/events", response_model=FollowedDocument, responses=describe(401, 403, 404, 422)
)
async def follow(
    request: Request,
    caller: Reader,
    run: str,
    after: Annotated[
        int, Query(ge=-1, le=2**62, description="The number of the last event that you saw.")
    ] = -1,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the next event.")
    ] = 0.0,
) -> Response:
    """The enclave's account of a run after the last event that you saw; what the program prints is an
    output, and not here."""

    def look() -> Followed:
        return caller.platform.follow(caller.actor, run, after)

    def is_told(told: Followed) -> bool:
        return bool(told.events) or told.is_over

    return sent(await waited(request, look, is_told, wait))


@router.post(
    "/{run}/cancel", response_model=RunDocument, responses=describe(401, 403, 404, 409, 422)
)
def cancel(caller: Runner, run: str, asked: Words) -> Response:
    """Stop a run now."""
    return sent(caller.platform.cancel(caller.actor, run, asked.reason))


@router.post(
    "/{run}/replay", response_model=ReplayDocument, responses=describe(401, 403, 404, 409, 422)
)
def replay(caller: Runner, run: str) -> Response:
    """Do a finished run again, and say which outputs came out as they did."""
    return sent(caller.platform.replay(caller.actor, run))


def _when(run: Run) -> list[str]:
    return [str(plain(run.submitted_at)), run.id]
