"""One command in the sandbox, from folder to folder, with no platform and no home.

For operators, tests and auditors: the walls, limits and the collector are exactly those of a run. What
comes out has passed no output check, so that this is for data that whoever calls may see anyway.
"""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from casemate.enclave import sandbox
from casemate.enclave.collect import CollectedFile, printable
from casemate.enclave.limits import Limits
from casemate.errors import BadInput, Unavailable

MAX_INPUTS = 1000


@dataclass(frozen=True)
class Executed:
    """How the command ended; ``written`` says whether its outputs are in the folder asked for."""

    result: sandbox.SandboxResult
    walls: tuple[sandbox.Wall, ...]
    written: bool


def execute(source: Path, target: Path, command: Sequence[str], limits: Limits) -> Executed:
    """Run ``command`` on the files of ``source`` (as /in); what it leaves in /out becomes ``target``.

    ``target`` appears whole, or not at all where the command did not finish well. Raises ``BadInput``
    for folders or files that will not do, ``Unavailable`` where a wall is missing or the disk full.
    """
    _refuse_folders(source, target)
    inputs = read_folder(source, limits.memory_bytes)
    walls = sandbox.require_walls()
    job = sandbox.Job(command=tuple(command), inputs=inputs, limits=limits)
    result = sandbox.run(job, should_stop=lambda: None)
    finished = result.ended == "finished"
    if finished:
        write_folder(target, result.outputs)
    return Executed(result, walls, finished)


def _refuse_folders(source: Path, target: Path) -> None:
    if not source.is_dir():
        raise BadInput(f"--input {source} is no folder")
    inside, outside = source.resolve(), target.resolve()
    if outside == inside or outside.is_relative_to(inside) or inside.is_relative_to(outside):
        raise BadInput(
            f"--output {target} and --input {source} lie one in the other: keep them apart"
        )
    if target.is_symlink():
        raise BadInput(f"--output {target} is a symbolic link; name the folder itself")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise BadInput(f"--output {target} exists and is not an empty folder: name a new one")
    if not target.absolute().parent.is_dir():
        raise BadInput(f"--output {target} cannot be made: there is no folder {target.parent}")


def read_folder(folder: Path, most_bytes: int) -> dict[str, bytes]:
    """The regular files of ``folder`` by name; nothing is followed, nothing left out in silence.

    Raises ``BadInput`` naming the first thing that is a link, a folder or no file, has a name that /in
    does not take, or makes the whole larger than ``most_bytes`` (they lie in the job's memory).
    """
    found: dict[str, bytes] = {}
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        names = sorted(os.listdir(opened))  # noqa: PTH208 - by descriptor: the folder cannot be swapped
        if len(names) > MAX_INPUTS:
            raise BadInput(f"--input {folder} holds {len(names)} things; {MAX_INPUTS} are the most")
        for name in names:
            found[name] = _read(opened, name, most_bytes)
            most_bytes -= len(found[name])
    finally:
        os.close(opened)
    return found


def _read(folder: int, name: str, most_bytes: int) -> bytes:
    shown = printable(name)
    if not sandbox.is_input_name(name):
        raise BadInput(
            f"the input {shown} has a name that /in does not take: letters, digits, '_', '-' and '.', "
            "not beginning with '.' or '-', at most 100 characters"
        )
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError as failure:
        if failure.errno == errno.ELOOP:
            raise BadInput(f"the input {shown} is a symbolic link; put the file itself") from None
        raise BadInput(f"the input {shown} cannot be read: {failure.strerror}") from failure
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise BadInput(f"the input {shown} is no regular file; /in takes files, side by side")
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
        data = file.read(most_bytes + 1) if about.st_size <= most_bytes else b""
    if max(len(data), about.st_size) > most_bytes:
        raise BadInput(
            f"the inputs, up to {shown}, are larger than the job's memory limit: raise it"
        )
    return data


def write_folder(target: Path, files: Sequence[CollectedFile]) -> None:
    """Make ``target`` with ``files`` in it: written beside it, synced, then renamed into its place."""
    parent = target.absolute().parent
    try:
        staging = Path(tempfile.mkdtemp(prefix=".casemate-out-", dir=parent))
        try:
            for file in files:
                _write(staging / file.name, file.data)
            staging.chmod(0o755 & ~_umask())
            staging.rename(target)  # over an empty folder too; over anything else it fails
            _sync(parent)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
    except OSError as failure:
        full = failure.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (Unavailable if full else BadInput)(
            f"--output {target} cannot be written: {failure.strerror}"
        ) from failure


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
