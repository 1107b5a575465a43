"""An application served on loopback, for tests that need real connections. No test."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from casemate.portal.serving import server_of


@contextmanager
def live(app: Any, **options: Any) -> Iterator[str]:
    """``app`` on a free port of loopback, as ``casemate serve`` serves it; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = server_of(app, log_level="error", **options)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server ended before it answered"
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
