"""SafePub: the δ of the theorem in exact fractions, and the promise itself on every possible draw."""

import itertools
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.protection import DifferentialPrivacy, Hierarchy, intervals, suppressible
from casemate.protection.grouping import distinct_tuples, group_table
from casemate.protection.safepub import drawn_counts, excesses, finished_sample, scheme_worth
from casemate.protection.sampling_privacy import (
    ONE,
    largest_sampling,
    sampling_delta,
    smallest_class,
)

HIERARCHIES: dict[str, Hierarchy] = {"age": intervals(2, 4), "sex": suppressible()}
ROW = st.tuples(st.integers(0, 7), st.sampled_from(["f", "m"]))
Rows = list[tuple[int, str]]


def e_to(epsilon: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 60
        return Fraction((Decimal(epsilon.numerator) / Decimal(epsilon.denominator)).exp())


def binomial(j: int, n: int, beta: Fraction) -> Fraction:
    return math.comb(n, j) * beta**j * (1 - beta) ** (n - j)


def delta_by_definition(k: int, beta: Fraction, epsilon: Fraction, most: int) -> Fraction:
    """Theorem 5 of Li, Qardaji and Su (2012), term by term; the maximum over n up to ``most``."""
    gamma = (e_to(epsilon) - 1 + beta) / e_to(epsilon)
    start = math.ceil(k / gamma - 1)
    return max(
        sum(
            (binomial(j, n, beta) for j in range(math.floor(gamma * n) + 1, n + 1)),
            Fraction(0),
        )
        for n in range(max(start, 1), most)
    )


@settings(max_examples=25, deadline=None)
@given(
    k=st.integers(1, 12),
    tenths=st.integers(1, 25),
    part=st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 5)]),
)
def test_delta_is_that_of_the_theorem(k: int, tenths: int, part: Fraction) -> None:
    epsilon = Fraction(tenths, 10)
    # a short β keeps the sums of fractions short
    beta = Fraction(math.floor(largest_sampling(epsilon) * part * 256), 256)
    if not beta:
        return
    found = sampling_delta(k, beta, epsilon)
    exact = float(delta_by_definition(k, beta, epsilon, 90))
    assert exact <= found
    assert found == pytest.approx(exact, rel=1e-8)


@settings(max_examples=12, deadline=None)
@given(tenths=st.integers(1, 30), power=st.integers(1, 9))
def test_k_is_the_least_that_reaches_delta(tenths: int, power: int) -> None:
    epsilon, delta = Fraction(tenths, 10), Fraction(1, 10**power)
    beta = largest_sampling(epsilon)
    k = smallest_class(epsilon, delta, beta)
    assert sampling_delta(k, beta, epsilon) <= delta
    assert k == 1 or sampling_delta(k - 1, beta, epsilon) > delta


def test_the_share_drawn_is_the_largest_of_64_bits() -> None:
    for text in ("0.01", "0.5", "1", "3"):
        epsilon = Fraction(text)
        beta = largest_sampling(epsilon)
        limit = 1 - 1 / e_to(epsilon)
        assert beta <= limit < beta + Fraction(1, ONE)


def outcomes(rows: Rows, node: tuple[int, int], beta: Fraction, k: int) -> dict[Any, Fraction]:
    """The probability of every table that can leave: all draws, through the code that publishes."""
    frame = pl.DataFrame(rows, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    collected = group_table(frame, list(HIERARCHIES))
    tuples = distinct_tuples(collected, list(HIERARCHIES.values()))
    found: dict[Any, Fraction] = {}
    low, high = b"\x00" * 8, b"\xff" * 8
    for draw in itertools.product([True, False], repeat=len(rows)):
        word = b"".join(low if taken else high for taken in draw)
        counts = drawn_counts(tuples.counts, beta, lambda _, word=word: word)  # type: ignore[misc]
        assert counts.sum() == sum(draw)
        left = tuple(finished_sample(tuples, node, counts, k, collected.values).rows())
        chance = beta ** sum(draw) * (1 - beta) ** (len(draw) - sum(draw))
        found[left] = found.get(left, Fraction(0)) + chance
    assert sum(found.values()) == 1
    return found


def beyond(left: dict[Any, Fraction], right: dict[Any, Fraction], factor: Fraction) -> Fraction:
    """The least δ with ``P(left in S) <= factor P(right in S) + δ`` for every set S of outcomes."""
    return sum(
        (max(Fraction(0), p - factor * right.get(key, Fraction(0))) for key, p in left.items()),
        Fraction(0),
    )


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=6),
    more=ROW,
    node=st.tuples(st.integers(0, 3), st.integers(0, 1)),
    tenths=st.integers(2, 20),
    k=st.integers(1, 4),
)
def test_neighbours_cannot_be_told_apart_beyond_epsilon_and_delta(
    rows: Rows, more: tuple[int, str], node: tuple[int, int], tenths: int, k: int
) -> None:
    epsilon = Fraction(tenths, 10)
    beta = Fraction(math.floor(largest_sampling(epsilon) * 64), 64)
    if not beta:
        return
    delta = Fraction(sampling_delta(k, beta, epsilon))
    without, with_one = outcomes(rows, node, beta, k), outcomes([*rows, more], node, beta, k)
    factor = e_to(epsilon)
    assert beyond(with_one, without, factor) <= delta
    assert beyond(without, with_one, factor) <= delta


def test_the_bound_is_felt() -> None:
    """With half the δ the promise breaks: the test above would notice a k too small."""
    epsilon, k = Fraction(1), 3
    beta = Fraction(math.floor(largest_sampling(epsilon) * 64), 64)
    delta = Fraction(sampling_delta(k, beta, epsilon))
    same: Rows = [(0, "f")] * 4
    worst = max(
        beyond(
            outcomes(same[: many + 1], (3, 1), beta, k),
            outcomes(same[:many], (3, 1), beta, k),
            e_to(epsilon),
        )
        for many in (1, 2, 3)
    )
    assert delta / 10 < worst <= delta


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=25), more=ROW, needed=st.integers(1, 5))
def test_one_record_moves_no_score_by_more_than_the_largest_worth(
    rows: Rows, more: tuple[int, str], needed: int
) -> None:
    scores = []
    for table in (rows, [*rows, more]):
        frame = pl.DataFrame(table, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
        tuples = distinct_tuples(group_table(frame, ["age", "sex"]), list(HIERARCHIES.values()))
        worth = scheme_worth(tuples.ladders)
        found = dict(excesses(tuples, (0, 0), (3, 1), needed))
        assert set(found) == set(itertools.product(range(4), range(2)))
        for node, excess in found.items():
            sizes = tuples.group(node).sizes
            assert excess == int(np.maximum(sizes - needed, 0).sum())
        scores.append({node: worth(node) * excess for node, excess in found.items()})
    most = max(worth(node) for node in scores[0])
    assert all(0 <= scores[1][node] - scores[0][node] <= most for node in scores[0])


@settings(max_examples=50, deadline=None)
@given(
    counts=st.lists(st.integers(0, 6), min_size=1, max_size=12),
    words=st.data(),
    share=st.integers(1, ONE - 1),
)
def test_each_record_is_drawn_by_its_own_64_bits(
    counts: list[int], words: st.DataObject, share: int
) -> None:
    many = sum(counts)
    drawn = words.draw(st.lists(st.integers(0, ONE - 1), min_size=many, max_size=many))
    bits = b"".join(word.to_bytes(8, "little") for word in drawn)
    found = drawn_counts(np.array(counts), Fraction(share, ONE), lambda size: bits[:size])
    rest = iter(drawn)
    assert found.tolist() == [sum(next(rest) < share for _ in range(count)) for count in counts]


def test_parts_of_epsilon_add_up() -> None:
    privacy = DifferentialPrivacy("1", "1e-6", choosing="0.1")
    assert privacy.epsilon_choosing + privacy.epsilon_sampling == 1
    assert privacy.share_drawn == largest_sampling(Fraction(9, 10))
