"""The observatory, for anyone: what is published on models, side by side, down to single answers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query, Response

from casemate.assurance.keeping import KeptEvaluation
from casemate.assurance.observatory import (
    Line,
    as_csv,
    has_lines,
    language_of,
    lines,
    newest,
    told_small,
)
from casemate.assurance.results import EVERYBODY
from casemate.assurance.suites import suites
from casemate.errors import CasemateError
from casemate.plain import as_json
from casemate.portal.pages.language import mark
from casemate.portal.pages.observatory_pictures import board_chart, difference_chart, history_chart
from casemate.portal.pages.observatory_words import CONCERNS, OUTCOMES, concern_of, tongue_of
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import Anyone, Navigation, Visit

NAVIGATION: Navigation = (mark("Observatory"), "observatory", None)
router = PageRouter()
ON_A_PAGE = 50
Named = Annotated[str, Query(max_length=100)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/observatory")
def observatory(
    seen: Anyone,
    suite: Named = "",
    language: Named = "",
    concern: Named = EVERYBODY,
    page: PageNumber = 1,
) -> Response:
    """The leaderboard of one suite and concern: all models, or those asked in one language."""
    kept = seen.platform.published_evaluations()
    current = newest(kept)
    asked = {"suite": suite or _first_suite(current), "language": language, "concern": concern}
    of_suite = [one for one in current if one.suite == asked["suite"]]
    found = _narrowed(of_suite, language, concern)
    shown = found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    by_id = {one.id: one for one in of_suite}
    return seen.page(
        "observatory/observatory.html",
        asked=asked,
        lines=shown,
        total=len(found),
        small={line.evaluation: told_small(by_id[line.evaluation]) for line in shown},
        choices=_choices(seen, current, of_suite, asked),
        chart=board_chart(seen, shown, CONCERNS.get(concern, concern)),
        others=[one for one in current if not has_lines(one)][:ON_A_PAGE],
        tongue=tongue_of(seen),
        concern_name=concern_of(seen),
        outcomes=OUTCOMES,
        downloads={
            kind: seen.url("observatory_download", asked | {"as": kind}) for kind in ("csv", "json")
        },
        before=seen.url("observatory", asked | {"page": page - 1}) if page > 1 else None,
        after=seen.url("observatory", asked | {"page": page + 1})
        if len(found) > page * ON_A_PAGE
        else None,
    )


@router.get("/observatory/download", name="observatory_download")
def download(
    seen: Anyone,
    suite: Named = "",
    language: Named = "",
    concern: Named = EVERYBODY,
    as_: Annotated[Literal["csv", "json"], Query(alias="as")] = "csv",
) -> Response:
    """The leaderboard as it is shown, all pages of it, as a file."""
    found = list(seen.platform.leaderboard(suite or None, language or None, concern))
    told = {"Content-Disposition": f'attachment; filename="leaderboard.{as_}"'}
    if as_ == "csv":
        return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=told)
    return Response(as_json(found), media_type="application/json", headers=told)


@router.get("/observatory/method", name="observatory_method")
def method(seen: Anyone) -> Response:
    """What each suite measures, how, and what it cannot tell."""
    return seen.page(
        "observatory/method.html",
        suites=[one.about for one in suites()],
        tongue=tongue_of(seen),
        concern_name=concern_of(seen),
    )


@router.get("/observatory/comparison", name="observatory_comparison")
def comparison(seen: Anyone, first: Named = "", second: Named = "") -> Response:
    """Two evaluations item by item; what is wrong with the choice is said above the form."""
    kept = [one for one in seen.platform.published_evaluations() if has_lines(one)]
    found, error = None, None
    if first and second:
        try:
            found = seen.platform.compare_evaluations(first, second, seen.looks_as)
        except CasemateError as refused:
            error = refused
    by_id = {one.id: one for one in kept}
    return seen.page(
        "observatory/comparison.html",
        status=error.http_status if error else 200,
        error=str(error) if error else None,
        found=found,
        asked={"first": first, "second": second},
        options=[
            ("", seen.gettext("Choose an evaluation")),
            *((one.id, _named(seen, one)) for one in kept),
        ],
        one=by_id.get(first),
        two=by_id.get(second),
        chart=difference_chart(seen, found, CONCERNS, OUTCOMES) if found else None,
        concern_name=concern_of(seen),
        outcomes=OUTCOMES,
    )


@router.get("/observatory/history", name="observatory_history")
def history(seen: Anyone, model: Named = "", suite: Named = "", language: Named = "") -> Response:
    """Every published evaluation of a model's name on a suite, over digests and versions."""
    kept = [
        one
        for one in seen.platform.published_evaluations(suite or None)
        if one.model_name == model and (not language or language_of(one) == language)
    ]
    found = sorted(lines(kept, EVERYBODY), key=lambda one: one.recorded_at)
    return seen.page(
        "observatory/history.html",
        status=200 if found else 404,
        model=model,
        lines=found,
        chart=history_chart(seen, found),
        tongue=tongue_of(seen),
    )


def _narrowed(kept: Sequence[KeptEvaluation], language: str, concern: str) -> list[Line]:
    return lines([one for one in kept if language in ("", language_of(one))], concern)


def _first_suite(kept: Sequence[KeptEvaluation]) -> str:
    """The suite that most models were put to, of those that have something to compare."""
    counted: dict[str, int] = {}
    for one in kept:
        if has_lines(one):
            counted[one.suite] = counted.get(one.suite, 0) + 1
    return max(counted, key=lambda name: counted[name], default="")


def _choices(
    seen: Visit,
    current: Sequence[KeptEvaluation],
    of_suite: Sequence[KeptEvaluation],
    asked: dict[str, str],
) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen of suite, language and concern; what was asked for stays among it."""
    names = sorted({one.suite for one in current if has_lines(one)} | ({asked["suite"]} - {""}))
    tongues = sorted({language_of(one) for one in of_suite} | {asked["language"]} - {""})
    about = {line.concern for line in lines(of_suite)} | {asked["concern"]} - {EVERYBODY}
    concerns = sorted(about - {EVERYBODY})
    return {
        "suite": [(one, _suite_title(one)) for one in names],
        "language": [
            ("", seen.gettext("All languages")),
            *((one, tongue_of(seen)(one)) for one in tongues),
        ],
        "concern": [(one, concern_of(seen)(one)) for one in (EVERYBODY, *concerns)],
    }


def _suite_title(name: str) -> str:
    """Of a suite of ours its title, else its name."""
    return next((one.about.title for one in suites() if one.about.name == name), name)


def _named(seen: Visit, kept: KeptEvaluation) -> str:
    parts = (
        kept.model_name,
        kept.suite,
        tongue_of(seen)(language_of(kept)),
        f"{kept.recorded_at:%Y-%m-%d}",
    )
    return " · ".join(part for part in parts if part)
