"""l-diversity: the sensitive values of a class are many enough, or even enough.

Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam, "l-diversity: privacy beyond k-anonymity",
ACM TKDD 1(1), 2007: distinct (section 3), entropy (definition 4.1) and recursive (c, l)-diversity
(definition 4.2). A null is a value of its own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from casemate.errors import BadInput
from casemate.protection.base_models import (
    Finished,
    Model,
    Number,
    exact,
    hold,
    positive,
    require_attribute,
    require_whole,
)
from casemate.protection.checks import (
    check_distinct_diversity,
    check_entropy_diversity,
    check_recursive_diversity,
)
from casemate.protection.classes import (
    Classes,
    Flags,
    Judge,
    SensitiveColumn,
    largest_part,
    surely_lost,
    weighed,
    whole_classes,
)
from casemate.protection.ladders import Codes, Floats
from casemate.protection.values import plain

# a class of l equally frequent values has entropy log l, which sums of logarithms may miss by this
_ROUNDING = 1e-12


@dataclass(frozen=True)
class DistinctLDiversity(Model):
    """Each class holds at least ``l`` different values of ``attribute``. Record-monotone."""

    l: int  # noqa: E741 (the field's own letter)
    attribute: str
    kind = "distinct-l-diversity"

    def __post_init__(self) -> None:
        require_attribute(self.attribute, "distinct l-diversity")
        require_whole(self.l, "l")

    def describe(self) -> str:
        return f"distinct {self.l}-diversity of {self.attribute}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _DistinctJudge(self.l, self.attribute)

    def smallest_table(self) -> int:
        return self.l

    def require(self, finished: Finished) -> None:
        check_distinct_diversity(finished.table, finished.quasi_identifiers, self.attribute, self.l)


@dataclass(frozen=True)
class _DistinctJudge:
    least: int
    attribute: str

    def violated(self, classes: Classes) -> Flags:
        held = classes.distributions[self.attribute].classes
        found: Flags = np.bincount(held, minlength=len(classes.sizes)) < self.least
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        return whole_classes(classes, violated)


@dataclass(frozen=True)
class EntropyLDiversity(Model):
    """The entropy of ``attribute`` in each class is at least log ``l``; ``l`` may be a fraction.

    Closed under union, because entropy is concave.
    """

    l: Number  # noqa: E741 (the field's own letter)
    attribute: str
    kind = "entropy-l-diversity"

    def __post_init__(self) -> None:
        require_attribute(self.attribute, "entropy l-diversity")
        hold(self, "l", exact(self.l, "l of entropy l-diversity"))
        if self.l < 1:
            raise BadInput(f"l must be at least 1, not {plain(self.l)}")

    def describe(self) -> str:
        return f"entropy {plain(self.l)}-diversity of {self.attribute}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _EntropyJudge(math.log(self.l), self.attribute)

    def smallest_table(self) -> int:
        return math.ceil(Fraction(self.l))

    def require(self, finished: Finished) -> None:
        check_entropy_diversity(finished.table, finished.quasi_identifiers, self.attribute, self.l)


@dataclass(frozen=True)
class _EntropyJudge:
    least: float
    attribute: str

    def violated(self, classes: Classes) -> Flags:
        held = classes.distributions[self.attribute]
        return self._poor(held.classes, held.counts.astype(np.float64), len(classes.sizes))

    def _poor(self, members: Codes, counts: Floats, many: int) -> Flags:
        sizes = np.bincount(members, weights=counts, minlength=many)
        inner = np.bincount(members, weights=counts * np.log(counts), minlength=many)
        sizes = np.maximum(sizes, 1.0)
        found: Flags = np.log(sizes) - inner / sizes < self.least - _ROUNDING * (1 + self.least)
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """The part of a class with most entropy at a size caps every value at one height; halving
        finds the greatest cap with entropy enough, from above."""
        held = classes.distributions[self.attribute]
        chosen = violated[held.classes]
        if not chosen.any():
            return np.zeros(len(classes.sizes), dtype=np.int64)
        members, counts = held.classes[chosen], held.counts[chosen].astype(np.float64)
        many = len(classes.sizes)
        high = np.zeros(many)
        np.maximum.at(high, members, counts)
        low = np.zeros(many)
        for _ in range(12):
            middle = (low + high) / 2
            poor = self._poor(members, np.maximum(np.minimum(counts, middle[members]), 1e-9), many)
            high = np.where(poor, middle, high)
            low = np.where(poor, low, middle)
        part = weighed(members, np.minimum(counts, high[members]), many)
        # fewer than l values never reach log l, however they are capped
        distinct = np.bincount(members, minlength=many)
        part[np.log(np.maximum(distinct, 1)) < self.least - 1e-9] = 0.0
        return surely_lost(classes, violated, part)


@dataclass(frozen=True)
class RecursiveCLDiversity(Model):
    """In each class the most frequent value is rarer than ``c`` times the ``l``-th and later ones.

    With counts r1 >= r2 >= ... of ``attribute``: r1 < c (rl + ... + rm). Closed under union.
    """

    c: Number
    l: int  # noqa: E741 (the field's own letter)
    attribute: str
    kind = "recursive-cl-diversity"

    def __post_init__(self) -> None:
        require_attribute(self.attribute, "recursive (c, l)-diversity")
        hold(self, "c", positive(self.c, "c of recursive (c, l)-diversity", "c"))
        require_whole(self.l, "l", 2)

    def describe(self) -> str:
        return f"recursive ({plain(self.c)}, {self.l})-diversity of {self.attribute}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _RecursiveJudge(self.c, self.l, self.attribute)

    def smallest_table(self) -> int:
        return self.l

    def require(self, finished: Finished) -> None:
        check_recursive_diversity(
            finished.table, finished.quasi_identifiers, self.attribute, self.c, self.l
        )


@dataclass(frozen=True)
class _RecursiveJudge:
    c: Fraction
    least: int
    attribute: str

    def _ranked(self, classes: Classes) -> tuple[Codes, Codes, Codes]:
        """Each entry's class and count, most frequent first, and its rank in the class from 0."""
        held = classes.distributions[self.attribute]
        order = np.lexsort((-held.counts, held.classes))
        members, counts = held.classes[order], held.counts[order]
        starts = np.searchsorted(members, np.arange(len(classes.sizes)))
        return members, counts, np.arange(len(members)) - starts[members]

    def violated(self, classes: Classes) -> Flags:
        members, counts, ranks = self._ranked(classes)
        many = len(classes.sizes)
        most = np.zeros(many, dtype=np.int64)
        most[members[ranks == 0]] = counts[ranks == 0]
        late = ranks >= self.least - 1
        tail = np.bincount(members[late], weights=counts[late], minlength=many).astype(np.int64)
        bound = float(self.c) * tail
        found: Flags = most >= bound
        for at in np.flatnonzero(np.abs(most - bound) <= 1e-9 * most):
            found[at] = int(most[at]) >= self.c * int(tail[at])
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """The largest part at a height of the most frequent value caps all at it; the heights that
        will do have ``sum of the tail, capped >= height / c``."""
        members, counts, ranks = self._ranked(classes)
        many = len(classes.sizes)
        most = np.zeros(many)
        most[members[ranks == 0]] = counts[ranks == 0]
        late = ranks >= self.least - 1
        ones = np.ones(int(late.sum()))
        height = largest_part(members[late], counts[late], ones, 1 / float(self.c), most)
        height = height * (1 + 1e-9)
        part = weighed(members, np.minimum(counts, height[members]), many)
        return surely_lost(classes, violated, part)
