"""Reversible pseudonyms: for a trusted third party, and back only with two approvers' key shares.

AES-SIV (RFC 5297): deterministic and authenticated, so that a pseudonym of another key, domain or
attribute, or one that was changed, is refused and never decrypted to somebody else. Identifiers are
padded, so that a pseudonym's length tells at most a multiple of sixteen bytes.

Whoever makes these pseudonyms could reverse them: only the trusted third party makes them, and it
may keep the key nowhere but in the two shares.
"""

import hmac
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.frames import open_frame, polars_columns, require_columns, with_columns
from casemate.protection.key_shares import KeyShare, join_shares, split_key
from casemate.protection.pseudonyms import identifier_texts

_DERIVE = b"casemate reversible pseudonym v1\0"
_VERSION = b"casemate reversible key version v1\0"
_BLOCK = 16
_LENGTH = 4  # bytes that say how long the identifier is


class ReversiblePseudonymiser:
    """Makes reversible pseudonyms of one domain; neither prints, pickles nor logs its key."""

    def __init__(self, secret: bytes, domain: str) -> None:
        """``secret`` is at least 32 bytes; the key of ``domain`` is derived from it."""
        if not isinstance(secret, bytes) or len(secret) < 32:
            raise BadInput("a recovery secret is at least 32 secret bytes")
        if not domain.strip():
            raise BadInput("a pseudonym domain needs a name")
        self.domain = domain
        self.__key = HKDF(SHA256(), 64, None, _DERIVE + domain.encode()).derive(secret)

    def __repr__(self) -> str:
        return f"ReversiblePseudonymiser({self.domain!r}, key hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a ReversiblePseudonymiser holds a secret key and is not to be copied")

    @property
    def key_version(self) -> str:
        """Names the key to whoever holds it."""
        return hmac.digest(self.__key, _VERSION, "sha256")[:8].hex()

    def pseudonymise(self, table: Any, attributes: Sequence[str]) -> Any:
        """``table`` (polars, pandas or PyArrow) with the ``attributes`` sealed; null stays null."""
        frame = open_frame(table)
        require_columns(frame, attributes, "an identifier")
        columns = polars_columns(frame, attributes)
        cipher = AESSIV(self.__key)
        new = {name: _sealed(cipher, columns[name], self.domain) for name in attributes}
        return with_columns(frame, new).to_native()

    def split(self, approvers: tuple[str, str]) -> tuple[KeyShare, KeyShare]:
        """The key of this domain in two shares, one for each approver; see ``recover``."""
        return split_key(self.__key, recovery_of(self.domain), approvers)


def recovery_of(domain: str) -> str:
    """What a recovery share's subject says."""
    return f"recovery of pseudonyms of the domain {domain!r}"


def recover(
    pseudonyms: Iterable[str | None], attribute: str, domain: str, shares: Sequence[KeyShare]
) -> list[str | None]:
    """The identifiers behind ``pseudonyms``, in their order; null stays null.

    Raises NotAllowed without two different approvers' shares for this domain, IntegrityFailure for
    a damaged share and for a pseudonym that this domain did not make for this attribute.
    """
    cipher = AESSIV(join_shares(shares, recovery_of(domain)))
    bound = _bound(domain, attribute)
    return [
        None if pseudonym is None else _opened(cipher, pseudonym, bound) for pseudonym in pseudonyms
    ]


def _bound(domain: str, attribute: str) -> list[bytes]:
    return [domain.encode(), attribute.encode()]


def _sealed(cipher: AESSIV, column: pl.Series, domain: str) -> pl.Series:
    """Each distinct identifier is sealed once, then looked up."""
    texts = identifier_texts(column)
    values = texts.unique()
    bound = _bound(domain, column.name)
    sealed = [
        None if text is None else cipher.encrypt(_padded(text), bound).hex() for text in values
    ]
    table = pl.DataFrame({"text": values, "sealed": pl.Series(sealed, dtype=pl.String)})
    found = texts.to_frame("text").join(
        table, on="text", how="left", nulls_equal=True, maintain_order="left"
    )
    return found["sealed"].alias(column.name)


def _padded(text: str) -> bytes:
    written = text.encode()
    whole = len(written).to_bytes(_LENGTH) + written
    return whole.ljust(-(-len(whole) // _BLOCK) * _BLOCK, b"\0")


def _opened(cipher: AESSIV, pseudonym: str, bound: list[bytes]) -> str:
    try:
        whole = cipher.decrypt(bytes.fromhex(pseudonym), bound)
    except (InvalidTag, TypeError, ValueError):
        raise IntegrityFailure(
            f"a pseudonym of {bound[1].decode()!r} was not made by the domain "
            f"{bound[0].decode()!r}, or was changed"
        ) from None
    length = int.from_bytes(whole[:_LENGTH])
    return whole[_LENGTH : _LENGTH + length].decode()
