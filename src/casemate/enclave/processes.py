"""What a whole tree of processes uses, read from /proc: kernel figures, not the job's claims."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MAX_WALK = 4096


@dataclass(frozen=True)
class Use:
    """Of a tree: CPU seconds (with those of reaped children), resident bytes, processes."""

    cpu_seconds: float
    resident_bytes: int
    processes: int


def tree(root: int) -> Use:
    """The use of ``root`` and all its descendants now; a process that ends meanwhile counts as nothing.

    Pages that several processes share count in each, so the figure errs on the high side.
    """
    ticks = pages = count = 0
    for folder in _descendants(root):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            ticks += sum(int(value) for value in fields[11:15])
            pages += int(fields[21])
            count += 1
    return Use(ticks / _TICK, pages * _PAGE, count)


def proportional_bytes(root: int) -> int:
    """Resident bytes of the tree with each shared page counted once in all (PSS); slower than ``tree``.

    Where the kernel does not let us look, the larger figure of ``tree`` stands.
    """
    total = 0
    for folder in _descendants(root):
        try:
            for line in (folder / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except PermissionError:
            return tree(root).resident_bytes
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def _descendants(root: int) -> Iterator[Path]:
    """The folder in /proc of each process of the tree, at most ``_MAX_WALK`` of them."""
    waiting, seen = [root], 0
    while waiting and seen < _MAX_WALK:
        folder = Path(f"/proc/{waiting.pop()}")
        seen += 1
        yield folder
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in (folder / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_bytes().split()]


def files_made(root: int, folders: Sequence[str]) -> int:
    """How many files the process ``root`` has on the file systems at ``folders``, as it sees them."""
    made = 0
    for folder in folders:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            about = os.statvfs(f"/proc/{root}/root{folder}")
            made += about.f_files - about.f_ffree
    return made
