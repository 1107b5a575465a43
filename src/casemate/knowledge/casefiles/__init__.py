"""Case files: what somebody gathers of a collection of texts, for a question of theirs.

A case file holds pinned provisions, pinned quotes with the receipts of their answers, saved searches and
notes. ``CaseFiles`` keeps them, encrypted; ``watching`` tells what has changed in the texts since.
"""

from casemate.knowledge.casefiles.keeping import CaseFiles
from casemate.knowledge.casefiles.records import (
    Alert,
    AlertKind,
    CaseFile,
    CaseFileEntry,
    Content,
    Pin,
    PinnedQuote,
    Right,
    SavedSearch,
    Share,
    ShareKind,
)

__all__ = [
    "Alert",
    "AlertKind",
    "CaseFile",
    "CaseFileEntry",
    "CaseFiles",
    "Content",
    "Pin",
    "PinnedQuote",
    "Right",
    "SavedSearch",
    "Share",
    "ShareKind",
]
