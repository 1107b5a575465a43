"""Files of many formats, written by hand so that a test can lie in any field. Not a test."""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from casemate.canonical import digest
from casemate.enclave.checks_model import CheckContext
from casemate.enclave.collect import CollectedFile

FEATURES = ("age", "education", "hours", "woman", "weight")
SPLIT = {"op": "random_split", "seed": 5, "permille": 500}


def adults(count: int = 1200, seed: int = 3) -> pl.DataFrame:
    """People like those of the Adult data, of whom nobody exists."""
    draw = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "person": [f"{7919 * n % 1000003:06d}-{n:04x}beef" for n in range(count)],
            "age": draw.integers(17, 90, count),
            "education": draw.integers(1, 17, count),
            "hours": draw.integers(5, 90, count),
            "woman": draw.integers(0, 2, count),
            "weight": np.round(draw.normal(70, 12, count), 3),
        }
    )
    line = frame["age"] / 25 + frame["education"] / 4 - frame["woman"] * 0.5
    chance = line.to_numpy() + draw.logistic(size=count) > 5.0
    return frame.with_columns(rich=pl.Series(chance).cast(pl.Int64))


def context(frame: pl.DataFrame | None = None) -> CheckContext:
    """What the checker knows: one input."""
    return CheckContext({"adults": adults() if frame is None else frame})


def file(name: str, data: bytes) -> CollectedFile:
    """A file as it comes out of the sandbox."""
    return CollectedFile(name, data, digest(data))


def card(**terms: Any) -> bytes:
    """A card of a classifier on every feature."""
    base: dict[str, Any] = {
        "input": "adults",
        "features": FEATURES,
        "target": "rich",
        "task": "classification",
        "train": SPLIT,
    }
    return json.dumps(base | terms).encode()


def matrices(frame: pl.DataFrame) -> tuple[Any, Any, Any]:
    """(features, target, who is in the training part), as the card says."""
    trained = np.zeros(frame.height, dtype=bool)
    drawn = np.random.default_rng(SPLIT["seed"]).permutation(frame.height)  # type: ignore[arg-type]
    trained[drawn[: frame.height // 2]] = True
    features = frame.select(FEATURES).to_numpy().astype(float)
    return features, frame["rich"].to_numpy(), trained


# ONNX: protocol buffers, written field by field


def field(number: int, value: int | bytes | str | float) -> bytes:
    """One field: a varint, a float of 32 bits, or bytes."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """A number of seven bits a byte."""
    value &= 2**64 - 1
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def attribute(name: str, value: Any) -> bytes:
    """An attribute: a number, text, or a list of one of them."""
    if isinstance(value, str):
        return field(1, name) + field(4, value)
    if isinstance(value, int):
        return field(1, name) + field(3, value)
    if isinstance(value, float):
        return field(1, name) + field(2, value)
    if isinstance(value[0], str):
        return field(1, name) + b"".join(field(9, one) for one in value)
    if isinstance(value[0], int):
        return field(1, name) + b"".join(field(8, one) for one in value)
    return field(1, name) + b"".join(varint(7 << 3 | 5) + struct.pack("<f", one) for one in value)


def node(op: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Any]) -> bytes:
    """A node of the machine-learning operators."""
    outputs = ["label", output] if op.endswith("Classifier") else [output]
    parts = [field(1, one) for one in inputs] + [field(2, one) for one in outputs] + [field(4, op)]
    parts += [field(7, "ai.onnx.ml")]
    parts += [field(5, attribute(name, value)) for name, value in attributes.items()]
    return b"".join(parts)


def tensor(name: str, array: Any) -> bytes:
    """A constant of 32-bit floats."""
    sides = b"".join(field(1, side) for side in array.shape)
    return sides + field(2, 1) + field(8, name) + field(9, array.astype("<f4").tobytes())


def onnx(nodes: Sequence[bytes], constants: Sequence[bytes] = (), extra: bytes = b"") -> bytes:
    """A model from ``x`` to ``y``; ``extra`` is put into the graph."""
    graph = b"".join(field(1, one) for one in nodes) + field(2, "graph")
    graph += b"".join(field(5, one) for one in constants)
    graph += field(11, field(1, "x")) + field(12, field(1, "y")) + extra
    return field(1, 8) + field(2, "tests") + field(7, graph) + field(8, field(2, 15))


def onnx_logistic(intercept: float, weights: Any) -> bytes:
    """A logistic regression as one linear classifier."""
    terms = {
        "coefficients": [float(one) for one in weights],
        "intercepts": [float(intercept)],
        "post_transform": "LOGISTIC",
        "classlabels_ints": [0, 1],
    }
    return onnx([node("LinearClassifier", ["x"], "y", terms)])


def onnx_tree(fitted: Any) -> bytes:
    """A tree of scikit-learn's (a classifier of two classes) as an ensemble of one."""
    tree = fitted.tree_
    leaf = tree.children_left < 0
    shares = tree.value[:, 0, 1] / tree.value[:, 0, :].sum(axis=1)
    leaves = np.flatnonzero(leaf).tolist()
    terms = {
        "nodes_treeids": [0] * tree.node_count,
        "nodes_nodeids": list(range(tree.node_count)),
        "nodes_modes": ["LEAF" if one else "BRANCH_LEQ" for one in leaf],
        "nodes_featureids": [max(int(one), 0) for one in tree.feature],
        "nodes_values": [float(one) for one in tree.threshold],
        "nodes_truenodeids": [max(int(one), 0) for one in tree.children_left],
        "nodes_falsenodeids": [max(int(one), 0) for one in tree.children_right],
        "class_treeids": [0] * len(leaves),
        "class_nodeids": leaves,
        "class_ids": [1] * len(leaves),
        "class_weights": [float(shares[one]) for one in leaves],
        "classlabels_int64s": [0, 1],
        "post_transform": "NONE",
    }
    return onnx([node("TreeEnsembleClassifier", ["x"], "y", terms)])


# The other formats


def safetensors(tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    """A file of 32-bit floats."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    body = b""
    for name, array in tensors.items():
        content = np.asarray(array).astype("<f4").tobytes()
        places = [len(body), len(body) + len(content)]
        shape = list(np.shape(array))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": places}
        body += content
    return safetensors_raw(header, body)


def safetensors_raw(header: Any, body: bytes, size: int | None = None) -> bytes:
    """A file with any header, and any claim of its length."""
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written) if size is None else size) + written + body


def gguf(tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    """A file of version 3 with 32-bit floats."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata or {}))
    for key, value in (metadata or {}).items():
        head += _text(key) + struct.pack("<I", 8) + _text(value)
    body = b""
    for name, array in tensors.items():
        sides = np.shape(array)[::-1]
        head += _text(name) + struct.pack(f"<I{len(sides)}Q", len(sides), *sides)
        head += struct.pack("<IQ", 0, len(body))
        body += np.asarray(array).astype("<f4").tobytes()
        body += bytes(-len(body) % 32)
    return head + bytes(-len(head) % 32) + body


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def png(pixels: Any, extra: Sequence[tuple[bytes, bytes]] = (), method: int = 0) -> bytes:
    """A picture of 8-bit RGB, filtered by ``method`` (0 or 1), with any chunks beside it."""
    height, width, _ = pixels.shape
    lines = pixels.reshape(height, width * 3).astype(np.uint8)
    if method == 1:
        before = np.concatenate([np.zeros((height, 3), np.uint8), lines[:, :-3]], axis=1)
        lines = lines - before
    filtered = np.concatenate([np.full((height, 1), method, np.uint8), lines], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        *extra,
        (b"IDAT", zlib.compress(filtered.tobytes())),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG with its checksum."""
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def jpeg(comment: bytes = b"") -> bytes:
    """The skeleton of a JPEG of 8 by 8 points; its coded data are not those of any picture."""
    quantisation = b"\xff\xdb\x00\x43\x00" + bytes([1] * 64)
    frame = b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\x34\xff\x00\x56"
    words = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    return b"\xff\xd8" + words + quantisation + frame + scan + b"\xff\xd9"
