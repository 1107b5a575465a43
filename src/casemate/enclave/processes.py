"""What a whole tree of processes uses, read from /proc: kernel figures, not the job's claims."""

import os
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
    waiting = [root]
    while waiting and count < _MAX_WALK:
        pid = waiting.pop()
        folder = Path(f"/proc/{pid}")
        try:
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            for task in os.listdir(folder / "task"):  # noqa: PTH208  (names only)
                children = (folder / "task" / task / "children").read_bytes()
                waiting += [int(child) for child in children.split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(int(value) for value in fields[11:15])
        pages += int(fields[21])
        count += 1
    return Use(ticks / _TICK, pages * _PAGE, count)


def proportional_bytes(root: int) -> int:
    """Resident bytes of the tree with each shared page counted once in all (PSS); slower than ``tree``."""
    total, waiting = 0, [root]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        try:
            for line in (folder / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
            for task in os.listdir(folder / "task"):  # noqa: PTH208
                children = (folder / "task" / task / "children").read_bytes()
                waiting += [int(child) for child in children.split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total
