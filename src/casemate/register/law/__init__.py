"""The AI Act as dated rules: what class a system has on a day, why, and what follows for whom.

facts = read_facts({"role": "provider", "purpose": "rank_candidates"}, closed=True)
answer = classify(facts, date(2026, 12, 1))
answer.cls, answer.articles, answer.applies_from, answer.duties
"""

from casemate.register.law.answers import UNKNOWN, Answer, Duty, Reason, Step, classify
from casemate.register.law.questions import Question
from casemate.register.law.rules import Law, LawRule, LawVersion, law_at, rules, versions
from casemate.register.law.vocabulary import Contradiction, FactKind, Facts, read_facts, vocabulary

__all__ = [
    "UNKNOWN",
    "Answer",
    "Contradiction",
    "Duty",
    "FactKind",
    "Facts",
    "Law",
    "LawRule",
    "LawVersion",
    "Question",
    "Reason",
    "Step",
    "classify",
    "law_at",
    "read_facts",
    "rules",
    "versions",
    "vocabulary",
]
