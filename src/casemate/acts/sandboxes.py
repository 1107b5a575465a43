"""The regulatory sandbox, from both sides: apply, admit, try, look on, report. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from casemate.access import Gap
from casemate.acts.assurance import AssuranceActs
from casemate.errors import NotFound
from casemate.register.sandboxes import (
    Dossier,
    ExitReport,
    ExitWords,
    IncidentForm,
    Measured,
    Participation,
    Publication,
    SandboxDecision,
    Sandboxes,
    SandboxForm,
    SandboxItem,
    SandboxPlan,
    SandboxState,
    gaps,
)

Document = Mapping[str, Any]
_FOR_AUTHORITY = frozenset(
    {SandboxState.SUBMITTED, SandboxState.CONCLUDED, SandboxState.TERMINATED}
)
_UNDER_WATCH = frozenset({SandboxState.ADMITTED, SandboxState.RUNNING, SandboxState.SUSPENDED})


class SandboxActs(AssuranceActs):
    """The acts on the regulatory sandbox (AI Act Art. 57 to 59)."""

    sandboxes: Sandboxes

    # ---- the participant ----------------------------------------------------------------------

    def apply_for_sandbox(self, actor: str, form: SandboxForm | Document) -> Participation:
        """Begin an application for the sandbox; it may be half filled."""
        read = _form(form)
        with self._act(actor, "sandbox.apply", self.facts.new_sandbox, actor) as tx:
            own = self.identity.account(tx, actor).organisation
            return self.sandboxes.draft(tx, actor, read, organisation=own)

    def revise_participation(
        self, actor: str, sandbox: str, form: SandboxForm | Document
    ) -> Participation:
        """Keep ``form`` for now, half filled as it may be: of a draft, or of what was asked back."""
        with self._act(actor, "sandbox.apply", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.revise(tx, actor, sandbox, _form(form))

    def participation_form(self, actor: str, sandbox: str) -> SandboxForm:
        """The form as ``actor``, who applied, saved it last."""
        with self._look(actor, "sandbox.apply", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.in_hand(tx, sandbox)

    def participation_gaps(self, actor: str, sandbox: str) -> Sequence[Gap]:
        """What keeps ``actor``'s form, as it was saved last, from being handed in."""
        return gaps(self.participation_form(actor, sandbox))

    def submit_participation(
        self, actor: str, sandbox: str, form: SandboxForm | Document | None = None
    ) -> Participation:
        """Hand a draft in, or hand in again what was asked back."""
        read = None if form is None else _form(form)
        with self._act(actor, "sandbox.apply", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.hand_in(tx, actor, sandbox, read)

    def withdraw_participation(self, actor: str, sandbox: str, reason: str = "") -> Participation:
        """End one's own participation."""
        with self._act(actor, "sandbox.withdraw", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.withdraw(tx, actor, sandbox, reason)

    def start_participation(self, actor: str, sandbox: str, plan_version: int) -> Participation:
        """Agree to that version of the plan, and begin."""
        with self._act(actor, "sandbox.take_part", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.start(tx, actor, sandbox, plan_version)

    def attach_evidence(
        self, actor: str, sandbox: str, test: str, evaluation: str
    ) -> Participation:
        """Put a recorded evaluation to a test of the plan; whether it is passed is reckoned, not said."""
        with self._act(actor, "sandbox.take_part", self.facts.sandbox, sandbox) as tx:
            kept = self.evaluations_kept.get(tx, evaluation)
            self.policies.require(
                self._account(tx, actor),
                "evaluation.read",
                self.facts.evaluation_record(tx, kept),
            )
            measured = Measured(
                kept.id, kept.digest, kept.suite, kept.algorithm, kept.recorded_at, kept.figures
            )
            return self.sandboxes.attach(tx, actor, sandbox, test, measured)

    def report_incident(
        self, actor: str, sandbox: str, incident: IncidentForm | Document
    ) -> Participation:
        """Report what went wrong in the sandbox, and what was done about it at once."""
        form = IncidentForm.read(incident) if isinstance(incident, Mapping) else incident
        with self._act(actor, "sandbox.take_part", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.incident(tx, actor, sandbox, form)

    def publish_exit_report(self, actor: str, sandbox: str) -> Participation:
        """Agree, for the participant, that the exit report is published (Art. 57(8))."""
        with self._act(actor, "sandbox.take_part", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.publish(tx, actor, sandbox)

    # ---- both sides ---------------------------------------------------------------------------

    def conclude_participation(self, actor: str, sandbox: str, reason: str) -> Participation:
        """End the trial: its exit criteria are met, or its time is over."""
        with self._act(actor, "sandbox.conclude", self.facts.sandbox, sandbox) as tx:
            closes = self._is_authoritys(tx, actor, sandbox)
            return self.sandboxes.conclude(tx, actor, sandbox, reason, closes=closes)

    def message_participation(self, actor: str, sandbox: str, text: str) -> Participation:
        """Write to the other side; both read it in the history. It changes no state."""
        with self._act(actor, "sandbox.message", self.facts.sandbox, sandbox) as tx:
            answers = self._is_authoritys(tx, actor, sandbox)
            self.sandboxes.message(tx, actor, sandbox, text, answers=answers)
            return self.sandboxes.get(tx, sandbox)

    def _is_authoritys(self, tx: Session, actor: str, sandbox: str) -> bool:
        """Whether ``actor``, who may do it, does it on the authority's side."""
        own = self.identity.account(tx, actor).organisation
        return bool(own != self.sandboxes.get(tx, sandbox).organisation)

    def participation(self, actor: str, sandbox: str) -> Participation:
        """One participation as it stands."""
        with self._look(actor, "sandbox.read", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.get(tx, sandbox)

    def participation_dossier(self, actor: str, sandbox: str) -> Dossier:
        """A participation with its history, its tests' evidence and its incidents."""
        with self._look(actor, "sandbox.read", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.dossier(tx, sandbox)

    def participations(self, actor: str, *, state: str | None = None) -> Sequence[Participation]:
        """The participations that ``actor`` may read, the oldest first."""
        with self._look(actor, "sandbox.list", self.facts.home) as tx:
            account = self._account(tx, actor)
            return [
                one
                for one in self.sandboxes.list(tx, state=state)
                if self.policies.is_allowed(account, "sandbox.read", self.facts.sandbox(tx, one.id))
            ]

    def exit_report(self, actor: str, sandbox: str) -> ExitReport:
        """The exit report as it was signed off."""
        with self._look(actor, "sandbox.read", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.exit_report(tx, sandbox)

    def sandbox_publications(self, actor: str | None = None) -> Sequence[Publication]:
        """What the public is told of the sandbox: summaries, and the reports that are published."""
        with self._look(actor, "sandbox.publications", self.facts.home) as tx:
            return [
                one
                for one in self.sandboxes.publications(tx)
                if self._may_be_told(tx, one.algorithm)
            ]

    def published_exit_report(self, sandbox: str, actor: str | None = None) -> ExitReport:
        """The exit report, for anyone, where both sides agreed to publish it; else ``NotFound``."""
        with self._look(actor, "sandbox.publications", self.facts.home) as tx:
            known = self.sandboxes.get(tx, sandbox)
            if not known.is_published or not self._may_be_told(tx, known.algorithm):
                raise NotFound(f"no exit report of {sandbox!r} is published")
            return self.sandboxes.exit_report(tx, sandbox)

    def _may_be_told(self, tx: Session, algorithm: str | None) -> bool:
        """Whether the public may know of it: not where the law keeps its entry in a section of its own."""
        if algorithm is None:
            return False
        return bool(self.facts.algorithm(tx, algorithm).attrs["section"] == "public")

    # ---- the authority ------------------------------------------------------------------------

    def sandbox_inbox(self, actor: str) -> Sequence[SandboxItem]:
        """What the authority has to do with: what waits for it first, SMEs before others (Art. 62(1)(a)),
        then by the day."""
        with self._look(actor, "sandbox.inbox", self.facts.home) as tx:
            account = self._account(tx, actor)
            items = []
            for known in self.sandboxes.list(tx):
                if known.state not in _FOR_AUTHORITY | _UNDER_WATCH | {SandboxState.ASKED_BACK}:
                    continue
                facts = self.facts.sandbox(tx, known.id)
                may = self.policies.is_allowed(account, "sandbox.decide", facts)
                items.append(self._item(self.sandboxes.dossier(tx, known.id), may=may))
            return sorted(items, key=_urgency)

    def _item(self, dossier: Dossier, *, may: bool) -> SandboxItem:
        known, now = dossier.participation, self.clock()
        day = known.due or (known.ends_at if known.state in _UNDER_WATCH else None)
        spoken = [one for one in dossier.events if one.act == "message" or one.deciding]
        return SandboxItem(
            participation=known,
            waits_for=_waits_for(known.state),
            days_left=None if day is None else (day - now) // timedelta(days=1),
            serious_incidents=sum(one.due is not None for one in dossier.incidents),
            unanswered=any(not one.deciding for one in spoken[-1:]),
            may_decide=may,
        )

    def decide_participation(
        self, actor: str, sandbox: str, decision: SandboxDecision, reason: str
    ) -> Participation:
        """Any decision that is words alone: ask back, refuse, guide, suspend, resume, terminate."""
        with self._act(actor, "sandbox.decide", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.decide(tx, actor, sandbox, decision, reason)

    def admit_participation(
        self, actor: str, sandbox: str, reason: str, plan: SandboxPlan | Document | None = None
    ) -> Participation:
        """Admit it to the sandbox, on the plan as proposed or on ``plan``."""
        read = None if plan is None else _plan(plan)
        with self._act(actor, "sandbox.decide", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.admit(tx, actor, sandbox, reason, read)

    def change_sandbox_plan(
        self, actor: str, sandbox: str, plan: SandboxPlan | Document, reason: str
    ) -> Participation:
        """Change the plan; what runs stands still until the participant agrees to it."""
        with self._act(actor, "sandbox.decide", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.replan(tx, actor, sandbox, _plan(plan), reason)

    def issue_exit_report(
        self, actor: str, sandbox: str, words: ExitWords | Document, *, publish: bool = False
    ) -> ExitReport:
        """Sign the exit report off; ``publish``: the authority agrees to its publication."""
        read = ExitWords.read(words) if isinstance(words, Mapping) else words
        with self._act(actor, "sandbox.decide", self.facts.sandbox, sandbox) as tx:
            return self.sandboxes.report(tx, actor, sandbox, read, publish=publish)


def _form(form: SandboxForm | Document) -> SandboxForm:
    return SandboxForm.read(form) if isinstance(form, Mapping) else form


def _plan(plan: SandboxPlan | Document) -> SandboxPlan:
    return SandboxPlan.read(plan) if isinstance(plan, Mapping) else plan


def _waits_for(state: SandboxState) -> str:
    if state in _FOR_AUTHORITY:
        return "authority"
    waiting = (SandboxState.ASKED_BACK, SandboxState.ADMITTED)
    return "participant" if state in waiting else "nobody"


def _urgency(item: SandboxItem) -> tuple[bool, bool, bool, int, str]:
    known = item.participation
    left = 10**6 if item.days_left is None else item.days_left
    return (
        item.waits_for != "authority",
        not item.serious_incidents,
        not known.has_priority,
        left,
        known.id,
    )
