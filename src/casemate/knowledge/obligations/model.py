"""What is found in a text: duties, as LegalRuleML 1.0 (OASIS, 2021) sorts them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casemate.knowledge.sentences import Span


class DutyKind(StrEnum):
    """The deontic operators of LegalRuleML 1.0, section 4.2."""

    OBLIGATION = "obligation"
    PROHIBITION = "prohibition"
    PERMISSION = "permission"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time that a duty names: its words, and what of them could be reckoned."""

    words: str
    hours: int | None = None
    """After what the words tell of; a day is 24 of them, a month 30 days, a year 365."""
    day: date | None = None
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Sanction:
    """What a breach may cost: the words, and the provision where they stand."""

    provision: str
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty in a provision's text. ``spans`` cut its quote out of it, the words before a point first."""

    kind: DutyKind
    bearers: tuple[str, ...]
    """Roles; empty where the text names nobody."""
    inherited: bool
    """The bearer stands in a sentence before, or before the enumeration."""
    through: str
    """The role that is to see to it (a Member State), where it is not the bearer's own; else empty."""
    paragraph: str
    point: str
    spans: tuple[Span, ...]
    verb: str
    action: str
    conditions: tuple[str, ...]
    deadlines: tuple[Deadline, ...]
    of_all: bool = False
    """It names nobody and forbids in so many words: it binds whoever does it."""

    def quote(self, text: str) -> str:
        """The duty's own words, cut out of the provision's ``text``."""
        return "\n".join(one.cut(text) for one in self.spans)

    @property
    def where(self) -> str:
        """Paragraph and point, as ``4(c)``; empty where the provision has none."""
        return f"{self.paragraph}({self.point})" if self.point else self.paragraph
