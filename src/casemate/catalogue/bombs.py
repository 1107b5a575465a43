"""Files that become very large when they are read: refused by what they say of themselves, or by counting.

A few kilobytes of workbook or Parquet can hold thousands of millions of cells. Whoever serves others reads
what data holders send, so what would fill the machine's memory is refused before it is read.
"""

import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from pyarrow import ArrowException

from casemate.errors import BadInput

CELL = 8
"""Bytes that a value takes in memory, at the least."""
JSON_GROWS = 4
"""Times that the bytes of a JSON file are needed to read it."""
_PIECE = 2**20
_LOCAL_HEADER = 30


def most_bytes() -> int:
    """What one table may take in memory: half of what this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def most_rows(columns: int) -> int:
    """How many rows of ``columns`` values fit."""
    return most_bytes() // (CELL * max(1, columns))


def require_room(size: int, where: str) -> None:
    """Raise ``BadInput`` where ``where`` would take ``size`` bytes and they are not to be had."""
    if size > most_bytes():
        raise BadInput(
            f"{where} would take {_told(size)} of memory to read; a table has {_told(most_bytes())} on "
            "this machine: publish a part of it, or on a larger machine"
        )


def require_text_fits(path: Path, *, grows: int = 1) -> None:
    """Raise ``BadInput`` for a text file that is too large to be read here."""
    require_room(path.stat().st_size * grows, path.name)


def require_parquet_fits(path: Path) -> None:
    """The same for Parquet, by the sizes in its footer; what the footer hides, the reader refuses."""
    try:
        said = pq.read_metadata(path)
    except (ArrowException, OSError):
        return  # damaged, or encrypted: the reader says so in its own words
    unpacked = sum(said.row_group(number).total_byte_size for number in range(said.num_row_groups))
    require_room(max(unpacked, said.num_rows * said.num_columns * CELL), path.name)


def require_workbook_fits(path: Path) -> None:
    """The same for a workbook that is an archive: each part is unpacked and counted, none is kept. What
    the archive says of its sizes is not believed."""
    if not zipfile.is_zipfile(path):
        return  # an old workbook, which holds nothing packed
    counted = 0
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            for part in archive.infolist():
                file.seek(part.header_offset)
                header = file.read(_LOCAL_HEADER)
                names = int.from_bytes(header[26:28], "little") + int.from_bytes(
                    header[28:30], "little"
                )
                file.seek(part.header_offset + _LOCAL_HEADER + names)
                if part.compress_type == zipfile.ZIP_DEFLATED:
                    for size in _unpacked(iter(lambda: file.read(_PIECE), b"")):
                        counted += size
                        require_room(counted, path.name)
                else:
                    counted += part.compress_size
    except (zipfile.BadZipFile, zlib.error, OSError):
        return  # damaged: the reader says so in its own words
    require_room(counted, path.name)


def _unpacked(pieces: Iterator[bytes]) -> Iterator[int]:
    """The sizes of what a deflated stream unpacks to, bit by bit."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in pieces:
        left = piece
        while left and not unpacker.eof:
            yield len(unpacker.decompress(left, _PIECE))
            left = unpacker.unconsumed_tail
        if unpacker.eof:
            return


def _told(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.0f} MiB"
