"""Laws of the statistics: coverage by simulation, symmetry, monotonicity."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.assurance.statistics import (
    area_under_curve,
    benjamini_hochberg,
    bootstrap,
    clopper_pearson,
    holm,
    items_needed,
    mcnemar,
    newcombe,
    newcombe_paired,
    repeated_runs,
    wilson,
)

THOUSANDTHS = st.integers(0, 1000).map(lambda whole: whole / 1000)
SHARES = st.integers(1, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@settings(deadline=None)
@given(SHARES)
def test_what_is_found_and_what_is_not_mirror_each_other(share: tuple[int, int]) -> None:
    found, of = share
    for kind in (wilson, clopper_pearson):
        one, other = kind(found, of), kind(of - found, of)
        assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)
        assert 0 <= one.low <= one.estimate <= one.high <= 1


@settings(deadline=None)
@given(SHARES)
def test_more_items_make_the_interval_narrower(share: tuple[int, int]) -> None:
    found, of = share
    for kind in (wilson, clopper_pearson):
        few, many = kind(found, of), kind(10 * found, 10 * of)
        assert many.high - many.low < few.high - few.low


@settings(deadline=None)
@given(SHARES, st.sampled_from([0.5, 0.8, 0.9]))
def test_a_higher_level_holds_the_lower_one(share: tuple[int, int], level: float) -> None:
    for kind in (wilson, clopper_pearson):
        inner, outer = kind(*share, level=level), kind(*share, level=0.99)
        assert outer.low <= inner.low + 1e-12
        assert outer.high >= inner.high - 1e-12


@settings(deadline=None)
@given(SHARES, SHARES)
def test_a_difference_turned_round_changes_its_sign(
    one: tuple[int, int], two: tuple[int, int]
) -> None:
    there, back = newcombe(*one, *two), newcombe(*two, *one)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    assert there.covers(there.estimate)


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 30)] * 4).filter(lambda cells: sum(cells) > 0))
def test_a_paired_difference_turned_round_changes_its_sign(
    cells: tuple[int, int, int, int],
) -> None:
    both, first, second, neither = cells
    there, back = newcombe_paired(*cells), newcombe_paired(both, second, first, neither)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


@settings(deadline=None)
@given(st.lists(THOUSANDTHS, min_size=1, max_size=30))
def test_a_correction_never_helps_and_keeps_the_order(p_values: list[float]) -> None:
    for correct in (holm, benjamini_hochberg):
        adjusted = correct(p_values)
        assert all(low <= high + 1e-12 for low, high in zip(p_values, adjusted, strict=True))
        ranked = sorted(zip(p_values, adjusted, strict=True))
        assert all(a[1] <= b[1] + 1e-12 for a, b in pairwise(ranked))
    assert all(
        gentle <= strict + 1e-12
        for gentle, strict in zip(benjamini_hochberg(p_values), holm(p_values), strict=True)
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_which_of_two_systems_comes_first_changes_no_p_value(
    answers: list[tuple[bool, bool]],
) -> None:
    one, two = (np.array([pair[which] for pair in answers]) for which in (0, 1))
    assert mcnemar(one, two).p_value == pytest.approx(mcnemar(two, one).p_value)


@settings(deadline=None)
@given(st.integers(5, 45), st.integers(2, 20))
def test_a_smaller_difference_needs_more_items(percent: int, points: int) -> None:
    share, apart = percent / 100, points / 100
    assert items_needed(share, share + apart / 2) > items_needed(share, share + apart)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_the_area_of_scores_turned_round_is_the_rest(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores, truth = np.round(draw.normal(size=40), 1), np.arange(40) % 3 == 0
    there, back = area_under_curve(scores, truth), area_under_curve(-scores, truth)
    assert there.estimate == pytest.approx(1 - back.estimate)
    assert (there.low, there.high) == pytest.approx((1 - back.high, 1 - back.low), abs=1e-9)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_one_seed_gives_one_interval(seed: int) -> None:
    values = np.arange(20.0) ** 2
    first, second = (
        bootstrap(lambda at: float(values[at].mean()), 20, seed=seed, resamples=100)
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
def test_shares_are_covered_as_often_as_the_level_says(share: float) -> None:
    """Exactly, not by drawing: the chance of each count is known."""
    from scipy.stats import binom

    of = 60
    weights = binom.pmf(np.arange(of + 1), of, share)
    covered = {
        kind: sum(w for k, w in enumerate(weights) if kind(k, of).covers(share))
        for kind in (wilson, clopper_pearson)
    }
    assert covered[clopper_pearson] >= 0.95
    assert covered[wilson] == pytest.approx(0.95, abs=0.03)


def test_differences_are_covered_as_often_as_the_level_says() -> None:
    draw = np.random.default_rng(11)
    pairs = zip(draw.binomial(80, 0.3, 1500), draw.binomial(50, 0.45, 1500), strict=True)
    covered = np.mean([newcombe(int(a), 80, int(b), 50).covers(-0.15) for a, b in pairs])
    assert covered == pytest.approx(0.95, abs=0.02)
    cells = draw.multinomial(90, [0.5, 0.2, 0.1, 0.2], size=1500)
    paired = np.mean([newcombe_paired(*(int(c) for c in row)).covers(0.1) for row in cells])
    assert paired == pytest.approx(0.95, abs=0.02)


def test_the_bootstrap_covers_a_skewed_mean() -> None:
    draw = np.random.default_rng(12)
    covered = 0
    for seed in range(200):
        values = draw.exponential(size=50)
        found = bootstrap(lambda at, v=values: float(v[at].mean()), 50, seed=seed, resamples=400)  # type: ignore[misc]
        covered += found.covers(1.0)
    assert covered / 200 == pytest.approx(0.95, abs=0.05)


def test_the_area_is_covered_as_often_as_the_level_says() -> None:
    from scipy.stats import norm

    true = float(norm.cdf(1 / np.sqrt(2)))
    draw = np.random.default_rng(13)
    truth = np.arange(120) < 50
    covered = np.mean(
        [area_under_curve(draw.normal(size=120) + truth, truth).covers(true) for _ in range(600)]
    )
    assert covered == pytest.approx(0.95, abs=0.025)


def test_a_mean_over_runs_is_covered_and_its_variances_are_found() -> None:
    draw = np.random.default_rng(14)
    covered, parts = [], []
    for _ in range(600):
        table = (
            draw.normal(size=(40, 1))
            + 0.4 * draw.normal(size=(1, 6))
            + 0.5 * draw.normal(size=(40, 6))
        )
        found = repeated_runs(table)
        covered.append(found.mean.covers(0.0))
        parts.append((found.between_items, found.between_runs, found.rest))
    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)
    assert np.mean(parts, axis=0) == pytest.approx([1.0, 0.16, 0.25], rel=0.1)
