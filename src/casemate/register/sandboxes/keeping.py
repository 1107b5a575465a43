"""Participations: what the participant and the authority do with them, one method an act.

The acts and states are the table in ``transitions``; a step is taken as in any procedure before the
authority (``access.procedure``). What people wrote is on the ledger as a digest only.

Who applied never decides, whatever the policies say, and personal data are tried on only while every permit
that they are processed under is in force: this room holds both itself.
"""

import builtins
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.access.forms import require_text
from casemate.access.procedure import Change, Steps, Tables
from casemate.clock import Clock, timestamp
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.register.keeping import Register
from casemate.register.sandboxes import completeness
from casemate.register.sandboxes.evidence import Measured, result
from casemate.register.sandboxes.forms import (
    ExitWords,
    IncidentForm,
    PlannedTest,
    SandboxForm,
    SandboxPlan,
)
from casemate.register.sandboxes.reading import (
    evidence_of,
    incidents_of,
    participation,
    publication,
)
from casemate.register.sandboxes.records import (
    Dossier,
    Participation,
    Publication,
    SandboxEvent,
    SandboxState,
)
from casemate.register.sandboxes.reports import ExitReport, facts, report_digest
from casemate.register.sandboxes.tables import (
    ParticipationRow,
    SandboxEventRow,
    SandboxEvidenceRow,
    SandboxIncidentRow,
)
from casemate.register.sandboxes.transitions import LEDGER_ACTS, MACHINE

TABLES = Tables(ParticipationRow, SandboxEventRow, "sandbox", SandboxEvent)
_DECISIONS = frozenset({"ask_back", "refuse", "guide", "suspend", "resume", "terminate"})


class Sandboxes:
    """The participations of one home. ``permits`` says under which permits personal data are tried on."""

    def __init__(self, ledger: Ledger, clock: Clock, register: Register, permits: Permits) -> None:
        self._ledger = ledger
        self._clock = clock
        self._register = register
        self._permits = permits
        self._steps = Steps(ledger, clock, MACHINE, TABLES)

    # ---- the participant's acts ---------------------------------------------------------------

    def draft(
        self, tx: Session, actor: str, form: SandboxForm, *, organisation: str
    ) -> Participation:
        """A new application of ``actor``, who works for ``organisation``; it may be half filled."""
        row = ParticipationRow(
            id=new_id("sandbox"),
            state=SandboxState.DRAFT,
            revision=1,
            applicant=actor,
            organisation=organisation,
            form=form.document(),
            algorithm=form.algorithm,
            plan_version=0,
            created_at=self._clock(),
            authority_publishes=False,
            participant_publishes=False,
        )
        tx.add(row)
        tx.flush()
        self._steps.note(tx, row.id, actor, "draft", (SandboxState.DRAFT, SandboxState.DRAFT), "")
        self._ledger.append(
            tx, actor=actor, act=LEDGER_ACTS["draft"], subject=row.id, form=form.digest()
        )
        return self.get(tx, row.id)

    def revise(self, tx: Session, actor: str, sandbox: str, form: SandboxForm) -> Participation:
        """Keep ``form`` for now; of what was asked back, the authority's copy stays what was handed in."""
        row = self._steps.row_for(tx, sandbox, "revise")
        columns: dict[str, Any] = {"revised": form.document()}
        if row.state == SandboxState.DRAFT:
            columns = {"form": form.document(), "algorithm": form.algorithm}
        return self._take(tx, actor, row, "revise", columns=columns, form=form.digest())

    def in_hand(self, tx: Session, sandbox: str) -> SandboxForm:
        """The form as its applicant has it: what they saved since it was asked back, else the form."""
        row = self._steps.row(tx, sandbox)
        return SandboxForm.read(row.revised or row.form)

    def hand_in(
        self, tx: Session, actor: str, sandbox: str, form: SandboxForm | None = None
    ) -> Participation:
        """Hand it in, or hand it in again; with ``form`` in place of the one that was saved.

        Raises ``BadInput`` naming everything that is missing, ``NotAllowed`` for another organisation's
        algorithm or somebody else's permit.
        """
        row = self._steps.row(tx, sandbox)
        act = "resubmit" if row.state == SandboxState.ASKED_BACK else "submit"
        MACHINE.step(row.id, row.state, act)
        wanted = form or self.in_hand(tx, sandbox)
        completeness.require_complete(
            completeness.gaps(wanted), "the application for the sandbox cannot be handed in"
        )
        self._require_own_algorithm(tx, row, wanted)
        self._require_permits(tx, row, wanted)
        columns: dict[str, Any] = {
            "form": wanted.document(),
            "algorithm": wanted.algorithm,
            "revised": None,
        }
        if act == "submit":
            columns["submitted_at"] = self._clock()
        return self._take(tx, actor, row, act, columns=columns, form=wanted.digest())

    def withdraw(self, tx: Session, actor: str, sandbox: str, reason: str = "") -> Participation:
        """End one's own participation. A reason is welcome, not needed."""
        row = self._steps.row_for(tx, sandbox, "withdraw")
        text = require_text(reason, "the reason") if reason.strip() else ""
        return self._take(tx, actor, row, "withdraw", text, columns={"ended_at": self._clock()})

    def start(self, tx: Session, actor: str, sandbox: str, plan_version: int) -> Participation:
        """Agree to the plan as it was read, and begin; raises ``Conflict`` where it is another by now."""
        row = self._steps.row_for(tx, sandbox, "start")
        if row.plan_version != plan_version:
            raise Conflict(
                f"the plan of {sandbox} is at version {row.plan_version}, and {plan_version} was read: "
                "read it again"
            )
        self._require_permits(tx, row, SandboxForm.read(row.form))
        columns = {"started_at": row.started_at or self._clock()}
        plan = _plan(row)
        return self._take(
            tx, actor, row, "start", columns=columns, plan=plan.digest(), plan_version=plan_version
        )

    def attach(
        self, tx: Session, actor: str, sandbox: str, test: str, measured: Measured
    ) -> Participation:
        """Put an evaluation to a test of the plan; whether the criterion is met is reckoned, not said.

        Raises ``BadInput`` where it is of another algorithm or suite, was made before the participation
        began, or lacks the figure; ``Conflict`` where the time of the plan is over.
        """
        row = self._steps.row_for(tx, sandbox, "attach")
        self._require_in_time(row)
        self._require_permits(tx, row, SandboxForm.read(row.form))
        planned = _planned(row, test)
        _require_fits(row, planned, measured)
        found = result(planned, measured.figures)
        tx.add(
            SandboxEvidenceRow(
                sandbox=sandbox, test=test, evaluation=measured.evaluation,
                digest=measured.digest, value=found.value, low=found.low, high=found.high, met=found.met,
                plan_version=row.plan_version, attached_by=actor, attached_at=self._clock(),
            )
        )  # fmt: skip
        return self._take(
            tx, actor, row, "attach", columns={}, evaluation=measured.evaluation,
            evidence=measured.digest, met=found.met,
        )  # fmt: skip

    def incident(self, tx: Session, actor: str, sandbox: str, form: IncidentForm) -> Participation:
        """Report what went wrong; raises ``BadInput`` for a date that is still to come."""
        row, now = self._steps.row_for(tx, sandbox, "incident"), self._clock()
        if form.aware_at > now:
            raise BadInput(f"aware_at: {timestamp(form.aware_at)} is still to come")
        made = SandboxIncidentRow(
            id=new_id("incident"), sandbox=sandbox, kind=form.kind, occurred_at=form.occurred_at,
            aware_at=form.aware_at, description=form.description, mitigation=form.mitigation,
            reported_by=actor, reported_at=now,
        )  # fmt: skip
        tx.add(made)
        return self._take(
            tx, actor, row, "incident", columns={}, incident=made.id, kind=form.kind.value,
            report=form.digest(),
        )  # fmt: skip

    def conclude(
        self, tx: Session, actor: str, sandbox: str, text: str, *, closes: bool = False
    ) -> Participation:
        """End the trial: its exit criteria are met, or its time is over. ``closes``: it is the authority
        that does."""
        act = "close" if closes else "conclude"
        row = self._steps.row_for(tx, sandbox, act)
        text = require_text(text, "why it is concluded")
        return self._take(tx, actor, row, act, text, columns={"ended_at": self._clock()})

    def publish(self, tx: Session, actor: str, sandbox: str) -> Participation:
        """Agree to the publication of the exit report (Art. 57(8)); it needs both sides."""
        row = self._steps.row_for(tx, sandbox, "publish")
        if row.participant_publishes:
            raise Conflict(f"the publication of the exit report of {sandbox} was agreed to already")
        return self._take(tx, actor, row, "publish", columns={"participant_publishes": True})

    # ---- the authority's acts -----------------------------------------------------------------

    def decide(
        self, tx: Session, actor: str, sandbox: str, decision: str, reason: str
    ) -> Participation:
        """Any decision that is words alone: ask back, refuse, guide, suspend, resume, terminate.

        Art. 57(11): suspended while a significant risk is mitigated, terminated where none can be.
        """
        if decision not in _DECISIONS:
            raise BadInput(
                f"decision {decision!r} is none of admit, {', '.join(sorted(_DECISIONS))}"
            )
        row = self._steps.row_for(tx, sandbox, decision)
        text = require_text(reason, "the reason" if decision != "guide" else "the guidance")
        columns: dict[str, Any] = {}
        if decision == "refuse":
            columns = {"decided_at": self._clock()}
        elif decision == "terminate":
            columns = {"ended_at": self._clock()}
        elif decision == "resume":
            self._require_permits(tx, row, SandboxForm.read(row.form))
        return self._take(tx, actor, row, decision, text, columns=columns)

    def admit(
        self, tx: Session, actor: str, sandbox: str, reason: str, plan: SandboxPlan | None = None
    ) -> Participation:
        """Decide for it, on the plan as proposed or on ``plan``; it runs once the participant agrees.

        Raises ``BadInput`` for a plan that is not complete, ``IntegrityFailure`` where the form is not
        the one that was handed in.
        """
        row = self._steps.row_for(tx, sandbox, "admit")
        text, form = require_text(reason, "the reason of the admission"), self._handed_in(tx, row)
        self._require_own_algorithm(tx, row, form)
        self._require_permits(tx, row, form)
        agreed = plan or form.plan
        columns = {"decided_at": self._clock(), **_planning(row, agreed)}
        return self._take(tx, actor, row, "admit", text, columns=columns, plan=agreed.digest())

    def replan(
        self, tx: Session, actor: str, sandbox: str, plan: SandboxPlan, reason: str
    ) -> Participation:
        """Change the plan; what runs stands still until the participant agrees by starting again.

        A longer duration extends the participation (Art. 58(2)(h)).
        """
        row = self._steps.row_for(tx, sandbox, "replan")
        text = require_text(reason, "the reason of the change")
        if plan == _plan(row):
            raise BadInput(f"nothing differs from version {row.plan_version} of the plan")
        columns = _planning(row, plan)
        return self._take(tx, actor, row, "replan", text, columns=columns, plan=plan.digest())

    def report(
        self, tx: Session, actor: str, sandbox: str, words: ExitWords, *, publish: bool
    ) -> ExitReport:
        """Sign the exit report off; ``publish``: the authority agrees that it may be published."""
        row, now = self._steps.row_for(tx, sandbox, "report"), self._clock()
        document = facts(self.dossier(tx, sandbox), words, now)
        made = report_digest(document)
        columns = {"report": document, "report_digest": made, "authority_publishes": publish}
        self._take(
            tx, actor, row, "report", words.results, columns=columns, report=made, published=publish
        )
        return self.exit_report(tx, sandbox)

    # ---- reading, and talking -----------------------------------------------------------------

    def get(self, tx: Session, sandbox: str) -> Participation:
        """The participation as it stands. Raises ``NotFound``."""
        return participation(self._steps.row(tx, sandbox))

    def list(
        self, tx: Session, *, state: SandboxState | str | None = None
    ) -> tuple[Participation, ...]:
        """The participations, oldest first, narrowed by what is given."""
        query = select(ParticipationRow).order_by(ParticipationRow.created_at, ParticipationRow.id)
        if state is not None:
            known = MACHINE.state(state, "a participation in the sandbox")
            query = query.where(ParticipationRow.state == known)
        rows = tx.scalars(query.execution_options(populate_existing=True))
        return tuple(map(participation, rows))

    def message(self, tx: Session, actor: str, sandbox: str, text: str, *, answers: bool) -> None:
        """Add ``text`` to the history, for both sides to read; ``answers``: it is the authority's."""
        row, act = self._steps.row(tx, sandbox), "answer" if answers else "message"
        self._steps.say(tx, actor, row, require_text(text, "the message"), act)

    def dossier(self, tx: Session, sandbox: str) -> Dossier:
        """Everything that was done, said, tested and reported. Raises ``NotFound``."""
        known = self.get(tx, sandbox)
        return Dossier(
            known,
            self._steps.events(tx, sandbox),
            evidence_of(tx, sandbox),
            incidents_of(tx, sandbox),
        )

    def exit_report(self, tx: Session, sandbox: str) -> ExitReport:
        """The exit report as it was signed off; raises ``NotFound`` before that, ``IntegrityFailure``
        where it is not what the ledger says was signed."""
        row = self._steps.row(tx, sandbox)
        if row.report is None:
            raise NotFound(f"{sandbox} has no exit report yet")
        entries = self._ledger.entries(tx, subject=sandbox)
        signed = [one for one in entries if one.act == LEDGER_ACTS["report"]]
        made = report_digest(row.report)
        if not signed or signed[-1].detail["report"] != made:
            raise IntegrityFailure(
                f"the exit report of {sandbox} is not the one signed: it was altered"
            )
        event = [one for one in self._steps.events(tx, sandbox) if one.act == "report"][-1]
        return ExitReport(sandbox, made, event.actor, event.at, row.report)

    def draft_report(self, tx: Session, sandbox: str) -> Mapping[str, Any]:
        """What the exit report would say today, before the authority has written its words."""
        return facts(self.dossier(tx, sandbox), None, self._clock())

    def publications(self, tx: Session) -> builtins.list[Publication]:
        """What the public is told: summaries by Art. 59(1)(j), exit reports that both sides publish."""
        rows = tx.scalars(select(ParticipationRow).order_by(ParticipationRow.created_at))
        return [told for row in rows if (told := publication(participation(row))) is not None]

    # ---- how a step is taken, and what is held ------------------------------------------------

    def _take(
        self,
        tx: Session,
        actor: str,
        row: ParticipationRow,
        act: str,
        text: str = "",
        *,
        columns: Mapping[str, Any],
        **recorded: Any,
    ) -> Participation:
        sandbox = row.id
        self._steps.take(tx, actor, row, act, Change(text, columns, recorded))
        return self.get(tx, sandbox)

    def _require_own_algorithm(self, tx: Session, row: ParticipationRow, form: SandboxForm) -> None:
        known = self._register.get(tx, str(form.algorithm))
        if known.organisation != row.organisation:
            raise NotAllowed(f"{form.algorithm} is in the register for another organisation")

    def _require_permits(self, tx: Session, row: ParticipationRow, form: SandboxForm) -> None:
        """Raise ``NotAllowed`` unless each permit is in force and names the applicant (first law)."""
        now = self._clock()
        for name in form.personal_data.permits if form.personal_data else ():
            permit = self._permits.get(tx, name)
            if permit.standing or row.applicant not in {permit.applicant, *permit.people}:
                raise NotAllowed(f"{name} is no permit that {row.applicant} is named in")
            if not permit.in_force_at(now):
                raise NotAllowed(
                    f"{name} is not in force: personal data are tried on in the sandbox only while "
                    "their permits are"
                )

    def _require_in_time(self, row: ParticipationRow) -> None:
        ends: datetime | None = participation(row).ends_at
        if ends is not None and self._clock() >= ends:
            raise Conflict(
                f"the time of {row.id} ended at {timestamp(ends)}: conclude it, or have the plan changed"
            )

    def _handed_in(self, tx: Session, row: ParticipationRow) -> SandboxForm:
        """The form, if it is the one that the ledger says was handed in last."""
        form = SandboxForm.read(row.form)
        acts = {LEDGER_ACTS["submit"], LEDGER_ACTS["resubmit"]}
        entries = self._ledger.entries(tx, subject=row.id)
        digests = [entry.detail["form"] for entry in entries if entry.act in acts]
        if not digests or digests[-1] != form.digest():
            raise IntegrityFailure(f"the form of {row.id} is not the one handed in: it was altered")
        return form


def _planning(row: ParticipationRow, plan: SandboxPlan) -> dict[str, Any]:
    completeness.require_complete(completeness.plan_gaps(plan), "the plan cannot be agreed on")
    return {"plan": plan.document(), "plan_version": row.plan_version + 1}


def _plan(row: ParticipationRow) -> SandboxPlan:
    return SandboxPlan.read(row.plan or {})


def _planned(row: ParticipationRow, key: str) -> PlannedTest:
    tests = {test.key: test for test in _plan(row).tests}
    if key not in tests:
        raise BadInput(f"the plan of {row.id} has no test {key!r}; it has {', '.join(tests)}")
    return tests[key]


def _require_fits(row: ParticipationRow, test: PlannedTest, measured: Measured) -> None:
    if measured.subject != row.algorithm:
        told = measured.subject or "no algorithm of the register"
        raise BadInput(f"{measured.evaluation} is of {told}, and {row.id} is about {row.algorithm}")
    if measured.suite != test.suite:
        raise BadInput(
            f"{measured.evaluation} is of the suite {measured.suite!r}; the test {test.key!r} asks for "
            f"{test.suite!r}"
        )
    if row.started_at is None or measured.at < row.started_at:
        raise BadInput(f"{measured.evaluation} was made before the participation began")
