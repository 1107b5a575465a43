"""Answers that cannot invent: quotes cut from stored texts, or a refusal.

``Answers.ask`` finds provisions, cuts the sentences that answer best, and says of each where it stands,
since when it holds and under which digest. ``Receipt`` lets anyone ask again and compare.
"""

from casemate.knowledge.answers.answering import Answers, Finder, Found, Likeness
from casemate.knowledge.answers.calibration import Calibration
from casemate.knowledge.answers.records import Answer, Quote, Receipt
from casemate.knowledge.answers.written import DroppedSentence, Written, checked_writing

__all__ = [
    "Answer",
    "Answers",
    "Calibration",
    "DroppedSentence",
    "Finder",
    "Found",
    "Likeness",
    "Quote",
    "Receipt",
    "Written",
    "checked_writing",
]
