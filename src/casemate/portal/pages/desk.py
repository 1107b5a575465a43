"""The authority's desk: what waits, what is asked beside what is allowed, a plan weighed, a decision."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from casemate.access import (
    OUTPUT_TYPES,
    USUAL_TYPES,
    Application,
    ApplicationEvent,
    OutputRules,
    State,
)
from casemate.catalogue import Dataset
from casemate.errors import BadInput, CasemateError, Conflict
from casemate.portal.pages.applying import datasets_of, unmoved
from casemate.portal.pages.applying_form import purpose_name
from casemate.portal.pages.applying_story import by_applicant, story
from casemate.portal.pages.desk_comparing import compared
from casemate.portal.pages.desk_drawing import count_in_words, frontier_chart, risk_chart
from casemate.portal.pages.desk_plans import budgets_of, choices_of, first_values, plans_of
from casemate.portal.pages.desk_weighing import Weighing, weighings_of
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled, PageRouter, Posted, whole_number
from casemate.portal.pages.slices import PageNumber, sliced
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()
NAVIGATION = (mark("Authority's desk"), "desk", "desk")
DECISIONS: Mapping[State, tuple[str, ...]] = {
    State.SUBMITTED: ("approve", "refuse", "incomplete", "changes", "complete", "extend"),
    State.APPEALED: ("approve", "refuse", "extend"),
    State.INCOMPLETE: ("refuse",),
    State.CHANGES_REQUESTED: ("refuse",),
}
"""What the authority may do in each state; the room holds it, the page offers no more."""
_DONE = {
    "approve": mark("Approved: the permit is signed and in force."),
    "refuse": mark("Refused. The applicant reads your reason."),
    "incomplete": mark("Given back as incomplete."),
    "changes": mark("Given back for changes."),
    "complete": mark("Found complete."),
    "extend": mark("The time to decide is extended."),
}


@router.get("/desk")
def desk(seen: SignedIn, page: PageNumber = 1) -> Response:
    """What waits for a decision, the most urgent first."""
    waiting = sliced(seen, seen.platform.inbox(seen.actor), page, "desk")
    return seen.page("desk/inbox.html", waiting=waiting)


@router.get("/desk/applications/{application}")
def desk_application(seen: SignedIn, application: str) -> Response:
    """One application: asked and allowed, side by side, and the decision."""
    return _application(seen, application)


@router.post("/desk/applications/{application}/messages", name="desk_message")
def desk_message(seen: SignedIn, application: str, given: Posted) -> Response:
    """Write to the applicant, in the authority's name."""
    seen.platform.require_desk(seen.actor)
    try:
        seen.platform.message(seen.actor, application, given.text("text"))
    except BadInput as error:
        return _application(seen, application, given=given, error=error)
    told = seen.gettext("Your message is sent.")
    return seen.redirect("desk_application", application=application, told=told)


@router.post("/desk/applications/{application}/weigh", name="weigh")
def weigh(seen: SignedIn, application: str, given: Posted, request: Request) -> Response:
    """What the plan would do to the data, before deciding; nothing that was typed is lost."""
    known = _required(seen, application)
    try:
        plans = plans_of(seen, given, _choices(seen, known))
    except BadInput as error:
        return _application(seen, application, given=given, error=error)
    weighing = weighings_of(request.app).begin(
        seen.platform, seen.actor, application, plans, given.values
    )
    return _application(seen, application, given=given, weighing=weighing)


@router.get("/desk/applications/{application}/weighing/{weighing}", name="weighing")
def see_weighing(seen: SignedIn, application: str, weighing: str, request: Request) -> Response:
    """How far it is, or what came out: a part of the page for htmx, else the whole."""
    _required(seen, application)
    found = weighings_of(request.app).find(weighing, seen.actor, application)
    if request.headers.get("hx-request") == "true":
        return seen.page("desk/weighed.html", application=application, **_weighed(seen, found))
    given = Filled(values=found.values)
    return _application(seen, application, given=given, weighing=found)


@router.post("/desk/applications/{application}/decide", name="decide")
def decide(seen: SignedIn, application: str, given: Posted) -> Response:
    """Decide, on the application as it was seen: of two who do so at once, the second is told."""
    known = _required(seen, application)
    try:
        revision = whole_number(given.text("revision")) or 0
        decision, reason = given.text("decision"), given.text("reason")
        with seen.platform.provided(unmoved(seen, application, revision)):
            if decision == "approve":
                _approve(seen, known, given, reason)
            elif decision in _DONE:
                seen.platform.decide(seen.actor, application, decision, reason)  # type: ignore[arg-type]
            else:
                raise BadInput(seen.gettext("Choose what you decide."))
    except BadInput as error:
        return _application(seen, application, given=given, error=error)
    told = seen.gettext(_DONE[decision])
    return seen.redirect("desk_application", application=application, told=told)


def _approve(seen: Visit, known: Application, given: Filled, reason: str) -> None:
    choices = _choices(seen, known)
    days = whole_number(given.text("days"))
    if given.text("days") and days is None:
        raise BadInput(seen.gettext("Give the days in force as a whole number."))
    seen.platform.approve(
        seen.actor,
        known.id,
        reason,
        plans=plans_of(seen, given, choices),
        budgets=budgets_of(given, choices),
        conditions=[line for line in given.text("conditions").splitlines() if line.strip()],
        output_rules=_rules(seen, given),
        duration_days=days,
    )


def _rules(seen: Visit, given: Filled) -> OutputRules:
    asked: dict[str, Any] = {
        "min_cell": given.text("min_cell") or 0,
        "review": given.text("review"),
        "allowed_types": tuple(one for one in OUTPUT_TYPES if one in given.texts("types")),
    }
    try:
        return OutputRules.model_validate(asked)
    except ValidationError as failure:
        raise BadInput(
            seen.gettext(
                "Give a whole number of people for the least cell, and who looks at results."
            )
        ) from failure


def _required(seen: Visit, application: str) -> Application:
    """The application, for whoever works at the desk."""
    seen.platform.require_desk(seen.actor)
    return seen.platform.application(seen.actor, application)


def _choices(seen: Visit, known: Application) -> list[dict[str, Any]]:
    datasets = datasets_of(seen, known.form)
    return [
        choices_of(datasets[wanted.dataset], wanted, number)
        for number, wanted in enumerate(known.form.datasets)
        if wanted.dataset in datasets
    ]


def _application(
    seen: Visit,
    application: str,
    *,
    given: Filled | None = None,
    error: CasemateError | None = None,
    weighing: Weighing | None = None,
) -> Response:
    known = _required(seen, application)
    shown = _weighed(seen, weighing)
    error = error or shown["refusal"]
    return seen.page(
        "desk/application.html",
        status=200 if error is None else error.http_status,
        **shown | {"error": error, "refusal": None},
        moved=isinstance(error, Conflict),
        known=known,
        application=application,
        types=USUAL_TYPES if given is None else given.texts("types"),
        output_types=OUTPUT_TYPES,
        typed=given is not None,
        may_write=seen.may("application.message", application),
        now=seen.platform.clock(),
        day=timedelta(days=1),
        **_about(seen, known, given),
    )


def _about(seen: Visit, known: Application, given: Filled | None) -> dict[str, Any]:
    """What the page tells of the application, and what its form holds: what was typed comes first."""
    events = seen.platform.timeline(seen.actor, known.id)
    datasets, choices = datasets_of(seen, known.form), _choices(seen, known)
    typed = {} if given is None else {name: given.text(name) for name in given.values}
    purpose = known.form.purpose
    return {
        "values": _first(choices, datasets, known) | typed,
        "comparison": compared(seen, known.form, datasets),
        "datasets": datasets,
        "choices": choices,
        "purpose": "" if purpose is None else purpose_name(seen, purpose.term),
        "events": story(seen, events, by_applicant(known), for_desk=True),
        "last": _last_decision(events),
        "decisions": _decisions(seen, known, events),
    }


def _first(
    choices: Sequence[Mapping[str, Any]], datasets: Mapping[str, Dataset], known: Application
) -> dict[str, str]:
    least = max((one.rules.min_cell for one in datasets.values()), default=10)
    return first_values(choices) | {
        "decision": "", "reason": "", "conditions": "", "days": str(known.form.duration_days or ""),
        "min_cell": str(least), "review": "required",
    }  # fmt: skip


def _decisions(
    seen: Visit, known: Application, events: Sequence[ApplicationEvent]
) -> tuple[str, ...]:
    """What the person at the desk may decide here: nothing of their own, nor twice on an appeal."""
    if not seen.may("application.decide", known.id):
        return ()
    refused = any(one.act == "refuse" and one.actor == seen.actor for one in events)
    if known.state is State.APPEALED and refused:
        return ()
    possible = DECISIONS.get(known.state, ())
    done = {"extend"} if known.extended else set()
    return tuple(one for one in possible if one not in done)


def _last_decision(events: Sequence[ApplicationEvent]) -> ApplicationEvent | None:
    return next((one for one in reversed(events) if one.deciding), None)


def _weighed(seen: Visit, weighing: Weighing | None) -> dict[str, Any]:
    """What the page shows of a weighing: progress, refusal, or figures and their pictures."""
    ended = weighing is not None and weighing.ended.is_set()
    found = weighing.found if weighing is not None and ended else ()
    return {
        "weighing": weighing,
        "running": weighing is not None and not ended,
        "refusal": weighing.refusal if weighing is not None and ended else None,
        "previews": [(one, risk_chart(seen, one), frontier_chart(seen, one)) for one in found],
        "told_count": lambda count: count_in_words(seen, count),
    }
