"""Datasets: find, publish, retire. The catalogue is public; whoever publishes holds the data."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from casemate.catalogue import Citation, Dataset
from casemate.catalogue.records import KEPT_INSIDE, Hit
from casemate.catalogue.search import CAP
from casemate.enclave import AccountState
from casemate.identity import Scope
from casemate.lineage import Lineage
from casemate.portal import paging
from casemate.portal.address import base_of
from casemate.portal.callers import Anyone, Caller, Reader, needs
from casemate.portal.documents import schema_of, sent
from casemate.portal.keyed import KeyedRoute, KeyedUpload
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe
from casemate.portal.uploads import Uploads
from casemate.previews import PREVIEW_ROWS, Preview

router = APIRouter(prefix="/datasets", tags=["catalogue"], route_class=KeyedRoute)
uploads = APIRouter(prefix="/uploads", tags=["catalogue"], route_class=KeyedUpload)
Publisher = Annotated[Caller, needs(Scope.publish)]

Many = Annotated[tuple[Annotated[str, Field(max_length=80)], ...], Query(max_length=20)]
"""Values of one filter, of which any will do."""

DatasetDocument = schema_of(Dataset, without=KEPT_INSIDE)
HitDocument = schema_of(Hit)
BudgetDocument = schema_of(AccountState)


LineageDocument = schema_of(Lineage)
CitationDocument = schema_of(Citation)
PreviewDocument = schema_of(Preview)


class Similar(BaseModel):
    """Datasets that are like another."""

    items: list[HitDocument]  # type: ignore[valid-type]


class Found(BaseModel):
    """One page of a search."""

    items: list[HitDocument]  # type: ignore[valid-type]
    next: str | None
    total: int
    total_is_exact: bool
    facets: dict[str, dict[str, int]]
    facets_are_exact: bool


class Uploaded(BaseModel):
    """A file that was sent: name it when you publish. Unused, it is removed after a day."""

    upload: str
    size: int
    digest: str


class Publication(BaseModel):
    """What to publish: a file that was uploaded, and the description of what is in it."""

    upload: str = Field(max_length=100, examples=["upload-k3v9q2m7x4ab"])
    description: dict[str, Any]
    encoding: str | None = Field(None, max_length=40)
    delimiter: str | None = Field(None, max_length=1)


class AskedPlan(BaseModel):
    """A protection plan; for these variables, or for all that it does not drop."""

    plan: dict[str, Any]
    variables: list[str] | None = None


class Retirement(BaseModel):
    """Why a dataset is withdrawn: data users will read it."""

    reason: str = Field(max_length=2000)


@router.get("", response_model=Found, responses=describe(422))
def search(
    anyone: Anyone,
    q: Annotated[str, Query(max_length=400, description="Words to look for.")] = "",
    theme: Many = (),
    holder: Many = (),
    access_right: Many = (),
    regime: Many = (),
    sort: Literal["best", "newest"] = "best",
    offset: Annotated[
        int, Query(ge=0, le=10**9, description="The first so many are left out.")
    ] = 0,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """Search the catalogue, best first; with counts of themes, holders, access rights and regimes.

    A filter that is given several times lets any of its values do.
    """
    offset = offset if cursor is None else paging.read_number(cursor)
    chosen = {"theme": theme, "holder": holder, "access_right": access_right, "regime": regime}
    found = anyone.platform.search(q, **chosen, sort=sort, limit=limit, offset=offset)
    seen = offset + len(found.hits)
    answer = {
        "items": found.hits,
        "next": paging.write([seen]) if found.hits and seen < min(found.total, CAP) else None,
        "total": found.total,
        "total_is_exact": found.total_is_exact,
        "facets": found.facets,
        "facets_are_exact": found.facets_are_exact,
    }
    return sent(answer)


@router.get("/{dataset}", response_model=DatasetDocument, responses=describe(404, 422))
def show(
    anyone: Anyone, dataset: str, version: Annotated[int | None, Query(ge=1, le=10**9)] = None
) -> Response:
    """All that anyone may know of a dataset: everything but its data."""
    return sent(anyone.platform.dataset(dataset, version).as_shown())


@router.post(
    "/{dataset}/check-plan",
    response_model=dict[str, Any],
    responses=describe(401, 403, 404, 422),
)
def check_plan(caller: Reader, dataset: str, asked: AskedPlan) -> Response:
    """A protection plan as it would be signed, if it fits the dataset and its holder's rules."""
    return sent(caller.platform.check_plan(dataset, asked.plan, asked.variables))


@router.get(
    "/{dataset}/budget",
    response_model=BudgetDocument | None,
    responses=describe(401, 403, 404),
)
def budget(caller: Reader, dataset: str) -> Response:
    """For its holder: what noisy answers have cost, under all permits; ``null`` where it has no budget."""
    return sent(caller.platform.privacy_account(caller.actor, dataset))


@router.get("/{dataset}/lineage", response_model=LineageDocument, responses=describe(404))
def lineage(anyone: Anyone, dataset: str) -> Response:
    """The versions of a dataset and what each changed; and in numbers what was made of it."""
    return sent(anyone.platform.lineage(dataset))


@router.get("/{dataset}/similar", response_model=Similar, responses=describe(404, 422))
def similar(
    anyone: Anyone, dataset: str, limit: Annotated[int, Query(ge=1, le=20)] = 5
) -> Response:
    """Datasets that are like this one, the likest first."""
    return sent({"items": anyone.platform.similar(dataset, limit)})


@router.get("/{dataset}/citation", response_model=CitationDocument, responses=describe(404, 422))
def citation(
    anyone: Anyone,
    request: Request,
    dataset: str,
    language: Annotated[str, Query(pattern="^[a-z]{2}$")] = "en",
) -> Response:
    """How a dataset is cited: in words, in BibTeX, in CSL-JSON."""
    return sent(anyone.platform.cite(dataset, base_of(request), language))


@router.get("/{dataset}/preview", response_model=PreviewDocument, responses=describe(403, 404, 422))
def preview(
    anyone: Anyone, dataset: str, rows: Annotated[int, Query(ge=1, le=PREVIEW_ROWS)] = PREVIEW_ROWS
) -> Response:
    """The first rows of open data, read under its standing permit: every look is on the ledger."""
    return sent(anyone.platform.preview(anyone.account, dataset, rows))


@router.post(
    "", response_model=DatasetDocument, status_code=201, responses=describe(401, 403, 404, 409, 422)
)
def publish(caller: Publisher, request: Request, asked: Publication) -> Response:
    """Publish an uploaded file as its description says; the same id again is a new version."""
    box: Uploads = request.app.state.uploads
    with box.taken(caller.actor, asked.upload) as file:
        made = caller.platform.publish(
            caller.actor,
            file,
            asked.description,
            encoding=asked.encoding,
            delimiter=asked.delimiter,
        )
    where = request.url_for("show", dataset=made.id).path
    return sent(made.as_shown(), status=201, headers={"Location": where})


@router.post(
    "/{dataset}/retire",
    response_model=DatasetDocument,
    responses=describe(401, 403, 404, 409, 412, 422),
)
def retire(
    caller: Publisher, dataset: str, asked: Retirement, if_match: IfMatch = None
) -> Response:
    """Withdraw a dataset for good: its keys are destroyed, its description stays."""
    platform = caller.platform
    with unless_changed(
        platform, if_match, lambda tx: platform.catalogue.get(tx, dataset).as_shown()
    ):
        return sent(platform.retire(caller.actor, dataset, asked.reason).as_shown())


@uploads.post("", response_model=Uploaded, status_code=201, responses=describe(401, 403, 413, 422))
async def upload(
    caller: Publisher,
    request: Request,
    name: Annotated[
        str,
        Header(
            alias="Content-Name",
            max_length=200,
            description="The file's name: its ending tells the format.",
        ),
    ] = "data.csv",
) -> Response:
    """Send a file, as it is, in the request's body; it is written to disk as it arrives."""
    await run_in_threadpool(caller.platform.require_publisher, caller.actor)
    box: Uploads = request.app.state.uploads
    kept = await box.keep(caller.actor, name, request.stream())
    return sent({"upload": kept.id, "size": kept.size, "digest": kept.digest}, status=201)
