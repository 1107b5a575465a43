"""Control groups: the kernel's own account and limit of a whole tree, where this machine lets us have one.

Version 1 hierarchies (memory, pids, cpuacct) and a delegated version 2 tree are used alike. They are
made below the group that we are in, so that whatever limit the operator set on us goes on holding.
"""

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casemate.enclave.limits import Limits
from casemate.errors import Unavailable

_PREFIX = "casemate-run-"
_V1 = ("memory", "pids", "cpuacct")
_BUSY_SECONDS = 1.0
_OURS = 3
"""Processes of ours in the group: nsenter or bubblewrap outside, process 1 inside, and for a moment the
thread that starts them."""


@dataclass(frozen=True)
class Group:
    """One run's groups, a folder for each controller that could be had."""

    version: int
    folders: dict[str, Path]

    @contextlib.contextmanager
    def born_inside(self) -> Iterator[None]:
        """Whatever the calling thread starts meanwhile begins its life under the limits.

        Version 1 lets a thread move itself alone, without the lock of all the machine's processes that
        moving another takes (some 8 ms, in which nothing forks); in version 2 see ``add``.
        """
        with contextlib.ExitStack() as homewards:
            for folder in self._folders() if self.version == 1 else ():
                homewards.callback(_move_this_thread, folder.parent)
                _move_this_thread(folder)
            yield

    def add(self, pid: int) -> None:
        """Put ``pid``, and thereby all its later descendants, under the limits, unless born there.

        Raises ``ProcessLookupError`` where it has ended, ``Unavailable`` where the kernel refuses it.
        """
        for folder in self._folders() if self.version == 2 else ():
            _move(folder / "cgroup.procs", str(pid))

    def out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of the group for memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        return self._keyed("memory", name, "oom_kill") > 0

    def peak_bytes(self) -> int:
        """The most memory that the group held at once, pages of its tmpfs included; 0 if not known."""
        name = "memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"
        return int(self._read("memory", name) or 0)

    def cpu_seconds(self) -> float:
        """CPU time of the group, of processes that have ended too; 0 if not known."""
        if self.version == 1:
            return int(self._read("cpuacct", "cpuacct.usage") or 0) / 1e9
        return self._keyed("pids", "cpu.stat", "usage_usec") / 1e6

    def remove(self) -> None:
        """Remove the folders once every process has gone; a short wait lets the kernel finish."""
        for folder in self._folders():
            for _ in range(50):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)

    def _folders(self) -> list[Path]:
        return sorted(set(self.folders.values()))

    def _read(self, controller: str, name: str) -> str:
        folder = self.folders.get(controller)
        try:
            return (folder / name).read_text() if folder else ""
        except OSError:
            return ""

    def _keyed(self, controller: str, name: str, key: str) -> int:
        for line in self._read(controller, name).splitlines():
            words = line.split()
            if words[0] == key:
                return int(words[1])
        return 0


def open_group(name: str, limits: Limits) -> Group:
    """Make the groups of one run; an empty ``Group`` where this machine lets us have none."""
    name = f"{_PREFIX}{os.getpid()}-{name}"
    for parent in _v2_parents():
        if group := _open_v2(parent / name, limits):
            return group
    folders = {}
    for controller, parent in _v1_parents():
        folder = parent / name
        if _make(folder, _v1_limits(controller, limits)):
            folders[controller] = folder
    return Group(1, folders)


def _move_this_thread(group: Path) -> None:
    _move(group / "tasks", "0")


def _move(members: Path, task: str) -> None:
    """Enter ``task`` among the members of a group; a kernel that is busy is asked again for a second."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            members.write_text(task)
            return
        except ProcessLookupError:
            raise
        except OSError as failure:
            if failure.errno not in (errno.EBUSY, errno.EAGAIN) or time.monotonic() > deadline:
                raise Unavailable(
                    f"the control group {members.parent.name} takes no process ({failure.strerror}): "
                    "no job runs without its limits; try again, or take the delegation away"
                ) from failure
        time.sleep(0.005)


def sweep() -> None:
    """Remove what runs that were cut off by ``kill -9`` of the parent left: empty groups of ours.

    The name begins with the process that made it: what a living one made may be about to be filled.
    """
    for parent in {*_v2_parents(), *(folder for _, folder in _v1_parents())}:
        for stale in parent.glob(f"{_PREFIX}*"):
            maker = stale.name.removeprefix(_PREFIX).partition("-")[0]
            if maker.isdecimal() and Path("/proc", maker).exists():
                continue
            with contextlib.suppress(OSError):
                stale.rmdir()  # refused by the kernel while anything runs in it


def _open_v2(folder: Path, limits: Limits) -> Group | None:
    try:
        folder.mkdir()
    except OSError:
        return None
    if not ((folder / "memory.max").exists() and (folder / "pids.max").exists()):
        folder.rmdir()
        return None
    (folder / "memory.max").write_text(str(limits.memory_bytes))
    (folder / "pids.max").write_text(str(limits.processes + 1))
    with contextlib.suppress(OSError):
        (folder / "memory.swap.max").write_text("0")
    return Group(2, {"memory": folder, "pids": folder})


def _make(folder: Path, settings: Iterator[tuple[str, str]]) -> bool:
    """Make ``folder`` with every setting, or not at all."""
    try:
        folder.mkdir()
        for file, value in settings:
            (folder / file).write_text(value)
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        return False
    return True


def _v1_limits(controller: str, limits: Limits) -> Iterator[tuple[str, str]]:
    if controller == "memory":
        yield "memory.limit_in_bytes", str(limits.memory_bytes)
        if (
            Path("/proc/swaps").read_text().count("\n") > 1
        ):  # memsw exists and matters only with swap
            yield "memory.memsw.limit_in_bytes", str(limits.memory_bytes)
    elif controller == "pids":
        yield "pids.max", str(limits.processes + _OURS)


def _memberships() -> Iterator[tuple[str, str]]:
    """(controllers, path) of each hierarchy we are in; version 2 has no controllers here."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            yield controllers, path.lstrip("/")


def _v1_parents() -> Iterator[tuple[str, Path]]:
    for controllers, path in _memberships():
        for controller in set(controllers.split(",")) & set(_V1):
            folder = Path("/sys/fs/cgroup") / controller / path
            if folder.is_dir() and os.access(folder, os.W_OK):
                yield controller, folder


def _v2_parents() -> Iterator[Path]:
    """Our own version 2 group, and the one above it: a group with processes may have no children."""
    for controllers, path in _memberships():
        own = Path("/sys/fs/cgroup") / path
        if controllers == "" and (own / "cgroup.controllers").exists():
            yield from (
                folder
                for folder in (own, own.parent)
                if (folder / "cgroup.subtree_control").exists() and os.access(folder, os.W_OK)
            )
