"""Answers under differential privacy: charged, drawn once, released by themselves.

An answer takes three steps, each whole or not at all:

1. ``charge``, in a transaction: the permit is asked, both accounts are charged, the question is kept.
2. ``draw``, in none: the granted columns are decrypted and the noisy answer is computed. It goes
   nowhere yet.
3. ``release``, in a transaction: the permit is asked again, and the answer is kept and released.

A crash after the first step costs budget and tells nobody anything. Whoever then asks the same
question finds it charged, and it is drawn for them; an answer drawn but not kept was seen by no one.
Of two processes that draw at once, the first to release wins, and both give what it drew. The same
question is therefore answered once: asked again under the same permit it gets the same answer, free,
which costs no privacy since it tells nothing new.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.access import Grant, Permits
from casemate.catalogue import Catalogue, Dataset, DatasetDescription
from casemate.clock import Clock
from casemate.enclave.budgets import BudgetRows, of_dataset, of_permit, opened, taken_up
from casemate.enclave.tables import AnswerRow
from casemate.enclave.views import Views
from casemate.errors import IntegrityFailure, NotAllowed
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.protection.privacy_loss import (
    Account,
    Expected,
    PrivacyBudget,
    PrivacyLoss,
    PrivateTable,
)
from casemate.protection.privacy_loss.questions import (
    MeanQuestion,
    Question,
    answer_document,
)
from casemate.store.keys import Keyring


@dataclass(frozen=True)
class PrivateAnswer:
    """A noisy answer that was released. ``value`` is a number, or the columns and rows of a table."""

    id: str
    permit: str
    dataset: str
    version: int
    question: dict[str, Any]
    value: Any
    accuracy: dict[str, str] | None
    """The error to expect, as text; ``None`` where it depends on a number of rows not guessed."""
    cost: PrivacyLoss
    charged_at: datetime
    answered_at: datetime


@dataclass(frozen=True)
class AccountState:
    """A privacy account as it stands; ``permit`` is the first of a chain of renewals."""

    name: str
    dataset: str
    permit: str | None
    limit: PrivacyLoss
    spent: PrivacyLoss
    remaining: PrivacyLoss
    spends: int

    @classmethod
    def of(cls, name: str, dataset: str, permit: str | None, account: Account) -> "AccountState":
        """``account`` under its name."""
        return cls(
            name, dataset, permit, account.limit, account.spent, account.remaining, account.spends
        )


@dataclass(frozen=True)
class ExpectedAnswer:
    """What an answer would cost and how far it may be off, before anything is spent."""

    cost: PrivacyLoss
    accuracy: dict[str, str] | None
    accounts: tuple[AccountState, ...]
    answered: bool
    """Whether the question was charged before: asking it costs nothing then."""


@dataclass(frozen=True)
class Charged:
    """A question that is paid for. ``grant`` opens the data that it reads, now."""

    id: str
    question: Question
    grant: Grant
    source: Dataset
    answer: PrivateAnswer | None


@dataclass(frozen=True)
class Drawn:
    """An answer that nobody has seen."""

    value: Any
    accuracy: dict[str, str] | None


class Answers:
    """Charge, draw and release; ``expect`` before, ``accounts`` after."""

    def __init__(
        self,
        views: Views,
        keyring: Keyring,
        ledger: Ledger,
        permits: Permits,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._views = views
        self._keyring = keyring
        self._ledger = ledger
        self._permits = permits
        self._catalogue = catalogue
        self._clock = clock

    def open_account(self, tx: Session, actor: str, dataset: str, limit: PrivacyLoss) -> None:
        """Open the account of ``dataset``, or set its limit anew: in the transaction that publishes.

        Raises ``Conflict`` where it was opened in another accounting."""
        opened(BudgetRows(tx, self._ledger, actor), of_dataset(dataset), limit)

    def expect(
        self, tx: Session, person: str, permit: str, question: Question, purpose: str | None = None
    ) -> ExpectedAnswer:
        """Cost and error of ``question``, checked as if it were asked; nothing is spent or read."""
        grant, source = self._opened(tx, person, permit, question, purpose)
        table, cost = self._priced(source, grant, question)
        known = tx.scalar(select(AnswerRow.id).where(AnswerRow.slot == self._slot(grant, question)))
        return ExpectedAnswer(
            cost=cost,
            accuracy=_accuracy(table, question, source),
            accounts=self._states(tx, grant.lineage, source, grant.scope.budget),
            answered=known is not None,
        )

    def charge(
        self, tx: Session, person: str, permit: str, question: Question, purpose: str | None = None
    ) -> Charged:
        """Ask the permit and charge both accounts, unless this question was charged before.

        Raises ``NotAllowed`` where the permit does not open what is asked, gives no answers, or where
        either account has not enough left; ``BadInput`` where the question does not fit the columns.
        """
        grant, source = self._opened(tx, person, permit, question, purpose)
        row = self._row(tx, self._slot(grant, question))
        row = row or self._pay(tx, person, grant, source, question)
        answer = self._answer(row) if row.sealed_answer is not None else None
        if answer is not None:
            self._ledger.append(
                tx, actor=person, act="answer.fetched", subject=row.id, permit=permit
            )
        return Charged(row.id, question, grant, source, answer)

    def draw(self, charged: Charged) -> Drawn:
        """Decrypt what the grant opens and compute the noisy answer; needs no transaction."""
        source, question = charged.source, charged.question
        # The grant was asked for the question's columns alone: no other is decrypted.
        private = _private(self._views.decrypt(source, charged.grant), source)
        query = question.query(private.schema)
        # Charged above, in the accounts of record: this one has room for exactly one answer.
        once = PrivacyBudget(question.cost.loss)
        value = private.ask(query, question.cost.loss, once).value
        return Drawn(answer_document(value), _accuracy(private, question, source))

    def release(self, tx: Session, person: str, charged: Charged, drawn: Drawn) -> PrivateAnswer:
        """Keep the answer and let it go; gives the other one where another process was first.

        Raises ``NotAllowed`` where the permit or the dataset has ended meanwhile: the answer is
        dropped, unseen, and its cost stays spent.
        """
        self._opened(tx, person, charged.grant.permit, charged.question, charged.grant.purpose)
        value = json.dumps(drawn.value, ensure_ascii=False, allow_nan=False)
        changes = {
            "sealed_answer": self._keyring.seal(value, charged.id),
            "accuracy": drawn.accuracy,
            "answered_at": self._clock(),
        }
        first = tx.execute(
            update(AnswerRow)
            .where(AnswerRow.id == charged.id, AnswerRow.sealed_answer.is_(None))
            .values(**changes)
            .returning(AnswerRow.id)
        ).first()
        act = "answer.released" if first else "answer.fetched"
        detail = {"accuracy": drawn.accuracy, "commitment": self._digest(value)} if first else {}
        self._ledger.append(
            tx, actor=person, act=act, subject=charged.id, permit=charged.grant.permit,
            dataset=charged.source.id, version=charged.source.version, **detail,
        )  # fmt: skip
        query = select(AnswerRow).where(AnswerRow.id == charged.id)
        return self._answer(tx.scalars(query.execution_options(populate_existing=True)).one())

    def accounts(self, tx: Session, permit: str) -> tuple[AccountState, ...]:
        """The accounts that answers under ``permit`` are charged to: each dataset's and its own."""
        known = self._permits.get(tx, permit)
        states: list[AccountState] = []
        for scope in known.scopes:
            if scope.budget is not None:
                source = self._catalogue.get(tx, scope.dataset, version=scope.version)
                states += self._states(tx, known.lineage, source, scope.budget)
        return tuple(states)

    def account(self, tx: Session, dataset: str) -> AccountState | None:
        """The account of ``dataset``, in its newest version; ``None`` where it has no budget."""
        source = self._catalogue.get(tx, dataset)
        if (limit := budget_of(source)) is None:
            return None
        return self._state(tx, of_dataset(dataset), dataset, None, limit)

    # ---- what is checked

    def _opened(
        self, tx: Session, person: str, permit: str, question: Question, purpose: str | None
    ) -> tuple[Grant, Dataset]:
        """Leave to read what ``question`` reads, for an answer; the same before and after the draw."""
        terms = self._permits.get(tx, permit)
        source = self._source(tx, permit, question.dataset, terms.scopes)
        variables = list(question.variables())
        if (holds := source.description.person) and source.description.privacy:
            variables.append(holds)
        if not variables:
            # A bare count reads no column in particular: any that is open tells the rows.
            scope = next(one for one in terms.scopes if one.dataset == question.dataset)
            values = [name for name in scope.variables if name not in scope.pseudonyms]
            variables = (values or list(scope.variables))[:1]
        grant = self._permits.require_in_force(
            tx, permit, person=person, purpose=purpose or terms.purpose,
            dataset=question.dataset, variables=variables, version=source.version,
        )  # fmt: skip
        _require_answers(grant, source, question)
        return grant, source

    def _source(self, tx: Session, permit: str, dataset: str, scopes: tuple[Any, ...]) -> Dataset:
        for scope in scopes:
            if scope.dataset == dataset:
                source = self._catalogue.get(tx, dataset, version=scope.version)
                if source.wrapped_key is None:
                    raise NotAllowed(f"{dataset} was retired: no question of it is answered")
                return source
        raise NotAllowed(f"{permit} does not cover dataset {dataset!r}")

    def _priced(
        self, source: Dataset, grant: Grant, question: Question
    ) -> tuple[PrivateTable, PrivacyLoss]:
        """The table without its rows, which ``question`` was found to fit, and what it costs."""
        schema = self._views.columns(source, grant)
        table = _private(pl.DataFrame(schema=schema), source)
        return table, table.price(question.query(schema), question.cost.loss)

    # ---- how it is paid

    def _pay(
        self, tx: Session, person: str, grant: Grant, source: Dataset, question: Question
    ) -> AnswerRow:
        _, cost = self._priced(source, grant, question)
        answer, slot = new_id("answer"), self._slot(grant, question)
        row = AnswerRow(
            id=answer, slot=slot, permit=grant.permit, lineage=grant.lineage, dataset=source.id,
            version=source.version, asked_by=person, cost=cost.to_dict(), charged_at=self._clock(),
            sealed_question=self._keyring.seal(question.identity().decode(), answer),
        )  # fmt: skip
        try:
            with tx.begin_nested():
                tx.add(row)
        except IntegrityError:  # a colleague asks the same at this moment, and has paid
            return tx.scalars(select(AnswerRow).where(AnswerRow.slot == slot)).one()
        for budget in self._budgets(tx, person, source, grant):
            try:
                budget.spend(cost, answer)
            except NotAllowed as refusal:
                raise NotAllowed(f"{_whose(budget.name, grant)}: {refusal}") from None
        self._ledger.append(
            tx, actor=person, act="answer.charged", subject=answer, permit=grant.permit,
            dataset=source.id, version=source.version, cost=cost.to_dict(),
            variables=sorted(grant.scope.variables), question=slot,
        )  # fmt: skip
        return row

    def _budgets(
        self, tx: Session, person: str, source: Dataset, grant: Grant
    ) -> Iterator[PrivacyBudget]:
        """The dataset's first, for everybody: who waits for the second holds the first."""
        assert grant.scope.budget is not None  # _require_answers was asked
        rows = BudgetRows(tx, self._ledger, person)
        yield taken_up(rows, of_dataset(source.id))
        limit = PrivacyLoss.from_dict(grant.scope.budget)
        yield opened(rows, of_permit(source.id, grant.lineage), limit)

    def _states(
        self, tx: Session, lineage: str, source: Dataset, budget: dict[str, str] | None
    ) -> tuple[AccountState, ...]:
        limits = (
            (of_dataset(source.id), None, budget_of(source)),
            (of_permit(source.id, lineage), lineage, budget and PrivacyLoss.from_dict(budget)),
        )
        return tuple(
            self._state(tx, name, source.id, permit, limit)
            for name, permit, limit in limits
            if limit
        )

    def _state(
        self, tx: Session, name: str, dataset: str, permit: str | None, limit: PrivacyLoss
    ) -> AccountState:
        rows = BudgetRows(tx, self._ledger, "nobody")
        if (found := rows.load(name)) is None:
            return AccountState.of(name, dataset, permit, Account.open(limit))
        account = Account.from_dict(found[1])
        PrivacyBudget(account.limit, store=rows, name=name).record()
        return AccountState.of(name, dataset, permit, account)

    # ---- rows

    def _slot(self, grant: Grant, question: Question) -> str:
        scope = [grant.lineage, grant.scope.dataset, str(grant.scope.version)]
        return self._digest("\n".join([*scope, question.identity().decode()]))

    def _digest(self, text: str) -> str:
        """A keyed digest: a plain one of a short answer, or of a question, could be guessed."""
        key = self._keyring.lasting("answer-commitment")  # the same question stays the same
        return "hmac-sha256:" + hmac.new(key, text.encode(), "sha256").hexdigest()

    def _row(self, tx: Session, slot: str) -> AnswerRow | None:
        query = select(AnswerRow).where(AnswerRow.slot == slot)
        return tx.scalars(query.execution_options(populate_existing=True)).first()

    def _answer(self, row: AnswerRow) -> PrivateAnswer:
        if row.sealed_answer is None or row.answered_at is None:
            raise IntegrityFailure(f"{row.id} has no answer: its record was altered")
        return PrivateAnswer(
            id=row.id, permit=row.permit, dataset=row.dataset, version=row.version,
            question=json.loads(self._keyring.unseal(row.sealed_question, row.id)),
            value=json.loads(self._keyring.unseal(row.sealed_answer, row.id)),
            accuracy=row.accuracy, cost=PrivacyLoss.from_dict(row.cost),
            charged_at=row.charged_at, answered_at=row.answered_at,
        )  # fmt: skip


def budget_of(dataset: Dataset | DatasetDescription) -> PrivacyLoss | None:
    """What answers about ``dataset`` may cost in all; ``None`` where its holder allows none."""
    described = dataset.description if isinstance(dataset, Dataset) else dataset
    if (privacy := described.privacy) is None:
        return None
    make = PrivacyLoss.epsilon if privacy.accounting == "epsilon" else PrivacyLoss.rho
    return make(privacy.amount, privacy.delta)


def _require_answers(grant: Grant, source: Dataset, question: Question) -> None:
    if budget_of(source) is None:
        raise NotAllowed(f"{source.id} has no privacy budget: its holder allows no noisy answers")
    if grant.scope.budget is None:
        raise NotAllowed(
            f"{grant.permit} gives no noisy answers about {source.id}: its authority set no budget"
        )
    if named := sorted(set(question.variables()) & set(grant.scope.pseudonyms)):
        raise NotAllowed(
            f"{grant.permit} gives {named[0]!r} as a pseudonym only: no question is asked of its values"
        )


def _private(frame: pl.DataFrame, source: Dataset) -> PrivateTable:
    privacy = source.description.privacy
    assert privacy is not None  # _require_answers was asked
    return PrivateTable(
        frame, contribution=privacy.rows_per_person, person=source.description.person
    )


def _accuracy(table: PrivateTable, question: Question, source: Dataset) -> dict[str, str] | None:
    """The error to expect, as text. For a mean of all rows their number is taken from the catalogue."""
    rows = None
    if isinstance(question, MeanQuestion):
        rows = question.expected_rows or (None if question.where else source.rows)
        if rows is None:
            return None
    expected = table.expect(question.query(table.schema), question.cost.loss, rows=rows)
    return _as_text(expected) | ({} if rows is None else {"rows_assumed": str(rows)})


def _as_text(expected: Expected) -> dict[str, str]:
    given = {
        "bound": f"{expected.bound:.6g}",
        "unit": expected.unit,
        "confidence": str(expected.confidence),
        "sum_bound": None if expected.sum_bound is None else f"{expected.sum_bound:.6g}",
        "threshold": None if expected.threshold is None else str(expected.threshold),
    }
    return {name: text for name, text in given.items() if text is not None}


def _whose(name: str, grant: Grant) -> str:
    if name == of_dataset(grant.scope.dataset):
        return f"the budget of {grant.scope.dataset}, for everybody together"
    return f"the budget of {grant.permit} on {grant.scope.dataset}"
