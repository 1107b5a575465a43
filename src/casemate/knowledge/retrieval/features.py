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
from casemate.knowledge.retrieval.nearness import Nearness
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
    """A question as one side takes it: its terms, those of the two parts of "topic : question", its
    terms in order, its vector."""

    words: Query
    head: Query
    tail: Query
    sequence: list[int]
    vector: Scores
    moved: Scores
    """Its vector, moved to where answers lie."""
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
    exact = gathering.at(_around(places, side.size))
    if exact is not gathering:
        meaning = _by_meaning(side, asked, exact)
    columns = _relative(words, places) | _relative(meaning, places, cosines=True)
    columns |= _inside(side, asked, places)
    columns["length"] = np.log1p(side.body.lengths[places])
    columns["often_cited"] = side.graph.often[places]
    values = np.stack(list(columns.values()), axis=1)
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
    last = len(both) - (_GOOD if len(both) > _GOOD else max(len(both) // _TENTH, 1))
    good = np.maximum(both - np.partition(both, last)[last], 0).astype(np.float32)
    good[~asked.allowed] = 0
    return {"linked": side.graph.best(good), "linked_mean": side.graph.mean(good)}


_GOOD = 200  # the passages of which others get something
_TENTH = 10  # of a small collection: were all of it good, a citation would say nothing
_MEANING_COUNTS = 3  # cosines are close to each other


def _by_meaning(side: Side, asked: Asked, near: Nearness) -> dict[str, Scores]:
    every = near.pieces(asked.vector)
    best, mean = near.order.best(every), near.order.mean(every)
    moved = near.order.best(near.pieces(asked.moved))
    found = {
        "best": best,
        "first": every[near.order.starts],
        "mean": mean,
        "centred": (mean - float(near.middle @ asked.vector)) / near.apart,
        "towards": _towards(near, asked, asked.vector, best),
        "best_around": neighbours(best, side.work, _REACH),
        "moved": moved,
        "moved_towards": _towards(near, asked, asked.moved, moved),
    }
    for number, (vectors, group) in enumerate(zip(near.sections, side.groups, strict=True)):
        found[f"moved_section{number}"] = (vectors @ asked.moved)[group]
    return {name: np.asarray(scores, np.float32) for name, scores in found.items()}


def _towards(near: Nearness, asked: Asked, question: Scores, scores: Scores) -> Scores:
    """How near passages are to the question once more, it and the nearest taken together (Rocchio
    1971)."""
    nearest = _top(np.where(asked.allowed, scores, _NOT), 5)
    towards = question + 0.7 * near.means(nearest).mean(axis=0)
    return near.near_means(towards / np.linalg.norm(towards))


def _top(scores: Scores, count: int) -> Places:
    """The places of the ``count`` best."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]


_BRING_BY_WORDS = ("whole", "expanded", "section0", "near", "tail")
_BRING = (*_BRING_BY_WORDS, "linked")
_BRING_BY_MEANING = ("best", "centred", "towards", "moved", "moved_towards", "moved_section0")


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


def _relative(
    found: Mapping[str, Scores], places: Places, *, cosines: bool = False
) -> dict[str, Scores]:
    """Scores of the candidates against each other: each one's part of the best, how far it is from the
    mean, its rank. Cosines are close to each other: of them the part is how far the best is away."""
    scores = np.stack([row[places] for row in found.values()])
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(scores)
    np.put_along_axis(ranks, order, np.arange(len(places), dtype=np.float32)[None, :], axis=1)
    top = scores.max(axis=1, keepdims=True, initial=_NOT)
    mean, spread = _mean_and_spread(scores)
    kinds = {
        "part": 10 * (scores - top) if cosines else scores / (top + 1e-6),
        "far": (scores - mean) / (spread + 1e-6),
        "rank": 1 / (5 + ranks),
    }
    return {
        f"{name}.{kind}": rows[number]
        for kind, rows in kinds.items()
        for number, name in enumerate(found)
    }


def _mean_and_spread(scores: Scores) -> tuple[Scores, Scores]:
    """Of each row; 0 where there is none."""
    count = max(scores.shape[1], 1)
    mean = scores.sum(axis=1, keepdims=True) / count
    return mean, np.sqrt(((scores - mean) ** 2).sum(axis=1, keepdims=True) / count)


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
