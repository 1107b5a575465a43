"""The scan for direct identifiers against what only looks like one, and against real forms of each.

The national numbers are made here from the rules of their check digits, not by the code under test.
"""

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import polars as pl
import pytest

from casemate.protection import scan_identifiers

MANY = 1500
DRAW = random.Random(20)


def _day() -> date:
    return date(1930, 1, 1) + timedelta(days=DRAW.randrange(29_000))


def _digits(count: int) -> str:
    return "".join(str(DRAW.randrange(10)) for _ in range(count))


def _grouped(number: float, thousands: str, point: str) -> str:
    whole, _, rest = f"{number:_.2f}".partition(".")
    return whole.replace("_", thousands) + point + rest


def _ean() -> str:
    digits = [DRAW.randrange(10) for _ in range(12)]
    check = -sum(digit * (1 + 2 * (place % 2)) for place, digit in enumerate(digits)) % 10
    return "".join(map(str, digits)) + str(check)


NEGATIVES: Mapping[str, Callable[[], str]] = {
    "article numbers": _ean,
    "dates": lambda: f"{_day():%d.%m.%Y}",
    "dates without signs": lambda: f"{_day():%Y%m%d}",
    "invoices by date": lambda: f"{_day():%Y%m%d}-{_digits(5)}",
    "times": lambda: f"{_day():%Y-%m-%d} {DRAW.randrange(24):02d}:{DRAW.randrange(60):02d}:00",
    "times without signs": lambda: f"{_day():%Y%m%d}{DRAW.randrange(24):02d}3015",
    "milliseconds": lambda: str(DRAW.randrange(1_500_000_000_000, 1_800_000_000_000)),
    "German amounts": lambda: _grouped(DRAW.lognormvariate(14, 3), ".", ","),
    "French amounts": lambda: _grouped(DRAW.lognormvariate(14, 3), " ", ",") + " €",
    "English amounts": lambda: "$" + _grouped(DRAW.lognormvariate(14, 3), ",", "."),
    "signed amounts": lambda: "+" + _grouped(DRAW.lognormvariate(17, 2), ".", ","),
    "signed French amounts": lambda: "+" + _grouped(DRAW.lognormvariate(17, 2), " ", ",") + " €",
    "coordinates": lambda: f"+{DRAW.uniform(49, 51):.6f} +{DRAW.uniform(5, 7):.7f}",
    "pictures": lambda: f"icon{DRAW.randrange(999)}@2x.png",
    "eleven digits": lambda: str(DRAW.randrange(1, 10)) + _digits(10),
    "thirteen digits": lambda: str(DRAW.randrange(1, 10)) + _digits(12),
    "fifteen digits": lambda: str(DRAW.randrange(1, 10)) + _digits(14),
    "accounts of no country": lambda: f"LU{_digits(18)}",
    "towns": lambda: DRAW.choice(["New York", "San Marino", "Bad Homburg", "Los Angeles"]),
    "occupations": lambda: DRAW.choice(["Software Engineer", "Truck Driver", "Project Manager"]),
    "reports": lambda: f"The Prime Minister spoke on {_day():%d %B %Y} of 12 345 678 euro.",
    "diagnoses": lambda: f"{DRAW.choice('ABCDEFGHIJ')}{_digits(2)}.{_digits(1)}",
}  # fmt: skip


@pytest.mark.parametrize("kind", NEGATIVES)
def test_what_only_looks_like_an_identifier_is_not_likely(kind: str) -> None:
    column = pl.DataFrame({"given": [NEGATIVES[kind]() for _ in range(MANY)]})
    likely = [one for one in scan_identifiers(column) if one.likely]
    assert likely == []


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        double = int(digit) * (2 if place % 2 == 0 else 1)
        total += double // 10 + double % 10
    return str(-total % 10)


def _verhoeff(digits: str) -> str:
    """By the dihedral group of order ten and the powers of one permutation (Verhoeff 1969)."""

    def times(one: int, two: int) -> int:
        if one < 5:
            return (one + two) % 5 if two < 5 else 5 + (one + two) % 5
        return 5 + (one - two) % 5 if two < 5 else (one - two) % 5

    step = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    check = 0
    for place, digit in enumerate(reversed(digits), start=1):
        moved = int(digit)
        for _ in range(place % 8):
            moved = step[moved]
        check = times(check, moved)
    return next(
        str(last) for last in range(10) if times(last, check) == 0 or times(check, last) == 0
    )


def _luxembourgish() -> str:
    body = f"{_day():%Y%m%d}{_digits(3)}"
    return body + _luhn(body) + _verhoeff(body)


def _belgian() -> str:
    day = _day()
    body = f"{day:%y%m%d}{_digits(3)}"
    number = int(body if day.year < 2000 else "2" + body)
    return body + f"{97 - number % 97:02d}"


def _french() -> str:
    body = f"{DRAW.choice('12')}{_day():%y%m}{DRAW.randrange(1, 96):02d}{_digits(6)}"
    return body + f"{97 - int(body) % 97:02d}"


def _iban() -> str:
    body = f"{_digits(18)}"
    check = 98 - int(body + "131400") % 97  # DE00 moved to the end, letters from A = 10
    return f"DE{check:02d}{body}"


def _spaced(text: str, size: int) -> str:
    return " ".join(text[place : place + size] for place in range(0, len(text), size))


POSITIVES: Mapping[str, Callable[[], str]] = {
    "luxembourgish_id": _luxembourgish,
    "belgian_id": _belgian,
    "french_id": _french,
    "iban": _iban,
    "email": lambda: f"a.b{DRAW.randrange(999)}@mail.example.lu",
    "phone": lambda: f"+352 621 {_digits(3)} {_digits(3)}",
}


@pytest.mark.parametrize("kind", POSITIVES)
@pytest.mark.parametrize("form", ["{}", "see {} there", "{}, 12.03.2020"])
def test_what_is_one_is_found_alone_and_in_prose(kind: str, form: str) -> None:
    values = [form.format(POSITIVES[kind]()) for _ in range(200)]
    if kind == "iban":
        values = [form.format(_spaced(_iban(), 4)) for _ in range(200)]
    found = {one.kind: one for one in scan_identifiers(pl.DataFrame({"given": values}))}
    assert kind in found
    assert found[kind].matches == 200
    assert found[kind].likely
