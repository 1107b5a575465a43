"""One evaluation on the observatory's pages: its figures, and each question with its answer."""

from typing import Annotated, Any

from fastapi import Query, Response

from casemate.assurance.keeping import KeptEvaluation
from casemate.assurance.observatory import energy_of, language_of, lines, told_small
from casemate.portal.pages.observatory_words import OUTCOMES, concern_of, tongue_of
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import Anyone

router = PageRouter()
ANSWERS_ON_A_PAGE = 20
Named = Annotated[str, Query(max_length=100)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/observatory/evaluations/{evaluation}", name="observatory_evaluation")
def evaluation(seen: Anyone, evaluation: str) -> Response:
    """One evaluation: its figures, what it is tied to, what was not tested, what it took."""
    kept = seen.platform.evaluation(evaluation, seen.looks_as)
    samples = seen.platform.evaluation_samples(evaluation, seen.looks_as)
    return seen.page(
        "observatory/evaluation.html",
        kept=kept,
        lines=lines([kept]),
        figures=[one for one in kept.figures if one["check"] != "outcomes"],
        answers=len(samples),
        small=told_small(kept),
        energy=energy_of(kept),
        tongue=tongue_of(seen),
        concern_name=concern_of(seen),
        language=language_of(kept),
        details=_details(kept),
        not_tested=kept.document.get("not_tested", []),
    )


@router.get("/observatory/evaluations/{evaluation}/answers", name="observatory_answers")
def answers(
    seen: Anyone, evaluation: str, outcome: Named = "", concern: Named = "", page: PageNumber = 1
) -> Response:
    """The single questions and answers, a page at a time, narrowed by outcome and concern."""
    kept = seen.platform.evaluation(evaluation, seen.looks_as)
    every = seen.platform.evaluation_samples(evaluation, seen.looks_as)
    found = [
        one
        for one in every
        if outcome in ("", one.get("outcome")) and concern in ("", one.get("concern"))
    ]
    asked = {"outcome": outcome, "concern": concern}
    here = {"evaluation": evaluation}
    concerns = sorted({str(one.get("concern") or "") for one in every} - {""})
    return seen.page(
        "observatory/answers.html",
        kept=kept,
        asked=asked,
        total=len(found),
        answers=[
            _answer(one) for one in found[(page - 1) * ANSWERS_ON_A_PAGE :][:ANSWERS_ON_A_PAGE]
        ],
        start=(page - 1) * ANSWERS_ON_A_PAGE + 1,
        outcomes=OUTCOMES,
        concern_name=concern_of(seen),
        outcome_options=[
            ("", seen.gettext("Every outcome")),
            *((name, seen.gettext(text)) for name, text in OUTCOMES.items()),
        ],
        concern_options=[
            ("", seen.gettext("All concerns")),
            *((one, concern_of(seen)(one)) for one in concerns),
        ],
        language=language_of(kept),
        before=seen.url("observatory_answers", asked | {"page": page - 1}, **here)
        if page > 1
        else None,
        after=seen.url("observatory_answers", asked | {"page": page + 1}, **here)
        if len(found) > page * ANSWERS_ON_A_PAGE
        else None,
    )


def _details(kept: KeptEvaluation) -> list[tuple[str, str]]:
    """What the figures are tied to beside names: the model's details, the settings, the machine."""
    model = kept.document["model"].get("details")
    groups: tuple[Any, ...] = (model, kept.settings, kept.machine)
    return [
        (str(name), str(value))
        for group in groups
        if isinstance(group, dict)
        for name, value in group.items()
        if isinstance(value, str | int | float | bool) and name != "small"
    ]


def _answer(told: Any) -> dict[str, Any]:
    """A single answer, whatever it holds, as texts: it may be of another's form."""

    def texts(*names: str) -> list[str]:
        given: Any = next((told[name] for name in names if told.get(name)), [])
        return [str(one) for one in given] if isinstance(given, list) else [str(given)]

    return {
        "id": str(told.get("id") or ""),
        "asked": texts("asked", "prompt"),
        "said": texts("said", "answer"),
        "outcome": str(told.get("outcome") or ""),
        "read": str(told.get("read") or told.get("told") or ""),
        "target": str(told.get("target") or ""),
        "concern": str(told.get("concern") or ""),
        "group": str(told.get("group") or ""),
        "tags": [
            str(one) for name, one in (told.get("more") or {}).items() if name in ("atlas", "owasp")
        ]
        if isinstance(told.get("more"), dict)
        else [],
    }
