"""Privacy accounts in the database: charged by compare-and-set, every spend on the ledger.

``BudgetRows`` is protection's ``BudgetStore`` within one transaction of ours: account, line of the
record and ledger entry stand or fall together, and with them whatever else the transaction does. So
two accounts are charged both or neither, and a refusal by one leaves the other as it was.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.enclave.tables import PrivacyAccountRow, PrivacySpendRow
from casemate.errors import IntegrityFailure
from casemate.ledger import Entry, Ledger
from casemate.protection.privacy_loss import Account, PrivacyBudget, PrivacyLoss

CHARGED = "privacy.charged"


def of_dataset(dataset: str) -> str:
    """The account of a dataset: one for all its versions, since they tell of the same people."""
    return f"privacy/{dataset}"


def of_permit(dataset: str, lineage: str) -> str:
    """The account of a permit on a dataset; a renewed or amended permit goes on with it."""
    return f"privacy/{dataset}/{lineage}"


@dataclass(frozen=True)
class BudgetRows:
    """A ``BudgetStore`` on one open transaction, for what ``actor`` does."""

    tx: Session
    ledger: Ledger
    actor: str

    def load(self, name: str) -> tuple[int, dict[str, Any]] | None:
        """See ``BudgetStore``. Raises ``IntegrityFailure`` where the ledger tells of another spend
        last: the account was set back behind the program's back."""
        # The ledger first: by the time the account is read it can only have gone further.
        last = self.ledger.newest(self.tx, name, act=CHARGED)
        row = self._row(name)
        if last is not None:
            _require_no_less(name, last, row[1] if row else {})
        return row

    def compare_and_set(
        self, name: str, expected: int, account: dict[str, Any], spend: dict[str, Any] | None
    ) -> bool:
        """See ``BudgetStore``."""
        done = self._change(name, expected, account) if expected else self._open(name, account)
        if not done:
            return False
        if spend is None:
            act = "privacy.limit_changed" if expected else "privacy.account_opened"
            self._note(name, act, limit=account["limit"])
            return True
        line = {"account": name, "number": spend["number"], "document": spend}
        self.tx.execute(insert(PrivacySpendRow).values(**line))
        self._note(
            name, CHARGED, number=spend["number"], loss=spend["loss"], spent=account["spent"],
            answer=spend["note"], head=account["head"],
        )  # fmt: skip
        return True

    def spends(self, name: str) -> list[dict[str, Any]]:
        """See ``BudgetStore``."""
        query = select(PrivacySpendRow.document).where(PrivacySpendRow.account == name)
        return list(self.tx.scalars(query.order_by(PrivacySpendRow.number)))

    def _row(self, name: str) -> tuple[int, dict[str, Any]] | None:
        # Columns, not the mapped row: a session must never answer from what it saw earlier.
        query = select(PrivacyAccountRow.version, PrivacyAccountRow.document)
        found = self.tx.execute(query.where(PrivacyAccountRow.name == name)).first()
        return None if found is None else (found[0], found[1])

    def _open(self, name: str, account: dict[str, Any]) -> bool:
        if self._row(name) is not None:
            return False
        values = {"name": name, "version": 1, "document": account}
        try:
            with self.tx.begin_nested():
                self.tx.execute(insert(PrivacyAccountRow).values(**values))
        except IntegrityError:  # another transaction was first
            return False
        return True

    def _change(self, name: str, expected: int, account: dict[str, Any]) -> bool:
        # PostgreSQL waits here for whoever changes the row, and then compares again.
        change = (
            update(PrivacyAccountRow)
            .where(PrivacyAccountRow.name == name, PrivacyAccountRow.version == expected)
            .values(version=expected + 1, document=account)
            .returning(PrivacyAccountRow.name)
        )
        return self.tx.execute(change).first() is not None

    def _note(self, name: str, act: str, **detail: Any) -> None:
        self.ledger.append(self.tx, actor=self.actor, act=act, subject=name, **detail)


def _require_no_less(name: str, last: Entry, account: dict[str, Any]) -> None:
    spends, told = account.get("spends", 0), last.detail["number"]
    if spends < told or (spends == told and account.get("head") != last.detail["head"]):
        raise IntegrityFailure(
            f"the ledger tells of {told} spends of {name}, the account of {spends} or others: it was "
            "altered, and nothing is charged"
        )


def opened(rows: BudgetRows, name: str, limit: PrivacyLoss) -> PrivacyBudget:
    """The account ``name`` with this limit: opened now, or taken up again, its limit changed where it
    was another. Raises ``Conflict`` for another accounting."""
    if rows.load(name) is None:
        return PrivacyBudget(limit, store=rows, name=name)
    budget = taken_up(rows, name)
    budget.change_limit(limit)
    return budget


def taken_up(rows: BudgetRows, name: str) -> PrivacyBudget:
    """The account ``name`` as it is; raises ``IntegrityFailure`` where there is none."""
    known = rows.load(name)
    if known is None:
        raise IntegrityFailure(
            f"there is no account {name}: it was removed, and nothing is charged"
        )
    return PrivacyBudget(Account.from_dict(known[1]).limit, store=rows, name=name)
