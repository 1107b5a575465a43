"""Columns in memory as numbers, by compiled loops: what makes a call quick once these are loaded.

Text is read where Polars holds it (see ``kernels_text``). Columns of other types go through Polars.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.protection.at_once import at_once, processors
from casemate.protection.engines.base import Codes, Packing
from casemate.protection.engines.encoding import code_expr
from casemate.protection.loops import classes_of_keys, compiling, load_if_worth

Numbers = npt.NDArray[np.uint16]
Small = npt.NDArray[np.int32]

_FEWEST, _MOST = 1 << 10, 1 << 30
"""Records from which, and up to which, this pays."""
_MOST_VALUES = 1 << 16
_A_CELL = 32.0
"""What a cell saves here, in the nodes of a tuple that ``load_if_worth`` counts."""
_IN_TWO, _IN_THREADS = 1 << 16, 1 << 19
"""Cells from which a second thread pays, and from which more do."""
_WHOLE = 1 << 17
"""Records of a column in pieces up to which it is cheaper to copy it than to go from piece to piece."""
_MOST_ROOMS = 2
_rooms: list[Any] = []
"""Where columns of text are read, for the next ones: what it holds is of no meaning."""


@dataclass(frozen=True)
class Encoded:
    """Some columns as ``numbers``, a line for each: each value has one, in no order.

    ``values`` are the distinct ones of each column in order, null first; ``ranks`` says for each
    number where its value stands among them.
    """

    lines: Mapping[str, int]
    numbers: Numbers
    values: Mapping[str, pl.Series]
    ranks: Mapping[str, Codes]

    def of(self, name: str) -> Numbers:
        """The number of each record's value in one column."""
        found: Numbers = self.numbers[self.lines[name]]
        return found


@dataclass(frozen=True)
class Combinations:
    """The combinations of values that records have: each record's, and of each combination one record
    (``first``), how many there are, and its ``keys`` by the words of a packing."""

    class_of: Small
    first: Small
    sizes: Codes
    keys: Mapping[str, Codes]


def encode(columns: pl.DataFrame) -> Encoded | None:
    """``columns`` as numbers; None where the loops are not loaded, the records are few or a column
    has very many values."""
    cells = columns.height * columns.width
    load_if_worth(_A_CELL * cells)
    if not compiling() or not cells or not _FEWEST <= columns.height < _MOST:
        return None
    numbers = np.empty(columns.shape[::-1], dtype=np.uint16)
    text = [place for place, kind in enumerate(columns.dtypes) if kind == pl.String]
    firsts = dict(zip(text, _read(columns, text, numbers), strict=True))
    lines = {name: line for line, name in enumerate(columns.columns)}
    values, ranks = {}, {}
    for place, column in enumerate(columns):
        first = firsts.get(place)
        if place in firsts:
            ranked = None if first is None else _in_order(column, first)
        else:
            ranked = _other_column(column, numbers[place])
        if ranked is None:
            return None
        values[column.name], ranks[column.name] = ranked
    return Encoded(lines, numbers, values, ranks)


def _shared(function: Callable[[Any], Any], work: Iterable[Any], cells: int) -> list[Any]:
    """``function`` of each piece of work, by several threads if there are many cells."""
    threads = processors()
    if cells >= _IN_THREADS and threads > 1:
        with ThreadPoolExecutor(min(8, threads)) as pool:
            return list(pool.map(function, work))
    pieces = list(work)
    if cells < _IN_TWO or len(pieces) < 2:
        return [function(one) for one in pieces]
    half = len(pieces) // 2
    first, others = at_once(
        lambda: [function(one) for one in pieces[:half]],
        lambda: [function(one) for one in pieces[half:]],
    )
    return first + others


def _read(columns: pl.DataFrame, text: Sequence[int], numbers: Numbers) -> list[Codes | None]:
    """Fill in the ``numbers`` of columns of ``text``; of each its ``_firsts``."""
    kernels = importlib.import_module("casemate.protection.kernels_text")
    work = [(columns.to_series(place), numbers[place]) for place in text]
    return _shared(lambda one: _firsts(kernels, *one), work, columns.height * len(text))


def _firsts(kernels: Any, column: pl.Series, numbers: Numbers) -> Codes | None:
    """Fill in ``numbers``; the first record with each number, None where there are too many."""
    try:
        room = _rooms.pop()
    except IndexError:
        room = kernels.Values.room()
    kernels.forget(room)
    begin, fits = 0, True
    for piece in _pieces(column, kernels.Piece):
        fits = fits and kernels.text_codes(piece, begin, numbers, room)
        begin += len(piece.views)
    found: Codes = room.first[: room.state[kernels.FOUND]].copy()
    if len(_rooms) < _MOST_ROOMS:
        _rooms.append(room)
    return found if fits else None


def _in_order(column: pl.Series, first: Codes) -> tuple[pl.Series, Codes]:
    """The distinct values in order, and the rank of each number."""
    met = column[first.astype(np.uint32)]  # by ``[]``: ``gather`` is a query
    texts = met.to_list()
    known = sorted(text for text in texts if text is not None)
    in_order = [*([None] * (len(texts) - len(known))), *known]
    rank_of = {text: rank for rank, text in enumerate(in_order)}
    ranks = np.array([rank_of[text] for text in texts], dtype=np.int64)
    if len(texts) < _FEWEST:
        return pl.Series(column.name, in_order, dtype=pl.String), ranks
    order = np.empty(len(texts), dtype=np.uint32)
    order[ranks] = np.arange(len(texts), dtype=np.uint32)
    return met[order], ranks


def _pieces(column: pl.Series, kind: Callable[..., Any]) -> Iterator[Any]:
    """The views of a column, which they keep alive."""
    whole = len(column) <= _WHOLE
    for chunk in [column] if whole else column.get_chunks():
        held = chunk.to_arrow(compat_level=pl.CompatLevel.newest())
        bits, views, *long = held.buffers()
        words = np.frombuffer(views, dtype=np.uint64).reshape(-1, 2)
        valid = np.frombuffer(bits if held.null_count else b"", dtype=np.uint8)
        addresses = np.array([buffer.address for buffer in long], dtype=np.uint64)
        yield kind(words[held.offset : held.offset + len(held)], valid, held.offset, addresses)


def _other_column(column: pl.Series, numbers: Numbers) -> tuple[pl.Series, Codes] | None:
    values = column.unique().sort()
    if len(values) > _MOST_VALUES:
        return None
    codes = np.arange(len(values))
    expr = code_expr(column.name, column.dtype, values, codes)
    numbers[:] = column.to_frame().select(expr).to_series().to_numpy()
    return values, codes


def combinations(encoded: Encoded, packing: Packing) -> Combinations:
    """The combinations of the columns that ``packing`` packs, each once."""
    keys, found, cells = {}, None, encoded.numbers.size
    for word, places in packing.words.items():
        keys[word] = _keys(encoded, places, cells)
        radix = int(np.prod([packing.radices[name] for name, _ in places], dtype=np.int64))
        classes = _classes(keys[word], radix)
        if found is not None:
            joint = found[0].astype(np.int64) * len(classes[1]) + classes[0]
            classes = _classes(joint, len(found[1]) * len(classes[1]))
        found = classes
    if found is None:
        raise ValueError("a packing has a word at least")
    class_of, first, sizes = found
    return Combinations(
        class_of, first, sizes, {word: whole[first] for word, whole in keys.items()}
    )


def _keys(encoded: Encoded, places: Sequence[tuple[str, int]], cells: int) -> Codes:
    kernels = importlib.import_module("casemate.protection.kernels_text")
    many = encoded.numbers.shape[1]
    keys = np.empty(many, dtype=np.int64)
    parts = [encoded.ranks[name] * stride for name, stride in places]
    starts = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    lines = np.array([encoded.lines[name] for name, _ in places], dtype=np.int64)
    joined = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
    step = many // (16 if cells >= _IN_THREADS else 2) + 1
    _shared(
        lambda ends: kernels.row_keys(encoded.numbers, lines, starts, joined, *ends, keys),
        pairwise([*range(0, many, step), many]),
        cells,
    )
    return keys


def _classes(keys: Codes, radix: int) -> tuple[Small, Small, Codes]:
    return classes_of_keys(keys, radix, np.broadcast_to(np.int64(1), len(keys)))
