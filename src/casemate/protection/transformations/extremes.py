"""Top and bottom coding, and rounding: numbers made less telling before anything else is done.

The largest and smallest values are often the best known: the highest income of a commune, the oldest
person. Top coding puts a bound in the place of all above it (Hundepool and others, "Statistical
Disclosure Control", 2012, 3.2.3). The column stays a column of numbers. As levels of a hierarchy,
beside other levels, the same is ``top_bottom``, and ``intervals`` has ``top`` and ``bottom``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import (
    given_back,
    open_frame,
    polars_columns,
    require_columns,
    with_columns,
)
from casemate.protection.values import number_of, plain


@dataclass(frozen=True)
class Extremes:
    """Where a column is coded: at values (``bottom``, ``top``) or at percentiles of it.

    A percentile is 0 to 100, and the bound is the value at that rank, rounded up for the top and
    down for the bottom: so a share of the records, not above what is asked, is coded. It is a value
    of the table, that of one record at least: choose a round bound by value where that matters.
    """

    bottom: Any = None
    top: Any = None
    bottom_percentile: Any = None
    top_percentile: Any = None

    def __post_init__(self) -> None:
        for end in ("bottom", "top"):
            value, percentile = getattr(self, end), getattr(self, f"{end}_percentile")
            if value is not None and percentile is not None:
                raise BadInput(f"{end} coding is by value or by percentile, not both")
            if value is not None:
                object.__setattr__(self, end, number_of(value, f"the bound of {end} coding"))
            if percentile is not None:
                share = number_of(percentile, f"the percentile of {end} coding")
                if not 0 < share < 100:
                    raise BadInput(f"a percentile is above 0 and below 100, not {plain(share)}")
                object.__setattr__(self, f"{end}_percentile", share)
        ends = (self.bottom, self.top, self.bottom_percentile, self.top_percentile)
        if all(end is None for end in ends):
            raise BadInput("top or bottom coding needs a bound: bottom, top or a percentile")
        _require_order(self.bottom, self.top)
        _require_order(self.bottom_percentile, self.top_percentile)

    def to_dict(self) -> dict[str, str]:
        """The bounds that are set, as text."""
        return {
            name: plain(value)
            for name in ("bottom", "top", "bottom_percentile", "top_percentile")
            if (value := getattr(self, name)) is not None
        }


def _require_order(low: Fraction | None, high: Fraction | None) -> None:
    if low is not None and high is not None and low >= high:
        raise BadInput("bottom coding must end below top coding")


@dataclass(frozen=True)
class Coded:
    """The bounds at which a column was coded, as text, and how many records each changed."""

    column: str
    bottom: str | None
    top: str | None
    below: int
    above: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "column": self.column, "bottom": self.bottom, "top": self.top,
            "below": self.below, "above": self.above,
        }  # fmt: skip


def code_extremes(table: Any, extremes: Mapping[str, Extremes]) -> tuple[Any, tuple[Coded, ...]]:
    """``table`` with values beyond the bounds replaced by the bounds, and what was done.

    Null stays null. Raises BadInput for a column that holds no numbers, and a bound with a fraction
    for a column of whole numbers.
    """
    frame = open_frame(table)
    require_columns(frame, list(extremes), "a column to top or bottom code")
    columns = polars_columns(frame, list(extremes))
    new, done = {}, []
    for name, ends in extremes.items():
        new[name], coded = _coded(columns[name], ends)
        done.append(coded)
    return given_back(with_columns(frame, new).to_native(), table), tuple(done)


def _coded(column: pl.Series, ends: Extremes) -> tuple[pl.Series, Coded]:
    _require_number(column)
    low = ends.bottom if ends.bottom is not None else _at(column, ends.bottom_percentile, up=False)
    high = ends.top if ends.top is not None else _at(column, ends.top_percentile, up=True)
    if low is not None and high is not None and low > high:
        raise BadInput(f"the bottom of {column.name!r} would be coded above its top: move a bound")
    below = above = 0
    found = column
    if low is not None:
        below = int((column < _of_kind(low, column)).sum())
        found = found.clip(lower_bound=_of_kind(low, column))
    if high is not None:
        above = int((column > _of_kind(high, column)).sum())
        found = found.clip(upper_bound=_of_kind(high, column))
    bounds = [None if end is None else plain(end) for end in (low, high)]
    return found, Coded(column.name, bounds[0], bounds[1], below, above)


def _require_number(column: pl.Series) -> None:
    if not column.dtype.is_numeric():
        raise BadInput(
            f"{column.name!r} holds {column.dtype} values, which have no bounds: it needs numbers"
        )


def _at(column: pl.Series, percentile: Fraction | None, *, up: bool) -> Fraction | None:
    """The value at a percentile of those present; None where there is none."""
    if percentile is None or column.null_count() == len(column):
        return None
    present = column.drop_nulls().sort()
    rank = percentile * (len(present) - 1) / 100
    place = -(-rank.numerator // rank.denominator) if up else rank.numerator // rank.denominator
    return number_of(present[place], repr(column.name))


def _of_kind(bound: Fraction, column: pl.Series) -> Any:
    """``bound`` as a value of the column's own type."""
    if column.dtype.is_integer():
        if bound.denominator != 1:
            raise BadInput(
                f"{column.name!r} holds whole numbers: its bound {plain(bound)} must be one too"
            )
        return int(bound)
    return Decimal(plain(bound)) if column.dtype.is_decimal() else float(bound)


def round_numbers(table: Any, bases: Mapping[str, Any]) -> Any:
    """``table`` with each column rounded to the nearest multiple of its base; halves go up.

    Null stays null. Raises BadInput for a column that holds no numbers, a base that is not above 0,
    and a base with a fraction for a column of whole numbers.
    """
    frame = open_frame(table)
    require_columns(frame, list(bases), "a column to round")
    columns = polars_columns(frame, list(bases))
    new = {}
    for name, base in bases.items():
        step = rounding_base(name, base)
        _require_number(columns[name])
        new[name] = _rounded(columns[name], step)
    return given_back(with_columns(frame, new).to_native(), table)


def rounding_base(name: str, base: Any) -> Fraction:
    """What the column ``name`` is rounded to; BadInput unless it is above 0."""
    step = number_of(base, f"the rounding base of {name!r}")
    if base is None or step <= 0:
        raise BadInput(f"the rounding base of {name!r} must be above 0, not {base!r}")
    return step


def _rounded(column: pl.Series, step: Fraction) -> pl.Series:
    if column.dtype.is_float():
        size = float(step)
        found: pl.Series = (column / size + 0.5).floor() * size
        return found.cast(column.dtype).alias(column.name)
    values = column.unique()
    if column.dtype.is_integer():
        _of_kind(step, column)
    written = [None if value is None else _nearest(value, step) for value in values]
    kind = column.dtype
    table = pl.DataFrame({"value": values, "rounded": pl.Series(written, dtype=kind)})
    joined = column.to_frame("value").join(
        table, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["rounded"].alias(column.name)


def _nearest(value: Any, step: Fraction) -> Any:
    doubled = 2 * number_of(value, "a column to round") / step + 1
    found = (doubled.numerator // doubled.denominator // 2) * step
    return int(found) if isinstance(value, int) else Decimal(plain(found))
