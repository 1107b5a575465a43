"""ENISA's three pseudonymisation policies, for one domain whose key is renewed from epoch to epoch.

ENISA, Pseudonymisation techniques and best practices (November 2019), section 5.2:

- *deterministic*: an identifier has one pseudonym wherever it occurs;
- *document-randomised*: its first, second, ... occurrence in a document have different pseudonyms,
  and the same ones in every document of the domain; the order of the rows is part of the input;
- *fully randomised*: each occurrence has a new random pseudonym; nothing but the recovery table
  leads back.

Two domains share no pseudonym, nor do two policies, two attributes or two epochs of one domain.
Whoever holds a domain's secret can make the table from an old epoch's pseudonyms to the new ones;
nobody else can, and the key version in a record neither tells nor orders the epochs.
"""

import hmac
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casemate.errors import BadInput, NotFound
from casemate.protection.check_characters import with_check_characters
from casemate.protection.frames import open_frame, polars_columns, require_columns, with_columns
from casemate.protection.keyed_hash import hex_column
from casemate.protection.pseudonyms import Pseudonymiser, identifier_texts

_DERIVE = b"casemate pseudonym domain v1\0"
_VERSION = b"casemate pseudonym key version v1\0"
_RANDOM_BYTES = 16


class PseudonymPolicy(StrEnum):
    """ENISA's policies by their names."""

    DETERMINISTIC = "deterministic"
    DOCUMENT_RANDOMISED = "document-randomised"
    FULLY_RANDOMISED = "fully randomised"


@dataclass(frozen=True)
class PseudonymRecord:
    """How one attribute was pseudonymised; free of secrets, fit to publish beside the table.

    ``key_version`` names the key to whoever holds it, and is empty where the policy uses none.
    """

    domain: str
    attribute: str
    policy: PseudonymPolicy
    key_version: str
    check_character: bool

    def to_dict(self) -> dict[str, Any]:
        """The record as a JSON document without floats."""
        return asdict(self)


@dataclass(frozen=True)
class Pseudonymised:
    """The ``table``, a record for each attribute, and what only the trusted third party keeps.

    ``recovery`` holds, for each fully randomised attribute, the pairs of pseudonym and identifier.
    Deleting it is what makes these pseudonyms final.
    """

    table: Any
    records: tuple[PseudonymRecord, ...]
    recovery: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)


def new_secret() -> bytes:
    """32 random bytes for a domain's next epoch; the caller keeps them, in a vault."""
    return os.urandom(32)


class PseudonymDomain:
    """Makes the pseudonyms of one domain: a permit, a site, a study. Hides its secrets."""

    def __init__(self, name: str, secrets: Sequence[bytes]) -> None:
        """``secrets`` has one entry an epoch, oldest first; the last one is in use."""
        if not isinstance(name, str) or not name.strip():
            raise BadInput("a pseudonym domain needs a name")
        if not secrets or any(not isinstance(key, bytes) or len(key) < 16 for key in secrets):
            raise BadInput("a pseudonym domain needs secrets of at least 16 bytes, one an epoch")
        if len(set(secrets)) != len(secrets):
            raise BadInput("two epochs of a pseudonym domain have the same secret: draw a new one")
        self.name = name
        self.__epochs = {self._version(secret): secret for secret in secrets}

    def __repr__(self) -> str:
        return f"PseudonymDomain({self.name!r}, {len(self.__epochs)} epochs, secrets hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PseudonymDomain holds secrets and is not to be pickled or copied")

    @property
    def key_version(self) -> str:
        """The version of the key in use."""
        return list(self.__epochs)[-1]

    @property
    def key_versions(self) -> tuple[str, ...]:
        """Every epoch's key version, oldest first."""
        return tuple(self.__epochs)

    def rotated(self, secret: bytes) -> "PseudonymDomain":
        """The same domain with a new epoch in use; older epochs stay for rotation tables."""
        return PseudonymDomain(self.name, [*self.__epochs.values(), secret])

    def pseudonymise(
        self,
        table: Any,
        attributes: Sequence[str],
        *,
        policy: PseudonymPolicy = PseudonymPolicy.DETERMINISTIC,
        check_character: bool = False,
        key_version: str | None = None,
    ) -> Pseudonymised:
        """``table`` (polars, pandas or PyArrow) with the ``attributes`` replaced; null stays null.

        ``check_character`` adds one that finds mistyped pseudonyms (ISO 7064 MOD 37,36).
        ``key_version`` chooses an older epoch. Raises BadInput for a missing column or a value
        that identifies nobody, NotFound for a key version of another domain.
        """
        frame = open_frame(table)
        require_columns(frame, attributes, "an identifier")
        columns = polars_columns(frame, attributes)
        version = key_version or self.key_version
        new: dict[str, pl.Series] = {}
        recovery: dict[str, pl.DataFrame] = {}
        for name in attributes:
            found = self._column(columns[name], policy, version)
            new[name] = with_check_characters(found) if check_character else found
            if policy is PseudonymPolicy.FULLY_RANDOMISED:
                recovery[name] = _recovery_table(new[name], identifier_texts(columns[name]))
        written = "" if policy is PseudonymPolicy.FULLY_RANDOMISED else version
        records = tuple(
            PseudonymRecord(self.name, name, policy, written, check_character)
            for name in attributes
        )
        return Pseudonymised(with_columns(frame, new).to_native(), records, recovery)

    def rotation_table(
        self,
        table: Any,
        attribute: str,
        *,
        since: str,
        policy: PseudonymPolicy = PseudonymPolicy.DETERMINISTIC,
        check_character: bool = False,
    ) -> pl.DataFrame:
        """From the pseudonyms of the epoch ``since`` to those in use: columns ``old`` and ``new``.

        ``table`` holds the identifiers in its column ``attribute`` (for document-randomised
        pseudonyms, the document). Pairs come in the order of the old pseudonym and name nobody.
        """
        if policy is PseudonymPolicy.FULLY_RANDOMISED:
            raise BadInput("fully randomised pseudonyms have no key: there is nothing to rotate")
        frame = open_frame(table)
        require_columns(frame, [attribute], "an identifier")
        columns = polars_columns(frame, [attribute])
        sides = {}
        for side, version in (("old", since), ("new", self.key_version)):
            made = self.pseudonymise(
                columns,
                [attribute],
                policy=policy,
                check_character=check_character,
                key_version=version,
            )
            sides[side] = made.table[attribute]
        return pl.DataFrame(sides).drop_nulls().unique().sort("old")

    def _column(self, column: pl.Series, policy: PseudonymPolicy, version: str) -> pl.Series:
        if policy is PseudonymPolicy.FULLY_RANDOMISED:
            return _random_pseudonyms(identifier_texts(column))
        maker = Pseudonymiser(self._key(policy, version))
        if policy is PseudonymPolicy.DOCUMENT_RANDOMISED:
            column = _numbered(identifier_texts(column))
        return pl.DataFrame(maker.pseudonymise(column.to_frame(), [column.name]))[column.name]

    def _key(self, policy: PseudonymPolicy, version: str) -> bytes:
        if version not in self.__epochs:
            raise NotFound(
                f"the pseudonym domain {self.name!r} has no key of version {version!r}: "
                "it belongs to another domain or its secret is gone"
            )
        info = _DERIVE + policy.encode() + b"\0" + self.name.encode()
        return HKDF(SHA256(), 32, None, info).derive(self.__epochs[version])

    def _version(self, secret: bytes) -> str:
        return hmac.digest(secret, _VERSION + self.name.encode(), "sha256")[:8].hex()


def _numbered(texts: pl.Series) -> pl.Series:
    """Each identifier with the number of its occurrence before it, which no text can imitate."""
    identifier = pl.col("identifier")
    occurrence = pl.int_range(1, pl.len() + 1).over("identifier").cast(pl.String)
    numbered = pl.concat_str(occurrence, pl.lit("\0"), identifier).alias(texts.name)
    return texts.to_frame("identifier").select(numbered)[texts.name]


def _random_pseudonyms(texts: pl.Series) -> pl.Series:
    """A new random pseudonym for each value; 128 bits never meet again."""
    drawn = os.urandom(_RANDOM_BYTES * len(texts)).hex().encode()
    digits = np.frombuffer(drawn, dtype=np.uint8).reshape(len(texts), 2 * _RANDOM_BYTES)
    return hex_column(digits, texts).alias(texts.name)


def _recovery_table(pseudonyms: pl.Series, texts: pl.Series) -> pl.DataFrame:
    """In the order of the pseudonyms, so that no place tells whose row it was."""
    pairs = pl.DataFrame({"pseudonym": pseudonyms, "identifier": texts})
    return pairs.drop_nulls().sort("pseudonym")
