"""Requests to one server: a token, keys, retries where they are safe, refusals as exceptions."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from casemate.client.refusals import document, is_of_casemate, refusal
from casemate.errors import BadInput, NotFound, TooManyRequests, Unavailable
from casemate.ids import new_id
from casemate.plain import plain, tag_of

API = "/api/v1"
TIMEOUT = httpx.Timeout(300.0, connect=10.0)
"""Seconds: publishing a large table takes a while before the first byte of an answer."""
RETRIES = 4
PAGE = 100
"""Items of a list that one request asks for."""
PATIENCE = 90.0
"""Seconds that one call waits in all where the server asks to come back later."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_UNDER_WAY = "urn:casemate:problem:under-way"
Content = Callable[[], Iterator[bytes]]
"""A body that can be begun again."""


class Wire:
    """One server. Each POST carries a key of its own, so that a second try cannot act twice."""

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float | httpx.Timeout = TIMEOUT,
        retries: int = RETRIES,
        patience: float = PATIENCE,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        is_near = _require_sealed(url)
        headers = {"Accept": "application/json, application/problem+json;q=0.9, */*;q=0.1"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(
            base_url=url.rstrip("/") + API,
            headers=headers,
            timeout=timeout,
            transport=transport,
            trust_env=not is_near,  # a proxy of the surroundings has no business on loopback
        )
        self._url = url
        self._retries = retries
        self._patience = patience
        self._sleep = sleep

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at ``path``."""
        return self._json(self._sent("GET", path, params=params))

    def get_once(self, path: str) -> Any:
        """The same, with no second try."""
        return self._json(self._sent("GET", path, once=True))

    def post(self, path: str, body: Any = None, *, if_match: Any = None) -> Any:
        """The JSON that came of ``body``, done once; only on the record as ``if_match`` shows it."""
        headers = {"Idempotency-Key": new_id("key"), **_preconditions(if_match)}
        sent = {} if body is None else {"json": plain(body)}
        return self._json(self._sent("POST", path, headers=headers, **sent))

    def put(self, path: str, body: Any, *, if_match: Any = None) -> Any:
        """The JSON of what stands there now. With ``if_match`` it is sent once: after an answer that was
        lost, the record would have changed by our own doing."""
        headers = _preconditions(if_match)
        parts = {"headers": headers, "json": plain(body)}
        return self._json(self._sent("PUT", path, once=bool(headers), **parts))

    def delete(self, path: str) -> Any:
        """The JSON of what was ended."""
        return self._json(self._sent("DELETE", path))

    def upload(self, path: str, content: Content, headers: Mapping[str, str]) -> Any:
        """The JSON that came of a body sent in pieces, kept once."""
        keyed = {"Idempotency-Key": new_id("key"), **headers}
        return self._json(self._sent("POST", path, content=content, headers=keyed))

    def text(self, path: str) -> str:
        """The text at ``path``."""
        return self._sent("GET", path).text

    def file(self, path: str, **params: Any) -> tuple[str, bytes]:
        """The media type and the bytes of the file at ``path``."""
        response = self._sent("GET", path, params=params)
        return response.headers.get("content-type", ""), response.content

    @contextmanager
    def streamed(self, path: str) -> Iterator[httpx.Response]:
        """The response at ``path``, whose body is still to come."""
        response = self._sent("GET", path, stream=True)
        try:
            yield response
        except httpx.TransportError as failure:
            raise Unavailable(
                f"{self._url} stopped in the middle of an answer: {failure}"
            ) from failure
        finally:
            response.close()

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """Every item of the list at ``path``, page after page as they are asked for."""
        while True:
            page = self.get(path, limit=PAGE, **params)
            yield from page["items"]
            if page["next"] is None:
                return
            params["cursor"] = page["next"]

    def _sent(
        self, method: str, path: str, *, stream: bool = False, once: bool = False, **parts: Any
    ) -> httpx.Response:
        waited, retries = 0.0, 0 if once else self._retries
        for attempt in range(retries + 1):
            is_last = attempt == retries
            try:
                response = self._http.send(self._request(method, path, **parts), stream=stream)
                if not response.is_success:
                    response.read()
            except httpx.TransportError as failure:
                if is_last:
                    raise Unavailable(f"{self._url} does not answer: {failure!r}") from failure
                wait = _pause(attempt)
            else:
                if response.is_success:
                    return response
                asked = _asked_to_wait(response, attempt)
                if asked is None or is_last or waited + asked > self._patience:
                    response.close()
                    raise refusal(response)
                response.close()
                wait = asked
            waited += wait
            self._sleep(wait)
        raise AssertionError("the last attempt gives an answer or raises")

    def _request(self, method: str, path: str, **parts: Any) -> httpx.Request:
        if callable(content := parts.get("content")):
            parts["content"] = content()
        if "params" in parts:
            given = parts["params"].items()
            parts["params"] = {name: plain(value) for name, value in given if value is not None}
        return self._http.build_request(method, path, **parts)

    def _json(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError:
            raise Unavailable(f"{self._url} is no Casemate: it answered with no JSON") from None


def segment(name: str) -> str:
    """``name`` as one part of a path, whatever is in it; ``NotFound`` for what no record is called."""
    if name in ("", ".", "..") or "\0" in name:
        raise NotFound(f"there is no record {name!r}")
    return quote(name, safe="")


def _require_sealed(url: str) -> bool:
    """Whether ``url`` is this machine's own; ``BadInput`` where a token would travel for all to read."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{url!r} is no address of a server: write https://HOST")
    if parts.username or parts.query or parts.fragment:
        raise BadInput("a server's address has neither a user, nor a query, nor a fragment")
    is_near = parts.hostname in _LOOPBACK
    if parts.scheme == "http" and not is_near:
        raise BadInput(
            f"{url} is not sealed on its way: write https, since a token goes with each call"
        )
    return is_near


def _asked_to_wait(response: httpx.Response, attempt: int) -> float | None:
    """Seconds after which the same request may be sent again; ``None`` where the answer is final."""
    status = response.status_code
    if status == TooManyRequests.http_status:
        return _retry_after(response, 60.0)
    if status == Unavailable.http_status and not is_of_casemate(response):
        return _retry_after(response, _pause(attempt))  # somebody in front of it: nothing was done
    if attempt and document(response).get("type") == _UNDER_WAY:
        return _pause(attempt)  # the first try got through after all, and is being carried out
    return None


def _retry_after(response: httpx.Response, otherwise: float) -> float:
    given = response.headers.get("retry-after", "")
    return float(given) if given.isdigit() else otherwise


def _pause(attempt: int) -> float:
    return float(0.25 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, no secret


def _preconditions(if_match: Any) -> dict[str, str]:
    if if_match is None:
        return {}
    if isinstance(if_match, str):
        return {"If-Match": if_match}
    seen = if_match.as_shown() if hasattr(if_match, "as_shown") else if_match
    return {"If-Match": tag_of(seen)}
