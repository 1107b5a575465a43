"""What a file is, by its content; its name's ending is a claim that has to agree.

A file that could be read as two things (a picture with an archive behind it, a table that is also a
page) is the more dangerous of the two.
"""

import contextlib
import io
import json
import pickletools
import re
import struct
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from casemate.enclave.checks_types import sniff

Kind = Literal[
    "onnx", "safetensors", "gguf", "png", "jpeg", "svg", "parquet", "arrow", "pickle", "text", "refused",
    "unknown",
]  # fmt: skip
_PARSED: dict[bytes, Kind] = {
    b"GGUF": "gguf",
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"PAR1": "parquet",
    b"ARROW1\0\0": "arrow",
    b"\x93NUMPY": "pickle",
    b"PK\x03\x04": "pickle",
    b"\x89HDF\r\n\x1a\n": "pickle",
}
_ENDINGS: dict[Kind, tuple[str, ...]] = {
    "onnx": ("onnx",),
    "safetensors": ("safetensors",),
    "gguf": ("gguf",),
    "png": ("png",),
    "jpeg": ("jpg", "jpeg"),
    "svg": ("svg",),
}
_PICKLE_ENDINGS = {
    *("pkl", "pickle", "joblib", "dill", "cloudpickle", "pt", "pth", "ckpt", "bin"),
    *("npy", "npz", "keras", "h5"),
}
# An archive's end or a local file of it, far inside another file.
_ARCHIVES = (b"PK\x05\x06", b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
_PAGE = re.compile(
    rb"<\s*(?:!doctype\s+html|html|script|iframe|object|embed|body)\b", re.IGNORECASE
)
_DRAWING = re.compile(
    rb"(?:\s++|<\?xml[^>]{0,200}+>|(?><!--.*?-->)|<!DOCTYPE[^>]{0,300}+>)*+<svg\b",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True)
class Sniffed:
    """What a file is; ``what`` in words that quote nothing of it."""

    kind: Kind
    what: str


def kind_of(name: str, data: bytes) -> Sniffed:
    """What ``data`` are. ``text`` is everything that today's text checks judge: tables, JSON, words."""
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    found = _by_content(ending, data)
    if found.kind in _ENDINGS and ending not in _ENDINGS[found.kind]:
        return Sniffed("refused", f"{found.what}, which its ending .{ending[:10]} does not say")
    wanted = next((kind for kind, endings in _ENDINGS.items() if ending in endings), None)
    if wanted and found.kind not in (wanted, "pickle"):
        return Sniffed("refused", f"not what its ending .{ending} says")
    return found


def _by_content(ending: str, data: bytes) -> Sniffed:
    if ending in _PICKLE_ENDINGS or is_pickle(data):
        return Sniffed("pickle", "serialised objects, which run code when they are opened")
    for magic, kind in _PARSED.items():
        if data.startswith(magic):
            return _alone(kind, data)
    if _is_safetensors(data):
        return _alone("safetensors", data)
    if is_svg(data):
        return Sniffed("svg", "a drawing (SVG)")
    if (
        ending == "onnx" and data[:1] == b"\x08"
    ):  # the model's first field, as every exporter writes it
        return Sniffed("onnx", "a model (onnx)")
    known, what = sniff(f"file.{ending}" if ending else "file", data)
    if known == "unknown":
        return Sniffed("unknown", what)
    if known in ("refused", "image"):
        return Sniffed("refused", what)
    if _PAGE.search(data):
        return Sniffed("refused", "text that is also a page that can run code")
    return Sniffed("text", what)


def _alone(kind: Kind, data: bytes) -> Sniffed:
    """``kind``, unless another file follows within (random bytes hold a four-byte mark by chance)."""
    if kind in ("png", "jpeg") and any(_is_archive(data, mark) for mark in _ARCHIVES):
        return Sniffed("refused", f"a picture ({kind}) that is also an archive")
    words = {"pickle": "an archive or arrays that may hold serialised objects"}
    return Sniffed(kind, words.get(kind, f"a file of type {kind}"))


def _is_archive(data: bytes, mark: bytes) -> bool:
    """Whether ``mark`` begins an archive's part whose own fields agree."""
    at = data.find(mark)
    if at < 0 or mark[:2] != b"PK":
        return at >= 0
    if mark == b"PK\x05\x06" and len(data) >= at + 22:
        disk, start, here, total = struct.unpack("<HHHH", data[at + 4 : at + 12])
        return disk == start == 0 and bool(here == total > 0)
    return (
        mark == b"PK\x03\x04" and len(data) >= at + 30 and data[at + 5] == 0 and data[at + 4] < 64
    )


def is_pickle(data: bytes) -> bool:
    """Whether the bytes begin a pickle that runs to its stop; what follows it does not matter."""
    if len(data) < 3 or (data[:1] != b"\x80" and data[:1] not in b"(cij]}I"):
        return False
    operations = 0
    with contextlib.suppress(ValueError, IndexError, OverflowError, struct.error, UnicodeError):
        for operation, _, _ in pickletools.genops(data[: 1 << 20]):
            operations += 1
            if operation.name == "STOP":
                return operations > 1 and (data[:1] == b"\x80" or _has_a_stack(data))
            if operations > 20_000:
                return data[:1] == b"\x80"
    return data[:1] == b"\x80" and operations > 3


def _has_a_stack(data: bytes) -> bool:
    """Whether a text pickle's operations find on the stack what they take: those of a table do not.

    ``ill,count`` begins like the operation INST, and a figure's point ends like STOP.
    """
    try:
        pickletools.dis(data[: 1 << 20], out=io.StringIO())
    except ValueError as problem:
        return "stack not empty" in str(problem)  # it loads all the same
    return True


def is_svg(data: bytes) -> bool:
    """Whether an SVG begins here, after nothing but white space, a declaration and comments."""
    return bool(_DRAWING.match(data[:8192].lstrip(b"\xef\xbb\xbf")))


def _is_safetensors(data: bytes) -> bool:
    if len(data) < 10 or data[8:9] != b"{":
        return False
    if b'"data_offsets"' in data[8:4096]:
        return True  # whatever its length says
    (size,) = struct.unpack("<Q", data[:8])
    if size >= 1 << 40:
        return False
    with contextlib.suppress(ValueError, RecursionError):
        return isinstance(json.loads(data[8 : 8 + min(size, 1 << 20)]), dict)
    return False
