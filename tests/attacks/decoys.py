"""What lies outside the sandbox for attacks to reach for; all of it ours, none of it needed."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Outside:
    """Decoys: files, a process, listeners."""

    folder: Path
    decoy: "subprocess.Popen[bytes]"
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    abstract: socket.socket

    def names(self) -> dict[str, object]:
        """What each ``@name@`` of a hostile program stands for."""
        return {
            "secret": str(self.folder / "secret"),
            "readable": str(self.folder / "readable"),
            "marker": self.folder.name,
            "project": str(PROJECT / "pyproject.toml"),
            "decoy": self.decoy.pid,
            "tcp": self.tcp.getsockname()[1],
            "udp": self.udp.getsockname()[1],
            "unix": str(self.folder / "socket"),
            "abstract": f"casemate-decoy-{os.getpid()}",
        }

    def was_reached(self) -> list[str]:
        """Which listeners heard something, and whether the decoy process is gone."""
        reached = [] if self.decoy.poll() is None else ["decoy process"]
        for name in ("tcp", "unix", "abstract"):
            with contextlib.suppress(BlockingIOError):
                getattr(self, name).accept()
                reached.append(name)
        with contextlib.suppress(BlockingIOError):
            self.udp.recv(10)
            reached.append("udp")
        return reached


@contextlib.contextmanager
def decoys(folder: Path) -> Iterator[Outside]:
    """Decoys in ``folder``, gone at the end."""
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    (folder / "readable").write_text("readable")
    (folder / "readable").chmod(0o644)
    os.environ["CASEMATE_DECOY_SECRET"] = "hunter2"
    decoy = subprocess.Popen(["sleep", "600"])
    tcp, udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    tcp.bind(("127.0.0.1", 0))
    udp.bind(("127.0.0.1", 0))
    unix.bind(str(folder / "socket"))
    abstract.bind(f"\0casemate-decoy-{os.getpid()}")
    for listener in (tcp, unix, abstract):
        listener.listen()
    for listener in (tcp, udp, unix, abstract):
        listener.setblocking(False)
    try:
        yield Outside(folder, decoy, tcp, udp, unix, abstract)
    finally:
        del os.environ["CASEMATE_DECOY_SECRET"]
        decoy.kill()
        decoy.wait()
        for listener in (tcp, udp, unix, abstract):
            listener.close()
