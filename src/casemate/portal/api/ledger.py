"""The ledger: open to anyone. Entries, checkpoints, proofs, and the whole of it as a file."""

import base64
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel
from starlette.responses import PlainTextResponse, StreamingResponse

from casemate.ledger import Entry, Wanted
from casemate.ledger.merkle import leaf_hash
from casemate.plain import plain
from casemate.portal import paging
from casemate.portal.callers import Anyone
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.problems import describe
from casemate.rotation import PublicKey

router = APIRouter(prefix="/ledger", tags=["ledger"])
EntryDocument = schema_of(Entry)
_PIECE = 2**18
Index = Annotated[int, Query(ge=0, le=2**53)]
Place = Annotated[int, Path(ge=0, le=2**53)]
Size = Annotated[int | None, Query(ge=0, le=2**53)]
Moment = Annotated[AwareDatetime | None, Query(description="RFC 3339, with its zone.")]


class WholeEntry(EntryDocument):  # type: ignore[misc, valid-type]
    """An entry with the text that was hashed, and its hash in base64."""

    body: str
    leaf: str


class MonthlyCount(BaseModel):
    """How many entries of one act a month has."""

    month: str
    act: str
    entries: int


@router.get("/entries", response_model=Page[EntryDocument], responses=describe(422))  # type: ignore[valid-type]
def entries(
    anyone: Anyone,
    subject: Annotated[str | None, Query(max_length=100)] = None,
    start: Index = 0,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """Entries in their order, from number ``start`` or the cursor on; of one record if its id is given.
    They hold no personal data."""
    start = start if cursor is None else paging.read_number(cursor)
    found = anyone.platform.entries(anyone.account, start=start, subject=subject, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    return sent({"items": shown, "next": paging.write([shown[-1].index + 1]) if more else None})


@router.get("/newest", response_model=Page[EntryDocument], responses=describe(422))  # type: ignore[valid-type]
def newest(
    anyone: Anyone,
    act: Annotated[str | None, Query(max_length=64)] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    since: Moment = None,
    until: Moment = None,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="Only below this one.")] = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """Entries, the newest first: of one act, of one record, from a moment on, before a moment."""
    before = before if cursor is None else paging.read_number(cursor)
    wanted = Wanted(act, subject, since, until)
    found = anyone.platform.explore(wanted, anyone.account, before=before, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    return sent({"items": shown, "next": paging.write([shown[-1].index]) if more else None})


@router.get("/activity", response_model=list[MonthlyCount])
def activity(anyone: Anyone) -> Response:
    """How many entries of each act there are in each month."""
    counts = anyone.platform.ledger_activity(anyone.account)
    return sent(
        [
            {"month": month, "act": act, "entries": count}
            for (month, act), count in sorted(counts.items())
        ]
    )


@router.get("/entries/{index}", response_model=WholeEntry, responses=describe(404, 422))
def entry(anyone: Anyone, index: Place) -> Response:
    """One entry; ``body`` is the exact text whose hash is its leaf in the tree (RFC 9162)."""
    found, body = anyone.platform.ledger_entry(index, anyone.account)
    leaf = base64.b64encode(leaf_hash(body)).decode()
    return sent({**plain(found), "body": body.decode(), "leaf": leaf})


@router.get("/entries/{index}/proof", response_model=dict[str, Any], responses=describe(404, 422))
def proof(anyone: Anyone, index: Place, size: Size = None) -> Response:
    """That an entry is in the ledger, as it is or as it was with ``size`` entries (RFC 9162 section
    2.1.3)."""
    return sent(anyone.platform.prove(index, anyone.account, size=size))


@router.get("/consistency", response_model=dict[str, Any], responses=describe(404, 422))
def consistency(anyone: Anyone, old_size: Index, new_size: Size = None) -> Response:
    """That the first ``old_size`` entries are today, or were at ``new_size``, what they were (RFC 9162
    section 2.1.4)."""
    return sent(anyone.platform.prove_consistency(old_size, anyone.account, new_size=new_size))


@router.get("/keys", response_model=list[schema_of(PublicKey)])  # type: ignore[misc]
def keys(anyone: Anyone) -> Response:
    """The public keys of this home, those of today first: what signed, from when to when."""
    return sent(list(anyone.platform.keys(anyone.account)))


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
        # On disk, so that a long ledger and many readers do not meet in memory.
        with TemporaryFile("w+", encoding="utf-8", newline="\n") as written:
            anyone.platform.export_ledger(written, anyone.account)
            written.seek(0)
            yield from iter(lambda: written.read(_PIECE), "")

    return StreamingResponse(lines(), media_type="application/jsonl")
