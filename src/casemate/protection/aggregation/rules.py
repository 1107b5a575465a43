"""When a cell is sensitive, and how far an attacker must be kept from its value.

The rules are those of Hundepool et al., Statistical Disclosure Control (2012), chapter 4: minimum
frequency, (n, k) dominance and p %. Their upper protection levels are those of its table 4.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.aggregation.solver import Flags, Floats, Ints

FREQUENCY, DOMINANCE, P_PERCENT, ZERO = "frequency", "dominance", "p_percent", "zero"
# the safety margin of a small cell's total where no p % rule gives one
_PERCENT = 10.0


@dataclass(frozen=True)
class Rules:
    """Which cells are primary (sensitive). Defaults: the strictest common ones.

    ``min_frequency``: fewer contributors than this. ``dominance`` (n, k): the n largest contribute
    the share k or more. ``p_percent``: the second largest contributor could estimate the largest to
    within p %. ``zeros``: empty cells are sensitive too (they tell that nobody has the property).
    ``insiders``: the one contributor of a cell must not be able to take it out of a line and so
    learn another cell of that line.
    """

    min_frequency: int = 10
    dominance: tuple[int, float] | None = (2, 0.9)
    p_percent: float | None = 10
    zeros: bool = False
    insiders: bool = True

    def __post_init__(self) -> None:
        if not _whole(self.min_frequency) or self.min_frequency < 1:
            raise BadInput(f"min_frequency is a whole number from 1, not {self.min_frequency!r}")
        if self.dominance is not None:
            _require_dominance(self.dominance)
        if self.p_percent is not None and not (
            isinstance(self.p_percent, int | float) and 0 < self.p_percent <= 100
        ):
            raise BadInput(f"p_percent lies above 0 and up to 100, not {self.p_percent!r}")

    @property
    def tops(self) -> int:
        """How many of the largest contributions the rules look at."""
        return max(2, self.dominance[0] if self.dominance else 0)

    def to_dict(self) -> dict[str, Any]:
        """The rules as a document; shares and percentages are text, so that it can be signed."""
        dominance = self.dominance and [self.dominance[0], str(self.dominance[1])]
        return {
            "min_frequency": self.min_frequency,
            "dominance": dominance,
            "p_percent": None if self.p_percent is None else str(self.p_percent),
            "zeros": self.zeros,
            "insiders": self.insiders,
        }


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require_dominance(dominance: Any) -> None:
    if (
        not isinstance(dominance, Sequence)
        or len(dominance) != 2
        or not _whole(dominance[0])
        or not 1 <= dominance[0] <= 20
        or not isinstance(dominance[1], int | float)
        or not 0 < dominance[1] <= 1
    ):
        raise BadInput(
            f"dominance is (n, k) with n from 1 to 20 and a share k above 0, up to 1, not {dominance!r}"
        )


@dataclass(frozen=True)
class Facts:
    """What the records say of each cell: contributors, total, total of absolute values, largest."""

    counts: Ints
    sums: Floats | None
    absolutes: Floats | None
    tops: Floats | None


@dataclass(frozen=True)
class Layer:
    """One additive quantity of the table, what an attacker knows beforehand, and what to keep.

    Of a primary cell with value v it must be possible to believe v + ``up`` and v - ``down``, and
    ``width`` between the least and the largest value (sliding protection). An attacker knows that
    no cell lies below ``floor``.
    """

    name: str
    values: Floats
    floor: float
    up: Floats
    down: Floats
    width: Floats

    @property
    def targets(self) -> Ints:
        return np.flatnonzero((self.up > 0) | (self.down > 0) | (self.width > 0))


def sensitive(rules: Rules, facts: Facts) -> dict[str, Flags]:
    """For each rule, the cells it makes primary."""
    counts = facts.counts
    found: dict[str, Flags] = {FREQUENCY: (counts > 0) & (counts < rules.min_frequency)}
    if rules.zeros:
        found[ZERO] = counts == 0
    if facts.tops is None or facts.absolutes is None:
        return found
    total = facts.absolutes
    if rules.dominance is not None:
        n, k = rules.dominance
        found[DOMINANCE] = (total > 0) & (facts.tops[:, :n].sum(axis=1) >= k * total * (1 - 1e-12))
    if rules.p_percent is not None:
        largest, rest = facts.tops[:, 0], total - facts.tops[:, 0] - facts.tops[:, 1]
        # a rest that is only the rounding of sums is none
        rest = np.where(rest < total * 1e-12, 0.0, rest)
        found[P_PERCENT] = (largest > 0) & (rest < rules.p_percent / 100 * largest)
    return found


def count_layer(rules: Rules, facts: Facts, primary: dict[str, Flags]) -> Layer:
    """Counts: a small cell could be of ``min_frequency``, within doubt of half that at least."""
    values = facts.counts.astype(np.float64)
    hidden = primary[FREQUENCY] | primary.get(ZERO, np.zeros(len(values), dtype=bool))
    least = np.ceil(rules.min_frequency / 2)
    up = np.where(primary[FREQUENCY], rules.min_frequency - values, 0.0)
    width = np.where(hidden, np.maximum(np.maximum(up, least), 1), 0.0)
    # empty cells are published, so what is hidden is known not to be empty
    floor = 0.0 if rules.zeros else 1.0
    return Layer("count", values, floor, up, np.zeros_like(values), width)


def sum_layer(rules: Rules, facts: Facts, primary: dict[str, Flags], *, negative: bool) -> Layer:
    """Totals: the upper protection level of each rule that a cell breaks, the same below."""
    if facts.sums is None or facts.absolutes is None or facts.tops is None:
        raise BadInput("totals were asked for without a measure: name the column to add up")
    percent = (rules.p_percent or _PERCENT) / 100
    total = facts.absolutes
    typical = float(total.max()) / max(1, int(facts.counts.max()))
    hidden = np.logical_or.reduce(list(primary.values()))
    small = primary[FREQUENCY] | primary.get(ZERO, np.zeros(len(total), dtype=bool))
    up = np.where(hidden, percent / 10 * total, 0.0)
    up = np.where(small, np.maximum(percent * total, percent * typical), up)
    if DOMINANCE in primary and rules.dominance is not None:
        n, k = rules.dominance
        level = facts.tops[:, :n].sum(axis=1) / k - total
        up = np.where(primary[DOMINANCE], np.maximum(up, level), up)
    if P_PERCENT in primary and rules.p_percent is not None:
        largest = facts.tops[:, 0]
        level = percent * largest - (total - largest - facts.tops[:, 1])
        up = np.where(primary[P_PERCENT], np.maximum(up, level), up)
    down = up if negative else np.minimum(up, facts.sums)
    floor = -np.inf if negative else 0.0
    return Layer("sum", facts.sums, floor, up, down, np.zeros_like(up))
