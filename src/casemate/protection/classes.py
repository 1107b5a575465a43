"""What a privacy model sees of a table: its classes, and how sensitive values lie in them.

A model judges classes at one node, and says what follows for all finer nodes. Two kinds of model
allow that:

* *record-monotone*: a record suppressed at a node is suppressed at every finer one (k-anonymity,
  distinct l-diversity): a class that grows only gains.
* *closed under union*: classes that satisfy the model satisfy it together (entropy and recursive
  diversity, t-closeness, delta-disclosure, beta-likeness). Then whatever a finer node keeps of a
  class satisfies the model as one class, so the largest part of a class that could satisfy it
  bounds what any finer node can keep. Suppression may grow upwards: a poor class spoils a good one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.protection import loops
from casemate.protection.hierarchies import Key
from casemate.protection.ladders import Codes, Floats
from casemate.protection.population_table import Population

Recoding = Mapping[str, Mapping[Key, Key]]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SensitiveColumn:
    """A sensitive attribute over the whole table: its distinct ``values`` in order, null first, and
    the number of records that hold each (``totals``)."""

    attribute: str
    values: tuple[Any, ...]
    totals: Codes

    @property
    def records(self) -> int:
        return int(self.totals.sum())


@dataclass(frozen=True)
class Distribution:
    """How many records of a class hold each value: entry by entry, ordered by class, then value."""

    column: SensitiveColumn
    classes: Codes
    values: Codes
    counts: Codes


@dataclass(frozen=True)
class Classes:
    """The equivalence classes of a node: the number of records in each, the distribution of each
    sensitive attribute over them, their size in the population where that is known, and how open
    their labels are, 0 for the values collected to 1, where a model asks (see ``profitability``)."""

    sizes: Codes
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    population: Codes | None = None
    openness: Floats | None = None


class Judge(Protocol):
    """A model at work on one table."""

    def violated(self, classes: Classes) -> Flags:
        """For each class, whether it must be suppressed."""
        ...

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """For each class, how many of its records are surely suppressed at this node and at every
        finer one; ``violated`` is this judge's own verdict."""
        ...


class PrivacyModel(Protocol):
    """A condition on equivalence classes, or on all of them together."""

    @property
    def attribute(self) -> str | None:
        """The sensitive attribute that it protects; None for one of identity alone."""
        ...

    @property
    def of_table(self) -> bool:
        """Whether it judges the classes that other models keep, all together."""
        ...

    @property
    def needs_collected(self) -> bool:
        """Whether the finished table alone cannot show it: it is held against the table collected."""
        ...

    @property
    def needs_recoding(self) -> bool:
        """Whether its check needs the label of each value of each quasi-identifier."""
        ...

    @property
    def needs_openness(self) -> bool:
        """Whether its judge needs the ``openness`` of classes."""
        ...

    @property
    def population(self) -> Population | None:
        """The population that it holds the table against, where it knows one."""
        ...

    def describe(self) -> str:
        """The model in the field's words: "5-anonymity"."""
        ...

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        """The model at work on a table with these sensitive attributes; BadInput if they do not fit."""
        ...

    def smallest_table(self) -> int:
        """The fewest records with which the model can be met at all."""
        ...

    def check(
        self,
        table: pl.DataFrame,
        quasi_identifiers: Sequence[str],
        collected: pl.DataFrame,
        recoding: Recoding | None = None,
    ) -> None:
        """Check a finished table by a way of its own, against the sensitive columns as they were
        ``collected``; ``recoding`` gives the label of each value of a quasi-identifier, as text.
        IntegrityFailure if the model does not hold."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The model as a JSON document without floats."""
        ...


def weighed(members: Codes, weights: npt.NDArray[Any], many: int) -> Floats:
    """The sum of ``weights`` for each of ``many`` members; whole numbers are exact below 2^53."""
    return np.bincount(members, weights=weights, minlength=many).astype(np.float64, copy=False)


def tally(classes: Codes, values: Codes, counts: Codes, radix: int) -> tuple[Codes, Codes, Codes]:
    """Add up ``counts`` by class and value, of which there are ``radix``; ordered by both."""
    if not len(classes):
        return classes, values, counts
    space = (int(classes.max()) + 1) * radix
    few = space <= max(8 * len(classes), 1 << 16)
    if few and loops.compiling():
        return loops.tally(classes, values, counts, radix, space)
    keys = classes * radix + values
    if few:
        sums = np.bincount(keys, weights=counts, minlength=space)
        present = np.flatnonzero(sums)
        sums = sums[present]
    else:
        present, places = np.unique(keys, return_inverse=True)
        sums = np.bincount(places, weights=counts)
    return present // radix, present % radix, sums.astype(np.int64)


def whole_classes(classes: Classes, violated: Flags) -> Codes:
    """What a record-monotone model is sure of: a violated class is suppressed whole, for good."""
    return np.where(violated, classes.sizes, 0)


def surely_lost(classes: Classes, violated: Flags, largest: Floats) -> Codes:
    """What a model closed under union is sure of, where no part of a class above ``largest`` holds.

    A violated class loses at least one record, whatever rounding says.
    """
    lost = classes.sizes - np.floor(largest * (1 + 1e-9) + 1e-6).astype(np.int64)
    return np.where(violated, np.clip(lost, 1, classes.sizes), 0)


def largest_part(
    classes: Codes, counts: Codes, caps: Floats, slack: float, sizes: Floats
) -> Floats:
    """For each class an upper bound on n, at most its size, with ``sum(min(count, cap n)) >= slack n``.

    The left side less the right is concave in n and 0 at 0, so Newton's steps from the size down
    never pass below the largest n: each is a bound, and a few are enough.
    """
    many = len(sizes)
    largest = sizes.astype(np.float64)
    for _ in range(8):
        scaled = caps * largest[classes]
        full = counts < scaled
        fixed = np.bincount(classes, weights=counts * full, minlength=many)
        slope = slack - np.bincount(classes, weights=caps * ~full, minlength=many)
        short = fixed < slope * largest * (1 - 1e-12)
        if not short.any():
            break
        largest[short] = fixed[short] / slope[short]
    return largest


def above(numerators: Codes, denominators: Codes, limit: Fraction) -> Flags:
    """Whether ``numerator / denominator > limit``, exactly: near ties are decided in whole numbers."""
    shares = numerators / denominators
    found: Flags = shares > float(limit)
    for at in np.flatnonzero(np.abs(shares - float(limit)) <= 1e-9 * max(1.0, float(limit))):
        exact = int(numerators[at]) * limit.denominator > limit.numerator * int(denominators[at])
        found[at] = exact
    return found
