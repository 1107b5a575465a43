"""Lists in pages, continued by a cursor: what was added meanwhile moves nothing that was read."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from fastapi import Query

from casemate.errors import BadInput

T = TypeVar("T")

Cursor = Annotated[
    str | None,
    Query(max_length=400, description="Where the page before this one ended: its `next`."),
]
Limit = Annotated[int, Query(ge=1, le=100, description="The most items on a page.")]
MANY = 20


def page(
    items: Iterable[T], key: Callable[[T], list[str]], cursor: str | None, limit: int
) -> dict[str, Any]:
    """``limit`` of ``items`` in the order of ``key`` (which no two share), after ``cursor``."""
    after = None if cursor is None else _read(cursor)
    if after is not None and not all(isinstance(one, str) for one in after):
        raise _no_cursor(cursor)
    ordered = sorted(items, key=key)
    rest = [one for one in ordered if after is None or key(one) > after]
    more = len(rest) > limit
    shown = rest[:limit]
    return {"items": shown, "next": write(key(shown[-1])) if more else None}


def write(place: list[Any]) -> str:
    """A cursor that says ``place``."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read(cursor: str, kinds: tuple[type, ...]) -> list[Any]:
    """What ``cursor`` says, of these ``kinds``; raises ``BadInput`` for no such cursor."""
    place = _read(cursor)
    if [type(one) for one in place] != list(kinds) or any(
        isinstance(one, int) and not 0 <= one < 2**53 for one in place
    ):
        raise _no_cursor(cursor)
    return place


def read_number(cursor: str | None) -> int:
    """The number that ``cursor`` says; 0 where there is none. Raises ``BadInput`` for no such cursor."""
    if cursor is None:
        return 0
    number: int = read(cursor, (int,))[0]
    return number


def _read(cursor: str) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _no_cursor(cursor) from None
    if not isinstance(place, list):
        raise _no_cursor(cursor)
    return place


def _no_cursor(cursor: str | None) -> BadInput:
    return BadInput(f"cursor {cursor!r} is none of ours: send the `next` of the page before")
