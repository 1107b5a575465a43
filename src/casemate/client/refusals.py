"""From problem documents (RFC 9457) back to the exceptions that the server raised, in its words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from casemate import errors
from casemate.errors import CasemateError

PREFIX = "urn:casemate:problem:"


def refusal(response: httpx.Response) -> CasemateError:
    """The exception that ``response``, which is no success, stands for."""
    said = document(response)
    detail = str(said.get("detail") or f"the server answered {response.status_code}")
    kind = str(said.get("type", "")).removeprefix(PREFIX)
    return _class_of(kind, response.status_code)(detail)


def document(response: httpx.Response) -> dict[str, Any]:
    """The problem document of ``response``; empty where it is none of ours (a proxy's page)."""
    media = response.headers.get("content-type", "").split(";")[0]
    if media != "application/problem+json":
        return {}
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def is_of_casemate(response: httpx.Response) -> bool:
    """Whether Casemate itself answered, not something in front of it."""
    return str(document(response).get("type", "")).startswith(PREFIX)


def _class_of(kind: str, status: int) -> type[CasemateError]:
    if kind == "not-signed-in":
        from casemate.identity import TokenRefused  # here, since its room takes a while to import

        return TokenRefused
    known = {
        _kind(one): one for one in _classes(CasemateError) if one.__module__ == errors.__name__
    }
    if kind in known:
        return known[kind]
    return next((one for one in known.values() if one.http_status == status), _usual(status))


def _usual(status: int) -> type[CasemateError]:
    if status in (401, 403):
        return errors.NotAllowed
    if status in (502, 504):
        return errors.Unavailable
    return errors.BadInput if 400 <= status < 500 else CasemateError


def _classes(base: type[CasemateError]) -> Iterator[type[CasemateError]]:
    for one in base.__subclasses__():
        yield one
        yield from _classes(one)


def _kind(error: type[CasemateError]) -> str:
    return error.title.lower().replace(" ", "-")
