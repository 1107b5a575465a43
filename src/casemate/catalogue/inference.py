"""The type of a column of text, decided from all of its values, never from the first few.

A column is turned into numbers, truth values, dates or moments only where every value is one and
none is changed by it: ``007`` and ``1e400`` stay text, and so does a digit string too long to hold.
"""

from dataclasses import dataclass, field

import polars as pl

MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None", ".", "#N/A")
"""Signs that stand for a missing value, but only in a column where all else is of one type."""

_INTEGER = r"^[+-]?(?:0|[1-9][0-9]{0,17})$"
_WHOLE = r"(?:0|[1-9][0-9]{0,17})"
# Whole numbers of up to 15 digits are exact in floating point; longer ones must show by a point or
# an exponent that they are measurements and not identifiers.
_POINT = (
    rf"^[+-]?(?:0|[1-9][0-9]{{0,14}}|{_WHOLE}?\.[0-9]*|{_WHOLE}(?:\.[0-9]*)?[eE][+-]?[0-9]{{1,3}})$"
)
_COMMA = _POINT.replace(r"\.", ",")
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

    def convert(self, column: str, decimal_comma: bool) -> pl.Expr:
        """The expression that turns the text in ``column`` into its type."""
        kinds = [k for k in self.candidates if k != ("number" if decimal_comma else "comma number")]
        if not self.seen or not kinds:
            return pl.col(column)
        return _KINDS[kinds[0]][1](_present(column)).alias(column)


def look(types: dict[str, ColumnType], frame: pl.DataFrame) -> None:
    """Strike out of ``types`` what the text in ``frame`` rules out, all columns in one pass."""
    names = frame.columns
    # Columns are told by position: a name may hold any sign.
    seen = frame.select(
        _present(name).count().alias(str(position)) for position, name in enumerate(names)
    ).row(0)
    asked = [
        (position, kind)
        for position, name in enumerate(names)
        if seen[position]
        for kind in types[name].candidates
    ]
    fits = frame.select(
        _present(names[position]).str.contains(_KINDS[kind][0]).all().alias(f"{position} {kind}")
        for position, kind in asked
    )
    answers = fits.row(0) if asked else ()
    for position, name in enumerate(names):
        if seen[position]:
            types[name].seen = True
            types[name].candidates = []
    for (position, kind), fit in zip(asked, answers, strict=True):
        if fit and _converts(frame, names[position], kind):
            types[names[position]].candidates.append(kind)


def _present(name: str) -> pl.Expr:
    text = pl.col(name)
    return pl.when(~text.is_in(MISSING)).then(text)


def _converts(frame: pl.DataFrame, name: str, kind: str) -> bool:
    """Whether values of the right form are values at all: no 30 February, no 1e400."""
    if kind in ("integer", "boolean"):
        return True
    if kind in ("number", "comma number") and not frame[name].str.contains("[eE]").any():
        return True
    text = _present(name)
    lost = frame.select((_KINDS[kind][1](text).is_null() & text.is_not_null()).any())
    return not lost.item()


def convert_all(
    frame: pl.DataFrame, types: dict[str, ColumnType], *, decimal_comma: bool
) -> pl.DataFrame:
    """``frame`` of text, each column converted by its type."""
    return frame.select(types[name].convert(name, decimal_comma) for name in frame.columns)
