"""The walls around one job, as arguments of bubblewrap: what it sees, as whom, and nothing else."""

import marshal
import os
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from casemate.enclave import carried, seccomp
from casemate.enclave.limits import GIB, MIB, Limits
from casemate.enclave.places import Place

PACKAGES = "/packages"
# Set by the stage, not by bubblewrap: the stage's own imports would open both places at each start.
MODULES = f"{carried.PLACE}:{PACKAGES}"
_INSIDE_UID = "1000"
# Readable by everybody; what only root may read there, no job can.
_HIDDEN_PROC = ("iomem", "kallsyms", "key-users", "keys")
_DEVICES = ("null", "zero", "full", "random", "urandom")
# Debian's links to the one of several that was chosen: libraries, and what R calls at its start.
_ALTERNATIVES = ("*.so*", "awk", "which")
_PASSWD = (
    b"researcher:x:1000:1000:researcher:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
)
_GROUP = b"researcher:x:1000:\nnogroup:x:65534:\n"
# One thread a library (the CPU limit is for all threads together), one clock, one language, one seed.
FIXED_ENVIRONMENT = {
    "BLIS_NUM_THREADS": "1",
    "HOME": "/tmp",  # noqa: S108  (the sandbox's own tmpfs)
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TMPDIR": "/tmp",  # noqa: S108
    "TZ": "UTC",
}


@dataclass
class Descriptors:
    """File descriptors handed to bubblewrap; closed on our side when the block ends."""

    stack: ExitStack
    passed: list[int]

    def hold(self, data: bytes) -> str:
        """``data`` in memory only, as a descriptor to read from."""
        descriptor = os.memfd_create("casemate", os.MFD_CLOEXEC)
        self.give(descriptor)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        return str(descriptor)

    def give(self, descriptor: int) -> str:
        """Hand ``descriptor`` over: bubblewrap inherits it, our own copy is closed."""
        self.stack.callback(os.close, descriptor)
        self.passed.append(descriptor)
        return str(descriptor)


def interpreter() -> str:
    """The Python that runs jobs: the one under our virtual environment, with none of its settings."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return str(Path(sys.base_prefix) / "bin" / version)


def arguments(
    files: Mapping[str, bytes],
    environment: Mapping[str, str],
    limits: Limits,
    fds: Descriptors,
    here: Place,
) -> list[str]:
    """All options of bubblewrap for a job with ``files`` under /in, on the packages of ``here``."""
    return [
        *isolation(),
        *_read_only_system(fds, here),
        *_own_filesystems(limits, fds),
        *_files(files, fds),
        *("--remount-ro", "/", "--chdir", "/tmp"),  # noqa: S108
        *_environment(environment),
        *("--seccomp", fds.hold(seccomp.program())),
    ]


def first_process(words: list[str], pipe: int, limits: Limits, fds: Descriptors) -> list[str]:
    """The command of process 1: our stage, which starts the job as ``words`` say."""
    stage = fds.hold(_stage())
    load = f"import marshal,os;exec(marshal.loads(os.read({stage},{1 << 20})))"
    start = [interpreter(), "-s", "-S", "-P", "-c", load]
    return [*start, str(pipe), _rlimits(limits), MODULES, *words]


@cache
def _stage() -> bytes:
    """The stage, compiled once here instead of at every start (the interpreter is the same)."""
    source = (Path(__file__).parent / "stage.py").read_bytes()
    return marshal.dumps(compile(source, "<stage>", "exec", dont_inherit=True))


def isolation() -> list[str]:
    """Namespaces, rights and session: all its own, none of ours."""
    return [
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        *("--new-session", "--clearenv", "--cap-drop", "ALL", "--as-pid-1"),
        *("--uid", _INSIDE_UID, "--gid", _INSIDE_UID, "--hostname", "enclave"),
    ]


def _read_only_system(fds: Descriptors, here: Place) -> Iterator[str]:
    yield from _system()
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        yield from ("--ro-bind", here.python, sys.base_prefix)
    yield from ("--ro-bind", here.packages, PACKAGES)
    if Path(here.source, "casemate").is_dir():  # installed as a wheel
        yield from ("--tmpfs", f"{PACKAGES}/casemate", "--remount-ro", f"{PACKAGES}/casemate")
    yield from _file(carried.archive(), carried.PLACE, fds)
    if cache_ := _library_cache():
        yield from _file(cache_, "/etc/ld.so.cache", fds)
    yield from _file(_PASSWD, "/etc/passwd", fds)
    yield from _file(_GROUP, "/etc/group", fds)


@cache
def _system() -> tuple[str, ...]:
    """The host's programs and libraries, looked up once a process."""
    words = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib32", "lib64", "sbin"):
        path = Path("/") / name
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    if Path("/etc/R").is_dir():  # where Debian keeps what R reads at its start
        words += ["--ro-bind", "/etc/R", "/etc/R"]
    for pattern in _ALTERNATIVES:
        for link in sorted(Path("/etc/alternatives").glob(pattern)):
            words += ["--symlink", str(link.readlink()), str(link)]
    return tuple(words)


def _library_cache() -> bytes:
    path = Path("/etc/ld.so.cache")
    return path.read_bytes() if path.exists() else b""


@cache
def _hidden() -> tuple[str, ...]:
    return tuple(f"/proc/{name}" for name in _HIDDEN_PROC if Path("/proc", name).exists())


def _own_filesystems(limits: Limits, fds: Descriptors) -> Iterator[str]:
    yield from ("--proc", "/proc")
    for path in _hidden():
        yield from ("--ro-bind-data", fds.hold(b""), path)
    # Bubblewrap covers /proc/sys only if the folder is writable, which it is not even for root, whose
    # files in it are: without this, a job of root's could set kernel parameters.
    yield from ("--remount-ro", "/proc")
    yield from _devices()
    yield from ("--size", str(min(limits.tmp_bytes, 64 * MIB)), "--tmpfs", "/dev/shm")  # noqa: S108
    yield from ("--size", str(limits.tmp_bytes), "--tmpfs", "/tmp")  # noqa: S108
    # A little over the limit, so that a job that goes over it can be told from one that reaches it.
    yield from ("--size", str(limits.output_bytes + MIB // 16), "--tmpfs", "/out")


def _devices() -> Iterator[str]:
    """Less than bubblewrap's own /dev, and quicker to make: no terminal, and none to be had."""
    for name in _DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    yield from ("--symlink", "/proc/self/fd", "/dev/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        yield from ("--symlink", f"/proc/self/fd/{number}", f"/dev/{name}")


def _files(files: Mapping[str, bytes], fds: Descriptors) -> Iterator[str]:
    yield from ("--dir", "/in")
    for name, data in files.items():
        yield from _file(data, f"/in/{name}", fds)


def _file(data: bytes, path: str, fds: Descriptors) -> tuple[str, ...]:
    """A file on the root, in memory; read-only like all of it once the root is."""
    return "--perms", "0444", "--file", fds.hold(data), path


def _environment(environment: Mapping[str, str]) -> Iterator[str]:
    path = f"{sys.base_prefix}/bin:/usr/bin:/bin"
    for name, value in {**environment, **FIXED_ENVIRONMENT, "PATH": path}.items():
        yield from ("--setenv", name, value)


def _rlimits(limits: Limits) -> str:
    """Limits on each process. Address space is wide: Arrow, Polars and threads reserve it unused."""
    each = {
        resource.RLIMIT_AS: limits.memory_bytes + 8 * GIB,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_NPROC: limits.processes + 1,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_FSIZE: max(limits.output_bytes, limits.tmp_bytes) + MIB,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 64 * 1024,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_STACK: 8 * MIB,
    }
    bounds = [f"{number}:{value}:{value}" for number, value in each.items()]
    seconds = limits.cpu_seconds
    return ",".join([*bounds, f"{resource.RLIMIT_CPU}:{seconds}:{seconds + 1}"])
