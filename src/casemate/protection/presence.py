"""δ-presence: how sure an attacker may be that a person of the population is in the table, or is not.

Nergiz, Atzori and Clifton, "Hiding the presence of individuals from shared databases", SIGMOD 2007,
definition 3: with a population table P that holds everyone in the table T, and T* as it leaves,
``lowest <= P(t in T | T*) <= highest`` for every person t of P. Classes are disjoint, so that is the
share of t's class in the population whose records leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from casemate.errors import BadInput
from casemate.protection.attacker import OverPopulation, people_like
from casemate.protection.base_models import Finished, Number, exact, hold, require_population
from casemate.protection.classes import Classes, Flags, Judge, SensitiveColumn, above, surely_lost
from casemate.protection.ladders import Codes
from casemate.protection.population_checks import check_presence
from casemate.protection.population_table import Population
from casemate.protection.values import plain


@dataclass(frozen=True)
class DeltaPresence(OverPopulation):
    """Each class of the ``population`` is in the table that leaves to a share of ``lowest`` to
    ``highest``, 0 to 1: nobody's presence is surer, and nobody's absence.

    With a ``lowest`` of 0 classes above ``highest`` are suppressed. Above 0 suppressing helps
    nobody: those of a class that is gone would be known to be absent. Then all classes of the
    population must lie between the two, or the node will not do.
    """

    lowest: Number
    highest: Number
    population: Population = field(repr=False)
    kind = "delta-presence"

    def __post_init__(self) -> None:
        hold(self, "lowest", exact(self.lowest, "the lowest presence"))
        hold(self, "highest", exact(self.highest, "the highest presence"))
        if not 0 <= self.lowest <= self.highest <= 1 or not self.highest:
            raise BadInput(
                "δ-presence lies between two shares, the higher above 0 and up to 1, not "
                f"{plain(self.lowest)} and {plain(self.highest)}"
            )
        require_population(self.population, "δ-presence")
        hold(self, "of_table", self.lowest > 0)

    def describe(self) -> str:
        return f"({plain(self.lowest)}, {plain(self.highest)})-presence"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        if self.of_table:
            return _BetweenJudge(self.lowest, self.highest, self.population.size)
        return _BelowJudge(self.highest)

    def require(self, finished: Finished) -> None:
        check_presence(finished, self.population, self.lowest, self.highest)


@dataclass(frozen=True)
class _BelowJudge:
    """Closed under union: the share of a union lies between the shares of its parts."""

    highest: Fraction

    def violated(self, classes: Classes) -> Flags:
        return above(classes.sizes, people_like(classes, True), self.highest)

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """The parts that are kept hold at most their share of people, and so of the whole class."""
        most = float(self.highest) * people_like(classes, True).astype(np.float64)
        return surely_lost(classes, violated, most)


@dataclass(frozen=True)
class _BetweenJudge:
    """Judges the classes kept, all together: the whole population must be in them."""

    lowest: Fraction
    highest: Fraction
    everybody: int

    def _holds(self, classes: Classes) -> bool:
        people = people_like(classes, True)
        if int(people.sum()) != self.everybody:
            return False
        absent = above(people - classes.sizes, people, 1 - self.lowest)
        return not (absent | above(classes.sizes, people, self.highest)).any()

    def violated(self, classes: Classes) -> Flags:
        return np.full(len(classes.sizes), not self._holds(classes))

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """Classes that lie between do so united: what fails here fails at all finer nodes, where a
        class suppressed would leave a part of the population out."""
        return np.zeros_like(classes.sizes) if self._holds(classes) else classes.sizes
