"""Duties in texts of rules: who must, may or may not do what, when, by when, and on pain of what.

found = duties_in(provision.text, "en", Roles({"keeper": ("keeper", "keepers of dogs")}))
found[0].bearers, found[0].kind, found[0].quote
"""

from casemate.knowledge.obligations.applying import Application, application_of
from casemate.knowledge.obligations.extracting import duties_in
from casemate.knowledge.obligations.model import Deadline, Duty, DutyKind, Sanction
from casemate.knowledge.obligations.roles import Roles

__all__ = [
    "Application",
    "Deadline",
    "Duty",
    "DutyKind",
    "Roles",
    "Sanction",
    "application_of",
    "duties_in",
]
