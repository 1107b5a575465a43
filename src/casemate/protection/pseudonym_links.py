"""Linkage of two domains under dual control: a sealed table from old pseudonyms to new ones.

The trusted third party, which holds both domains' secrets and the identifiers, makes the table. It
leaves sealed (AES-256-GCM) under a key of its own that exists only as two approvers' shares. It
holds pairs of pseudonyms and no identifier, in the order of the old pseudonym; what it tells beyond
the pairs is how many there are, and, sealed, only about how many.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.frames import (
    only,
    open_frame,
    polars_columns,
    require_columns,
    with_columns,
)
from casemate.protection.key_shares import KeyShare, join_shares, split_key
from casemate.protection.pseudonym_policies import PseudonymDomain

_NONCE = 12
_ROOM = 4096  # sealed tables grow in these steps, so that their size tells little of the count


@dataclass(frozen=True)
class Side:
    """One side of a linkage: a domain and what the identifier is called there."""

    domain: PseudonymDomain
    attribute: str

    def names(self) -> dict[str, str]:
        """The side without its secrets, as a JSON document."""
        return {
            "domain": self.domain.name,
            "attribute": self.attribute,
            "key_version": self.domain.key_version,
        }


@dataclass(frozen=True)
class SealedLinkage:
    """A linkage that nobody can read without both approvers; its two sides stand open."""

    old: dict[str, str]
    new: dict[str, str]
    box: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """``sha256:...`` of the sealed bytes, by which an approval or the ledger names it."""
        return digest(self.box)

    @property
    def subject(self) -> str:
        """What its shares say that they open."""
        nonce = self.box[:_NONCE].hex()
        return f"linkage {nonce} from {self.old['domain']!r} to {self.new['domain']!r}"


def seal_linkage(
    identifiers: Any, old: Side, new: Side, approvers: tuple[str, str]
) -> tuple[SealedLinkage, KeyShare, KeyShare]:
    """Link the people in ``identifiers`` (a sequence or column) from the ``old`` to the ``new`` side.

    Gives the sealed table and a share for each of the two approvers; the key itself is forgotten.
    Raises BadInput if the sides are one domain and attribute, or the approvers one person.
    """
    if old.names() == new.names():
        raise BadInput("a linkage goes between two domains; both sides are the same")
    column = pl.Series(identifiers)
    pairs = pl.DataFrame(
        {"old": _pseudonyms(column, old), "new": _pseudonyms(column, new)}
    ).drop_nulls()
    table = pairs.unique().sort("old")
    key, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
    names = canonical_json([old.names(), new.names()])
    sealed = AESGCM(key).encrypt(nonce, _padded(table), names)
    linkage = SealedLinkage(old.names(), new.names(), nonce + sealed)
    first, second = split_key(key, linkage.subject, approvers)
    return linkage, first, second


def open_linkage(linkage: SealedLinkage, shares: Sequence[KeyShare]) -> pl.DataFrame:
    """The pairs, as columns ``old`` and ``new``.

    Raises NotAllowed without both approvers' shares for this linkage, IntegrityFailure if the box,
    its two sides or a share was changed.
    """
    key = join_shares(shares, linkage.subject)
    names = canonical_json([linkage.old, linkage.new])
    try:
        opened = AESGCM(key).decrypt(linkage.box[:_NONCE], linkage.box[_NONCE:], names)
    except InvalidTag:
        raise IntegrityFailure(
            f"the {linkage.subject} is not as it was sealed: its box or its sides were changed"
        ) from None
    pairs = json.loads(opened)
    return pl.DataFrame(pairs, schema={"old": pl.String, "new": pl.String}, orient="row")


def relink(table: Any, column: str, linkage: SealedLinkage, shares: Sequence[KeyShare]) -> Any:
    """``table`` of the old side with its pseudonyms in ``column`` replaced by the new side's.

    Records of people whom the linkage does not cover are left out: their old pseudonym must not
    travel. Errors are those of ``open_linkage``, and BadInput for a column that is not there.
    """
    pairs = open_linkage(linkage, shares)
    frame = open_frame(table)
    require_columns(frame, [column], "a pseudonym")
    old = polars_columns(frame, [column])[column]
    if old.dtype != pl.String:
        raise BadInput(f"the column {column!r} holds {old.dtype} values, which are no pseudonyms")
    found = old.to_frame("old").join(pairs, on="old", how="left", maintain_order="left")["new"]
    return only(with_columns(frame, {column: found}), found.is_not_null()).to_native()


def _pseudonyms(identifiers: pl.Series, side: Side) -> pl.Series:
    table = identifiers.to_frame(side.attribute)
    made: pl.DataFrame = side.domain.pseudonymise(table, [side.attribute]).table
    return made[side.attribute]


def _padded(table: pl.DataFrame) -> bytes:
    """The pairs as JSON; blanks after it are no part of a JSON document."""
    written = json.dumps(table.rows()).encode()
    return written.ljust(-(-len(written) // _ROOM) * _ROOM)
