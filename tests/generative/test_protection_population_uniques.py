"""Population models against their definitions, written out slowly."""

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from casemate.errors import BadInput
from casemate.protection.risk_population import (
    pitman_expectation,
    pitman_log_likelihood,
    pitman_parameters,
    shlosser_classes,
    snb_log_expectation,
    snb_uniques,
    uniques_of_sizes,
    zayatz_uniques,
)

Sizes = list[tuple[int, int]]
SIZES = st.dictionaries(st.integers(1, 12), st.integers(1, 60), min_size=1, max_size=6).map(
    lambda found: sorted(found.items())
)
FRACTIONS = st.floats(0.001, 0.99)
MODELS = ["pitman", "zayatz", "snb", "dankar"]


def partitions(total: int, largest: int | None = None) -> Iterator[list[int]]:
    if total == 0:
        yield []
    for part in range(min(total, largest or total), 0, -1):
        for rest in partitions(total - part, part):
            yield [part, *rest]


def pitman_probability(parts: list[int], theta: float, alpha: float) -> float:
    """Pitman's sampling formula, factor by factor."""
    total = sum(parts)
    chance = float(math.factorial(total))
    for place in range(1, len(parts)):
        chance *= theta + place * alpha
    for place in range(1, total):
        chance /= theta + place
    for size, number in Counter(parts).items():
        rising = math.prod(step - alpha for step in range(1, size))
        chance *= (rising / math.factorial(size)) ** number / math.factorial(number)
    return chance


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.floats(0.05, 50), st.floats(0.01, 0.95))
def test_the_expected_uniques_are_those_of_the_formula(
    people: int, theta: float, alpha: float
) -> None:
    every = [(parts, pitman_probability(parts, theta, alpha)) for parts in partitions(people)]
    assert sum(chance for _, chance in every) == pytest.approx(1)
    expected = sum(parts.count(1) * chance for parts, chance in every)
    assert pitman_expectation(theta, alpha, people) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("theta", [9_990.0, 10_010.0, 1e6, 1e9])
@pytest.mark.parametrize("alpha", [0.001, 0.5, 0.99])
def test_large_parameters_lose_no_digits(theta: float, alpha: float) -> None:
    people = 200_000
    steps = np.arange(people - 1)
    logs = np.log(theta + alpha + steps) - np.log(theta + 1 + steps)
    expected = people * math.exp(math.fsum(logs))
    assert pitman_expectation(theta, alpha, people) == pytest.approx(expected, rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 8), st.floats(0.05, 1e7), st.floats(0.01, 0.95))
def test_the_likelihood_is_the_formula_up_to_a_constant(
    people: int, theta: float, alpha: float
) -> None:
    for parts in partitions(people):
        sizes = sorted(Counter(parts).items())
        constant = math.log(math.factorial(people)) - sum(
            number * math.log(math.factorial(size)) + math.log(math.factorial(number))
            for size, number in sizes
        )
        expected = math.log(pitman_probability(parts, theta, alpha))
        found = pitman_log_likelihood(theta, alpha, sizes) + constant
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(SIZES)
def test_no_other_parameters_are_likelier(sizes: Sizes) -> None:
    best = pitman_parameters(sizes)
    classes, records = sum(c for _, c in sizes), sum(s * c for s, c in sizes)
    assert (best is None) == (classes in (1, records))
    if best is None:
        return
    top = pitman_log_likelihood(*best, sizes)
    for alpha in np.linspace(0.005, 0.995, 31):
        for excess in np.geomspace(1e-4, 1e7, 45):
            assert pitman_log_likelihood(excess - alpha, alpha, sizes) <= top + 1e-5


@settings(max_examples=100, deadline=None)
@given(SIZES, FRACTIONS)
def test_zayatz_is_bayes_rule_with_hypergeometric_draws(sizes: Sizes, fraction: float) -> None:
    records = sum(size * number for size, number in sizes)
    people = math.ceil(records / fraction)
    classes = sum(number for _, number in sizes)
    chance = {size: stats.hypergeom.pmf(1, people, size, records) for size, _ in sizes}
    whole = sum(number / classes * chance[size] for size, number in sizes)
    ones = dict(sizes).get(1, 0)
    expected = 0.0
    if ones:
        expected = ones * (ones / classes * chance[1] / whole) * people / records
    assert zayatz_uniques(sizes, people) == pytest.approx(expected, rel=1e-7)


@settings(max_examples=100, deadline=None)
@given(SIZES, FRACTIONS)
def test_the_number_of_classes_is_haas_and_stokes_third_estimator(
    sizes: Sizes, fraction: float
) -> None:
    records, classes = sum(s * c for s, c in sizes), sum(c for _, c in sizes)
    people = math.ceil(records / fraction)
    q = records / people
    ones = dict(sizes).get(1, 0)
    expected = float(classes)
    if ones:
        a = sum(i * q**2 * (1 - q**2) ** (i - 1) * c for i, c in sizes)
        b = sum((1 - q) ** i * ((1 + q) ** i - 1) * c for i, c in sizes)
        c_ = sum((1 - q) ** i * c for i, c in sizes)
        d = sum(i * q * (1 - q) ** (i - 1) * c for i, c in sizes)
        expected += ones * (a / b) * (c_ / d) ** 2
    limit = classes + people - records
    assert shlosser_classes(sizes, people) == pytest.approx(min(expected, limit), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 5), st.floats(0.05, 0.95), st.floats(0.01, 1))
def test_snb_expects_what_a_bernoulli_sample_of_its_classes_holds(
    shape: float, scale: float, fraction: float
) -> None:
    sizes = np.arange(1, 4000)
    mass = stats.nbinom.pmf(sizes - 1, shape, scale)
    for hits, log in zip((1, 2), snb_log_expectation(shape, scale, 100, fraction), strict=True):
        expected = 100 * (mass * stats.binom.pmf(hits, sizes, fraction)).sum()
        assert math.exp(log) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=100, deadline=None)
@given(SIZES, FRACTIONS, st.sampled_from(MODELS))
def test_estimates_stay_within_what_is_possible(sizes: Sizes, fraction: float, model: str) -> None:
    try:
        found = uniques_of_sizes(sizes, sampling_fraction=fraction, model=model)
    except BadInput:
        assert model in ("pitman", "snb")
        return
    assert 0 <= found.uniques <= found.population * (1 + 1e-9)
    assert 0 <= found.share <= 1 + 1e-9
    assert 0 <= found.sample_share <= 1
    classes = sum(number for _, number in sizes)
    k = shlosser_classes(sizes, found.population)
    assert classes <= k <= classes + found.population - found.records


@settings(max_examples=100, deadline=None)
@given(SIZES, FRACTIONS, FRACTIONS, st.sampled_from(["pitman", "zayatz"]))
def test_a_larger_share_sampled_never_lowers_the_share_unique(
    sizes: Sizes, one: float, other: float, model: str
) -> None:
    try:
        low = uniques_of_sizes(sizes, sampling_fraction=min(one, other), model=model)
        high = uniques_of_sizes(sizes, sampling_fraction=max(one, other), model=model)
    except BadInput:
        return  # every record alone, or all in one class: Pitman's model has no solution
    if high.used is not None:
        assert low.share <= high.share * (1 + 1e-7)


@settings(max_examples=100, deadline=None)
@given(SIZES, FRACTIONS)
def test_dankar_chooses_by_the_fraction_and_the_smaller(sizes: Sizes, fraction: float) -> None:
    found = uniques_of_sizes(sizes, sampling_fraction=fraction)
    if found.used is None:
        return
    zayatz = zayatz_uniques(sizes, found.population)
    if found.records <= 0.1 * found.population:
        expected = "zayatz" if pitman_parameters(sizes) is None else "pitman"
        assert found.used == expected
        return
    snb = snb_uniques(sizes, found.population)
    assert found.uniques == min(value for value in (zayatz, snb) if value is not None)
