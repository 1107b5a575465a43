"""The mark that a released file carries where its format has a place for it that shows nothing.

A PNG has text chunks, an SVG has ``<metadata>``. CSV and JSON have no such place: a mark in them would be
content, and the bytes that leave would not be those that were checked; their receipt alone names them.

The mark is put on as the file leaves. What was checked is the file without it, and ``unmarked`` gives
that back byte for byte; what the receipt's digest covers is the file with it.

Sources: PNG (W3C, third edition), 11.3.3.2 ``tEXt``; SVG 2, 5.8 ``metadata``.
"""

import re
import struct
import zlib

KEYWORD = b"Casemate-Release"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AFTER_HEADER = len(_SIGNATURE) + 25
"""Signature, and the first chunk: 13 bytes of header with their length, name and checksum."""
_FIRST_CHUNK = _SIGNATURE + b"\x00\x00\x00\x0dIHDR"
# Only a head that can be read in one way: no quote, bracket or entity inside an attribute's value.
_SVG_HEAD = re.compile(rb'<svg(?:\s+[A-Za-z][\w:.-]*="[^"<>&]*")*\s*>')
_TEXT = re.compile(r"[A-Za-z0-9 .:/_-]{1,200}", re.ASCII)


def can_be_marked(data: bytes) -> bool:
    """Whether ``data`` is of a format with a place for a mark."""
    return _place(data) is not None


def marked(data: bytes, text: str) -> bytes:
    """``data`` with ``text`` in its metadata. Raises ``ValueError`` where it has no place for it, or
    ``text`` is more than letters, digits and plain punctuation."""
    place = _place(data)
    if place is None or not _TEXT.fullmatch(text):
        raise ValueError("this file takes no mark, or not this one")
    return data[:place] + _mark(data, text) + data[place:]


def unmarked(data: bytes, text: str) -> bytes:
    """What ``marked`` was given; raises ``ValueError`` where ``data`` does not carry ``text``."""
    place = _place(data)
    mark = _mark(data, text)
    if place is None or not data.startswith(mark, place):
        raise ValueError("this file does not carry that mark")
    return data[:place] + data[place + len(mark) :]


def _place(data: bytes) -> int | None:
    if data.startswith(_FIRST_CHUNK) and len(data) > _AFTER_HEADER:
        return _AFTER_HEADER
    head = _SVG_HEAD.match(data)
    return head.end() if head else None


def _mark(data: bytes, text: str) -> bytes:
    if data.startswith(_SIGNATURE):
        body = b"tEXt" + KEYWORD + b"\0" + text.encode("ascii")
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return b"<metadata>" + KEYWORD + b": " + text.encode("ascii") + b"</metadata>"
