"""Documents as a tree: work → version, from a day to a day → language → provision.

``read`` takes a file of any form that is known here and gives one ``Document``: one language of one
version of one work. ``Library`` keeps many of them, tells what was in force on a day, and what was known
of it on another.
"""

from casemate.knowledge.documents.library import Library, LibraryState, Loaded, Standing, Stored
from casemate.knowledge.documents.reading import Unreadable, read, read_all
from casemate.knowledge.documents.tree import Change, Document, Kind, Problem, Provision, Reference

__all__ = [
    "Change",
    "Document",
    "Kind",
    "Library",
    "LibraryState",
    "Loaded",
    "Problem",
    "Provision",
    "Reference",
    "Standing",
    "Stored",
    "Unreadable",
    "read",
    "read_all",
]
