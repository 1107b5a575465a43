"""Models by what an attacker may achieve: thresholds on re-identification risk, and k-map.

Prosecutor, journalist and marketer as Dankar and El Emam, "A method for evaluating marketer
re-identification risk", PAIS 2010, and El Emam and Dankar, "Protecting privacy using k-anonymity",
JAMIA 15(5), 2008, define them: see ``risk``. A record's risk is 1 over the people like it: those of
its class in the table for the prosecutor, those of its class in the ``population`` for the
journalist and the marketer. Without a population the prosecutor's risk is an upper limit of theirs,
and the marketer's is the prosecutor's average. k-map: Sweeney, "Computational disclosure control",
MIT 2001.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.base_models import (
    Finished,
    IdentityModel,
    Number,
    exact,
    hold,
    probability,
    require_population,
    require_whole,
)
from casemate.protection.checks import (
    check_average_risk,
    check_k_anonymity,
    check_k_map,
    check_records_at_risk,
)
from casemate.protection.classes import Classes, Flags, Judge, SensitiveColumn, whole_classes
from casemate.protection.ladders import Codes
from casemate.protection.population_checks import check_mapped_share, check_mean_population_risk
from casemate.protection.population_table import Population
from casemate.protection.values import plain

__all__ = [
    "AverageRisk",
    "HighestRisk",
    "JournalistRecordsAtRisk",
    "JournalistRisk",
    "KMap",
    "MarketerRisk",
    "OverPopulation",
    "Population",
    "RecordsAtRisk",
    "SizeJudge",
    "people_like",
]


def people_like(classes: Classes, known: bool) -> Codes:
    """How many people each class holds: in the population where it is ``known``, else in the table."""
    if not known:
        return classes.sizes
    if classes.population is None:
        raise BadInput("the model needs the population beside the table: use anonymise")
    return classes.population


@dataclass(frozen=True)
class SizeJudge:
    """Classes must hold ``least`` people, in the table or in the population. Record-monotone."""

    least: int
    known: bool = False

    def violated(self, classes: Classes) -> Flags:
        found: Flags = people_like(classes, self.known) < self.least
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        return whole_classes(classes, violated)


@dataclass(frozen=True)
class _AverageJudge:
    """The mean of 1 over people, over the records kept, is at most ``risk``."""

    risk: Fraction
    known: bool = False

    def violated(self, classes: Classes) -> Flags:
        people = people_like(classes, self.known)
        levels, records = _by_people(classes, people)
        risks = np.cumsum((records / levels)[::-1])[::-1]
        held = np.cumsum(records[::-1])[::-1]
        allowed = float(self.risk) * held
        near = np.abs(risks - allowed) <= 1e-9 * allowed
        for place in np.flatnonzero((risks < allowed) | near):
            if near[place] and not self._exactly(levels[place:], records[place:]):
                continue
            found: Flags = people < levels[place]
            return found
        return np.ones(len(people), dtype=bool)

    def _exactly(self, levels: Codes, records: Codes) -> bool:
        risks = sum(
            (Fraction(int(many), int(level)) for level, many in zip(levels, records, strict=True)),
            Fraction(0),
        )
        return risks <= self.risk * int(records.sum())

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """A record's risk is no less at a finer node, so what is kept there would do here too; the
        most records that do are those with most people like them, the last class in part."""
        people = people_like(classes, self.known)
        order = np.argsort(-people, kind="stable")
        sizes = classes.sizes[order].astype(np.float64)
        gains = sizes * (1 - 1 / (people[order] * float(self.risk)))
        surplus = np.cumsum(gains)
        # surplus rises, then falls: the last place where it is not below 0
        places = np.flatnonzero(surplus >= -1e-6)
        enough = int(places[-1]) + 1 if len(places) else 0
        kept = float(sizes[:enough].sum())
        if enough < len(sizes) and gains[enough] < 0:
            room = float(surplus[enough - 1]) if enough else 0.0
            kept += sizes[enough] * min(1.0, max(room, 0.0) / -gains[enough])
        return _from_the_riskiest(classes, people, float(classes.sizes.sum()) - kept)


@dataclass(frozen=True)
class _AtRiskJudge:
    """At most ``share`` of the records kept are like fewer than ``k`` people."""

    k: int
    share: Fraction
    known: bool = False

    def violated(self, classes: Classes) -> Flags:
        people = people_like(classes, self.known)
        levels, records = _by_people(classes, people)
        safe = int(records[levels >= self.k].sum())
        held = np.cumsum(records[::-1])[::-1]
        for level, many in zip(levels, held, strict=True):
            if level >= self.k or int(many) - safe <= self.share * int(many):
                found: Flags = people < level
                return found
        return np.ones(len(people), dtype=bool)

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """Who is safe at a finer node is safe here, and the others kept there are a share of all."""
        people = people_like(classes, self.known)
        safe = int(classes.sizes[people >= self.k].sum())
        kept = safe / (1 - self.share)
        return _from_the_riskiest(classes, people, max(0.0, float(classes.sizes.sum() - kept)))


def _by_people(classes: Classes, people: Codes) -> tuple[Codes, Codes]:
    """Each number of ``people`` that a class has, ascending, and the records of those classes."""
    levels, places = np.unique(people, return_inverse=True)
    records = np.bincount(places, weights=classes.sizes, minlength=len(levels))
    return levels.astype(np.int64), records.astype(np.int64)


def _from_the_riskiest(classes: Classes, people: Codes, lost: float) -> Codes:
    """``lost`` records, rounded down, laid on the classes with the fewest ``people``."""
    order = np.argsort(people, kind="stable")
    before = np.cumsum(classes.sizes[order]) - classes.sizes[order]
    found = np.zeros(len(order), dtype=np.int64)
    found[order] = np.clip(math.floor(lost - 1e-6) - before, 0, classes.sizes[order])
    return found


@dataclass(frozen=True)
class HighestRisk(IdentityModel):
    """No record's prosecutor risk, 1 over the size of its class, is above ``risk``."""

    risk: Number
    kind = "highest-risk"

    def __post_init__(self) -> None:
        hold(self, "risk", probability(self.risk, "the highest risk"))

    def describe(self) -> str:
        return f"a highest risk of {plain(self.risk)}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return SizeJudge(self.smallest_table())

    def smallest_table(self) -> int:
        return math.ceil(1 / Fraction(self.risk))

    def require(self, finished: Finished) -> None:
        check_k_anonymity(finished.table, finished.quasi_identifiers, self.smallest_table())


@dataclass(frozen=True)
class AverageRisk(IdentityModel):
    """The mean risk over the records that leave, classes over records, is at most ``risk``.

    That is the prosecutor's average risk and the marketer's share of right guesses. Where a node
    does not meet it, its smallest classes are suppressed, all of one size together, until it does.
    """

    risk: Number
    kind = "average-risk"
    of_table = True

    def __post_init__(self) -> None:
        hold(self, "risk", probability(self.risk, "the average risk"))

    def describe(self) -> str:
        return f"an average risk of {plain(self.risk)}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _AverageJudge(self.risk)

    def smallest_table(self) -> int:
        return math.ceil(1 / Fraction(self.risk))

    def require(self, finished: Finished) -> None:
        check_average_risk(finished.table, finished.quasi_identifiers, self.risk)


def _require_at_risk(model: Any) -> None:
    require_whole(model.k, "k")
    share = exact(model.share, "the share of records at risk")
    if not 0 <= share < 1:
        raise BadInput(f"the share of records at risk is 0 to below 1, not {plain(share)}")
    hold(model, "share", share)


@dataclass(frozen=True)
class RecordsAtRisk(IdentityModel):
    """At most ``share`` of the records that leave lie in classes of fewer than ``k``.

    Where a node does not meet it, its smallest classes are suppressed, all of one size together,
    until it does. With a share of 0 this is k-anonymity.
    """

    k: int
    share: Number
    kind = "records-at-risk"
    of_table = True

    def __post_init__(self) -> None:
        _require_at_risk(self)

    def describe(self) -> str:
        return f"at most {plain(self.share)} of the records in classes below {self.k}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _AtRiskJudge(self.k, self.share)

    def smallest_table(self) -> int:
        return self.k

    def require(self, finished: Finished) -> None:
        check_records_at_risk(finished.table, finished.quasi_identifiers, self.k, self.share)


class OverPopulation(IdentityModel):
    """A model that holds the table against a known ``population``, which holds everyone in it."""

    needs_collected = True
    needs_recoding = True

    def to_dict(self) -> dict[str, Any]:
        document = super().to_dict()
        known: dict[str, Any] = document.pop("population")
        return document | known


@dataclass(frozen=True)
class KMap(OverPopulation):
    """Each record is like at least ``k`` people of the ``population``. Record-monotone.

    The journalist's highest risk is then at most 1 over k.
    """

    k: int
    population: Population = field(repr=False)
    kind = "k-map"

    def __post_init__(self) -> None:
        require_whole(self.k, "k")
        require_population(self.population, "k-map")

    def describe(self) -> str:
        return f"{self.k}-map"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return SizeJudge(self.k, known=True)

    def require(self, finished: Finished) -> None:
        _check_map(finished, self.population, self.k)


def _check_map(finished: Finished, population: Population, k: int) -> None:
    names = finished.quasi_identifiers
    check_k_map(finished.table, names, population.over(names), finished.recoding, k)


@dataclass(frozen=True)
class JournalistRisk(OverPopulation):
    """No record's journalist risk, 1 over its class in the ``population``, is above ``risk``.

    This is k-map with k the first whole number not below 1 over ``risk``. Record-monotone.
    """

    risk: Number
    population: Population = field(repr=False)
    kind = "journalist-risk"

    def __post_init__(self) -> None:
        hold(self, "risk", probability(self.risk, "the journalist's highest risk"))
        require_population(self.population, "the journalist's risk")

    @property
    def _least(self) -> int:
        return math.ceil(1 / Fraction(self.risk))

    def describe(self) -> str:
        return f"a highest journalist risk of {plain(self.risk)}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return SizeJudge(self._least, known=True)

    def require(self, finished: Finished) -> None:
        _check_map(finished, self.population, self._least)


@dataclass(frozen=True)
class MarketerRisk(OverPopulation):
    """The mean of 1 over the class in the ``population``, over the records that leave, is at most
    ``risk``: the share of records that a marketer is expected to match rightly.

    Where a node does not meet it, the classes with the fewest people are suppressed, all of one
    number together, until it does.
    """

    risk: Number
    population: Population = field(repr=False)
    kind = "marketer-risk"
    of_table = True

    def __post_init__(self) -> None:
        hold(self, "risk", probability(self.risk, "the marketer's risk"))
        require_population(self.population, "the marketer's risk")

    def describe(self) -> str:
        return f"a marketer risk of {plain(self.risk)}"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _AverageJudge(self.risk, known=True)

    def require(self, finished: Finished) -> None:
        check_mean_population_risk(finished, self.population, self.risk)


@dataclass(frozen=True)
class JournalistRecordsAtRisk(OverPopulation):
    """At most ``share`` of the records that leave are like fewer than ``k`` people of the
    ``population``. With a share of 0 this is k-map.

    Where a node does not meet it, the classes with the fewest people are suppressed, all of one
    number together, until it does.
    """

    k: int
    share: Number
    population: Population = field(repr=False)
    kind = "journalist-records-at-risk"
    of_table = True

    def __post_init__(self) -> None:
        _require_at_risk(self)
        require_population(self.population, "the journalist's records at risk")

    def describe(self) -> str:
        return f"at most {plain(self.share)} of the records like fewer than {self.k} people"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _AtRiskJudge(self.k, self.share, known=True)

    def require(self, finished: Finished) -> None:
        check_mapped_share(finished, self.population, self.k, self.share)
