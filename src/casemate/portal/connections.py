"""Connections that are given up: who sends a request or takes an answer too slowly holds nothing for long.

The server (uvicorn) bounds how long a connection may be idle between requests, and the size of a request's
head. What it leaves open is bounded here: how long the head may take, that a body and an answer keep
moving, and how many connections there are. While the server itself is at work on a request there is no
limit. Such attacks are called slowloris; see ``tests/attacks/test_slow_clients.py``.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from casemate.identity.sources import source_of


@dataclass(frozen=True)
class Patience:
    """How much a server puts up with."""

    head: float = 15.0
    """Seconds from the connection, or the last answer, until a request's head is here."""
    stalled: float = 30.0
    """Seconds in which ``least`` bytes of a body arrive, or of an answer are taken."""
    least: int = 32 * 1024
    connections: int = 500
    """In all: each takes a file descriptor, of which a process often has 1,024."""
    from_one: int = 100
    """From one address; of no use where all come from a proxy."""

    def of_a_proxy(self) -> "Patience":
        """The same where every connection is the proxy's."""
        return replace(self, from_one=self.connections)


class _Waits(Enum):
    """What a connection waits for."""

    head = auto()
    body = auto()
    taking = auto()
    nothing = auto()


_FULL = b"HTTP/1.1 503 Full\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class PatientProtocol(H11Protocol):
    """One connection, looked at every few seconds; see ``protocol_of``."""

    patience: ClassVar[Patience]
    counted: ClassVar[Counter[str]]
    _phase: tuple[_Waits, Any] = (_Waits.nothing, None)
    _since = 0.0
    _mark = 0
    _received = 0
    _source: str | None = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        source = source_of(self.client[0]) if self.client else "unknown"
        self._source = source
        self.counted[source] += 1
        is_full = len(self.connections) > self.patience.connections
        if is_full or self.counted[source] > self.patience.from_one:
            transport.write(_FULL)
            transport.close()
            return
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()
        if self._source is not None:
            self.counted[self._source] -= 1
            if not self.counted[self._source]:
                del self.counted[self._source]
            self._source = None

    def data_received(self, data: bytes) -> None:
        """Note that something came."""
        self._received += len(data)
        super().data_received(data)

    def _look(self) -> None:
        phase, now = (self._waits_for(), self.cycle), self.loop.time()
        moved = self._moved(phase[0])
        has_moved = phase[0] is not _Waits.head and moved - self._mark >= self.patience.least
        if phase != self._phase or has_moved:
            self._phase, self._since, self._mark = phase, now, moved
        longest = self.patience.head if phase[0] is _Waits.head else self.patience.stalled
        if phase[0] is not _Waits.nothing and now - self._since >= longest:
            self.transport.abort()
            return
        often = min(self.patience.head, self.patience.stalled) / 4
        self._timer = self.loop.call_later(often, self._look)

    def _waits_for(self) -> _Waits:
        if self.flow.write_paused:
            return _Waits.taking
        if self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused:
            return _Waits.body
        is_between = self.cycle is None or self.cycle.response_complete
        return _Waits.head if is_between else _Waits.nothing

    def _moved(self, waits: _Waits) -> int:
        if waits is _Waits.taking:
            return -int(self.transport.get_write_buffer_size())
        return self._received


def protocol_of(patience: Patience) -> type[PatientProtocol]:
    """The protocol of one server's connections."""
    return type("Connection", (PatientProtocol,), {"patience": patience, "counted": Counter()})
