"""The type of a column of text, decided from all of its values, never from the first few.

A column is turned into numbers, truth values, dates or moments only where every value is one and
none is changed by it: ``007`` and ``1e400`` stay text, and so does a digit string too long to hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None", ".", "#N/A")
"""Signs that stand for a missing value, but only in a column where all else is of one type."""

_INTEGER = r"^[+-]?(?:0|[1-9][0-9]{0,17})$"
_POINT = r"^[+-]?(?:0|[1-9][0-9]{0,307})?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?$"
_COMMA = r"^[+-]?(?:0|[1-9][0-9]{0,307})?(?:,[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?$"
_BOOLEAN = r"^(?i:true|false)$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?$"


def _as_integer(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.Int64, strict=False)


def _as_number(text: pl.Expr) -> pl.Expr:
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _as_comma_number(text: pl.Expr) -> pl.Expr:
    return _as_number(text.str.replace(",", ".", literal=True))


def _as_boolean(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase() == "true"


def _as_date(text: pl.Expr) -> pl.Expr:
    return text.str.to_date("%Y-%m-%d", strict=False)


def _as_moment(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace("T", " ", literal=True)
    return plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)


_KINDS = {
    "integer": (_INTEGER, _as_integer),
    "number": (_POINT, _as_number),
    "comma number": (_COMMA, _as_comma_number),
    "boolean": (_BOOLEAN, _as_boolean),
    "date": (_DATE, _as_date),
    "moment": (_MOMENT, _as_moment),
}


@dataclass
class ColumnType:
    """What one column can still be, after the values seen so far."""

    candidates: list[str] = field(default_factory=lambda: list(_KINDS))
    seen: bool = False

    def look(self, values: pl.Series) -> None:
        """Strike out what ``values`` rule out."""
        values = values.drop_nulls()
        values = values.filter(~values.is_in(MISSING))
        if values.is_empty() or not self.candidates:
            return
        self.seen = True
        self.candidates = [kind for kind in self.candidates if _all_are(values, kind)]

    def convert(self, column: str, decimal_comma: bool) -> pl.Expr:
        """The expression that turns the text in ``column`` into its type."""
        kinds = [k for k in self.candidates if k != ("number" if decimal_comma else "comma number")]
        if not self.seen or not kinds:
            return pl.col(column)
        text = pl.col(column)
        return _KINDS[kinds[0]][1](pl.when(~text.is_in(MISSING)).then(text)).alias(column)


def _all_are(values: pl.Series, kind: str) -> bool:
    pattern, convert = _KINDS[kind]
    if not values.str.contains(pattern).all():
        return False
    done = values.to_frame("v").select(convert(pl.col("v"))).to_series()
    return done.null_count() == 0


def infer_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` of text with every column in its own type (decimal point)."""
    return convert_all(frame, infer_types([frame]), decimal_comma=False)


def infer_types(frames: Iterable[pl.DataFrame]) -> dict[str, ColumnType]:
    """The types of the columns of ``frames``, which are pieces of one table of text."""
    types: dict[str, ColumnType] = {}
    for frame in frames:
        for name in frame.columns:
            types.setdefault(name, ColumnType()).look(frame[name])
    return types


def convert_all(
    frame: pl.DataFrame, types: dict[str, ColumnType], *, decimal_comma: bool
) -> pl.DataFrame:
    """``frame`` of text, each column converted by its type."""
    return frame.select(types[name].convert(name, decimal_comma) for name in frame.columns)
