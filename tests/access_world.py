"""A small world for the access room's tests: one hospital's offer, one researcher, one authority."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from conftest import MovableClock

from casemate.access import (
    ApplicationForm,
    Applications,
    Offer,
    OfferRules,
    Permit,
    Permits,
    PermitTerms,
    Scope,
)
from casemate.ledger import Ledger
from casemate.store import Base, Store
from casemate.store.keys import Keyring

ANA, BEN, AUTHORITY, OTHER_AUTHORITY = "ana", "ben", "authority", "second-authority"
PEOPLE = frozenset({ANA, BEN, "carl"})
PLAN = {"k": 5, "suppression": "0.02", "generalise": {"age": ["10-year bands"]}}
RESEARCH = "dpv:ScientificResearch"

OFFER = Offer(
    dataset="nhefs",
    version=1,
    holder="hospital",
    variables=frozenset({"seqn", "age", "sex", "smoke", "weight"}),
    direct_identifiers=frozenset({"seqn"}),
    sensitive=frozenset({"weight"}),
    allowed_purposes=frozenset({"dpv:ResearchAndDevelopment"}),
    rules=OfferRules(min_cell=10, max_duration_days=730),
    regime="ehds",
)


def document(**changes: Any) -> dict[str, Any]:
    """A complete application as JSON, with ``changes`` to its fields."""
    form: dict[str, Any] = {
        "title": "Quitting smoking and weight",
        "applicant_role": "principal investigator",
        "datasets": [
            {
                "dataset": "nhefs",
                "variables": [
                    {"name": "age", "necessity": "confounder"},
                    {"name": "weight", "necessity": "outcome"},
                    {"name": "seqn", "necessity": "one record a person", "as_pseudonym": True},
                ],
                "population": "adults examined twice",
                "period": {"start": "1971-01-01", "end": "1982-12-31"},
            }
        ],
        "purpose": {"term": RESEARCH, "description": "the effect of quitting on weight"},
        "legal_basis": {"article_6": "e", "article_9": "j"},
        "method": "inverse-probability weighting",
        "people": [ANA, BEN],
        "outputs": ["one estimate with its confidence interval"],
        "duration_days": 365,
    }
    return {**form, **changes}


def form(**changes: Any) -> ApplicationForm:
    """A complete application form, with ``changes`` to its fields."""
    return ApplicationForm.read(document(**changes))


TERMS = PermitTerms(
    applicant=ANA,
    people=frozenset({ANA, BEN}),
    scopes=(Scope("nhefs", 1, ("age", "weight", "seqn"), PLAN, ("seqn",)),),
    purpose=RESEARCH,
    application="application-x",
)


@dataclass
class World:
    """The room opened on one store."""

    store: Store
    ledger: Ledger
    clock: MovableClock
    permits: Permits
    applications: Applications

    @classmethod
    def open(cls, store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> "World":
        permits = Permits(ledger, clock, keyring.signing_key("permit"))
        return cls(store, ledger, clock, permits, Applications(ledger, clock, permits))

    @classmethod
    @contextmanager
    def on_sqlite(cls, folder: Path) -> Iterator["World"]:
        """The room on a database of its own in ``folder``, for tests that do not need both kinds."""
        clock, keyring = MovableClock(), Keyring(b"\x07" * 32)
        store = Store(f"sqlite:///{folder / 'casemate.db'}")
        Base.metadata.create_all(store.engine)
        yield cls.open(store, Ledger(keyring.signing_key("ledger"), clock=clock), clock, keyring)
        store.close()

    def grant(self, days: float = 365, **changes: Any) -> Permit:
        """A permit from now on, with ``changes`` to its terms."""
        now = self.clock()
        with self.store.transaction() as tx:
            return self.permits.grant(
                tx,
                AUTHORITY,
                replace(TERMS, **changes),
                valid_from=now,
                valid_until=now + timedelta(days=days),
            )

    def submitted(self, offer: Offer = OFFER, **changes: Any) -> str:
        """The id of an application of Ana's, submitted now."""
        with self.store.transaction() as tx:
            drafted = self.applications.draft(tx, ANA, form(**changes), organisation="university")
            self.applications.submit(tx, ANA, drafted.id, [offer], known_people=PEOPLE)
        return drafted.id

    def approve(self, application: str, **changes: Any) -> Permit:
        """Approve with the plan of this world."""
        given = {"reason": "sound", "offers": [OFFER], "plans": {"nhefs": PLAN}, **changes}
        with self.store.transaction() as tx:
            return self.applications.approve(tx, AUTHORITY, application, **given)

    def acts(self, subject: str) -> list[str]:
        """What the ledger says was done to ``subject``, in order."""
        with self.store.read() as tx:
            return [entry.act for entry in self.ledger.entries(tx, subject=subject)]

    def ask(self, permit: str, **changes: Any) -> Any:
        """Ask the guard for Ana's usual reading."""
        asked = {
            "person": ANA,
            "purpose": RESEARCH,
            "dataset": "nhefs",
            "variables": ["age"],
            **changes,
        }
        with self.store.read() as tx:
            return self.permits.require_in_force(tx, permit, **asked)
