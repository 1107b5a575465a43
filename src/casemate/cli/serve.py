"""``casemate serve``: the portal of one home, in this process, until it is interrupted."""

import socket
import sys
from pathlib import Path

import uvicorn

from casemate.errors import BadInput, Unavailable
from casemate.home import create_home
from casemate.platform import Platform
from casemate.portal import create_app


def serve(root: Path, host: str, port: int, *, requests_a_minute: int) -> None:
    """Serve the home at ``root`` (made where there is none) at ``host``:``port``; 0 is any free port.

    Runs that were under way when a server ended go on as soon as the next one starts. Raises
    ``Unavailable`` where the address is taken.
    """
    is_new = not root.exists()
    with Platform(create_home(root)) as platform:
        if is_new:
            first = platform.found("Operator")
            _say(f"Home {root} is new. Its operator is {first.id}.")
        app = create_app(platform, requests_a_minute=requests_a_minute)
        listening = _listen(host, port)
        bound = listening.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        _say(
            f"Casemate answers at http://{shown}:{bound} (API: /api/v1, description: openapi.json)."
        )
        settings = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=10, server_header=False
        )
        uvicorn.Server(settings).run([listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OverflowError:
        raise BadInput(f"--port {port}: a port is a number from 0 to 65535") from None
    except OSError as failure:
        raise Unavailable(f"{host}:{port} cannot be served: {failure.strerror}") from failure


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
