"""Collections of texts: what held on a day, as known on another. Open data, read without a token."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from casemate.clock import system_clock
from casemate.knowledge.answers import Quote
from casemate.knowledge.answers.answering import LONGEST_QUESTION
from casemate.knowledge.documents import Standing
from casemate.knowledge.documents.library import State, Version
from casemate.knowledge.keeping import KeptCorpus
from casemate.knowledge.searching import LONGEST_SEARCH, MOST_HITS, SearchHit
from casemate.portal.callers import Anyone
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/corpora", tags=["knowledge"])
CorpusDocument = schema_of(KeptCorpus)
VersionDocument = schema_of(Version)
StandingDocument = schema_of(Standing)
StateDocument = schema_of(State)
QuoteDocument = schema_of(Quote)
HitDocument = schema_of(SearchHit)


class InstrumentDocument(BaseModel):
    """A work to choose, where a question fits several."""

    work: str
    title: str


class AnswerDocument(BaseModel):
    """Quotes, the best first, or a refusal; then `near` quotes what comes nearest, and is no answer."""

    question: str
    language: str
    on: date
    refusal: str | None
    confidence: float
    quotes: list[QuoteDocument]  # type: ignore[valid-type]
    instruments: list[InstrumentDocument]
    nearest: list[str]
    near: list[QuoteDocument]  # type: ignore[valid-type]
    receipt: dict[str, Any]


Work = Annotated[str, Query(max_length=300, description="The work's name or address (ELI).")]
Key = Annotated[str, Query(max_length=300, description="The provision's key, such as art_1er.")]
Language = Annotated[str, Query(max_length=3, pattern="^[a-z]{2,3}$")]


@router.get("", response_model=list[CorpusDocument])  # type: ignore[valid-type]
def list_(anyone: Anyone) -> Response:
    """The collections of texts, with their licences."""
    return sent(list(anyone.platform.corpora()))


@router.get(
    "/{corpus}/works",
    response_model=list[VersionDocument],  # type: ignore[valid-type]
    responses=describe(404),
)
def works(anyone: Anyone, corpus: str) -> Response:
    """The newest version of each work in each of its languages; it may be one to come."""
    return sent(list(anyone.platform.works_of_corpus(corpus)))


@router.get(
    "/{corpus}/versions",
    response_model=list[VersionDocument],  # type: ignore[valid-type]
    responses=describe(404, 422),
)
def versions(anyone: Anyone, corpus: str, work: Work, lang: Language | None = None) -> Response:
    """The versions of a work, the oldest first."""
    return sent(list(anyone.platform.versions_in_corpus(corpus, work, lang)))


@router.get("/{corpus}/provision", response_model=StandingDocument, responses=describe(404, 422))
def provision(
    anyone: Anyone,
    corpus: str,
    work: Work,
    key: Key,
    lang: Language = "fr",
    on: Annotated[date | None, Query(description="The day asked about; today if none.")] = None,
    known: Annotated[date | None, Query(description="As known on this day; now if none.")] = None,
) -> Response:
    """A provision as in force on a day, as known on another; `why` says why there is none."""
    day = on or system_clock().date()
    return sent(anyone.platform.provision_on(corpus, work, key, lang, day, known=known))


@router.get(
    "/{corpus}/search",
    response_model=list[HitDocument],  # type: ignore[valid-type]
    responses=describe(404, 422),
)
def search(
    anyone: Anyone,
    corpus: str,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST_SEARCH, description="Words.")],
    lang: Language = "fr",
    on: Annotated[date | None, Query(description="The day asked about; today if none.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_HITS)] = 10,
) -> Response:
    """Provisions that words mean, the best first, each with the sentence that has most of them."""
    day = on or system_clock().date()
    return sent(list(anyone.platform.search_corpus(corpus, q, lang, day, limit)))


@router.get("/{corpus}/answer", response_model=AnswerDocument, responses=describe(404, 422))
def answer(
    anyone: Anyone,
    corpus: str,
    question: Annotated[str, Query(min_length=1, max_length=LONGEST_QUESTION)],
    lang: Language = "fr",
    on: Annotated[date | None, Query(description="The day asked about; today if none.")] = None,
    known: Annotated[date | None, Query(description="As known on this day; now if none.")] = None,
    quotes: Annotated[int, Query(ge=1, le=10)] = 3,
    works: Annotated[list[str] | None, Query(max_length=20, description="Ask these alone.")] = None,
) -> Response:
    """Quotes that answer a question, each with its source, or a refusal; the receipt lets you ask again."""
    day = on or system_clock().date()
    return sent(
        anyone.platform.ask_corpus(
            corpus, question, lang, day, known=known, quotes=quotes, works=works or ()
        )
    )


@router.get(
    "/{corpus}/history",
    response_model=list[StateDocument],  # type: ignore[valid-type]
    responses=describe(404, 422),
)
def history(anyone: Anyone, corpus: str, work: Work, key: Key, lang: Language = "fr") -> Response:
    """How a provision read over time, the oldest wording first."""
    return sent(list(anyone.platform.provision_history(corpus, work, key, lang)))
