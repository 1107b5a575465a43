"""Which pairs of columns to measure: a tree chosen privately, pair by pair.

MST (McKenna, Miklau and Sheldon 2021): the exponential mechanism takes, again and again, a pair that
joins two parts of the forest, by how far the pair is from independence in L1. As AIM does (McKenna
and others 2022), the error that the noise itself will bring is taken off, so that a large table of a
weakly bound pair is not preferred; that term reads no data.

Scores are whole thousandths of a record against an estimate that is public by then: a record moves
a score by 1000 of them, exactly.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from casemate.protection.privacy_loss import PrivacyLoss
from casemate.protection.privacy_loss.opendp import noisy_max
from casemate.protection.synthesis.domains import Codes
from casemate.protection.synthesis.tree import Edge, Floats

_FINE = 1000


def choose_tree(
    columns: Sequence[Codes],
    estimates: Sequence[Floats],
    total: float,
    loss: PrivacyLoss,
    *,
    contribution: int,
    noise: float,
) -> list[Edge]:
    """The edges of a spanning tree, chosen at ``loss`` (ρ) in all.

    ``estimates``: noisy counts of each column, public. ``noise``: the standard deviation with which a
    chosen pair will be measured.
    """
    pairs = list(combinations(range(len(columns)), 2))
    scores = {
        pair: dependence(columns, estimates, pair, total)
        - _penalty(len(estimates[pair[0]]) * len(estimates[pair[1]]), noise)
        for pair in pairs
    }
    part = list(range(len(columns)))
    chosen: list[Edge] = []
    share = loss.split(max(1, len(columns) - 1))
    while len(chosen) < len(columns) - 1:
        open_pairs = [(a, b) for a, b in pairs if part[a] != part[b]]
        place = noisy_max(
            [scores[pair] for pair in open_pairs],
            _FINE * contribution,
            share.amount,
            concentrated=True,
        )
        one, other = open_pairs[place]
        chosen.append((one, other))
        part = [part[one] if label == part[other] else label for label in part]
    return chosen


def choose_more(
    columns: Sequence[Codes],
    support: Mapping[int, Codes],
    sizes: Sequence[int],
    edges: Sequence[Edge],
    total: float,
    loss: PrivacyLoss,
    *,
    many: int,
    contribution: int,
    noise: float,
) -> list[Edge]:
    """``many`` pairs besides the tree's that it keeps worst, chosen at ``loss`` (ρ) in all.

    ``support``: records of the tree's distribution, public by then; a pair's score is the distance in
    L1 between its counts and theirs, less the error that measuring it will bring (AIM).
    """
    open_pairs = [p for p in combinations(range(len(columns)), 2) if p not in set(edges)]
    scores = {}
    for pair in open_pairs:
        shape = sizes[pair[0]], sizes[pair[1]]
        counts = pair_counts([support[column] for column in range(len(sizes))], pair, shape)
        expected = np.rint(counts * (_FINE * total / counts.sum())).astype(np.int64)
        gap = np.abs(_FINE * pair_counts(columns, pair, shape) - expected).sum()
        scores[pair] = int(gap) - _penalty(shape[0] * shape[1], noise)
    chosen: list[Edge] = []
    share = loss.split(max(1, many))
    for _ in range(many):
        amounts = [scores[pair] for pair in open_pairs]
        place = noisy_max(amounts, _FINE * contribution, share.amount, concentrated=True)
        chosen.append(open_pairs.pop(place))
    return chosen


def dependence(
    columns: Sequence[Codes], estimates: Sequence[Floats], pair: Edge, total: float
) -> int:
    """How far the pair's counts are from those of independent columns, in thousandths of a record."""
    one, other = estimates[pair[0]], estimates[pair[1]]
    expected = np.rint(np.outer(one, other) * (_FINE / total)).astype(np.int64)
    return int(np.abs(_FINE * pair_counts(columns, pair, expected.shape) - expected).sum())


def pair_counts(columns: Sequence[Codes], pair: Edge, shape: tuple[int, ...]) -> Codes:
    """Exact counts of two columns' codes against each other."""
    cells = columns[pair[0]] * shape[1] + columns[pair[1]]
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)


def _penalty(cells: int, noise: float) -> int:
    return round(_FINE * math.sqrt(2 / math.pi) * noise * cells)
