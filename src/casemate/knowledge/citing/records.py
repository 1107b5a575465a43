"""What a reference is: where it stands, what it names, and what that turned out to be."""

from dataclasses import dataclass
from typing import Literal

CitedKind = Literal["provision", "annex", "within", "this", "before", "after", "work"]
"""``within``: a part of the citing provision itself ("paragraph 2"); ``this``, ``before``, ``after``: the
citing provision and its neighbours ("the preceding article"); ``work``: a whole text."""

Why = Literal["", "other", "unheld", "missing", "several"]
"""Why a reference leads nowhere here: another kind of text, one that is not held, no such provision in
it, or several that it may mean."""


@dataclass(frozen=True, slots=True)
class NamedWork:
    """Another text as it is named: ``by`` its number, its day or a name; ``other`` cannot be told.

    ``kind`` is what it is called (``loi``, ``regulation``; empty where that is not told), ``told`` its
    normal form: a CELEX number, a day (ISO 8601), folded words. ``hint`` are words after it that tell
    texts of one day apart.
    """

    by: Literal["number", "date", "name", "other"]
    kind: str
    told: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """One reference: characters ``start`` to before ``end``.

    ``number`` is plain ("5bis", "l121-1"); ``last`` ends a range. ``work`` is ``None`` where the citing
    text cites itself.
    """

    start: int
    end: int
    kind: CitedKind
    number: str = ""
    last: str = ""
    pinpoint: str = ""
    work: NamedWork | None = None
    changes: bool = False
    """Whether the citing text changes what it cites ("is replaced by the following")."""

    def cut(self, text: str) -> str:
        """The words that cite."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference means: keys of provisions in a work, or the work alone, or nothing and why.

    Where the text is not held, ``work`` is a name for it that is the same wherever it is cited.
    """

    work: str
    keys: tuple[str, ...] = ()
    why: Why = ""

    @property
    def resolved(self) -> bool:
        """Whether it leads to something that is held."""
        return not self.why
