"""The tree against pymerkle, an implementation of RFC 9162 that shares no line with ours."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from casemate.ledger import merkle
from casemate.ledger.merkle import Frontier

bodies = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def oracle(leaves: list[bytes]) -> InmemoryTree:
    return InmemoryTree.init_from_entries(leaves, algorithm="sha256")


def hashes(leaves: list[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(leaf) for leaf in leaves]


@given(bodies)
def test_every_root_on_the_way_is_the_oracle_s(entries: list[bytes]) -> None:
    tree, frontier = oracle(entries), Frontier()
    for size, leaf in enumerate(hashes(entries), 1):
        frontier.push(leaf)
        assert frontier.root() == tree.get_root(size)
        assert bytes(Frontier.from_bytes(size, bytes(frontier))) == bytes(frontier)


@given(bodies, st.data())
def test_inclusion_paths_are_the_oracle_s(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(entries)
    path = merkle.prove_inclusion(
        index, size, lambda start, end: merkle.root_of_leaves(leaves[start:end])
    )
    tree = oracle(entries)
    assert [leaves[index], *path] == tree.prove_inclusion(index + 1, size).path
    assert merkle.check_inclusion(leaves[index], index, size, path, tree.get_root(size))


@given(bodies, st.data())
def test_consistency_proofs_lead_to_the_oracle_s_roots(
    entries: list[bytes], data: st.DataObject
) -> None:
    new = data.draw(st.integers(1, len(entries)))
    old = data.draw(st.integers(1, new))
    leaves, tree = hashes(entries), oracle(entries)
    path = merkle.prove_consistency(
        old, new, lambda start, end: merkle.root_of_leaves(leaves[start:end])
    )
    assert merkle.check_consistency(old, new, path, tree.get_root(old), tree.get_root(new))


@given(bodies, st.data())
def test_no_altered_proof_convinces(entries: list[bytes], data: st.DataObject) -> None:
    leaves = hashes(entries)
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))

    def root_of(start: int, end: int) -> bytes:
        return merkle.root_of_leaves(leaves[start:end])

    root, old_root = root_of(0, size), root_of(0, old)
    inclusion = list(merkle.prove_inclusion(index, size, root_of))
    consistency = list(merkle.prove_consistency(old, size, root_of))
    for path in _damaged(inclusion, data):
        assert not merkle.check_inclusion(leaves[index], index, size, path, root)
    for path in _damaged(consistency, data):
        assert not merkle.check_consistency(old, size, path, old_root, root)
    assert not merkle.check_inclusion(b"\0" * 32, index, size, inclusion, root)
    assert not merkle.check_inclusion(leaves[index], index, size, inclusion, b"\0" * 32)
    assert not merkle.check_consistency(old, size, consistency, b"\0" * 32, root)
    assert not merkle.check_consistency(old, size, consistency, old_root, b"\0" * 32)


def _damaged(path: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    extra = [*path, b"\0" * 32]
    if not path:
        return [extra]
    at = data.draw(st.integers(0, len(path) - 1))
    flipped = bytes([path[at][0] ^ 1]) + path[at][1:]
    return [extra, path[:-1], [*path[:at], flipped, *path[at + 1 :]]]


@settings(max_examples=20)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_proofs_outside_the_tree_are_refused(index: int, old: int, size: int) -> None:
    if index >= size:
        assert not merkle.check_inclusion(b"", index, size, [], merkle.EMPTY_ROOT)
    if old > size:
        assert not merkle.check_consistency(old, size, [], b"", b"")


def test_tiles_are_the_roots_of_whole_runs_of_256_and_65536() -> None:
    leaves = [merkle.leaf_hash(b"%d" % at) for at in range(65_536 + 300)]
    frontier = Frontier()
    tiles = [tile for leaf in leaves for tile in frontier.push(leaf)]
    low = [tile for tile in tiles if tile[0] == 1]
    assert [at for _, at, _ in low] == list(range(257))
    assert low[3][2] == merkle.root_of_leaves(leaves[3 * 256 : 4 * 256])
    assert [tile for tile in tiles if tile[0] > 1] == [
        (2, 0, merkle.root_of_leaves(leaves[:65_536]))
    ]
    assert all(before <= after for (_, before, _), (_, after, _) in pairwise(low))
