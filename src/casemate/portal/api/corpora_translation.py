"""Texts in other languages, and their terms; what a machine wrote is marked."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from casemate.clock import system_clock
from casemate.knowledge.translation import Term, Translation
from casemate.knowledge.translation.keeping import KeptMemory
from casemate.knowledge.translation.translating import LONGEST_TEXT
from casemate.portal.api.corpora import Key, Work
from casemate.portal.callers import Anyone, Reader
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/corpora", tags=["knowledge"])
TranslationDocument = schema_of(Translation)
TermDocument = schema_of(Term)
MemoryDocument = schema_of(KeptMemory)
_CODE = "^[a-z]{2,3}$"
From = Annotated[str, Query(alias="from", pattern=_CODE, description="The language it is in.")]
To = Annotated[str, Query(alias="to", pattern=_CODE, description="The language wanted.")]


class OwnText(BaseModel):
    """A text to translate; nothing of it is kept."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    source: str = Field(pattern=_CODE)
    target: str = Field(pattern=_CODE)
    machine: bool = True


@router.get(
    "/{corpus}/translation", response_model=TranslationDocument, responses=describe(404, 422)
)
def translation(
    anyone: Anyone,
    corpus: str,
    work: Work,
    key: Key,
    source: From,
    target: To,
    on: Annotated[date | None, Query(description="The day asked about; today if none.")] = None,
    machine: Annotated[
        bool, Query(description="Whether a machine translates what nothing else does.")
    ] = True,
) -> Response:
    """A provision in another language: the official version where it is, else sentence by sentence from
    what was translated before, else by a machine, and each sentence says which."""
    day = on or system_clock().date()
    return sent(
        anyone.platform.translate_provision(corpus, work, key, source, target, day, machine=machine)
    )


@router.post(
    "/{corpus}/translation",
    response_model=TranslationDocument,
    responses=describe(401, 403, 404, 422),
)
def translate_text(reader: Reader, corpus: str, asked: OwnText) -> Response:
    """A text of one's own, by a collection's memory and by machines; nothing of it is kept."""
    return sent(
        reader.platform.translate_text(
            reader.actor, corpus, asked.text, asked.source, asked.target, machine=asked.machine
        )
    )


@router.get(
    "/{corpus}/terms",
    response_model=list[TermDocument],  # type: ignore[valid-type]
    responses=describe(404, 422),
)
def terms(
    anyone: Anyone,
    corpus: str,
    source: From,
    target: To,
    text: Annotated[str, Query(max_length=200, description="Words that a term must have.")] = "",
    most: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """Terms in two languages, the surest first, each with the provisions that show it."""
    return sent(list(anyone.platform.terms_of_corpus(corpus, source, target, text, most=most)))


@router.get(
    "/{corpus}/memory",
    response_model=MemoryDocument | None,
    responses=describe(404),
)
def memory(anyone: Anyone, corpus: str) -> Response:
    """What the translation memory of a collection holds; `null` where there is none."""
    return sent(anyone.platform.memory_of_corpus(corpus))
