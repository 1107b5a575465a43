"""The server around the application: its connections, its proxy, its end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from casemate.portal.connections import Patience, protocol_of

GRACE_SECONDS = 10
"""How long requests under way may still take once the server is to end."""
_ENDS = (signal.SIGINT, signal.SIGTERM)


class PortalServer(uvicorn.Server):
    """A server that, told to end, does so and gives back to who ran it: a home is closed after it."""

    def __init__(self, config: uvicorn.Config, portal: FastAPI) -> None:
        super().__init__(config)
        self.portal = portal

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, which would end the process by the same signal, before anything was closed."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals come to the main thread alone
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _ENDS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End when requests under way are answered; told a second time, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self.portal.state.is_ending = True  # who waits for a run is answered now


def server_of(
    app: FastAPI,
    *,
    patience: Patience | None = None,
    behind_proxy: str | None = None,
    log_level: str = "warning",
) -> PortalServer:
    """The server of ``app``.

    ``behind_proxy`` are the addresses or networks (comma between them) whose word on where a request
    comes from, and on whether that was TLS, is taken. Nobody's is where it is ``None``.
    """
    patience = patience or Patience()
    settings = uvicorn.Config(
        app,
        http=protocol_of(patience if behind_proxy is None else patience.of_a_proxy()),
        ws="none",
        log_level=log_level,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy is not None,
        forwarded_allow_ips=behind_proxy or "",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return PortalServer(settings, app)
