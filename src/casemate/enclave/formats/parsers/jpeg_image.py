"""JPEG: its segments, without those that carry words; the coded picture itself is not decoded.

Source of the layout: ITU-T T.81, annex B. Comments and application segments (Exif, XMP, thumbnails,
colour profiles) are left out; anything after the end of the image is refused.
"""

import struct
from pathlib import Path
from typing import Any

_KEPT = {0xDB, 0xC4, 0xDD, 0xC0, 0xC1, 0xC2, 0xDA}  # tables, restart interval, frames, scans
_FRAMES = {0xC0, 0xC1, 0xC2}
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_MAX_PIXELS = 12_000_000
_MAX_BESIDE = 512


def facts(data: bytes) -> dict[str, Any]:
    if data[:2] != b"\xff\xd8":
        raise ValueError("it is no JPEG")
    at, clean, dropped, size = 2, bytearray(b"\xff\xd8" + _JFIF), 0, (0, 0)
    for _ in range(4096):
        marker, segment, at = _segment(data, at)
        if marker == 0xD9:
            break
        if marker in _FRAMES:
            size = _frame(segment, size)
        if marker in _KEPT:
            clean += bytes((0xFF, marker)) + segment
        elif 0xE0 <= marker <= 0xEF or marker == 0xFE:
            dropped += len(segment) - 2
        else:
            raise ValueError("it holds a segment of no known kind")
        if marker == 0xDA:
            end = _scan_end(data, at)
            clean += data[at:end]
            at = end
    else:
        raise ValueError("it has too many segments")
    if at != len(data):
        raise ValueError("bytes follow the picture's end")
    if dropped > _MAX_BESIDE:
        raise ValueError(
            "more stands beside the picture than a short text: save it without metadata"
        )
    if size == (0, 0):
        raise ValueError("it holds no picture")
    Path("/out/clean").write_bytes(bytes(clean) + b"\xff\xd9")
    notes = ["its coded picture is not decoded: what it holds is for the eye"]
    return {
        "notes": [*notes, *([f"{dropped} bytes stand beside the picture"] if dropped else [])],
        "counts": {"height": size[0], "width": size[1]},
    }


def _segment(data: bytes, at: int) -> tuple[int, bytes, int]:
    """(marker, length and content, where the next one begins)."""
    if data[at : at + 1] != b"\xff" or at + 2 > len(data):
        raise ValueError("it ends or strays in the middle of its segments")
    marker = data[at + 1]
    if marker == 0xD9:
        return marker, b"", at + 2
    if at + 4 > len(data):
        raise ValueError("it ends in the middle of a segment")
    (size,) = struct.unpack(">H", data[at + 2 : at + 4])
    segment = data[at + 2 : at + 2 + size]
    if size < 2 or len(segment) != size:
        raise ValueError("a segment's length is none")
    return marker, segment, at + 2 + size


def _frame(segment: bytes, before: tuple[int, int]) -> tuple[int, int]:
    if before != (0, 0) or len(segment) < 8:
        raise ValueError("it holds more than one picture, or none")
    height, width = struct.unpack(">HH", segment[3:7])
    if not 0 < height * width <= _MAX_PIXELS:
        raise ValueError(f"it has no or more than {_MAX_PIXELS} pixels")
    return height, width


def _scan_end(data: bytes, at: int) -> int:
    """Where the coded data end: at the first marker that is neither stuffing nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise ValueError("it has no end")
        following = data[at + 1]
        if following != 0 and not 0xD0 <= following <= 0xD7:
            return at
        at += 2
