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
from functools import cache
from pathlib import Path

from casemate.enclave.limits import Limits
from casemate.errors import Unavailable

_PREFIX = "casemate-run-"
_ROOT = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_V1 = ("memory", "pids", "cpuacct")
_V2 = ("memory", "pids")
_BUSY_SECONDS = 1.0
_OURS = 3
"""Processes of ours in the group: nsenter or bubblewrap outside, process 1 inside, and for a moment the
thread that starts them."""


@dataclass(frozen=True)
class Parents:
    """Groups in which we may make groups: of version 2, and of version 1 with their controllers."""

    v2: tuple[Path, ...]
    v1: tuple[tuple[str, Path], ...]


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
                    _delete(folder)
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
    parents = _parents()
    for above in parents.v2:
        if group := _open_v2(above / name, limits):
            return group
    folders = {}
    for controller, parent in parents.v1:
        folder = parent / name
        if _make(folder, _v1_limits(controller, limits)):
            folders[controller] = folder
    return Group(1, folders)


def _create(folder: Path) -> None:
    folder.mkdir()


def _delete(folder: Path) -> None:
    folder.rmdir()


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
    parents = _parents()
    for parent in {*parents.v2, *(folder for _, folder in parents.v1)}:
        for stale in parent.glob(f"{_PREFIX}*"):
            maker = stale.name.removeprefix(_PREFIX).partition("-")[0]
            if maker.isdecimal() and Path("/proc", maker).exists():
                continue
            with contextlib.suppress(OSError):
                _delete(stale)  # refused by the kernel while anything runs in it


def _open_v2(folder: Path, limits: Limits) -> Group | None:
    try:
        _create(folder)
    except OSError:
        return None
    if not ((folder / "memory.max").exists() and (folder / "pids.max").exists()):
        _delete(folder)
        return None
    (folder / "memory.max").write_text(str(limits.memory_bytes))
    (folder / "pids.max").write_text(str(limits.processes + 1))
    with contextlib.suppress(OSError):
        (folder / "memory.swap.max").write_text("0")
    return Group(2, {"memory": folder, "pids": folder})


def _make(folder: Path, settings: Iterator[tuple[str, str]]) -> bool:
    """Make ``folder`` with every setting, or not at all."""
    try:
        _create(folder)
        for file, value in settings:
            (folder / file).write_text(value)
    except OSError:
        with contextlib.suppress(OSError):
            _delete(folder)
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


def _parents() -> Parents:
    return _parents_of(_MEMBERSHIP.read_text()) if _MEMBERSHIP.exists() else Parents((), ())


@cache
def _parents_of(memberships: str) -> Parents:
    """Where ``memberships`` (of /proc/self/cgroup) put us, as far as we may make groups there."""
    v1: list[tuple[str, Path]] = []
    v2: list[Path] = []
    for line in memberships.splitlines():
        _, controllers, path = line.split(":", 2)
        at = Path(path.lstrip("/"))
        if at.name.startswith(
            _PREFIX
        ):  # another thread of ours, the first, is starting a run just now
            at = at.parent
        if controllers:
            v1 += _v1_parents(controllers, at)
        else:  # version 2 has no controllers here
            v2 += _v2_parents(_ROOT / at)
    return Parents(tuple(v2), tuple(v1))


def _v1_parents(controllers: str, path: Path) -> Iterator[tuple[str, Path]]:
    for controller in sorted(set(controllers.split(",")) & set(_V1)):
        folder = _ROOT / controller / path
        if folder.is_dir() and os.access(folder, os.W_OK):
            yield controller, folder


def _v2_parents(own: Path) -> Iterator[Path]:
    """Our own version 2 group, and the one above it: a group with processes may have no children.

    The second is the case of a service with ``Delegate=`` and ``DelegateSubgroup=``, which is delegated
    the folder above the one it is in.
    """
    if not (own / "cgroup.controllers").exists():
        return
    for folder in (own, own.parent):
        if (folder / "cgroup.subtree_control").exists() and os.access(folder, os.W_OK):
            _enable(folder)
            yield folder


def _enable(folder: Path) -> None:
    """Let groups below ``folder`` have the controllers that it has itself; refused where it has members."""
    control = folder / "cgroup.subtree_control"
    offered = set((folder / "cgroup.controllers").read_text().split())
    missing = sorted((offered & set(_V2)) - set(control.read_text().split()))
    if missing:
        with contextlib.suppress(OSError):
            control.write_text(" ".join(f"+{name}" for name in missing))
