"""DuckDB relations: grouped and recoded inside DuckDB, with memory that spills to disk.

Few values of text or whole numbers are written into the SQL as a list, in which DuckDB looks up each
entry of a column's dictionary once. Other values are handed over as Arrow and joined. A relation that
comes back is on the same connection, is run when it is asked, and reads the table that was given.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from casemate.protection.engines.base import (
    COUNT,
    ByColumn,
    ByTuple,
    Packing,
    Recoding,
    Survey,
    plain_column,
    survey_of,
    unused,
    with_distinct_names,
)

_GIVEN = "casemate given"
_MOST_LISTED = 512
_WHOLE = {
    f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
}


class Relation:
    """A relation, asked anew for each pass. It must give the same records each time."""

    def __init__(self, relation: Any) -> None:
        self.relation = relation
        names = with_distinct_names(relation.columns)
        self._kinds = dict(zip(names, map(str, relation.types), strict=True))

    @property
    def columns(self) -> list[str]:
        return list(self._kinds)

    def survey(self, names: Sequence[str]) -> Survey:
        parts = ["count(*)"]
        for name in names:
            column = self.plain(name)
            parts += [f"list(DISTINCT {column})", f"count({column})"]
        listed = ", ".join(f"{part} AS c{place}" for place, part in enumerate(parts))
        return survey_of(_fetched(_asked(self.relation, f"SELECT {listed}")), names)

    def bounds(self, names: Sequence[str]) -> Survey:
        return self.survey(names)

    def counted(self, packing: Packing) -> pl.DataFrame:
        code = _Codes(self, packing, {})
        keys = ", ".join(f"{code.key(word)} AS {_quoted(word)}" for word in packing.words)
        return self._classes(code.joined(list(packing.values)), keys, len(packing.words))

    def classes(self, names: Sequence[str]) -> pl.DataFrame:
        columns = ", ".join(f"{self.plain(name)} AS {_quoted(name)}" for name in names)
        found = self._classes(self.relation, columns, len(names))
        return found.with_columns(plain_column(found[name]) for name in names)

    def _classes(self, relation: Any, columns: str, many: int) -> pl.DataFrame:
        groups = ", ".join(str(place + 1) for place in range(many))
        counted = f"SELECT {columns}, count(*) AS {_quoted(COUNT)}"
        return _fetched(_asked(relation, counted, f"GROUP BY {groups}"))

    def recoded(self, recoding: Recoding) -> Any:
        if isinstance(recoding, ByTuple):
            return self._by_tuple(recoding)
        return self._by_column(recoding)

    def _by_column(self, recoding: ByColumn) -> Any:
        packing, lost = recoding.packing, recoding.lost
        code = _Codes(self, packing, recoding.labels)
        relation = code.joined(list(recoding.labels if lost is None else packing.values))
        if lost is not None:
            same = " AND ".join(f"m.{_quoted(word)} = {code.key(word)}" for word in packing.words)
            relation = _beside(relation, lost, "SELECT g.*", f"ANTI JOIN m ON {same}")
        return self._final(relation, {name: code.label(name) for name in recoding.labels})

    def _by_tuple(self, recoding: ByTuple) -> Any:
        mark = unused(self.columns)
        new = recoding.new.rename({name: mark + name for name in recoding.new.columns})
        same = " AND ".join(
            f"m.{_quoted(name)} IS NOT DISTINCT FROM {self.plain(name)}"
            for name in recoding.old.columns
        )
        added = "".join(f", m.{_quoted(name)}" for name in new.columns)
        both = pl.concat([recoding.old, new], how="horizontal")
        joined = _beside(self.relation, both, f"SELECT g.*{added}", f"JOIN m ON {same}")
        return self._final(
            joined, {name: f"g.{_quoted(mark + name)}" for name in recoding.new.columns}
        )

    def _final(self, relation: Any, changed: Mapping[str, str]) -> Any:
        columns = ", ".join(
            f"{changed.get(name, f'g.{_quoted(name)}')} AS {_quoted(name)}" for name in self.columns
        )
        return _asked(relation, f"SELECT {columns}")

    def plain(self, name: str) -> str:
        quoted = f"g.{_quoted(name)}"
        return f"{quoted}::VARCHAR" if self._kinds[name].startswith("ENUM") else quoted

    def place(self, name: str, values: pl.Series) -> str | None:
        """SQL for the place of each record's value among ``values``, from 1; None where they are
        many, or of a kind that has no plain literal."""
        kind = self._kinds[name]
        known = values.drop_nulls()
        if kind in _WHOLE and len(known):
            low, high = int(known.min()), int(known.max())  # type: ignore[arg-type]
            if high - low + 1 == len(known) and len(known) <= _MOST_LISTED:
                missing = values.null_count()
                place = f"(g.{_quoted(name)}::BIGINT - {low} + {1 + missing})"
                return f"coalesce({place}, 1)" if missing else place
        listed = kind == "VARCHAR" or kind.startswith("ENUM") or kind in _WHOLE
        if not listed or len(values) > _MOST_LISTED:
            return None
        literals = ", ".join(map(_literal, values))
        return f"list_position([{literals}], {self.plain(name)})"


class _Codes:
    """SQL for the codes and labels of a relation's records."""

    def __init__(self, table: Relation, packing: Packing, labels: Mapping[str, pl.Series]) -> None:
        self._table = table
        self._packing = packing
        self._labels = {
            name: held.gather(pl.Series(packing.codes[name])) for name, held in labels.items()
        }
        self._mark = unused(table.columns)
        places = {name: table.place(name, held) for name, held in packing.values.items()}
        self._places = {name: place for name, place in places.items() if place is not None}

    def joined(self, names: Sequence[str]) -> Any:
        """The relation, with the codes ("#" before the name) and labels of what SQL does not list."""
        relation = self._table.relation
        for name in names:
            if name in self._places:
                continue
            values = self._packing.values[name]
            held = {"value": values, f"{self._mark}#{name}": self._packing.codes[name]}
            if name in self._labels:
                held[self._mark + name] = self._labels[name]
            same = "IS NOT DISTINCT FROM" if values.null_count() else "="
            relation = _beside(
                relation,
                pl.DataFrame(held),
                "SELECT g.*, m.* EXCLUDE (value)",
                f"JOIN m ON m.value {same} {self._table.plain(name)}",
            )
        return relation

    def key(self, word: str) -> str:
        terms = [
            self._times(name, stride)
            for name, stride in self._packing.words[word]
            if self._packing.radices[name] > 1
        ]
        return " + ".join(terms) or "0::BIGINT"

    def _times(self, name: str, stride: int) -> str:
        if name not in self._places:
            return f"g.{_quoted(f'{self._mark}#{name}')} * {stride}::BIGINT"
        listed = ", ".join(str(code * stride) for code in self._packing.codes[name].tolist())
        return f"([{listed}]::BIGINT[])[{self._places[name]}]"

    def label(self, name: str) -> str:
        if name not in self._places:
            return f"g.{_quoted(self._mark + name)}"
        return (
            f"([{', '.join(map(_literal, self._labels[name]))}]::VARCHAR[])[{self._places[name]}]"
        )


def _asked(relation: Any, select: str, rest: str = "") -> Any:
    """``select`` from the relation, which is called g; names in it are quoted."""
    return relation.query(_GIVEN, f"{select} FROM {_quoted(_GIVEN)} g {rest}")


def _beside(relation: Any, table: pl.DataFrame, select: str, join: str) -> Any:
    """The same with ``m``, a table beside it, on the relation's connection."""
    m = table.to_arrow()  # DuckDB finds it by its name here, where it is asked
    found = relation.query(_GIVEN, f"{select} FROM {_quoted(_GIVEN)} g {join}")
    del m  # the relation holds it
    return found


def _fetched(relation: Any) -> pl.DataFrame:
    return pl.DataFrame(relation.to_arrow_table())


def _literal(value: Any) -> str:
    """A text or whole number in SQL."""
    if isinstance(value, str):
        text = value.replace("'", "''").replace("\0", "' || chr(0) || '")
        return f"('{text}')"
    return "NULL" if value is None else str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
