"""Polars, pandas and PyArrow tables in memory; what comes back has the same order and index."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from casemate.protection.engines.base import (
    COUNT,
    ByColumn,
    ByTuple,
    Codes,
    Packing,
    Recoding,
    Survey,
    unused,
)
from casemate.protection.engines.encoded import Combinations, Encoded, combinations, encode
from casemate.protection.engines.encoding import code_expr
from casemate.protection.frames import Frame, only, open_frame, polars_columns, with_columns


class InMemory:
    """A table in memory; the code of each record's values is held from the first pass on."""

    def __init__(self, table: Any) -> None:
        self._frame: Frame = open_frame(table)
        self._held = pl.DataFrame()
        self._values: dict[str, pl.Series] = {}
        self._codes = pl.DataFrame()
        self._encoded: Encoded | None = None
        self._found: Combinations | None = None

    @property
    def columns(self) -> list[str]:
        return list(self._frame.columns)

    def survey(self, names: Sequence[str]) -> Survey:
        self._held = polars_columns(self._frame, names)
        self._encoded, self._found = encode(self._held), None
        if self._encoded is not None:
            return Survey(len(self._frame), self._encoded.values)
        found = self._held.select(pl.all().unique().sort().implode())
        values = {name: found[name][0].alias(name) for name in names}
        return Survey(len(self._frame), values)

    def bounds(self, names: Sequence[str]) -> Survey:
        return self.survey(names)

    def counted(self, packing: Packing) -> pl.DataFrame:
        if self._encoded is not None:
            self._found = combinations(self._encoded, packing)
            return pl.DataFrame({**self._found.keys, COUNT: self._found.sizes})
        kinds = self._held.schema
        self._codes = self._held.select(
            code_expr(name, kinds[name], values, np.arange(len(values)))
            for name, values in packing.values.items()
        )
        keys = self._codes.select(packing.key_exprs())
        if keys.width == 1:
            return keys.to_series().value_counts(name=COUNT)
        return keys.group_by(keys.columns).len(COUNT)

    def classes(self, names: Sequence[str]) -> pl.DataFrame:
        return polars_columns(self._frame, names).group_by(names).len(COUNT)

    def recoded(self, recoding: Recoding) -> Any:
        if isinstance(recoding, ByTuple):
            return self._by_tuple(recoding)
        return self._by_column(recoding)

    def _by_column(self, recoding: ByColumn) -> Any:
        if self._encoded is not None and self._found is not None:
            return self._by_number(recoding, self._encoded, self._found)
        packing = recoding.packing
        code_of = {name: pl.lit(_small(codes)) for name, codes in packing.codes.items()}
        new = self._codes.select(
            pl.lit(labels).gather(code_of[name]).gather(pl.col(name)).alias(name)
            for name, labels in recoding.labels.items()
        )
        frame = with_columns(self._frame, {column.name: column for column in new})
        if recoding.lost is not None:
            codes = self._codes.select(
                code.gather(pl.col(name)).alias(name) for name, code in code_of.items()
            )
            keys = codes.select(packing.key_exprs())
            frame = only(frame, _kept(keys, recoding.lost))
        return frame.to_native()

    def _by_number(self, recoding: ByColumn, encoded: Encoded, found: Combinations) -> Any:
        """``_by_column``, from the number of each value and of each record's combination."""
        codes = {name: codes[encoded.ranks[name]] for name, codes in recoding.packing.codes.items()}
        frame, kept = self._frame, None
        if recoding.lost is not None:
            firsts = {name: of[encoded.of(name)[found.first]] for name, of in codes.items()}
            stays = _kept(pl.DataFrame(recoding.packing.keys(firsts)), recoding.lost)
            kept = stays.to_numpy()[found.class_of]
            frame = only(frame, pl.Series(kept))
        new = {}
        for name, labels in recoding.labels.items():
            numbers = encoded.of(name) if kept is None else encoded.of(name)[kept]
            new[name] = labels[codes[name].astype(np.uint32)][numbers.astype(np.uint32)]
        return with_columns(frame, new).to_native()

    def _by_tuple(self, recoding: ByTuple) -> Any:
        names = recoding.old.columns
        number = unused(names)
        of_record = self._held.select(names).join(
            recoding.old.with_row_index(number),
            on=names,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )[number]
        new = {column.name: column.gather(of_record) for column in recoding.new}
        return only(with_columns(self._frame, new), of_record.is_not_null()).to_native()


def _small(codes: Codes) -> pl.Series:
    return pl.Series(codes, dtype=pl.UInt32)


def _kept(keys: pl.DataFrame, lost: pl.DataFrame) -> pl.Series:
    marked = lost.with_columns(pl.lit(value=True).alias("lost"))
    found = keys.join(marked, on=keys.columns, how="left", maintain_order="left")
    return found["lost"].is_null()
