"""Sentences of a text against those of its other language: beads of none, one or two on either side.

Lengths decide (Gale and Church, A Program for Aligning Sentences in Bilingual Corpora, 1993), helped by
what no translation changes: marks of points, numbers, days, and words that look alike (Simard, Foster and
Isabelle, 1992). Vectors of an encoder may be added. The cheapest chain of beads is found by dynamic
programming, so it is monotone and leaves no sentence out. NLTK has the lengths alone, and no anchors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from casemate.errors import BadInput
from casemate.knowledge.marks import marks
from casemate.search_words import words

Matrix = NDArray[np.float64]
Nearness = Callable[[Sequence[str], Sequence[str]], Matrix]
"""Cosine of every sentence of one side with every one of the other."""

MOST_CELLS = 1_000_000
"""Sentences of one side times those of the other: some three seconds."""
_VARIANCE = 6.8  # characters squared a character: Gale and Church, section 3
_BEADS = {(1, 1): 0.89, (1, 0): 0.005, (0, 1): 0.005, (2, 1): 0.0445, (1, 2): 0.0445, (2, 2): 0.011}
"""How often each happens: table 5 of Gale and Church, each direction by itself."""
_OF_A_MARK, _OF_A_NUMBER, _OF_A_COGNATE, _OF_NEARNESS = 3.0, 1.0, 0.4, 20.0
_ALIKE = 5  # letters at their beginning that two words share
_USUAL = 0.84  # cosine of e5 between sentences that have nothing to do with each other


@dataclass(frozen=True, slots=True)
class Side:
    """The sentences of one language, and the mark of each, empty where it has none."""

    language: str
    sentences: Sequence[str]
    anchors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Bead:
    """Sentences ``source`` of one side say what ``target`` of the other do; either may be empty."""

    source: range
    target: range
    cost: float
    """In nats: the lower, the surer."""


def align(source: Side, target: Side, nearness: Nearness | None = None) -> list[Bead]:
    """The beads of two texts that say the same, in order; together they are all of both.

    Raises ``BadInput`` where there are too many sentences.
    """
    rows, columns = len(source.sentences), len(target.sentences)
    if rows * columns > MOST_CELLS:
        raise BadInput(
            f"{rows} sentences against {columns} are too many to align: at most {MOST_CELLS} pairs"
        )
    costs = _costs(source, target, nearness)
    return _cheapest(costs, rows, columns)


def _costs(source: Side, target: Side, nearness: Nearness | None) -> dict[tuple[int, int], Matrix]:
    """What each kind of bead costs that ends before (i, j)."""
    ours, theirs = _lengths(source), _lengths(target)
    ratio = float(np.clip(theirs.sum() / max(ours.sum(), 1.0), 0.5, 2.0))
    evidence = _evidence(source, target, nearness)
    alone_ours, alone_theirs = _alone(source), _alone(target)
    found = {}
    for (more, others), share in _BEADS.items():
        here, there = _runs(ours, more), _runs(theirs, others)
        cost = _of_lengths(here[:, None] * ratio, there[None, :]) - np.log(share)
        cost += _runs(alone_ours, more)[:, None] + _runs(alone_theirs, others)[None, :]
        found[more, others] = cost - _block(evidence, more, others)
    return found


def _lengths(side: Side) -> Matrix:
    return np.array([max(len(one), 1) for one in side.sentences], np.float64)


def _of_lengths(expected: Matrix, found: Matrix) -> Matrix:
    """Minus the logarithm of how likely lengths differ at least as much."""
    spread = np.sqrt(_VARIANCE * np.maximum((expected + found) / 2, 1.0))
    cost: Matrix = -(np.log(2.0) + log_ndtr(-np.abs(found - expected) / spread))
    return np.minimum(cost, 30.0)


def _runs(values: Matrix, of: int) -> Matrix:
    """Sums of ``of`` values that end at each place."""
    whole = np.concatenate([[0.0], np.cumsum(values)])
    return whole[of:] - whole[: len(whole) - of] if of <= len(values) else np.zeros(0)


def _block(evidence: Matrix, rows: int, columns: int) -> Matrix:
    """What blocks of that size have in common. In two against two, each sentence counts against one."""
    if not rows or not columns:
        shape = (evidence.shape[0] - rows + 1, evidence.shape[1] - columns + 1)
        return np.zeros((max(shape[0], 0), max(shape[1], 0)))
    if (rows, columns) == (1, 1):
        return evidence
    if rows == 1 or columns == 1:
        first = evidence[: -(rows - 1) or None, : -(columns - 1) or None]
        return first + evidence[rows - 1 :, columns - 1 :]
    return np.maximum(evidence[:-1, :-1] + evidence[1:, 1:], evidence[:-1, 1:] + evidence[1:, :-1])


def _alone(side: Side) -> Matrix:
    """What a sentence costs whose mark and numbers have no counterpart."""
    numbers = [len(_numbers(one, side.language)) for one in side.sentences]
    marked = [bool(one) for one in _anchors(side)]
    return _OF_A_NUMBER * np.array(numbers, np.float64) + _OF_A_MARK * np.array(marked, np.float64)


def _evidence(source: Side, target: Side, nearness: Nearness | None) -> Matrix:
    """For each two sentences, what they have in common."""
    shared = (
        2
        * _OF_A_NUMBER
        * _common(
            [_numbers(one, source.language) for one in source.sentences],
            [_numbers(one, target.language) for one in target.sentences],
        )
    )
    shared += (
        2
        * _OF_A_MARK
        * _common(
            [frozenset({one} - {""}) for one in _anchors(source)],
            [frozenset({one} - {""}) for one in _anchors(target)],
        )
    )
    shared += _OF_A_COGNATE * _common(
        [_beginnings(one) for one in source.sentences],
        [_beginnings(one) for one in target.sentences],
    )
    if nearness is not None and len(source.sentences) and len(target.sentences):
        shared += _OF_NEARNESS * (nearness(source.sentences, target.sentences) - _USUAL)
    return shared


def _anchors(side: Side) -> Sequence[str]:
    return side.anchors or [""] * len(side.sentences)


@lru_cache(20_000)
def _numbers(sentence: str, language: str) -> frozenset[str]:
    found = marks(sentence, language)
    return frozenset({*found.numbers, *found.days})


@lru_cache(20_000)
def _beginnings(sentence: str) -> frozenset[str]:
    long = (word for word in words(sentence) if len(word) >= _ALIKE and word.isalpha())
    return frozenset(word[:_ALIKE] for word in long)


def _common(ours: Sequence[frozenset[str]], theirs: Sequence[frozenset[str]]) -> Matrix:
    """How many things each two of them share."""
    known = sorted(frozenset().union(*ours) & frozenset().union(*theirs))
    places = {one: number for number, one in enumerate(known)}

    def held(sides: Sequence[frozenset[str]]) -> Matrix:
        found = np.zeros((len(sides), len(known)))
        for row, things in enumerate(sides):
            found[row, [places[one] for one in things if one in places]] = 1.0
        return found

    return held(ours) @ held(theirs).T


def _cheapest(costs: dict[tuple[int, int], Matrix], rows: int, columns: int) -> list[Bead]:
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    step: list[list[tuple[int, int]]] = [[(0, 0)] * (columns + 1) for _ in range(rows + 1)]
    listed = [(shape, cost.tolist()) for shape, cost in costs.items()]
    for i in range(rows + 1):
        for j in range(columns + 1):
            if not i and not j:
                continue
            best[i][j], step[i][j] = min(
                (best[i - more][j - others] + cost[i - more][j - others], (more, others))
                for (more, others), cost in listed
                if more <= i and others <= j
            )
    return _chain(best, step, rows, columns)


def _chain(
    best: list[list[float]], step: list[list[tuple[int, int]]], i: int, j: int
) -> list[Bead]:
    beads = []
    while i or j:
        more, others = step[i][j]
        cost = best[i][j] - best[i - more][j - others]
        beads.append(Bead(range(i - more, i), range(j - others, j), cost))
        i, j = i - more, j - others
    return beads[::-1]
