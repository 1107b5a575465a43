"""What a table says, whatever file or frame carries it: each cell as text, and a digest of them all.

CSV has no types and Parquet has many; a table that is written to one and read from the other is the
same table. So cells are compared by their written form: 1, 1.0 and an int8 1 are "1", null is
nothing, and an empty text is a text. The order of columns and rows counts.
"""

import hashlib
from collections.abc import Iterable

import polars as pl

from casemate.canonical import canonical_json
from casemate.errors import BadInput

_WHOLE = 2.0**53
BATCH = 1 << 16
"""Records in memory at once while a file streams."""


def content_digest(table: pl.DataFrame | pl.LazyFrame) -> str:
    """``sha256:...`` of the names and the written cells, in order; the same for CSV and Parquet.

    A lazy table streams: memory is that of one batch. Raises BadInput for cells that are lists,
    bytes or objects.
    """
    schema = table.collect_schema()
    found = hashlib.sha256(canonical_json(schema.names()) + b"\n")
    for batch in batches(table.lazy().select(written(schema))):
        lines = batch.write_csv(include_header=False, quote_style="non_numeric", null_value="-")
        found.update(lines.encode())
    return f"sha256:{found.hexdigest()}"


def batches(table: pl.LazyFrame) -> Iterable[pl.DataFrame]:
    """The records in order, a batch at a time."""
    return table.collect_batches(chunk_size=BATCH, maintain_order=True)


def written(schema: pl.Schema) -> list[pl.Expr]:
    """Each column as text, in the form that ``content_digest`` reads and CSV files hold."""
    return [_text(name, kind).alias(name) for name, kind in schema.items()]


def written_float(column: pl.Expr) -> pl.Expr:
    """Numbers of type Float64 as text: the shortest that reads back the same; 1.0 is "1"."""
    whole = (column == column.round()) & (column.abs() < _WHOLE)
    integers = column.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.when(whole).then(integers).otherwise(column.cast(pl.String))


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind.is_float():
        return written_float(column.cast(pl.Float64))
    if kind == pl.Decimal:
        return _bare(column.cast(pl.String))
    if isinstance(kind, pl.Datetime):
        zone = "" if kind.time_zone is None else "Z"
        utc = column if not zone else column.dt.convert_time_zone("UTC")
        return pl.concat_str(_bare(utc.dt.strftime("%Y-%m-%dT%H:%M:%S%.9f")), pl.lit(zone))
    if kind == pl.Time:
        return _bare(column.dt.strftime("%H:%M:%S%.9f"))
    if kind == pl.Duration:
        return column.dt.total_nanoseconds().cast(pl.String)
    if kind.is_nested() or kind in (pl.Object, pl.Binary):
        raise BadInput(f"the column {name!r} holds {kind} values: give one plain value a record")
    return column.cast(pl.String)


def _bare(text: pl.Expr) -> pl.Expr:
    """Without the zeros that end a fraction."""
    return text.str.replace(r"(\.\d*?)0+$", "$1").str.replace(r"\.$", "")
