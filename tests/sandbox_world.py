"""A small world for the regulatory sandbox: one university, its algorithm, one authority."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from access_world import PLAN, RESEARCH
from conftest import MovableClock

from casemate.access import Permit, Permits, PermitTerms, Scope
from casemate.ledger import Ledger
from casemate.register.keeping import Register
from casemate.register.records import read_record
from casemate.register.sandboxes import Measured, Participation, Sandboxes, SandboxForm
from casemate.store import Base, Store
from casemate.store.keys import Keyring

ANA, OFFICER, OTHER_OFFICER = "ana", "officer", "second-officer"
UNIVERSITY, COMPANY = "university", "company"
SUITE = "screening"
WORDS = {"activities": "Two tests.", "results": "One was passed.", "learning": ["Ask earlier."]}


def document(algorithm: str, **changes: Any) -> dict[str, Any]:
    """A complete application as JSON, with ``changes`` to its fields."""
    form: dict[str, Any] = {
        "title": "Screening of applications",
        "algorithm": algorithm,
        "size": "small",
        "established_in_union": True,
        "summary": "A model sorts applications; we want to know whether it is fair.",
        "innovation": "It explains each place in the order.",
        "stage": "testing",
        "questions": "Which oversight does Article 14 ask for here?",
        "risks": "Groups could be selected less often.",
        "plan": plan(),
    }
    return {**form, **changes}


def plan(**changes: Any) -> dict[str, Any]:
    """A complete plan as JSON."""
    tests = [
        {
            "key": "fairness",
            "question": "Are groups selected alike?",
            "suite": SUITE,
            "check": "fairness",
            "measure": "ratio",
            "comparison": "at_least",
            "threshold": "0.8",
        },
        {
            "key": "errors",
            "question": "Are few sorted wrongly?",
            "suite": SUITE,
            "check": "performance",
            "measure": "error",
            "comparison": "at_most",
            "threshold": "0.1",
        },
    ]
    return {
        "objectives": ["Know whether the selection is fair."],
        "hypotheses": ["The ratio of selection rates is 0.8 or more."],
        "tests": tests,
        "safeguards": ["A person decides on every application."],
        "duration_days": 90,
        "exit_criteria": ["Both tests were carried out."],
        "supervision": "A meeting a month.",
        **changes,
    }


def personal_data(*permits: str) -> dict[str, Any]:
    """The checklist of Art. 59, every condition met."""
    met = {"statement": "It is met.", "evidence": ["see the plan"]}
    return {
        "area": "administration",
        "permits": list(permits),
        "conditions": dict.fromkeys("abcdefghij", met),
    }


def figure(check: str, measure: str, estimate: float | None, **more: Any) -> dict[str, Any]:
    """One figure of an evaluation's document."""
    return {"check": check, "measure": measure, "group": "everybody", "estimate": estimate, **more}


def incident(aware: datetime | str, **changes: Any) -> dict[str, Any]:
    """An incident that somebody came to know of at ``aware``."""
    told = {"aware_at": aware, "description": "It stopped.", "mitigation": "It was restarted."}
    return {**told, **changes}


@dataclass
class World:
    """The room opened on one store."""

    store: Store
    ledger: Ledger
    clock: MovableClock
    register: Register
    permits: Permits
    sandboxes: Sandboxes
    algorithm: str = field(default="")

    @classmethod
    def open(cls, store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> "World":
        """With one algorithm of the university's in the register."""
        clock.now = max(clock.now, datetime.fromisoformat("2026-09-01T09:00:00+00:00"))
        register = Register(ledger, clock)
        permits = Permits(ledger, clock, keyring.signing_key("permit"))
        made = cls(
            store, ledger, clock, register, permits, Sandboxes(ledger, clock, register, permits)
        )
        made.algorithm = made.enter(UNIVERSITY)
        return made

    @classmethod
    @contextmanager
    def on_sqlite(cls, folder: Path) -> Iterator["World"]:
        """The room on a database of its own in ``folder``."""
        clock, keyring = MovableClock(), Keyring(b"\x07" * 32)
        store = Store(f"sqlite:///{folder / 'casemate.db'}")
        Base.metadata.create_all(store.engine)
        yield cls.open(store, Ledger(keyring.signing_key("ledger"), clock=clock), clock, keyring)
        store.close()

    def enter(self, organisation: str) -> str:
        """The id of a new algorithm of ``organisation``."""
        with self.store.transaction() as tx:
            record = read_record({"name": "Sorter"})
            return self.register.enter(tx, ANA, record, organisation).algorithm

    def grant(self, *people: str) -> Permit:
        """A permit from now on, for ``people``."""
        terms = PermitTerms(
            applicant=people[0],
            people=frozenset(people),
            scopes=(Scope("nhefs", 1, ("age",), PLAN),),
            purpose=RESEARCH,
            application="application-x",
        )
        now = self.clock()
        with self.store.transaction() as tx:
            return self.permits.grant(
                tx, OFFICER, terms, valid_from=now, valid_until=now + timedelta(days=365)
            )

    def act(self, name: str, *given: Any, **named: Any) -> Any:
        """One act of the room in a transaction of its own."""
        with self.store.transaction() as tx:
            return getattr(self.sandboxes, name)(tx, *given, **named)

    def submitted(self, **changes: Any) -> str:
        """The id of a participation that Ana handed in now."""
        form = SandboxForm.read(document(self.algorithm, **changes))
        drafted: Participation = self.act("draft", ANA, form, organisation=UNIVERSITY)
        self.act("hand_in", ANA, drafted.id)
        return drafted.id

    def running(self, **changes: Any) -> str:
        """The id of a participation that runs."""
        sandbox = self.submitted(**changes)
        self.act("admit", OFFICER, sandbox, "It is new.")
        self.act("start", ANA, sandbox, 1)
        return sandbox

    def measured(self, **changes: Any) -> Measured:
        """An evaluation made now."""
        told: dict[str, Any] = {
            "evaluation": "evaluation-1",
            "digest": "sha256:" + "0" * 64,
            "suite": SUITE,
            "subject": self.algorithm,
            "at": self.clock(),
            "figures": [figure("fairness", "ratio", 0.85), figure("performance", "error", 0.2)],
        }
        return Measured(**{**told, **changes})

    def acts(self, subject: str) -> list[str]:
        """What the ledger says was done to ``subject``, in order."""
        with self.store.read() as tx:
            return [entry.act for entry in self.ledger.entries(tx, subject=subject)]
