"""The sandbox: code that nobody here wrote, on data that must not leave.

``run`` is the story: refuse a malformed job, raise the walls (``walls``), start (``launch``), hold to
the limits (``watch``), take what came out (``collect``). The walls are tried once a process by
``doctor``; where a required one is missing nothing runs. Inputs travel in memory from our process into
the sandbox's own tmpfs and are gone with it; no disk is touched on the way.
"""

import os
import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from casemate.enclave import cgroups, failure
from casemate.enclave import doctor as _doctor
from casemate.enclave.collect import CollectedFile, Collector, Rejected
from casemate.enclave.doctor import Wall
from casemate.enclave.launch import Launched, launch
from casemate.enclave.limits import Limits
from casemate.enclave.places import place
from casemate.enclave.watch import BoundedLog, Ended, ShouldStop, Watch
from casemate.errors import BadInput, Unavailable

__all__ = ["Ended", "Job", "Limits", "SandboxResult", "ShouldStop", "Wall", "doctor", "run"]

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
# These steer the loader and the interpreter, which are ours until the job starts.
_RESERVED_VARIABLES = ("LD_", "PYTHON", "GLIBC_", "MALLOC_")


@dataclass(frozen=True)
class Job:
    """What runs: either ``command``, or ``script`` (Python source) as ``/in/<filename>``.

    ``inputs`` maps a file name under /in to its content. Outputs are what the job leaves in /out; its
    working folder is /tmp, so that nothing leaves by accident. ``environment`` takes names in capitals.
    ``packages`` is a folder that takes the place of our own packages, read-only as they are.
    """

    command: tuple[str, ...] = ()
    script: bytes | None = None
    filename: str = "script.py"
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    packages: Path | None = None


@dataclass(frozen=True)
class SandboxResult:
    """How a job ended and what it left.

    ``outputs`` is empty unless it finished. ``stdout`` and ``stderr`` may hold data: they are outputs
    too and must be checked before anyone sees them; ``reason`` is safe to show. ``resources``: wall_ms,
    cpu_ms, max_rss_bytes (of the whole tree where a control group counts it, else of the largest
    process), start_ms, stdout_bytes, stderr_bytes, output_bytes. ``limits_held``: limit -> what held it.
    """

    exit_code: int | None
    ended: Ended
    reason: str
    outputs: tuple[CollectedFile, ...]
    stdout: bytes
    stderr: bytes
    resources: dict[str, int]
    limits_held: dict[str, str]
    rejected: tuple[Rejected, ...] = ()


def run(job: Job, *, should_stop: ShouldStop) -> SandboxResult:
    """Run ``job`` behind every wall and collect what it left.

    ``should_stop`` is asked about every 100 ms, once before anything starts and once more before the
    outputs are handed over; a reason from it ends the whole tree and nothing is collected.
    Raises ``BadInput`` for a malformed job and ``Unavailable`` where a required wall is missing.
    """
    _refuse_malformed(job)
    require_walls()
    if reason := should_stop():
        return _never_started(reason)
    return _run_behind_walls(job, should_stop)


def doctor() -> tuple[Wall, ...]:
    """Each wall, tried on this machine just now by a probe that runs behind them."""
    return _doctor.examine(_probe)


def _run_behind_walls(job: Job, should_stop: ShouldStop) -> SandboxResult:
    before = time.monotonic()
    files = dict(job.inputs)
    words = ["command", *job.command]
    if job.script is not None:
        files[job.filename] = job.script
        words = ["script", f"/in/{job.filename}"]
    with ExitStack() as stack:
        launched = launch(words, files, dict(job.environment), job.limits, stack, job.packages)
        watch = _watch(launched, job.limits, should_stop)
        try:
            watch.follow()
            ended, reason = watch.conclude()
        finally:
            launched.kill()
            peak, group_cpu = launched.group.peak_bytes(), launched.group.cpu_seconds()
            usage = launched.reap()
    if ended == "finished" and (late := should_stop()):
        ended, reason = "stopped", late
    cpu = max(group_cpu, usage.ru_utime + usage.ru_stime, watch.cpu_seconds)
    resources = {
        "wall_ms": round(watch.wall_seconds * 1000),
        "total_ms": round((time.monotonic() - before) * 1000),
        "cpu_ms": round(cpu * 1000),
        "max_rss_bytes": peak or usage.ru_maxrss * 1024,
        "stdout_bytes": watch.stdout.total,
        "stderr_bytes": watch.stderr.total,
    }
    return _result(job, watch, ended, reason, resources)


def _watch(launched: Launched, limits: Limits, should_stop: ShouldStop) -> Watch:
    logs = (BoundedLog(limits.log_bytes), BoundedLog(limits.log_bytes))
    return Watch(launched, limits, should_stop, Collector(limits.output_bytes), *logs)


def _result(
    job: Job, watch: Watch, ended: Ended, reason: str, resources: dict[str, int]
) -> SandboxResult:
    code, stderr = watch.collector.exit_code, watch.stderr.content()
    if ended == "failed" and code:
        if failure.exception_class(stderr) in {"MemoryError", "_ArrayMemoryError"}:
            ended = "memory"
            reason = "the program asked for more memory than its limit"
        else:
            reason = failure.safe_summary(code, stderr, job.filename, job.script)
    finished = ended == "finished"
    outputs = tuple(watch.collector.files) if finished else ()
    return SandboxResult(
        exit_code=code,
        ended=ended,
        reason=reason,
        outputs=outputs,
        stdout=watch.stdout.content(),
        stderr=stderr,
        resources=resources | {"output_bytes": sum(len(output.data) for output in outputs)},
        limits_held=_limits_held(watch.launched.group),
        rejected=tuple(watch.collector.rejected) if finished else (),
    )


def _limits_held(group: cgroups.Group) -> dict[str, str]:
    """What held each limit on this run, in words for the run's record."""
    control = f"control group v{group.version}"
    memory = "data segment and address space of each process, whole tree sampled"
    processes = "RLIMIT_NPROC in the sandbox's user namespace"
    if "memory" in group.folders:
        memory = f"{control}, {memory}"
    if "pids" in group.folders:
        processes = f"{control}, {processes}"
    uid = place().uid
    return {
        "memory": memory,
        "processes": processes,
        "cpu": "RLIMIT_CPU of each process, whole tree summed",
        "wall": "parent's clock",
        "output": "size of the tmpfs at /out, stream counted by the parent",
        "user": f"uid {os.geteuid() if uid is None else uid} outside, 1000 inside",
    }


def _never_started(reason: str) -> SandboxResult:
    return SandboxResult(None, "stopped", reason, (), b"", b"", {}, {})


def is_input_name(name: str) -> bool:
    """Whether /in takes a file of this name."""
    return _FILE_NAME.fullmatch(name) is not None


def _refuse_malformed(job: Job) -> None:
    if (job.script is None) == (not job.command):
        raise BadInput("a job has either a script or a command")
    names = [*job.inputs, *([job.filename] if job.script is not None else [])]
    for name in names:
        if not is_input_name(name) or names.count(name) > 1:
            raise BadInput(
                f"input name {name!r} must be unique, of letters, digits, '_', '-' and '.'"
            )
    if any("\0" in word for word in (*job.command, *job.environment.values())):
        raise BadInput("a job's words and environment hold no NUL")
    for variable in job.environment:
        if not _VARIABLE_NAME.fullmatch(variable) or variable.startswith(_RESERVED_VARIABLES):
            raise BadInput(f"environment variable {variable!r} may not be set for a job")


@cache
def require_walls() -> tuple[Wall, ...]:
    """Every wall, tried once in this process; a missing one is an error, never a warning."""
    cgroups.sweep()
    tried = doctor()
    missing = [wall for wall in tried if wall.required and not wall.available]
    if missing:
        listed = "; ".join(f"{wall.name}: {wall.how}" for wall in missing)
        raise Unavailable(f"the enclave refuses to run here, walls are missing: {listed}")
    return tried


def _probe(script: bytes) -> SandboxResult:
    return _run_behind_walls(Job(script=script, limits=_doctor.PROBE_LIMITS), lambda: None)
