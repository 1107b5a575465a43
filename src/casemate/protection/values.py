"""One written form for each value of a quasi-identifier or identifier, whatever type carries it."""

import math
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from casemate.errors import BadInput

FARTHEST = 1000
"""The most that the exponent of a number may be, either way; that of a float is 324 at most."""


def text_of(value: Any, where: str) -> str | None:
    """``value`` as text: 1, 1.0 and '1' all read "1", because readers disagree on an integer's type.

    Null stays None, a value of its own. NaN, infinities and values without a written form
    (lists, bytes, objects) are refused by BadInput, which names ``where``.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _text_of_float(value, where)
    if isinstance(value, Decimal):
        return plain(Fraction(value))
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise BadInput(
        f"{where} holds a {type(value).__name__}, which has no written form: "
        "give text, numbers or dates"
    )


def _text_of_float(value: float, where: str) -> str:
    if not math.isfinite(value):
        raise BadInput(f"{where} holds {value}: use null for what is missing, finite numbers else")
    return str(int(value)) if value.is_integer() else repr(value)


def number_of(value: Any, where: str) -> Fraction:
    """``value`` as an exact number, read from its decimal form (0.3 is three tenths)."""
    if isinstance(value, bool):
        raise BadInput(f"{where} holds {value}, which is not a number")
    text = text_of(value, where)
    try:
        number = Decimal(text) if text is not None else Decimal(0)
        if number.is_finite() and abs(number.adjusted()) > FARTHEST:
            # Written in ten characters, it would be spelled out in as many digits as it says.
            raise BadInput(
                f"{where} holds {text!r}, beyond the numbers that are reckoned with (1e{FARTHEST})"
            )
        return Fraction(number)
    except (InvalidOperation, ValueError, OverflowError):
        raise BadInput(f"{where} holds {text!r}, which is not a number") from None


def plain(number: Fraction) -> str:
    """``number`` in plain decimal digits: "40", "0.5"; no exponent."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
