"""Watch one running job: read what it sends, hold it to its limits, end it the moment it must end."""

import os
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from casemate.enclave import processes
from casemate.enclave.collect import Collector, HostileStream, TooLarge
from casemate.enclave.launch import Launched
from casemate.enclave.limits import Limits

Ended = Literal[
    "finished", "failed", "wall_time", "cpu_time", "memory", "output_too_large", "stopped"
]
ShouldStop = Callable[[], str | None]

POLL_SECONDS = 0.1
_CHUNK = 1 << 16
_WRITABLE = ("/out", "/tmp", "/dev/shm")  # noqa: S108  (the sandbox's own)
_COLLECT_SECONDS = 15.0  # for sending /out after the job's end; its own time does not count


@dataclass
class BoundedLog:
    """The first and last half of ``limit`` bytes; what lies between is dropped and counted."""

    limit: int
    total: int = 0
    _head: bytearray = field(default_factory=bytearray)
    _tail: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        self.total += len(data)
        room = self.limit // 2 - len(self._head)
        self._head += data[: max(0, room)]
        self._tail += data[max(0, room) :]
        del self._tail[: max(0, len(self._tail) - self.limit // 2)]

    def content(self) -> bytes:
        dropped = self.total - len(self._head) - len(self._tail)
        mark = f"\n[{dropped} bytes left out]\n".encode() if dropped else b""
        return bytes(self._head) + mark + bytes(self._tail)


@dataclass
class Watch:
    """One job from its start to the last byte it sends."""

    launched: Launched
    limits: Limits
    should_stop: ShouldStop
    collector: Collector
    stdout: BoundedLog
    stderr: BoundedLog
    verdict: tuple[Ended, str] | None = None
    start_seconds: float = 0.0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    _started: float = 0.0
    _next_poll: float = 0.0

    def follow(self) -> None:
        """Let the job go and return when nothing more can come from it."""
        self._started = time.monotonic()
        self._next_poll = self._started + POLL_SECONDS
        self.launched.go()
        with selectors.DefaultSelector() as selector:
            selector.register(self.launched.data, selectors.EVENT_READ, self._feed_collector)
            selector.register(self.launched.stdout, selectors.EVENT_READ, self.stdout.feed)
            selector.register(self.launched.stderr, selectors.EVENT_READ, self.stderr.feed)
            while selector.get_map():
                for key, _ in selector.select(POLL_SECONDS / 2):
                    piece = os.read(key.fd, _CHUNK)
                    if piece:
                        key.data(piece)
                    else:
                        selector.unregister(key.fd)
                self._poll()
        if not self.wall_seconds:
            self.wall_seconds = time.monotonic() - self._started

    def _feed_collector(self, piece: bytes) -> None:
        if self.verdict is not None:
            return  # it is being ended; whatever still comes is nobody's
        try:
            self.collector.feed(piece)
        except TooLarge:
            self._end("output_too_large", _output_text(self.limits))
        except HostileStream as broken:
            self._end(
                "failed", f"the program tampered with the way outputs are collected: {broken}"
            )
        if self.collector.exit_code is not None and not self.wall_seconds:
            self.wall_seconds = time.monotonic() - self._started

    def _poll(self) -> None:
        now = time.monotonic()
        if now < self._next_poll or self.verdict is not None:
            return
        self._next_poll = now + POLL_SECONDS
        if reason := self.should_stop():
            self._end("stopped", reason)
        elif self.collector.exit_code is not None:
            if now - self._started - self.wall_seconds > _COLLECT_SECONDS:
                self._end("failed", "the outputs could not be read in time")
        elif now - self._started > self.limits.wall_seconds:
            self._end("wall_time", f"the program ran longer than {self.limits.wall_seconds:g} s")
        else:
            self._hold_tree()

    def _hold_tree(self) -> None:
        """CPU and memory over all processes together: what no limit on each of them can hold."""
        use = processes.tree(self.launched.first_pid)
        self.cpu_seconds = max(self.cpu_seconds, use.cpu_seconds, self.launched.group.cpu_seconds())
        if self.cpu_seconds > self.limits.cpu_seconds:
            self._end("cpu_time", _cpu_text(self.limits))
        elif self.launched.group.out_of_memory() or (
            use.resident_bytes > self.limits.memory_bytes
            and processes.proportional_bytes(self.launched.first_pid) > self.limits.memory_bytes
        ):
            self._end("memory", _memory_text(self.limits))
        elif self.collector.ready and self._files_made() > self.limits.files:
            self._end("output_too_large", f"the program made more than {self.limits.files} files")

    def _files_made(self) -> int:
        """Of the sandbox's own file systems: before it says that it is ready, they are still the host's."""
        return processes.files_made(self.launched.first_pid, _WRITABLE)

    def _end(self, ended: Ended, reason: str) -> None:
        self.verdict = (ended, reason)
        self.launched.kill()

    def conclude(self) -> tuple[Ended, str]:
        """How it ended, once nothing of it is left; see ``Ended``."""
        code = self.collector.exit_code
        if self.verdict is not None:
            return self.verdict
        if self.launched.group.out_of_memory():
            return "memory", _memory_text(self.limits)
        if code is None:
            return "failed", "the sandbox ended before the program did"
        if code == -24:
            return "cpu_time", _cpu_text(self.limits)
        if code != 0:
            return self._failed()
        if not self.collector.complete:
            return "failed", "the outputs broke off while they were read"
        return "finished", "the program finished"

    def _failed(self) -> tuple[Ended, str]:
        if self.collector.used_bytes > self.limits.output_bytes:
            return "output_too_large", _output_text(self.limits)
        return "failed", "the program failed"


def _memory_text(limits: Limits) -> str:
    return f"the program needed more memory than its limit of {_size(limits.memory_bytes)}"


def _cpu_text(limits: Limits) -> str:
    return f"the program used more CPU time than its limit of {limits.cpu_seconds} s"


def _output_text(limits: Limits) -> str:
    return f"the program wrote more to /out than its limit of {_size(limits.output_bytes)}"


def _size(amount: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if amount >= size:
            return f"{amount / size:.4g} {unit}"
    return f"{amount} bytes"
