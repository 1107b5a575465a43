"""What this room hands out: frozen records, never rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from casemate.access.procedure import Event
from casemate.register.sandboxes.forms import Kind, SandboxForm, SandboxPlan

SandboxDecision = Literal["ask_back", "refuse", "guide", "suspend", "resume", "terminate"]


class SandboxState(StrEnum):
    """Where a participation stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASKED_BACK = "asked_back"
    ADMITTED = "admitted"
    RUNNING = "running"
    SUSPENDED = "suspended"
    CONCLUDED = "concluded"
    REPORTED = "reported"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"


@dataclass(frozen=True)
class Participation:
    """A participation in the sandbox as it stands. ``form`` is what was handed in last."""

    id: str
    state: SandboxState
    revision: int
    applicant: str
    organisation: str
    algorithm: str | None
    form: SandboxForm
    plan: SandboxPlan | None
    """The plan that was agreed on; ``None`` before admission."""
    plan_version: int
    created_at: datetime
    submitted_at: datetime | None
    due: datetime | None
    """When the applicant is told of the decision at the latest; ``None`` where none is waited for."""
    decided_at: datetime | None
    started_at: datetime | None
    ends_at: datetime | None
    """When the time that was agreed on is over."""
    ended_at: datetime | None
    report_digest: str | None
    authority_publishes: bool
    participant_publishes: bool
    has_priority: bool
    """An SME with an office or a branch in the Union (AI Act Art. 62(1)(a))."""
    is_free_of_charge: bool
    """An SME (AI Act Art. 58(2)(d))."""

    @property
    def is_published(self) -> bool:
        """Whether both sides agreed to publish the exit report (AI Act Art. 57(8))."""
        return self.authority_publishes and self.participant_publishes


@dataclass(frozen=True)
class SandboxEvent(Event[SandboxState]):
    """One step or message in a participation. ``text`` is the reason or the message."""

    from_state: SandboxState
    to_state: SandboxState


@dataclass(frozen=True)
class Evidence:
    """An evaluation that answers a test of the plan."""

    test: str
    evaluation: str
    digest: str
    """Of the evaluation's document, as it was when it was attached."""
    value: str
    low: str | None
    high: str | None
    """The ends of the figure's interval, where it has one."""
    met: bool
    """Whether the test's criterion is met by ``value``."""
    plan_version: int
    attached_by: str
    attached_at: datetime


@dataclass(frozen=True)
class Incident:
    """What went wrong, what was done at once, and by when it had to be reported."""

    id: str
    kind: Kind
    occurred_at: datetime | None
    aware_at: datetime
    due: datetime | None
    """When the report of a serious incident is due (AI Act Art. 73); ``None`` for others."""
    description: str
    mitigation: str
    reported_by: str
    reported_at: datetime

    @property
    def is_late(self) -> bool:
        """Whether it was reported after it was due."""
        return self.due is not None and self.reported_at > self.due


@dataclass(frozen=True)
class Dossier:
    """A participation with everything that was done, said, tested and reported."""

    participation: Participation
    events: tuple[SandboxEvent, ...]
    evidence: tuple[Evidence, ...]
    incidents: tuple[Incident, ...]


@dataclass(frozen=True)
class Publication:
    """What the public is told of a participation."""

    id: str
    state: SandboxState
    algorithm: str | None
    title: str
    summary: str
    report: str | None
    """The digest of the exit report, where it is published."""


@dataclass(frozen=True)
class SandboxItem:
    """A participation that the authority has something to do with, and what."""

    participation: Participation
    waits_for: str
    """``authority`` (a decision, an exit report), ``participant``, or ``nobody`` while it is tried."""
    days_left: int | None
    """Whole days until the decision is due, or the time of the plan is over; below 0 where that is past."""
    serious_incidents: int
    unanswered: bool
    """Whether the last word in its messages is the participant's."""
    may_decide: bool
