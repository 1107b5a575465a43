"""Plain language: a text sentence by sentence in plain words, each held against its original.

``plain_version`` works by rules alone, in French, German, English and Luxembourgish; a ``Writer`` lets a
language model propose first. Nothing stands that lost or gained a number, a day, a negation, a duty, a
condition, an alternative or a name.
"""

from casemate.knowledge.plain.records import (
    By,
    Hint,
    Note,
    PlainSentence,
    PlainVersion,
    Refused,
    Told,
    Why,
)
from casemate.knowledge.plain.versions import plain_version
from casemate.knowledge.plain.writing import Writer

__all__ = [
    "By",
    "Hint",
    "Note",
    "PlainSentence",
    "PlainVersion",
    "Refused",
    "Told",
    "Why",
    "Writer",
    "plain_version",
]
