"""What a plain version is made of."""

import re
from dataclasses import dataclass
from typing import Literal

from casemate.knowledge.definitions import Use
from casemate.knowledge.marks import Difference
from casemate.knowledge.sentences import Span
from casemate.readability import Reading

By = Literal["original", "rules", "model"]
"""Who worded a sentence: nobody, the rules of this room, or a language model."""
Hint = Literal[
    "long", "passive", "genitive", "subjunctive", "many_ideas", "long_word", "two_negations",
    "abbreviation",
]  # fmt: skip
"""What makes a sentence hard by the rules of Leichte Sprache (DIN SPEC 33429)."""
Why = Literal["", "nothing_to_change", "label", "not_the_same", "no_language"]
"""Why a sentence is as it was: no rule fits, a number or heading, the check found it changed, or there
are no rules for its language."""


_PRINT = re.compile(r"^\|\s*|\s*\|$|\*\*")


def printed(original: str) -> str:
    """A line without the marks that only print needs: bars of tables, stars of headings."""
    return " ".join(re.sub(r"\s*\|\s*", " ", _PRINT.sub("", original)).split())


@dataclass(frozen=True, slots=True)
class Note:
    """What was taken out of a sentence and stands at its end; ``number`` is its mark in the sentence."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Words that were proposed and do not stand, with what the check found."""

    by: By
    text: str
    differences: tuple[Difference, ...]
    why: str = ""
    """Where it was something else than a mark: too long, empty, no answer."""


@dataclass(frozen=True, slots=True)
class Told:
    """What makes a sentence hard, with the words that do."""

    hint: Hint
    words: str


@dataclass(frozen=True, slots=True)
class PlainSentence:
    """A sentence of the original beside its plain lines."""

    span: Span
    original: str
    lines: tuple[str, ...]
    by: By
    why: Why
    notes: tuple[Note, ...]
    refused: tuple[Refused, ...]
    hints: tuple[Told, ...]
    """Of the plain lines: what is left that is hard."""
    uses: tuple[tuple[int, Use], ...]
    """Defined terms in the plain lines: the line's place, and where in it."""

    @property
    def changed(self) -> bool:
        """Whether it says it in other words than the original."""
        return self.by != "original"

    @property
    def plain(self) -> str:
        """The plain lines as a text, without notes."""
        return "\n".join(self.lines)

    @property
    def whole(self) -> str:
        """The plain lines with the notes: all that has to say what the original says."""
        return "\n".join((*self.lines, *(note.text for note in self.notes)))


@dataclass(frozen=True, slots=True)
class PlainVersion:
    """A text sentence by sentence in plain words, with how easily both are read."""

    language: str
    sentences: tuple[PlainSentence, ...]
    before: Reading | None
    after: Reading | None
    """Of all plain lines and notes: what was moved to a note counts too."""
    model: str = ""
    """The language model that was asked, where one was."""
    model_digest: str = ""

    @property
    def by_machine(self) -> bool:
        """Whether a sentence is a language model's: then the text is labelled (AI Act Art. 50(2))."""
        return any(one.by == "model" for one in self.sentences)

    @property
    def plain(self) -> str:
        """The plain text, without notes."""
        return "\n".join(one.plain for one in self.sentences)
