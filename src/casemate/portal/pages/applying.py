"""Applying for access: a form in steps that is saved as it grows, and what becomes of it."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from fastapi import Response
from sqlalchemy.orm import Session

from casemate.access import Application, ApplicationForm, Gap, State
from casemate.catalogue import Dataset
from casemate.errors import BadInput, CasemateError, Conflict, NotFound
from casemate.portal.pages import applying_form as steps
from casemate.portal.pages.applying_story import by_applicant, story
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.slices import PageNumber, sliced
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()
NAVIGATION = (mark("Applications"), "applications", "applying")
_REVISABLE = frozenset({State.DRAFT, State.INCOMPLETE, State.CHANGES_REQUESTED})
_TRIES = 3


@router.get("/applications")
def applications(seen: SignedIn, page: PageNumber = 1) -> Response:
    """My applications, and those that name me."""
    readable = seen.platform.list_applications(seen.actor)
    mine = [one for one in readable if one.applicant == seen.actor]
    naming = [one for one in readable if seen.actor in one.form.people and one not in mine]
    shown = sliced(seen, mine[::-1], page, "applications")
    return seen.page("applying/applications.html", mine=shown, naming=naming[::-1])


@router.get("/applications/new")
def new_application(seen: SignedIn, dataset: str = "") -> Response:
    """Begin: what an application is, and for which dataset."""
    return _new(seen, dataset)


def _new(seen: Visit, dataset: str, error: CasemateError | None = None) -> Response:
    known = None
    with suppress(NotFound):
        known = seen.platform.dataset(dataset) if dataset else None
    return seen.page(
        "applying/new.html",
        status=200 if error is None else error.http_status,
        error=error,
        dataset=dataset,
        known=known,
        may="applying" in seen.doors,
    )


@router.post("/applications/new", name="begin_application")
def begin_application(seen: SignedIn, given: Posted) -> Response:
    """A draft, of one dataset if one was named."""
    dataset = given.text("dataset")
    try:
        if dataset:
            seen.platform.dataset(dataset)
        form = {"datasets": [{"dataset": dataset}] if dataset else [], "people": [seen.actor]}
        drafted = seen.platform.draft(seen.actor, form)
    except (BadInput, NotFound) as error:
        return _new(seen, dataset, error)
    told = seen.gettext("Your application is begun. It is saved as you go.")
    return seen.redirect("application_form", application=drafted.id, told=told)


@router.get("/applications/{application}")
def application(seen: SignedIn, application: str) -> Response:
    """Where it stands."""
    return _status(seen, application)


def _status(
    seen: Visit, application: str, error: CasemateError | None = None, given: Filled | None = None
) -> Response:
    known = seen.platform.application(seen.actor, application)
    mine = known.applicant == seen.actor
    return seen.page(
        "applying/application.html",
        status=200 if error is None else error.http_status,
        error=error,
        values={} if given is None else {name: given.text(name) for name in given.values},
        known=known,
        mine=mine,
        revisable=mine and known.state in _REVISABLE,
        open=known.state in _REVISABLE | {State.SUBMITTED, State.APPEALED},
        datasets=datasets_of(seen, known.form),
        purpose=_purpose(seen, known.form),
        events=story(seen, seen.platform.timeline(seen.actor, application), by_applicant(known)),
        may_write=seen.may("application.message", application),
        can_appeal=mine and known.appeal_until is not None
        and seen.platform.clock() < known.appeal_until,
    )  # fmt: skip


@router.get("/applications/{application}/form")
def application_form(seen: SignedIn, application: str) -> Response:
    """The steps, each with what it still lacks."""
    if (elsewhere := _handed_in(seen, application)) is not None:
        return elsewhere
    form, gaps = _in_hand(seen, application)
    items = [
        (seen.gettext(steps.STEP_NAMES[step]), step, [one for one in gaps if one[0] == step])
        for step in steps.STEPS
    ]
    return seen.page(
        "applying/form.html", application=application, form=form, items=items, gaps=gaps
    )


@router.get("/applications/{application}/form/{step}")
def application_step(seen: SignedIn, application: str, step: str) -> Response:
    """One step."""
    _require_step(step)
    if (elsewhere := _handed_in(seen, application)) is not None:
        return elsewhere
    return _step(seen, application, step)


@router.post("/applications/{application}/form/{step}", name="save_step")
def save_step(seen: SignedIn, application: str, step: str, given: Posted) -> Response:
    """Keep what the step holds now; with ``htmx`` on every change, else with the button."""
    _require_step(step)
    partly = seen.request.headers.get("hx-request") == "true"
    try:
        _save(seen, application, lambda form: steps.filled_in(seen, step, form, given))
    except (BadInput, NotFound) as error:
        if partly:
            return seen.page("applying/saved.html", error=error, status=error.http_status, gaps=())
        return _step(seen, application, step, given=given, error=error)
    if partly:
        _, gaps = _in_hand(seen, application)
        return seen.page("applying/saved.html", gaps=[one for one in gaps if one[0] == step])
    if given.has("dataset") and (given.text("dataset") or given.text("remove")):
        return seen.redirect("application_step", application=application, step=step)
    return _onward(seen, application, step)


def _onward(seen: Visit, application: str, step: str) -> Response:
    """The next step; after the last, what was answered."""
    names = list(steps.STEPS)
    told = seen.gettext("Saved.")
    if step == names[-1]:
        return seen.redirect("check_answers", application=application, told=told)
    following = names[names.index(step) + 1]
    return seen.redirect("application_step", application=application, step=following, told=told)


def _save(
    seen: Visit, application: str, change: Callable[[ApplicationForm], ApplicationForm]
) -> None:
    """Put ``change`` into the form as it is now: of two saves at once, neither undoes the other's."""
    for attempt in range(_TRIES):
        revision = seen.platform.application(seen.actor, application).revision
        form = change(seen.platform.form_in_hand(seen.actor, application))
        try:
            with seen.platform.provided(unmoved(seen, application, revision)):
                seen.platform.revise(seen.actor, application, form)
                return
        except Conflict:
            if attempt + 1 == _TRIES:
                raise


def unmoved(seen: Visit, application: str, revision: int) -> Callable[[Session], None]:
    """Raises ``Conflict`` in the act's transaction where the application is no longer at ``revision``."""

    def require(tx: Session) -> None:
        if seen.platform.applications.get(tx, application).revision != revision:
            raise Conflict(f"{application} has moved on since you looked at it: nothing was done")

    return require


def _step(
    seen: Visit,
    application: str,
    step: str,
    *,
    given: Filled | None = None,
    error: CasemateError | None = None,
) -> Response:
    form, gaps = _in_hand(seen, application)
    typed = {} if given is None else {name: given.text(name) for name in given.values}
    many = {} if given is None else given.values
    datasets = datasets_of(seen, form)
    names = list(steps.STEPS)
    return seen.page(
        f"applying/step_{step}.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=steps.values_of(step, form) | typed,
        many=many,
        typed=given is not None,
        application=application,
        form=form,
        step=step,
        steps=[(seen.gettext(steps.STEP_NAMES[one]), one) for one in names],
        incomplete={one[0] for one in gaps},
        gaps=[one for one in gaps if one[0] == step],
        datasets=datasets,
        purposes=steps.purposes_for(seen, list(datasets.values())),
    )


@router.get("/applications/{application}/check")
def check_answers(seen: SignedIn, application: str) -> Response:
    """Everything that was answered, as the authority will see it."""
    return _handed_in(seen, application) or _check(seen, application)


def _check(seen: Visit, application: str, error: CasemateError | None = None) -> Response:
    form, gaps = _in_hand(seen, application)
    return seen.page(
        "applying/check.html",
        status=200 if error is None else error.http_status,
        error=error,
        application=application,
        form=form,
        gaps=gaps,
        datasets=datasets_of(seen, form),
        purpose=_purpose(seen, form),
    )


@router.post("/applications/{application}/submit", name="hand_in")
def hand_in(seen: SignedIn, application: str, given: Posted) -> Response:
    """Hand it in, or hand it in again."""
    try:
        seen.platform.submit(seen.actor, application)
    except BadInput as error:
        if isinstance(error, Conflict):
            return _status(seen, application, error, given)
        return _check(seen, application, error)
    told = seen.gettext("Your application is handed in.")
    return seen.redirect("application", application=application, told=told)


@router.post("/applications/{application}/messages", name="write_message")
def write_message(seen: SignedIn, application: str, given: Posted) -> Response:
    """Write to the authority."""
    return _act(
        seen, application, given, seen.gettext("Your message is sent."),
        lambda: seen.platform.message(seen.actor, application, given.text("text")),
    )  # fmt: skip


@router.post("/applications/{application}/withdraw", name="withdraw")
def withdraw(seen: SignedIn, application: str, given: Posted) -> Response:
    """End it without a decision."""
    return _act(
        seen, application, given, seen.gettext("Your application is withdrawn."),
        lambda: seen.platform.withdraw(seen.actor, application, given.text("reason")),
    )  # fmt: skip


@router.post("/applications/{application}/appeal", name="appeal")
def appeal(seen: SignedIn, application: str, given: Posted) -> Response:
    """Ask for a refusal to be looked at again."""
    return _act(
        seen, application, given, seen.gettext("Your appeal is handed in. Somebody else decides on it."),
        lambda: seen.platform.appeal(seen.actor, application, given.text("grounds")),
    )  # fmt: skip


def _act(
    seen: Visit, application: str, given: Filled, told: str, act: Callable[[], Application]
) -> Response:
    try:
        act()
    except BadInput as error:
        return _status(seen, application, error, given)
    return seen.redirect("application", application=application, told=told)


def _handed_in(seen: Visit, application: str) -> Response | None:
    """On to where it stands, if its form is not its applicant's to change now."""
    seen.platform.form_in_hand(seen.actor, application)  # anybody else is refused
    if seen.platform.application(seen.actor, application).state in _REVISABLE:
        return None
    return seen.redirect("application", application=application)


def _in_hand(seen: Visit, application: str) -> tuple[ApplicationForm, list[tuple[str, str, str]]]:
    """The form as it was saved last, and what it lacks: the step, the field's id, the sentence."""
    form = seen.platform.form_in_hand(seen.actor, application)
    lacking: Sequence[Gap] = seen.platform.missing(seen.actor, application)
    return form, [(*steps.place_of(gap, form), steps.in_words(seen, gap)) for gap in lacking]


def datasets_of(seen: Visit, form: ApplicationForm) -> dict[str, Dataset]:
    """Those of the datasets asked for that there are, by id."""
    found = {}
    for wanted in form.datasets:
        with suppress(NotFound):
            found[wanted.dataset] = seen.platform.dataset(wanted.dataset, wanted.version)
    return found


def _purpose(seen: Visit, form: ApplicationForm) -> str:
    return "" if form.purpose is None else steps.purpose_name(seen, form.purpose.term)


def _require_step(step: str) -> None:
    if step not in steps.STEPS:
        raise NotFound(f"the form has no step {step!r}")
