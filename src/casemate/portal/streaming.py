"""Server-sent events (HTML Living Standard section 9.2), and what becomes of a reader who leaves.

A thread that waits for the next event cannot be interrupted; so whoever makes the events gives a ``Stop``,
which is set the moment that the reader is gone, and ends the wait.
"""

from collections.abc import Generator
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from casemate.knowledge.models import Stop
from casemate.plain import as_json

EVENTS = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Events(StreamingResponse):
    """``events`` one by one; ``stop`` is set when nobody reads any more, and they are closed."""

    def __init__(self, events: Generator[str, None, None], stop: Stop) -> None:
        super().__init__(events, media_type=EVENTS, headers=_HEADERS)
        self._events, self._stop = events, stop

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """As the framework's; then, or where the server ends, so does the wait for an event."""
        try:
            await super().listen_for_disconnect(receive)
        finally:
            self._stop.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the framework's. It leaves a generator that was not read to its end to the collector."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop.set()
            self._events.close()


def event(name: str, data: Any) -> str:
    """One event, its data on one line."""
    return f"event: {name}\ndata: {as_json(data).decode()}\n\n"
