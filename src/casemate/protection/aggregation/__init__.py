"""Protected tables: counts and totals that may be published, and the audit that attacks them."""

from casemate.protection.aggregation.aggregate import aggregate, aggregate_linked
from casemate.protection.aggregation.auditor import Audit, Feasibility, audit
from casemate.protection.aggregation.ptable import PTable
from casemate.protection.aggregation.rules import Rules
from casemate.protection.aggregation.table import AggregateReport, AggregateTable, SuppressedCell

__all__ = [
    "AggregateReport",
    "AggregateTable",
    "Audit",
    "Feasibility",
    "PTable",
    "Rules",
    "SuppressedCell",
    "aggregate",
    "aggregate_linked",
    "audit",
]
