"""DuckDB relations: grouped and recoded by joins inside DuckDB, with memory that spills to disk.

Small tables of values, codes and labels are handed over as Arrow and joined; a relation that comes
back is on the same connection, is run when it is asked, and reads the table that was given.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.engines.base import (
    COUNT,
    ByColumn,
    ByTuple,
    Packing,
    Recoding,
    Survey,
    plain_column,
    unused,
)

_GIVEN = "casemate given"


class Relation:
    """A relation, asked anew for each pass. It must give the same records each time."""

    def __init__(self, relation: Any) -> None:
        self._relation = relation
        names = list(relation.columns)
        for name in names:
            if names.count(name) > 1:
                raise BadInput(f"the table has two columns named {name!r}: rename one")
        self._kinds = dict(zip(names, map(str, relation.types), strict=True))

    @property
    def columns(self) -> list[str]:
        return list(self._kinds)

    def survey(self, names: Sequence[str]) -> Survey:
        parts = ["count(*)"]
        for name in names:
            column = self._plain(name)
            parts += [f"list(DISTINCT {column})", f"count({column})"]
        listed = ", ".join(f"{part} AS c{place}" for place, part in enumerate(parts))
        asked = self._relation.query(_GIVEN, f"SELECT {listed} FROM {_quoted(_GIVEN)} g")  # noqa: S608
        found = pl.DataFrame(asked.to_arrow_table())
        records = int(found["c0"][0])
        values = {}
        for place, name in enumerate(names):
            held = found[f"c{2 * place + 1}"].explode().alias(name)
            if records == int(found[f"c{2 * place + 2}"][0]):
                held = held.drop_nulls()
            elif len(held.drop_nulls()):
                held = pl.concat([held.clear(n=1), held.drop_nulls()])
            values[name] = plain_column(held).sort()
        return Survey(records, values)

    def _plain(self, name: str) -> str:
        quoted = f"g.{_quoted(name)}"
        return f"{quoted}::VARCHAR" if self._kinds[name].startswith("ENUM") else quoted

    def bounds(self, names: Sequence[str]) -> Survey:
        return self.survey(names)

    def counted(self, packing: Packing) -> pl.DataFrame:
        mark = unused(self.columns)
        coded = self._with_codes(packing, list(packing.values), {}, mark)
        keys = ", ".join(
            f"{_key(packing, word, mark)} AS {_quoted(word)}" for word in packing.words
        )
        groups = ", ".join(str(place + 1) for place in range(len(packing.words)))
        found = coded.query(
            _GIVEN,
            f"SELECT {keys}, count(*) AS {_quoted(COUNT)} "  # noqa: S608 (names are quoted)
            f"FROM {_quoted(_GIVEN)} GROUP BY {groups}",
        )
        return pl.DataFrame(found.to_arrow_table())

    def recoded(self, recoding: Recoding) -> Any:
        if isinstance(recoding, ByTuple):
            return self._by_tuple(recoding)
        return self._by_column(recoding)

    def _by_column(self, recoding: ByColumn) -> Any:
        packing, mark = recoding.packing, unused(self.columns)
        wanted = list(packing.values) if recoding.lost is not None else list(recoding.labels)
        coded = self._with_codes(packing, wanted, recoding.labels, mark)
        if recoding.lost is not None:
            same = " AND ".join(
                f"m.{_quoted(word)} = {_key(packing, word, mark)}" for word in packing.words
            )
            coded = _beside(
                coded,
                recoding.lost,
                f"SELECT g.* FROM {_quoted(_GIVEN)} g ANTI JOIN m ON {same}",  # noqa: S608 (names are quoted)
            )
        return coded.query(_GIVEN, self._final(list(recoding.labels), mark))

    def _by_tuple(self, recoding: ByTuple) -> Any:
        mark = unused(self.columns)
        new = recoding.new.rename({name: mark + name for name in recoding.new.columns})
        same = " AND ".join(
            f"m.{_quoted(name)} IS NOT DISTINCT FROM {self._plain(name)}"
            for name in recoding.old.columns
        )
        added = "".join(f", m.{_quoted(name)}" for name in new.columns)
        joined = _beside(
            self._relation,
            pl.concat([recoding.old, new], how="horizontal"),
            f"SELECT g.*{added} FROM {_quoted(_GIVEN)} g JOIN m ON {same}",  # noqa: S608 (names are quoted)
        )
        return joined.query(_GIVEN, self._final(recoding.new.columns, mark))

    def _final(self, changed: Sequence[str], mark: str) -> str:
        columns = ", ".join(
            f"{_quoted(mark + name)} AS {_quoted(name)}" if name in changed else _quoted(name)
            for name in self.columns
        )
        return f"SELECT {columns} FROM {_quoted(_GIVEN)}"  # noqa: S608 (names are quoted)

    def _with_codes(
        self, packing: Packing, names: Sequence[str], labels: Mapping[str, pl.Series], mark: str
    ) -> Any:
        """The relation with columns of codes ("#" before the name), and of labels where there are."""
        relation = self._relation
        for name in names:
            values, codes = packing.values[name], packing.codes[name]
            held = {"value": values, f"{mark}#{name}": codes}
            if name in labels:
                held[mark + name] = labels[name].gather(pl.Series(codes))
            same = "IS NOT DISTINCT FROM" if values.null_count() else "="
            relation = _beside(
                relation,
                pl.DataFrame(held),
                f"SELECT g.*, m.* EXCLUDE (value) FROM {_quoted(_GIVEN)} g "  # noqa: S608 (names are quoted)
                f"JOIN m ON m.value {same} {self._plain(name)}",
            )
        return relation


def _beside(relation: Any, table: pl.DataFrame, sql: str) -> Any:
    """``sql`` over the relation and ``m``, the table beside it, on the relation's connection."""
    m = table.to_arrow()
    found = relation.query(_GIVEN, sql)
    del m  # the relation holds it
    return found


def _key(packing: Packing, word: str, mark: str) -> str:
    terms = [
        f"{_quoted(f'{mark}#{name}')} * {stride}::BIGINT"
        for name, stride in packing.words[word]
        if packing.radices[name] > 1
    ]
    return " + ".join(terms) or "0::BIGINT"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
