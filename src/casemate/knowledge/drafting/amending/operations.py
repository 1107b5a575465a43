"""What an amending text does: operations on a part of another text."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casemate.knowledge.citing import NamedWork


class Act(StrEnum):
    """What is done to the target."""

    REPLACE = "replace"
    REPEAL = "repeal"
    INSERT = "insert"
    WORDS = "words"
    """Words are exchanged for others, or taken out where there are none."""
    WORDS_IN = "words_in"
    """Words are put in, beside others or at the end."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path into a text: ``article 5``, ``paragraph 2``; numbers are ``-1`` for the last."""

    unit: str
    number: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One instruction, read.

    ``path`` leads from the article inwards; ``new`` are the words that come, ``old`` those that go or that
    ``new`` stands beside (``side``: ``after``, ``before``, ``end``; ``then`` are the words that follow it).
    ``made`` is the part that an insertion makes, ``beside`` the one that it follows.
    ``work`` is the text that is changed, where the instruction or what stands above it names one.
    """

    act: Act
    path: tuple[Step, ...]
    instruction: str
    key: str
    start: int
    end: int
    old: str = ""
    new: str = ""
    side: str = ""
    then: str = ""
    made: Step | None = None
    beside: Step | None = None
    everywhere: bool = False
    work: NamedWork | None = None
    effective: date | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Words that change something and that are not read, with why."""

    key: str
    start: int
    end: int
    instruction: str
    why: str
