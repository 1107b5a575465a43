"""The wire format of protocol buffers: numbered fields, read strictly and bounded.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

from collections.abc import Iterator
from typing import Any

MAX_FIELDS, MAX_TEXT = 200_000, 4096
Field = tuple[int, int, Any]


def fields(data: bytes) -> Iterator[Field]:
    """(number, wire type, value) of each field of a message."""
    at, count = 0, 0
    while at < len(data):
        count += 1
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        value: Any
        if count > MAX_FIELDS or not number:
            raise ValueError("a message has too many fields, or one without a number")
        if wire == 0:
            value, at = varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("a field is of no known wire type")
        if at > len(data):
            raise ValueError("a field reaches past the end of its message")
        yield number, wire, value


def varint(data: bytes, at: int) -> tuple[int, int]:
    """(the number that begins at ``at``, where it ends)."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & (2**64 - 1), at
    raise ValueError("a number in it has no end")


def signed(value: int) -> int:
    """A number of 64 bits as one with a sign."""
    return value - 2**64 if value >= 2**63 else value


def text(value: Any) -> str:
    """A short text."""
    if not isinstance(value, bytes) or len(value) > MAX_TEXT:
        raise ValueError("a text in it is too long, or none")
    return value.decode()
