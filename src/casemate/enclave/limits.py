"""What a job may use, and the environment in which it counts time and threads."""

from dataclasses import dataclass, fields

from casemate.errors import BadInput

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """The most a job may use; a job that reaches one of them is ended and releases nothing.

    ``memory_bytes`` is for the whole tree of processes; ``cpu_seconds`` too, over all its processes
    together. ``output_bytes`` bounds /out as a whole and each file in it; ``tmp_bytes`` bounds /tmp.
    """

    memory_bytes: int = 4 * GIB
    cpu_seconds: int = 600
    wall_seconds: float = 900.0
    processes: int = 64  # threads count too
    open_files: int = 512
    output_bytes: int = 32 * MIB
    tmp_bytes: int = 512 * MIB
    files: int = 100_000  # in /out, /tmp and /dev/shm together
    log_bytes: int = 256 * 1024  # of stdout, and of stderr: head and tail are kept

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise BadInput(f"limit {field.name} must be more than 0")
