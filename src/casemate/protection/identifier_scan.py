"""A scan for direct identifiers, in columns and in free text; it counts them and shows none.

Where a number carries check digits they must hold, so that accounts, article numbers and readings of
the same length are not taken for people. A column is ``likely`` to identify where at least half of
what has a number's form passes: of random digits a Luxembourgish id passes in 2 of 100,000, a
Belgian one in 0.25 %, a German one in 0.34 %, a French one in 0.5 %. Names have no check digit: that
finding is a heuristic and says so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import narwhals as nw
import polars as pl

from casemate.protection.check_digits import (
    IBAN_LENGTHS,
    compact,
    is_belgian_id,
    is_french_id,
    is_german_tax_id,
    is_iban,
    is_luxembourgish_id,
)
from casemate.protection.column_names import named_as
from casemate.protection.frames import Frame, open_frame, polars_columns, require_columns

LIKELY = 0.5
"""The share of what has the form that must pass the check for a finding to be likely."""


class IdentifierKind(StrEnum):
    """What a direct identifier is."""

    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    LUXEMBOURGISH_ID = "luxembourgish_id"
    BELGIAN_ID = "belgian_id"
    FRENCH_ID = "french_id"
    GERMAN_TAX_ID = "german_tax_id"
    PERSON_NAME = "person_name"


@dataclass(frozen=True)
class IdentifierFinding:
    """What was found in a column, counted over its records; no value is in it.

    ``by`` is "values" or "name" (of the column: nothing is counted then). ``values`` are the records
    with a value, ``in_form`` those that hold something of the form, ``matches`` those of which the
    check digits hold as well, ``share`` is ``matches`` over ``values``. ``heuristic``: a guess by
    shape or by name. ``rows``: the positions that match, from 0, where they were asked for.
    """

    column: str
    kind: str
    by: str
    values: int
    in_form: int
    matches: int
    share: float
    likely: bool
    heuristic: bool
    rows: tuple[int, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as a document; ``share`` is a float (see ``without_floats``)."""
        return asdict(self)


@dataclass(frozen=True)
class _Detector:
    kind: IdentifierKind
    form: str
    check: Callable[[str], bool]
    padded: int = 0
    """Leading zeros that a column of whole numbers has lost are given back up to so many digits."""


_PICTURES = frozenset(
    ("bmp", "gif", "ico", "jpeg", "jpg", "pdf", "png", "svg", "tif", "tiff", "webp")
)
_COORDINATE = re.compile(r"\+(?:1[0-7]|[1-9])?[0-9]\.[0-9]{4,8}")


def _is_email(address: str) -> bool:
    """No file: icon@2x.png has an address's form, and ends as none does."""
    return address.rpartition(".")[2].lower() not in _PICTURES


def _is_phone(number: str) -> bool:
    """E.164: a country code and at most 15 digits in all; we ask for 8 to be a telephone's.

    A number with a decimal comma is an amount, and +49.611621 a coordinate: none is a telephone.
    """
    digits = re.sub(r"\D", "", number)
    if "," in number or _COORDINATE.fullmatch(number):
        return False
    return 8 <= len(digits.removeprefix("00")) <= 15


def _starts_with_iban(text: str) -> bool:
    """An IBAN at the start of ``text``: in prose the form runs on into the next words."""
    signs = compact(text)
    return is_iban(signs[: IBAN_LENGTHS.get(signs[:2], 0)])


_DETECTORS = (
    _Detector(
        IdentifierKind.EMAIL,
        r"(?i)\b[a-z0-9._%+'\-]{1,64}@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}\b",
        _is_email,
    ),
    _Detector(
        IdentifierKind.PHONE,
        r"(?:\+[1-9]|^00[1-9][0-9]{0,2}[ .\-/])(?:[ .\-/()]{0,2}[0-9]){6,14}\b(?:,[0-9]{1,2}\b)?",
        _is_phone,
    ),
    _Detector(
        IdentifierKind.IBAN, r"(?i)\b[a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,30}\b", _starts_with_iban
    ),
    _Detector(
        IdentifierKind.LUXEMBOURGISH_ID,
        r"\b[0-9]{4}[ .\-]?[0-9]{2}[ .\-]?[0-9]{2}[ .\-]?[0-9]{3}[ .\-]?[0-9] ?[0-9]\b",
        is_luxembourgish_id,
    ),
    _Detector(
        IdentifierKind.BELGIAN_ID,
        r"\b[0-9]{2}[. \-]?[0-9]{2}[. \-]?[0-9]{2}[. \-]?[0-9]{3}[. \-]?[0-9]{2}\b",
        is_belgian_id,
        padded=11,
    ),
    _Detector(
        IdentifierKind.FRENCH_ID,
        r"(?i)\b[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3}[ \-]?[0-9]{2}\b",
        is_french_id,
    ),
    _Detector(
        IdentifierKind.GERMAN_TAX_ID, r"\b[1-9][0-9](?:[ /]?[0-9]{3}){3}\b", is_german_tax_id
    ),
)

_FULL_NAME = (
    r"^\p{Lu}[\p{L}'’\-]+,?(?: (?:van|von|de|der|den|du|la|le|di|da))*"
    r"(?: \p{Lu}[\p{L}'’.\-]*){1,3}$"
)
_ADDRESSED = (
    r"\b(?:Mr|Mrs|Ms|Dr|Pr|Prof|M\.|Mme|Mlle|Herr|Herrn|Frau|Här|Madame|Monsieur)\.? "
    r"\p{Lu}[\p{Ll}'’\-]+\p{Ll}"
)
_NAME_SHARE, _NAME_VARIETY = 0.6, 0.3


def scan_identifiers(
    table: Any, columns: Sequence[str] | None = None, *, rows: bool = False
) -> tuple[IdentifierFinding, ...]:
    """Direct identifiers in ``columns`` (all if None) of ``table``, column by column.

    Text and whole numbers are looked into, also where an identifier stands in the middle of prose;
    fractions, dates and truth values are not. ``rows`` adds the positions that match. A column whose
    name says what it holds is a finding of its own.

    Raises BadInput for an unknown column and for one of mixed types or nested values; an empty table
    and an empty column have no findings but by their names; NaN counts as no value.
    """
    frame = open_frame(table)
    names = list(frame.columns if columns is None else columns)
    require_columns(frame, names, "a column to scan")
    found: list[IdentifierFinding] = []
    for name in names:
        column = readable(frame, name)
        found += _by_name(name, len(column) - column.null_count())
        found += _by_values(name, column, rows)
    return tuple(found)


def readable(frame: Frame, name: str) -> pl.Series:
    """The column as polars, NaN as null; fractions that are all whole numbers become integers."""
    if frame[name].dtype.is_float():
        frame = frame.with_columns(nw.col(name).fill_nan(None))
    column = polars_columns(frame, [name])[name]
    if column.dtype.is_float() and (column.drop_nulls() % 1 == 0).all():
        column = column.cast(pl.Int64, strict=False)
    return column


def matching(values: pl.Series, form: str, check: Callable[[str], bool]) -> pl.DataFrame:
    """For each of ``values`` (text): whether it holds something of ``form``, and one that passes."""
    found = pl.DataFrame({"value": values}).with_columns(
        pl.col("value").str.extract_all(form).alias("candidates")
    )
    candidates = found["candidates"].explode().drop_nulls().unique().to_list()
    passing = pl.Series([text for text in candidates if check(text)], dtype=pl.String)
    return found.select(
        "value",
        in_form=pl.col("candidates").list.len() > 0,
        matches=pl.col("candidates").list.eval(pl.element().is_in(passing.implode())).list.any(),
    )


def _by_name(name: str, values: int) -> list[IdentifierFinding]:
    return [
        IdentifierFinding(name, kind, "name", values, 0, 0, 0.0, True, True)
        for kind in IdentifierKind
        if named_as(name, kind.value)
    ]


def _by_values(name: str, column: pl.Series, rows: bool) -> list[IdentifierFinding]:
    whole = column.dtype.is_integer()
    if not (whole or column.dtype == pl.String):
        return []
    text = column.cast(pl.String).alias("value")
    counted = text.drop_nulls().value_counts(name="records")
    found = []
    for detector in _DETECTORS:
        values = counted["value"]
        if whole and detector.padded:
            values = _padded(values, detector.padded)
        flags = matching(values, detector.form, detector.check).select("in_form", "matches")
        finding = _finding(name, detector.kind, text, counted.hstack(flags), rows)
        if finding.matches:
            found.append(finding)
    if not whole:
        found += _names_in(name, text, counted, rows)
    return found


def _padded(numbers: pl.Series, length: int) -> pl.Series:
    """The leading zeros back: a year of birth of 00 to 09 lost them when it was read as a number."""
    short = (numbers.str.len_bytes() >= length - 3).alias("short")
    return pl.select(pl.when(short).then(numbers.str.zfill(length)).otherwise(numbers)).to_series()


def _finding(
    name: str, kind: IdentifierKind, text: pl.Series, flags: pl.DataFrame, rows: bool
) -> IdentifierFinding:
    values = int(flags["records"].sum())
    in_form = int(flags.filter("in_form")["records"].sum())
    matches = int(flags.filter("matches")["records"].sum())
    places: tuple[int, ...] | None = None
    if rows:
        places = tuple(text.is_in(flags.filter("matches")["value"].implode()).arg_true().to_list())
    return IdentifierFinding(
        column=name,
        kind=kind,
        by="values",
        values=values,
        in_form=in_form,
        matches=matches,
        share=matches / values if values else 0.0,
        likely=matches > 0 and matches >= LIKELY * in_form,
        heuristic=False,
        rows=places,
    )


def _names_in(
    name: str, text: pl.Series, counted: pl.DataFrame, rows: bool
) -> list[IdentifierFinding]:
    """Names by their shape: a column of "Given Family", or a title before a capital in prose.

    A column counts where most values have the shape and they vary: categories such as "United
    Kingdom" are few. Single words are never taken for names by their shape.
    """
    distinct, records = counted["value"], counted["records"]
    shaped, addressed = distinct.str.contains(_FULL_NAME), distinct.str.contains(_ADDRESSED)
    total = int(records.sum())
    varied = len(distinct) >= max(2.0, _NAME_VARIETY * total)
    is_column = varied and int(records.filter(shaped).sum()) >= _NAME_SHARE * total
    flags = counted.with_columns(
        in_form=shaped | addressed, matches=shaped | addressed if is_column else addressed
    )
    finding = _finding(name, IdentifierKind.PERSON_NAME, text, flags, rows)
    return [replace(finding, heuristic=True, likely=True)] if finding.matches else []
