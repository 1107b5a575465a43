"""A form with a file, read as it arrives: the file goes to disk piece by piece and is never held whole.

What comes before the file are the form's fields, the token against forgery among them; whoever reads the
form judges them before the first byte of the file is written.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from casemate.errors import BadInput

MOST_FIELDS = 50
LARGEST_FIELD = 4_096
"""Bytes of one field before the file."""

Event = tuple[Literal["begin", "data", "end"], bytes]
Keep = Callable[[Mapping[str, str], str, AsyncIterator[bytes]], Awaitable[None]]
"""Given the fields before the file, its name and its bytes as they come."""


@dataclass
class _Parser:
    """The library's parser with its callbacks turned into a list of events."""

    boundary: bytes
    events: list[Event] = field(default_factory=list)
    _name: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""

    def __post_init__(self) -> None:
        self._parser = MultipartParser(
            self.boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": lambda: self.events.append(("begin", self._disposition)),
                "on_part_data": lambda data, start, end: self.events.append(
                    ("data", bytes(data[start:end]))
                ),
                "on_part_end": lambda: self.events.append(("end", b"")),
            },
        )

    def feed(self, piece: bytes) -> list[Event]:
        """What ``piece`` says."""
        self.events.clear()
        try:
            self._parser.write(piece)
        except MultipartParseError:
            raise BadInput("the form is not one that a browser sends: send it again") from None
        return self.events[:]

    def _begin(self) -> None:
        self._disposition = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""


async def receive(request: Request, keep: Keep) -> None:
    """Read the form of ``request``; its one file goes through ``keep``.

    Raises ``BadInput`` for what is no such form, for a form without a file or with more than one.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise BadInput("the form is not one that carries a file: send it from its page")
    events = _events(request, _Parser(options[b"boundary"]))
    fields: dict[str, str] = {}
    files = 0
    async for what, value in events:
        if what != "begin":
            continue
        _, said = parse_options_header(value)
        name = said.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in said:
            files += 1
            if files > 1:
                raise BadInput("send one file at a time")
            named = said[b"filename"].decode("utf-8", "replace")
            await keep(fields, named, _content(events))
        else:
            fields[name] = await _text(events, name)
            if len(fields) > MOST_FIELDS:
                raise BadInput(f"the form has more than {MOST_FIELDS} fields before its file")
    if files == 0:
        raise BadInput("choose a file: none was sent")


async def _events(request: Request, parser: _Parser) -> AsyncIterator[Event]:
    async for piece in request.stream():
        for event in parser.feed(piece):
            yield event


async def _content(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for what, value in events:
        if what == "end":
            return
        yield value
    raise BadInput("the file did not arrive whole: send it again")


async def _text(events: AsyncIterator[Event], name: str) -> str:
    read = bytearray()
    async for piece in _content(events):
        read += piece
        if len(read) > LARGEST_FIELD:
            raise BadInput(f"the field {name[:40]!r} is longer than {LARGEST_FIELD:,} bytes")
    return read.decode("utf-8", "replace")
