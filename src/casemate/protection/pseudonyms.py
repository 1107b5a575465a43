"""Keyed pseudonyms: HMAC-SHA-256, one key a domain.

The policy is *deterministic* in ENISA's terms (Pseudonymisation techniques and best practices, 2019):
one identifier has one pseudonym everywhere under one key. Separation comes from the key: the caller
derives one for each permit (HKDF), so that the pseudonyms of two permits cannot be joined; and each
attribute is a domain of its own under it, so that two attributes cannot be joined either.

Whoever holds the key can test guesses, and identifiers are few: the key never enters the sandbox.
"""

import hmac
from collections.abc import Sequence
from typing import Any, NoReturn

import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import (
    given_back,
    open_frame,
    polars_columns,
    require_columns,
    with_columns,
)
from casemate.protection.keyed_hash import hash_of, keyed_hashes
from casemate.protection.values import text_of

POLICY = "deterministic"
_DOMAIN = b"casemate pseudonym v1\0"
_EXACT_FLOAT = 2**53


class Pseudonymiser:
    """Makes the pseudonyms of one domain; neither prints, pickles nor logs its key."""

    def __init__(self, key: bytes) -> None:
        """``key`` is secret, at least 16 bytes, and belongs to one domain such as a permit."""
        if not isinstance(key, bytes) or len(key) < 16:
            raise BadInput("a pseudonym key is at least 16 secret bytes")
        self.__key = key

    def __repr__(self) -> str:
        return "Pseudonymiser(key hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Pseudonymiser holds a secret key and is not to be pickled or copied")

    def pseudonym(self, value: Any, attribute: str) -> str | None:
        """The pseudonym of one identifier: 32 hexadecimal digits, 128 bits; None for null.

        An identifier is keyed by its written form, so that 1, 1.0 and "1" agree: readers differ on
        the type of a number column that has gaps. "01" is another identifier. Raises BadInput for
        an identifier that is no text and no whole number (a fraction, a truth value, NaN).
        """
        text = identifier_text(value, attribute)
        return None if text is None else hash_of(self._domain_key(attribute), text)

    def pseudonymise(self, table: Any, attributes: Sequence[str]) -> Any:
        """``table`` (polars, pandas or PyArrow) with the ``attributes`` replaced by pseudonyms."""
        frame = open_frame(table)
        require_columns(frame, attributes, "an identifier")
        columns = polars_columns(frame, attributes)
        new = {name: self._column(columns[name]) for name in attributes}
        return given_back(with_columns(frame, new).to_native(), table)

    def _column(self, column: pl.Series) -> pl.Series:
        texts = identifier_texts(column)
        return keyed_hashes(self._domain_key(column.name), texts).alias(column.name)

    def _domain_key(self, attribute: str) -> bytes:
        return hmac.digest(self.__key, _DOMAIN + attribute.encode(), "sha256")


def identifier_texts(column: pl.Series) -> pl.Series:
    """The written forms of a column of identifiers, as ``identifier_text`` gives them."""
    if column.dtype == pl.String:
        return column
    if column.dtype.is_integer():
        return column.cast(pl.String)
    if column.dtype.is_float():
        inexact = column.filter((column.floor() != column) | (column.abs() >= _EXACT_FLOAT))
        if len(inexact):
            identifier_text(inexact[0], column.name)  # refuses it
        return column.cast(pl.Int64).cast(pl.String)
    values = column.unique()
    table = pl.DataFrame(
        {
            "value": values,
            "text": pl.Series([identifier_text(v, column.name) for v in values], dtype=pl.String),
        }
    )
    found = column.to_frame("value").join(
        table, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    return found["text"].alias(column.name)


def identifier_text(value: Any, attribute: str) -> str | None:
    """The written form of an identifier; the message of its BadInput does not repeat the value."""
    where = f"the identifier {attribute!r}"
    if isinstance(value, bool):
        raise BadInput(f"{where} holds a truth value, which identifies nobody")
    if isinstance(value, float) and not (value.is_integer() and abs(value) < _EXACT_FLOAT):
        raise BadInput(
            f"{where} holds a number that is not whole, or too large for its type to be exact: "
            "give whole numbers or text"
        )
    return text_of(value, where)
