"""Idempotency keys: a POST that names one is carried out once, however often it is sent.

The reply is kept for a day and given again, with ``Idempotency-Replayed: true``. What was refused
changed nothing, so its key may be used again.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from casemate.canonical import digest
from casemate.errors import BadInput, CasemateError
from casemate.portal.bodies import JsonRequest
from casemate.portal.callers import platform_of
from casemate.store import Reply

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
LONGEST_KEY = 255
_KEPT_HEADERS = ("content-type", "etag", "location")


class KeyedRoute(APIRoute):
    """A route whose POST requests may name an ``Idempotency-Key``."""

    def get_route_handler(self) -> Handler:
        """The route's own handler, asked only where the key is new."""
        handle = _in_our_words(super().get_route_handler())

        async def keyed(request: Request) -> Response:
            request = JsonRequest(request.scope, request.receive)
            key = request.headers.get("idempotency-key")
            if request.method != "POST" or key is None:
                return await handle(request)
            return await self.once(request, key, handle)

        return keyed

    async def once(self, request: Request, key: str, handle: Handler) -> Response:
        """``handle``'s reply to the first request with ``key``, whichever this is."""
        return await _once(request, key, await request.body(), handle)


class KeyedUpload(KeyedRoute):
    """The same for a body that is not held in memory: it is told apart by its name and its length.

    Of one that did not arrive whole nothing is left, so that its key may be used again.
    """

    async def once(self, request: Request, key: str, handle: Handler) -> Response:
        """As for any route; whoever sends another file under the key sees the first one's digest."""
        told = [request.headers.get(name, "") for name in ("content-name", "content-length")]
        return await _once(request, key, "\n".join(told).encode(), handle, leaves_nothing=True)


def _in_our_words(handle: Handler) -> Handler:
    """``handle``, which lets through what was wrong with a body: the framework would say that it was an
    error, and not which."""

    async def handled(request: Request) -> Response:
        try:
            return await handle(request)
        except HTTPException as failure:
            if isinstance(failure.__cause__, CasemateError):
                raise failure.__cause__ from None
            raise

    return handled


async def _once(
    request: Request, key: str, body: bytes, handle: Handler, *, leaves_nothing: bool = False
) -> Response:
    if not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise BadInput(f"Idempotency-Key: give 1 to {LONGEST_KEY} printable characters")
    replies = request.app.state.replies
    caller = await run_in_threadpool(_caller, request)
    asked = digest(f"{request.method} {request.url.path}\n".encode() + body)
    kept = await run_in_threadpool(replies.begin, caller, key, asked)
    if kept is not None:
        return Response(
            kept.body, kept.status, headers={**kept.headers, "Idempotency-Replayed": "true"}
        )
    try:
        response = await handle(request)
    except BaseException as failure:
        # Bad input and refusals changed nothing. Of anything else nobody can say: the key stays taken.
        refused = isinstance(failure, CasemateError) and failure.http_status < 500
        if leaves_nothing or refused or isinstance(failure, RequestValidationError):
            await run_in_threadpool(replies.forget, caller, key)
        raise
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    reply = Reply(response.status_code, headers, bytes(response.body))
    await run_in_threadpool(replies.finish, caller, key, reply)
    return response


def _caller(request: Request) -> str:
    """Whose key it is: a token's, so that none is told what took a scope that it has not.

    A token that has ended gets no reply that it was given in its time.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return "public"
    known: str = platform_of(request).token(token.strip()).id
    return known
