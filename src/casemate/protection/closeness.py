"""Models that hold the sensitive values of a class against those of the whole table.

t-closeness: Li, Li and Venkatasubramanian, "t-closeness: privacy beyond k-anonymity and
l-diversity", ICDE 2007. delta-disclosure privacy: Brickell and Shmatikov, "The cost of privacy",
KDD 2008, definition 2. beta-likeness: Cao and Karras, "Publishing microdata with a robust privacy
guarantee", VLDB 2012, definitions 2 and 3. "The whole table" is the table collected, suppressed
records included. All are closed under union: each is a set of convex conditions on the shares.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

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
)
from casemate.protection.checks import (
    check_closeness,
    check_disclosure,
    check_likeness,
)
from casemate.protection.classes import (
    Classes,
    Flags,
    Judge,
    SensitiveColumn,
    above,
    largest_part,
    surely_lost,
    tally,
)
from casemate.protection.hierarchies import Hierarchy, Key, require_monotone
from casemate.protection.ladders import Codes, Floats
from casemate.protection.values import plain, text_of

DISTANCES = ("equal", "ordered", "hierarchical")
_DENSE = 4_000_000


@dataclass(frozen=True)
class TCloseness(Model):
    """In each class the distribution of ``attribute`` is within ``t``, 0 to 1, of the table's.

    The earth mover's distance between the two; the ground ``distance`` of two values is

    * "equal": 1;
    * "ordered": the places between them over the number of values less one, in the given ``order``
      (which may hold values that are absent), or in their own: numbers, dates and text ascending;
    * "hierarchical": the height of their first common label over that of the ``hierarchy``.
    """

    t: Number
    attribute: str
    distance: str = "equal"
    hierarchy: Hierarchy | None = None
    order: tuple[str, ...] | None = None
    kind = "t-closeness"
    needs_collected = True

    def __post_init__(self) -> None:
        require_attribute(self.attribute, "t-closeness")
        hold(self, "t", exact(self.t, "t of t-closeness"))
        if not 0 <= self.t <= 1:
            raise BadInput(f"t is a distance of 0 to 1, not {plain(self.t)}")
        if self.distance not in DISTANCES:
            raise BadInput(
                f"t-closeness has the distances {', '.join(DISTANCES)}, not {self.distance!r}"
            )
        if (self.hierarchy is not None) != (self.distance == "hierarchical"):
            raise BadInput(
                "t-closeness needs a hierarchy for the hierarchical distance, and only there"
            )
        if self.order is not None:
            if self.distance != "ordered":
                raise BadInput("t-closeness takes an order for the ordered distance only")
            hold(self, "order", tuple(self.order))
            if len(set(self.order)) != len(self.order):
                raise BadInput("the order of t-closeness names a value twice")

    def describe(self) -> str:
        return f"{plain(self.t)}-closeness of {self.attribute} ({self.distance} distance)"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        column = sensitive[self.attribute]
        if self.distance == "ordered":
            return _OrderedJudge(self.t, column, *self._places(column))
        if self.hierarchy is None:
            levels: tuple[Codes, ...] = (np.arange(len(column.values)),)
        else:
            levels = tree_levels(self.attribute, self.hierarchy, column.values)
        return _TreeJudge(self.t, column, levels)

    def _places(self, column: SensitiveColumn) -> tuple[Codes, int]:
        """The place of each value in the order, and how many places there are."""
        if None in column.values:
            raise BadInput(f"{self.attribute!r} holds nulls, which have no place in an order")
        if self.order is None:
            return np.arange(len(column.values)), len(column.values)
        where = {value: place for place, value in enumerate(self.order)}
        keys = [str(text_of(value, repr(self.attribute))) for value in column.values]
        if lost := [key for key in keys if key not in where]:
            raise BadInput(
                f"{self.attribute!r} holds {lost[0]!r}, which the order of t-closeness lacks: add it"
            )
        return np.array([where[key] for key in keys]), len(self.order)

    def require(self, finished: Finished) -> None:
        check_closeness(
            finished.table,
            finished.quasi_identifiers,
            finished.collected,
            self.attribute,
            self.t,
            hierarchy=self.hierarchy,
            ordered=self.distance == "ordered",
            order=self.order,
        )


def tree_levels(attribute: str, hierarchy: Hierarchy, values: Sequence[Any]) -> tuple[Codes, ...]:
    """For each level below the last the number of every value's label; the last must be one label."""
    lines = hierarchy.lines(attribute, values)
    if None in values and None not in lines:
        raise BadInput(f"{attribute!r} holds nulls, which its hierarchy lacks")
    require_monotone(attribute, lines)
    if len({line[-1] for line in lines.values()}) > 1:
        raise BadInput(
            f"the hierarchy of {attribute!r} does not end in one label for all, so t-closeness has "
            "no distance between its branches"
        )
    keys = [text_of(value, repr(attribute)) for value in values]
    rows: list[tuple[Key, ...]] = [(key, *lines[key]) for key in keys]
    levels = []
    for level in range(len(rows[0]) - 1):
        numbers: dict[Key, int] = {}
        levels.append(np.array([numbers.setdefault(row[level], len(numbers)) for row in rows]))
    return tuple(levels)


class _TreeJudge:
    """Equal and hierarchical distance: the mean over levels of half the sum of |p - q| of labels."""

    def __init__(self, t: Fraction, column: SensitiveColumn, levels: tuple[Codes, ...]) -> None:
        self._t = t
        self._column = column
        self._levels = levels
        self._totals = [
            np.bincount(codes, weights=column.totals).astype(np.int64) for codes in levels
        ]

    def _cells(self, classes: Classes) -> list[tuple[Codes, Codes, Codes]]:
        held = classes.distributions[self._column.attribute]
        return [
            tally(held.classes, codes[held.values], held.counts, len(totals))
            if level
            else (held.classes, held.values, held.counts)
            for level, (codes, totals) in enumerate(zip(self._levels, self._totals, strict=True))
        ]

    def violated(self, classes: Classes) -> Flags:
        records, many = self._column.records, len(classes.sizes)
        excess = np.zeros(many, dtype=np.int64)
        for (members, labels, counts), totals in zip(
            self._cells(classes), self._totals, strict=True
        ):
            # what a class has above its share equals what it lacks elsewhere: half of sum |p - q|
            over = np.maximum(counts * records - classes.sizes[members] * totals[labels], 0)
            np.add.at(excess, members, over)
        return above(excess, classes.sizes * records * len(self._levels), self._t)

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """A part within t has ``sum of min(p, q) over all levels >= levels (1 - t)``."""
        cells = self._cells(classes)
        members = np.concatenate([part for part, _, _ in cells])
        counts = np.concatenate([part for _, _, part in cells])
        caps = np.concatenate(
            [totals[labels] for (_, labels, _), totals in zip(cells, self._totals, strict=True)]
        )
        chosen = violated[members]
        slack = len(self._levels) * float(1 - self._t) * (1 - 1e-12)
        largest = largest_part(
            members[chosen],
            counts[chosen],
            caps[chosen] / self._column.records,
            slack,
            np.where(violated, classes.sizes, 0),
        )
        return surely_lost(classes, violated, largest)


class _OrderedJudge:
    """Ordered distance: the mean over the gaps between neighbours of |P - Q|, the shares below."""

    def __init__(self, t: Fraction, column: SensitiveColumn, places: Codes, many: int) -> None:
        self._t = t
        self._column = column
        self._gaps = max(many - 1, 1)
        # a gap counts as often as there are places without values in it
        order = np.argsort(places, kind="stable")
        self._rank = np.empty(len(places), dtype=np.int64)
        self._rank[order] = np.arange(len(places))
        self._widths = np.diff(places[order])
        self._below = np.cumsum(column.totals[order])[:-1]

    def _chunks(self, classes: Classes) -> list[tuple[slice, Codes]]:
        """By runs of classes: how many records of each lie below each gap."""
        held = classes.distributions[self._column.attribute]
        radix = len(self._rank)
        step = max(1, _DENSE // radix)
        chunks = []
        for start in range(0, len(classes.sizes), step):
            stop = min(start + step, len(classes.sizes))
            low, high = np.searchsorted(held.classes, [start, stop])
            keys = (held.classes[low:high] - start) * radix + self._rank[held.values[low:high]]
            cells = np.bincount(
                keys, weights=held.counts[low:high], minlength=(stop - start) * radix
            ).astype(np.int64)
            below = np.cumsum(cells.reshape(stop - start, radix), axis=1)[:, :-1]
            chunks.append((slice(start, stop), below))
        return chunks

    def violated(self, classes: Classes) -> Flags:
        records = self._column.records
        found: Flags = np.zeros(len(classes.sizes), dtype=bool)
        for part, below in self._chunks(classes):
            sizes = classes.sizes[part]
            far = np.abs(below * records - sizes[:, None] * self._below) @ self._widths
            found[part] = above(far, sizes * records * self._gaps, self._t)
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """Each gap parts the values in two cells; over all gaps ``sum of min(p, q) >= gaps (1 - t)``."""
        largest = np.zeros(len(classes.sizes))
        share = self._below / self._column.records
        both = np.concatenate([share, 1 - share]) * np.tile(self._widths, 2)
        # gaps outside the values held part nothing: there min(p, q) is 1
        outside = self._gaps - int(self._widths.sum())
        slack = (self._gaps * float(1 - self._t) - outside) * (1 - 1e-12)
        for part, below in self._chunks(classes):
            rows = np.flatnonzero(violated[part])
            sizes = classes.sizes[part][rows]
            cells = np.concatenate([below[rows], sizes[:, None] - below[rows]], axis=1)
            members = np.repeat(np.arange(len(rows)), cells.shape[1])
            counts = (cells * np.tile(self._widths, 2)).ravel()
            largest[part.start + rows] = largest_part(
                members, counts, np.tile(both, len(rows)), slack, sizes.astype(np.float64)
            )
        return surely_lost(classes, violated, largest)


@dataclass(frozen=True)
class DeltaDisclosure(Model):
    """For each value of ``attribute`` and each class, ``|log2(p / q)| < delta``.

    p is the value's share in the class and q in the table: so each class holds every value of the
    table, as the definition asks (ARX and pycanon pass over the values that a class lacks).
    """

    delta: Number
    attribute: str
    kind = "delta-disclosure"
    needs_collected = True

    def __post_init__(self) -> None:
        require_attribute(self.attribute, "delta-disclosure privacy")
        what = "delta of delta-disclosure privacy"
        hold(self, "delta", positive(self.delta, what, "delta"))

    def describe(self) -> str:
        return f"{plain(self.delta)}-disclosure privacy of {self.attribute}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _DisclosureJudge(float(self.delta), sensitive[self.attribute])

    def require(self, finished: Finished) -> None:
        check_disclosure(
            finished.table,
            finished.quasi_identifiers,
            finished.collected,
            self.attribute,
            float(self.delta),
        )


class _DisclosureJudge:
    def __init__(self, delta: float, column: SensitiveColumn) -> None:
        self._column = column
        self._delta = delta
        self._shares = column.totals / column.records
        self._caps = self._shares * 2.0**delta

    def violated(self, classes: Classes) -> Flags:
        held = classes.distributions[self._column.attribute]
        many = len(classes.sizes)
        ratios = held.counts / classes.sizes[held.classes] / self._shares[held.values]
        # a bound met exactly violates: "below delta"; rounding is counted against the class
        far = np.abs(np.log2(ratios)) >= self._delta - 1e-12
        found: Flags = np.bincount(held.classes, weights=far, minlength=many) > 0
        found |= np.bincount(held.classes, minlength=many) < len(self._shares)
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        held = classes.distributions[self._column.attribute]
        many = len(classes.sizes)
        largest = largest_part(
            held.classes, held.counts, self._caps[held.values], 1 - 1e-12, _sizes(classes)
        )
        # the rarest value, against its share, is in every part at least 2^-delta of its share
        room = held.counts / self._shares[held.values] * 2.0**self._delta
        np.minimum.at(largest, held.classes, room)
        largest[np.bincount(held.classes, minlength=many) < len(self._shares)] = 0.0
        return surely_lost(classes, violated, largest)


@dataclass(frozen=True)
class BetaLikeness(Model):
    """No value of ``attribute`` is much more frequent in a class (p) than in the table (q).

    Basic: ``(p - q) / q <= beta``; enhanced (the default): ``<= min(beta, -ln q)``.
    """

    beta: Number
    attribute: str
    enhanced: bool = True
    kind = "beta-likeness"
    needs_collected = True

    def __post_init__(self) -> None:
        require_attribute(self.attribute, "beta-likeness")
        hold(self, "beta", positive(self.beta, "beta of beta-likeness", "beta"))
        if not isinstance(self.enhanced, bool):
            raise BadInput(f"enhanced is true or false, not {self.enhanced!r}")

    def describe(self) -> str:
        kind = "enhanced" if self.enhanced else "basic"
        return f"{kind} {plain(self.beta)}-likeness of {self.attribute}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _LikenessJudge(self, sensitive[self.attribute])

    def require(self, finished: Finished) -> None:
        check_likeness(
            finished.table,
            finished.quasi_identifiers,
            finished.collected,
            self.attribute,
            self.beta,
            self.enhanced,
        )


class _LikenessJudge:
    def __init__(self, model: BetaLikeness, column: SensitiveColumn) -> None:
        self._column = column
        shares = column.totals / column.records
        gains = np.full(len(shares), float(model.beta))
        if model.enhanced:
            gains = np.minimum(gains, [-math.log(share) for share in shares])
        self._caps: Floats = shares * (1 + gains)

    def violated(self, classes: Classes) -> Flags:
        held = classes.distributions[self._column.attribute]
        allowed = self._caps[held.values] * classes.sizes[held.classes]
        over = held.counts > allowed * (1 + 1e-12)
        found: Flags = np.bincount(held.classes, weights=over, minlength=len(classes.sizes)) > 0
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        held = classes.distributions[self._column.attribute]
        largest = largest_part(
            held.classes, held.counts, self._caps[held.values], 1 - 1e-9, _sizes(classes)
        )
        return surely_lost(classes, violated, largest)


def _sizes(classes: Classes) -> Floats:
    return classes.sizes.astype(np.float64)
