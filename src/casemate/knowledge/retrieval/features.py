"""What the ranker sees of a passage: scores by words, by meaning and by place, made comparable between
corpora.

Nothing here knows a corpus: each score is told against the best and the spread of the question's own
candidates.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from casemate.knowledge.retrieval.lexical import Places, Query, Scores, expanded
from casemate.knowledge.retrieval.nearness import Nearness, Vectors
from casemate.knowledge.retrieval.side import Side, neighbours

Flags = NDArray[np.bool_]

_TOGETHER = 150
"""Candidates that each of the first scores brings."""
_NOT = np.float32(-1e9)
_REACH = 2
"""Neighbours in the text, either way, whose nearness counts for a passage."""
_FIRST = 25  # terms at a passage's beginning, where it says what it is about


@dataclass(frozen=True)
class Asked:
    """A question as one side takes it: its terms, the two parts of "topic : question", their vectors,
    in order."""

    words: Query
    head: Query
    tail: Query
    sequence: list[int]
    vectors: Vectors
    """Of the whole, the head, the tail; a row each."""
    allowed: Flags


@dataclass(frozen=True)
class Candidates:
    """The places that may answer, and a row of features for each."""

    places: Places
    names: tuple[str, ...]
    values: NDArray[np.float32]


def candidates(side: Side, asked: Asked, also: Sequence[int] = ()) -> Candidates:
    """The passages worth ranking, those in ``also`` among them, with their features."""
    words = _by_words(side, asked)
    gathering = side.nearness.gathering(
        asked.allowed, lambda: _gathered(asked.allowed, words, {}, _BRING_BY_WORDS)
    )
    meaning = _by_meaning(side, asked, gathering)
    words |= _by_links(side, asked, words["whole"], meaning["towards"])
    places = np.union1d(_gathered(asked.allowed, words, meaning), also).astype(np.int64)
    columns: dict[str, Scores] = {}
    for name, scores in words.items():
        columns |= _relative(name, scores[places])
    exact = gathering.at(_around(places, side.size))
    if exact is not gathering:
        meaning = _by_meaning(side, asked, exact)
    near = {name: scores[places] for name, scores in meaning.items()}
    for name, scores in (near | _by_parts(side, asked, places, near["best"])).items():
        columns |= _relative(name, scores, meaning=True)
    columns |= _inside(side, asked, places)
    columns["length"] = np.log1p(side.body.lengths[places])
    columns["often_cited"] = side.graph.often[places]
    values = (
        np.stack(list(columns.values()), axis=1) if len(places) else np.zeros((0, len(columns)))
    )
    return Candidates(places, tuple(columns), np.asarray(values, np.float32))


def _by_words(side: Side, asked: Asked) -> dict[str, Scores]:
    whole = side.whole.score(asked.words)
    found = {
        "whole": whole,
        "body": side.body.score(asked.words),
        "above": side.above.score(asked.words),
        "head": side.whole.score(asked.head),
        "tail": side.whole.score(asked.tail),
        "covered": side.whole.coverage(asked.words),
        "covered_body": side.body.coverage(asked.words),
        "covered_tail": side.whole.coverage(asked.tail),
        "near": neighbours(whole, side.work, 1),
        "around": neighbours(whole, side.work, 4),
    }
    allowed = np.where(asked.allowed, whole, 0)
    for number, (section, group) in enumerate(zip(side.sections, side.groups, strict=True)):
        found[f"section{number}"] = section.score(asked.words)[group]
        found[f"votes{number}"] = _votes(allowed, group)
    found["expanded"] = side.whole.score(expanded(side.whole, asked.words, allowed))
    return found


def _votes(scores: Scores, group: Places, voters: int = 60) -> Scores:
    """For each passage, how much of the best passages' mass lies in its section."""
    best = np.argpartition(-scores, min(voters, len(scores) - 1))[:voters]
    mass = scores[best] / max(float(scores.max()), 1e-6)
    return np.bincount(group[best], weights=mass, minlength=int(group.max()) + 1)[group].astype(
        np.float32
    )


def _by_links(side: Side, asked: Asked, words: Scores, meaning: Scores) -> dict[str, Scores]:
    """What a passage gets of the good ones that it cites or that cite it."""
    both = words / max(float(words.max()), 1e-6) + _MEANING_COUNTS * meaning
    both = np.where(asked.allowed, both, _NOT)
    last = max(len(both) - _GOOD, 0)
    good = np.maximum(both - np.partition(both, last)[last], 0).astype(np.float32)
    good[~asked.allowed] = 0
    return {"linked": side.graph.best(good), "linked_mean": side.graph.mean(good)}


_GOOD = 200  # the passages of which others get something
_MEANING_COUNTS = 3  # cosines are close to each other


def _by_meaning(side: Side, asked: Asked, near: Nearness) -> dict[str, Scores]:
    question = asked.vectors[0]
    every = near.pieces(question)
    best, mean = near.order.best(every), near.order.mean(every)
    nearest = _top(np.where(asked.allowed, best, _NOT), 5)
    towards = question + 0.7 * near.means(nearest).mean(axis=0)
    found = {
        "best": best,
        "first": every[near.order.starts],
        "mean": mean,
        "centred": (mean - float(near.middle @ question)) / near.apart,
        "towards": near.near_means(towards / np.linalg.norm(towards)),
        "best_around": neighbours(best, side.work, _REACH),
    }
    for number, (vectors, group) in enumerate(zip(near.sections, side.groups, strict=True)):
        found[f"section_mean{number}"] = (vectors @ question)[group]
    return {name: np.asarray(scores, np.float32) for name, scores in found.items()}


def _by_parts(side: Side, asked: Asked, places: Places, whole: Scores) -> dict[str, Scores]:
    """How near these passages are to the question's parts; a part that is the whole is near as that is."""
    parts = {"best_head": asked.vectors[1], "best_tail": asked.vectors[2]}
    own = [name for name, row in parts.items() if row.tobytes() != asked.vectors[0].tobytes()]
    found = dict.fromkeys(parts, whole)
    if own:
        scores = side.nearness.best(places, np.stack([parts[name] for name in own]))
        found |= {name: scores[:, column] for column, name in enumerate(own)}
    return found


def _top(scores: Scores, count: int) -> Places:
    """The places of the ``count`` best."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]


_BRING_BY_WORDS = ("whole", "expanded", "section0", "near", "tail")
_BRING = (*_BRING_BY_WORDS, "linked")
_BRING_BY_MEANING = ("best", "centred", "towards", "section_mean0")


def _gathered(
    allowed: Flags,
    words: Mapping[str, Scores],
    meaning: Mapping[str, Scores],
    bring: Sequence[str] = _BRING,
) -> Places:
    """The best by each of several scores, in the order of the text."""
    chosen: set[int] = set()
    for name in bring:
        scores = np.where(allowed & (words[name] > 0), words[name], _NOT)
        chosen.update(_best(scores))
    for name in _BRING_BY_MEANING if meaning else ():
        chosen.update(_best(np.where(allowed, meaning[name], _NOT)))
    return np.array(sorted(chosen), np.int64)


def _around(places: Places, size: int) -> Places:
    """The places and their neighbours."""
    reach = np.arange(-_REACH, _REACH + 1)
    return np.unique(np.clip(places[:, None] + reach, 0, size - 1))


def _best(scores: Scores) -> list[int]:
    top = _top(scores, _TOGETHER)
    good: list[int] = top[scores[top] > _NOT].tolist()
    return good


def _relative(name: str, scores: Scores, *, meaning: bool = False) -> dict[str, Scores]:
    """A score against the other candidates': its part of the best, how far from the mean, its rank."""
    if not len(scores):
        return {f"{name}.{kind}": scores for kind in ("part", "far", "rank")}
    top, spread = float(scores.max()), float(scores.std()) + 1e-6
    ranks = np.empty(len(scores), np.float32)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    part = 10 * (scores - top) if meaning else scores / (top + 1e-6)
    return {
        f"{name}.part": part,
        f"{name}.far": (scores - scores.mean()) / spread,
        f"{name}.rank": 1 / (5 + ranks),
    }


def _inside(side: Side, asked: Asked, places: Places) -> dict[str, Scores]:
    """How the question's words lie in each candidate: from where on, how dense, beside each other."""
    starts, ends = side.starts[places], side.starts[places + 1]
    lengths = ends - starts
    offsets = np.append(0, np.cumsum(lengths))
    own = np.repeat(np.arange(len(places)), lengths)
    inner = np.arange(offsets[-1]) - offsets[own]
    tokens = side.tokens[np.repeat(starts, lengths) + inner]
    wanted = np.zeros(len(side.vocabulary) + 1, bool)
    wanted[list(asked.words)] = True
    hit = wanted[tokens]
    first = np.full(len(places), np.inf)
    np.minimum.at(first, own[hit], inner[hit])
    found = {
        "from": 1 / (1 + first / 20),
        "dense": np.bincount(own[hit], minlength=len(places)) / np.maximum(lengths, 10),
        "phrase": _runs(asked.sequence, tokens, own, len(places)),
        "beginning": _beginning(
            side, asked, tokens[inner < _FIRST], own[inner < _FIRST], len(places)
        ),
    }
    return {name: np.asarray(values, np.float32) for name, values in found.items()}


def _runs(sequence: list[int], tokens: NDArray[np.int32], own: Places, count: int) -> Scores:
    """The share of the question's pairs of neighbouring words that are neighbours in the passage."""
    pairs = set(itertools.pairwise(sequence))
    if not pairs:
        single = np.zeros(count, np.float32)
        single[np.unique(own[np.isin(tokens, sequence)])] = 1
        return single
    many = np.int64(max(int(tokens.max(initial=0)), *sequence) + 2)
    asked = [(before + 1) * many + after + 1 for before, after in pairs]
    there = (tokens[:-1].astype(np.int64) + 1) * many + tokens[1:] + 1
    hit = np.flatnonzero((own[1:] == own[:-1]) & np.isin(there, asked))
    each = np.unique(np.stack([own[hit], there[hit]]), axis=1)[0]
    return (np.bincount(each, minlength=count) / len(pairs)).astype(np.float32)


def _beginning(
    side: Side, asked: Asked, tokens: NDArray[np.int32], own: Places, count: int
) -> Scores:
    """The share of the question, by rarity, at the passage's beginning."""
    idf = side.whole.idf
    hit = np.isin(tokens, list(asked.words))
    each, terms = np.unique(np.stack([own[hit], tokens[hit]]), axis=1)
    share = np.bincount(each, weights=idf[terms], minlength=count)
    total = sum(float(idf[term]) for term in asked.words)
    return np.asarray(share / max(total, 1e-6), np.float32)
