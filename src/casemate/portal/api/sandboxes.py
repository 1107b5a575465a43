"""The regulatory sandbox, from both sides: apply, admit, try, look on, report."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.access import Gap
from casemate.plain import plain
from casemate.platform import Platform
from casemate.portal import paging
from casemate.portal.api.applications import Applicant, Authority, Correspondent, Message, Words
from casemate.portal.callers import Anyone, Reader
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe
from casemate.register.sandboxes import (
    Dossier,
    ExitReport,
    ExitWords,
    IncidentForm,
    Participation,
    Publication,
    SandboxDecision,
    SandboxForm,
    SandboxItem,
    SandboxPlan,
    SandboxState,
)

router = APIRouter(prefix="/sandboxes", tags=["sandbox"], route_class=KeyedRoute)
ParticipationDocument = schema_of(Participation)
DossierDocument = schema_of(Dossier)
ItemDocument = schema_of(SandboxItem)
ReportDocument = schema_of(ExitReport)
PublicationDocument = schema_of(Publication)
GapDocument = schema_of(Gap)
_CHANGES = describe(401, 403, 404, 409, 412, 422)


class Body(BaseModel):
    """What is sent: nothing unknown in it."""

    model_config = ConfigDict(extra="forbid")


class SandboxApplication(Body):
    """The application for the sandbox; until it is handed in, it may be half filled."""

    form: SandboxForm


class SandboxHandIn(Body):
    """To hand an application in; with ``form`` in place of the one that was saved."""

    form: SandboxForm | None = None


class SandboxDecided(Body):
    """A decision that is words alone."""

    decision: SandboxDecision
    reason: str = Field(max_length=20_000)


class Admission(Body):
    """To admit, on the plan as proposed or on ``plan``."""

    reason: str = Field(max_length=20_000)
    plan: SandboxPlan | None = None


class PlanChange(Body):
    """The plan as it is to be."""

    reason: str = Field(max_length=20_000)
    plan: SandboxPlan


class Beginning(Body):
    """The version of the plan that was read and is agreed to."""

    plan_version: int = Field(ge=1)


class Attachment(Body):
    """The evaluation that answers a test of the plan."""

    test: str = Field(max_length=40)
    evaluation: str = Field(max_length=100)


class SandboxIncident(Body):
    """What went wrong."""

    incident: IncidentForm


class SignOff(Body):
    """The authority's words; ``publish``: it agrees that the report is published."""

    words: ExitWords
    publish: bool = False


@router.get("", response_model=Page[ParticipationDocument], responses=describe(401, 403, 422))  # type: ignore[valid-type]
def list_(
    caller: Reader,
    state: Annotated[SandboxState | None, Query()] = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """The participations that you may read, the oldest first."""
    known = caller.platform.participations(caller.actor, state=state)
    return sent(paging.page(known, _when, cursor, limit))


@router.post(
    "",
    response_model=ParticipationDocument,
    status_code=201,
    responses=describe(401, 403, 404, 422),
)
def create(caller: Applicant, request: Request, asked: SandboxApplication) -> Response:
    """Begin an application for the sandbox."""
    made = caller.platform.apply_for_sandbox(caller.actor, asked.form)
    where = request.url_for("show_participation", sandbox=made.id).path
    return sent(made, status=201, headers={"Location": where})


@router.get("/inbox", response_model=list[ItemDocument], responses=describe(401, 403))  # type: ignore[valid-type]
def inbox(caller: Reader) -> Response:
    """For the authority: what waits for it first, SMEs before others, and what is under way."""
    return sent(list(caller.platform.sandbox_inbox(caller.actor)))


@router.get("/published", response_model=list[PublicationDocument])  # type: ignore[valid-type]
def published(anyone: Anyone) -> Response:
    """What the public is told: summaries of trials with personal data, and published exit reports."""
    return sent(list(anyone.platform.sandbox_publications(anyone.account)))


@router.get("/published/{sandbox}/report", response_model=ReportDocument, responses=describe(404))
def published_report(anyone: Anyone, sandbox: str) -> Response:
    """An exit report that both sides agreed to publish."""
    return sent(anyone.platform.published_exit_report(sandbox, anyone.account))


@router.get("/{sandbox}", response_model=ParticipationDocument, responses=describe(401, 403, 404))
def show_participation(caller: Reader, sandbox: str) -> Response:
    """One participation as it stands."""
    return sent(caller.platform.participation(caller.actor, sandbox))


@router.get("/{sandbox}/dossier", response_model=DossierDocument, responses=describe(401, 403, 404))
def dossier(caller: Reader, sandbox: str) -> Response:
    """A participation with its history, its tests' evidence and its incidents."""
    return sent(caller.platform.participation_dossier(caller.actor, sandbox))


@router.put("/{sandbox}", response_model=ParticipationDocument, responses=_CHANGES)
def revise(
    caller: Applicant, sandbox: str, asked: SandboxApplication, if_match: IfMatch = None
) -> Response:
    """Keep your form as it is now: a draft's, or of what was asked back."""
    with _unless_changed(caller.platform, if_match, sandbox):
        return sent(caller.platform.revise_participation(caller.actor, sandbox, asked.form))


@router.get("/{sandbox}/form", response_model=SandboxForm, responses=describe(401, 403, 404))
def form_in_hand(caller: Applicant, sandbox: str) -> Response:
    """Your form as you saved it last, handed in or not."""
    return sent(caller.platform.participation_form(caller.actor, sandbox))


@router.get(
    "/{sandbox}/missing",
    response_model=list[GapDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def missing(caller: Applicant, sandbox: str) -> Response:
    """What keeps your form from being handed in."""
    return sent(list(caller.platform.participation_gaps(caller.actor, sandbox)))


@router.post("/{sandbox}/submit", response_model=ParticipationDocument, responses=_CHANGES)
def submit(
    caller: Applicant, sandbox: str, asked: SandboxHandIn, if_match: IfMatch = None
) -> Response:
    """Hand your application in, or hand in again what was asked back."""
    with _unless_changed(caller.platform, if_match, sandbox):
        return sent(caller.platform.submit_participation(caller.actor, sandbox, asked.form))


@router.post("/{sandbox}/messages", response_model=ParticipationDocument, responses=_CHANGES)
def message(caller: Correspondent, sandbox: str, asked: Message) -> Response:
    """Write to the other side; it stands in the history."""
    return sent(caller.platform.message_participation(caller.actor, sandbox, asked.text))


@router.post("/{sandbox}/decide", response_model=ParticipationDocument, responses=_CHANGES)
def decide(
    caller: Authority, sandbox: str, asked: SandboxDecided, if_match: IfMatch = None
) -> Response:
    """Ask back, refuse, give guidance, suspend, let go on, or terminate."""
    with _unless_changed(caller.platform, if_match, sandbox):
        decided = caller.platform.decide_participation
        return sent(decided(caller.actor, sandbox, asked.decision, asked.reason))


@router.post("/{sandbox}/admit", response_model=ParticipationDocument, responses=_CHANGES)
def admit(caller: Authority, sandbox: str, asked: Admission, if_match: IfMatch = None) -> Response:
    """Admit to the sandbox on a plan; it runs once the participant agrees to that."""
    with _unless_changed(caller.platform, if_match, sandbox):
        admitted = caller.platform.admit_participation
        return sent(admitted(caller.actor, sandbox, asked.reason, asked.plan))


@router.put("/{sandbox}/plan", response_model=ParticipationDocument, responses=_CHANGES)
def change_plan(
    caller: Authority, sandbox: str, asked: PlanChange, if_match: IfMatch = None
) -> Response:
    """Change the plan; what runs stands still until the participant agrees."""
    with _unless_changed(caller.platform, if_match, sandbox):
        changed = caller.platform.change_sandbox_plan
        return sent(changed(caller.actor, sandbox, asked.plan, asked.reason))


@router.post("/{sandbox}/start", response_model=ParticipationDocument, responses=_CHANGES)
def start(caller: Applicant, sandbox: str, asked: Beginning, if_match: IfMatch = None) -> Response:
    """Agree to the plan, and begin."""
    with _unless_changed(caller.platform, if_match, sandbox):
        started = caller.platform.start_participation
        return sent(started(caller.actor, sandbox, asked.plan_version))


@router.post("/{sandbox}/evidence", response_model=ParticipationDocument, responses=_CHANGES)
def attach(
    caller: Applicant, sandbox: str, asked: Attachment, if_match: IfMatch = None
) -> Response:
    """Put a recorded evaluation to a test of the plan; whether it is passed is reckoned."""
    with _unless_changed(caller.platform, if_match, sandbox):
        attached = caller.platform.attach_evidence
        return sent(attached(caller.actor, sandbox, asked.test, asked.evaluation))


@router.post("/{sandbox}/incidents", response_model=ParticipationDocument, responses=_CHANGES)
def report_incident(
    caller: Applicant, sandbox: str, asked: SandboxIncident, if_match: IfMatch = None
) -> Response:
    """Report what went wrong, and what was done about it at once."""
    with _unless_changed(caller.platform, if_match, sandbox):
        return sent(caller.platform.report_incident(caller.actor, sandbox, asked.incident))


@router.post("/{sandbox}/conclude", response_model=ParticipationDocument, responses=_CHANGES)
def conclude(
    caller: Correspondent, sandbox: str, asked: Words, if_match: IfMatch = None
) -> Response:
    """End the trial: its exit criteria are met, or its time is over."""
    with _unless_changed(caller.platform, if_match, sandbox):
        return sent(caller.platform.conclude_participation(caller.actor, sandbox, asked.reason))


@router.post("/{sandbox}/withdraw", response_model=ParticipationDocument, responses=_CHANGES)
def withdraw(caller: Applicant, sandbox: str, asked: Words, if_match: IfMatch = None) -> Response:
    """End your own participation."""
    with _unless_changed(caller.platform, if_match, sandbox):
        return sent(caller.platform.withdraw_participation(caller.actor, sandbox, asked.reason))


@router.post(
    "/{sandbox}/report", response_model=ReportDocument, status_code=201, responses=_CHANGES
)
def sign_off(caller: Authority, sandbox: str, asked: SignOff, if_match: IfMatch = None) -> Response:
    """Sign the exit report off: the facts are the record's, the words the authority's."""
    with _unless_changed(caller.platform, if_match, sandbox):
        issued = caller.platform.issue_exit_report
        made = issued(caller.actor, sandbox, asked.words, publish=asked.publish)
        return sent(made, status=201)


@router.get("/{sandbox}/report", response_model=ReportDocument, responses=describe(401, 403, 404))
def exit_report(caller: Reader, sandbox: str) -> Response:
    """The exit report as it was signed off."""
    return sent(caller.platform.exit_report(caller.actor, sandbox))


@router.post("/{sandbox}/publish", response_model=ParticipationDocument, responses=_CHANGES)
def publish(caller: Applicant, sandbox: str, if_match: IfMatch = None) -> Response:
    """Agree, for the participant, that the exit report is published."""
    with _unless_changed(caller.platform, if_match, sandbox):
        return sent(caller.platform.publish_exit_report(caller.actor, sandbox))


def _unless_changed(platform: Platform, if_match: str | None, sandbox: str) -> Any:
    return unless_changed(platform, if_match, lambda tx: platform.sandboxes.get(tx, sandbox))


def _when(known: Participation) -> list[str]:
    return [str(plain(known.created_at)), known.id]
