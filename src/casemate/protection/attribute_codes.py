"""Attributes as integer codes, and the classes that a further attribute splits them into."""

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int64]

_ROW_LIMIT = 16  # bincount over at most so many slots a row; sorting is cheaper beyond


def attribute_codes(columns: pl.DataFrame) -> tuple[list[Codes], list[int]]:
    """Each column as codes 0, 1, ... (null is a value of its own) and its number of codes."""
    codes = []
    for column in columns.iter_columns():
        ranks = column.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        codes.append(_dense(ranks, int(ranks.max(initial=0)) + 1)[0])
    return codes, [int(code.max(initial=-1)) + 1 for code in codes]


def refine(classes: Codes, count: int, attribute: Codes, radix: int) -> tuple[Codes, int]:
    """The classes 0 .. ``count`` - 1 split by ``attribute`` (codes below ``radix``), and how many."""
    return _dense(classes * radix + attribute, count * radix)


def _dense(keys: Codes, slots: int) -> tuple[Codes, int]:
    if slots > _ROW_LIMIT * len(keys) + 4096:
        present, dense = np.unique(keys, return_inverse=True)
        return dense.astype(np.int64), len(present)
    seen = np.zeros(slots, dtype=bool)
    seen[keys] = True
    rank = np.cumsum(seen) - 1
    return rank[keys], int(seen.sum())
