"""Keyed pseudonyms: HMAC-SHA-256, one key a domain.

The policy is *deterministic* in ENISA's terms (Pseudonymisation techniques and best practices, 2019):
one identifier has one pseudonym everywhere under one key. Separation comes from the key: the caller
derives one for each permit (HKDF), so that the pseudonyms of two permits cannot be joined; and each
attribute is a domain of its own under it, so that two attributes cannot be joined either.

Whoever holds the key can test guesses, and identifiers are few: the key never enters the sandbox.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns, with_columns
from casemate.protection.values import text_of

POLICY = "deterministic"
_BYTES = 16
_BLOCK = 64
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
        return self._all([value], attribute)[0]

    def pseudonymise(self, table: Any, attributes: Sequence[str]) -> Any:
        """``table`` (polars, pandas or PyArrow) with the ``attributes`` replaced by pseudonyms."""
        frame = open_frame(table)
        require_columns(frame, attributes, "an identifier")
        columns = polars_columns(frame, attributes)
        new = {name: self._column(columns[name]) for name in attributes}
        return with_columns(frame, new).to_native()

    def _column(self, column: pl.Series) -> pl.Series:
        """Each distinct identifier is keyed once, then looked up."""
        values = column.unique()
        table = pl.DataFrame(
            {
                "value": values,
                "pseudonym": pl.Series(self._all(values.to_list(), column.name), dtype=pl.String),
            }
        )
        found = column.to_frame("value").join(
            table, on="value", how="left", nulls_equal=True, maintain_order="left"
        )
        return found["pseudonym"].alias(column.name)

    def _all(self, values: Iterable[Any], attribute: str) -> list[str | None]:
        """HMAC with the two padded key blocks hashed once: equal to ``hmac.digest``, twice as fast."""
        key = hmac.digest(self.__key, _DOMAIN + attribute.encode(), "sha256")
        block = int.from_bytes(key.ljust(_BLOCK, b"\0"))
        inner = hashlib.sha256((block ^ int.from_bytes(b"\x36" * _BLOCK)).to_bytes(_BLOCK))
        outer = hashlib.sha256((block ^ int.from_bytes(b"\x5c" * _BLOCK)).to_bytes(_BLOCK))
        found: list[str | None] = []
        for value in values:
            text = identifier_text(value, attribute)
            if text is None:
                found.append(None)
                continue
            first, second = inner.copy(), outer.copy()
            first.update(text.encode())
            second.update(first.digest())
            found.append(second.digest()[:_BYTES].hex())
        return found


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
