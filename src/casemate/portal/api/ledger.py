"""The ledger: open to anyone. Entries, checkpoints, proofs, and the whole of it as a file."""

import io
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from starlette.responses import PlainTextResponse, StreamingResponse

from casemate.ledger import Entry
from casemate.portal import paging
from casemate.portal.callers import Anyone
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/ledger", tags=["ledger"])
EntryDocument = schema_of(Entry)
Index = Annotated[int, Query(ge=0, le=2**53)]


@router.get("/entries", response_model=Page[EntryDocument], responses=describe(422))  # type: ignore[valid-type]
def entries(
    anyone: Anyone,
    subject: Annotated[str | None, Query(max_length=100)] = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """Entries in their order; of one record if its id is given. They hold no personal data."""
    start = paging.read_number(cursor)
    found = anyone.platform.entries(anyone.account, start=start, subject=subject, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    return sent({"items": shown, "next": paging.write([shown[-1].index + 1]) if more else None})


@router.get("/entries/{index}/proof", response_model=dict[str, Any], responses=describe(404, 422))
def proof(anyone: Anyone, index: int) -> Response:
    """That an entry is in the ledger (RFC 9162 section 2.1.3)."""
    return sent(anyone.platform.prove(index, anyone.account))


@router.get("/consistency", response_model=dict[str, Any], responses=describe(404, 422))
def consistency(anyone: Anyone, old_size: Index) -> Response:
    """That the first ``old_size`` entries are today what they were (RFC 9162 section 2.1.4)."""
    return sent(anyone.platform.prove_consistency(old_size, anyone.account))


@router.get("/checkpoint", response_class=PlainTextResponse)
def checkpoint(anyone: Anyone) -> Response:
    """The signed checkpoint: keep it, and no later rewriting goes unnoticed."""
    return PlainTextResponse(anyone.platform.checkpoint(anyone.account))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/jsonl": {}}}},
)
def export(anyone: Anyone) -> Response:
    """Every entry, for the stand-alone verifier."""

    def lines() -> Iterator[str]:
        written = io.StringIO()
        anyone.platform.export_ledger(written, anyone.account)
        written.seek(0)
        yield from written

    return StreamingResponse(lines(), media_type="application/jsonl")
