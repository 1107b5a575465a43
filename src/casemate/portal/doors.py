"""What every request passes on its way in and out: how many, how large, and the headers of safety.

Requests are counted a minute and caller, in this process, by the library ``limits``. A caller is the
token that was sent (by its digest), else the address.
"""

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from hashlib import sha256

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from casemate.errors import TooLarge, TooManyRequests
from casemate.portal.problems import problem

LARGEST_BODY = 16 * 2**20
"""Bytes of any request but an upload."""
UPLOADS = "/api/v1/uploads"
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}


class Doors:
    """The outermost layer, plain ASGI: a body that nobody reads to its end is never held in memory."""

    def __init__(self, app: ASGIApp, requests_a_minute: int) -> None:
        self._app = app
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(requests_a_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no request of HTTP goes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_safety(message["headers"])
            await send(message)

        if not self._limiter.hit(self._limit, _caller(scope, headers)):
            refusal = problem(
                TooManyRequests.http_status,
                TooManyRequests.title,
                f"more than {self._limit.amount} requests in a minute: wait, then go on",
                headers={"Retry-After": "60"},
            )
            await refusal(scope, receive, answer)
            return
        if scope["path"] == UPLOADS:
            await self._app(scope, receive, answer)
            return
        body = _Body(receive)
        with suppress(TooLarge):
            await self._app(scope, body.receive, _unless(lambda: body.is_too_large, answer))
        if body.is_too_large:
            said = f"the request's body has more than {LARGEST_BODY:,} bytes"
            await problem(TooLarge.http_status, TooLarge.title, said)(scope, receive, answer)


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


def _caller(scope: Scope, headers: MutableMapping[bytes, bytes]) -> str:
    if token := headers.get(b"authorization"):
        return sha256(token).hexdigest()
    return scope["client"][0] if scope.get("client") else "unknown"


def _with_safety(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    return headers + [(name, value) for name, value in HEADERS.items() if name not in given]
