"""Outputs out of the sandbox: a hostile stream becomes a bounded tuple of plain files.

The stream's form is our own and has fewer features than an archive format on purpose: there is nothing
in it that could name a link, a device, an owner or a place. See ``stage`` for the records. The reader
trusts none of it: every line, count, name and size is bounded before it is believed.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from casemate.canonical import digest

MAX_FILES = 256
MAX_DEPTH = 3
MAX_PART = 100  # characters of one part of a name
_MAX_LINE = 2 * 255 * (MAX_DEPTH + 1) + 64
_NAME_PART = re.compile(r"\w(?:[\w .,()+=@~-]*[\w)])?")
_REASONS = {
    "link": "is a symbolic link; write the file itself",
    "hardlink": "has more than one name (a hard link); write a separate file",
    "special": "is not a regular file (a device, FIFO or socket)",
    "deep": f"is more than {MAX_DEPTH} folders deep",
    "many": "is left out: /out holds more than 1,000 things",
    "unreadable": "cannot be read (its mode forbids it)",
    "name": "has a name with control or unusual characters, or one that is too long",
    "duplicate": "has a name that differs from another's only by case or accents' form",
    "count": f"is left out: at most {MAX_FILES} files are taken",
}


@dataclass(frozen=True)
class CollectedFile:
    """One regular file that the job left in /out; ``name`` is relative, with ``/`` between parts.

    ``sha256`` is ``sha256:<hex>`` of ``data``.
    """

    name: str
    data: bytes
    sha256: str


@dataclass(frozen=True)
class Rejected:
    """One thing in /out that is not taken, and why; ``name`` is escaped for printing."""

    name: str
    reason: str


class HostileStream(Exception):
    """The stream breaks its own form: nothing of it is taken."""


class TooLarge(Exception):
    """The files are larger, together, than the limit."""


@dataclass
class Collector:
    """Takes the stream in pieces of any size; holds at most ``max_bytes`` of content at any time."""

    max_bytes: int
    ready: bool = False
    exit_code: int | None = None
    used_bytes: int = 0
    complete: bool = False
    files: list[CollectedFile] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    _buffer: bytearray = field(default_factory=bytearray)
    _current: tuple[str, int] | None = None
    _content: bytearray = field(default_factory=bytearray)
    _taken: int = 0
    _names: set[str] = field(default_factory=set)

    def feed(self, data: bytes) -> None:
        """Take the next piece; raises ``HostileStream`` or ``TooLarge``."""
        self._buffer += data
        while self._buffer:
            if self.complete:
                raise HostileStream("the stream goes on after its end")
            if self._current is not None:
                self._take_content()
            elif not self._take_line():
                return

    def _take_content(self) -> None:
        name, size = self._current or ("", 0)
        piece = self._buffer[: size - len(self._content)]
        del self._buffer[: len(piece)]
        self._content += piece
        if len(self._content) == size:
            self._keep(name, bytes(self._content))
            self._current, self._content = None, bytearray()

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\n", 0, _MAX_LINE)
        if end < 0:
            if len(self._buffer) >= _MAX_LINE:
                raise HostileStream("a record's first line is too long")
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._record(line)
        return True

    def _record(self, line: bytes) -> None:
        match line.split(b" "):
            case [b"ready"] if not self.ready:
                self.ready = True
            case [b"exit", code, used] if self.ready and self.exit_code is None:
                self.exit_code, self.used_bytes = _integer(code), _integer(used)
            case [b"file", name, size] if self.exit_code is not None:
                self._begin(_name(name), _integer(size))
            case [b"reject", name, code] if self.exit_code is not None:
                self._reject(_name(name), code.decode("ascii", "replace"))
            case [b"end"] if self.exit_code is not None:
                self.complete = True
            case _:
                raise HostileStream("a record is of no known kind or out of order")

    def _begin(self, name: str, size: int) -> None:
        if size < 0 or self._taken + size > self.max_bytes:
            raise TooLarge
        self._taken += size
        if size == 0:
            self._keep(name, b"")
        else:
            self._current = (name, size)

    def _keep(self, name: str, data: bytes) -> None:
        key = unicodedata.normalize("NFKC", name).casefold()
        if problem := _name_problem(name):
            self._reject(name, problem)
        elif key in self._names:
            self._reject(name, "duplicate")
        elif len(self.files) >= MAX_FILES:
            self._reject(name, "count")
        else:
            self._names.add(key)
            self.files.append(CollectedFile(name, data, digest(data)))

    def _reject(self, name: str, code: Literal["name"] | str) -> None:
        if code not in _REASONS:
            raise HostileStream("a rejection gives no known reason")
        if len(self.rejected) < MAX_FILES:
            self.rejected.append(Rejected(printable(name), _REASONS[code]))


def printable(name: str) -> str:
    """``name`` in ASCII with everything else escaped, at most 80 characters: safe on any terminal."""
    shown = name.encode("unicode_escape", "backslashreplace").decode("ascii")
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _name(text: bytes) -> str:
    try:
        return bytes.fromhex(text.decode("ascii")).decode("utf-8", "surrogateescape")
    except (UnicodeDecodeError, ValueError):
        if text == b"-":
            return ""
        raise HostileStream("a record's name is not hexadecimal") from None


def _integer(text: bytes) -> int:
    if not re.fullmatch(rb"-?[0-9]{1,15}", text):
        raise HostileStream("a record's number is not a number")
    return int(text)


def _name_problem(name: str) -> Literal["name", "deep"] | None:
    parts = name.split("/")
    if len(parts) > MAX_DEPTH:
        return "deep"
    if unicodedata.normalize("NFC", name) != name:
        return "name"
    if all(len(part) <= MAX_PART and _NAME_PART.fullmatch(part) for part in parts):
        return None
    return "name"
