"""Applications: apply, follow, decide."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.access import (
    Application,
    ApplicationEvent,
    ApplicationForm,
    Gap,
    OutputRules,
    Permit,
)
from casemate.access.records import State
from casemate.desk import InboxItem
from casemate.enclave.assessing import SECONDS, PlanPreview
from casemate.identity import Scope
from casemate.plain import plain
from casemate.platform import Decision, Platform
from casemate.portal import paging
from casemate.portal.callers import Caller, Reader, needs, needs_one_of
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe
from casemate.protection.privacy_loss import PrivacyLoss

router = APIRouter(prefix="/applications", tags=["applications"], route_class=KeyedRoute)
Applicant = Annotated[Caller, needs(Scope.apply)]
Authority = Annotated[Caller, needs(Scope.decide)]
Correspondent = Annotated[Caller, needs_one_of(Scope.apply, Scope.decide)]
ApplicationDocument = schema_of(Application)
EventDocument = schema_of(ApplicationEvent)
PermitDocument = schema_of(Permit)
GapDocument = schema_of(Gap)
InboxDocument = schema_of(InboxItem)
PreviewDocument = schema_of(PlanPreview)
_CHANGES = describe(401, 403, 404, 409, 412, 422)


class NewApplication(BaseModel):
    """An application form; as a draft it may be half filled."""

    form: ApplicationForm
    draft: bool = False


class HandIn(BaseModel):
    """To hand a draft in; with ``form`` in place of the one it has."""

    form: ApplicationForm | None = None


class Revision(BaseModel):
    """The form as it is now; it may be half filled."""

    model_config = ConfigDict(extra="forbid")

    form: ApplicationForm


class Message(BaseModel):
    """What to say to the other side."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=20_000)


class Weighed(BaseModel):
    """The protection plans to weigh, by dataset."""

    model_config = ConfigDict(extra="forbid")

    plans: dict[str, dict[str, Any]]
    seconds: float | None = Field(None, gt=0, le=SECONDS)


class Words(BaseModel):
    """What the person who acts says."""

    reason: str = Field(max_length=20_000)


class Decided(BaseModel):
    """Any decision but approval."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    reason: str = Field(max_length=20_000)


class Budget(BaseModel):
    """The privacy that answers with noise may cost: (epsilon, delta), or zCDP's rho with a delta."""

    model_config = ConfigDict(extra="forbid")

    accounting: Literal["epsilon", "rho"]
    amount: str = Field(max_length=200, examples=["0.5"])
    delta: str = Field("0", max_length=200, examples=["1e-6"])

    def loss(self) -> PrivacyLoss:
        """As the platform takes it; raises ``BadInput`` for a number that is none."""
        make = PrivacyLoss.epsilon if self.accounting == "epsilon" else PrivacyLoss.rho
        return make(self.amount, self.delta)


class Approval(BaseModel):
    """The terms of the permit that approving signs; plans and budgets by dataset."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=20_000)
    plans: dict[str, dict[str, Any]] = {}
    budgets: dict[str, Budget] = {}
    conditions: list[str] = []
    output_rules: OutputRules | None = None
    valid_from: datetime | None = None
    duration_days: int | None = Field(None, ge=1, le=10**6)


@router.get("", response_model=Page[ApplicationDocument], responses=describe(401, 403, 422))  # type: ignore[valid-type]
def list_(
    caller: Reader,
    state: Annotated[State | None, Query()] = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """The applications that you may read, the oldest first."""
    known = caller.platform.list_applications(caller.actor, state=state)
    return sent(paging.page(known, _when, cursor, limit))


@router.post(
    "", response_model=ApplicationDocument, status_code=201, responses=describe(401, 403, 404, 422)
)
def create(caller: Applicant, request: Request, asked: NewApplication) -> Response:
    """Apply for access, or begin a draft."""
    act = caller.platform.draft if asked.draft else caller.platform.apply
    made = act(caller.actor, asked.form)
    where = request.url_for("show_application", application=made.id).path
    return sent(made, status=201, headers={"Location": where})


@router.get(
    "/inbox",
    response_model=Page[InboxDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 422),
)
def inbox(
    caller: Reader, cursor: paging.Cursor = None, limit: paging.Limit = paging.MANY
) -> Response:
    """For the authority: what is not decided yet, the most urgent first."""
    return sent(paging.page(caller.platform.inbox(caller.actor), _urgency, cursor, limit))


@router.get("/{application}", response_model=ApplicationDocument, responses=describe(401, 403, 404))
def show_application(caller: Reader, application: str) -> Response:
    """One application as it stands."""
    return sent(caller.platform.application(caller.actor, application))


@router.get(
    "/{application}/timeline",
    response_model=list[EventDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def timeline(caller: Reader, application: str) -> Response:
    """Everything that was done and said about an application."""
    return sent(list(caller.platform.timeline(caller.actor, application)))


@router.put("/{application}", response_model=ApplicationDocument, responses=_CHANGES)
def revise(
    caller: Applicant, application: str, asked: Revision, if_match: IfMatch = None
) -> Response:
    """Keep your form as it is now, half filled as it may be: a draft's, or of what was given back."""
    with _unless_changed(caller.platform, if_match, application):
        return sent(caller.platform.revise(caller.actor, application, asked.form))


@router.get(
    "/{application}/form", response_model=ApplicationForm, responses=describe(401, 403, 404)
)
def form_in_hand(caller: Applicant, application: str) -> Response:
    """Your form as you saved it last, handed in or not."""
    return sent(caller.platform.form_in_hand(caller.actor, application))


@router.get(
    "/{application}/missing",
    response_model=list[GapDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def missing(caller: Applicant, application: str) -> Response:
    """What keeps your form from being handed in."""
    return sent(list(caller.platform.missing(caller.actor, application)))


@router.post("/{application}/messages", response_model=ApplicationDocument, responses=_CHANGES)
def message(caller: Correspondent, application: str, asked: Message) -> Response:
    """Write to the other side; it stands in the timeline."""
    return sent(caller.platform.message(caller.actor, application, asked.text))


@router.post(
    "/{application}/preview",
    response_model=list[PreviewDocument],  # type: ignore[valid-type]
    responses=_CHANGES,
)
def preview(caller: Authority, application: str, asked: Weighed) -> Response:
    """What protection plans would do to the data asked for: coarse figures of risk and loss."""
    platform, plans = caller.platform, asked.plans
    return sent(
        list(platform.preview_plan(caller.actor, application, plans, seconds=asked.seconds))
    )


@router.post("/{application}/submit", response_model=ApplicationDocument, responses=_CHANGES)
def submit(
    caller: Applicant, application: str, asked: HandIn, if_match: IfMatch = None
) -> Response:
    """Hand a draft in, or hand in again what was given back."""
    with _unless_changed(caller.platform, if_match, application):
        return sent(caller.platform.submit(caller.actor, application, asked.form))


@router.post("/{application}/withdraw", response_model=ApplicationDocument, responses=_CHANGES)
def withdraw(
    caller: Applicant, application: str, asked: Words, if_match: IfMatch = None
) -> Response:
    """End your own application."""
    with _unless_changed(caller.platform, if_match, application):
        return sent(caller.platform.withdraw(caller.actor, application, asked.reason))


@router.post("/{application}/appeal", response_model=ApplicationDocument, responses=_CHANGES)
def appeal(caller: Applicant, application: str, asked: Words, if_match: IfMatch = None) -> Response:
    """Ask for a refusal to be looked at again, by somebody else."""
    with _unless_changed(caller.platform, if_match, application):
        return sent(caller.platform.appeal(caller.actor, application, asked.reason))


@router.post("/{application}/decide", response_model=ApplicationDocument, responses=_CHANGES)
def decide(
    caller: Authority, application: str, asked: Decided, if_match: IfMatch = None
) -> Response:
    """Refuse, give back, take more time, or confirm that it is complete."""
    with _unless_changed(caller.platform, if_match, application):
        made = caller.platform.decide(caller.actor, application, asked.decision, asked.reason)
        return sent(made)


@router.post(
    "/{application}/approve", response_model=PermitDocument, status_code=201, responses=_CHANGES
)
def approve(
    caller: Authority, application: str, asked: Approval, if_match: IfMatch = None
) -> Response:
    """Decide for it: the permit is signed and opens exactly what it names."""
    with _unless_changed(caller.platform, if_match, application):
        permit = caller.platform.approve(
            caller.actor,
            application,
            asked.reason,
            plans=asked.plans,
            budgets={name: budget.loss() for name, budget in asked.budgets.items()},
            conditions=asked.conditions,
            output_rules=asked.output_rules,
            valid_from=asked.valid_from,
            duration_days=asked.duration_days,
        )
    return sent(permit, status=201)


def _unless_changed(platform: Platform, if_match: str | None, application: str) -> Any:
    return unless_changed(platform, if_match, lambda tx: platform.applications.get(tx, application))


def _urgency(item: InboxItem) -> list[str]:
    due = item.application.due or item.application.created_at
    return [str(item.waits_for != "authority"), str(plain(due)), item.application.id]


def _when(application: Application) -> list[str]:
    return [str(plain(application.created_at)), application.id]
