"""The Merkle tree of RFC 6962 and RFC 9162, as pure functions over hashes.

Leaves and nodes are hashed under different prefixes, so that no node can pass for a leaf. The tree
over n leaves splits at the largest power of two below n; every function below follows from that.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
TILE_HEIGHT = 8
"""Subtrees of 2^8 leaves (and of 2^16, 2^24, ...) are kept, as in C2SP tlog-tiles."""

RootOf = Callable[[int, int], bytes]
"""Gives the root over the leaves from ``start`` up to, not including, ``end``."""


def leaf_hash(body: bytes) -> bytes:
    """The hash of one leaf (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\0" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first.

    It holds at most log2(size) + 1 hashes, and they are all that a further leaf or the root needs.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has not {len(self.peaks)} complete subtrees")

    @classmethod
    def from_bytes(cls, size: int, joined: bytes) -> "Frontier":
        """The inverse of ``bytes(frontier)``; raises ``ValueError`` where the lengths disagree."""
        if len(joined) % HASH_BYTES:
            raise ValueError(f"{len(joined)} bytes are no row of hashes")
        return cls(size, (joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)))

    def __bytes__(self) -> bytes:
        return b"".join(self.peaks)

    def copy(self) -> "Frontier":
        """A frontier that can grow on its own."""
        return Frontier(self.size, self.peaks)

    def push(self, leaf: bytes) -> tuple[tuple[int, int, bytes], ...]:
        """Add one leaf hash; gives (level, index, hash) of each tile that it completes.

        A tile of level 1 spans 256 leaves, of level 2 256 tiles of level 1, and so on.
        """
        node, height, position = leaf, 0, self.size
        completed: tuple[tuple[int, int, bytes], ...] = ()
        while position & 1:
            node = hashlib.sha256(b"\1" + self.peaks.pop() + node).digest()
            height += 1
            position >>= 1
            if height % TILE_HEIGHT == 0:
                completed += ((height // TILE_HEIGHT, position, node),)
        self.peaks.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of the whole tree; of none, the hash of nothing."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of_leaves(leaves: Sequence[bytes]) -> bytes:
    """The root over ``leaves`` (leaf hashes), RFC 9162 section 2.1.1."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.push(leaf)
    return frontier.root()


def split_at(width: int) -> int:
    """The largest power of two smaller than ``width`` (2 or more): where a tree divides."""
    return 1 << ((width - 1).bit_length() - 1)


def prove_inclusion(index: int, size: int, root_of: RootOf) -> tuple[bytes, ...]:
    """The path from leaf ``index`` to the root over ``size`` leaves (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    path = []
    while end - start > 1:
        middle = start + split_at(end - start)
        if index < middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(start, middle))
            start = middle
    return tuple(reversed(path))


def prove_consistency(old: int, new: int, root_of: RootOf) -> tuple[bytes, ...]:
    """The hashes that show the first ``old`` of ``new`` leaves unchanged (RFC 9162 section 2.1.4.1).

    The empty tree is a beginning of every tree: its proof is empty.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves is no beginning of one of {new}")
    if old == 0:
        return ()
    start, end, known = 0, new, True
    path = []
    while old != end:
        middle = start + split_at(end - start)
        if old <= middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(start, middle))
            start, known = middle, False
    if not known:  # the old root itself need not be sent: the checker has it
        path.append(root_of(start, end))
    return tuple(reversed(path))


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether ``path`` leads from ``leaf`` at ``index`` to ``root`` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last = index, size - 1
    computed = leaf
    for sibling in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            computed = node_hash(sibling, computed)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and computed == root


def check_consistency(
    old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether ``path`` shows the old tree to be the beginning of the new (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    if old == new:
        return not path and old_root == new_root
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_computed = new_computed = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_computed = node_hash(sibling, old_computed)
            new_computed = node_hash(sibling, new_computed)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new_computed = node_hash(new_computed, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and old_computed == old_root and new_computed == new_root
