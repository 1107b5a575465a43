"""How near a side's passages are to a question in meaning, wherever their vectors lie: in this process'
memory, or in the database that several share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from casemate.knowledge.retrieval.lexical import Places, Scores

if TYPE_CHECKING:
    from casemate.knowledge.sharing import SharedSide

Vectors = NDArray[np.float32]
Flags = NDArray[np.bool_]

_SUMMARY = "meaning.npz"


class Nearness(Protocol):
    """A passage has one vector or several, its pieces'; its mean is theirs, not of length 1: who says one
    thing is longer than who says many."""

    @property
    def order(self) -> "Pieces":
        """Which pieces are whose."""

    @property
    def middle(self) -> Vectors:
        """What all passages share: the mean of their means."""

    @property
    def apart(self) -> Scores:
        """How long each mean is without what all share (Mu and Viswanath 2018)."""

    @property
    def sections(self) -> tuple[Vectors, ...]:
        """The mean vector of each section, of length 1; narrow sections, then wide ones."""

    def pieces(self, row: Scores) -> Scores:
        """The cosine of a question with every piece."""

    def best(self, places: Places, rows: Vectors) -> Vectors:
        """The cosine of the nearest piece of each of these passages, in ascending order; a column a
        question."""

    def means(self, places: Places) -> Vectors:
        """The means of these passages, in any order."""

    def near_means(self, row: Scores) -> Scores:
        """The inner product of a question with every passage's mean."""

    def gathering(self, allowed: Flags, words: Callable[[], Places]) -> "Nearness":
        """This for the choice of candidates among ``allowed``, some of which ``words`` bring."""

    def at(self, places: Places) -> "Nearness":
        """This, exact at ``places`` in ascending order."""

    def save(self, folder: Path) -> None:
        """Write what this machine keeps of it under ``folder``."""


@dataclass(frozen=True)
class Pieces:
    """Which pieces each passage has, in the order of the text."""

    starts: Places
    count: int

    @cached_property
    def each(self) -> Scores:
        """How many each passage has."""
        return np.asarray(np.diff(np.append(self.starts, self.count)), np.float32)

    @property
    def one_each(self) -> bool:
        """Whether every passage has one."""
        return self.count == len(self.starts)

    def of(self, places: Places) -> tuple[Places, Places]:
        """The pieces of these passages, and where each passage's begin among them."""
        counts = self.each[places].astype(np.int64)
        begins = np.append(0, np.cumsum(counts))[:-1]
        pieces = np.repeat(self.starts[places] - begins, counts) + np.arange(counts.sum())
        return pieces, begins

    def best(self, scores: Any) -> Any:
        """Of the scores of every piece the best of each passage."""
        return scores if self.one_each else np.maximum.reduceat(scores, self.starts)

    def mean(self, scores: Scores) -> Scores:
        """Of the scores of every piece the mean of each passage."""
        if self.one_each:
            return scores
        return np.asarray(np.add.reduceat(scores, self.starts) / self.each, np.float32)


@dataclass(frozen=True)
class HeldVectors:
    """Vectors in memory, a row a piece."""

    vectors: Vectors
    order: Pieces
    groups: tuple[Places, Places]

    @cached_property
    def middle(self) -> Vectors:
        return np.asarray(self._means.mean(axis=0), np.float32)

    @cached_property
    def apart(self) -> Scores:
        whole = np.linalg.norm(self._means - self.middle, axis=1)
        return np.asarray(np.maximum(whole, 1e-6), np.float32)

    @cached_property
    def sections(self) -> tuple[Vectors, ...]:
        return tuple(_unit(np.asarray(membership(group) @ self._means)) for group in self.groups)

    def pieces(self, row: Scores) -> Scores:
        return np.asarray(row @ self._columns, np.float32)

    def best(self, places: Places, rows: Vectors) -> Vectors:
        pieces, begins = self.order.of(places)
        return _best(self.vectors[pieces] @ rows.T, begins)

    def means(self, places: Places) -> Vectors:
        return self._means[places]

    def near_means(self, row: Scores) -> Scores:
        return np.asarray(row @ self._mean_columns, np.float32)

    def gathering(self, allowed: Flags, words: Callable[[], Places]) -> "HeldVectors":
        return self

    def at(self, places: Places) -> "HeldVectors":
        return self

    @classmethod
    def load(cls, folder: Path, starts: Places, groups: tuple[Places, Places]) -> "HeldVectors":
        """What ``save`` wrote."""
        vectors = np.load(folder / "vectors.npy").astype(np.float32)
        return cls(vectors, Pieces(starts, len(vectors)), groups)

    def save(self, folder: Path) -> None:
        np.save(folder / "vectors.npy", self.vectors.astype(np.float16))

    @cached_property
    def _means(self) -> Vectors:
        if self.order.one_each:
            return self.vectors
        sums = np.add.reduceat(self.vectors, self.order.starts)
        return np.asarray(sums / self.order.each[:, None], np.float32)

    @cached_property
    def _columns(self) -> Vectors:
        """The vectors, one a column: a question's product with them is twice as fast."""
        return np.ascontiguousarray(self.vectors.T)

    @cached_property
    def _mean_columns(self) -> Vectors:
        return self._columns if self.order.one_each else np.ascontiguousarray(self._means.T)


@dataclass(frozen=True)
class SharedNearness:
    """Vectors in the shared database; what is made of all of them at once is held here."""

    side: "SharedSide"
    order: Pieces
    middle: Vectors
    apart: Scores
    sections: tuple[Vectors, ...]

    @classmethod
    def of(cls, held: HeldVectors, side: "SharedSide") -> "SharedNearness":
        """Of vectors in memory that were placed as ``side``."""
        return cls(side, held.order, held.middle, held.apart, held.sections)

    @classmethod
    def load(cls, folder: Path, starts: Places, side: "SharedSide") -> "SharedNearness":
        """What ``save`` wrote."""
        with np.load(folder / _SUMMARY) as held:
            sections = (held["narrow"], held["wide"])
            return cls(side, Pieces(starts, side.pieces), held["middle"], held["apart"], sections)

    def save(self, folder: Path) -> None:
        narrow, wide = self.sections
        np.savez(folder / _SUMMARY, middle=self.middle, apart=self.apart, narrow=narrow, wide=wide)

    def pieces(self, row: Scores) -> Scores:
        return self.side.near(row)

    def best(self, places: Places, rows: Vectors) -> Vectors:
        pieces, begins = self.order.of(places)
        return _best(self.side.near_some(rows, pieces), begins)

    def means(self, places: Places) -> Vectors:
        pieces, begins = self.order.of(np.sort(places))
        sums = np.add.reduceat(self.side.vectors(pieces), begins)
        return np.asarray(sums / self.order.each[np.sort(places)][:, None], np.float32)

    def near_means(self, row: Scores) -> Scores:
        return self.order.mean(self.pieces(row))

    def gathering(self, allowed: Flags, words: Callable[[], Places]) -> "SharedNearness":
        return NearestFirst.of_side(self, allowed, words) if self.side.nearest_only else self

    def at(self, places: Places) -> "SharedNearness":
        return self


@dataclass(frozen=True)
class SomePlaces(SharedNearness):
    """Exact at some places; of the others it is taken that they are as near as passages are in the mean.

    That keeps a time that hardly grows with the collection.
    """

    places: Places

    def pieces(self, row: Scores) -> Scores:
        scores = np.full(self.order.count, float(self.middle @ row), np.float32)
        pieces, _ = self.order.of(self.places)
        scores[pieces] = self.side.near_some(row[None, :], pieces)[:, 0]
        return scores


@dataclass(frozen=True)
class NearestFirst(SharedNearness):
    """Exact at the places that a graph over the vectors leads to, and at those that words bring."""

    allowed: Flags
    words: Callable[[], Places]

    @classmethod
    def of_side(
        cls, whole: SharedNearness, allowed: Flags, words: Callable[[], Places]
    ) -> "NearestFirst":
        """This of a side's nearness."""
        return cls(
            whole.side,
            whole.order,
            whole.middle,
            whole.apart,
            whole.sections,
            allowed,
            cache(words),
        )

    def pieces(self, row: Scores) -> Scores:
        found = np.union1d(self._nearest(row), self.words()).astype(np.int64)
        return self.at(found).pieces(row)

    def at(self, places: Places) -> SomePlaces:
        return SomePlaces(self.side, self.order, self.middle, self.apart, self.sections, places)

    def _nearest(self, row: Scores) -> Places:
        """Where few passages are allowed, the graph would seldom lead to them: then all of them."""
        share = float(self.allowed.mean())
        if share < _FEW:
            return np.flatnonzero(self.allowed)
        pieces = self.side.nearest(row, round(_NEAREST / share))
        return np.asarray(np.searchsorted(self.order.starts, pieces, side="right") - 1, np.int64)


_NEAREST = 400
"""Pieces that the graph brings, of those in force."""
_FEW = 0.25


def membership(group: Places) -> Any:
    """A matrix that sums passages by their group."""
    ones = np.ones(len(group), np.float32)
    return sparse.csr_matrix((ones, (group, np.arange(len(group)))))


def _best(scores: Any, begins: Places) -> Vectors:
    return np.asarray(np.maximum.reduceat(scores, begins) if len(begins) else scores, np.float32)


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-6), np.float32)
