"""Proofs for one entry or one older size, from a few runs of kept hashes.

A proof at a million entries reads at most some 256 hashes a level of tiles, whatever the size.
Every proof is checked before it leaves: a wrong one would accuse an honest ledger.
"""

import base64
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.errors import BadInput, IntegrityFailure, NotFound
from casemate.ledger import merkle
from casemate.ledger.merkle import TILE_HEIGHT, Frontier, node_hash
from casemate.ledger.note import Checkpoint
from casemate.ledger.tables import BODY, LEAF, LedgerEntryRow, LedgerNodeRow

_TILE_WIDTH = 1 << TILE_HEIGHT


@dataclass(frozen=True)
class InclusionProof:
    """Shows that the entry with hash ``leaf`` is number ``index`` of the ``size`` under ``root``."""

    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    root: bytes

    def holds(self) -> bool:
        """Whether the path leads from the leaf to the root (RFC 9162 section 2.1.3.2)."""
        return merkle.check_inclusion(self.leaf, self.index, self.size, self.path, self.root)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, hashes in base64."""
        return {
            "index": self.index,
            "size": self.size,
            "leaf": _base64(self.leaf),
            "path": [_base64(node) for node in self.path],
            "root": _base64(self.root),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> "InclusionProof":
        """The inverse of ``to_dict``; raises ``BadInput`` for what is no proof."""
        try:
            return cls(
                int(document["index"]),
                int(document["size"]),
                _bytes(document["leaf"]),
                tuple(_bytes(node) for node in document["path"]),
                _bytes(document["root"]),
            )
        except (KeyError, TypeError, ValueError) as failure:
            raise BadInput(f"this is no proof of an entry: {failure!r}") from None

    def with_checkpoint(self, checkpoint: str) -> str:
        """As a self-contained file that other logs' tools read (c2sp.org/tlog-proof).

        Raises ``BadInput`` where ``checkpoint`` is not of this proof's size and root.
        """
        fixed = Checkpoint.parse(checkpoint.rpartition("\n\n")[0] + "\n")
        if (fixed.size, fixed.root) != (self.size, self.root):
            raise BadInput(f"the checkpoint of {fixed.size} entries is not the one that is proved")
        lines = ["c2sp.org/tlog-proof@v1", f"index {self.index}", *map(_base64, self.path)]
        return "\n".join([*lines, "", checkpoint])


@dataclass(frozen=True)
class ConsistencyProof:
    """Shows that the tree under ``old_root`` is the beginning of the one under ``new_root``."""

    old_size: int
    new_size: int
    old_root: bytes
    new_root: bytes
    path: tuple[bytes, ...]

    def holds(self) -> bool:
        """Whether the path leads to both roots (RFC 9162 section 2.1.4.2)."""
        return merkle.check_consistency(
            self.old_size, self.new_size, self.path, self.old_root, self.new_root
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON, hashes in base64."""
        return {
            "old_size": self.old_size,
            "new_size": self.new_size,
            "old_root": _base64(self.old_root),
            "new_root": _base64(self.new_root),
            "path": [_base64(node) for node in self.path],
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> "ConsistencyProof":
        """The inverse of ``to_dict``; raises ``BadInput`` for what is no proof."""
        try:
            return cls(
                int(document["old_size"]),
                int(document["new_size"]),
                _bytes(document["old_root"]),
                _bytes(document["new_root"]),
                tuple(_bytes(node) for node in document["path"]),
            )
        except (KeyError, TypeError, ValueError) as failure:
            raise BadInput(f"this is no proof of consistency: {failure!r}") from None


class KeptHashes:
    """Roots over any run of entries, out of leaves and tile hashes; each tile is read once."""

    def __init__(self, tx: Session) -> None:
        self._tx = tx
        self._tiles: dict[tuple[int, int], dict[int, bytes]] = {}

    def root_of(self, start: int, end: int) -> bytes:
        """The root over entries ``start`` to ``end`` (not included), as the tree divides them."""
        width = end - start
        if width == 0:
            return merkle.EMPTY_ROOT
        if width & (width - 1) == 0 and start % width == 0:
            return self._complete(width.bit_length() - 1, start // width)
        middle = start + merkle.split_at(width)
        return node_hash(self.root_of(start, middle), self.root_of(middle, end))

    def _complete(self, height: int, position: int) -> bytes:
        level, above = divmod(height, TILE_HEIGHT)
        first = position << above
        hashes = [self._hash(level, first + at) for at in range(1 << above)]
        while len(hashes) > 1:
            hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]

    def _hash(self, level: int, index: int) -> bytes:
        tile = level, index // _TILE_WIDTH
        if tile not in self._tiles:
            self._tiles[tile] = self._read(*tile)
        try:
            return self._tiles[tile][index]
        except KeyError:
            what = f"entry {index}" if level == 0 else f"node {index} of level {level}"
            raise IntegrityFailure(
                f"the ledger's {what} is missing: run `casemate ledger verify`"
            ) from None

    def _read(self, level: int, tile: int) -> dict[int, bytes]:
        start = tile * _TILE_WIDTH
        value: Any
        if level == 0:
            index, value, wanted = LedgerEntryRow.index, LEAF, []
        else:
            index, value = LedgerNodeRow.index, LedgerNodeRow.hash
            wanted = [LedgerNodeRow.level == level]
        query = select(index, value).where(*wanted, index >= start, index < start + _TILE_WIDTH)
        return {at: bytes(kept) for at, kept in self._tx.connection().execute(query)}


def inclusion(tx: Session, head: Frontier, index: int, size: int | None) -> InclusionProof:
    """See ``Ledger.prove_inclusion``."""
    size = _size_within(head, size)
    if not 0 <= index < size:
        raise NotFound(f"a ledger of {size} entries has no entry {index}")
    kept = KeptHashes(tx)
    body = tx.scalar(select(BODY).where(LedgerEntryRow.index == index))
    if body is None:
        raise IntegrityFailure(
            f"the ledger's entry {index} is missing: run `casemate ledger verify`"
        )
    path = merkle.prove_inclusion(index, size, kept.root_of)
    proof = InclusionProof(index, size, merkle.leaf_hash(body), path, _root(head, size, kept))
    if not proof.holds():
        raise IntegrityFailure(
            f"the ledger's entry {index}, or a hash kept for it, was altered: it does not lead to the "
            "signed root; run `casemate ledger verify`"
        )
    return proof


def consistency(tx: Session, head: Frontier, old: int, new: int | None) -> ConsistencyProof:
    """See ``Ledger.prove_consistency``."""
    new = _size_within(head, new)
    if not 0 <= old <= new:
        raise NotFound(f"a ledger of {new} entries never had {old} before that")
    kept = KeptHashes(tx)
    path = merkle.prove_consistency(old, new, kept.root_of)
    proof = ConsistencyProof(old, new, kept.root_of(0, old), _root(head, new, kept), path)
    if not proof.holds():
        raise IntegrityFailure(
            "the hashes that the ledger keeps do not lead to its signed root: run `casemate ledger verify`"
        )
    return proof


def _size_within(head: Frontier, size: int | None) -> int:
    if size is None:
        return head.size
    if not 0 <= size <= head.size:
        raise NotFound(f"the ledger has {head.size} entries, not {size}")
    return size


def _root(head: Frontier, size: int, kept: KeptHashes) -> bytes:
    return head.root() if size == head.size else kept.root_of(0, size)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
