"""Applications: what the applicant and the authority do with them, one method an act.

The acts and states are the table in ``transitions``. The clock of the decision runs while the
authority has the application, and stands still while the applicant has it. Every act is on the
ledger: what people wrote, there, is a digest only; the words are in the application's history.

Who applied, or is named, never decides, whatever the policies say: this room holds that itself.
"""

import builtins
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casemate.access import completeness, deadlines
from casemate.access.deadlines import Regime
from casemate.access.forms import (
    ApplicationForm,
    ApplicationKind,
    DatasetRequest,
    require_text,
)
from casemate.access.history import History
from casemate.access.output_types import require_known_types
from casemate.access.permits import Permits
from casemate.access.procedure import Change
from casemate.access.records import (
    ASSESSMENT_SEAL,
    Application,
    ApplicationEvent,
    Assessment,
    Offer,
    OutputRules,
    Permit,
    PermitTerms,
    Scope,
    State,
)
from casemate.access.tables import ApplicationRow, RevisedFormRow
from casemate.access.transitions import LEDGER_ACTS, MACHINE
from casemate.clock import Clock, timestamp
from casemate.disclosure import strictest
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed
from casemate.ids import new_id
from casemate.ledger import Ledger


class Applications:
    """The applications of one home. ``permits`` grants what is approved here."""

    def __init__(self, ledger: Ledger, clock: Clock, permits: Permits) -> None:
        self._ledger = ledger
        self._clock = clock
        self._permits = permits
        self._history = History(ledger, clock)

    # ---- the applicant's acts -----------------------------------------------------------------

    def draft(
        self, tx: Session, actor: str, form: ApplicationForm, *, organisation: str
    ) -> Application:
        """A new application of ``actor``, who works for ``organisation``; it may be half filled."""
        row = ApplicationRow(
            id=new_id("application"),
            state=State.DRAFT,
            revision=1,
            kind=form.kind,
            applicant=actor,
            organisation=organisation,
            form=form.document(),
            versions={},
            created_at=self._clock(),
            stopped_microseconds=0,
            extended=False,
        )
        tx.add(row)
        tx.flush()
        self._history.note(tx, row.id, actor, "draft", (State.DRAFT, State.DRAFT), "")
        self._ledger.append(
            tx, actor=actor, act="application.drafted", subject=row.id, form=form.digest()
        )
        return self.get(tx, row.id)

    def revise(
        self, tx: Session, actor: str, application_id: str, form: ApplicationForm
    ) -> Application:
        """Keep ``form`` for now: as the draft, or as what one that was given back will become.

        Until that is handed in again, the authority's copy stays what was submitted: see ``in_hand``.
        """
        row = self._history.row_for(tx, application_id, "revise")
        if row.state == State.DRAFT:
            columns = {"form": form.document(), "kind": form.kind}
            return self._take(tx, actor, row, "revise", columns=columns, form=form)
        revised = self._take(tx, actor, row, "revise", columns={}, form=form)
        self._put_aside(tx, application_id)
        tx.add(
            RevisedFormRow(application=application_id, form=form.document(), saved_at=self._clock())
        )
        tx.flush()
        return revised

    def in_hand(self, tx: Session, application_id: str) -> ApplicationForm:
        """The form as its applicant has it: what they saved since it was given back, else the form."""
        row = self._history.row(tx, application_id)
        saved = tx.get(RevisedFormRow, application_id, populate_existing=True)
        return ApplicationForm.read(row.form if saved is None else saved.form)

    def _put_aside(self, tx: Session, application_id: str) -> None:
        """Forget what was saved since the form was given back: it is handed in, or written anew."""
        tx.execute(delete(RevisedFormRow).where(RevisedFormRow.application == application_id))

    def submit(
        self,
        tx: Session,
        actor: str,
        application_id: str,
        offers: Iterable[Offer],
        *,
        known_people: Collection[str],
    ) -> Application:
        """Hand the draft in: its clock starts, its dataset versions are fixed.

        ``offers`` are those of the datasets asked for, as they are today; ``known_people`` the ids
        of all accounts. Raises ``BadInput`` naming everything that is missing or cannot be granted.
        """
        row = self._history.row_for(tx, application_id, "submit")
        form, now = ApplicationForm.read(row.form), self._clock()
        columns = {
            **self._fixed(tx, row, form, list(offers), known_people),
            "submitted_at": now,
            "clock_started_at": now,
        }
        return self._take(tx, actor, row, "submit", columns=columns, form=form)

    def resubmit(
        self,
        tx: Session,
        actor: str,
        application_id: str,
        form: ApplicationForm,
        offers: Iterable[Offer],
        *,
        known_people: Collection[str],
    ) -> Application:
        """Hand a completed or changed form in; the clock goes on. Raises as ``submit`` does."""
        row = self._history.row_for(tx, application_id, "resubmit")
        columns = {
            **self._fixed(tx, row, form, list(offers), known_people),
            **self._history.clock_goes_on(row),
            "form": form.document(),
            "kind": form.kind,
            "complete_at": None,
        }
        self._put_aside(tx, application_id)
        return self._take(tx, actor, row, "resubmit", columns=columns, form=form)

    def withdraw(
        self, tx: Session, actor: str, application_id: str, reason: str = ""
    ) -> Application:
        """End an open application without a decision. A reason is welcome, not needed."""
        row = self._history.row_for(tx, application_id, "withdraw")
        text = require_text(reason, "the reason") if reason.strip() else ""
        goes_on = self._history.clock_goes_on(row)
        return self._take(tx, actor, row, "withdraw", text, columns=goes_on)

    def appeal(self, tx: Session, actor: str, application_id: str, grounds: str) -> Application:
        """Ask for a refusal to be looked at again, by somebody else; the clock starts anew.

        Raises ``BadInput`` when the time for it is over, ``Conflict`` after a first appeal.
        """
        row, now = self._history.row_for(tx, application_id, "appeal"), self._clock()
        grounds = require_text(grounds, "the grounds of the appeal")
        if row.appealed_at is not None:
            raise Conflict(f"{row.id} was refused on appeal: what remains is the court")
        if row.decided_at is not None and now >= (end := deadlines.appeal_until(row.decided_at)):
            raise BadInput(f"the time to appeal the refusal of {row.id} ended at {timestamp(end)}")
        columns = {
            "appealed_at": now,
            "decided_at": None,
            "clock_started_at": now,
            "stopped_microseconds": 0,
            "extended": False,
        }
        return self._take(tx, actor, row, "appeal", grounds, columns=columns)

    # ---- the authority's acts -----------------------------------------------------------------

    def confirm_complete(
        self, tx: Session, actor: str, application_id: str, note: str = ""
    ) -> Application:
        """Record that nothing is missing: the completeness check is done."""
        row = self._history.row_for(tx, application_id, "confirm_complete")
        text = require_text(note, "the note") if note.strip() else ""
        done = {"complete_at": self._clock()}
        return self._take(tx, actor, row, "confirm_complete", text, columns=done)

    def mark_incomplete(
        self, tx: Session, actor: str, application_id: str, reason: str
    ) -> Application:
        """Give it back for what is missing; the clock stands still until it returns."""
        return self._give_back(tx, actor, application_id, "mark_incomplete", reason)

    def request_changes(
        self, tx: Session, actor: str, application_id: str, reason: str
    ) -> Application:
        """Give it back for what should be otherwise; the clock stands still until it returns."""
        return self._give_back(tx, actor, application_id, "request_changes", reason)

    def extend(self, tx: Session, actor: str, application_id: str, reason: str) -> Application:
        """Take the longer time that the law allows, once and before the first has run out.

        Raises ``Conflict`` if it was extended or is overdue.
        """
        row = self._history.row_for(tx, application_id, "extend")
        reason = require_text(reason, "the reason of the extension")
        if row.extended:
            raise Conflict(f"the time to decide {row.id} was extended already, and can be but once")
        due = self._history.due(row)
        if due is not None and self._clock() >= due:
            raise Conflict(f"{row.id} was to be decided by {timestamp(due)}: too late to extend")
        return self._take(tx, actor, row, "extend", reason, columns={"extended": True})

    def refuse(self, tx: Session, actor: str, application_id: str, reason: str) -> Application:
        """Decide against it, with the reason. Raises ``Conflict`` if somebody decided before."""
        row = self._history.row_for(tx, application_id, "refuse")
        reason = require_text(reason, "the reason of the refusal")
        self._require_fresh_eyes(tx, row, actor)
        columns = {**self._history.clock_goes_on(row), "decided_at": self._clock()}
        return self._take(tx, actor, row, "refuse", reason, columns=columns)

    def approve(
        self,
        tx: Session,
        actor: str,
        application_id: str,
        *,
        reason: str,
        offers: Iterable[Offer],
        plans: Mapping[str, Mapping[str, Any]],
        budgets: Mapping[str, dict[str, str]] | None = None,
        output_rules: OutputRules | None = None,
        conditions: Sequence[str] = (),
        valid_from: datetime | None = None,
        duration_days: int | None = None,
    ) -> Permit:
        """Decide for it: the permit is granted, signed and in force from ``valid_from`` (now).

        ``offers`` are today's of its datasets: what has gone since it was submitted is not granted.
        ``plans`` is the protection plan by dataset, ``budgets`` the privacy that answers may spend,
        of the datasets where there are to be any. Without ``output_rules``, the holders' least
        cell count and review by a checker; they may be made stricter, never looser.
        ``duration_days`` may shorten what was asked for. An amendment's permit replaces the amended
        one. Raises ``BadInput``; ``Conflict`` if somebody decided before; ``NotAllowed`` for those
        who applied; ``IntegrityFailure`` if the form is not the one that was submitted.
        """
        row = self._history.row_for(tx, application_id, "approve")
        reason = require_text(reason, "the reason of the approval")
        self._require_fresh_eyes(tx, row, actor)
        form, today = self._submitted_form(tx, row), list(offers)
        self._fixed(tx, row, form, today, form.people)
        _require_same_versions(row, today)
        rules = self._output_rules(tx, form, output_rules, today)
        terms = _terms(
            row, form, _scopes(form, row.versions, plans, budgets or {}), rules, conditions
        )
        begin = valid_from or self._clock()
        end = begin + timedelta(days=_duration(form, duration_days))
        # The state is won first: of two deciders, only one comes to grant anything.
        self._take(tx, actor, row, "approve", reason, columns={"decided_at": self._clock()})
        permit = self._permits.grant(
            tx, actor, terms, valid_from=begin, valid_until=end, supersedes=form.amends
        )
        tx.execute(
            update(ApplicationRow)
            .where(ApplicationRow.id == application_id)
            .values(permit=permit.id)
        )
        return permit

    def require_assessable(
        self, tx: Session, actor: str, application_id: str, offers: Iterable[Offer]
    ) -> tuple[Assessment, ...]:
        """Leave for ``actor`` to weigh a protection plan for each of today's ``offers``, before deciding.

        Only while the decision is the authority's to take, and of the form that was submitted. Raises
        ``Conflict`` in another state, ``NotAllowed`` for those who applied, ``BadInput`` where what was
        asked for is no longer offered, ``IntegrityFailure`` if the form was altered.
        """
        row = self._history.row_for(tx, application_id, "approve")
        form, today = self._submitted_form(tx, row), {offer.dataset: offer for offer in offers}
        if actor in {row.applicant, *form.people}:
            raise NotAllowed(
                f"{actor} applied for {row.id} or is named in it, and does not assess it"
            )
        _require_same_versions(row, today.values())
        return tuple(
            _assessment(row, actor, request, today[request.dataset])
            for request in form.datasets
            if request.dataset in today
        )

    # ---- reading, and talking -----------------------------------------------------------------

    def get(self, tx: Session, application_id: str) -> Application:
        """The application as it stands. Raises ``NotFound``."""
        return self._history.record(self._history.row(tx, application_id))

    def list(
        self,
        tx: Session,
        *,
        applicant: str | None = None,
        state: State | str | None = None,
    ) -> tuple[Application, ...]:
        """The applications, oldest first, narrowed by what is given."""
        query = select(ApplicationRow).order_by(ApplicationRow.created_at, ApplicationRow.id)
        if applicant is not None:
            query = query.where(ApplicationRow.applicant == applicant)
        if state is not None:
            query = query.where(ApplicationRow.state == MACHINE.state(state, "an application"))
        rows = tx.scalars(query.execution_options(populate_existing=True))
        return tuple(self._history.record(row) for row in rows)

    def message(self, tx: Session, actor: str, application_id: str, text: str) -> None:
        """Add ``text`` to the application's history, for both sides to read. Changes no state."""
        row = self._history.row(tx, application_id)
        self._history.say(tx, actor, row, require_text(text, "the message"))

    @staticmethod
    def decided_within(tx: Session, since: datetime) -> builtins.list[timedelta]:
        """How long each application that was decided at ``since`` or after took from being handed in."""
        row = ApplicationRow
        query = select(row.submitted_at, row.decided_at).where(row.decided_at >= since)
        return [decided - asked for asked, decided in tx.execute(query) if asked and decided]

    def timeline(self, tx: Session, application_id: str) -> tuple[ApplicationEvent, ...]:
        """Everything that was done and said, in order, with the reasons. Raises ``NotFound``."""
        self._history.row(tx, application_id)
        return self._history.events(tx, application_id)

    def decisions(self, tx: Session, application_id: str) -> tuple[ApplicationEvent, ...]:
        """The authority's acts alone, each with its reason."""
        return tuple(event for event in self.timeline(tx, application_id) if event.deciding)

    # ---- how a step is taken ------------------------------------------------------------------

    def _take(
        self,
        tx: Session,
        actor: str,
        row: ApplicationRow,
        act: str,
        text: str = "",
        *,
        columns: Mapping[str, Any],
        form: ApplicationForm | None = None,
    ) -> Application:
        application_id = row.id
        recorded = {} if form is None else {"form": form.digest()}
        self._history.take(tx, actor, row, act, Change(text, columns, recorded))
        return self.get(tx, application_id)

    def _give_back(
        self, tx: Session, actor: str, application_id: str, act: str, reason: str
    ) -> Application:
        row = self._history.row_for(tx, application_id, act)
        reason = require_text(reason, "the reason for giving it back")
        return self._take(tx, actor, row, act, reason, columns={"clock_stopped_at": self._clock()})

    # ---- checks -------------------------------------------------------------------------------

    def _fixed(
        self,
        tx: Session,
        row: ApplicationRow,
        form: ApplicationForm,
        offers: Sequence[Offer],
        known_people: Collection[str],
    ) -> dict[str, Any]:
        """The columns that a complete form fixes; raises ``BadInput`` where it is not complete."""
        completeness.require_complete(form, offers, known_people)
        if form.amends is not None:
            self._require_amendable(tx, row, form.amends)
        asked = {request.dataset for request in form.datasets}
        ours = [offer for offer in offers if offer.dataset in asked]
        return {
            "versions": {offer.dataset: offer.version for offer in ours},
            "regime": deadlines.binding_regime(Regime(offer.regime) for offer in ours),
        }

    def _require_amendable(self, tx: Session, row: ApplicationRow, permit_id: str) -> None:
        permit = self._permits.get(tx, permit_id)
        if permit.standing or permit.applicant != row.applicant:
            raise BadInput(f"amends: {permit_id} is not a permit of {row.applicant}")
        if not permit.in_force_at(self._clock()):
            raise BadInput(f"amends: {permit_id} is not in force; apply for a new permit")

    def _submitted_form(self, tx: Session, row: ApplicationRow) -> ApplicationForm:
        """The form, if it is the one that the ledger says was submitted last."""
        form = ApplicationForm.read(row.form)
        handed_in = {LEDGER_ACTS["submit"], LEDGER_ACTS["resubmit"]}
        entries = self._ledger.entries(tx, subject=row.id)
        digests = [entry.detail["form"] for entry in entries if entry.act in handed_in]
        if not digests or digests[-1] != form.digest():
            raise IntegrityFailure(f"the form of {row.id} is not the one submitted: it was altered")
        return form

    def refused_by(self, tx: Session, application: Application, actor: str) -> bool:
        """Whether ``actor`` refused what is now appealed: somebody else decides on the appeal."""
        if application.state is not State.APPEALED:
            return False
        decisions = self.decisions(tx, application.id)
        return actor in {event.actor for event in decisions if event.act == "refuse"}

    def _require_fresh_eyes(self, tx: Session, row: ApplicationRow, actor: str) -> None:
        if self.refused_by(tx, self._history.record(row), actor):
            raise NotAllowed(f"{actor} refused {row.id}: somebody else decides on the appeal")

    def _output_rules(
        self,
        tx: Session,
        form: ApplicationForm,
        given: OutputRules | None,
        offers: Sequence[Offer],
    ) -> OutputRules:
        least = max(offer.rules.min_cell for offer in offers)
        rules = given or OutputRules(min_cell=least)
        require_known_types(rules.allowed_types)
        if rules.disclosure is None:
            demanded = strictest(offer.rules.disclosure for offer in offers)
            rules = rules.model_copy(update={"disclosure": demanded})
        for offer in offers:
            rules.require_no_laxer(offer.rules, offer.dataset)
        aggregates = form.kind is ApplicationKind.REQUEST
        if form.amends is not None:
            aggregates = not self._permits.get(tx, form.amends).output_rules.rows
        return rules.model_copy(update={"rows": False}) if aggregates else rules


def _require_same_versions(row: ApplicationRow, offers: Iterable[Offer]) -> None:
    for offer in offers:
        if (version := row.versions.get(offer.dataset)) not in (None, offer.version):
            raise BadInput(
                f"{row.id} is for version {version} of {offer.dataset}; the offer given is of "
                f"version {offer.version}"
            )


def _terms(
    row: ApplicationRow,
    form: ApplicationForm,
    scopes: tuple[Scope, ...],
    output_rules: OutputRules,
    conditions: Sequence[str],
) -> PermitTerms:
    if form.purpose is None:
        raise BadInput("purpose: name a term of the Data Privacy Vocabulary")
    return PermitTerms(
        application=row.id,
        applicant=row.applicant,
        people=frozenset(form.people),
        scopes=scopes,
        purpose=form.purpose.term,
        purpose_text=form.purpose.description,
        legal_basis=form.legal_basis,
        output_rules=output_rules,
        conditions=tuple(require_text(text, "a condition") for text in conditions),
    )


def _scopes(
    form: ApplicationForm,
    versions: Mapping[str, int],
    plans: Mapping[str, Mapping[str, Any]],
    budgets: Mapping[str, dict[str, str]],
) -> tuple[Scope, ...]:
    asked = [request.dataset for request in form.datasets]
    if missing := [name for name in asked if name not in plans]:
        raise BadInput(f"no protection plan for {', '.join(missing)}: give one for each dataset")
    if stray := sorted(set(plans) - set(asked)):
        raise BadInput(f"a protection plan for {', '.join(stray)}, which was not asked for")
    return tuple(
        Scope(
            dataset=request.dataset,
            version=versions[request.dataset],
            variables=tuple(item.name for item in request.variables),
            plan=dict(plans[request.dataset]),
            pseudonyms=tuple(item.name for item in request.variables if item.as_pseudonym),
            budget=budgets.get(request.dataset),
        )
        for request in form.datasets
    )


def _assessment(
    row: ApplicationRow, actor: str, request: DatasetRequest, offer: Offer
) -> Assessment:
    asked = tuple(item.name for item in request.variables)
    if gone := sorted(set(asked) - offer.variables):
        raise BadInput(f"{offer.dataset} no longer has {', '.join(gone)}: it cannot be assessed")
    return Assessment(
        application=row.id,
        assessor=actor,
        dataset=offer.dataset,
        version=offer.version,
        variables=asked,
        min_cell=offer.rules.min_cell,
        seal=ASSESSMENT_SEAL,
    )


def _duration(form: ApplicationForm, decided: int | None) -> int:
    asked = form.duration_days or 0
    if decided is None:
        return asked
    if not 1 <= decided <= asked:
        raise BadInput(f"a permit of {decided} days: give 1 to {asked}, which was asked for")
    return decided
