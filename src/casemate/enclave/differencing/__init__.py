"""Differencing, across everything ever released: a memory of what is out, and what it lets one work out.

    statements = statements_of(recipe, answer, frame, views.origin(tx, view))
    releases.would_disclose(tx, "nhefs", 1, statements, DifferencingRules())

docs/differencing.md has the model, what is guaranteed, and what is not.
"""

from casemate.enclave.differencing.decision import Decision, DifferencingRules, decide
from casemate.enclave.differencing.memory import Memory
from casemate.enclave.differencing.persons import Persons, persons_of
from casemate.enclave.differencing.releases import Releases, WouldDisclose, reasons_of
from casemate.enclave.differencing.statements import Statement, statements_of

__all__ = [
    "Decision",
    "DifferencingRules",
    "Memory",
    "Persons",
    "Releases",
    "Statement",
    "WouldDisclose",
    "decide",
    "persons_of",
    "reasons_of",
    "statements_of",
]
