"""Models over a population, of estimated uniques and of profit against their definitions: every node
of small lattices, in plain Python.

Dankar & El Emam (2010) for journalist and marketer, Nergiz et al. (2007) for δ-presence, Wan et al.
(2015) for profitability; estimates of uniques are those of ``population_uniques``, tested elsewhere.
"""

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import (
    DeltaPresence,
    Discernibility,
    Hierarchy,
    JournalistRecordsAtRisk,
    JournalistRisk,
    KAnonymity,
    MarketerRisk,
    Measure,
    Payout,
    Population,
    PopulationUniqueness,
    PrivacyModel,
    Profitability,
    anonymise,
    intervals,
    suppressible,
    uniques_of_sizes,
)
from casemate.protection.grouping import distinct_tuples, group_table
from casemate.protection.judging import Jury, violated_classes
from casemate.protection.tuples import Tuples

HIERARCHIES: dict[str, Hierarchy] = {"age": intervals(2, 4, domain=(0, 11)), "sex": suppressible()}
ROW = st.tuples(st.integers(0, 11), st.sampled_from(["f", "m"]))
Row = tuple[int, str]
Node = tuple[int, int]
NODES = list(itertools.product(range(4), range(2)))


def label(row: Row, node: Node) -> tuple[Any, ...]:
    age, sex = row
    return [age, age // 2, age // 4, "*"][node[0]], [sex, "*"][node[1]]


class World:
    """A table, its population, and what the classes of a node hold."""

    def __init__(self, rows: list[Row], people: list[Row]) -> None:
        self.rows, self.people = rows, people

    def at(self, node: Node) -> tuple[Counter[Any], Counter[Any]]:
        sizes = Counter(label(row, node) for row in self.rows)
        return sizes, Counter(label(row, node) for row in self.people)

    def openness(self, node: Node, known: bool) -> float:
        """Bits left open over all bits; the domain of sex is what the table, or both, hold."""
        sexes = len({sex for _, sex in (self.people if known else self.rows)})
        ages = [1, 2, 4, 12][node[0]]
        return math.log(ages * (sexes if node[1] else 1)) / math.log(12 * sexes)


def violating(
    model: PrivacyModel, world: World, node: Node, kept: set[Any], known: bool
) -> set[Any]:
    """The classes, of those kept, that ``model`` suppresses at a node."""
    sizes, people = world.at(node)
    if isinstance(model, KAnonymity):
        return {key for key in kept if sizes[key] < model.k}
    if isinstance(model, JournalistRisk):
        return {key for key in kept if Fraction(1, people[key]) > model.risk}
    if isinstance(model, Profitability):
        return {key for key in kept if not pays(model, world, node, key, known)}
    if isinstance(model, DeltaPresence):
        shares = {key: Fraction(sizes[key] if key in kept else 0, people[key]) for key in people}
        if model.lowest:
            good = all(model.lowest <= share <= model.highest for share in shares.values())
            return set() if good else set(kept)
        return {key for key in kept if shares[key] > model.highest}
    if isinstance(model, PopulationUniqueness):
        return uniques(model, sizes, kept)
    return riskiest(model, sizes, people, kept)


def riskiest(model: PrivacyModel, sizes: Any, people: Any, kept: set[Any]) -> set[Any]:
    """The classes of fewest people that go until the mean, or the share, is met."""
    for least in sorted({*(people[key] for key in kept), math.inf}):
        left = [key for key in kept if people[key] >= least]
        many = sum(sizes[key] for key in left)
        if isinstance(model, MarketerRisk):
            good = sum(Fraction(sizes[key], people[key]) for key in left) <= model.risk * many
        else:
            assert isinstance(model, JournalistRecordsAtRisk)
            exposed = sum(sizes[key] for key in left if people[key] < model.k)
            good = exposed <= model.share * many
        if good:
            return {key for key in kept if people[key] < least}
    raise AssertionError


def uniques(model: PopulationUniqueness, sizes: Any, kept: set[Any]) -> set[Any]:
    histogram = Counter(sizes[key] for key in kept)
    alone = {key for key in kept if sizes[key] == 1}
    if not alone:
        return set()
    try:
        fraction = None if model.people else float(model.sampling_fraction)
        found = uniques_of_sizes(
            sorted(histogram.items()),
            sampling_fraction=fraction,
            population=model.people,
            model=model.estimator,
        )
    except BadInput:
        return alone
    return set() if found.share <= model.share else alone


def pays(model: Profitability, world: World, node: Node, key: Any, known: bool) -> bool:
    attacked, payout = game(model, world, node, key, known)
    return payout >= -1e-9 if model.attack else not attacked


def game(
    model: Profitability, world: World, node: Node, key: Any, known: bool
) -> tuple[bool, float]:
    """Whether a record of the class is attacked, and what it pays the publisher."""
    sizes, people = world.at(node)
    chance = Fraction(1, (people if model.population else sizes)[key])
    attacked = chance * model.gain > model.cost
    benefit = float(model.benefit) * (1 - world.openness(node, known))
    return attacked, benefit - (float(model.loss * chance) if attacked else 0.0)


def suppressed(models: Sequence[PrivacyModel], world: World, node: Node, known: bool) -> set[Any]:
    sizes, _ = world.at(node)
    gone: set[Any] = set()
    for model in models:
        if not model.of_table:
            gone |= violating(model, world, node, set(sizes), known)
    together = [model for model in models if model.of_table]
    agreed = False
    while not agreed:
        before = len(gone)
        for model in together:
            gone |= violating(model, world, node, set(sizes) - gone, known)
        agreed = len(gone) == before
    return gone


def best_of(
    models: Sequence[PrivacyModel], world: World, limit: Fraction, measure: Measure, known: bool
) -> float | None:
    found: list[float] = []
    many = len(world.rows)
    for node in NODES:
        sizes, _ = world.at(node)
        gone = suppressed(models, world, node, known)
        lost = sum(sizes[key] for key in gone)
        if lost > limit * many:
            continue
        if isinstance(measure, Payout):
            paid = sum(
                size * game(measure.game, world, node, key, known)[1]
                for key, size in sizes.items()
                if key not in gone
            )
            found.append(1 - paid / (float(measure.game.benefit) * many))
        else:
            kept = sum(size**2 for key, size in sizes.items() if key not in gone)
            found.append(float(kept + lost * many))
    return min(found, default=None)


SHARES = st.sampled_from([Fraction(n, 20) for n in (1, 2, 4, 6, 8, 10, 14, 20)])
AMOUNTS = st.sampled_from(["0", "1", "4", "10"])


KINDS = 11


@st.composite
def models_over(draw: st.DrawFn, population: Population, kind: int | None = None) -> PrivacyModel:
    share, k = draw(SHARES), draw(st.integers(1, 6))
    part = draw(st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction(1, 2)]))
    amounts = ("10", draw(AMOUNTS), draw(AMOUNTS), draw(AMOUNTS))
    estimator = draw(st.sampled_from(["pitman", "zayatz", "snb", "dankar"]))
    made: list[PrivacyModel] = [
        JournalistRisk(share, population),
        MarketerRisk(share, population),
        JournalistRecordsAtRisk(k, part, population),
        DeltaPresence(0, share, population),
        DeltaPresence(min(part, share), share, population),
        PopulationUniqueness(part / 2, estimator, people=population.size + 5),
        PopulationUniqueness(part / 2, estimator, sampling_fraction="0.3"),
        Profitability(*amounts),
        Profitability(*amounts, attack=False),
        Profitability(*amounts, population=population),
        Profitability(*amounts, attack=False, population=population),
    ]
    assert len(made) == KINDS
    return made[draw(st.integers(0, KINDS - 1)) if kind is None else kind]


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=30),
    more=st.lists(ROW, max_size=30),
    data=st.data(),
    k=st.integers(1, 3),
    limit=st.sampled_from(["0", "0.1", "0.4", "0.8"]),
    paid=st.booleans(),
)
def test_the_optimum_is_that_of_every_node_tried(
    rows: list[Row], more: list[Row], data: st.DataObject, k: int, limit: str, paid: bool
) -> None:
    people = [*rows, *more]
    frame = pl.DataFrame(people, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    population = Population.from_table(frame, ["sex", "age"])
    chosen = data.draw(st.lists(models_over(population), min_size=1, max_size=2))
    models = [*chosen, KAnonymity(k)]
    known = any(model.population for model in models)
    measure: Measure = Payout(Profitability(10, 4, 8, 2)) if paid else Discernibility()
    table = frame.head(len(rows))

    def run() -> Any:
        return anonymise(table, HIERARCHIES, models=models, suppression=limit, measure=measure)

    best = best_of(models, World(rows, people), Fraction(limit), measure, known)
    if best is None or len(rows) < k:
        with pytest.raises(BadInput, match=r"no generalisation reaches|too few"):
            run()
        return
    result = run()
    assert result.score == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert result.gap == 0
    assert result.suppressed <= Fraction(limit) * len(rows)


def tuples_of(rows: list[Row], population: Population | None) -> Tuples:
    frame = pl.DataFrame(rows, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    people = None if population is None else population.over(["age", "sex"])
    found = group_table(frame, ["age", "sex"])
    return distinct_tuples(found, list(HIERARCHIES.values()), people)


def classes_of(tuples: Tuples, node: Node) -> list[Any]:
    """For each tuple the class that ``label`` would give it; a band by its place."""
    ages = [int(str(age)) for age in tuples.ladders[0].labels[0]]
    sexes = [str(sex) for sex in tuples.ladders[1].labels[0]]
    pairs = zip(tuples.column(0, 0), tuples.column(1, 0), strict=True)
    return [label((ages[age], sexes[sex]), node) for age, sex in pairs]


def below(node: Node) -> list[Node]:
    return [other for other in NODES if other[0] <= node[0] and other[1] <= node[1]]


ROWS = st.lists(ROW, min_size=6, max_size=25)


def drawn(
    rows: list[Row], more: list[Row], data: st.DataObject, kind: int
) -> tuple[PrivacyModel, World, Tuples, bool]:
    people = [*rows, *more]
    frame = pl.DataFrame(people, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    population = Population.from_table(frame, ["sex", "age"])
    model = data.draw(models_over(population, kind))
    known = model.population is not None
    return model, World(rows, people), tuples_of(rows, model.population), known


@pytest.mark.parametrize("kind", range(KINDS))
@settings(max_examples=30, deadline=None)
@given(rows=ROWS, more=st.lists(ROW, max_size=40), data=st.data())
def test_a_judge_suppresses_what_the_definition_does_and_is_sure_of_no_more(
    kind: int, rows: list[Row], more: list[Row], data: st.DataObject
) -> None:
    """On every node; and of what it is sure is suppressed at every finer node as well."""
    model, world, tuples, known = drawn(rows, more, data, kind)
    lost: dict[Node, Counter[Any]] = {}  # the records suppressed, by tuple
    for node in NODES:
        gone = suppressed([model], world, node, known)
        lost[node] = Counter(row for row in rows if label(row, node) in gone)
        grouping = tuples.group(node)
        flags = violated_classes(tuples, grouping, [model])[grouping.class_of]
        of_tuple = classes_of(tuples, node)
        assert {key for key, flag in zip(of_tuple, flags, strict=True) if flag} == gone
    jury = Jury([model], tuples)
    for node in NODES:
        grouping = tuples.group(node)
        classes, present = jury.seen(tuples, grouping)
        if model.of_table:
            sure = jury.surely_lost(classes)
            assert all(sum(lost[finer].values()) >= sure for finer in below(node))
            continue
        _, fewest = jury.verdict(classes)
        of_tuple = classes_of(tuples, node)
        for number, least in zip(present, fewest, strict=True):
            key = of_tuple[int(np.argmax(grouping.class_of == number))]
            for finer in below(node):
                found = sum(many for row, many in lost[finer].items() if label(row, node) == key)
                assert found >= least


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, more=st.lists(ROW, max_size=20), data=st.data(), known=st.booleans())
def test_no_bound_on_the_payout_forgone_is_above_it(
    rows: list[Row], more: list[Row], data: st.DataObject, known: bool
) -> None:
    """Whatever is suppressed at a finer node, as long as what is sure to be is."""
    people = [*rows, *more]
    frame = pl.DataFrame(people, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    population = Population.from_table(frame, ["age", "sex"]) if known else None
    loss, gain, cost = (data.draw(AMOUNTS) for _ in range(3))
    model = Profitability("10", loss, gain, cost, population=population)
    world, tuples = World(rows, people), tuples_of(rows, population)
    scorer = Payout(model).scorer(tuples)
    node = data.draw(st.sampled_from(NODES))
    grouping = tuples.group(node)
    used = {row: label(row, node) for row in rows}
    sure = data.draw(st.sets(st.sampled_from(sorted(set(used.values()), key=str))))
    flags = np.zeros(len(grouping.sizes), dtype=bool)
    for number, key in zip(grouping.class_of, classes_of(tuples, node), strict=True):
        flags[number] |= key in sure
    surcharge = scorer.surcharge(grouping, flags)
    own = scorer.floor(grouping) + surcharge.own
    assert own == pytest.approx(forgone(model, world, node, sure, known), abs=1e-9)
    for finer in below(node):
        sizes, _ = world.at(finer)
        gone = {label(row, finer) for row in rows if used[row] in sure}
        rest = sorted(set(sizes) - gone, key=str)
        gone |= data.draw(st.sets(st.sampled_from(rest))) if rest else set()
        bound = scorer.floor(tuples.group(finer)) + surcharge.everywhere
        assert bound <= forgone(model, world, finer, gone, known) + 1e-9


def forgone(model: Profitability, world: World, node: Node, gone: set[Any], known: bool) -> float:
    sizes, _ = world.at(node)
    paid = sum(
        size * game(model, world, node, key, known)[1]
        for key, size in sizes.items()
        if key not in gone
    )
    return 1 - paid / (float(model.benefit) * len(world.rows))
