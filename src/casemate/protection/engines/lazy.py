"""Polars LazyFrames, run by the streaming engine; what comes back is lazy too."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.engines.base import (
    COUNT,
    MOST_KEYS,
    ByColumn,
    ByTuple,
    Packing,
    Recoding,
    Survey,
    plain_column,
    unused,
)
from casemate.protection.engines.encoding import code_expr, key_exprs, label_expr

_FLAGS = 1 << 26
_MOST_LISTED = 1 << 12


class Lazy:
    """A query that is run for each pass. The table must be the same each time it is run."""

    def __init__(self, table: pl.LazyFrame) -> None:
        self._table = table
        self._schema = table.collect_schema()

    @property
    def columns(self) -> list[str]:
        return self._schema.names()

    def survey(self, names: Sequence[str]) -> Survey:
        for name in names:
            plain_column(pl.Series(name, [], dtype=self._schema[name]))
        number = unused(self.columns)
        found = _run(
            self._table.select(
                *(self._plain(name).unique().implode() for name in names),
                pl.len().alias(number),
            )
        )
        values = {name: plain_column(found[name][0].alias(name)).sort() for name in names}
        return Survey(int(found[number][0]), values)

    def bounds(self, names: Sequence[str]) -> Survey:
        """Categories are known beforehand, and whole numbers by their range: no set is built."""
        mark = unused(self.columns)
        typed = [name for name in names if _tells_its_values(self._schema[name])]
        found = _run(self._table.select(pl.len().alias(mark), *_range_exprs(typed, mark)))
        values = {
            name: held
            for place, name in enumerate(typed)
            if (held := _listed(name, self._schema[name], found, f"{mark}{place}")) is not None
        }
        rest = [name for name in names if name not in values]
        asked = self.survey(rest).values if rest else {}
        every = {name: values[name] if name in values else asked[name] for name in names}
        if np.prod([float(len(held)) for held in every.values()]) > MOST_KEYS:
            return self.survey(names)
        return Survey(int(found[mark][0]), every, exact=False)

    def _plain(self, name: str) -> pl.Expr:
        coded = isinstance(self._schema[name], pl.Categorical | pl.Enum)
        return pl.col(name).unique().cast(pl.String) if coded else pl.col(name)

    def counted(self, packing: Packing) -> pl.DataFrame:
        mark = unused(self.columns)
        keys = key_exprs(packing, self._schema)
        coded = self._table.with_columns(key.alias(mark + word) for word, key in keys.items())
        counted = coded.group_by([mark + word for word in keys]).agg(pl.len().alias(COUNT))
        return _run(counted.rename({mark + word: word for word in keys}))

    def classes(self, names: Sequence[str]) -> pl.DataFrame:
        found = _run(self._table.group_by(names).agg(pl.len().alias(COUNT)))
        return found.with_columns(plain_column(found[name]) for name in names)

    def recoded(self, recoding: Recoding) -> pl.LazyFrame:
        if isinstance(recoding, ByTuple):
            return self._by_tuple(recoding)
        return self._by_column(recoding)

    def _by_column(self, recoding: ByColumn) -> pl.LazyFrame:
        """Codes are computed once, in columns of their own: labels and keys both read them."""
        packing, mark = recoding.packing, unused(self.columns)
        wanted = [
            name
            for name in packing.values
            if name in recoding.labels or (recoding.lost is not None and packing.radices[name] > 1)
        ]
        table = self._table.with_columns(
            code_expr(name, self._schema[name], packing.values[name], packing.codes[name]).alias(
                mark + name
            )
            for name in wanted
        )
        if recoding.lost is not None:
            table = _without(table, packing, recoding.lost, mark)
        labels = [
            label_expr(pl.col(mark + name), new).alias(name)
            for name, new in recoding.labels.items()
        ]
        return table.with_columns(labels).select(self.columns)

    def _by_tuple(self, recoding: ByTuple) -> pl.LazyFrame:
        names, mark = recoding.old.columns, unused(self.columns)
        new = recoding.new.rename({name: mark + name for name in recoding.new.columns})
        of_tuple = pl.concat([recoding.old, new], how="horizontal").lazy()
        plain = self._table.with_columns(
            pl.col(name).cast(pl.String)
            for name in names
            if isinstance(self._schema[name], pl.Categorical | pl.Enum)
        )
        joined = plain.join(
            of_tuple, on=names, how="inner", nulls_equal=True, maintain_order="left"
        )
        return joined.with_columns(
            pl.col(mark + name).alias(name) for name in recoding.new.columns
        ).select(self.columns)


def _tells_its_values(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.Enum) or (kind.is_integer() and kind not in (pl.Int128, pl.UInt128))


def _range_exprs(names: Sequence[str], mark: str) -> list[pl.Expr]:
    found = []
    for place, name in enumerate(names):
        column = pl.col(name)
        found += [
            column.to_physical().min().alias(f"{mark}{place}low"),
            column.to_physical().max().alias(f"{mark}{place}high"),
            column.null_count().alias(f"{mark}{place}null"),
        ]
    return found


def _listed(name: str, kind: pl.DataType, found: pl.DataFrame, mark: str) -> pl.Series | None:
    """The values that the column may hold; None where they are too many or there is none."""
    low, high = found[f"{mark}low"][0], found[f"{mark}high"][0]
    if low is None or high - low >= _MOST_LISTED:
        return None
    if isinstance(kind, pl.Enum):
        held = pl.Series(name, kind.categories, dtype=pl.String).sort()
    else:
        held = pl.Series(name, range(low, high + 1), dtype=kind)
    if found[f"{mark}null"][0]:
        held = pl.concat([pl.Series(name, [None], dtype=held.dtype), held])
    return held


def _without(table: pl.LazyFrame, packing: Packing, lost: pl.DataFrame, mark: str) -> pl.LazyFrame:
    """The records of classes that are not lost; by a table of flags where keys are few."""
    keys = {}
    for word, places in packing.words.items():
        key = pl.lit(0, dtype=pl.Int64)
        for name, stride in places:
            if packing.radices[name] > 1:
                key = key + pl.col(mark + name).cast(pl.Int64) * pl.lit(stride, dtype=pl.Int64)
        keys[mark + word] = key
    space = np.prod([float(radix) for radix in packing.radices.values()])
    if len(keys) == 1 and space <= _FLAGS:
        kept = np.ones(int(space), dtype=bool)
        kept[lost.to_series().to_numpy()] = False
        flags = partial(_flagged, pl.Series(kept))
        key = next(iter(keys.values()))
        return table.filter(key.map_batches(flags, return_dtype=pl.Boolean, is_elementwise=True))
    named = lost.rename({word: mark + word for word in lost.columns})
    return table.with_columns(**keys).join(
        named.lazy(), on=named.columns, how="anti", maintain_order="left"
    )


def _flagged(kept: pl.Series, keys: pl.Series) -> pl.Series:
    return kept.gather(keys)


def _run(query: pl.LazyFrame) -> pl.DataFrame:
    try:
        found: Any = query.collect(engine="streaming")
    except pl.exceptions.PolarsError as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise BadInput(f"the lazy table cannot be read: {first[:300]}") from None
    assert isinstance(found, pl.DataFrame)
    return found
