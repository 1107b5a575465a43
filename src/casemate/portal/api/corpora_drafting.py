"""The drafting office: a draft is sent in the request, looked at in memory and kept nowhere."""

from base64 import b64decode
from binascii import Error as NoBase64
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.errors import BadInput
from casemate.knowledge.drafting import LARGEST_DRAFT, Report
from casemate.knowledge.drafting.amending.consolidating import Consolidated
from casemate.knowledge.drafting.transposing import Table
from casemate.portal.callers import Reader
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/corpora", tags=["knowledge"])
ReportDocument = schema_of(Report)
ConsolidatedDocument = schema_of(Consolidated)
TableDocument = schema_of(Table)
_LONGEST = LARGEST_DRAFT * 4 // 3 + 4
File = Annotated[str, Field(max_length=_LONGEST, description="The file's bytes, in base64.")]
Name = Annotated[
    str,
    Field(
        min_length=1, max_length=200, description="The file's name; its ending tells text apart."
    ),
]


class DraftToCheck(BaseModel):
    """A draft, and the days that it does not say itself."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    content: File
    begins: date | None = Field(None, description="Its entry into force.")
    published: date | None = Field(None, description="When it is to be published.")


class TextToCarryOut(BaseModel):
    """An amending text, and what it is carried out on."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    content: File
    work: str | None = Field(
        None, max_length=300, description="The law; the one it names, if none."
    )
    on: date | None = Field(None, description="The day whose version is changed; today, if none.")


class TextsToCompare(BaseModel):
    """A directive, and the act of the collection or the file that transposes it."""

    model_config = ConfigDict(extra="forbid")

    directive: str = Field(max_length=300, description="The work's name or address (ELI).")
    act: str | None = Field(None, max_length=300)
    name: Name = "draft"
    content: File | None = None
    on: date | None = None
    decisions: dict[str, Any] | None = Field(
        None, description="A person's words on rows: `row`, a list of `of`, `by` and `note`."
    )


@router.post(
    "/{corpus}/draft-check",
    response_model=ReportDocument,
    responses=describe(401, 403, 404, 413, 422),
)
def check(caller: Reader, corpus: str, asked: DraftToCheck) -> Response:
    """What is amiss in a draft: structure, numbers, terms, days, references, like provisions."""
    return sent(
        caller.platform.check_draft(
            caller.actor, _bytes(asked.content), asked.name,
            corpus=corpus, begins=asked.begins, published=asked.published,
        )
    )  # fmt: skip


@router.post(
    "/{corpus}/consolidation",
    response_model=ConsolidatedDocument,
    responses=describe(401, 403, 404, 413, 422),
)
def consolidation(caller: Reader, corpus: str, asked: TextToCarryOut) -> Response:
    """A law as it reads once an amending text is carried out; what is not certain is listed."""
    return sent(
        caller.platform.consolidate(
            caller.actor, _bytes(asked.content), asked.name, corpus, work=asked.work, on=asked.on
        )
    )


@router.post(
    "/{corpus}/transposition",
    response_model=TableDocument,
    responses=describe(401, 403, 404, 413, 422),
)
def transposition(caller: Reader, corpus: str, asked: TextsToCompare) -> Response:
    """Each paragraph of a directive beside what transposes it, and what has no counterpart."""
    content = None if asked.content is None else _bytes(asked.content)
    return sent(
        caller.platform.transpose(
            caller.actor, corpus, asked.directive, act=asked.act, content=content, name=asked.name,
            on=asked.on, decisions=asked.decisions,
        )
    )  # fmt: skip


def _bytes(given: str) -> bytes:
    try:
        return b64decode(given, validate=True)
    except (NoBase64, ValueError) as failure:
        raise BadInput("`content` is not base64: send the file's bytes in it") from failure
