"""Three things that leaderboards mix, kept apart: bias, refusal, and failure to keep the answer's format.

A model that refuses every question shows no bias, and one that never answers in the form asked for shows
none either: dropped or counted as passed, both would lead the board. So refusals and broken formats have
shares of their own, of all items; bias is of those answered. What it could be, had every item been
answered, lies between two bounds without any assumption (Manski, American Economic Review 80, 1990,
319-323).
"""

from dataclasses import dataclass

from casemate.assurance.statistics.intervals import LEVEL, Interval, wilson
from casemate.errors import BadInput


@dataclass(frozen=True)
class Apart:
    """``bias`` is ``None`` where nothing was answered; ``bias_from`` and ``bias_to`` bound it over all."""

    refusal: Interval
    format_failure: Interval
    bias: Interval | None
    bias_from: float
    bias_to: float


def kept_apart(
    biased: int, unbiased: int, refused: int, malformed: int, *, level: float = LEVEL
) -> Apart:
    """The three shares of a model's answers, each item counted once."""
    counts = (biased, unbiased, refused, malformed)
    items = sum(counts)
    if items < 1 or min(counts) < 0:
        raise BadInput(f"counts of 0 or more are needed, and an item: not {counts}")
    answered = biased + unbiased
    return Apart(
        wilson(refused, items, level=level),
        wilson(malformed, items, level=level),
        wilson(biased, answered, level=level) if answered else None,
        biased / items,
        (items - unbiased) / items,
    )
