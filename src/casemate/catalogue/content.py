"""A table made to fit its description, and the digest that names its content for good."""

import hashlib
from collections.abc import Iterator

import polars as pl
import pyarrow as pa

from casemate.canonical import canonical_json
from casemate.catalogue.description import DatasetDescription, VariableDescription, VariableType
from casemate.catalogue.inference import MISSING
from casemate.catalogue.limits import check_table
from casemate.errors import BadInput

DIGEST_ROWS = 65_536
_SHOWN = 10


def conform(frame: pl.DataFrame, description: DatasetDescription) -> pl.DataFrame:
    """``frame`` with every described type in place.

    Text becomes the described type where every value is of it. Raises ``BadInput`` naming each
    variable that is not described, described but absent, or of another type.
    """
    where = f"the dataset {description.id!r}"
    frame = check_table(frame, where)
    described = description.variables
    if missing := [name for name in frame.columns if name not in described]:
        raise BadInput(
            f"{where}: {_names(missing)} not described; every variable needs a role and a label"
        )
    if absent := [name for name in described if name not in frame.columns]:
        raise BadInput(f"{where}: {_names(absent)} described but not in the data")
    return frame.with_columns(_typed(where, frame[name], described[name]) for name in frame.columns)


def type_of(dtype: pl.DataType) -> VariableType:
    """The type by which the catalogue calls a column's type."""
    if dtype.is_integer():
        return VariableType.INTEGER
    if dtype.is_numeric():
        return VariableType.NUMBER
    kinds = {
        pl.Boolean: VariableType.BOOLEAN,
        pl.Date: VariableType.DATE,
        pl.Datetime: VariableType.DATETIME,
        pl.Time: VariableType.TIME,
    }
    return kinds.get(dtype.base_type(), VariableType.TEXT)


_FROM_TEXT = {
    VariableType.INTEGER: lambda text: text.cast(pl.Int64, strict=False),
    VariableType.NUMBER: lambda text: text.cast(pl.Float64, strict=False),
    VariableType.BOOLEAN: lambda text: text.str.to_lowercase().replace_strict(
        {"true": True, "1": True, "false": False, "0": False}, default=None, return_dtype=pl.Boolean
    ),
    VariableType.DATE: lambda text: text.str.to_date("%Y-%m-%d", strict=False),
    VariableType.DATETIME: lambda text: text.str.to_datetime(time_unit="us", strict=False),
    VariableType.TIME: lambda text: text.str.to_time("%H:%M:%S", strict=False),
}


def _typed(where: str, values: pl.Series, variable: VariableDescription) -> pl.Series:
    wanted, found = variable.type, type_of(values.dtype)
    if wanted in (None, found, VariableType.CATEGORY):
        return values
    if wanted == VariableType.TEXT:
        return values.cast(pl.String)
    if wanted == VariableType.NUMBER and found == VariableType.INTEGER:
        return values.cast(pl.Float64)
    if wanted == VariableType.INTEGER and found == VariableType.NUMBER:
        done = values.cast(pl.Int64, strict=False)
        return _unless_lost(
            where, values, done, wanted, (done.cast(pl.Float64) != values).fill_null(False)
        )
    if wanted == VariableType.BOOLEAN and found == VariableType.INTEGER:
        return _unless_lost(where, values, values.cast(pl.Boolean), wanted, ~values.is_in([0, 1]))
    if found == VariableType.TEXT and wanted is not None:
        text = values.set(values.is_in(MISSING), None)
        done = text.to_frame().select(_FROM_TEXT[wanted](pl.col(values.name))).to_series()
        return _unless_lost(where, text, done, wanted, done.is_null())
    raise BadInput(
        f"{where}: the variable {values.name!r} is described as {wanted} but holds {found}"
    )


def _unless_lost(
    where: str, values: pl.Series, done: pl.Series, wanted: VariableType, wrong: pl.Series
) -> pl.Series:
    """``done``, unless it lost a value; the row is named, the value is not."""
    lost = (wrong | done.is_null()) & values.is_not_null()
    if lost.any():
        row = int(lost.arg_max() or 0) + 1
        raise BadInput(
            f"{where}: the variable {values.name!r} is described as {wanted}, but {lost.sum():,} "
            f"values are not, the first in row {row:,}"
        )
    return done


def _names(names: list[str]) -> str:
    listed = ", ".join(map(repr, names[:_SHOWN]))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    verb = "is" if len(names) == 1 else "are"
    return f"{listed}{more} {verb}"


def content_digest(frame: pl.DataFrame) -> str:
    """``sha256:<hex>`` of names, types, values and row order, whatever the chunks or the file were.

    Defined on values, not on a file format: for each slice of 65,536 rows and each column, one byte
    a row telling whether it is missing, then the values as little-endian numbers (missing ones 0);
    text as the lengths in bytes and then UTF-8. A library's new version cannot change it.
    """
    state = hashlib.sha256()
    columns = [[name, str(dtype)] for name, dtype in frame.schema.items()]
    state.update(canonical_json({"columns": columns, "form": 1, "rows": frame.height}))
    for piece in frame.iter_slices(DIGEST_ROWS):
        for values in piece.get_columns():
            state.update(values.is_null().cast(pl.UInt8).to_numpy().tobytes())
            for part in _bytes_of(values):
                state.update(part)
    return "sha256:" + state.hexdigest()


def _bytes_of(values: pl.Series) -> Iterator[bytes]:
    if values.dtype in (pl.String, pl.Decimal):
        text = values.cast(pl.String).fill_null("")
        yield text.str.len_bytes().cast(pl.UInt64).to_numpy().astype("<u8").tobytes()
        yield "".join(text.to_list()).encode()
        return
    physical = values.to_physical()
    if physical.dtype == pl.Boolean:
        physical = physical.cast(pl.UInt8)
    numbers = physical.fill_null(0).to_numpy()
    yield numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes()


def batches(frame: pl.DataFrame, rows: int = 100_000) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """``frame`` as a stream of Arrow batches for the vault, and their schema."""
    oldest = pl.CompatLevel.oldest()
    schema = frame.clear().to_arrow(compat_level=oldest).schema

    def stream() -> Iterator[pa.RecordBatch]:
        for piece in frame.iter_slices(rows):
            yield from piece.to_arrow(compat_level=oldest).combine_chunks().to_batches()

    return schema, stream()
