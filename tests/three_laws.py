"""A little world that random people act in, and three judges that watch every step of it.

The judges do not ask the program whether all is well: they keep books of their own (what was
granted to whom and until when, what a file may show) and look at the vault's door, at the rows and
at the ledger from outside.
"""

import csv
import hashlib
import io
import random
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import polars as pl
from conftest import MovableClock
from register_world import STATED
from sqlalchemy import select

from casemate.enclave import Limits, Output, OutputState, RunState
from casemate.enclave.steps import Steps
from casemate.enclave.tables import AnswerRow
from casemate.errors import CasemateError
from casemate.home import create_home
from casemate.identity import Role
from casemate.ledger.head import Head
from casemate.platform import Platform
from casemate.protection.privacy_loss import PrivacyLoss
from casemate.store import Base
from casemate.store.vault import Vault

PURPOSE, BROADER, OTHER = (
    "dpv:ScientificResearch",
    "dpv:ResearchAndDevelopment",
    "dpv:PublicBenefit",
)
VARIABLES = ("person", "sex", "region", "illness")
LEAST = 10
"""People behind any released count."""

CAST = {
    "acct-holder": ("org-clinic", [Role.DATA_HOLDER]),
    "acct-rita": ("org-lab", [Role.DATA_USER]),
    "acct-rolf": ("org-lab", [Role.DATA_USER]),
    "acct-aline": ("org-authority", [Role.AUTHORITY]),
    "acct-checker": ("org-authority", [Role.OUTPUT_CHECKER]),
    "acct-multi": ("org-authority", [Role.DATA_USER, Role.AUTHORITY, Role.OUTPUT_CHECKER]),
}
PEOPLE = tuple(CAST)

SCRIPTS = {
    "safe": "sex,count\nF,40\nM,40\n",
    "small": "illness,count\ncommon,76\nrare,4\n",
    "records": "sex,region,illness\n" + "F,north,rare\n" * 3,
    "words": "nothing but words\n",
}
"""What each script writes, under a name of its own; ``words`` is text that a person must read."""


def script(kind: str) -> bytes:
    """A program that writes the file of ``kind``."""
    name = f"{kind}.txt" if kind == "words" else f"{kind}.csv"
    return f"open('/out/{name}', 'w').write({SCRIPTS[kind]!r})\n".encode()


def people_table() -> pl.DataFrame:
    """Eighty invented people: every sex and region alike, four of them with a rare illness."""
    rows = [
        (f"P{n:04}", "FM"[n % 2], ("north", "south")[n // 2 % 2], "rare" if n < 4 else "common")
        for n in range(80)
    ]
    return pl.DataFrame(rows, schema=list(VARIABLES), orient="row")


DESCRIPTION: dict[str, Any] = {
    "id": "clinic",
    "title": {"en": "A clinic's visits"},
    "description": {"en": "Invented people, for tests"},
    "access_right": "non_public",
    "regime": "ehds",
    "allowed_purposes": [BROADER, OTHER],
    "rules": {"min_k": 5, "min_cell": LEAST},
    "privacy": {"accounting": "epsilon", "amount": "1"},
    "variables": {
        "person": {"role": "direct_identifier", "label": {"en": "Number"}},
        "sex": {"role": "quasi_identifier", "label": {"en": "Sex"}},
        "region": {"role": "quasi_identifier", "label": {"en": "Region"}},
        "illness": {"role": "sensitive", "label": {"en": "Illness"}},
    },
}
PLAN: dict[str, Any] = {
    "pseudonymise": ["person"],
    "quasi_identifiers": {"sex": {"kind": "suppressible"}, "region": {"kind": "suppressible"}},
    "models": [{"model": "k-anonymity", "k": 5}],
    "suppression": "0.02",
}


@dataclass
class Granted:
    """The judge's own note of one permit."""

    id: str
    people: frozenset[str]
    purpose: str
    variables: frozenset[str]
    start: datetime
    end: datetime
    ended: bool = False

    def opens(self, now: datetime, person: str | None, purpose: str | None) -> bool:
        """Whether, by the judge's books, this permit may be read under now."""
        in_time = not self.ended and self.start <= now < self.end
        return in_time and (person is None or (person in self.people and purpose == self.purpose))


class Fault(Exception):
    """The machine fails at the worst moment: as an entry is being written."""


class World:
    """One home, its cast, and the judges' books."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.clock = MovableClock()
        self.platform = Platform(create_home(folder / "home"), clock=self.clock)
        self.stack.callback(self.platform.close)
        self.permits: dict[str, Granted] = {}
        self.applications: list[str] = []
        self.runs: list[str] = []
        self.version = 0
        self._watch_the_vault()
        self.platform.found("Operator")
        gather(self.platform)
        self.table = folder / "clinic.csv"
        self.before = self.rows()
        self.entries = self.size()

    def close(self) -> None:
        """Fold the world up."""
        self.stack.close()

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────

    def publish(self, actor: str) -> None:
        """A new version of the clinic's data (the numbers change, nobody else)."""
        table = people_table().with_columns(pl.col("person") + f"v{self.version}")
        table.write_csv(self.table)
        self.platform.publish(actor, self.table, DESCRIPTION)
        self.version += 1

    def apply(self, actor: str, people: list[str], variables: list[str], days: int) -> None:
        """An application; what it asks for may be refused."""
        form = {
            "title": "A study",
            "datasets": [
                {
                    "dataset": "clinic",
                    "variables": [
                        {"name": name, "necessity": "yes", "as_pseudonym": name == "person"}
                        for name in variables
                    ],
                }
            ],
            "purpose": {"term": PURPOSE, "description": "to know"},
            "legal_basis": {"article_6": "e", "article_9": "j"},
            "method": "counting",
            "people": people,
            "outputs": ["tables"],
            "duration_days": days,
        }
        self.applications.append(self.platform.apply(actor, form).id)

    def approve(self, actor: str, application: str, start_in: int) -> None:
        """A decision for it; the judge notes what was granted, from the form and not the permit."""
        start = self.clock() + timedelta(days=start_in)
        with self.platform.store.read() as tx:
            application_record = self.platform.applications.get(tx, application)
        form = application_record.form
        permit = self.platform.approve(
            actor,
            application,
            "fine",
            plans={"clinic": PLAN},
            budgets={"clinic": PrivacyLoss.epsilon("0.6")},
            valid_from=start,
        )
        insiders = {application_record.applicant, *form.people}
        assert actor not in insiders, f"{actor} decided on an application of their own"
        assert form.duration_days is not None
        self.permits[permit.id] = Granted(
            permit.id,
            frozenset(form.people),
            PURPOSE,
            frozenset(variable.name for variable in form.datasets[0].variables),
            start,
            start + timedelta(days=form.duration_days),
        )

    def revoke(self, actor: str, permit: str) -> None:
        """The end of a permit."""
        self.platform.revoke(actor, permit, "enough")
        self.permits[permit].ended = True

    def retire(self, actor: str) -> None:
        """The end of the dataset."""
        self.platform.retire(actor, "clinic", "enough")

    def run(self, actor: str, permit: str, purpose: str, kind: str, pause: int) -> None:
        """A program handed in, then worked on after ``pause`` days; law 1 judges the acceptance."""
        limits = Limits(wall_seconds=20.0, cpu_seconds=10)
        run = self.platform.run(
            actor, permit, script(kind), "script.py", purpose=purpose, limits=limits,
            entry=STATED,
        )  # fmt: skip
        self.runs.append(run.id)
        granted = self.permits[permit]
        assert granted.opens(self.clock(), actor, purpose), (
            f"law 1: {actor} may read under {permit} for {purpose}, against the books"
        )
        self.clock.advance(days=pause)
        self.work(run.id)

    def ask(self, actor: str, permit: str, purpose: str, variable: str, cost: str) -> None:
        """A question answered with noise; law 1 judges that it was, the books that it was paid."""
        question = {
            "version": 1,
            "dataset": "clinic",
            "kind": "count",
            "where": {variable: "F"},
            "cost": {"accounting": "epsilon", "amount": cost},
        }
        self.platform.ask(actor, permit, question, purpose=purpose)
        granted = self.permits[permit]
        assert granted.opens(self.clock(), actor, purpose), f"law 1: {actor} was answered"
        assert variable in granted.variables, f"law 1: {variable} was asked about under {permit}"

    def work(self, run: str) -> None:
        """What the worker does, in this thread."""
        steps = Steps(self.platform.enclave.rooms)
        for step in (steps.prepare, steps.execute, steps.check, steps.settle):
            if not step(run):
                break

    def outputs(self) -> list[Output]:
        """Every output there is."""
        with self.platform.store.read() as tx:
            return list(self.platform.enclave.outputs.list(tx))

    def fetch(self, actor: str, output: Output) -> None:
        """A file taken out: law 2 judges what it shows, not what was said about it."""
        data = self.platform.fetch(actor, output.id)
        assert output.state is OutputState.released, f"law 2: {output.name} left before its release"
        judge_content(output.name, data)

    def with_fault(self, act: Callable[[], None], after: int) -> None:
        """``act`` while the ledger cannot be written from its ``after``-th entry on."""
        written = iter(range(after))
        real = Head.advance

        def advance(head: Head, tx: Any, leaves: Any) -> Any:
            if next(written, None) is None:
                raise Fault
            return real(head, tx, leaves)

        with mock.patch.object(Head, "advance", advance):
            try:
                act()
            except (Fault, CasemateError):
                return

    # ── the judges ───────────────────────────────────────────────────────────────────────────────

    def judge(self) -> None:
        """All three laws, from outside."""
        self._judge_releases()
        self._judge_budgets()
        after, entries = self.rows(), self.size()
        if after != self.before:
            changed = sorted(name for name in after if after[name] != self.before.get(name))
            assert entries > self.entries, f"law 3: {changed} changed and no entry speaks of it"
        assert entries >= self.entries, "law 3: the ledger shrank"
        self.before, self.entries = after, entries

    def judge_ledger(self) -> None:
        """The whole ledger, recomputed."""
        report = self.platform.verify_ledger()
        assert report.ok, report.problems

    def rows(self) -> dict[str, str]:
        """A digest of every table but the ledger's own."""
        found = {}
        with self.platform.store.read() as tx:
            for table in Base.metadata.sorted_tables:
                if not table.name.startswith("ledger_"):
                    content = sorted(map(repr, tx.execute(select(table)).all()))
                    found[table.name] = hashlib.sha256("".join(content).encode()).hexdigest()
        return found

    def size(self) -> int:
        """Entries so far."""
        with self.platform.store.read() as tx:
            return self.platform.ledger.size(tx)

    def _judge_releases(self) -> None:
        with self.platform.store.read() as tx:
            for output in self.platform.enclave.outputs.list(tx, state=OutputState.released):
                run = self.platform.enclave.runs.get(tx, output.run)
                insiders = {run.submitted_by, *self.permits[run.permit].people}
                assert output.released_by not in insiders, "law 2: cleared by who ran it"
                data = self.platform.enclave.outputs.data(tx, output.id)
                assert output.digest == "sha256:" + hashlib.sha256(data).hexdigest()
                judge_content(output.name, data)

    def _judge_budgets(self) -> None:
        """What the answers cost, added up here: no more than the holder or the authority allowed."""
        with self.platform.store.read() as tx:
            rows = tx.execute(select(AnswerRow.lineage, AnswerRow.cost)).all()
        spent: dict[str, Fraction] = {}
        for lineage, cost in rows:
            spent[lineage] = spent.get(lineage, Fraction(0)) + Fraction(cost["amount"])
        assert sum(spent.values()) <= 1, "the holder's budget was passed"
        assert all(amount <= Fraction("0.6") for amount in spent.values()), "a permit's was passed"

    def _watch_the_vault(self) -> None:
        """Law 1 at the door itself: each opening of a table or a view, against the books."""
        world, real_table, real_bytes = self, Vault.read_table, Vault.read_bytes

        def read_table(vault: Vault, name: str, key: bytes, columns: Any) -> Any:
            now = world.clock()
            allowed = any(
                permit.opens(now, None, None) and set(columns) <= permit.variables
                for permit in world.permits.values()
            )
            assert allowed, f"law 1: {list(columns)} were decrypted with no permit in force"
            return real_table(vault, name, key, columns)

        def read_bytes(vault: Vault, name: str, key: bytes) -> bytes:
            if name.startswith("view-"):
                now = world.clock()
                assert any(permit.opens(now, None, None) for permit in world.permits.values()), (
                    "law 1: a view was opened with no permit in force"
                )
            return real_bytes(vault, name, key)

        self.stack.enter_context(mock.patch.object(Vault, "read_table", read_table))
        self.stack.enter_context(mock.patch.object(Vault, "read_bytes", read_bytes))


def gather(platform: Platform) -> None:
    """The three organisations and the cast, added by the operator."""
    for name in ("clinic", "lab", "authority"):
        platform.add_organisation("acct-operator", name)
    for account, (organisation, roles) in CAST.items():
        platform.add_account("acct-operator", account, organisation, roles, account_id=account)


def judge_content(name: str, data: bytes) -> None:
    """Whether a file that left may be seen: by what is in it."""
    if name.endswith(".csv"):
        table = list(csv.DictReader(io.StringIO(data.decode())))
        assert table, f"law 2: {name} left and is no table"
        assert "count" in table[0], f"law 2: {name} left with records of people"
        assert min(int(row["count"]) for row in table) >= LEAST, f"law 2: {name} left, small cells"


def ended(state: RunState) -> bool:
    """Whether the machine is done with a run."""
    return state not in (RunState.queued, RunState.running, RunState.checking)


def seeded(seed: int) -> random.Random:
    """Randomness that a failing test can name."""
    return random.Random(seed)
