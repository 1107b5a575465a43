"""PNG read to its pixels and written again: what leaves is a picture, and nothing beside it.

Every chunk but the ones that make the picture is left out, and so is what follows its end (the low bits
of its pixels remain: a picture can still hide a message, which is why a person looks at it and its
entropy is shown). Source of the format: W3C PNG (third edition).
"""

import struct
import zlib
from pathlib import Path
from typing import Any

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_PIXELS = 6_000_000
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
# What drawing programs write beside a picture; packed texts, profiles and Exif are none of it.
_USUAL = (b"pHYs", b"tEXt", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"bKGD", b"tIME")
_MAX_BESIDE = 512


def facts(data: bytes) -> dict[str, Any]:
    chunks, trailing = _chunks(data)
    if trailing:
        raise ValueError("bytes follow the picture's end")
    width, height, depth, colour = _header(chunks)
    others = [(name, content) for name, content in chunks if name not in _KEPT]
    if (
        any(name not in _USUAL for name, _ in others)
        or sum(len(one) for _, one in others) > _MAX_BESIDE
    ):
        raise ValueError("more stands beside the picture than its size, colours and a short text")
    words = [content.decode("latin-1")[:200] for name, content in others if name == b"tEXt"]
    packed = b"".join(content for name, content in chunks if name == b"IDAT")
    pixels, channels = _unpack(packed, width, height, depth, colour), _CHANNELS[colour]
    beside = {name: content for name, content in chunks if name in (b"PLTE", b"tRNS")}
    if colour == 3 and not (0 < len(beside.get(b"PLTE", b"")) <= 768):
        raise ValueError("it has no palette of up to 256 colours")
    step = max(1, channels * depth // 8)
    rows = _unfilter(pixels, height, (width * channels * depth + 7) // 8, step)
    Path("/out/clean").write_bytes(_write(chunks[0][1], beside, rows))
    return {
        "notes": [f"beside the picture: {name.decode()}" for name, _ in others[:40]],
        "counts": {"width": width, "height": height, "depth": depth, "packed": len(packed)},
        "texts": [*words[:20], *([f"low bits: {_low_bits(rows)}"] if depth == 8 else [])],
    }


def _chunks(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    if not data.startswith(_SIGNATURE):
        raise ValueError("it is no PNG")
    chunks: list[tuple[bytes, bytes]] = []
    at = len(_SIGNATURE)
    while len(chunks) < 4096:
        if at + 12 > len(data):
            raise ValueError("it ends in the middle of a chunk")
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if len(content) != size or not name.isalpha():
            raise ValueError("a chunk's length or name is none")
        if data[at + 8 + size : at + 12 + size] != struct.pack(">I", zlib.crc32(name + content)):
            raise ValueError("a chunk's checksum is wrong")
        if name[:1].isupper() and name not in _KEPT:
            raise ValueError("it holds a critical chunk of no known name")
        chunks.append((name, content))
        at += 12 + size
        if name == b"IEND":
            return chunks, data[at:]
    raise ValueError("it has too many chunks")


def _header(chunks: list[tuple[bytes, bytes]]) -> tuple[int, int, int, int]:
    names = [name for name, _ in chunks]
    if names[0] != b"IHDR" or names.count(b"IHDR") != 1 or len(chunks[0][1]) != 13:
        raise ValueError("it does not begin with its header")
    if names.count(b"PLTE") > 1 or names.count(b"tRNS") > 1 or chunks[-1][1]:
        raise ValueError("a chunk stands twice, or its end holds something")
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", chunks[0][1])
    if methods != [0, 0, 0]:
        raise ValueError("it is interlaced or packed in no known way: save it without interlacing")
    if not 0 < width * height <= _MAX_PIXELS or depth not in _DEPTHS.get(colour, ()):
        raise ValueError(
            f"it has no or more than {_MAX_PIXELS} pixels, or colours of no known kind"
        )
    return width, height, depth, colour


def _unpack(packed: bytes, width: int, height: int, depth: int, colour: int) -> bytes:
    """Exactly the bytes that the picture's size needs; a bomb is stopped one byte further."""
    size = height * (1 + (width * _CHANNELS[colour] * depth + 7) // 8)
    reader = zlib.decompressobj()
    pixels = reader.decompress(packed, size + 1)
    if len(pixels) != size or not reader.eof or reader.unused_data or reader.unconsumed_tail:
        raise ValueError(
            "its pixels are more or fewer than its size says, or something follows them"
        )
    return pixels


def _unfilter(pixels: bytes, height: int, width: int, step: int) -> Any:
    import numpy as np

    lines = np.frombuffer(pixels, dtype=np.uint8).reshape(height, width + 1)
    rows = np.zeros(
        (height + 1, width + step), dtype=np.uint8
    )  # a border of zeros: no special cases
    for place in range(height):
        kind, line = int(lines[place, 0]), lines[place, 1:]
        above, row = rows[place, step:], rows[place + 1]
        if kind == 0:
            row[step:] = line
        elif kind == 1:
            for channel in range(step):
                row[step + channel :: step] = np.cumsum(line[channel::step], dtype=np.uint8)
        elif kind == 2:
            row[step:] = line + above
        elif kind in (3, 4):
            _along(kind, line.tolist(), rows[place].tolist(), row, step)
        else:
            raise ValueError("a line is filtered in no known way")
    return rows[1:, step:]


def _along(kind: int, line: list[int], above: list[int], row: Any, step: int) -> None:
    """Average and Paeth, each of which needs the pixel before."""
    done = [0] * step
    for place, value in enumerate(line):
        left, up, corner = done[place], above[place + step], above[place]
        if kind == 3:
            guess = (left + up) // 2
        else:
            to_left, to_up, to_corner = (
                abs(up - corner),
                abs(left - corner),
                abs(left + up - 2 * corner),
            )
            if to_left <= to_up and to_left <= to_corner:
                guess = left
            else:
                guess = up if to_up <= to_corner else corner
        done.append((value + guess) & 255)
    row[step:] = done[step:]


def _low_bits(rows: Any) -> str:
    """How even the lowest bits are, per mille of a fair coin's entropy: hidden data are near 1,000."""
    import numpy as np

    ones = float((rows & 1).mean()) if rows.size else 0.0
    changes = float(np.mean((rows[:, 1:] ^ rows[:, :-1]) & 1)) if rows.shape[1] > 1 else 0.0
    return f"{ones:.3f} are one, {changes:.3f} change to the next"


def _write(header: bytes, beside: dict[bytes, bytes], rows: Any) -> bytes:
    import numpy as np

    lines = np.concatenate([np.zeros((len(rows), 1), dtype=np.uint8), rows], axis=1)
    parts = [(b"IHDR", header)]
    parts += [(name, beside[name]) for name in (b"PLTE", b"tRNS") if name in beside]
    parts += [(b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    written = [
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    ]
    return _SIGNATURE + b"".join(written)
