"""``casemate serve``: the portal of one home, in this process, until it is interrupted."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from casemate.errors import BadInput, Unavailable
from casemate.home import create_home
from casemate.platform import Platform
from casemate.portal import create_app
from casemate.portal.serving import server_of


@dataclass(frozen=True)
class Serving:
    """What whoever starts a server is told, once it answers."""

    address: str
    home: str
    new_operator: str | None
    """The first account, where the home was made just now."""

    @property
    def sentence(self) -> str:
        """The same for people."""
        new = f" It is new: its operator is {self.new_operator}." if self.new_operator else ""
        return f"Casemate serves {self.home} at {self.address} (API under /api/v1).{new}"


def serve(
    root: Path,
    host: str,
    port: int,
    *,
    requests_a_minute: int,
    tell: Callable[[Serving], None],
    behind_proxy: str | None = None,
) -> None:
    """Serve the home at ``root`` (made where there is none) at ``host``:``port``; 0 is any free port.

    Runs that were under way when a server ended go on as soon as the next one starts. ``behind_proxy``:
    the proxies whose word on where a request comes from is taken. Raises ``Unavailable`` where the
    address is taken.
    """
    listening = _listen(host, port)
    is_new = not root.exists()
    with listening, Platform(create_home(root)) as platform:
        operator = platform.found("Operator").id if is_new else None
        app = create_app(platform, requests_a_minute=requests_a_minute)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        tell(Serving(address, str(root), operator))
        server_of(app, behind_proxy=behind_proxy).run([listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OverflowError:
        raise BadInput(f"--port {port}: a port is a number from 0 to 65535") from None
    except OSError as failure:
        raise Unavailable(f"{host}:{port} cannot be served: {failure.strerror}") from failure
