"""The drafting office: a draft is checked in memory and kept nowhere.

``read_draft`` reads it, ``report_on`` says what is amiss in it.
"""

from casemate.knowledge.drafting.checking import Report, report_on
from casemate.knowledge.drafting.draft import LARGEST_DRAFT, Draft, draft_of, read_draft
from casemate.knowledge.drafting.findings import Evidence, Finding, Severity

__all__ = [
    "LARGEST_DRAFT",
    "Draft",
    "Evidence",
    "Finding",
    "Report",
    "Severity",
    "draft_of",
    "read_draft",
    "report_on",
]
