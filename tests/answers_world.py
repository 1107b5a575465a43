"""A little world whose people may be asked: 300 made-up people, two budgets, one permit. Not a test."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conftest import MovableClock
from enclave_world import PURPOSE, people

from casemate.access import OutputRules
from casemate.clock import Clock
from casemate.home import create_home
from casemate.identity import Role
from casemate.platform import Platform
from casemate.protection.privacy_loss import PrivacyLoss

HOLDER, RESEARCHER, COLLEAGUE = "acct-holder", "acct-researcher", "acct-colleague"
OUTSIDER, AUTHORITY = "acct-outsider", "acct-authority"
CAST = {
    HOLDER: ("org-hospital", Role.DATA_HOLDER),
    RESEARCHER: ("org-university", Role.DATA_USER),
    COLLEAGUE: ("org-university", Role.DATA_USER),
    OUTSIDER: ("org-university", Role.DATA_USER),
    AUTHORITY: ("org-access-body", Role.AUTHORITY),
}
DESCRIPTION: dict[str, Any] = {
    "id": "people",
    "title": {"en": "People"},
    "description": {"en": "300 people, of whom nobody exists"},
    "allowed_purposes": [PURPOSE],
    "privacy": {"accounting": "epsilon", "amount": "3", "delta": "1e-6"},
    "variables": {
        "pid": {"label": {"en": "Number"}, "role": "direct_identifier"},
        "name": {"label": {"en": "Name"}, "role": "direct_identifier"},
        "age": {"label": {"en": "Age"}, "role": "quasi_identifier"},
        "sex": {"label": {"en": "Sex"}, "role": "quasi_identifier"},
        "smoker": {"label": {"en": "Smokes"}, "role": "sensitive"},
        "weight": {"label": {"en": "Weight"}, "role": "other"},
    },
}
PLAN = {
    "quasi_identifiers": {
        "sex": {"kind": "suppressible"},
        "age": {"kind": "intervals", "widths": [10, 20, 40]},
    },
    "pseudonymise": ["pid"],
    "models": [{"model": "k-anonymity", "k": 5}],
    "suppression": "0.02",
}
ASKED_FOR = ("pid", "age", "sex", "weight")


def count(amount: str = "0.1", **where: Any) -> dict[str, Any]:
    """How many people, for ``amount`` of ε."""
    cost = {"accounting": "epsilon", "amount": amount}
    return {"version": 1, "dataset": "people", "kind": "count", "where": where, "cost": cost}


class AnswersWorld:
    """A home with its cast, one dataset, and the platform that is open on it."""

    def __init__(self, root: Path, clock: Clock, database: str | None = None) -> None:
        self.root = root
        self.clock = clock
        home = create_home(root / "home", database=database)
        self.platform = Platform(home, clock=clock)
        self.platform.found("Operator")
        operator = "acct-operator"
        for organisation in ("Hospital", "University", "Access Body"):
            self.platform.add_organisation(operator, organisation)
        for account, (organisation, role) in CAST.items():
            name = account.removeprefix("acct-").title()
            self.platform.add_account(operator, name, organisation, [role], account_id=account)

    def publish(self, **changes: Any) -> None:
        """The hospital publishes its people, described as above but for ``changes``."""
        table = self.root / "people.parquet"
        people().write_parquet(table)
        self.platform.publish(HOLDER, table, {**DESCRIPTION, **changes})

    def apply(self, variables: tuple[str, ...] = ASKED_FOR, **changes: Any) -> str:
        """The researcher's application."""
        wanted = [
            {"name": name, "necessity": "yes", "as_pseudonym": name == "pid"} for name in variables
        ]
        form: Mapping[str, Any] = {
            "title": "A study",
            "datasets": [{"dataset": "people", "variables": wanted}],
            "purpose": {"term": PURPOSE, "description": "to know"},
            "legal_basis": {"article_6": "e", "article_9": "j"},
            "method": "counting",
            "people": [RESEARCHER, COLLEAGUE],
            "outputs": ["tables"],
            "duration_days": 90,
            **changes,
        }
        return self.platform.apply(RESEARCHER, form).id

    def permit(self, budget: str | None = "1", delta: str = "1e-6", **form: Any) -> str:
        """A permit with that much ε to spend; ``None``: no answers."""
        budgets = {"people": PrivacyLoss.epsilon(budget, delta)} if budget else {}
        permit = self.platform.approve(
            AUTHORITY,
            self.apply(**form),
            "fine",
            plans={"people": PLAN},
            budgets=budgets,
            output_rules=OutputRules(review="automatic"),
        )
        return permit.id

    def spent(self, permit: str) -> tuple[str, str]:
        """What the dataset's and the permit's account say was spent."""
        dataset, own = self.platform.privacy_accounts(RESEARCHER, permit)
        return str(dataset.spent.amount), str(own.spent.amount)

    def acts(self, prefix: str) -> list[str]:
        """The ledger's acts that begin so, in order."""
        return [one.act for one in self.platform.entries() if one.act.startswith(prefix)]


def make_answers_world(
    root: Path, clock: Clock | None = None, database: str | None = None
) -> Iterator[AnswersWorld]:
    """A world with its people published, for a fixture to give out."""
    world = AnswersWorld(root, clock or MovableClock(), database)
    world.publish()
    yield world
    world.platform.close()
