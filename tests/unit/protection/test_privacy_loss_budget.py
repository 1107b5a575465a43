"""The privacy account: exact sums, no overdraft under concurrency, a record that shows tampering."""

import json
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed
from casemate.protection.privacy_loss import (
    Account,
    BudgetStore,
    MemoryStore,
    PrivacyBudget,
    PrivacyLoss,
)

epsilon, rho = PrivacyLoss.epsilon, PrivacyLoss.rho


class SqliteStore:
    """A BudgetStore in a file, as the platform may keep one: a connection for each call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as db:
            db.execute("CREATE TABLE account (name TEXT PRIMARY KEY, version INT, document TEXT)")
            db.execute(
                "CREATE TABLE spend (name TEXT, number INT, line TEXT, UNIQUE (name, number))"
            )

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30, isolation_level=None)

    def load(self, name: str) -> tuple[int, dict[str, Any]] | None:
        with self._open() as db:
            row = db.execute(
                "SELECT version, document FROM account WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else (row[0], json.loads(row[1]))

    def compare_and_set(
        self, name: str, expected: int, account: dict[str, Any], spend: dict[str, Any] | None
    ) -> bool:
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            document = json.dumps(account)
            if expected == 0:
                done = db.execute(
                    "INSERT OR IGNORE INTO account VALUES (?, 1, ?)", (name, document)
                )
            else:
                done = db.execute(
                    "UPDATE account SET version = version + 1, document = ? "
                    "WHERE name = ? AND version = ?",
                    (document, name, expected),
                )
            if done.rowcount == 1 and spend is not None:
                db.execute(
                    "INSERT INTO spend VALUES (?, ?, ?)", (name, spend["number"], json.dumps(spend))
                )
            db.execute("COMMIT")
            return done.rowcount == 1

    def spends(self, name: str) -> list[dict[str, Any]]:
        with self._open() as db:
            rows = db.execute("SELECT line FROM spend WHERE name = ? ORDER BY number", (name,))
            return [json.loads(line) for (line,) in rows]


@pytest.fixture(params=["memory", "sqlite"])
def keep(request: pytest.FixtureRequest, tmp_path: Path) -> BudgetStore:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "budget.db")


def race(spends: list[Callable[[], Any]]) -> int:
    """How many of ``spends``, all let go at once, were allowed."""
    start = threading.Barrier(len(spends))

    def attempt(spend: Callable[[], Any]) -> bool:
        start.wait()
        try:
            spend()
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(len(spends)) as pool:
        return sum(pool.map(attempt, spends))


def test_concurrent_queries_never_overspend(keep: BudgetStore) -> None:
    budgets = [PrivacyBudget(epsilon(1, "1e-6"), store=keep, name="census") for _ in range(24)]
    allowed = race([lambda b=b: b.spend(epsilon("0.1", "1e-8"), "q") for b in budgets])  # type: ignore[misc]
    assert allowed == 10
    assert budgets[0].remaining.amount == 0
    assert [line.number for line in budgets[0].record()] == list(range(1, 11))


def test_ten_tenths_are_one() -> None:
    budget = PrivacyBudget(epsilon(1))
    for _ in range(10):
        budget.spend(epsilon(0.1))
    with pytest.raises(NotAllowed, match="is left of"):
        budget.spend(epsilon("1e-12"))
    assert len(budget.record()) == 10


def test_delta_runs_out_on_its_own() -> None:
    budget = PrivacyBudget(epsilon(10, "1e-6"))
    budget.spend(epsilon("0.1", "1e-6"))
    budget.spend(epsilon("0.1"))
    with pytest.raises(NotAllowed):
        budget.spend(epsilon("0.1", "1e-9"))


def test_pure_losses_are_charged_to_a_concentrated_account() -> None:
    budget = PrivacyBudget(rho(1))
    assert budget.spend(epsilon("0.5")).loss == rho(Fraction(1, 8))
    with pytest.raises(BadInput, match="state the query's loss in rho"):
        budget.spend(epsilon("0.5", "1e-9"))
    with pytest.raises(BadInput, match="state the query's loss in epsilon"):
        PrivacyBudget(epsilon(1)).spend(rho("0.1"))


def test_an_account_is_taken_up_again_but_not_enlarged(keep: BudgetStore) -> None:
    PrivacyBudget(rho("0.5"), store=keep, name="d").spend(rho("0.2"), "first")
    again = PrivacyBudget(rho("0.5"), store=keep, name="d")
    assert again.remaining == rho("0.3")
    assert [line.note for line in again.record()] == ["first"]
    with pytest.raises(Conflict, match="limit"):
        PrivacyBudget(rho("0.9"), store=keep, name="d")


def test_a_changed_record_is_noticed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "b.db")
    budget = PrivacyBudget(epsilon(1), store=store)
    for note in ("a", "b", "c"):
        budget.spend(epsilon("0.2"), note)
    assert len(budget.record()) == 3
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE spend SET line = replace(line, '1/5', '1/500') WHERE number = 2")
    with pytest.raises(IntegrityFailure):
        budget.record()
    with sqlite3.connect(store.path) as db:
        db.execute("DELETE FROM spend WHERE number = 2")
    with pytest.raises(IntegrityFailure):
        budget.record()


def test_an_account_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "b.db")
    budget = PrivacyBudget(epsilon(1), store=store)
    with sqlite3.connect(store.path) as db:
        db.execute("""UPDATE account SET document = '{"spent": {}}'""")
    with pytest.raises(IntegrityFailure, match="no privacy account"):
        budget.spend(epsilon("0.1"))


def test_documents_read_back_exactly() -> None:
    loss = rho(Fraction(1, 3), "1e-9")
    account, line = Account.open(rho(2, "1e-6")).spend(loss, "note")
    assert Account.from_dict(json.loads(json.dumps(account.to_dict()))) == account
    assert PrivacyLoss.from_dict(line.to_dict()["loss"]) == loss
    with pytest.raises(BadInput):
        PrivacyLoss.from_dict({"accounting": "rho", "amount": "-1", "delta": "0"})


def test_conversion_between_accountings() -> None:
    # Bun and Steinke (2016), proposition 1.3: ρ-zCDP is (ρ + 2·sqrt(ρ·ln(1/δ)), δ); OpenDP's is tighter.
    found = rho("0.1").as_epsilon("1e-6")
    assert 1.5 < found < 0.1 + 2 * (0.1 * 13.8155105579643) ** 0.5
    within = PrivacyLoss.rho_within(1, "1e-9")
    assert (
        within.as_epsilon("1e-9")
        <= 1
        < rho(within.amount * Fraction(1001, 1000)).as_epsilon("1e-9")
    )
    assert epsilon("0.3").as_epsilon(0) == 0.3


@pytest.mark.parametrize(
    "make",
    [
        lambda: epsilon(0),
        lambda: epsilon(-1),
        lambda: epsilon("nan"),
        lambda: epsilon(float("inf")),
        lambda: epsilon(True),
        lambda: rho("1e-30"),
        lambda: rho(1, 1),
        lambda: epsilon(1, -1e-9),
        lambda: PrivacyLoss.rho_within(1, 0),
        lambda: rho(1).as_epsilon(0),
        lambda: rho(1, "1e-6").as_epsilon("1e-7"),
        lambda: rho(1) + epsilon(1),
    ],
)
def test_bad_losses(make: Callable[[], Any]) -> None:
    with pytest.raises(BadInput):
        make()
