"""A folder of packages as a thing with a name of its own: the digest of every path, mode and content.

``digest_of`` reads every byte and is the truth; ``fingerprint_of`` looks only at what the file system
says of each file (size, times, inode), for a check at every use that costs milliseconds.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casemate.canonical import canonical_json, digest
from casemate.enclave.collect import printable
from casemate.errors import BadInput, IntegrityFailure

MAX_FILES = 200_000


@dataclass(frozen=True)
class Tree:
    """What a folder holds. ``digest`` is ``sha256:<hex>``; ``size`` counts the bytes of all files."""

    digest: str
    files: int
    size: int


def digest_of(folder: Path) -> Tree:
    """Read the whole of ``folder``. Raises ``IntegrityFailure`` where something in it is no plain file."""
    listed, size = [], 0
    for path, about in walk(folder):
        listed.append([path, bool(about.st_mode & stat.S_IXUSR), _hash(folder / path)])
        size += about.st_size
    return Tree(digest(canonical_json(listed)), len(listed), size)


def fingerprint_of(folder: Path) -> str:
    """What the file system says of every file: it changes where a file is written, moved or replaced."""
    seen = hashlib.sha256()
    for path, about in walk(folder):
        facts = (about.st_ino, about.st_size, about.st_mode, about.st_mtime_ns, about.st_ctime_ns)
        seen.update(repr((path, *facts)).encode())
    return seen.hexdigest()


def walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file below ``folder`` in a fixed order, as its path in it and the system's word on it."""
    found: list[tuple[str, os.stat_result]] = []
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        for entry in os.scandir(folder / prefix):
            path, about = prefix + entry.name, entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(about.st_mode):
                waiting.append(path + "/")
            elif not stat.S_ISREG(about.st_mode) or not path.isprintable():
                raise IntegrityFailure(
                    f"{printable(path)} in {folder} is a link, a special file or has no printable name: "
                    "an environment holds none"
                )
            else:
                found.append((path, about))
        if len(found) > MAX_FILES:
            raise BadInput(
                f"{folder} holds more than {MAX_FILES} files: no environment is that large"
            )
    return iter(sorted(found, key=lambda one: one[0].encode()))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
