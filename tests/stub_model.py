"""A language model on loopback that says what a test wants, streamed. No test."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Says = Callable[[str, str], str | Iterable[str]]
"""From the system's words and the prompt to what it writes, in pieces of its own or in equal ones."""


class _Writes(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "StubModel"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked)
        self.server.keys.append(self.headers.get("authorization", ""))
        if self.server.way != "writes":
            self._odd(self.server.way)
            return
        system, prompt = (one["content"] for one in asked["messages"])
        self._head("text/event-stream")
        text = self.server.says(system, prompt)
        for piece in self._in_pieces(text) if isinstance(text, str) else text:
            if not self._chunk({"choices": [{"index": 0, "delta": {"content": piece}}]}):
                return
        self._write(b"data: [DONE]\n\n")
        self._write(b"")

    def _in_pieces(self, text: str) -> list[str]:
        size = self.server.piece
        return [text[at : at + size] for at in range(0, len(text), size)]

    def _chunk(self, told: dict[str, Any]) -> bool:
        """Whether anybody still listens."""
        try:
            self._write(b"data: " + json.dumps(told).encode() + b"\n\n")
        except OSError:
            self.server.hung_up.set()
            return False
        self.server.sent += 1
        return not self.server.pause or not self.server.stop.wait(self.server.pause)

    def _write(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _head(self, kind: str, status: int = 200, **more: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _odd(self, way: str) -> None:
        if way == "whole":
            self._head("application/json")
            message = {"role": "assistant", "content": self.server.says("", "")}
            self._write(json.dumps({"choices": [{"message": message}]}).encode())
        elif way in ("401", "404", "500", "307"):
            self._head("application/json", int(way), location="http://127.0.0.1:9/v1")
            self._write(json.dumps({"error": self.headers["authorization"]}).encode())
        elif way == "compressed":
            self._head("text/event-stream", content_encoding="gzip")
        elif way == "forever":
            self._head("text/event-stream")
            while not self.server.stop.is_set():
                self._write(b": " + b" " * 65_536 + b"\n")
        elif way == "trickles":
            self._head("text/event-stream")
            while not self.server.stop.wait(0.02):
                self._write(b": still here\n")
        else:
            self._head("text/event-stream")
            self._write(way.encode("utf-8", "surrogatepass"))
        self._write(b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class StubModel(ThreadingHTTPServer):
    """Remembers what it was asked. ``way`` is ``writes``, a way to misbehave, or bytes to send."""

    daemon_threads = True

    def __init__(self, says: Says, way: str, piece: int, pause: float) -> None:
        super().__init__(("127.0.0.1", 0), _Writes)
        self.says, self.way, self.piece, self.pause = says, way, piece, pause
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.sent = 0
        self.stop, self.hung_up = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up is what some tests are about."""
        self.hung_up.set()


@contextmanager
def stub_model(
    says: Says = lambda system, prompt: "Yes.",
    *,
    way: str = "writes",
    piece: int = 7,
    pause: float = 0,
) -> Iterator[StubModel]:
    """A server that runs until the block ends; ``pause`` seconds lie between two of its pieces."""
    server = StubModel(says, way, piece, pause)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
