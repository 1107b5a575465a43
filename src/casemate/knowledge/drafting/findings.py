"""What a check of a draft finds: what is wrong, where, and what to do.

A finding is a kind and values; its sentences are those of ``SENTENCES`` with the values filled in, so that
pages say the same in other languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: an error is wrong whatever was meant, a warning asks, a hint proposes."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text that the finding rests on: a provision in a version, with its words."""

    work: str
    title: str
    key: str
    number: str
    quote: str
    valid_from: date | None = None
    valid_to: date | None = None
    digest: str = ""
    share: float | None = None
    """Of the draft's words, those that it shares; from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. ``start`` and ``end`` are characters of the provision's text, and ``quote`` them."""

    kind: str
    severity: Severity
    key: str
    start: int
    end: int
    quote: str
    values: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    what: str = ""
    """What is wrong, in English; made from kind and values, as is the next."""
    todo: str = ""
    """What to do, in English."""

    def __post_init__(self) -> None:
        what, todo = SENTENCES[self.kind]
        object.__setattr__(self, "what", what % self.values)
        object.__setattr__(self, "todo", todo % self.values)


SENTENCES: Mapping[str, tuple[str, str]] = {
    "numbering.gap": (
        "%(number)s follows %(before)s: %(missing)s is missing.",
        "Number without a gap, or say that the number stays free.",
    ),
    "numbering.double": ("%(number)s is there twice.", "Give the second one a number of its own."),
    "numbering.order": ("%(number)s stands after %(before)s.", "Put them in order."),
    "structure.empty": ("%(number)s has no words.", "Write it, or take it out."),
    "structure.nothing_under": (
        "There is nothing under the heading “%(heading)s”.",
        "Put articles under it, or take the heading out.",
    ),
    "structure.lone": (
        "“%(heading)s” holds one article alone.",
        "Join it with its neighbour, unless it is meant to stand alone.",
    ),
    "structure.annex_absent": (
        "%(annex)s is named and is not in the draft.",
        "Attach it, or correct the reference.",
    ),
    "structure.annex_unnamed": (
        "%(annex)s is in the draft and no article names it.",
        "Name it where it applies, or take it out.",
    ),
    "definition.unused": ("“%(term)s” is defined and never used.", "Take the definition out."),
    "definition.undefined": (
        "“%(term)s” stands in quotation marks as if it were defined, and is defined nowhere.",
        "Define it, or take the quotation marks away.",
    ),
    "definition.double": (
        "“%(term)s” is defined here and in %(other)s.",
        "Keep one definition.",
    ),
    "definition.circular": (
        "“%(term)s” is defined by itself: %(circle)s.",
        "Define one of the terms without the others.",
    ),
    "definition.early": (
        "“%(term)s” is used here, before it is defined in %(other)s.",
        "Put the definitions first, or refer to them.",
    ),
    "reference.absent": (
        "%(cited)s is not in the draft.",
        "Correct the number, or write what is referred to.",
    ),
    "reference.unresolved": (
        "%(cited)s is not in the law that it refers to.",
        "Check the number and the law.",
    ),
    "reference.repealed": (
        "%(cited)s is not in force on %(day)s: %(why)s.",
        "Refer to what holds on that day.",
    ),
    "reference.changing": (
        "%(cited)s will read otherwise from %(day)s.",
        "Check that the reference fits the words to come too.",
    ),
    "day.impossible": ("There is no day “%(day)s”.", "Correct the day."),
    "day.before_publication": (
        "It enters into force on %(day)s, before it is published on %(published)s.",
        "Let it begin after it is published, or say why it looks back.",
    ),
    "day.deadline_before": (
        "The time limit %(day)s ends before the entry into force on %(begins)s.",
        "Set a later limit, or let it begin earlier.",
    ),
    "day.reversed": (
        "It ends on %(end)s, before it begins on %(begin)s.",
        "Put the days the right way round.",
    ),
    "day.conflict": (
        "Here the entry into force is %(day)s, in %(other)s it is %(otherday)s.",
        "Say once when it begins, or which articles begin when.",
    ),
    "similar.same": (
        "These words are already in force in %(where)s (%(share)s of them).",
        "Refer to that provision, or say what is to be otherwise.",
    ),
    "similar.alike": (
        "%(where)s says something like it (%(share)s of the words).",
        "Check that both can hold side by side.",
    ),
    "style.long": (
        "This sentence has %(words)s words.",
        "Split it: a sentence of up to %(most)s words is understood at once.",
    ),
    "style.duties": (
        "This sentence lays down %(count)s duties.",
        "Give each duty a sentence, so that it can be cited and checked.",
    ),
}  # fmt: skip
"""By kind: what is wrong, and what to do."""
