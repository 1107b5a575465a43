"""Values as codes in Polars, and codes as labels: the same expressions for frames and streams.

``replace`` builds a hash table for every batch, so text goes through Enum, whole numbers and dates
through an array with a place for each number, and the rest through binary search.
"""

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from casemate.protection.engines.base import Codes, Packing

_DENSE = 1 << 20
_CODE = pl.UInt32()


def key_exprs(packing: Packing, kinds: pl.Schema) -> dict[str, pl.Expr]:
    """Each word of ``packing`` as an Int64 expression over columns of these ``kinds``."""
    found = {}
    for word, places in packing.words.items():
        key = pl.lit(0, dtype=pl.Int64)
        for name, stride in places:
            if packing.radices[name] > 1:
                code = code_expr(name, kinds[name], packing.values[name], packing.codes[name])
                key = key + code.cast(pl.Int64) * pl.lit(stride, dtype=pl.Int64)
        found[word] = key
    return found


def code_expr(name: str, kind: pl.DataType, values: pl.Series, codes: Codes) -> pl.Expr:
    """The code of each record, UInt32; ``codes`` has one for each of ``values``."""
    column = pl.col(name)
    if isinstance(kind, pl.Categorical):
        column = column.cast(pl.String)
    missing = values.null_count()
    known = values.drop_nulls()
    if not len(known):
        return column.is_null().cast(pl.UInt32) * 0
    if isinstance(kind, pl.Enum):
        place = _mapped(column.to_physical(), partial(_taken, _of_category(kind, known)), _CODE)
    elif known.dtype == pl.String:
        place = column.cast(pl.Enum(known)).to_physical().cast(pl.UInt32)
    else:
        place = _mapped(column, partial(_places, known.to_physical()), _CODE)
    if missing:
        place = (place + 1).fill_null(0)
    if np.array_equal(codes, np.arange(len(values))):
        return place
    return _mapped(place, partial(_taken, pl.Series(codes, dtype=pl.UInt32)), _CODE)


def _of_category(kind: pl.Enum, known: pl.Series) -> pl.Series:
    """The place of each category among the values that are there; 0 for one that is not."""
    place_of = {value: place for place, value in enumerate(known)}
    return pl.Series([place_of.get(value, 0) for value in kind.categories], dtype=_CODE)


def label_expr(code: pl.Expr, labels: pl.Series) -> pl.Expr:
    """The label of each code; ``labels`` has one for each code, of any type."""
    return _mapped(code, partial(_taken, labels), labels.dtype)


def _mapped(column: pl.Expr, function: Any, kind: pl.DataType) -> pl.Expr:
    return column.map_batches(function, return_dtype=kind, is_elementwise=True)


def _taken(held: pl.Series, places: pl.Series) -> pl.Series:
    return held.gather(places)


def _places(known: pl.Series, column: pl.Series) -> pl.Series:
    """The place of each value in ``known``, which is sorted; null where it is null."""
    numbers = column.to_physical()
    if numbers.dtype != known.dtype:
        numbers = numbers.cast(known.dtype)
    if known.dtype.is_integer() and known.dtype != pl.Int128:
        low, high = int(known.min()), int(known.max())  # type: ignore[arg-type]
        if high - low < _DENSE:
            table = np.zeros(high - low + 1, dtype=np.uint32)
            table[(known - low).to_numpy()] = np.arange(len(known), dtype=np.uint32)
            return pl.Series(table).gather((numbers - low).cast(pl.UInt32))
    found = known.search_sorted(numbers)
    return pl.select(pl.when(numbers.is_not_null()).then(found)).to_series()
