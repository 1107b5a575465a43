"""Numbers as whole units, clipped: the only form in which a query adds them up.

A sum of floats depends on the order of its terms and its rounding leaks (Mironov 2012; Casacuberta
and others 2022). So a value is clipped, becomes a whole number of ``resolution`` units, and is added
up in 64 bits that cannot overflow: a row holds less than 2^31 units, and polars less than 2^32 rows.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import polars as pl

from casemate.errors import BadInput
from casemate.protection.privacy_loss.losses import Amount, exact

_MOST_UNITS = 2**31
_FINE = 2**20


@dataclass(frozen=True)
class Clipped:
    """A numeric column held within ``low`` to ``high``, which must be chosen without looking at the
    data. ``resolution``: the unit that values are rounded to; by default 1 for whole bounds a million
    or more apart, else a power of two near a millionth of the width."""

    column: str
    low: Amount
    high: Amount
    resolution: Amount | None = None

    def __post_init__(self) -> None:
        low, high = exact(self.low, "a bound"), exact(self.high, "a bound")
        if not low < high:
            raise BadInput(f"the bounds of {self.column!r} are a lower and a higher number")
        if self.resolution is not None and exact(self.resolution, "the resolution") <= 0:
            raise BadInput("the resolution is above 0")

    @cached_property
    def unit(self) -> Fraction:
        """The resolution: sums are whole multiples of it."""
        low, high = exact(self.low, "a bound"), exact(self.high, "a bound")
        if self.resolution is not None:
            return exact(self.resolution, "the resolution")
        if low.denominator == high.denominator == 1 and high - low >= _FINE:
            return Fraction(1)
        return Fraction(2) ** math.floor(math.log2((high - low) / _FINE))

    @cached_property
    def least(self) -> int:
        """The lower bound, in units."""
        return self._units(self.low)

    @cached_property
    def most(self) -> int:
        """The higher bound, in units."""
        return self._units(self.high)

    @property
    def middle(self) -> int:
        """Half-way between the bounds, in units."""
        return (self.least + self.most) // 2

    def check(self, dtype: pl.DataType) -> None:
        """Raise BadInput unless the column, of this type, holds numbers (or truth values)."""
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            raise BadInput(
                f"the column {self.column!r} holds {dtype} values, and a number is needed"
            )

    def units(self, dtype: pl.DataType) -> pl.Expr:
        """The clipped value in units, as Int64 from ``least`` to ``most``; null for null and NaN.

        A float is clipped before it is divided and rounded. Both keep order, and the bounds come out
        as ``least`` and ``most`` themselves, being whole numbers of 31 bits: so does nothing beyond.
        """
        column = pl.col(self.column)
        if dtype.is_integer() and self.unit == 1:
            wide = dtype in (pl.UInt64, pl.Int128, pl.UInt128)
            column = column.cast(pl.Float64 if wide else pl.Int64)
            return column.clip(self.least, self.most).cast(pl.Int64)
        low, high = (float(units * self.unit) for units in (self.least, self.most))
        column = column.cast(pl.Float64).clip(low, high) / float(self.unit)
        return column.round().cast(pl.Int64, strict=False)

    def _units(self, bound: Amount) -> int:
        units = round(exact(bound, "a bound") / self.unit)
        if abs(units) >= _MOST_UNITS:
            raise BadInput(
                f"the bounds of {self.column!r} are over 2^31 units of {float(self.unit):g}: "
                "give a coarser resolution"
            )
        return units
