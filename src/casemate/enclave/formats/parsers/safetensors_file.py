"""safetensors, read strictly: a length, a JSON header, and tensors that fill the rest without a gap.

The format's own promises (https://github.com/huggingface/safetensors) are checked here rather than
believed: no overlap, no hole, no byte that no tensor owns, sizes that follow from type and shape.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any

_MAX_HEADER = 1 << 20
_MAX_TENSORS = 1000
_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip
_NUMPY = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "<u1",
}  # fmt: skip


def facts(data: bytes) -> dict[str, Any]:
    header, body = _read(data)
    texts = [f"{key}: {value}"[:300] for key, value in header.pop("__metadata__", {}).items()]
    tensors = [
        {"name": name, "type": about["dtype"], "shape": about["shape"]}
        for name, about in header.items()
    ]
    return {"tensors": tensors, "texts": texts[:100], "counts": {"weights": len(body)}}


def arrays(data: bytes) -> Iterator[tuple[str, Any]]:
    import numpy as np

    header, body = _read(data)
    header.pop("__metadata__", None)
    for name, about in header.items():
        start, end = about["data_offsets"]
        if about["dtype"] == "BF16":
            halves = np.frombuffer(body[start:end], dtype="<u2").astype("<u4") << 16
            yield name, halves.view("<f4").reshape(about["shape"])
        elif about["dtype"] in _NUMPY:
            kind = _NUMPY[about["dtype"]]
            yield name, np.frombuffer(body[start:end], dtype=kind).reshape(about["shape"])
        else:
            raise ValueError("a tensor is of a type whose numbers are not looked at")


def model(data: bytes) -> dict[str, Any]:
    """The tensors by name."""
    return dict(arrays(data))


def _read(data: bytes) -> tuple[dict[str, Any], bytes]:
    if len(data) < 8:
        raise ValueError("it is shorter than its header's length")
    (size,) = struct.unpack("<Q", data[:8])
    if not 2 <= size <= min(_MAX_HEADER, len(data) - 8):
        raise ValueError("its header's length is not that of a header")
    header = json.loads(data[8 : 8 + size], object_pairs_hook=_distinct)
    if data[8:9] != b"{" or not isinstance(header, dict):
        raise ValueError("its header is no object")
    if len(header) > _MAX_TENSORS:
        raise ValueError(f"it has more than {_MAX_TENSORS} tensors")
    body = data[8 + size :]
    _require_text(header.get("__metadata__", {}))
    _require_whole({k: v for k, v in header.items() if k != "__metadata__"}, len(body))
    return header, body


def _require_text(metadata: Any) -> None:
    if not isinstance(metadata, dict) or len(metadata) > 100:
        raise ValueError("its metadata are not a few texts")
    if not all(isinstance(value, str) and len(value) <= 280 for value in metadata.values()):
        raise ValueError("its metadata are not short texts")


def _require_whole(tensors: dict[str, Any], size: int) -> None:
    """Each tensor has the bytes that its shape needs, and together they are all there is."""
    places = []
    for name, about in tensors.items():
        if len(name) > 200 or not isinstance(about, dict):
            raise ValueError("a tensor's name is too long, or its description no object")
        if set(about) != {"dtype", "shape", "data_offsets"} or about["dtype"] not in _BYTES:
            raise ValueError("a tensor is described by other things than type, shape and place")
        elements = 1
        if not isinstance(about["shape"], list) or len(about["shape"]) > 8:
            raise ValueError("a tensor's shape is no shape")
        for side in about["shape"]:
            if type(side) is not int or not 0 <= side <= size:
                raise ValueError("a tensor's shape is larger than the file")
            elements *= side
        start, end = _place(about["data_offsets"])
        if end - start != elements * _BYTES[about["dtype"]]:
            raise ValueError("a tensor's place is not as long as its shape needs")
        places.append((start, end))
    reached = 0
    for start, end in sorted(places):
        if start != reached:
            raise ValueError("tensors overlap, or bytes between them belong to none")
        reached = end
    if reached != size:
        raise ValueError("bytes after the last tensor belong to none")


def _place(offsets: Any) -> tuple[int, int]:
    if not isinstance(offsets, list) or len(offsets) != 2:
        raise ValueError("a tensor's place is no pair")
    start, end = offsets
    if type(start) is not int or type(end) is not int or not 0 <= start <= end:
        raise ValueError("a tensor's place is no pair of places")
    return start, end


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name stands twice in its header")
    return document
