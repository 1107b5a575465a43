"""What a suite measures beside the shares of outcomes: a name, a figure with its interval, and its unit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from casemate.assurance.statistics import Interval, bootstrap, newcombe, wilson
from casemate.assurance.suites.contract import SEED, Judgement, Outcome, Sample

Judged = tuple[Sample, Judgement]
ANSWERED = (Outcome.FINE, Outcome.WRONG)


@dataclass(frozen=True)
class Measure:
    """One figure. ``neutral`` is the value of a model without the fault that is measured.

    ``verdict`` is what the interval comes to, where something is asked of the figure.
    """

    name: str
    interval: Interval
    neutral: float | None = None
    part: str = ""
    verdict: str = ""


def share(name: str, judged: Iterable[Judged], *, part: str = "") -> list[Measure]:
    """The share of fine ones among those answered; nothing where none was."""
    outcomes = [found.outcome for _, found in judged if found.outcome in ANSWERED]
    if not outcomes:
        return []
    return [Measure(name, wilson(outcomes.count(Outcome.FINE), len(outcomes)), part=part)]


def by_part(name: str, judged: Sequence[Judged], part: Callable[[Sample], str]) -> list[Measure]:
    """``share`` for each part of the suite, in the order of their names."""
    parts = sorted({part(sample) for sample, _ in judged})
    return [
        one
        for each in parts
        for one in share(name, [two for two in judged if part(two[0]) == each], part=each)
    ]


def held_against(tolerance: float, found: Sequence[Measure]) -> list[Measure]:
    """Each figure with whether it reaches ``tolerance``: met, not met, or, with it inside, not told.

    A requirement is met where the whole interval lies above: few answers prove none.
    """

    def verdict(one: Interval) -> str:
        if one.low >= tolerance:
            return "met"
        return "not met" if one.high < tolerance else "not told"

    return [replace(one, verdict=verdict(one.interval)) for one in found]


def difference(name: str, first: Sequence[Judged], second: Sequence[Judged]) -> list[Measure]:
    """The first's share of fine answers less the second's, of samples that are not the same."""
    counts = []
    for some in (first, second):
        outcomes = [found.outcome for _, found in some if found.outcome in ANSWERED]
        if not outcomes:
            return []
        counts += [outcomes.count(Outcome.FINE), len(outcomes)]
    return [Measure(name, newcombe(*counts), neutral=0.0)]


def resampled(
    name: str,
    judged: Sequence[Judged],
    statistic: Callable[[Sequence[Judged]], float],
    *,
    neutral: float | None = None,
    part: str = "",
) -> list[Measure]:
    """A statistic of all items with its bootstrap interval; nothing where there are too few for one.

    ``statistic`` must be a number on every resample, so it says 0 where it has nothing to go by.
    """
    if len(judged) < 2:
        return []

    def at(places: np.ndarray[Any, np.dtype[np.int64]]) -> float:
        return statistic([judged[int(place)] for place in places])

    found = bootstrap(at, len(judged), seed=SEED, resamples=400)
    return [Measure(name, found, neutral, part)]
