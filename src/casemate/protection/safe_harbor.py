"""HIPAA's Safe Harbor: which of the eighteen identifiers a table seems to hold.

45 CFR 164.514(b)(2)(i)(A) to (R). The scan looks at column names and at values; it finds what looks
like an identifier and proves no absence: a table without findings still needs the holder's reading,
and the rule's second condition, no actual knowledge that somebody can be identified, is a person's.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any

import polars as pl

from casemate.protection.check_digits import is_american_ssn, is_vehicle_number
from casemate.protection.column_names import named_as
from casemate.protection.frames import open_frame, require_columns
from casemate.protection.identifier_scan import matching, readable, scan_identifiers

CATEGORIES = {
    "A": "names",
    "B": "geographic subdivisions smaller than a state",
    "C": "elements of dates except the year, and ages over 89",
    "D": "telephone numbers",
    "E": "fax numbers",
    "F": "electronic mail addresses",
    "G": "social security numbers",
    "H": "medical record numbers",
    "I": "health plan beneficiary numbers",
    "J": "account numbers",
    "K": "certificate and licence numbers",
    "L": "vehicle identifiers and serial numbers, licence plates",
    "M": "device identifiers and serial numbers",
    "N": "web addresses (URL)",
    "O": "internet protocol (IP) addresses",
    "P": "biometric identifiers",
    "Q": "full-face photographs",
    "R": "any other unique identifying number, characteristic or code",
}

_NAMES = {
    "person_name": "A", "geography": "B", "date": "C", "phone": "D", "fax": "E", "email": "F",
    "social_security": "G", "medical_record": "H", "health_plan": "I", "iban": "J", "account": "J",
    "licence": "K", "vehicle": "L", "device": "M", "url": "N", "ip_address": "O", "biometric": "P",
    "photo": "Q", "other_unique": "R", "luxembourgish_id": "R", "belgian_id": "R", "french_id": "R",
    "german_tax_id": "R",
}  # fmt: skip
"""The category that a column's name points to."""

_DATE = r"\b(?:[12][0-9]{3}-[01][0-9]-[0-3][0-9]|[0-3]?[0-9][./][0-3]?[0-9][./](?:[12][0-9])?[0-9]{2})\b"
_OLDEST = 89


@dataclass(frozen=True)
class SafeHarborFinding:
    """A column that seems to hold an identifier of ``category`` (A to R); no value is in it.

    ``by`` is "name" or "values"; ``matches`` counts records, ``share`` is over those with a value.
    ``rows`` are the positions that match, from 0, where they were asked for and values decided.
    """

    column: str
    category: str
    label: str
    by: str
    matches: int
    share: float
    rows: tuple[int, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as a document; ``share`` is a float (see ``without_floats``)."""
        return asdict(self)


def safe_harbor(
    table: Any, columns: Sequence[str] | None = None, *, rows: bool = False
) -> tuple[SafeHarborFinding, ...]:
    """What would have to go from ``columns`` (all if None) of ``table``, by category and column.

    A year alone is allowed and not reported, nor is an age up to 89. Numbers with check digits are
    reported where ``scan_identifiers`` holds them likely. Raises what ``scan_identifiers`` raises.
    """
    frame = open_frame(table)
    names = list(frame.columns if columns is None else columns)
    require_columns(frame, names, "a column to scan")
    found = []
    for name in names:
        found += [
            SafeHarborFinding(name, letter, CATEGORIES[letter], "name", 0, 0.0)
            for letter in sorted({_NAMES[kind] for kind in _NAMES if named_as(name, kind)})
        ]
        column = readable(frame, name)
        for letter, flags in _own_detectors(name, column):
            if flags.any():
                found.append(_finding(name, letter, flags, column, rows))
    for one in scan_identifiers(table, names, rows=rows):
        if one.by == "values" and one.likely:
            letter = _NAMES[one.kind]
            found.append(
                SafeHarborFinding(
                    one.column,
                    letter,
                    CATEGORIES[letter],
                    "values",
                    one.matches,
                    one.share,
                    one.rows,
                )
            )
    place = {name: number for number, name in enumerate(names)}
    return tuple(sorted(found, key=lambda one: (one.category, place[one.column], one.by)))


def _own_detectors(name: str, column: pl.Series) -> list[tuple[str, pl.Series]]:
    """The letters that values alone decide, each with its flags by record."""
    if column.dtype in (pl.Date, pl.Datetime):
        return [("C", column.is_not_null())]
    if column.dtype.is_numeric():
        return [("C", (column > _OLDEST).fill_null(False))] if named_as(name, "age") else []
    if column.dtype != pl.String:
        return []
    return [
        ("C", _flags(column, _DATE, _always)),
        ("G", _flags(column, r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", is_american_ssn)),
        ("L", _flags(column, r"(?i)\b[0-9a-hj-npr-z]{17}\b", is_vehicle_number)),
        ("N", _flags(column, r"(?i)\b(?:https?://|www\.)[^\s/?#]+\.[a-z]{2,24}", _always)),
        (
            "O",
            _flags(
                column, r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+|\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", _is_ip
            ),
        ),
    ]


def _always(_: str) -> bool:
    return True


def _is_ip(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    # "::" and "1::" are punctuation more often than addresses
    return address.version == 4 or len(re.sub(r"[^0-9A-Fa-f]", "", text)) >= 8


def _flags(column: pl.Series, form: str, check: Callable[[str], bool]) -> pl.Series:
    hits = matching(column.drop_nulls().unique(), form, check).filter("matches")["value"]
    return column.is_in(hits.implode()).fill_null(False)


def _finding(
    name: str, letter: str, flags: pl.Series, column: pl.Series, rows: bool
) -> SafeHarborFinding:
    matches = int(flags.sum())
    places = tuple(flags.arg_true().to_list()) if rows else None
    share = matches / (len(column) - column.null_count())
    return SafeHarborFinding(name, letter, CATEGORIES[letter], "values", matches, share, places)
