"""Who cites whom in a collection of texts, and which act changed what. Open data, read without a token."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from casemate.knowledge.citing import Amendment, Neighbourhood, Page
from casemate.portal.callers import Anyone
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/corpora", tags=["knowledge"])
PageDocument = schema_of(Page)
AmendmentDocument = schema_of(Amendment)
NeighbourhoodDocument = schema_of(Neighbourhood)

Work = Annotated[str, Query(max_length=300, description="The work's name or address (ELI).")]
Key = Annotated[
    str | None, Query(max_length=300, description="The provision's key; the whole work if none.")
]
Day = Annotated[date | None, Query(description="As cited on this day; ever if none.")]
After = Annotated[int, Query(ge=0, le=10_000_000, description="`after` of the page before.")]
Most = Annotated[int, Query(ge=1, le=1000, description="The most that come at once.")]
Language = Annotated[str | None, Query(max_length=3, pattern="^[a-z]{2,3}$")]


@router.get("/{corpus}/citations", response_model=PageDocument, responses=describe(404, 422))
def citations(
    anyone: Anyone, corpus: str, work: Work, key: Key = None, on: Day = None, after: After = 0,
    most: Most = 100,
) -> Response:  # fmt: skip
    """What a work, or one provision of it, cites, each with the words that cite."""
    return sent(anyone.platform.citations_of(corpus, work, key, on=on, after=after, most=most))


@router.get("/{corpus}/cited-by", response_model=PageDocument, responses=describe(404, 422))
def cited_by(
    anyone: Anyone, corpus: str, work: Work, key: Key = None, on: Day = None, after: After = 0,
    most: Most = 100,
) -> Response:  # fmt: skip
    """Who cites a provision, or a work from outside, which need not be held itself."""
    return sent(anyone.platform.cited_by(corpus, work, key, on=on, after=after, most=most))


@router.get(
    "/{corpus}/amendments",
    response_model=list[AmendmentDocument],  # type: ignore[valid-type]
    responses=describe(404, 422),
)
def amendments(
    anyone: Anyone, corpus: str, work: Work, key: Key = None, lang: Language = None
) -> Response:
    """Which acts changed a work, or one provision of it, the oldest first."""
    return sent(list(anyone.platform.amendments_of(corpus, work, key, lang)))


@router.get(
    "/{corpus}/amended-by",
    response_model=list[AmendmentDocument],  # type: ignore[valid-type]
    responses=describe(404, 422),
)
def amended_by(anyone: Anyone, corpus: str, work: Work) -> Response:
    """What a work changes in others, as its own words say."""
    return sent(list(anyone.platform.amendments_by(corpus, work)))


@router.get(
    "/{corpus}/citation-graph", response_model=NeighbourhoodDocument, responses=describe(404, 422)
)
def citation_graph(
    anyone: Anyone,
    corpus: str,
    work: Work,
    key: Key = None,
    on: Day = None,
    steps: Annotated[int, Query(ge=1, le=2, description="How far around.")] = 1,
) -> Response:
    """What cites a work or a provision and what it cites, as nodes and ties."""
    return sent(anyone.platform.citation_graph(corpus, work, key, on=on, steps=steps))
