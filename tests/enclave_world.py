"""A small Casemate around the enclave: real rooms, 300 made-up people, one permit. Not a test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polars as pl
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from casemate.access import Offer, OutputRules, Permit, Permits, PermitTerms, Scope
from casemate.catalogue import Catalogue, DatasetDescription, VariableDescription, VariableRole
from casemate.clock import Clock, system_clock
from casemate.enclave import Enclave, Limits, Output, Run, RunState
from casemate.ledger import Ledger
from casemate.protection import KAnonymity, Plan, intervals, suppressible
from casemate.store import Store
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

RESEARCHER, COLLEAGUE, CHECKER = "acct-researcher", "acct-colleague", "acct-checker"
AUTHORITY, HOLDER = "acct-authority", "acct-hospital"
PURPOSE = "dpv:ScientificResearch"
VARIABLES = ("pid", "age", "sex", "smoker", "weight")
SECRET = "Yolanda Unforgettable"
PLAN = Plan(
    quasi_identifiers={"age": intervals(10, 20, 40), "sex": suppressible()},
    models=(KAnonymity(5),),
    suppression="0.02",
    pseudonymise=("pid",),
)

COUNTS = b"""
import polars as pl
people = pl.read_parquet("/in/people.parquet")
people.group_by("smoker").len("count").sort("smoker").write_csv("/out/counts.csv")
"""
SMALL_CELLS = b"""
import polars as pl
people = pl.read_parquet("/in/people.parquet")
people.group_by("age", "sex", "smoker").len("count").write_csv("/out/detail.csv")
"""
SLEEPER = b"import time\ntime.sleep(60)\n"


def people() -> pl.DataFrame:
    """300 people, of whom nobody exists."""
    rows = range(300)
    return pl.DataFrame(
        {
            "pid": [100_000 + 7 * row for row in rows],
            "name": [SECRET if row == 0 else f"Person {row}" for row in rows],
            "age": [20 + (row * 37) % 60 for row in rows],
            "sex": ["f" if (row * 13) % 2 else "m" for row in rows],
            "smoker": [(row * 29) % 3 == 0 for row in rows],
            "weight": [50 + (row * 41) % 50 for row in rows],
        }
    )


@dataclass
class World:
    """One home with everything that the enclave stands on."""

    root: Path
    store: Store
    runs_url: str
    clock: Clock = system_clock
    keyring: Keyring = field(default_factory=lambda: Keyring(b"\x07" * 32))

    def __post_init__(self) -> None:
        self.vault = Vault(self.root / "vault")
        self.ledger = Ledger(self.keyring.signing_key("ledger"), clock=self.clock)
        self.permits = Permits(self.ledger, self.clock, self.keyring.signing_key("permit"))
        self.catalogue = Catalogue(self.ledger, self.clock, self.vault, self.keyring)
        self.enclave = self.another_enclave()

    def publish(self) -> None:
        """The hospital publishes the people."""
        with self.store.transaction() as tx:
            self.catalogue.publish(tx, "acct-clerk", describe(), people(), holder=HOLDER)

    def another_enclave(self) -> Enclave:
        """As a second process on the same home would have it."""
        return Enclave(
            self.root,
            self.runs_url,
            store=self.store,
            vault=self.vault,
            keyring=self.keyring,
            ledger=self.ledger,
            permits=self.permits,
            catalogue=self.catalogue,
            clock=self.clock,
        )

    def permit_in(self, tx: Session, rules: OutputRules | None = None) -> str:
        """The id of a permit, in the caller's transaction."""
        return self.grant(tx, rules).id

    def grant(self, tx: Session, rules: OutputRules | None = None, **terms: object) -> Permit:
        """A permit on the people, for thirty days."""
        base = {
            "applicant": RESEARCHER,
            "people": frozenset({RESEARCHER, COLLEAGUE}),
            "scopes": (Scope("people", 1, VARIABLES, PLAN.to_dict(), ("pid",)),),
            "purpose": PURPOSE,
            "output_rules": rules or OutputRules(),
        }
        return self.permits.grant(
            tx,
            AUTHORITY,
            PermitTerms(**(base | terms)),  # type: ignore[arg-type]
            valid_from=self.clock(),
            valid_until=self.clock() + timedelta(days=30),
        )

    def permit(self, rules: OutputRules | None = None, **terms: object) -> str:
        """The id of a permit, committed."""
        with self.store.transaction() as tx:
            return self.grant(tx, rules, **terms).id

    def renew(self, permit: str) -> str:
        """The id of the permit that takes the place of ``permit``, on the same terms."""
        offer = Offer(
            "people", 1, HOLDER, frozenset(VARIABLES), allowed_purposes=frozenset({PURPOSE})
        )
        with self.store.transaction() as tx:
            return self.permits.renew(
                tx, AUTHORITY, permit, duration_days=30, reason="more time", offers=[offer]
            ).id

    def revoke(self, permit: str) -> None:
        """Withdraw the permit, as the authority does."""
        with self.store.transaction() as tx:
            self.permits.revoke(tx, AUTHORITY, permit, "misuse")

    def submit(self, permit: str, script: bytes = COUNTS, limits: Limits | None = None) -> str:
        """The id of a run, committed, as the researcher's."""
        with self.store.transaction() as tx:
            run = self.enclave.runs.submit(
                tx, RESEARCHER, permit, script, "analysis.py", PURPOSE, limits
            )
        self.enclave.worker.enqueue(run.id)
        return run.id

    def run(self, permit: str, script: bytes = COUNTS, limits: Limits | None = None) -> Run:
        """Submit, and wait until the machine is done."""
        run = self.enclave.worker.wait(self.submit(permit, script, limits), timeout=120)
        assert run.is_over, run
        return run

    def state(self, run_id: str) -> RunState:
        """Where the run is now."""
        with self.store.read() as tx:
            return self.enclave.runs.get(tx, run_id).state

    def outputs(self, run_id: str) -> dict[str, Output]:
        """The run's outputs by name."""
        with self.store.read() as tx:
            return {output.name: output for output in self.enclave.outputs.list(tx, run=run_id)}

    def acts(self, subject: str) -> list[str]:
        """What the ledger says was done to ``subject``, in order."""
        with self.store.read() as tx:
            return [entry.act for entry in self.ledger.entries(tx, subject=subject)]


def make_world(store: Store, root: Path, clock: Clock) -> Iterator[World]:
    """A world on ``store`` for a fixture to give out; stops its worker afterwards."""
    runs = f"sqlite:///{root / 'runs.db'}" if store.is_sqlite else store.url
    world = World(root, store, make_url(runs).render_as_string(hide_password=False), clock)
    world.publish()
    yield world
    world.enclave.close()


def describe() -> DatasetDescription:
    """What the hospital says of its people."""
    role = VariableRole
    return DatasetDescription(
        id="people",
        title={"en": "People"},
        description={"en": "300 people, of whom nobody exists"},
        allowed_purposes=(PURPOSE,),
        variables={
            "pid": VariableDescription(label={"en": "Number"}, role=role.DIRECT_IDENTIFIER),
            "name": VariableDescription(label={"en": "Name"}, role=role.DIRECT_IDENTIFIER),
            "age": VariableDescription(label={"en": "Age"}, role=role.QUASI_IDENTIFIER),
            "sex": VariableDescription(label={"en": "Sex"}, role=role.QUASI_IDENTIFIER),
            "smoker": VariableDescription(label={"en": "Smokes"}, role=role.SENSITIVE),
            "weight": VariableDescription(label={"en": "Weight"}, unit="kg", role=role.OTHER),
        },
    )
