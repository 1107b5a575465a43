"""Provisions in plain words, and what terms mean. Open data, read without a token but for the model."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from casemate.clock import system_clock
from casemate.knowledge.glossary import Glossary
from casemate.knowledge.plain.telling import PlainProvision
from casemate.portal.api.corpora import Key, Language, Work
from casemate.portal.callers import Anyone, Reader
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/corpora", tags=["knowledge"])
PlainDocument = schema_of(PlainProvision)
GlossaryDocument = schema_of(Glossary)
Day = Annotated[date | None, Query(description="The day asked about; today if none.")]
Known = Annotated[date | None, Query(description="As known on this day; now if none.")]


@router.get("/{corpus}/plain", response_model=PlainDocument, responses=describe(404, 422))
def plain(
    anyone: Anyone, corpus: str, work: Work, key: Key, lang: Language = "fr", on: Day = None,
    known: Known = None,
) -> Response:  # fmt: skip
    """A provision in plain words by rules, each sentence beside its original, with what was refused."""
    day = on or system_clock().date()
    return sent(anyone.platform.plain_provision(corpus, work, key, lang, day, known=known))


@router.get(
    "/{corpus}/plain-by-model", response_model=PlainDocument, responses=describe(401, 404, 422, 503)
)
def plain_by_model(
    caller: Reader, corpus: str, work: Work, key: Key, lang: Language = "fr", on: Day = None,
    known: Known = None,
) -> Response:  # fmt: skip
    """The same, proposed by the house's language model first; `by` says whose each sentence is."""
    day = on or system_clock().date()
    return sent(
        caller.platform.plain_provision_by_model(
            caller.actor, corpus, work, key, lang, day, known=known
        )
    )


@router.get("/{corpus}/glossary", response_model=GlossaryDocument, responses=describe(404, 422))
def glossary(
    anyone: Anyone,
    corpus: str,
    lang: Language = "fr",
    term: Annotated[str, Query(max_length=200, description="Words that the term has.")] = "",
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    most: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """The terms that the newest versions of all works define, by term, each with its source."""
    return sent(anyone.platform.glossary_of_corpus(corpus, lang, term=term, start=start, most=most))


@router.get(
    "/{corpus}/work-glossary", response_model=GlossaryDocument, responses=describe(404, 422)
)
def work_glossary(
    anyone: Anyone,
    corpus: str,
    work: Work,
    lang: Language = "fr",
    on: Day = None,
    known: Known = None,
) -> Response:
    """The terms that a work in force on a day defines."""
    day = on or system_clock().date()
    return sent(anyone.platform.glossary_of_work(corpus, work, lang, day, known=known))
