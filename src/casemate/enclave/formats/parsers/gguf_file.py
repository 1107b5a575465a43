"""GGUF version 2 and 3, read strictly: metadata, tensor descriptions, then tensors that fill the rest.

Source of the layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Numbers, names and
texts are bounded before anything is allocated for them; quantised tensors are measured, not opened.
"""

import struct
from collections.abc import Iterator
from typing import Any

_MAX_TEXT = 100_000
_MAX_ARRAY = 400_000
_SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
    12: "<d",
}  # fmt: skip
_TEXT, _ARRAY = 8, 9
# type -> (name, elements in a block, bytes of a block)
_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    30: ("BF16", 1, 2),
}  # fmt: skip
_NUMPY = {
    "F32": "<f4", "F16": "<f2", "I8": "<i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "F64": "<f8",
}  # fmt: skip


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise ValueError("it ends in the middle of something")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, longest: int = _MAX_TEXT) -> str:
        size = self.number("<Q")
        if size > longest:
            raise ValueError("a text in it is too long")
        return self.take(size).decode()


def facts(data: bytes) -> dict[str, Any]:
    metadata, tensors, _ = _read(data)
    texts = [f"{key}: {value}"[:300] for key, value in metadata.items()]
    return {
        "tensors": [
            {"name": name, "type": kind, "shape": shape} for name, kind, shape, *_ in tensors
        ],
        "texts": texts[:100],
        "counts": {"metadata": len(metadata), "texts": len(texts)},
    }


def arrays(data: bytes) -> Iterator[tuple[str, Any]]:
    import numpy as np

    _, tensors, base = _read(data)
    for name, kind, shape, start, end in tensors:
        if kind in _NUMPY:
            numbers = np.frombuffer(data[base + start : base + end], dtype=_NUMPY[kind])
            yield name, numbers.reshape(shape[::-1])


def _read(data: bytes) -> tuple[dict[str, Any], list[tuple[str, str, list[int], int, int]], int]:
    reader = _Reader(data)
    if reader.take(4) != b"GGUF" or reader.number("<I") not in (2, 3):
        raise ValueError("it is not GGUF of version 2 or 3")
    tensors, entries = reader.number("<Q"), reader.number("<Q")
    if tensors > 1000 or entries > 1000:
        raise ValueError("it has more than 1,000 tensors or metadata")
    metadata: dict[str, Any] = {}
    for _ in range(entries):
        key = reader.text(200)
        if key in metadata:
            raise ValueError("a metadatum stands twice")
        metadata[key] = _value(reader, reader.number("<I"))
    described = [_tensor(reader) for _ in range(tensors)]
    step = metadata.get("general.alignment", 32)
    if not isinstance(step, int) or not 8 <= step <= 4096 or step % 8:
        raise ValueError("its alignment is none")
    base = -(-reader.at // step) * step
    _require_whole(described, data, reader.at, base, step)
    return metadata, described, base


def _value(reader: _Reader, kind: int, *, inside: bool = False) -> Any:
    if kind in _SCALARS:
        return reader.number(_SCALARS[kind])
    if kind == _TEXT:
        return reader.text()
    if kind != _ARRAY or inside:
        raise ValueError("a metadatum is of no known type")
    of, count = reader.number("<I"), reader.number("<Q")
    if count > _MAX_ARRAY:
        raise ValueError("a list in it is too long")
    values = [_value(reader, of, inside=True) for _ in range(count)]
    return f"a list of {count}: {values[:5]}"


def _tensor(reader: _Reader) -> tuple[str, str, list[int], int, int]:
    name, sides = reader.text(200), reader.number("<I")
    if sides > 4:
        raise ValueError("a tensor has more than four sides")
    shape = [reader.number("<Q") for _ in range(sides)]
    kind, start = reader.number("<I"), reader.number("<Q")
    if kind not in _TYPES:
        raise ValueError("a tensor is of no known type")
    what, block, size = _TYPES[kind]
    elements = 1
    for side in shape:
        elements *= side
        if elements > 1 << 40:
            raise ValueError("a tensor's shape is larger than any file")
    if elements % block:
        raise ValueError("a tensor does not fill its last block")
    return name, what, shape, start, start + elements // block * size


def _require_whole(
    tensors: list[tuple[str, str, list[int], int, int]],
    data: bytes,
    read: int,
    base: int,
    step: int,
) -> None:
    """Tensors follow each other, with zeros and nothing else up to the alignment between them."""
    if data[read:base].strip(b"\0"):
        raise ValueError("bytes before the tensors belong to nothing")
    reached, size = 0, max(len(data) - base, 0)
    for _, _, _, start, end in sorted(tensors, key=lambda one: one[3]):
        if start != -(-reached // step) * step or end > size:
            raise ValueError("tensors overlap, leave a gap, or reach past the end")
        if data[base + reached : base + start].strip(b"\0"):
            raise ValueError("bytes between tensors are not zero")
        reached = end
    if size - reached >= step or data[base + reached :].strip(b"\0"):
        raise ValueError("bytes after the last tensor belong to none")
