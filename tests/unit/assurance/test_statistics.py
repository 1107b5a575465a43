"""Each statistic against a published worked example or an independent calculation."""

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from casemate.assurance.statistics import (
    area_under_curve,
    benjamini_hochberg,
    bootstrap,
    clopper_pearson,
    fisher,
    holm,
    items_needed,
    kept_apart,
    least_detectable,
    least_detectable_paired,
    mcnemar,
    newcombe,
    newcombe_paired,
    paired_permutation,
    power_of,
    repeated_runs,
    wilson,
)
from casemate.assurance.statistics.bootstrap import Places
from casemate.errors import BadInput


@pytest.mark.parametrize(
    ("found", "of", "score", "exact"),
    [  # Newcombe, Statistics in Medicine 17 (1998), 857-872, table I: methods 3 and 5
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_shares_have_the_intervals_of_newcombes_table(
    found: int, of: int, score: tuple[float, float], exact: tuple[float, float]
) -> None:
    one, two = wilson(found, of), clopper_pearson(found, of)
    assert (one.low, one.high) == pytest.approx(score, abs=6e-5)
    assert (two.low, two.high) == pytest.approx(exact, abs=6e-5)
    independent = stats.binomtest(found, of).proportion_ci(method="wilson")
    assert (one.low, one.high) == pytest.approx((independent.low, independent.high), abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [  # Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
    ],
)
def test_a_difference_of_two_groups_has_newcombes_interval(
    counts: tuple[int, int, int, int], expected: tuple[float, float]
) -> None:
    found = newcombe(*counts)
    assert (found.low, found.high) == pytest.approx(expected, abs=6e-5)


def test_a_paired_difference_has_newcombes_interval() -> None:
    # Statistics in Medicine 17 (1998), 2635-2650, table III: 36, 12, 2, 0 by method 10
    found = newcombe_paired(36, 12, 2, 0)
    assert found.estimate == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0569, 0.3404), abs=6e-5)


def test_the_bootstrap_gives_efron_and_tibshiranis_interval() -> None:
    # An Introduction to the Bootstrap (1993), table 14.2: the variance of the spatial test, A
    spatial = np.array(
        [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26,
         30, 41], dtype=np.float64,
    )  # fmt: skip
    found = bootstrap(
        lambda at: float(spatial[at].var()), len(spatial), seed=1, resamples=8000, level=0.9
    )
    assert found.estimate == pytest.approx(171.5, abs=0.05)
    assert (found.low, found.high) == pytest.approx((115.8, 259.6), abs=6)


def test_the_bootstrap_agrees_with_scipys() -> None:
    values = np.random.default_rng(5).exponential(size=60)
    own = bootstrap(lambda at: float(values[at].mean()), 60, seed=1, resamples=6000)
    theirs = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=6000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert (own.low, own.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_every_stratum_keeps_its_size_in_every_sample() -> None:
    strata = np.array(["a"] * 7 + ["b"] * 3)
    seen: set[int] = set()

    def of_b(at: Places) -> float:
        if len(at) == 10:
            seen.add(int((strata[at] == "b").sum()))
        return float(at.mean())

    bootstrap(of_b, 10, seed=3, strata=strata, resamples=100)
    assert seen == {3}


def test_a_statistic_without_a_value_on_a_sample_is_refused() -> None:
    with pytest.raises(BadInput, match="more items"):
        bootstrap(lambda at: float("nan"), 5, seed=1, resamples=100)


def test_mcnemar_counts_only_what_the_two_answer_differently() -> None:
    first = np.array([True] * 12 + [False] * 2 + [True] * 50)
    second = np.array([False] * 12 + [True] * 2 + [True] * 50)
    by_hand = 2 * sum(comb(14, k) for k in range(3)) / 2**14
    assert mcnemar(first, second).p_value == pytest.approx(by_hand)
    assert mcnemar(first[:14], second[:14]).p_value == pytest.approx(by_hand)
    assert mcnemar(first, first).p_value == 1.0


def test_a_paired_permutation_is_what_trying_every_sign_gives() -> None:
    apart = np.array([0.4, -0.1, 0.3, 0.25, 0.05, 0.6, -0.2, 0.1])
    means = [float((np.array(signs) * apart).mean()) for signs in product((1, -1), repeat=8)]
    as_large = np.mean([abs(one) >= abs(apart.mean()) - 1e-12 for one in means])
    found = paired_permutation(apart, np.zeros(8), seed=1)
    assert found.p_value == pytest.approx(float(as_large))


def test_fishers_tea_tasting() -> None:
    # The Design of Experiments (1935): 3 of 4 against 1 of 4; two-sided 34/70
    assert fisher(3, 4, 1, 4).p_value == pytest.approx(34 / 70)


BH_1995 = (
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
    0.6528, 0.7590, 1.0,
)  # fmt: skip


def test_corrections_find_what_benjamini_and_hochberg_found() -> None:
    # JRSS B 57 (1995), 289-300, section 4.1: 4 by their procedure, 3 by the family-wise one
    assert sum(one <= 0.05 for one in benjamini_hochberg(BH_1995)) == 4
    assert sum(one <= 0.05 for one in holm(BH_1995)) == 3
    for correct, name in ((benjamini_hochberg, "fdr_bh"), (holm, "holm")):
        assert correct(BH_1995) == pytest.approx(tuple(multipletests(BH_1995, method=name)[1]))


def test_holm_by_hand_in_the_order_given() -> None:
    assert holm((0.04, 0.01, 0.03)) == pytest.approx((0.06, 0.03, 0.06))
    assert holm(()) == ()


def test_power_is_that_of_cohens_tables() -> None:
    # Cohen 1988, table 6.4.1: h = 0.50, power 0.80, two-sided 0.05: 63 in each group
    second = np.sin(np.arcsin(np.sqrt(0.3)) + 0.25) ** 2
    assert items_needed(0.3, float(second)) == 63
    assert power_of(0.3, float(second), 63, 63) == pytest.approx(0.80, abs=0.005)
    assert least_detectable(0.3, 63, 63) == pytest.approx(float(second) - 0.3, abs=0.002)


def test_the_least_paired_difference_is_found_four_times_in_five() -> None:
    n, discordant = 400, 0.2
    least = least_detectable_paired(n, discordant)
    draw = np.random.default_rng(9)
    shares = [(discordant + least) / 2, (discordant - least) / 2, 1 - discordant]
    told = draw.multinomial(n, shares, size=4000)
    apart, both = np.abs(told[:, 0] - told[:, 1]), told[:, 0] + told[:, 1]
    assert float((apart / np.sqrt(both) > 1.96).mean()) == pytest.approx(0.8, abs=0.03)
    assert least_detectable_paired(3, 0.1) == 0.1


def test_too_few_to_tell_anything_says_so() -> None:
    assert least_detectable(0.5, 2, 2) == 1.0


def test_variances_of_runs_are_those_of_an_analysis_of_variance() -> None:
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    draw = np.random.default_rng(2)
    table = (
        draw.normal(size=(12, 1)) + 0.3 * draw.normal(size=(1, 5)) + 0.5 * draw.normal(size=(12, 5))
    )
    found = repeated_runs(table)
    import pandas as pd

    long = pd.DataFrame(
        {"y": table.ravel(), "i": np.repeat(range(12), 5), "r": np.tile(range(5), 12)}
    )
    squares = anova_lm(ols("y ~ C(i) + C(r)", long).fit())["mean_sq"]
    assert found.rest == pytest.approx(squares["Residual"])
    assert found.between_items == pytest.approx((squares["C(i)"] - squares["Residual"]) / 5)
    assert found.between_runs == pytest.approx((squares["C(r)"] - squares["Residual"]) / 12)


def test_runs_that_agree_have_no_variance_between_them() -> None:
    found = repeated_runs(np.tile([[0.0], [1.0], [1.0]], (1, 4)))
    assert (found.between_runs, found.rest) == (0.0, 0.0)
    assert found.mean.low < found.mean.estimate < found.mean.high
    assert repeated_runs(np.ones((3, 2))).mean.low == 1.0


def test_the_area_is_delongs_by_its_definition() -> None:
    draw = np.random.default_rng(4)
    truth = draw.random(80) < 0.4
    scores = np.round(draw.normal(size=80) + truth, 1)  # with ties
    ones, zeros = scores[truth], scores[~truth]
    wins = (ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros)
    error = np.sqrt(
        wins.mean(axis=1).var(ddof=1) / len(ones) + wins.mean(axis=0).var(ddof=1) / len(zeros)
    )
    found = area_under_curve(scores, truth.astype(np.float64))
    odds = np.log(found.estimate / (1 - found.estimate))
    reach = 1.959964 * error / (found.estimate * (1 - found.estimate))
    assert found.estimate == pytest.approx(wins.mean())
    assert found.low == pytest.approx(1 / (1 + np.exp(-(odds - reach))), abs=1e-6)
    perfect = area_under_curve(truth.astype(np.float64), truth.astype(np.float64))
    assert perfect.low < perfect.estimate == perfect.high == 1.0


@pytest.mark.parametrize(("found", "of"), [(1, 0), (-1, 5), (6, 5)])
def test_counts_that_make_no_share_are_refused(found: int, of: int) -> None:
    with pytest.raises(BadInput, match="share"):
        wilson(found, of)


def test_a_model_that_refuses_everything_is_not_called_unbiased() -> None:
    silent = kept_apart(0, 0, 90, 10)
    assert silent.bias is None
    assert (silent.refusal.estimate, silent.format_failure.estimate) == (0.9, 0.1)
    assert (silent.bias_from, silent.bias_to) == (0.0, 1.0)
    open_ = kept_apart(20, 80, 0, 0)
    assert open_.bias == wilson(20, 100)
    assert (open_.bias_from, open_.bias_to) == (0.2, 0.2)
    assert kept_apart(20, 60, 15, 5).bias == wilson(20, 80)
    assert kept_apart(20, 60, 15, 5).bias_to == 0.4
    with pytest.raises(BadInput, match="an item"):
        kept_apart(0, 0, 0, 0)
