"""Asking: a table that answers with noise, for a price shown before it is paid.

table = PrivateTable(frame, person="patient", contribution=1)
budget = PrivacyBudget(PrivacyLoss.epsilon(2))
table.expect(Count(), PrivacyLoss.epsilon("0.1")).bound      # rows, with 95 % confidence
table.ask(Count(), PrivacyLoss.epsilon("0.1"), budget).value

The unit of privacy is one person: tables are neighbours if they differ by all rows of one person,
at most ``contribution``, added or taken away. What the guarantee does not cover: how long an answer
takes, and what the caller learned of the table elsewhere, bounds and keys chosen from it included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.privacy_loss import release
from casemate.protection.privacy_loss.budget import PrivacyBudget
from casemate.protection.privacy_loss.losses import PrivacyLoss
from casemate.protection.privacy_loss.queries import Mean, Query, describe
from casemate.protection.privacy_loss.release import Expected
from casemate.protection.privacy_loss.rows import Rows


@dataclass(frozen=True)
class Answer:
    """A noisy answer. ``value`` is a whole number for counts, a float for sums, means and quantiles,
    and a polars frame for histograms and groups. Counts may be negative: noise is left as it is,
    since cutting it off would bias what is computed from it. ``expected`` is None for a mean of a
    number of rows that the caller did not guess."""

    query: dict[str, Any]
    value: Any
    expected: Expected | None
    loss: PrivacyLoss


class PrivateTable:
    """A table that is asked through a budget only."""

    def __init__(self, table: Any, *, contribution: int = 1, person: str | None = None) -> None:
        """``table``: polars (lazy too), pandas, PyArrow, or the path of a Parquet or CSV file.

        ``contribution`` and ``person``: at most so many rows belong to one person. With a ``person``
        column the rest of a person's rows is left out, and so are rows of null; without one, it is
        the caller's word. Raises BadInput for what is no table.
        """
        self._rows = Rows(table, contribution=contribution, person=person)

    def __repr__(self) -> str:
        return f"PrivateTable(contribution={self._rows.contribution})"

    @property
    def schema(self) -> Mapping[str, pl.DataType]:
        """The columns and their types."""
        return self._rows.schema

    def price(self, query: Query, loss: PrivacyLoss) -> PrivacyLoss:
        """What ``query`` costs out of ``loss``: δ only where groups are unknown. Reads no row.

        Raises BadInput if the question does not fit the table."""
        self._check(query)
        return release.price(query, loss)

    def expect(self, query: Query, loss: PrivacyLoss, *, rows: int | None = None) -> Expected:
        """The error to expect at this ``loss``, with 95 % confidence; spends nothing, reads no row.

        A mean's error depends on how many rows there are: say how many you expect, in ``rows``.
        Raises BadInput if the question does not fit the table.
        """
        self._check(query)
        return release.expected(query, loss, self._rows.contribution, rows)

    def ask(
        self,
        query: Query,
        loss: PrivacyLoss,
        budget: PrivacyBudget | Sequence[PrivacyBudget],
        *,
        rows: int | None = None,
        note: str = "",
    ) -> Answer:
        """The noisy answer to ``query``, charged to ``budget`` before any row is read.

        Give several budgets (the dataset's, the permit's) and each is charged. Raises BadInput if the
        question does not fit the table, and NotAllowed if a budget has not enough left: nothing is
        computed then.
        """
        self._check(query)
        price = release.price(query, loss)
        unknown = isinstance(query, Mean) and rows is None
        estimate = None if unknown else self.expect(query, loss, rows=rows)
        _charge([budget] if isinstance(budget, PrivacyBudget) else list(budget), price, note)
        value = release.release(query, self._rows, loss)
        return Answer(describe(query), value, estimate, price)

    def _check(self, query: Query) -> None:
        """Refuse what does not fit, by the columns' names and types: no row is read."""
        query.check(self._rows)
        self._rows.where(query.where)


def _charge(budgets: list[PrivacyBudget], price: PrivacyLoss, note: str) -> None:
    """All or, but for a race lost in between, none: what was charged is not paid back."""
    if not budgets:
        raise BadInput("a private table answers only against a budget")
    for budget in budgets:
        budget.account.spend(price, note)
    for budget in budgets:
        budget.spend(price, note)
