"""What a file is by its bytes; its name's ending is only a claim."""

import contextlib
import pickletools
import struct
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["table", "json", "text", "image", "notebook", "refused", "unknown"]

# Formats that run code when opened, or that carry other files inside.
_REFUSED_MAGIC = {
    b"PK\x03\x04": "an archive (zip)",
    b"PK\x05\x06": "an archive (zip)",
    b"\x1f\x8b": "compressed (gzip)",
    b"BZh": "compressed (bzip2)",
    b"\xfd7zXZ\x00": "compressed (xz)",
    b"\x28\xb5\x2f\xfd": "compressed (zstd)",
    b"\x04\x22\x4d\x18": "compressed (lz4)",
    b"7z\xbc\xaf\x27\x1c": "an archive (7z)",
    b"Rar!": "an archive (rar)",
    b"!<arch>": "an archive (ar)",
    b"\x7fELF": "an executable (ELF)",
    b"MZ": "an executable (PE)",
    b"\xca\xfe\xba\xbe": "an executable (Mach-O or Java)",
    b"\xcf\xfa\xed\xfe": "an executable (Mach-O)",
    b"\x00asm": "an executable (WebAssembly)",
    b"#!": "an executable (script)",
    b"%!PS": "a program (PostScript)",
    b"RDX": "serialised R objects",
}
_REFUSED_ENDINGS = {
    **dict.fromkeys(("pkl", "pickle", "joblib", "dill", "pt", "pth", "npy"), "serialised objects"),
    **dict.fromkeys(("rds", "rdata", "rda", "mat"), "serialised objects"),
    **dict.fromkeys(
        ("zip", "gz", "bz2", "xz", "zst", "tar", "tgz", "7z", "rar", "whl"), "an archive"
    ),
    **dict.fromkeys(("exe", "dll", "so", "dylib", "sh", "bat", "ps1", "js", "jar"), "executable"),
    **dict.fromkeys(("svg", "gph"), "a drawing that holds its data"),
    **dict.fromkeys(("htm", "html", "xhtml", "xml"), "a page that can run code"),
}
_IMAGE_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"%PDF-", b"RIFF")
_TABLE_ENDINGS, _TEXT_ENDINGS = {"csv", "tsv"}, {"txt", "md", "log", "tex", "rst"}
_IMAGE_ENDINGS = {"png", "jpg", "jpeg", "gif", "bmp", "webp", "pdf"}


def sniff(name: str, data: bytes) -> tuple[Kind, str]:
    """(kind, what it is in words); ``refused`` for what never leaves by this door."""
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    if refusal := _refusal(ending, data):
        return "refused", refusal
    if data.startswith(_IMAGE_MAGIC):
        return "image", "an image or a page description"
    if ending in _IMAGE_ENDINGS:
        return "refused", f"not what its ending .{ending} says"
    if not _is_text(data) and ending in {*_TABLE_ENDINGS, *_TEXT_ENDINGS, "json", "ipynb"}:
        return "refused", f"binary data, not what its ending .{ending} says"
    if not _is_text(data):
        return "unknown", "binary data of no known type"
    if ending in _TABLE_ENDINGS:
        return "table", "a table"
    if ending == "ipynb":
        return "notebook", "a notebook"
    if ending == "json":
        return "json", "a JSON document"
    return "text", "free text" if ending in _TEXT_ENDINGS else f"text with the ending .{ending}"


def _refusal(ending: str, data: bytes) -> str | None:
    for magic, what in _REFUSED_MAGIC.items():
        if data.startswith(magic):
            return what
    if len(data) > 262 and data[257:262] == b"ustar":
        return "an archive (tar)"
    if _is_pickle(data):
        return "serialised objects (pickle)"
    if b"<svg" in data[:65_536].lower():
        return "a drawing that holds its data (svg)"
    return _REFUSED_ENDINGS.get(ending)


def _is_pickle(data: bytes) -> bool:
    """Whether the bytes read as a pickle to its end; nothing in them is run."""
    if not data.rstrip(b"\n").endswith(b".") or len(data) < 2:
        return False
    opcode = ""
    with contextlib.suppress(ValueError, IndexError, OverflowError, struct.error):
        for operation, _, _ in pickletools.genops(data):
            opcode = operation.name
    return opcode == "STOP"


def _is_text(data: bytes) -> bool:
    return b"\x00" not in data and not any(
        byte in data
        for byte in (b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x07", b"\x08")
    )
