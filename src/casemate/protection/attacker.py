"""Models by what an attacker may achieve: thresholds on re-identification risk, and k-map.

Prosecutor, journalist and marketer as Dankar and El Emam, "A method for evaluating marketer
re-identification risk", PAIS 2010, and El Emam and Dankar, "Protecting privacy using k-anonymity",
JAMIA 15(5), 2008, define them: see ``risk``. Without a population the journalist's highest risk is
at most the prosecutor's, and the marketer's is the prosecutor's average. k-map: Sweeney,
"Computational disclosure control", MIT 2001.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.checks import (
    check_average_risk,
    check_k_anonymity,
    check_k_map,
    check_records_at_risk,
)
from casemate.protection.classes import (
    Classes,
    Flags,
    Judge,
    Recoding,
    SensitiveColumn,
    whole_classes,
)
from casemate.protection.diversity import Number, exact
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.hierarchies import Key
from casemate.protection.ladders import Codes
from casemate.protection.values import plain, text_of


@dataclass(frozen=True)
class SizeJudge:
    """Classes must hold ``least`` records. Record-monotone."""

    least: int

    def violated(self, classes: Classes) -> Flags:
        found: Flags = classes.sizes < self.least
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        return whole_classes(classes, violated)


def _risk(value: Any, what: str) -> Fraction:
    risk = exact(value, what)
    if not 0 < risk <= 1:
        raise BadInput(f"{what} is a probability above 0 and up to 1, not {plain(risk)}")
    return risk


@dataclass(frozen=True)
class HighestRisk:
    """No record's prosecutor risk, 1 over the size of its class, is above ``risk``."""

    risk: Number
    attribute: None = field(default=None, init=False, repr=False)
    of_table: bool = field(default=False, init=False, repr=False)
    needs_collected: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "risk", _risk(self.risk, "the highest risk"))

    def describe(self) -> str:
        return f"a highest risk of {plain(self.risk)}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return SizeJudge(self.smallest_table())

    def smallest_table(self) -> int:
        return math.ceil(1 / Fraction(self.risk))

    def check(
        self,
        table: pl.DataFrame,
        quasi_identifiers: Sequence[str],
        collected: pl.DataFrame,
        recoding: Recoding | None = None,
    ) -> None:
        check_k_anonymity(table, quasi_identifiers, self.smallest_table())

    def to_dict(self) -> dict[str, Any]:
        return {"model": "highest-risk", "risk": plain(self.risk)}


@dataclass(frozen=True)
class AverageRisk:
    """The mean risk over the records that leave, classes over records, is at most ``risk``.

    That is the prosecutor's average risk and the marketer's share of right guesses. Where a node
    does not meet it, its smallest classes are suppressed, all of one size together, until it does.
    """

    risk: Number
    attribute: None = field(default=None, init=False, repr=False)
    of_table: bool = field(default=True, init=False, repr=False)
    needs_collected: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "risk", _risk(self.risk, "the average risk"))

    def describe(self) -> str:
        return f"an average risk of {plain(self.risk)}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _AverageJudge(self.risk)

    def smallest_table(self) -> int:
        return math.ceil(1 / Fraction(self.risk))

    def check(
        self,
        table: pl.DataFrame,
        quasi_identifiers: Sequence[str],
        collected: pl.DataFrame,
        recoding: Recoding | None = None,
    ) -> None:
        check_average_risk(table, quasi_identifiers, self.risk)

    def to_dict(self) -> dict[str, Any]:
        return {"model": "average-risk", "risk": plain(self.risk)}


@dataclass(frozen=True)
class _AverageJudge:
    risk: Fraction

    def violated(self, classes: Classes) -> Flags:
        histogram = np.bincount(classes.sizes)
        for size, many, records in _from_the_smallest(histogram):
            if many <= self.risk * records:
                found: Flags = classes.sizes < size
                return found
        return np.ones(len(classes.sizes), dtype=bool)

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """What a finer node keeps lies in classes of this one that are as few and hold as much; of
        those the most records are kept by filling up with the largest classes, even in part."""
        sizes = np.sort(classes.sizes)[::-1].astype(np.float64)
        surplus = np.cumsum(sizes - 1 / float(self.risk))
        # surplus rises, then falls: the last place where it is not below 0
        places = np.flatnonzero(surplus >= -1e-6)
        enough = int(places[-1]) + 1 if len(places) else 0
        kept = float(sizes[:enough].sum())
        if enough < len(sizes):
            room = float(surplus[enough - 1]) if enough else 0.0
            lack = 1 / float(self.risk) - sizes[enough]
            kept += sizes[enough] * min(1.0, max(room, 0.0) / lack) if lack > 0 else 0.0
        return _from_smallest_classes(classes, float(classes.sizes.sum()) - kept)


def _from_the_smallest(histogram: Codes) -> list[tuple[int, int, int]]:
    """For each size of class, smallest first: how many classes and records are of it or larger."""
    sizes = np.flatnonzero(histogram)
    many = np.cumsum(histogram[sizes][::-1])[::-1]
    records = np.cumsum((sizes * histogram[sizes])[::-1])[::-1]
    return [
        (int(size), int(classes), int(held))
        for size, classes, held in zip(sizes, many, records, strict=True)
    ]


def _from_smallest_classes(classes: Classes, lost: float) -> Codes:
    """``lost`` records, rounded down, laid on the smallest classes."""
    order = np.argsort(classes.sizes, kind="stable")
    before = np.cumsum(classes.sizes[order]) - classes.sizes[order]
    found = np.zeros(len(order), dtype=np.int64)
    found[order] = np.clip(math.floor(lost - 1e-6) - before, 0, classes.sizes[order])
    return found


@dataclass(frozen=True)
class RecordsAtRisk:
    """At most ``share`` of the records that leave lie in classes of fewer than ``k``.

    Where a node does not meet it, its smallest classes are suppressed, all of one size together,
    until it does. With a share of 0 this is k-anonymity.
    """

    k: int
    share: Number
    attribute: None = field(default=None, init=False, repr=False)
    of_table: bool = field(default=True, init=False, repr=False)
    needs_collected: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise BadInput(f"k must be a whole number of at least 1, not {self.k!r}")
        share = exact(self.share, "the share of records at risk")
        if not 0 <= share < 1:
            raise BadInput(f"the share of records at risk is 0 to below 1, not {plain(share)}")
        object.__setattr__(self, "share", share)

    def describe(self) -> str:
        return f"at most {plain(self.share)} of the records in classes below {self.k}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _AtRiskJudge(self.k, self.share)

    def smallest_table(self) -> int:
        return self.k

    def check(
        self,
        table: pl.DataFrame,
        quasi_identifiers: Sequence[str],
        collected: pl.DataFrame,
        recoding: Recoding | None = None,
    ) -> None:
        check_records_at_risk(table, quasi_identifiers, self.k, self.share)

    def to_dict(self) -> dict[str, Any]:
        return {"model": "records-at-risk", "k": self.k, "share": plain(self.share)}


@dataclass(frozen=True)
class _AtRiskJudge:
    k: int
    share: Fraction

    def violated(self, classes: Classes) -> Flags:
        safe = int(classes.sizes[classes.sizes >= self.k].sum())
        for size, _, records in _from_the_smallest(np.bincount(classes.sizes)):
            if size >= self.k or records - safe <= self.share * records:
                found: Flags = classes.sizes < size
                return found
        return np.ones(len(classes.sizes), dtype=bool)

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """Who is safe at a finer node is safe here, and the others kept there are a share of all."""
        safe = int(classes.sizes[classes.sizes >= self.k].sum())
        kept = safe / (1 - self.share)
        return _from_smallest_classes(classes, max(0.0, float(classes.sizes.sum() - kept)))


@dataclass(frozen=True)
class Population:
    """How many people of the population share each combination of ``variables``, values as text."""

    variables: tuple[str, ...]
    people: tuple[tuple[tuple[Key, ...], int], ...]

    def __post_init__(self) -> None:
        for values, many in self.people:
            if len(values) != len(self.variables):
                raise BadInput("each line of a population has a value for each of its variables")
            if isinstance(many, bool) or not isinstance(many, int) or many < 0:
                raise BadInput(f"a population has whole numbers of people, not {many!r}")

    @classmethod
    def from_table(
        cls, table: Any, variables: Sequence[str], *, count: str | None = None
    ) -> "Population":
        """Of a table with one line a person, or with the column ``count`` of people a line."""
        frame = open_frame(table)
        require_columns(frame, [*variables, *([count] if count else [])], "part of a population")
        columns = polars_columns(frame, variables)
        counts = polars_columns(frame, [count])[count].to_list() if count else [1] * len(columns)
        people: Counter[tuple[Key, ...]] = Counter()
        for values, many in zip(columns.iter_rows(), counts, strict=True):
            people[tuple(text_of(value, "the population") for value in values)] += many
        return cls(tuple(variables), tuple(people.items()))

    def over(self, names: Sequence[str]) -> Counter[tuple[Key, ...]]:
        """The people by the variables ``names``; BadInput if the population lacks one."""
        if lost := [name for name in names if name not in self.variables]:
            raise BadInput(f"the population of k-map has no variable {lost[0]!r}: add it")
        places = [self.variables.index(name) for name in names]
        found: Counter[tuple[Key, ...]] = Counter()
        for values, many in self.people:
            found[tuple(values[place] for place in places)] += many
        return found


@dataclass(frozen=True)
class KMap:
    """Each record is like at least ``k`` people of the ``population``, which holds everyone in the
    table. Record-monotone. The journalist's highest risk is then at most 1 over k."""

    k: int
    population: Population = field(repr=False)
    attribute: None = field(default=None, init=False, repr=False)
    of_table: bool = field(default=False, init=False, repr=False)
    needs_collected: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise BadInput(f"k must be a whole number of at least 1, not {self.k!r}")
        if not isinstance(self.population, Population):
            raise BadInput("k-map needs a Population, such as Population.from_table(...)")

    def describe(self) -> str:
        return f"{self.k}-map"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _MapJudge(self.k)

    def smallest_table(self) -> int:
        return 1

    def check(
        self,
        table: pl.DataFrame,
        quasi_identifiers: Sequence[str],
        collected: pl.DataFrame,
        recoding: Recoding | None = None,
    ) -> None:
        check_k_map(
            table,
            quasi_identifiers,
            self.population.over(quasi_identifiers),
            recoding or {},
            self.k,
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": "k-map",
            "k": self.k,
            "variables": list(self.population.variables),
            "people": [[*values, many] for values, many in self.population.people],
        }


@dataclass(frozen=True)
class _MapJudge:
    least: int

    def violated(self, classes: Classes) -> Flags:
        if classes.population is None:
            raise BadInput("k-map needs the population beside the table: use anonymise")
        found: Flags = classes.population < self.least
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        return whole_classes(classes, violated)


def read_k_map(k: Any, variables: Sequence[str], people: Sequence[Sequence[Any]]) -> KMap:
    """What ``KMap.to_dict`` wrote."""
    lines = tuple((tuple(line[:-1]), line[-1]) for line in people)
    return KMap(k, Population(tuple(variables), lines))
