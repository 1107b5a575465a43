"""The regulatory sandbox, from both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casemate.client.datasets import _json
from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.access import Gap
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
    )

Document = Mapping[str, Any]


class Sandboxes(Part):
    """Participations in the regulatory sandbox."""

    def apply_for_sandbox(self, form: SandboxForm | Document) -> Participation:
        """Begin an application for the sandbox; it may be half filled."""
        return _participation(self._wire.post("/sandboxes", {"form": _json(form)}))

    def revise_participation(
        self, sandbox: str, form: SandboxForm | Document, *, if_match: Seen = None
    ) -> Participation:
        """Keep ``form`` for now, half filled as it may be: of a draft, or of what was asked back."""
        asked = {"form": _json(form)}
        return _participation(self._wire.put(_at(sandbox), asked, if_match=if_match))

    def participation_form(self, sandbox: str) -> SandboxForm:
        """The form as you, who applied, saved it last."""
        from casemate.register.sandboxes import SandboxForm

        return decoded(SandboxForm, self._wire.get(f"{_at(sandbox)}/form"))

    def participation_gaps(self, sandbox: str) -> Sequence[Gap]:
        """What keeps your form, as it was saved last, from being handed in."""
        from casemate.access import Gap

        return [decoded(Gap, one) for one in self._wire.get(f"{_at(sandbox)}/missing")]

    def submit_participation(
        self,
        sandbox: str,
        form: SandboxForm | Document | None = None,
        *,
        if_match: Seen = None,
    ) -> Participation:
        """Hand a draft in, or hand in again what was asked back."""
        asked = {} if form is None else {"form": _json(form)}
        return self._do(sandbox, "submit", asked, if_match)

    def withdraw_participation(
        self, sandbox: str, reason: str = "", *, if_match: Seen = None
    ) -> Participation:
        """End one's own participation."""
        return self._do(sandbox, "withdraw", {"reason": reason}, if_match)

    def start_participation(
        self, sandbox: str, plan_version: int, *, if_match: Seen = None
    ) -> Participation:
        """Agree to that version of the plan, and begin."""
        return self._do(sandbox, "start", {"plan_version": plan_version}, if_match)

    def attach_evidence(
        self, sandbox: str, test: str, evaluation: str, *, if_match: Seen = None
    ) -> Participation:
        """Put a recorded evaluation to a test of the plan; whether it is passed is reckoned, not said."""
        asked = {"test": test, "evaluation": evaluation}
        return self._do(sandbox, "evidence", asked, if_match)

    def report_incident(
        self, sandbox: str, incident: IncidentForm | Document, *, if_match: Seen = None
    ) -> Participation:
        """Report what went wrong in the sandbox, and what was done about it at once."""
        return self._do(sandbox, "incidents", {"incident": _json(incident)}, if_match)

    def publish_exit_report(self, sandbox: str, *, if_match: Seen = None) -> Participation:
        """Agree, for the participant, that the exit report is published (Art. 57(8))."""
        return self._do(sandbox, "publish", {}, if_match)

    def conclude_participation(
        self, sandbox: str, reason: str, *, if_match: Seen = None
    ) -> Participation:
        """End the trial: its exit criteria are met, or its time is over."""
        return self._do(sandbox, "conclude", {"reason": reason}, if_match)

    def message_participation(self, sandbox: str, text: str) -> Participation:
        """Write to the other side; both read it in the history. It changes no state."""
        return self._do(sandbox, "messages", {"text": text}, None)

    def participation(self, sandbox: str) -> Participation:
        """One participation as it stands."""
        return _participation(self._wire.get(_at(sandbox)))

    def participation_dossier(self, sandbox: str) -> Dossier:
        """A participation with its history, its tests' evidence and its incidents."""
        from casemate.register.sandboxes import Dossier

        return decoded(Dossier, self._wire.get(f"{_at(sandbox)}/dossier"))

    def participations(self, *, state: str | None = None) -> Sequence[Participation]:
        """The participations that you may read, the oldest first."""
        return [_participation(one) for one in self._wire.pages("/sandboxes", state=state)]

    def exit_report(self, sandbox: str) -> ExitReport:
        """The exit report as it was signed off."""
        return _report(self._wire.get(f"{_at(sandbox)}/report"))

    def sandbox_publications(self) -> Sequence[Publication]:
        """What the public is told of the sandbox: summaries, and the reports that are published."""
        from casemate.register.sandboxes import Publication

        return [decoded(Publication, one) for one in self._wire.get("/sandboxes/published")]

    def published_exit_report(self, sandbox: str) -> ExitReport:
        """The exit report, for anyone, where both sides agreed to publish it."""
        return _report(self._wire.get(f"/sandboxes/published/{segment(sandbox)}/report"))

    def sandbox_inbox(self) -> Sequence[SandboxItem]:
        """What the authority has to do with, the most urgent first."""
        from casemate.register.sandboxes import SandboxItem

        return [decoded(SandboxItem, one) for one in self._wire.get("/sandboxes/inbox")]

    def decide_participation(
        self, sandbox: str, decision: SandboxDecision, reason: str, *, if_match: Seen = None
    ) -> Participation:
        """Any decision that is words alone: ask back, refuse, guide, suspend, resume, terminate."""
        asked = {"decision": decision, "reason": reason}
        return self._do(sandbox, "decide", asked, if_match)

    def admit_participation(
        self,
        sandbox: str,
        reason: str,
        plan: SandboxPlan | Document | None = None,
        *,
        if_match: Seen = None,
    ) -> Participation:
        """Admit it to the sandbox, on the plan as proposed or on ``plan``."""
        asked = {"reason": reason, "plan": None if plan is None else _json(plan)}
        return self._do(sandbox, "admit", asked, if_match)

    def change_sandbox_plan(
        self, sandbox: str, plan: SandboxPlan | Document, reason: str, *, if_match: Seen = None
    ) -> Participation:
        """Change the plan; what runs stands still until the participant agrees to it."""
        asked = {"reason": reason, "plan": _json(plan)}
        where = f"{_at(sandbox)}/plan"
        return _participation(self._wire.put(where, asked, if_match=if_match))

    def issue_exit_report(
        self,
        sandbox: str,
        words: ExitWords | Document,
        *,
        publish: bool = False,
        if_match: Seen = None,
    ) -> ExitReport:
        """Sign the exit report off; ``publish``: the authority agrees to its publication."""
        asked = {"words": _json(words), "publish": publish}
        return _report(self._wire.post(f"{_at(sandbox)}/report", asked, if_match=if_match))

    def _do(self, sandbox: str, act: str, asked: Any, if_match: Seen) -> Participation:
        return _participation(self._wire.post(f"{_at(sandbox)}/{act}", asked, if_match=if_match))


def _at(sandbox: str) -> str:
    return f"/sandboxes/{segment(sandbox)}"


def _participation(document: Any) -> Participation:
    from casemate.register.sandboxes import Participation

    return decoded(Participation, document)


def _report(document: Any) -> ExitReport:
    from casemate.register.sandboxes import ExitReport

    return decoded(ExitReport, document)
