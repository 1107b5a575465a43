"""Outputs out of the sandbox: a hostile stream becomes a bounded tuple of plain files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CollectedFile:
    """One regular file that the job left in /out; ``name`` is relative, printable, with ``/`` between parts."""

    name: str
    data: bytes
    sha256: str


@dataclass(frozen=True)
class Rejected:
    """One thing in /out that is not taken, and why; ``name`` is escaped for printing."""

    name: str
    reason: str
