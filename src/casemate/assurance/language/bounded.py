"""HTTP to an endpoint that nobody vouches for: so many bytes, as they are, from where it was asked."""

from collections.abc import AsyncIterator

import httpx2 as httpx  # what the openai client stands on

from casemate.errors import Unavailable


class TooMuch(Unavailable):
    """The endpoint sent more than an answer can be."""


class _Counted(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, most: int) -> None:
        self._stream, self._left, self._most = stream, most, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise TooMuch(
                    f"the endpoint sent more than {self._most} bytes for one answer; it was stopped"
                )
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class Bounded(httpx.AsyncHTTPTransport):
    """Reads at most ``most`` bytes of a response, and none that is compressed: those have no bound."""

    def __init__(self, most: int) -> None:
        """``most`` bytes of a body."""
        super().__init__(trust_env=False, retries=0)
        self._most = most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, with what comes back counted."""
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise TooMuch("the endpoint answers compressed, which it was asked not to")
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Counted(response.stream, self._most)
        return response
