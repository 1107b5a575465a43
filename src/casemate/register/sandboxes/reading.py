"""From the rows of the sandbox to its records."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.register.sandboxes import deadlines
from casemate.register.sandboxes.forms import Kind, SandboxForm, SandboxPlan
from casemate.register.sandboxes.records import (
    Evidence,
    Incident,
    Participation,
    Publication,
    SandboxState,
)
from casemate.register.sandboxes.tables import (
    ParticipationRow,
    SandboxEvidenceRow,
    SandboxIncidentRow,
)

_WAITING = frozenset({SandboxState.SUBMITTED, SandboxState.ASKED_BACK})
_NEVER_ADMITTED = frozenset(
    {SandboxState.DRAFT, SandboxState.SUBMITTED, SandboxState.ASKED_BACK, SandboxState.REFUSED}
)


def participation(row: ParticipationRow) -> Participation:
    """The row as a record, with its dates."""
    state, form = SandboxState(row.state), SandboxForm.read(row.form)
    plan = None if row.plan is None else SandboxPlan.read(row.plan)
    waits = state in _WAITING and row.submitted_at is not None
    ends = None
    if row.started_at is not None and plan is not None and plan.duration_days is not None:
        ends = row.started_at + timedelta(days=plan.duration_days)
    return Participation(
        id=row.id,
        state=state,
        revision=row.revision,
        applicant=row.applicant,
        organisation=row.organisation,
        algorithm=row.algorithm,
        form=form,
        plan=plan,
        plan_version=row.plan_version,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        due=deadlines.decision_due(row.submitted_at) if waits and row.submitted_at else None,
        decided_at=row.decided_at,
        started_at=row.started_at,
        ends_at=ends,
        ended_at=row.ended_at,
        report_digest=row.report_digest,
        authority_publishes=row.authority_publishes,
        participant_publishes=row.participant_publishes,
        has_priority=form.has_priority,
        is_free_of_charge=form.is_sme,
    )


def evidence_of(tx: Session, sandbox: str) -> tuple[Evidence, ...]:
    """What was attached to the tests, in order."""
    row = SandboxEvidenceRow
    found = tx.scalars(select(row).where(row.sandbox == sandbox).order_by(row.id))
    return tuple(
        Evidence(
            one.test, one.evaluation, one.digest, one.value, one.low, one.high, one.met, one.plan_version,
            one.attached_by, one.attached_at,
        )
        for one in found
    )  # fmt: skip


def incidents_of(tx: Session, sandbox: str) -> tuple[Incident, ...]:
    """What was reported, in order."""
    row = SandboxIncidentRow
    found = tx.scalars(select(row).where(row.sandbox == sandbox).order_by(row.reported_at, row.id))
    return tuple(
        Incident(
            id=one.id,
            kind=Kind(one.kind),
            occurred_at=one.occurred_at,
            aware_at=one.aware_at,
            due=deadlines.report_due(Kind(one.kind), one.aware_at),
            description=one.description,
            mitigation=one.mitigation,
            reported_by=one.reported_by,
            reported_at=one.reported_at,
        )
        for one in found
    )


def publication(known: Participation) -> Publication | None:
    """What the public is told of it; ``None``: nothing.

    The summary by Art. 59(1)(j), where personal data are processed further and it is not for law
    enforcement; the exit report's digest where both sides agreed (Art. 57(8)).
    """
    data = known.form.personal_data
    admitted = known.state not in _NEVER_ADMITTED and known.plan is not None
    tells = admitted and data is not None and not data.law_enforcement
    if not tells and not known.is_published:
        return None
    return Publication(
        id=known.id,
        state=known.state,
        algorithm=known.algorithm,
        title=known.form.title,
        summary=known.form.summary,
        report=known.report_digest if known.is_published else None,
    )
