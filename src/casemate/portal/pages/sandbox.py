"""The regulatory sandbox: what the public is told, applying in steps, and one page for both sides."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Response
from sqlalchemy.orm import Session

from casemate.errors import BadInput, CasemateError, Conflict, NotFound
from casemate.portal.pages import sandbox_form as steps
from casemate.portal.pages.applying_story import story
from casemate.portal.pages.form_steps import lines_of
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled, PageRouter, Posted, whole_number
from casemate.portal.pages.visit import Anyone, SignedIn, Visit
from casemate.register.sandboxes import (
    Dossier,
    Participation,
    SandboxForm,
    SandboxState,
)

router = PageRouter()
NAVIGATION = (mark("Regulatory sandbox"), "sandbox", None)
_REVISABLE = frozenset({SandboxState.DRAFT, SandboxState.ASKED_BACK})
_TRIES = 3
ACTS = {
    "draft": mark("Begun"),
    "revise": mark("Changed"),
    "submit": mark("Handed in"),
    "resubmit": mark("Handed in again"),
    "withdraw": mark("Withdrawn"),
    "ask_back": mark("Given back for changes"),
    "admit": mark("Admitted to the sandbox"),
    "refuse": mark("Refused"),
    "replan": mark("Plan changed"),
    "start": mark("Plan agreed to, trial begun"),
    "attach": mark("Evaluation put to a test"),
    "incident": mark("Incident reported"),
    "guide": mark("Guidance given"),
    "suspend": mark("Suspended"),
    "resume": mark("Let go on"),
    "terminate": mark("Terminated"),
    "conclude": mark("Concluded"),
    "close": mark("Concluded"),
    "report": mark("Exit report signed off"),
    "publish": mark("Publication agreed to"),
    "message": mark("Message"),
    "answer": mark("Message"),
}
DECISIONS: Mapping[SandboxState, tuple[str, ...]] = {
    SandboxState.SUBMITTED: ("admit", "ask_back", "refuse", "guide"),
    SandboxState.ASKED_BACK: ("refuse",),
    SandboxState.ADMITTED: ("guide", "terminate"),
    SandboxState.RUNNING: ("guide", "suspend", "terminate"),
    SandboxState.SUSPENDED: ("guide", "resume", "terminate"),
    SandboxState.CONCLUDED: ("guide",),
}
"""What the authority may decide by words in each state; the room holds it, the page offers no more."""
_TAKING_PART = frozenset({SandboxState.ADMITTED, SandboxState.RUNNING, SandboxState.SUSPENDED})


@router.get("/sandbox", name="sandbox")
def sandbox(seen: Anyone) -> Response:
    """What the public is told; for those who have a part in it, what waits for them."""
    actor = seen.looks_as
    is_desk = actor is not None and seen.may("sandbox.inbox")
    mine = [] if actor is None or is_desk else list(seen.platform.participations(actor))[::-1]
    return seen.page(
        "sandbox/sandbox.html",
        published=seen.platform.sandbox_publications(actor),
        mine=mine,
        inbox=seen.platform.sandbox_inbox(actor) if actor is not None and is_desk else None,
        may_apply=bool({"applying", "publishing"} & seen.doors),
    )


@router.get("/sandbox/published/{sandbox}", name="published_exit_report")
def published_exit_report(seen: Anyone, sandbox: str) -> Response:
    """An exit report that both sides agreed to publish."""
    found = seen.platform.published_exit_report(sandbox, seen.looks_as)
    return seen.page("sandbox/report.html", report=found, facts=found.facts, own=False)


# ── applying ─────────────────────────────────────────────────────────────────────────────────────


@router.get("/sandbox/new")
def new_participation(seen: SignedIn) -> Response:
    """Begin: what the sandbox is, and which algorithm is to be tried."""
    return _new(seen)


@router.post("/sandbox/new", name="begin_participation")
def begin_participation(seen: SignedIn, given: Posted) -> Response:
    """A draft with a title and an algorithm."""
    try:
        form = {"title": given.text("title"), "algorithm": given.text("algorithm") or None}
        made = seen.platform.apply_for_sandbox(seen.actor, form)
    except BadInput as error:
        return _new(seen, given, error)
    told = seen.gettext("Your application is begun. It is saved as you go.")
    return seen.redirect("participation_form", sandbox=made.id, told=told)


def _new(seen: Visit, given: Filled | None = None, error: CasemateError | None = None) -> Response:
    values = {"title": "", "algorithm": ""}
    return seen.page(
        "sandbox/new.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=values if given is None else {name: given.text(name) for name in values},
        algorithms=_algorithms(seen),
        may=bool({"applying", "publishing"} & seen.doors),
    )


def _algorithms(seen: Visit) -> list[tuple[str, str]]:
    """The algorithms of one's own organisation, to choose from."""
    own = seen.platform.own_organisation(seen.actor).id
    return [
        (one.algorithm, one.record.name)
        for one in seen.platform.algorithms(seen.actor)
        if one.organisation == own
    ]


@router.get("/sandbox/{sandbox}/form")
def participation_form(seen: SignedIn, sandbox: str) -> Response:
    """The steps, each with what it still lacks."""
    if (elsewhere := _handed_in(seen, sandbox)) is not None:
        return elsewhere
    form, gaps = _in_hand(seen, sandbox)
    items = [
        (seen.gettext(name), step, [one for one in gaps if one[0] == step])
        for step, name in steps.STEP_NAMES.items()
    ]
    return seen.page("sandbox/form.html", sandbox=sandbox, form=form, items=items, gaps=gaps)


@router.get("/sandbox/{sandbox}/form/{step}")
def participation_step(seen: SignedIn, sandbox: str, step: str) -> Response:
    """One step."""
    _require_step(step)
    return _handed_in(seen, sandbox) or _step(seen, sandbox, step)


@router.post("/sandbox/{sandbox}/form/{step}", name="save_participation_step")
def save_participation_step(seen: SignedIn, sandbox: str, step: str, given: Posted) -> Response:
    """Keep what the step holds now; with ``htmx`` on every change, else with the button."""
    _require_step(step)
    partly = seen.request.headers.get("hx-request") == "true"
    try:
        _save(seen, sandbox, lambda form: steps.filled_in(step, form, given))
    except BadInput as error:
        if partly:
            return seen.page("applying/saved.html", error=error, status=error.http_status, gaps=())
        return _step(seen, sandbox, step, given=given, error=error)
    if partly:
        _, gaps = _in_hand(seen, sandbox)
        return seen.page("applying/saved.html", gaps=[one for one in gaps if one[0] == step])
    names, told = list(steps.STEP_NAMES), seen.gettext("Saved.")
    if given.has("another"):
        return seen.redirect("participation_step", sandbox=sandbox, step=step, told=told)
    if step == names[-1]:
        return seen.redirect("participation_form", sandbox=sandbox, told=told)
    following = names[names.index(step) + 1]
    return seen.redirect("participation_step", sandbox=sandbox, step=following, told=told)


def _save(seen: Visit, sandbox: str, change: Callable[[SandboxForm], SandboxForm]) -> None:
    """Put ``change`` into the form as it is now: of two saves at once, neither undoes the other's."""
    for attempt in range(_TRIES):
        revision = seen.platform.participation(seen.actor, sandbox).revision
        form = change(seen.platform.participation_form(seen.actor, sandbox))
        try:
            with seen.platform.provided(_unmoved(seen, sandbox, revision)):
                seen.platform.revise_participation(seen.actor, sandbox, form)
                return
        except Conflict:
            if attempt + 1 == _TRIES:
                raise


def _unmoved(seen: Visit, sandbox: str, revision: int) -> Callable[[Session], None]:
    """Raises ``Conflict`` in the act's transaction where it is no longer at ``revision``."""

    def require(tx: Session) -> None:
        if seen.platform.sandboxes.get(tx, sandbox).revision != revision:
            raise Conflict(f"{sandbox} has moved on since you looked at it: nothing was done")

    return require


def _step(
    seen: Visit,
    sandbox: str,
    step: str,
    *,
    given: Filled | None = None,
    error: CasemateError | None = None,
) -> Response:
    form, gaps = _in_hand(seen, sandbox)
    typed = {} if given is None else {name: given.text(name) for name in given.values}
    data = form.personal_data
    chosen = given.texts("permits") if given is not None else data.permits if data else ()
    return seen.page(
        f"sandbox/step_{step}.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=steps.values_of(step, form) | typed,
        sandbox=sandbox,
        step=step,
        steps=[(seen.gettext(name), one) for one, name in steps.STEP_NAMES.items()],
        incomplete={one[0] for one in gaps},
        gaps=[one for one in gaps if one[0] == step],
        tests=_test_numbers(len(form.plan.tests), typed),
        chosen=chosen,
        real=_real_fields(seen),
        **(_choices(seen) if step in ("project", "data") else {}),
    )


def _test_numbers(count: int, typed: Mapping[str, str]) -> range:
    sent = [int(name.split("-")[1]) + 1 for name in typed if name.endswith("-key")]
    return range(max([count + steps.BLANKS, *sent]))


def _real_fields(seen: Visit) -> list[tuple[str, str, str]]:
    """The fields of a test in real conditions: name, label, hint."""
    return [
        (name, seen.gettext(label), seen.gettext(hint) if hint else "")
        for name, (label, hint) in steps.REAL.items()
    ]


def _choices(seen: Visit) -> dict[str, Any]:
    def named(texts: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(value, seen.gettext(text)) for value, text in texts.items()]

    return {
        "algorithms": _algorithms(seen),
        "sizes": named(steps.SIZES),
        "stages": named(steps.STAGES),
        "areas": named(steps.AREAS),
        "conditions": named(steps.CONDITION_TEXTS),
        "permits": [
            (one.id, one.id)
            for one in seen.platform.list_permits(seen.actor)
            if not one.standing and seen.actor in {one.applicant, *one.people}
        ],
    }


@router.post("/sandbox/{sandbox}/submit", name="hand_in_participation")
def hand_in_participation(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Hand it in, or hand it in again."""
    told = seen.gettext("Your application is handed in.")
    return _act(
        seen, sandbox, given, told,
        lambda: seen.platform.submit_participation(seen.actor, sandbox),
    )  # fmt: skip


def _handed_in(seen: Visit, sandbox: str) -> Response | None:
    """On to where it stands, if its form is not its applicant's to change now."""
    seen.platform.participation_form(seen.actor, sandbox)  # anybody else is refused
    if seen.platform.participation(seen.actor, sandbox).state in _REVISABLE:
        return None
    return seen.redirect("participation", sandbox=sandbox)


def _in_hand(seen: Visit, sandbox: str) -> tuple[SandboxForm, list[tuple[str, str, str]]]:
    """The form as it was saved last, and what it lacks: the step, the field's id, the sentence."""
    form = seen.platform.participation_form(seen.actor, sandbox)
    lacking = seen.platform.participation_gaps(seen.actor, sandbox)
    return form, [(*steps.place_of(gap), steps.in_words(seen, gap)) for gap in lacking]


def _require_step(step: str) -> None:
    if step not in steps.STEP_NAMES:
        raise NotFound(f"the form has no step {step!r}")


# ── one page for both sides ──────────────────────────────────────────────────────────────────────


@router.get("/sandbox/{sandbox}")
def participation(seen: SignedIn, sandbox: str) -> Response:
    """Where it stands, and what whoever looks may do."""
    return _participation(seen, sandbox)


def _participation(
    seen: Visit, sandbox: str, error: CasemateError | None = None, given: Filled | None = None
) -> Response:
    dossier = seen.platform.participation_dossier(seen.actor, sandbox)
    known = dossier.participation
    decides = seen.may("sandbox.decide", sandbox)
    typed = {} if given is None else {name: given.text(name) for name in given.values}
    plan = known.plan or known.form.plan
    return seen.page(
        "sandbox/participation.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=steps.plan_values(plan) | typed,
        typed=given is not None,
        known=known,
        plan=plan,
        real=_real_fields(seen),
        tests=_test_numbers(len(plan.tests), typed),
        dossier=dossier,
        results=_results(dossier),
        events=story(
            seen, dossier.events, lambda event: not event.deciding, headings=ACTS, for_desk=decides
        ),
        decisions=DECISIONS.get(known.state, ()) if decides else (),
        may=_may(seen, known, decides=decides),
        evaluations=_evaluations(seen, known),
    )


def _may(seen: Visit, known: Participation, *, decides: bool) -> dict[str, bool]:
    """What whoever looks may do here, by what the page offers."""
    takes_part, state = seen.may("sandbox.take_part", known.id), known.state
    return {
        "revise": state in _REVISABLE and seen.may("sandbox.apply", known.id),
        "start": takes_part and state is SandboxState.ADMITTED,
        "attach": takes_part and state is SandboxState.RUNNING,
        "incident": takes_part and state in (SandboxState.RUNNING, SandboxState.SUSPENDED),
        "conclude": state is SandboxState.RUNNING and seen.may("sandbox.conclude", known.id),
        "withdraw": seen.may("sandbox.withdraw", known.id)
        and state in _REVISABLE | _TAKING_PART | {SandboxState.SUBMITTED},
        "publish": takes_part
        and state is SandboxState.REPORTED
        and not known.participant_publishes,
        "write": seen.may("sandbox.message", known.id),
        "replan": decides
        and state in (SandboxState.SUBMITTED, SandboxState.ADMITTED, SandboxState.RUNNING),
        "report": decides and state in (SandboxState.CONCLUDED, SandboxState.TERMINATED),
    }


def _results(dossier: Dossier) -> dict[str, Any]:
    """The last evaluation that was put to each test."""
    return {one.test: one for one in dossier.evidence}


def _evaluations(seen: Visit, known: Participation) -> list[tuple[str, str]]:
    """The evaluations of the algorithm that were recorded since it began, to choose from."""
    if known.algorithm is None or known.started_at is None:
        return []
    found = seen.platform.evaluations(seen.actor, known.algorithm)
    return [
        (one.id, f"{one.id}: {one.suite} {one.suite_version}, {one.model_name}")
        for one in found
        if one.recorded_at >= known.started_at
    ]


def _act(
    seen: Visit, sandbox: str, given: Filled, told: str, act: Callable[[], object]
) -> Response:
    """Do it, on the participation as it was seen: of two who do so at once, the second is told."""
    revision = whole_number(given.text("revision"))
    try:
        if revision is None:
            act()
        else:
            with seen.platform.provided(_unmoved(seen, sandbox, revision)):
                act()
    except BadInput as error:
        return _participation(seen, sandbox, error, given)
    return seen.redirect("participation", sandbox=sandbox, told=told)


@router.post("/sandbox/{sandbox}/messages", name="sandbox_message")
def sandbox_message(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Write to the other side."""
    return _act(
        seen, sandbox, given, seen.gettext("Your message is sent."),
        lambda: seen.platform.message_participation(seen.actor, sandbox, given.text("text")),
    )  # fmt: skip


@router.post("/sandbox/{sandbox}/withdraw", name="sandbox_withdraw")
def sandbox_withdraw(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """End it without a report."""
    return _act(
        seen, sandbox, given, seen.gettext("Your participation is withdrawn."),
        lambda: seen.platform.withdraw_participation(seen.actor, sandbox, given.text("leaving")),
    )  # fmt: skip


@router.post("/sandbox/{sandbox}/start", name="sandbox_start")
def sandbox_start(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Agree to the plan, and begin."""
    version = whole_number(given.text("plan_version")) or 0
    return _act(
        seen, sandbox, given, seen.gettext("The plan is agreed to: the trial has begun."),
        lambda: seen.platform.start_participation(seen.actor, sandbox, version),
    )  # fmt: skip


@router.post("/sandbox/{sandbox}/evidence", name="sandbox_evidence")
def sandbox_evidence(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Put an evaluation to a test."""

    def attach() -> None:
        test, evaluation = given.text("test"), given.text("evaluation")
        if not evaluation:
            raise BadInput(seen.gettext("Choose the evaluation that answers the test."))
        seen.platform.attach_evidence(seen.actor, sandbox, test, evaluation)

    return _act(seen, sandbox, given, seen.gettext("The evaluation is put to the test."), attach)


@router.post("/sandbox/{sandbox}/incidents", name="sandbox_incident")
def sandbox_incident(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Report what went wrong. Moments are in UTC."""

    def report() -> None:
        names = ("kind", "description", "mitigation")
        told = {name: given.text(name) for name in names} | {"aware_at": _moment(seen, given)}
        seen.platform.report_incident(seen.actor, sandbox, told)

    return _act(seen, sandbox, given, seen.gettext("The incident is reported."), report)


def _moment(seen: Visit, given: Filled) -> datetime:
    try:
        return datetime.fromisoformat(given.text("aware_at")).replace(tzinfo=UTC)
    except ValueError:
        raise BadInput(
            seen.gettext("Say when you came to know of it: a day and a time, in UTC.")
        ) from None


@router.post("/sandbox/{sandbox}/conclude", name="sandbox_conclude")
def sandbox_conclude(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """End the trial."""
    return _act(
        seen, sandbox, given, seen.gettext("The trial is concluded."),
        lambda: seen.platform.conclude_participation(seen.actor, sandbox, given.text("why")),
    )  # fmt: skip


@router.post("/sandbox/{sandbox}/publish", name="sandbox_publish")
def sandbox_publish(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Agree to the publication of the exit report."""
    return _act(
        seen, sandbox, given, seen.gettext("You agreed to the publication of the exit report."),
        lambda: seen.platform.publish_exit_report(seen.actor, sandbox),
    )  # fmt: skip


@router.post("/sandbox/{sandbox}/decide", name="sandbox_decide")
def sandbox_decide(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Decide, in the authority's name."""

    def decide() -> None:
        decision, reason = given.text("decision"), given.text("reason")
        if decision == "admit":
            seen.platform.admit_participation(seen.actor, sandbox, reason)
        elif any(decision in one for one in DECISIONS.values()):
            seen.platform.decide_participation(seen.actor, sandbox, decision, reason)  # type: ignore[arg-type]  # one of DECISIONS
        else:
            raise BadInput(seen.gettext("Choose what you decide."))

    return _act(seen, sandbox, given, seen.gettext("Your decision is recorded."), decide)


@router.post("/sandbox/{sandbox}/plan", name="sandbox_plan")
def sandbox_plan(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Admit on another plan than the one proposed, or change the one agreed on."""

    def change() -> None:
        known, reason = seen.platform.participation(seen.actor, sandbox), given.text("plan_reason")
        plan = steps.plan_of(given, known.plan or known.form.plan)
        if known.state is SandboxState.SUBMITTED:
            seen.platform.admit_participation(seen.actor, sandbox, reason, plan)
        else:
            seen.platform.change_sandbox_plan(seen.actor, sandbox, plan, reason)

    told = seen.gettext("The plan is set. The trial runs once the participant agrees to it.")
    return _act(seen, sandbox, given, told, change)


@router.post("/sandbox/{sandbox}/report", name="sandbox_report")
def sandbox_report(seen: SignedIn, sandbox: str, given: Posted) -> Response:
    """Sign the exit report off."""

    def sign() -> None:
        words = {
            "activities": given.text("activities"),
            "results": given.text("results"),
            "learning": lines_of(given.text("learning")),
            "recommendations": lines_of(given.text("recommendations")),
        }
        publish = given.has("publish")
        seen.platform.issue_exit_report(seen.actor, sandbox, words, publish=publish)

    return _act(seen, sandbox, given, seen.gettext("The exit report is signed off."), sign)


@router.get("/sandbox/{sandbox}/report", name="exit_report")
def exit_report(seen: SignedIn, sandbox: str) -> Response:
    """The exit report as it was signed off."""
    found = seen.platform.exit_report(seen.actor, sandbox)
    return seen.page("sandbox/report.html", report=found, facts=found.facts, own=True)
