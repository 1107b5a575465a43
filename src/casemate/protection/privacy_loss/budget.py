"""The account of privacy spent on one dataset: it is never overdrawn and nothing is paid back.

``Account`` is arithmetic on immutable values. ``PrivacyBudget`` keeps one in a ``BudgetStore`` and charges
it by compare-and-set, so that however many queries run at once, in threads, processes or machines,
their sum stays within the limit: the loser of a race looks again and may be refused.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed
from casemate.protection.privacy_loss.losses import PrivacyLoss

_ATTEMPTS = 10_000
_GENESIS = digest(b"casemate privacy account v1")


@dataclass(frozen=True)
class Spend:
    """One line of the record: the loss charged, what for, and the digest of the line before."""

    number: int
    loss: PrivacyLoss
    note: str
    previous: str

    def to_dict(self) -> dict[str, Any]:
        """Text and whole numbers only."""
        return {
            "number": self.number,
            "loss": self.loss.to_dict(),
            "note": self.note,
            "previous": self.previous,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of ``to_dict``."""
        return cls(
            int(document["number"]),
            PrivacyLoss.from_dict(document["loss"]),
            str(document["note"]),
            str(document["previous"]),
        )

    @property
    def digest(self) -> str:
        """What the next line refers to."""
        return digest(canonical_json(self.to_dict()))


@dataclass(frozen=True)
class Account:
    """A limit, the sum of what was spent, and the head of the chained record of spends."""

    limit: PrivacyLoss
    spent: PrivacyLoss
    spends: int
    head: str

    @classmethod
    def open(cls, limit: PrivacyLoss) -> Self:
        """Nothing spent yet; ``limit`` says the accounting too."""
        return cls(
            limit, replace(limit, amount=limit.amount * 0, delta=limit.delta * 0), 0, _GENESIS
        )

    @property
    def remaining(self) -> PrivacyLoss:
        """What can still be spent, in the account's accounting."""
        return replace(
            self.limit,
            amount=self.limit.amount - self.spent.amount,
            delta=self.limit.delta - self.spent.delta,
        )

    def spend(self, loss: PrivacyLoss, note: str) -> tuple[Self, Spend]:
        """The account after ``loss``, and its line. Raises NotAllowed if the limit would be passed,
        BadInput if the loss cannot be charged in this accounting."""
        charged = loss.under(self.limit.accounting)
        total = self.spent + charged
        if not self.limit.covers(total):
            raise NotAllowed(
                f"this query costs {charged}, and {self.remaining} is left of {self.limit}: "
                "ask for less, or for a larger budget"
            )
        line = Spend(self.spends + 1, charged, note, self.head)
        return replace(self, spent=total, spends=line.number, head=line.digest), line

    def with_limit(self, limit: PrivacyLoss) -> Self:
        """The account under another limit; what was spent stays spent, be it more than ``limit``.

        Raises Conflict for another accounting: the spends could not be added up in it."""
        if limit.accounting is not self.limit.accounting:
            raise Conflict(
                f"the account is kept in {self.limit.accounting}, and a limit in {limit.accounting} "
                "cannot be held against what was spent: keep the accounting"
            )
        return replace(self, limit=limit)

    def to_dict(self) -> dict[str, Any]:
        """Text and whole numbers only."""
        return {
            "limit": self.limit.to_dict(),
            "spent": self.spent.to_dict(),
            "spends": self.spends,
            "head": self.head,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of ``to_dict``."""
        return cls(
            PrivacyLoss.from_dict(document["limit"]),
            PrivacyLoss.from_dict(document["spent"]),
            int(document["spends"]),
            str(document["head"]),
        )


class BudgetStore(Protocol):
    """Where accounts live. An implementation keeps the two promises below, and no more is needed."""

    def load(self, name: str) -> tuple[int, dict[str, Any]] | None:
        """The version and the document of an account, or None if it was never opened."""

    def compare_and_set(
        self, name: str, expected: int, account: dict[str, Any], spend: dict[str, Any] | None
    ) -> bool:
        """Atomically: if the version is still ``expected`` (0: not there), store ``account`` as
        version ``expected`` + 1, append ``spend`` to the record, and give back True; else False."""

    def spends(self, name: str) -> list[dict[str, Any]]:
        """The record of an account, in the order it was appended."""


class MemoryStore:
    """A BudgetStore for one process; forgotten with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, tuple[int, dict[str, Any]]] = {}
        self._spends: dict[str, list[dict[str, Any]]] = {}

    def load(self, name: str) -> tuple[int, dict[str, Any]] | None:
        """See BudgetStore."""
        with self._lock:
            return self._accounts.get(name)

    def compare_and_set(
        self, name: str, expected: int, account: dict[str, Any], spend: dict[str, Any] | None
    ) -> bool:
        """See BudgetStore."""
        with self._lock:
            version, _ = self._accounts.get(name, (0, {}))
            if version != expected:
                return False
            self._accounts[name] = (expected + 1, account)
            if spend is not None:
                self._spends.setdefault(name, []).append(spend)
            return True

    def spends(self, name: str) -> list[dict[str, Any]]:
        """See BudgetStore."""
        with self._lock:
            return list(self._spends.get(name, []))


class PrivacyBudget:
    """One account in a store, by name: that of a dataset, or of a permit on it."""

    def __init__(
        self, limit: PrivacyLoss, *, store: BudgetStore | None = None, name: str = "budget"
    ) -> None:
        """Open the account, or take it up again. Raises Conflict if it is there with another limit:
        a limit is set once, since raising it unseen would undo the promise it makes."""
        self._store: BudgetStore = MemoryStore() if store is None else store
        self.name = name
        self._store.compare_and_set(name, 0, Account.open(limit).to_dict(), None)
        if self.account.limit != limit:
            raise Conflict(
                f"the privacy account {name!r} is open with a limit of {self.account.limit}, not {limit}"
            )

    @property
    def account(self) -> Account:
        """The account as it is now."""
        return self._load()[1]

    @property
    def remaining(self) -> PrivacyLoss:
        """What can still be spent, as of now: another query may be faster."""
        return self.account.remaining

    def spend(self, loss: PrivacyLoss, note: str = "") -> Spend:
        """Charge ``loss`` before anything is computed from the data; it is never paid back, since
        even a query that fails may have told something. Raises NotAllowed if it is too much."""
        for _ in range(_ATTEMPTS):
            version, account = self._load()
            after, line = account.spend(loss, note)
            if self._store.compare_and_set(self.name, version, after.to_dict(), line.to_dict()):
                return line
        raise Conflict(f"the privacy account {self.name!r} is too busy: ask again")

    def change_limit(self, limit: PrivacyLoss) -> None:
        """Set another limit, for all to see: what decides on it, and records it, is the caller's."""
        for _ in range(_ATTEMPTS):
            version, account = self._load()
            after = account.with_limit(limit)
            if after == account:
                return
            if self._store.compare_and_set(self.name, version, after.to_dict(), None):
                return
        raise Conflict(f"the privacy account {self.name!r} is too busy: ask again")

    def record(self) -> tuple[Spend, ...]:
        """Every spend, first to last. Raises IntegrityFailure unless they are chained without a gap,
        end at the account's head and add up to what it says was spent."""
        account = self.account
        lines = tuple(Spend.from_dict(line) for line in self._store.spends(self.name))
        rebuilt = Account.open(account.limit)
        for line in lines[: account.spends]:
            if line.previous != rebuilt.head:
                raise IntegrityFailure(
                    f"line {line.number} of the account {self.name!r} was changed"
                )
            rebuilt = replace(
                rebuilt, spent=rebuilt.spent + line.loss, spends=line.number, head=line.digest
            )
        if rebuilt != account:
            raise IntegrityFailure(f"the account {self.name!r} does not agree with its record")
        return lines[: account.spends]

    def _load(self) -> tuple[int, Account]:
        found = self._store.load(self.name)
        if found is None:
            raise BadInput(f"the privacy account {self.name!r} is not open")
        try:
            return found[0], Account.from_dict(found[1])
        except (KeyError, TypeError, ValueError, BadInput):
            raise IntegrityFailure(
                f"what the store holds for {self.name!r} is no privacy account: restore it"
            ) from None
