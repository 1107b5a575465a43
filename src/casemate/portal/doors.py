"""What every request passes on its way in and out: how many, how large, well formed, the headers of safety.

Requests are counted a minute and caller, in this process, by the library ``limits``. A caller is the
token that was sent (by its digest), else the address. Where an address sends token after token that is
none, it is counted as one caller whatever it sends: new words would be new allowances otherwise.
"""

import re
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from hashlib import sha256

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from casemate.errors import TooLarge, TooManyRequests
from casemate.identity.sources import source_of
from casemate.portal.problems import problem

LARGEST_BODY = 16 * 2**20
"""Bytes of any request but an upload."""
UPLOADS = re.compile(r"/api/v1/uploads|/[a-z]{2}/publishing/upload")
"""Where files are sent, which have a bound of their own and are written down as they come."""
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
MOST_HEADERS, LARGEST_HEAD = 100, 32 * 1024
"""Of one request; the server's own bound is for heads that come in pieces."""
BAD_TOKENS = 30
"""Of one address in a minute, before its requests are all counted as one caller's."""
_HOST = re.compile(rb"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


class Doors:
    """The outermost layer, plain ASGI: a body that nobody reads to its end is never held in memory."""

    def __init__(self, app: ASGIApp, requests_a_minute: int) -> None:
        self._app = app
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(requests_a_minute)
        self._bad_tokens = RateLimitItemPerMinute(BAD_TOKENS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no request of HTTP goes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        source = _source(scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_safety(message["headers"])
                if message["status"] == 401 and b"authorization" in headers:
                    self._limiter.hit(self._bad_tokens, "tokens of", source)
            await send(message)

        if (wrong := _malformed(scope)) is not None:
            refusal = problem(400, "Bad request", wrong, headers={"Connection": "close"})
            await refusal(scope, receive, answer)
            return
        if not self._limiter.hit(self._limit, self._caller(headers, source)):
            refusal = problem(
                TooManyRequests.http_status,
                TooManyRequests.title,
                f"more than {self._limit.amount} requests in a minute: wait, then go on",
                headers={"Retry-After": "60"},
            )
            await refusal(scope, receive, answer)
            return
        if UPLOADS.fullmatch(scope["path"]):
            await self._app(scope, receive, answer)
            return
        body = _Body(receive)
        with suppress(TooLarge):
            await self._app(scope, body.receive, _unless(lambda: body.is_too_large, answer))
        if body.is_too_large:
            said = f"the request's body has more than {LARGEST_BODY:,} bytes"
            await problem(TooLarge.http_status, TooLarge.title, said)(scope, receive, answer)

    def _caller(self, headers: MutableMapping[bytes, bytes], source: str) -> str:
        token = headers.get(b"authorization")
        if token and self._limiter.test(self._bad_tokens, "tokens of", source):
            return sha256(token).hexdigest()
        return source


class _Body:
    """A request's body, up to its bound."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._taken = 0

    @property
    def is_too_large(self) -> bool:
        return self._taken > LARGEST_BODY

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self.is_too_large:
            raise TooLarge("the request's body is too large")
        return message


def _unless(is_over: Callable[[], bool], send: Send) -> Send:
    """``send``, silent once ``is_over``: the framework would call a body cut short a syntax error."""

    async def guarded(message: Message) -> None:
        if not is_over():
            await send(message)

    return guarded


def _source(scope: Scope) -> str:
    try:
        return source_of(scope["client"][0])
    except (KeyError, TypeError, ValueError):  # no address: a socket of this machine, or a test
        return "unknown"


def _size(scope: Scope) -> int:
    target = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return target + sum(len(name) + len(value) for name, value in scope["headers"])


def _malformed(scope: Scope) -> str | None:
    """What is wrong with a request before anybody reads it, in a sentence; ``None``: nothing."""
    if len(scope["headers"]) > MOST_HEADERS or _size(scope) > LARGEST_HEAD:
        return f"the request's head is over {LARGEST_HEAD:,} bytes or {MOST_HEADERS} headers"
    names = [name for name, _ in scope["headers"]]
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if b"transfer-encoding" in names and b"content-length" in names:
        # RFC 9112 section 6.3: of two lengths, a proxy before us may have believed the other one.
        return (
            "the request says twice how long its body is, by Content-Length and Transfer-Encoding"
        )
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return "the header Host names no host"
    if names.count(b"authorization") > 1:
        return "the request carries two tokens"
    if "\x00" in scope["path"] or "\ufffd" in scope["path"]:
        return "the address holds a null character, or bytes that are no UTF-8"
    if b"%00" in scope["query_string"]:
        return "the address holds a null character"
    return None


def _with_safety(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    return headers + [(name, value) for name, value in HEADERS.items() if name not in given]
