"""Texts in other languages: sentences that stand against each other, what was translated before, terms, and
machines whose words say that they are a machine's.

``official`` and ``assembled`` translate; ``Memory`` and ``Termbase`` are made from a library that holds
provisions in several languages.
"""

from casemate.knowledge.translation.memory import Memory, MemoryState, Origin, Unit
from casemate.knowledge.translation.termbase import Termbase
from casemate.knowledge.translation.terms import Evidence, Term
from casemate.knowledge.translation.translating import Line, Translation, assembled, official

__all__ = [
    "Evidence",
    "Line",
    "Memory",
    "MemoryState",
    "Origin",
    "Term",
    "Termbase",
    "Translation",
    "Unit",
    "assembled",
    "official",
]
