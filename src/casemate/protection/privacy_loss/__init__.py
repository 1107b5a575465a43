"""Differential privacy: questions to a table, answered with noise and charged to an account.

Exact clipped sums are computed in polars; all noise and every conversion of losses is OpenDP's. We
own the sensitivity of each question: ``queries`` states the argument.
"""

from casemate.protection.privacy_loss.budget import (
    Account,
    BudgetStore,
    MemoryStore,
    PrivacyBudget,
    Spend,
)
from casemate.protection.privacy_loss.conditions import NoneOf, Range
from casemate.protection.privacy_loss.losses import Accounting, PrivacyLoss
from casemate.protection.privacy_loss.numbers import Clipped
from casemate.protection.privacy_loss.queries import (
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Query,
    Sum,
)
from casemate.protection.privacy_loss.release import Expected
from casemate.protection.privacy_loss.tables import Answer, PrivateTable

__all__ = [
    "Account",
    "Accounting",
    "Answer",
    "BudgetStore",
    "Clipped",
    "Count",
    "Expected",
    "Grouped",
    "Histogram",
    "Mean",
    "MemoryStore",
    "NoneOf",
    "PrivacyBudget",
    "PrivacyLoss",
    "PrivateTable",
    "Quantile",
    "Query",
    "Range",
    "Spend",
    "Sum",
]
