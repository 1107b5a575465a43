"""Publishing as a game: a record leaves where it pays, though an attacker may pay to re-identify it.

Wan, Vorobeychik, Xia, Clayton, Kantarcioglu, Ganta, Heatherly and Malin, "A game theoretic framework
for analyzing re-identification risk", PLoS ONE 10(3), 2015. The publisher moves first and gains
``benefit`` times what the record still tells; the attacker, who sees it, tries where the chance of
success times ``gain`` is above the ``cost`` of trying; a success costs the publisher ``loss``. The
chance is 1 over the records like it (prosecutor), or the people like it in a population (journalist).
What the record still tells is 1 less its openness: see ``openness``. ARX has the same model, with and
without attack, under the names of profitability.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.attacker import people_like
from casemate.protection.base_models import (
    Finished,
    IdentityModel,
    Number,
    exact,
    hold,
    positive,
    require_population,
)
from casemate.protection.checks import classes_of_table
from casemate.protection.classes import Classes, Flags, Judge, SensitiveColumn, whole_classes
from casemate.protection.ladders import Codes, Floats
from casemate.protection.measures import Surcharge, outer_sum
from casemate.protection.openness import openness_of_labels, openness_of_tuples
from casemate.protection.population_table import Population
from casemate.protection.tuples import Node, NodeGrouping, Tuples
from casemate.protection.values import plain, text_of

PAYOUT = "payout"
"""What plans and reports call the measure ``Payout``."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Profitability(IdentityModel):
    """Every record that leaves pays: ``benefit (1 - openness)``, less ``loss`` times the chance of
    success where an attack would be worth it, is not below 0. Amounts are money, for one record.

    With ``attack`` False no record that leaves may be worth an attack at all: k-anonymity, or k-map,
    with k the first whole number not below ``gain / cost``. ``population`` makes it the
    journalist's. Other records are suppressed. With attacks the model is not monotone: a record may
    pay at a node though not at a coarser one. The search drops the nodes below one only for records
    whose risk is above what they could bring as collected, and judges the others.
    """

    benefit: Number
    loss: Number
    gain: Number
    cost: Number
    attack: bool = True
    population: Population | None = field(default=None, repr=False)
    kind = "profitability"
    needs_collected = True
    needs_recoding = True

    def __post_init__(self) -> None:
        hold(self, "benefit", positive(self.benefit, "the publisher's benefit", "the benefit"))
        for name in ("loss", "gain", "cost"):
            amount = exact(getattr(self, name), f"the {name}")
            if amount < 0:
                raise BadInput(f"the {name} is an amount of at least 0, not {plain(amount)}")
            hold(self, name, amount)
        if not isinstance(self.attack, bool):
            raise BadInput(f"attack is true or false, not {self.attack!r}")
        if self.population is not None:
            require_population(self.population, "the journalist's profitability")
        hold(self, "needs_openness", self.attack)

    def describe(self) -> str:
        who = "journalist" if self.population else "prosecutor"
        terms = ", ".join(f"{name} {plain(getattr(self, name))}" for name in _AMOUNTS)
        return f"profitability against a {who} ({terms}{'' if self.attack else ', no attack'})"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _PayoutJudge(self)

    def require(self, finished: Finished) -> None:
        opened = _Opened(finished)
        for labels, people in _classes(finished, self.population):
            if not self.attack:
                holds = self.gain <= self.cost * people
            else:
                payout = float(self.benefit) * (1 - opened.of(labels)) - self.risk(people)
                holds = payout >= -1e-9 * float(self.benefit + self.loss)
            if not holds:
                raise IntegrityFailure(
                    f"the table does not meet {self.describe()}: a class like {people} people "
                    "does not pay, or is worth an attack"
                )

    def risk(self, people: int) -> float:
        """What a record like ``people`` people is expected to cost the publisher."""
        return float(self.loss / people) if self.gain > self.cost * people else 0.0

    def risks(self, people: Codes) -> Floats:
        """``risk`` of many classes; 0 for one of nobody."""
        known = np.maximum(people, 1)
        risks = np.where(self.attacked(people), float(self.loss) / known, 0.0)
        return np.asarray(np.where(people > 0, risks, 0.0))

    def attacked(self, people: Codes) -> Flags:
        """Whether an attack on a record like so many people is worth it: people < gain / cost."""
        if not self.cost:
            return np.full(len(people), self.gain > 0)
        found: Flags = people < math.ceil(Fraction(self.gain / self.cost))
        return found

    def to_dict(self) -> dict[str, Any]:
        document = super().to_dict()
        known: dict[str, Any] = document.pop("population", {})
        return document | known


_AMOUNTS = ("benefit", "loss", "gain", "cost")


@dataclass(frozen=True)
class _PayoutJudge:
    model: Profitability

    def _people(self, classes: Classes) -> Codes:
        return people_like(classes, self.model.population is not None)

    def violated(self, classes: Classes) -> Flags:
        people = self._people(classes)
        if not self.model.attack:
            return self.model.attacked(people)
        if classes.openness is None:
            raise BadInput("profitability needs what the labels cover: use anonymise")
        return self._unpaid(classes.openness, people)

    def _unpaid(self, openness: Floats, people: Codes) -> Flags:
        benefit, loss = float(self.model.benefit), float(self.model.loss)
        payout = benefit * (1 - openness) - self.model.risks(people)
        found: Flags = payout < -_ROUNDING * (benefit + loss)
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        """At a finer node the risk is no less: who would not pay as collected is lost for good."""
        if not self.model.attack:
            return whole_classes(classes, violated)
        never = self._unpaid(np.zeros(len(classes.sizes)), self._people(classes))
        return whole_classes(classes, never & violated)


class _Opened:
    """The openness of labels, counted from the recoding of every value: the checker's own way."""

    def __init__(self, finished: Finished) -> None:
        self._names = finished.quasi_identifiers
        self._covered = [Counter(finished.recoding[name].values()) for name in self._names]
        self._whole = sum(math.log(sum(covered.values())) for covered in self._covered)

    def of(self, labels: tuple[str | None, ...]) -> float:
        bits = sum(
            math.log(covered[label]) for covered, label in zip(self._covered, labels, strict=True)
        )
        return bits / self._whole if self._whole else 0.0


def _classes(
    finished: Finished, population: Population | None
) -> list[tuple[tuple[str | None, ...], int]]:
    """The labels of each class of the table, and the people like it."""
    names = finished.quasi_identifiers
    people = None if population is None else population.recoded(names, finished.recoding)
    found = []
    for row in classes_of_table(finished.table, names).iter_rows():
        labels = tuple(text_of(value, "the table") for value in row[:-1])
        found.append((labels, int(row[-1]) if people is None else people[labels]))
    return found


@dataclass(frozen=True)
class Payout:
    """The share of the highest payout that is forgone: 1 less the publisher's payout over the
    ``benefit`` of all records as collected. A record suppressed pays nothing, one that leaves what
    ``game`` says, attacks counted. 0 is best; above 1 publishing loses money.
    """

    game: Profitability
    name: str = PAYOUT

    def scorer(self, tuples: Tuples) -> "PayoutScorer":
        return PayoutScorer(tuples, self.game)


class PayoutScorer:
    """The openness of all records is the floor; risks and suppression come on top."""

    def __init__(self, tuples: Tuples, game: Profitability) -> None:
        self._game = game
        self._records = tuples.records
        self._kept = [
            np.array(
                [
                    openness_of_labels(tuples.ladders, at, level)[tuples.column(at, level)]
                    @ tuples.counts
                    / self._records
                    for level in range(ladder.height)
                ]
            )
            for at, ladder in enumerate(tuples.ladders)
        ]

    def floors(self, lows: Node, highs: Node) -> Floats:
        return outer_sum(
            [kept[low : high + 1] for kept, low, high in zip(self._kept, lows, highs, strict=True)]
        )

    def floor(self, grouping: NodeGrouping) -> float:
        return float(sum(kept[at] for kept, at in zip(self._kept, grouping.node, strict=True)))

    def _of_classes(self, grouping: NodeGrouping) -> tuple[Floats, Floats]:
        """For each class what a record forgoes more if suppressed, and its risk if it leaves, both
        as shares of the benefit of all records."""
        tuples = grouping.tuples
        room = np.zeros(len(grouping.sizes))
        room[grouping.class_of] = 1 - openness_of_tuples(tuples, grouping.node)
        people = grouping.sizes
        if self._game.population is not None:
            if tuples.population is None:
                raise BadInput("a payout over a population needs a model that knows it, as well")
            people = np.bincount(
                grouping.class_of, weights=tuples.population, minlength=len(grouping.sizes)
            ).astype(np.int64)
        risks = self._game.risks(people) / float(self._game.benefit)
        return np.maximum(room, 0.0) / self._records, risks / self._records

    def surcharge(self, grouping: NodeGrouping, violated: Flags) -> Surcharge:
        room, risks = self._of_classes(grouping)
        lost = float(grouping.sizes[violated] @ room[violated])
        left, kept = ~violated, grouping.sizes
        # who is kept here is kept below at no less risk, or suppressed, which forgoes no less there
        least = lost + float(kept[left] @ np.minimum(risks, room)[left])
        return Surcharge(own=lost + float(kept[left] @ risks[left]), everywhere=least)

    def least_surcharge(self, grouping: NodeGrouping, lost: Codes) -> float:
        room, risks = self._of_classes(grouping)
        return float(lost @ (room - np.minimum(risks, room)))
