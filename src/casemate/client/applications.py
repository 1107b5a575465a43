"""Apply and decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from casemate.client.datasets import _json
from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.access import (
        Application,
        ApplicationEvent,
        ApplicationForm,
        Gap,
        OutputRules,
        Permit,
    )
    from casemate.desk import InboxItem
    from casemate.enclave.assessing import PlanPreview
    from casemate.platform import Decision
    from casemate.protection.privacy_loss import PrivacyLoss


class Applications(Part):
    """Applications, from both sides of the desk."""

    def apply(self, form: ApplicationForm | Mapping[str, Any]) -> Application:
        """Draft an application and hand it in, both or neither."""
        return _application(self._wire.post("/applications", {"form": _json(form)}))

    def draft(self, form: ApplicationForm | Mapping[str, Any]) -> Application:
        """Begin an application; it may be half filled."""
        asked = {"form": _json(form), "draft": True}
        return _application(self._wire.post("/applications", asked))

    def submit(
        self,
        application: str,
        form: ApplicationForm | Mapping[str, Any] | None = None,
        *,
        if_match: Seen = None,
    ) -> Application:
        """Hand a draft in, or hand it in again with ``form`` after it was given back."""
        asked = {} if form is None else {"form": _json(form)}
        return self._act(application, "submit", asked, if_match)

    def revise(
        self,
        application: str,
        form: ApplicationForm | Mapping[str, Any],
        *,
        if_match: Seen = None,
    ) -> Application:
        """Keep ``form`` for now, half filled as it may be: of a draft, or of what was given back."""
        where = f"/applications/{segment(application)}"
        return _application(self._wire.put(where, {"form": _json(form)}, if_match=if_match))

    def form_in_hand(self, application: str) -> ApplicationForm:
        """The form as you saved it last, handed in or not."""
        from casemate.access import ApplicationForm

        told = self._wire.get(f"/applications/{segment(application)}/form")
        return decoded(ApplicationForm, told)

    def missing(self, application: str) -> Sequence[Gap]:
        """What keeps your form, as it was saved last, from being handed in; nothing is done."""
        from casemate.access import Gap

        told = self._wire.get(f"/applications/{segment(application)}/missing")
        return [decoded(Gap, one) for one in told]

    def message(self, application: str, text: str) -> Application:
        """Write to the other side; both read it in the application's history. It changes no state."""
        return self._act(application, "messages", {"text": text}, None)

    def withdraw(self, application: str, reason: str = "", *, if_match: Seen = None) -> Application:
        """End one's own application."""
        return self._act(application, "withdraw", {"reason": reason}, if_match)

    def appeal(self, application: str, grounds: str, *, if_match: Seen = None) -> Application:
        """Ask for a refusal to be looked at again, by somebody else."""
        return self._act(application, "appeal", {"reason": grounds}, if_match)

    def application(self, application: str) -> Application:
        """One application as it stands."""
        return _application(self._wire.get(f"/applications/{segment(application)}"))

    def timeline(self, application: str) -> Sequence[ApplicationEvent]:
        """Everything that was done and said about an application."""
        from casemate.access import ApplicationEvent

        told = self._wire.get(f"/applications/{segment(application)}/timeline")
        return [decoded(ApplicationEvent, one) for one in told]

    def list_applications(self, *, state: str | None = None) -> Sequence[Application]:
        """The applications that you may read."""
        return list(self.each_application(state=state))

    def each_application(self, *, state: str | None = None) -> Iterator[Application]:
        """The same, page after page as they are asked for."""
        for one in self._wire.pages("/applications", state=state):
            yield _application(one)

    def inbox(self) -> Sequence[InboxItem]:
        """What is not decided yet, for the authority, the most urgent first."""
        from casemate.desk import InboxItem

        return [decoded(InboxItem, one) for one in self._wire.pages("/applications/inbox")]

    def preview_plan(
        self,
        application: str,
        plans: Mapping[str, Mapping[str, Any]],
        *,
        seconds: float | None = None,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> Sequence[PlanPreview]:
        """What ``plans`` would do to the data that an application asks for: risk and loss, no record.

        The server weighs them all in one request: ``progress`` is told before it and after it.
        """
        from casemate.enclave.assessing import PlanPreview

        progress(0, len(plans))
        asked = {"plans": _json(plans), "seconds": seconds}
        told = self._wire.post(f"/applications/{segment(application)}/preview", asked)
        progress(len(plans), len(plans))
        return [decoded(PlanPreview, one) for one in told]

    def approve(
        self,
        application: str,
        reason: str,
        *,
        plans: Mapping[str, Mapping[str, Any]] | None = None,
        budgets: Mapping[str, PrivacyLoss] | None = None,
        conditions: Sequence[str] = (),
        output_rules: OutputRules | None = None,
        valid_from: datetime | None = None,
        duration_days: int | None = None,
        if_match: Seen = None,
    ) -> Permit:
        """Decide for it: the permit is signed and opens exactly what it names."""
        from casemate.access import Permit

        terms = {
            "reason": reason,
            "plans": _json(plans or {}),
            "budgets": dict(budgets or {}),
            "conditions": list(conditions),
            "output_rules": output_rules,
            "valid_from": valid_from,
            "duration_days": duration_days,
        }
        where = f"/applications/{segment(application)}/approve"
        return decoded(Permit, self._wire.post(where, terms, if_match=if_match))

    def decide(
        self, application: str, decision: Decision, reason: str, *, if_match: Seen = None
    ) -> Application:
        """Any decision but approval: refuse it, give it back, or take more time."""
        asked = {"decision": decision, "reason": reason}
        return self._act(application, "decide", asked, if_match)

    def _act(self, application: str, act: str, asked: Any, if_match: Seen) -> Application:
        where = f"/applications/{segment(application)}/{act}"
        return _application(self._wire.post(where, asked, if_match=if_match))


def _application(document: Any) -> Application:
    from casemate.access import Application

    return decoded(Application, document)
