"""Dates moved by a secret number of days, one number a person.

All dates of one person move together, so their order and the days between them stay, in every table
shifted under one key; the order between two people's dates does not. Weekdays and seasons move too:
``step=7`` keeps the weekday, at the price of fewer possible shifts. An observer who knows one true
date of a person knows the person's shift: this is a pseudonymisation of time, not an anonymisation.
"""

import hmac
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal, NoReturn

import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns, with_columns
from casemate.protection.keyed_hash import keyed_hashes
from casemate.protection.pseudonyms import identifier_texts

TimeUnit = Literal["ns", "us", "ms"]

_DOMAIN = b"casemate date shift v1\0"
_DIGITS = 15  # hexadecimal: 60 bits, so that no shift is likelier than another by more than 2^-40
_WIDEST = 36_525


class DateShifter:
    """Moves the dates of each person by whole days; neither prints, pickles nor logs its key."""

    def __init__(self, key: bytes, days: int = 182, step: int = 1) -> None:
        """Shifts are multiples of ``step`` days, up to ``days`` either way, never none.

        ``key`` is secret, at least 16 bytes, and belongs to one permit, as a pseudonym key does.
        """
        if not isinstance(key, bytes) or len(key) < 16:
            raise BadInput("a key for date shifts is at least 16 secret bytes")
        if not 1 <= step <= days <= _WIDEST:
            raise BadInput(
                f"dates shift by up to days, from step to {_WIDEST}, in steps of at least 1; "
                f"given are days={days} and step={step}"
            )
        self.days, self.step = days, step
        self.__key = hmac.digest(key, _DOMAIN, "sha256")

    def __repr__(self) -> str:
        return f"DateShifter(days={self.days}, step={self.step}, key hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a DateShifter holds a secret key and is not to be pickled or copied")

    def shift(self, table: Any, person: str, dates: Sequence[str]) -> Any:
        """``table`` (polars, pandas or PyArrow) with the columns ``dates`` moved by ``person``.

        A null date stays null; times of day and time zones stay, and a shifted day is 24 hours.
        Raises BadInput for a date whose record names no person, a column that holds no dates, and
        a date that could leave the years 1 to 9999 or the range of its type.
        """
        frame = open_frame(table)
        require_columns(frame, [person], "the person")
        require_columns(frame, dates, "a date")
        if person in dates:
            raise BadInput(f"the column {person!r} cannot be both the person and a date")
        columns = polars_columns(frame, [person, *dates])
        shifts = self._shifts(columns[person])
        new = {name: self._moved(columns[name], shifts, person) for name in dates}
        return with_columns(frame, new).to_native()

    def _shifts(self, people: pl.Series) -> pl.Series:
        """Days for each record: -most .. -1 and 1 .. most steps are equally likely."""
        most = self.days // self.step
        drawn = keyed_hashes(self.__key, identifier_texts(people)).str.slice(0, _DIGITS)
        place = drawn.str.to_integer(base=16, dtype=pl.Int64) % (2 * most)
        return (place - most + (place >= most).cast(pl.Int64)) * self.step

    def _moved(self, column: pl.Series, shifts: pl.Series, person: str) -> pl.Series:
        kind = column.dtype
        if kind == pl.Null:
            return column
        if not isinstance(kind, pl.Date | pl.Datetime):
            raise BadInput(f"the column {column.name!r} holds {kind} values: give dates to shift")
        if (shifts.is_null() & column.is_not_null()).any():
            raise BadInput(
                f"the column {column.name!r} has a date in a record without {person!r}: "
                "a date without its person cannot be shifted"
            )
        unit: TimeUnit = "ms" if isinstance(kind, pl.Date) else kind.time_unit
        low, high = _days_of(unit)
        days = column.dt.date().cast(pl.Int64).drop_nulls()
        # judged by the widest shift, not by the person's own, of which an error must tell nothing
        if not days.is_between(low + self.days, high - self.days).all():
            raise BadInput(
                f"a date in the column {column.name!r} could leave the calendar if shifted"
            )
        moved = pl.col("date") + pl.duration(days=pl.col("shift"), time_unit=unit)
        return pl.DataFrame({"date": column, "shift": shifts}).select(moved.cast(kind))["date"]


def _days_of(unit: str) -> tuple[int, int]:
    """The first and last day, counted from 1970, that a type holds whole and Python can read."""
    epoch = date(1970, 1, 1)
    if unit == "ns":
        whole = timedelta(microseconds=2**63 // 1000).days - 1
        return -whole, whole
    return (date(1, 1, 2) - epoch).days, (date(9999, 12, 30) - epoch).days
