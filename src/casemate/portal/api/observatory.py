"""The observatory: published evaluations side by side, for anyone."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from casemate.assurance.observatory import Compared, Line, as_csv
from casemate.portal.callers import Anyone
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/observatory", tags=["assurance"])
Named = Annotated[str | None, Query(max_length=100)]
LineDocument = schema_of(Line)
ComparedDocument = schema_of(Compared)


@router.get(
    "/leaderboard",
    response_model=list[LineDocument],  # type: ignore[valid-type]
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **describe(422)},
)
def leaderboard(
    anyone: Anyone,
    suite: Named = None,
    language: Named = None,
    concern: Annotated[str, Query(max_length=100)] = "everybody",
    every: bool = False,
    as_: Annotated[Literal["json", "csv"], Query(alias="as")] = "json",
) -> Response:
    """Language models side by side, the least wrong first; with `every` also what newer ones replaced.

    `as=csv` sends a table for spreadsheets.
    """
    found = list(anyone.platform.leaderboard(suite, language, concern, every))
    if as_ == "csv":
        told = {"Content-Disposition": 'attachment; filename="leaderboard.csv"'}
        return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=told)
    return sent(found)


@router.get(
    "/comparison",
    response_model=list[ComparedDocument],  # type: ignore[valid-type]
    responses=describe(403, 404, 422),
)
def comparison(
    anyone: Anyone,
    first: Annotated[str, Query(max_length=100)],
    second: Annotated[str, Query(max_length=100)],
) -> Response:
    """Two evaluations of the same suite and language, item by item, corrected for all comparisons."""
    return sent(list(anyone.platform.compare_evaluations(first, second, anyone.account)))
