"""The sandbox: code that nobody here wrote, on data that must not leave."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from casemate.enclave.collect import CollectedFile, Rejected
from casemate.enclave.limits import Limits

Ended = Literal[
    "finished", "failed", "wall_time", "cpu_time", "memory", "output_too_large", "stopped"
]
ShouldStop = Callable[[], str | None]


@dataclass(frozen=True)
class Job:
    """What runs: either ``command``, or ``script`` (Python source) saved as ``/in/<filename>``.

    ``inputs`` maps a file name under /in to its content. Outputs are what the job leaves in /out.
    """

    command: tuple[str, ...] = ()
    script: bytes | None = None
    filename: str = "script.py"
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class SandboxResult:
    """How a job ended; ``outputs`` is empty unless it finished. ``failure`` is safe to show the researcher."""

    exit_code: int | None
    ended: Ended
    reason: str
    outputs: tuple[CollectedFile, ...]
    rejected: tuple[Rejected, ...]
    stdout: bytes
    stderr: bytes
    failure: str | None
    resources: dict[str, int]
    limits_held: dict[str, str]


@dataclass(frozen=True)
class Wall:
    """One wall of the sandbox: whether this machine raises it, and by what."""

    name: str
    required: bool
    available: bool
    how: str


def run(job: Job, *, should_stop: ShouldStop) -> SandboxResult:
    """Run ``job`` behind every wall and collect what it left; see ``Limits`` for what ends it early."""
    raise NotImplementedError


def doctor() -> tuple[Wall, ...]:
    """Each wall, tried on this machine; a required one that is missing makes ``run`` refuse."""
    raise NotImplementedError
