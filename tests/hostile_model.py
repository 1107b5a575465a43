"""An endpoint on loopback that misbehaves as its model's name says; see ``WAYS``."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAYS = (
    "good", "hangs", "trickles", "forever", "garbage", "page", "deep", "negative", "empty", "surrogate",
    "compressed", "renames", "swaps", "limits", "limits-for-ever", "refuses", "filters", "forbids",
    "redirects", "missing", "random", "breaks", "leaks",
)  # fmt: skip


class Hostile(BaseHTTPRequestHandler):
    """Answers POST /v1/chat/completions."""

    protocol_version = "HTTP/1.1"
    server: "HostileServer"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.asked.append(asked)
            self.server.keys.append(self.headers.get("authorization", ""))
            turn = len(self.server.asked)
        way = asked["model"]
        named = getattr(self, "_" + way.replace("-", "_"), None)
        if named is not None:
            named(turn)
        else:
            self._say(self._completion("A"))

    def _hangs(self, _turn: int) -> None:
        self.server.stop.wait(30)

    def _trickles(self, _turn: int) -> None:
        """Headers that never end, a few bytes at a time: no read ever times out."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.server.stop.wait(0.05):
            self.wfile.write(b"x-a: b\r\n")

    def _forever(self, _turn: int) -> None:
        self._head(200, chunked=True)
        piece = b" " * 4096
        while not self.server.stop.is_set():
            self.wfile.write(b"1000\r\n" + piece + b"\r\n")

    def _garbage(self, _turn: int) -> None:
        self._say(b"\x00\xff{]")

    def _page(self, _turn: int) -> None:
        self._say(b"<html>Please sign in</html>", kind="text/html")

    def _deep(self, _turn: int) -> None:
        self._say(b"[" * 100_000)

    def _negative(self, _turn: int) -> None:
        self._say(self._completion("A", usage={"prompt_tokens": -1, "completion_tokens": 10**30}))

    def _empty(self, _turn: int) -> None:
        self._say(b'{"choices": []}')

    def _surrogate(self, _turn: int) -> None:
        self._say(b'{"choices": [{"message": {"content": "\\ud800"}}]}')

    def _compressed(self, _turn: int) -> None:
        self._head(200, {"content-encoding": "gzip", "content-length": "0"})

    def _renames(self, turn: int) -> None:
        self._say(self._completion("A", fingerprint="fp-2" if turn > self.server.after else "fp-1"))

    def _swaps(self, turn: int) -> None:
        """Another model under the same name: only its answers tell."""
        self._say(self._completion("B" if turn > self.server.after else "A"))

    def _random(self, turn: int) -> None:
        self._say(self._completion(f"A {turn}"))

    def _limits(self, turn: int) -> None:
        if turn % 3:
            self._say(b"{}", status=429, more={"retry-after": "7"})
        else:
            self._say(self._completion("A"))

    def _limits_for_ever(self, _turn: int) -> None:
        self._say(b"{}", status=429, more={"retry-after": "1e99"})

    def _refuses(self, _turn: int) -> None:
        self._say(self._completion(None, refusal="I cannot help with that."))

    def _filters(self, _turn: int) -> None:
        self._say(b'{"error": {"code": "content_filter", "message": "no"}}', status=400)

    def _forbids(self, _turn: int) -> None:
        key = self.headers["authorization"]
        self._say(json.dumps({"error": {"message": f"bad key {key}"}}).encode(), status=401)

    def _leaks(self, _turn: int) -> None:
        key = self.headers["authorization"]
        self._say(json.dumps({"error": {"message": f"bad request {key}"}}).encode(), status=422)

    def _redirects(self, _turn: int) -> None:
        self._head(
            307, {"location": "http://127.0.0.1:9/v1/chat/completions", "content-length": "0"}
        )

    def _missing(self, _turn: int) -> None:
        self._say(b"{}", status=404)

    def _breaks(self, _turn: int) -> None:
        self._head(200, {"content-length": "1000"})
        self.wfile.write(b"{")
        self.close_connection = True

    def _completion(
        self,
        content: str | None,
        *,
        refusal: str | None = None,
        fingerprint: str = "fp-1",
        usage: dict[str, int] | None = None,
    ) -> bytes:
        message = {"role": "assistant", "content": content, "refusal": refusal}
        told: dict[str, Any] = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "hostile-1",
            "system_fingerprint": fingerprint,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": usage or {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
        }
        return json.dumps(told).encode()

    def _say(
        self,
        body: bytes,
        *,
        status: int = 200,
        kind: str = "application/json",
        more: dict[str, str] | None = None,
    ) -> None:
        length = {"content-type": kind, "content-length": str(len(body))}
        self._head(status, {**length, **(more or {})})
        self.wfile.write(body)

    def _head(
        self, status: int, headers: dict[str, str] | None = None, *, chunked: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if chunked:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class HostileServer(ThreadingHTTPServer):
    """Remembers what it was asked. ``after`` so many asks, models that change do."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hostile)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.after = 10**9
        self.lock, self.stop = threading.Lock(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some of the ways are for."""


@contextmanager
def hostile() -> Iterator[HostileServer]:
    """A server that runs until the block ends."""
    server = HostileServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
