"""Documents that the law asks for, filled from the record, the platform, the law and keepers' answers.

Each document is a file of ``data``: sections in the law's order, each with its questions; each question
names what can answer it. What nothing answers is a gap. Nothing is stated without its source.
"""

from casemate.register.documents.filling import Known, fill
from casemate.register.documents.kinds import KINDS, DocumentKind, Question, document_kind
from casemate.register.documents.questionnaire import (
    Impact,
    Questionnaire,
    questions,
    read_questionnaire,
)

__all__ = [
    "KINDS",
    "DocumentKind",
    "Impact",
    "Known",
    "Question",
    "Questionnaire",
    "document_kind",
    "fill",
    "questions",
    "read_questionnaire",
]
