"""Assess a model of two classes on a table: any frame, any model, no platform opened."""

from casemate.assurance.tabular.data import Table, table_of
from casemate.assurance.tabular.evaluate import CHECKS, SEED, evaluate
from casemate.assurance.tabular.models import Model, from_estimator, from_file, from_rule
from casemate.assurance.tabular.trial import Settings

__all__ = [
    "CHECKS",
    "SEED",
    "Model",
    "Settings",
    "Table",
    "evaluate",
    "from_estimator",
    "from_file",
    "from_rule",
    "table_of",
]
