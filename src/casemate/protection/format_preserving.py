"""Format-preserving pseudonyms: FF1 (NIST SP 800-38G) with AES-256, through the library libffx.

A pseudonym has the length and the letters of its identifier, so it passes where the identifier did
(a fixed-width column, a form's field). It can be mistaken for a real identifier, and it tells the
identifier's length: prefer ``Pseudonymiser`` where the format does not matter. Whoever holds the
key can reverse it. Identifiers need a million possible values (SP 800-38G Rev. 1): seven digits do.
"""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import polars as pl
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casemate.errors import BadInput, IntegrityFailure, Unavailable
from casemate.protection.frames import open_frame, polars_columns, require_columns, with_columns
from casemate.protection.pseudonyms import identifier_texts

DIGITS = "0123456789"
_DERIVE = b"casemate format-preserving v1\0"
_FEWEST = 1_000_000
_SAMPLE_KEY = bytes.fromhex(
    "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"
)  # published with FF1, samples 7 to 9


class FormatPreserving:
    """FF1 over one alphabet; each attribute has a key of its own. Hides its key."""

    def __init__(self, key: bytes, alphabet: str = DIGITS) -> None:
        """``key`` is secret, at least 16 bytes, and belongs to one domain such as a permit.

        Raises Unavailable where libffx is not installed, IntegrityFailure where it does not give
        NIST's own sample.
        """
        if not isinstance(key, bytes) or len(key) < 16:
            raise BadInput("a key for format-preserving pseudonyms is at least 16 secret bytes")
        if len(alphabet) < 2 or len(set(alphabet)) != len(alphabet):
            raise BadInput("an alphabet has at least two characters, each once")
        self.alphabet = alphabet
        self.__key = key
        self.__ff1 = _library()

    def __repr__(self) -> str:
        return f"FormatPreserving(alphabet={self.alphabet!r}, key hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a FormatPreserving holds a secret key and is not to be pickled or copied")

    def pseudonymise(self, table: Any, attributes: Sequence[str]) -> Any:
        """``table`` (polars, pandas or PyArrow) with the ``attributes`` replaced; null stays null.

        Raises BadInput for an identifier with a character that the alphabet lacks, or too short.
        """
        return self._each(table, attributes, lambda cipher: cipher.encrypt)

    def identifiers(self, table: Any, attributes: Sequence[str]) -> Any:
        """The way back: ``table`` with pseudonyms replaced by identifiers, as text.

        FF1 has no authentication: a wrong key or a changed pseudonym gives a wrong identifier.
        """
        return self._each(table, attributes, lambda cipher: cipher.decrypt)

    def _each(
        self,
        table: Any,
        attributes: Sequence[str],
        way: Callable[[Any], Callable[[str], str]],
    ) -> Any:
        frame = open_frame(table)
        require_columns(frame, attributes, "an identifier")
        columns = polars_columns(frame, attributes)
        new = {}
        for name in attributes:
            info = _DERIVE + name.encode()
            key = HKDF(SHA256(), 32, None, info).derive(self.__key)
            new[name] = self._column(columns[name], way(self.__ff1(key, alphabet=self.alphabet)))
        return with_columns(frame, new).to_native()

    def _column(self, column: pl.Series, turn: Callable[[str], str]) -> pl.Series:
        """Each distinct identifier is turned once, then looked up."""
        texts = identifier_texts(column)
        values = texts.unique()
        self._require_turnable(values.drop_nulls(), column.name)
        turned = [None if text is None else turn(text) for text in values]
        table = pl.DataFrame({"text": values, "turned": pl.Series(turned, dtype=pl.String)})
        found = texts.to_frame("text").join(
            table, on="text", how="left", nulls_equal=True, maintain_order="left"
        )
        return found["turned"].alias(column.name)

    def _require_turnable(self, texts: pl.Series, attribute: str) -> None:
        letters = set(self.alphabet)
        for text in texts:
            if not letters.issuperset(text):
                raise BadInput(
                    f"the identifier {attribute!r} holds a character that its alphabet lacks"
                )
            if len(self.alphabet) ** len(text) < _FEWEST:
                raise BadInput(
                    f"the identifier {attribute!r} holds one of {len(text)} characters: "
                    f"with {len(self.alphabet)} letters that is under a million possibilities, "
                    "too few for FF1"
                )


def is_installed() -> bool:
    """Whether libffx is here."""
    return importlib.util.find_spec("ffx") is not None


def _library() -> Any:
    """The class FF1 of libffx, once it has given NIST's sample (a known-answer test)."""
    try:
        ff1 = importlib.import_module("ffx").FF1
    except ImportError:
        raise Unavailable(
            "format-preserving pseudonyms need the library libffx, which is not installed here"
        ) from None
    tweak = bytes.fromhex("39383736353433323130")
    if ff1(_SAMPLE_KEY, alphabet=DIGITS).encrypt("0123456789", tweak=tweak) != "1001623463":
        raise IntegrityFailure("the installed libffx does not compute FF1: NIST's sample 8 differs")
    return ff1
