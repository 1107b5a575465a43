"""Start one sandbox and end it: the processes, pipes and control groups around a job."""

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casemate.enclave import cgroups, walls
from casemate.enclave.limits import Limits
from casemate.enclave.places import Place, place
from casemate.errors import Unavailable
from casemate.ids import new_id

_START_SECONDS = 20.0


@dataclass
class Launched:
    """A sandbox whose first process waits for ``go``; we read ``data``, ``stdout`` and ``stderr``."""

    process: "subprocess.Popen[bytes]"
    first_pid: int  # process 1 of the sandbox, as the host numbers it
    first: int  # its pidfd: a signal through it can reach no other process
    group: cgroups.Group
    data: int
    stdout: int
    stderr: int
    _go: int

    def go(self) -> None:
        """Let the job start; everything that limits it is in place."""
        with contextlib.suppress(BrokenPipeError):  # it died already: its output says why
            os.write(self._go, b"!")

    def kill(self) -> None:
        """End the whole tree at once: process 1's end is, by the kernel, the end of its namespace."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGKILL)
        if self.process.returncode is None:  # not waited for, so that its number is still its own
            os.kill(self.process.pid, signal.SIGKILL)

    def reap(self) -> resource.struct_rusage:
        """Wait until nothing of it is left; kernel's account of all its processes together."""
        select.select([self.first], [], [])
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.group.remove()
        return usage


def launch(
    words: list[str],
    files: dict[str, bytes],
    environment: dict[str, str],
    limits: Limits,
    stack: ExitStack,
    packages: Path | None = None,
) -> Launched:
    """Raise every wall around a job that has not started yet; ``stack`` closes what is held open.

    ``packages`` is the folder that becomes /packages, ours if not given.

    Raises ``Unavailable`` with bubblewrap's own words where a wall cannot be raised.
    """
    here = place(None if packages is None else str(packages))
    with ExitStack() as ours:
        fds = walls.Descriptors(ours, [])
        data, data_end = _pipe(stack, fds, reads_here=True)
        info, info_end = _pipe(stack, fds, reads_here=True)
        go, go_end = _pipe(stack, fds, reads_here=False)
        options = walls.arguments(files, environment, limits, fds, here)
        options += ["--info-fd", str(info_end)]
        listed = fds.hold("\0".join([*options, ""]).encode())
        first = walls.first_process([str(go_end), *words], data_end, limits, fds)
        group = cgroups.open_group(new_id("g"), limits)
        with _removed_on_failure(group), group.born_inside():
            process = _start(here, ["--args", listed, "--", *first], fds.passed)
        stack.callback(_close, process)
    with _removed_on_failure(group):
        try:
            first_pid, pidfd = _first(process, info)
            stack.callback(os.close, pidfd)
            group.add(first_pid)
        except BaseException as failure:
            process.kill()
            process.wait()
            if isinstance(failure, ProcessLookupError):
                raise Unavailable(
                    "the sandbox was ended from outside before its job started; run it again"
                ) from failure
            raise
    assert process.stdout is not None
    assert process.stderr is not None
    return Launched(
        process, first_pid, pidfd, group, data, process.stdout.fileno(), process.stderr.fileno(), go
    )


@contextlib.contextmanager
def _removed_on_failure(group: cgroups.Group) -> Iterator[None]:
    try:
        yield
    except BaseException:
        group.remove()
        raise


def _first(process: "subprocess.Popen[bytes]", info: int) -> tuple[int, int]:
    """Process 1 of the sandbox: its number on the host, and its pidfd."""
    pid = _first_pid(process, info)
    return pid, os.pidfd_open(pid)


def _pipe(stack: ExitStack, fds: walls.Descriptors, *, reads_here: bool) -> tuple[int, int]:
    """(our end, its end) of a pipe that the sandbox's first process inherits."""
    read, write = os.pipe()
    ours, theirs = (read, write) if reads_here else (write, read)
    stack.callback(os.close, ours)
    fds.give(theirs)
    return ours, theirs


def _start(here: Place, words: list[str], passed: list[int]) -> "subprocess.Popen[bytes]":
    drop: dict[str, Any] = {}
    if here.namespace is not None:
        passed = [*passed, here.namespace]
    elif here.uid is not None:
        drop = {"user": here.uid, "group": here.uid, "extra_groups": []}
    return subprocess.Popen(  # noqa: S603
        here.enter([here.bwrap, *words]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=passed,
        env={},
        cwd="/",
        **drop,
    )


def _first_pid(process: "subprocess.Popen[bytes]", info: int) -> int:
    """What bubblewrap says of its child once it has made the namespaces."""
    deadline, text = time.monotonic() + _START_SECONDS, b""
    while time.monotonic() < deadline:
        if not select.select([info], [], [], 0.1)[0]:
            continue
        piece = os.read(info, 4096)
        text += piece
        with contextlib.suppress(ValueError):
            return int(json.loads(text)["child-pid"])
        if not piece:
            break
    process.kill()
    complaint = process.communicate()[1].decode(errors="replace").strip()
    raise Unavailable(f"a wall of the sandbox cannot be raised on this machine: {complaint}")


def _close(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
