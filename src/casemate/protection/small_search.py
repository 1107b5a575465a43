"""Searches of tables with few tuples, by class size alone: the loop over nodes is compiled too.

See ``kernels_search``, which works on the arrays that are put together here.
"""

import importlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from casemate.protection.attacker import SizeJudge
from casemate.protection.detail import Detail
from casemate.protection.ladders import Floats
from casemate.protection.lattice import Lattice
from casemate.protection.loops import compiling
from casemate.protection.measures import DiscernibilityScorer, EntropyScorer, LossScorer, Scorer
from casemate.protection.models import PrivacyModel
from casemate.protection.tuples import Node, Tuples

MOST_TUPLES = 1 << 16  # so that codes fit 16 bits
_LARGEST_KEY = 2.0**62
_TINY = 1e-6  # see ``aim``
_FEW = 4096  # tuples: to roll up further would cost more than it saves
_MOST_SLOTS, _ROOM = 192, 1 << 22
_MOST_HELD = 1 << 25  # bytes written that are held for the next search
_held: "list[Arrays]" = []


class Arrays:
    """Room for a search's large arrays, given to one search after the other: to have new memory
    cleared by the system takes as long as a small search does."""

    def __init__(self) -> None:
        np.empty(
            1 << 24, dtype=np.uint8
        )  # freed at once: glibc then keeps blocks of up to such a size
        self._rooms: dict[str, np.ndarray[Any, Any]] = {}

    @classmethod
    def take(cls) -> "Arrays":
        """One that no search has; what it holds is of no meaning."""
        try:
            return _held.pop()
        except IndexError:
            return cls()

    def give_back(self, written: int) -> None:
        """For the next search, if so many bytes ``written`` to are few and none else is held."""
        if written <= _MOST_HELD and not _held:
            _held.append(self)

    def empty(self, name: str, shape: tuple[int, ...], kind: Any) -> Any:
        """An array of ``shape``, not cleared."""
        size = math.prod(shape) * np.dtype(kind).itemsize
        if name not in self._rooms or len(self._rooms[name]) < size:
            self._rooms[name] = np.empty(size, dtype=np.uint8)
        return self._rooms[name][:size].view(kind).reshape(shape)


def small_search(
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    scorer: Scorer,
    most: int,
    lattice: Lattice,
    detail: Detail,
) -> "SmallSearch | None":
    """The search over ``lattice``, compiled; None where the loops are not loaded, the tuples are
    many, or a model or the measure is one that they do not know."""
    radices = tuples.labels.radices[np.arange(len(lattice.lows)), list(lattice.lows)]
    few = len(tuples.counts) <= MOST_TUPLES and math.prod(radices.astype(float)) < _LARGEST_KEY
    known = isinstance(scorer, DiscernibilityScorer | EntropyScorer | LossScorer)
    if not (compiling() and few and known) or tuples.sensitive or tuples.population is not None:
        return None
    judges = [model.judge({}) for model in models]
    sizes = [judge.least for judge in judges if isinstance(judge, SizeJudge) and not judge.known]
    if len(sizes) < len(judges):
        return None
    return SmallSearch(tuples, scorer, max(sizes), most, lattice, detail)


class SmallSearch:
    """Judges nodes of ``lattice`` and keeps the best."""

    def __init__(
        self,
        tuples: Tuples,
        scorer: Scorer,
        least: int,
        most: int,
        lattice: Lattice,
        detail: Detail,
    ) -> None:
        self._kernels = kernels = importlib.import_module("casemate.protection.kernels_search")
        self._arrays = Arrays.take()
        labels = tuples.labels
        # one type for each array, whatever the tuples hold: each other is compiled anew
        table = kernels.Table(
            np.require(tuples.matrix, np.int32, ["C", "W"]),
            np.array(tuples.counts, dtype=np.int64),
            labels.values,
            labels.radices,
            labels.starts,
            labels.sums_at,
            labels.labels.astype(np.int32),
        )
        self._state = kernels.State(
            np.array([np.inf, detail.of(lattice.lows) / 2, 1.0]),
            np.array([0, 0, tuples.records, 0, 1, 1, 0], dtype=np.int64),
            np.zeros(len(labels.values), dtype=np.int64),
        )
        self._search = kernels.Search(
            table,
            _price(kernels, scorer, tuples, least, most),
            kernels.Nodes(*lattice.flat()),
            _guess(kernels, tuples, lattice, detail),
            _kept(kernels, tuples, lattice, self._arrays),
            _room(kernels, tuples, self._arrays),
            self._state,
        )

    def close(self) -> None:
        """Give the large arrays back: no more nodes are judged."""
        kept = self._search.kept
        slot = sum(part.itemsize * part[0].size for part in (kept.codes, kept.counts, kept.went))
        self._arrays.give_back(slot * self._number(self._kernels.SLOTS))
        del self._search, self._arrays

    def advance(self, most: int) -> bool:
        """Judge up to ``most`` nodes; whether none is left that may be better."""
        return bool(self._kernels.advance(self._search, most))

    def judge(self, node: Node) -> None:
        """Look at one node, and keep it if it will do."""
        at = np.array(node, dtype=np.int64)
        self._kernels.judge(self._search, at, np.inf, True)

    def prefer_finer(self) -> None:
        """Go down from the best as long as a finer node is as good."""
        if self.best is not None:
            self._kernels.prefer_finer(self._search)

    def _number(self, place: int) -> int:
        return int(self._state.numbers[place])

    @property
    def judged(self) -> int:
        return self._number(self._kernels.JUDGED)

    @property
    def least_seen(self) -> int:
        return self._number(self._kernels.LEAST)

    @property
    def best(self) -> Node | None:
        return tuple(self._state.best.tolist()) if self._number(self._kernels.HAS_BEST) else None

    @property
    def score(self) -> float:
        return float(self._state.figures[self._kernels.SCORE])

    @property
    def suppressed(self) -> int:
        return self._number(self._kernels.SUPPRESSED)


def _price(kernels: Any, scorer: Scorer, tuples: Tuples, least: int, most: int) -> Any:
    shape = tuples.labels.radices.shape
    ones, shares, kind = np.ones(shape), np.zeros(1), kernels.DISCERNIBILITY
    weights, scale = np.ones(shape[0]), ones
    if isinstance(scorer, EntropyScorer | LossScorer):
        kind, weights = kernels.ENTROPY, scorer.weight_of
    if isinstance(scorer, LossScorer):
        kind, shares, scale = kernels.LOSS, scorer.shares, _table(tuples, scorer.scale)
    return kernels.Price(least, most, kind, float(tuples.records), weights, scale, shares)


def _table(tuples: Tuples, figures: Floats) -> Floats:
    """Figures of each attribute and level end to end, as a table of both."""
    found = np.zeros(tuples.labels.radices.shape)
    found[tuples.labels.radices >= 0] = figures
    return found


def _guess(kernels: Any, tuples: Tuples, lattice: Lattice, detail: Detail) -> Any:
    """See ``aim`` and ``rollup`` for what is worth raising."""
    heights = np.array([ladder.height for ladder in tuples.ladders])
    bits = _table(tuples, np.concatenate([np.array(levels) for levels in detail.bits]))
    drops = np.zeros_like(bits)
    drops[:, :-1] = bits[:, :-1] - bits[:, 1:]
    level = np.arange(bits.shape[1])
    at = np.maximum(level - np.array(lattice.lows)[:, None], 0)
    left = np.maximum(np.minimum(lattice.highs, heights - 1)[:, None] - level, 1)
    aims = np.log((at + 2) / (at + 1)) / (drops + _TINY)
    most = math.ceil(math.log2(max(1, len(tuples.counts))))
    goals = detail.of(lattice.lows) * np.arange(most + 1) / max(1, most)
    return kernels.Guess(bits, drops, aims, drops / np.log((left + 1) / left), goals)


def _kept(kernels: Any, tuples: Tuples, lattice: Lattice, arrays: Arrays) -> Any:
    many, places = tuples.matrix.shape
    slots = min(_MOST_SLOTS, max(16, _ROOM // many)) if many > _FEW else 1
    kept = kernels.Kept(
        _FEW,
        np.tile(np.array(lattice.lows, dtype=np.int64), (slots, 1)),
        np.full(slots, many),
        arrays.empty("codes", (slots, places, many), np.uint16),
        arrays.empty("counts", (slots, many), np.int64),
        arrays.empty("went", (slots, many), np.int32),
        np.zeros(lattice.size, dtype=bool),
    )
    for line, codes in zip(kept.codes[0], tuples.codes, strict=True):
        line[:] = codes
    kept.counts[0], kept.went[0] = tuples.counts, np.arange(many)
    return kept


def _room(kernels: Any, tuples: Tuples, arrays: Arrays) -> Any:
    many, places = tuples.matrix.shape
    labels, levels = tuples.labels, tuples.labels.radices.shape[1]
    table = 64
    while table < 2 * many:
        table *= 2
    of_places = [np.zeros(places, dtype=np.int64) for _ in range(3)]
    return kernels.Room(
        arrays.empty("table", (table,), np.int32),
        arrays.empty("row_keys", (many,), np.int64),
        np.empty(int(labels.values.max()), dtype=np.int64),
        arrays.empty("keys", (many,), np.int64),
        arrays.empty("class_of", (many,), np.int32),
        arrays.empty("first", (many + 1,), np.int32),
        arrays.empty("small", (many,), np.uint8),
        arrays.empty("sizes", (many,), np.int64),
        np.zeros((places, int(labels.values.max()))),
        np.zeros(int(labels.radices.max())),
        np.zeros((places, levels)),
        *of_places,
    )
