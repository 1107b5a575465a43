"""The facts that policies read of each record, gathered from the rooms that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from sqlalchemy.orm import Session

from casemate.access import (
    ApplicationForm,
    Applications,
    Offer,
    OfferRules,
    Permit,
    Permits,
)
from casemate.access.policies import HOME, Resource
from casemate.access.policy_model import ACTIONS
from casemate.errors import NotFound
from casemate.identity import Identity
from casemate.register.keeping import Register
from casemate.register.sandboxes import Sandboxes

if TYPE_CHECKING:
    from casemate.assurance.keeping import Evaluations, KeptEvaluation
    from casemate.catalogue import Catalogue, Dataset, DatasetDescription
    from casemate.enclave import Enclave
    from casemate.knowledge.casefiles import CaseFiles
    from casemate.knowledge.keeping import Corpora
    from casemate.knowledge.obligations.keeping import Companies


def offer_of(dataset: Dataset) -> Offer:
    """``dataset`` as it can be asked for."""
    from casemate.catalogue import VariableRole

    return Offer(
        dataset=dataset.id,
        version=dataset.version,
        holder=dataset.holder,
        variables=dataset.variable_names,
        direct_identifiers=dataset.direct_identifiers,
        sensitive=dataset.named_with_role(VariableRole.SENSITIVE),
        allowed_purposes=frozenset(dataset.allowed_purposes),
        rules=OfferRules(
            min_k=dataset.rules.min_k,
            min_cell=dataset.rules.min_cell,
            max_duration_days=dataset.rules.max_days,
            disclosure=dataset.rules.disclosure,
        ),
        regime=dataset.regime,
        open=dataset.is_open,
    )


Door = Literal["publishing", "applying", "desk", "workspace", "outputs", "administration"]
"""A part of the portal that some people have a use for, and others none."""


class Rooms(Protocol):
    """Whoever holds the rooms; one is asked for when a record of it is, since some take long to open."""

    identity: Identity
    applications: Applications
    permits: Permits
    register: Register
    sandboxes: Sandboxes

    @property
    def catalogue(self) -> Catalogue:
        """The room of datasets."""

    @property
    def enclave(self) -> Enclave:
        """The room of runs and outputs."""

    @property
    def corpora_kept(self) -> Corpora:
        """The room of collections of texts."""

    @property
    def case_files_kept(self) -> CaseFiles:
        """The room of case files."""

    @property
    def companies_kept(self) -> Companies:
        """The room of companies' profiles."""

    @property
    def evaluations_kept(self) -> Evaluations:
        """The room of evaluations."""


@dataclass(frozen=True)
class Facts:
    """Each method gives one record as a ``Resource``; raises ``NotFound`` where there is none."""

    rooms: Rooms

    def home(self, _tx: Session) -> Resource:
        """The whole house."""
        return HOME

    def account(self, tx: Session, account: str) -> Resource:
        """Somebody's account."""
        known = self.rooms.identity.account(tx, account)
        facts = {"organisation": known.organisation, "active": known.active}
        return Resource("account", known.id, facts)

    def organisation(self, tx: Session, organisation: str) -> Resource:
        """An organisation."""
        return Resource("organisation", self.rooms.identity.organisation(tx, organisation).id)

    def to_publish(self, tx: Session, actor: str, described: DatasetDescription) -> Resource:
        """A dataset about to be published: its holder's, or a new one of the actor's organisation."""
        holder = self.rooms.identity.account(tx, actor).organisation
        with suppress(NotFound):
            holder = self.rooms.catalogue.get(tx, described.id).holder
        return Resource("dataset", described.id, _dataset_facts(holder, described))

    def to_send(self, tx: Session, actor: str) -> Resource:
        """A table of the actor's organisation that nothing is said of yet."""
        holder = self.rooms.identity.account(tx, actor).organisation
        return Resource("dataset", "new", {"holder": holder})

    def dataset(self, tx: Session, dataset: str) -> Resource:
        """A published dataset."""
        known = self.rooms.catalogue.get(tx, dataset)
        return Resource("dataset", dataset, _dataset_facts(known.holder, known.description))

    def application(self, tx: Session, application: str) -> Resource:
        """An application as it stands."""
        known = self.rooms.applications.get(tx, application)
        return self._application(tx, application, known.applicant, known.form, known.state.value)

    def algorithm(self, tx: Session, algorithm: str) -> Resource:
        """The record of an algorithm."""
        known = self.rooms.register.get(tx, algorithm)
        facts = {
            "organisation": known.organisation,
            "published": known.published is not None,
            "section": self.rooms.register.standing(tx, algorithm).section.value,
        }
        return Resource("algorithm", algorithm, facts)

    def algorithm_of_run(self, tx: Session, run: str) -> Resource:
        """The record that a run's program is about to have: of whoever handed it in."""
        known = self.rooms.enclave.runs.get(tx, run)
        return self.new_algorithm(tx, known.submitted_by)

    def new_algorithm(self, tx: Session, actor: str) -> Resource:
        """A record of the actor's organisation that is about to be made."""
        own = self.rooms.identity.account(tx, actor).organisation
        return Resource("algorithm", "new", {"organisation": own})

    def corpus(self, tx: Session, actor: str, name: str) -> Resource:
        """A collection of texts: of whoever loaded it first, and the actor's where nobody has."""
        known = self.rooms.corpora_kept.find(tx, name)
        own = self.rooms.identity.account(tx, actor).organisation
        return Resource("corpus", name, {"organisation": known.organisation if known else own})

    def case_file(self, tx: Session, case_file: str) -> Resource:
        """A case file: whose it is, and who else was named. A colleague who was named and has left the
        owner's organisation since is no colleague any more."""
        from casemate.knowledge.casefiles import Right, ShareKind

        people = self.rooms.case_files_kept.people(tx, case_file)
        own = self.rooms.identity.account(tx, people.owner).organisation
        named = people.parties(ShareKind.ACCOUNT, *Right)
        here = {one for one in named if self.rooms.identity.account(tx, one).organisation == own}
        writers = here & people.parties(ShareKind.ACCOUNT, Right.WRITE)
        facts = {
            "owner": people.owner,
            "readers": here,
            "writers": writers,
            "reading_houses": people.parties(ShareKind.ORGANISATION, *Right),
            "writing_houses": people.parties(ShareKind.ORGANISATION, Right.WRITE),
        }
        return Resource("casefile", case_file, facts)

    def new_case_file(self, _tx: Session, actor: str) -> Resource:
        """A case file that ``actor`` is about to open."""
        nobody = {
            key: set[str]() for key in ("readers", "writers", "reading_houses", "writing_houses")
        }
        return Resource("casefile", "new", {"owner": actor, **nobody})

    def company(self, tx: Session, profile: str) -> Resource:
        """The profile of a company."""
        known = self.rooms.companies_kept.get(tx, profile)
        return Resource("company", profile, {"organisation": known.organisation})

    def new_company(self, tx: Session, actor: str) -> Resource:
        """A profile of the actor's organisation that is about to be made."""
        own = self.rooms.identity.account(tx, actor).organisation
        return Resource("company", "new", {"organisation": own})

    def open_corpus(self, tx: Session, name: str) -> Resource:
        """A collection of texts that is here, to whoever asks; raises ``NotFound``."""
        kept = self.rooms.corpora_kept.get(tx, name)
        return Resource("corpus", name, {"organisation": kept.organisation})

    def evaluation(self, tx: Session, evaluation: str) -> Resource:
        """A kept evaluation."""
        return self.evaluation_record(tx, self.rooms.evaluations_kept.get(tx, evaluation))

    def evaluation_record(self, tx: Session, evaluation: KeptEvaluation) -> Resource:
        """An evaluation that was read already."""
        facts = {"organisation": evaluation.organisation, "published": evaluation.is_public}
        return Resource(
            "evaluation", evaluation.id, {**facts, **self._entry(tx, evaluation.algorithm)}
        )

    def new_evaluation(self, tx: Session, actor: str, algorithm: str | None) -> Resource:
        """An evaluation about to be recorded: its algorithm's organisation's, or else the actor's."""
        own = self.rooms.identity.account(tx, actor).organisation
        if algorithm is not None:
            own = self.rooms.register.get(tx, algorithm).organisation
        facts = {"organisation": own, "published": False}
        return Resource("evaluation", "new", {**facts, **self._entry(tx, algorithm)})

    def _entry(self, tx: Session, algorithm: str | None) -> dict[str, str | bool]:
        """What is known of the entry that an evaluation is evidence on; of none, nothing is hidden."""
        if algorithm is None:
            return {"entry_is_public": True, "section": "public"}
        about = self.algorithm(tx, algorithm).attrs
        section = about["section"]
        return {
            "entry_is_public": about["published"] and section == "public",
            "section": section,
        }

    def sandbox(self, tx: Session, sandbox: str) -> Resource:
        """A participation in the regulatory sandbox as it stands."""
        known = self.rooms.sandboxes.get(tx, sandbox)
        facts = {"applicant": known.applicant, "organisation": known.organisation}
        return Resource("sandbox", sandbox, facts | {"state": known.state.value})

    def new_sandbox(self, tx: Session, actor: str) -> Resource:
        """A participation that ``actor`` is about to apply for."""
        own = self.rooms.identity.account(tx, actor).organisation
        facts = {"applicant": actor, "organisation": own, "state": "draft"}
        return Resource("sandbox", "new", facts)

    def new_application(self, tx: Session, applicant: str, form: ApplicationForm) -> Resource:
        """An application that ``applicant`` is about to begin."""
        return self._application(tx, "new", applicant, form, "draft")

    def _application(
        self, tx: Session, application: str, applicant: str, form: ApplicationForm, state: str
    ) -> Resource:
        return Resource(
            "application",
            application,
            {
                "applicant": applicant,
                "people": set(form.people),
                "organisation": self.rooms.identity.account(tx, applicant).organisation,
                "holders": self._holders(tx, (wanted.dataset for wanted in form.datasets)),
                "state": state,
            },
        )

    def permit(self, tx: Session, permit: str) -> Resource:
        """A permit by its id."""
        return self.permit_record(tx, self.rooms.permits.get(tx, permit))

    def permit_record(self, tx: Session, permit: Permit) -> Resource:
        """A permit that was read already."""
        facts = {
            "applicant": permit.applicant,
            "people": set(permit.people),
            "holders": self._holders(tx, (scope.dataset for scope in permit.scopes)),
            "standing": permit.standing,
        }
        if not permit.standing:
            facts["organisation"] = self.rooms.identity.account(tx, permit.applicant).organisation
        return Resource("permit", permit.id, facts)

    def run_of_permit(self, tx: Session, actor: str, permit: str) -> Resource:
        """A run that ``actor`` is about to hand in under ``permit``."""
        people = self._people(tx, permit, actor)
        return Resource("run", "new", {"submitted_by": actor, "people": people})

    def run(self, tx: Session, run: str) -> Resource:
        """A run, with the people of its permit."""
        known = self.rooms.enclave.runs.get(tx, run)
        people = self._people(tx, known.permit, known.submitted_by)
        return Resource("run", run, {"submitted_by": known.submitted_by, "people": people})

    def output(self, tx: Session, output: str) -> Resource:
        """An output, with the people of its run's permit, the machine's verdict and who cleared it."""
        known = self.rooms.enclave.outputs.get(tx, output)
        run = self.rooms.enclave.runs.get(tx, known.run)
        facts = {
            "submitted_by": run.submitted_by,
            "people": self._people(tx, run.permit, run.submitted_by),
            "state": known.state.value,
            "verdict": known.decision or "none",
            "four_eyes": self.rooms.enclave.outputs.asks_for_two(tx, known),
            "cleared_by": set(known.cleared_by),
            "seconded": len(known.cleared_by) > 1,
        }
        return Resource("output", output, facts)

    def about(self, tx: Session, action: str, actor: str | None, about: str | None) -> Resource:
        """The record ``about`` as ``action`` is done to it; the whole house where none is named."""
        if about is None:
            return HOME
        kind = ACTIONS[action][0]
        if action in ("run.draft", "run.submit") and actor is not None:
            return self.run_of_permit(tx, actor, about)
        read = {
            "dataset": self.dataset,
            "algorithm": self.algorithm,
            "evaluation": self.evaluation,
            "company": self.company,
            "sandbox": self.sandbox,
            "casefile": self.case_file,
            "application": self.application,
            "permit": self.permit,
            "run": self.run,
            "output": self.output,
            "account": self.account,
            "organisation": self.organisation,
        }
        return read[kind](tx, about)

    def doors(self, tx: Session, actor: str) -> dict[Door, tuple[str, Resource]]:
        """For each part of the portal, the act that it is there for, on a record that stands in the way
        of nobody: what is left of the policies then is the role."""
        own = self.rooms.identity.account(tx, actor).organisation
        asked = {
            "applicant": actor,
            "people": set[str](),
            "organisation": own,
            "holders": set[str](),
            "state": "draft",
        }
        others = asked | {"applicant": "acct-somebody", "organisation": "org-other"}
        mine = {"submitted_by": actor, "people": {actor}}
        return {
            "publishing": ("dataset.publish", self.to_send(tx, actor)),
            "applying": ("application.create", Resource("application", "new", asked)),
            "desk": ("application.decide", Resource("application", "any", others)),
            "workspace": ("run.submit", Resource("run", "new", mine)),
            "outputs": ("output.queue", HOME),
            "administration": ("account.list", HOME),
        }

    def datasets(self, tx: Session, form: ApplicationForm) -> list[Dataset]:
        """Those of the datasets that ``form`` asks for that exist and are not retired."""
        from casemate.catalogue import DatasetState

        found = []
        for wanted in form.datasets:
            with suppress(NotFound):
                dataset = self.rooms.catalogue.get(tx, wanted.dataset, wanted.version)
                if dataset.state is DatasetState.PUBLISHED:
                    found.append(dataset)
        return found

    def offers(self, tx: Session, form: ApplicationForm) -> list[Offer]:
        """The datasets that ``form`` asks for, as they are on offer today."""
        return [offer_of(dataset) for dataset in self.datasets(tx, form)]

    def _people(self, tx: Session, permit: str, submitter: str) -> set[str]:
        """Who a run concerns; a standing permit names nobody, so there it is whoever runs."""
        known = self.rooms.permits.get(tx, permit)
        return set(known.people) | ({submitter} if known.standing else set())

    def _holders(self, tx: Session, datasets: Iterable[str]) -> set[str]:
        holders = set()
        for dataset in datasets:
            with suppress(NotFound):  # a draft may name what is not there: submitting it says so
                holders.add(self.rooms.catalogue.get(tx, dataset).holder)
        return holders


def _dataset_facts(holder: str, described: DatasetDescription) -> dict[str, str]:
    return {"holder": holder, "access_right": described.access_right.value}
