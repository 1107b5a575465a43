"""PySpark frames: grouped and recoded by broadcast joins in Spark; what comes back is a Spark frame."""

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


class Spark:
    """A Spark frame, which is lazy: it must give the same records for each pass."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._names = with_distinct_names(frame.columns)

    @property
    def columns(self) -> list[str]:
        return self._names

    def survey(self, names: Sequence[str]) -> Survey:
        from pyspark.sql import functions as F  # noqa: N812 (Spark's own custom)

        parts = [F.count(F.lit(1)).alias("records")]
        for place, name in enumerate(names):
            column = self._frame[_quoted(name)]
            parts += [
                F.collect_set(column).alias(f"v{place}"),
                F.count(column).alias(f"n{place}"),
            ]
        return survey_of(pl.DataFrame(self._frame.agg(*parts).toArrow()), names)

    def bounds(self, names: Sequence[str]) -> Survey:
        return self.survey(names)

    def counted(self, packing: Packing) -> pl.DataFrame:
        mark = unused(self.columns)
        coded = self._with_codes(packing, list(packing.values), {}, mark)
        keys = [_key(packing, word, mark).alias(word) for word in packing.words]
        return _classes(coded.select(*keys))

    def classes(self, names: Sequence[str]) -> pl.DataFrame:
        found = _classes(self._frame.select(*map(_quoted, names)))
        return found.with_columns(plain_column(found[name]) for name in names)

    def recoded(self, recoding: Recoding) -> Any:
        if isinstance(recoding, ByTuple):
            return self._by_tuple(recoding)
        return self._by_column(recoding)

    def _by_column(self, recoding: ByColumn) -> Any:
        packing, mark = recoding.packing, unused(self.columns)
        wanted = list(packing.values) if recoding.lost is not None else list(recoding.labels)
        coded = self._with_codes(packing, wanted, recoding.labels, mark)
        if recoding.lost is not None:
            for word in packing.words:
                coded = coded.withColumn(mark + word, _key(packing, word, mark))
            lost = self._local(recoding.lost.rename({word: mark + word for word in packing.words}))
            coded = coded.join(_small(lost), [mark + word for word in packing.words], "left_anti")
        return self._final(coded, list(recoding.labels), mark)

    def _by_tuple(self, recoding: ByTuple) -> Any:
        mark = unused(self.columns)
        old = recoding.old.rename({name: f"{mark}={name}" for name in recoding.old.columns})
        new = recoding.new.rename({name: mark + name for name in recoding.new.columns})
        tuples = self._local(pl.concat([old, new], how="horizontal"))
        same = [
            self._frame[_quoted(name)].eqNullSafe(tuples[_quoted(f"{mark}={name}")])
            for name in recoding.old.columns
        ]
        return self._final(
            self._frame.join(_small(tuples), same, "inner"), recoding.new.columns, mark
        )

    def _final(self, coded: Any, changed: Sequence[str], mark: str) -> Any:
        return coded.select(
            *(
                coded[_quoted(mark + name)].alias(name) if name in changed else coded[_quoted(name)]
                for name in self.columns
            )
        )

    def _with_codes(
        self, packing: Packing, names: Sequence[str], labels: Mapping[str, pl.Series], mark: str
    ) -> Any:
        """The frame with columns of codes ("#" before the name), and of labels where there are."""
        frame = self._frame
        for name in names:
            codes = packing.codes[name]
            value, code = f"{mark}={name}", f"{mark}#{name}"
            held = {value: packing.values[name], code: codes}
            if name in labels:
                held[mark + name] = labels[name].gather(pl.Series(codes))
            beside = self._local(pl.DataFrame(held))
            same = frame[_quoted(name)].eqNullSafe(beside[_quoted(value)])
            frame = frame.join(_small(beside), same, "inner").drop(_quoted(value))
        return frame

    def _local(self, table: pl.DataFrame) -> Any:
        """A table of this process as a Spark frame."""
        arrow = table.to_arrow(compat_level=pl.CompatLevel.oldest())
        return self._frame.sparkSession.createDataFrame(arrow)


def _classes(frame: Any) -> pl.DataFrame:
    from pyspark.sql import functions as F  # noqa: N812 (Spark's own custom)

    counted = frame.groupBy(*map(_quoted, frame.columns)).agg(F.count(F.lit(1)).alias(COUNT))
    return pl.DataFrame(counted.toArrow())


def _small(frame: Any) -> Any:
    from pyspark.sql import functions as F  # noqa: N812 (Spark's own custom)

    return F.broadcast(frame)


def _key(packing: Packing, word: str, mark: str) -> Any:
    from pyspark.sql import functions as F  # noqa: N812 (Spark's own custom)

    key = F.lit(0).cast("long")
    for name, stride in packing.words[word]:
        if packing.radices[name] > 1:
            key = key + F.col(_quoted(f"{mark}#{name}")) * F.lit(stride).cast("long")
    return key


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
