"""How a text file turns bytes into letters: found where it cannot be doubted, asked for otherwise."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from casemate.errors import BadInput

CHUNK = 1 << 22
"""Bytes looked at in one go: 4 MiB."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the start of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MULTIBYTE = re.compile(
    rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\xc0-\xff]{4}")
# The letters and signs of French, German, Luxembourgish, Dutch, Spanish, Portuguese, Italian and
# the Nordic languages, without those that Central European text has letters for (0xA3 is a pound
# sign here and a Polish L there). A file whose every high byte is one of these, and no four of them
# in a row, is Windows-1252 (of which Latin-1 is a part); any other may be Polish, Cyrillic or broken.
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒßàáâãäåæçèéêëìíîïñòóôõöøùúûüœÿ€§°²µ·±«»‘’“”„–—…\u00a0".encode(
        "cp1252"
    )
)


@dataclass(frozen=True)
class Encoding:
    """A Python codec name, and whether the bytes can be parsed as UTF-8 without recoding."""

    name: str

    @property
    def is_utf8(self) -> bool:
        """Whether a parser of UTF-8 may read the file as it lies."""
        return self.name in ("utf-8", "utf-8-sig")


def find_encoding(path: Path, declared: str | None = None) -> Encoding:
    """The encoding of the text in ``path``.

    A byte-order mark wins, then ``declared``, then UTF-8 if all bytes are, then Windows-1252 if it
    cannot be anything else. Raises ``BadInput`` with the byte offset for a NUL byte, for mixed
    encodings, and where the encoding has to be declared.
    """
    with path.open("rb") as file:
        head = file.read(CHUNK)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return _checked(path, name)
    if declared is not None:
        return _checked(path, _known(declared))
    if unmarked := _utf16_without_mark(head):
        return _checked(path, unmarked)
    return _utf8_or_western(path)


def _known(declared: str) -> str:
    try:
        info = codecs.lookup(declared)
    except LookupError:
        raise BadInput(
            f"no encoding is called {declared!r}: give utf-8, utf-16, windows-1252 or latin-1"
        ) from None
    return info.name


def _utf16_without_mark(head: bytes) -> str | None:
    """Text of mostly Western letters in UTF-16 has a NUL in every second byte."""
    sample = head[: 1 << 12]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * half and odd == 0 else None


def _checked(path: Path, name: str) -> Encoding:
    """``name``, if every byte of the file decodes by it and no NUL is in the text."""
    decoder = codecs.getincrementaldecoder(name)()
    size = path.stat().st_size
    offset, line = 0, 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                text = decoder.decode(chunk, final=offset + len(chunk) >= size)
            except UnicodeDecodeError as failure:
                at = offset + failure.start
                raise BadInput(
                    f"{path.name} is not {name}: byte {at:,} (near line {line:,}) does not decode; "
                    "the file mixes encodings or another one has to be declared"
                ) from None
            if "\0" in text:
                line += text[: text.index("\0")].count("\n")
                raise BadInput(f"{path.name} holds a NUL character in line {line:,}: remove it")
            line += text.count("\n")
            offset += len(chunk)
    return Encoding(name)


def _utf8_or_western(path: Path) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, line = 0, 1
    size = path.stat().st_size
    valid_so_far = False  # whether some letter beyond ASCII was proper UTF-8
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            _refuse_nul(path, chunk, offset, line)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=offset + len(chunk) >= size)
            except UnicodeDecodeError as failure:
                at = offset - pending + failure.start
                line += chunk[: max(failure.start - pending, 0)].count(b"\n")
                mixed = valid_so_far or not failure.object[: failure.start].isascii()
                return _western(path, at, line, mixed)
            valid_so_far = valid_so_far or not text.isascii()
            line += chunk.count(b"\n")
            offset += len(chunk)
    return Encoding("utf-8")


def _refuse_nul(path: Path, chunk: bytes, offset: int, line: int) -> None:
    at = chunk.find(b"\0")
    if at >= 0:
        line += chunk[:at].count(b"\n")
        raise BadInput(
            f"{path.name} holds a NUL byte at offset {offset + at:,} (line {line:,}): "
            "the file is damaged or not text; export it again"
        )


def _western(path: Path, at: int, line: int, mixed: bool) -> Encoding:
    """Windows-1252 where nothing speaks against it; the first bad byte is at ``at`` in ``line``."""
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(CHUNK):
            mixed = mixed or _MULTIBYTE.search(before[-3:] + chunk) is not None
            if not mixed and (
                strange := set(_HIGH.findall(chunk)) - {bytes([b]) for b in _WESTERN}
            ):
                raise BadInput(
                    f"{path.name} is not UTF-8 (byte {at:,}, line {line:,}), and byte "
                    f"0x{min(strange).hex()} makes its encoding doubtful: declare it with --encoding"
                )
            before = chunk
    if mixed:
        raise BadInput(
            f"{path.name} mixes encodings: it holds UTF-8 letters, but byte {at:,} (line {line:,}) "
            "is not UTF-8. Save the file in one encoding, best UTF-8"
        )
    return Encoding("cp1252")
