"""JSON that strangers send: bounded before it is read, and held to what every store can keep.

A short text can make large objects: sixteen million bytes of ``[],`` are half a gigabyte of lists. And a
text may hold what a database refuses (a null character) or what no UTF-8 spells (half of a pair of
surrogates): it is told of before anything is done, not met half-way.
"""

import json
from typing import Any

from fastapi import Request

from casemate.errors import BadInput

MOST_PARTS = 1_000_000
"""Values in one document, nearly."""
DEEPEST = 60
"""Objects within objects: deeper is no document of ours, and some readers of it call themselves."""


class JsonRequest(Request):
    """A request whose JSON is read here; raises ``BadInput`` where it is none, or not one to take."""

    async def json(self) -> Any:
        """The document in the body."""
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json


def read_json(body: bytes) -> Any:
    """The document that ``body`` is; raises ``BadInput``."""
    parts = sum(body.count(sign) for sign in (b",", b"[", b"{"))
    if parts > MOST_PARTS:
        raise BadInput(f"the request's JSON has more than {MOST_PARTS:,} values: send less at once")
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except RecursionError:
        raise BadInput(_TOO_DEEP) from None
    except ValueError as failure:  # no UTF-8, no JSON, a number of thousands of digits
        raise BadInput(f"the request's body is no JSON: {_short(failure)}") from None
    _require_storable(document)
    return document


_TOO_DEEP = f"the request's JSON nests more than {DEEPEST} deep"


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _short(failure: ValueError) -> str:
    return str(failure)[:200]


def _require_storable(document: Any) -> None:
    """No null characters, no halves of surrogate pairs, not too deep: walked without calling itself."""
    left: list[tuple[Any, int]] = [(document, 0)]
    while left:
        value, depth = left.pop()
        if isinstance(value, str):
            _require_text(value)
        elif isinstance(value, dict | list) and depth >= DEEPEST:
            raise BadInput(_TOO_DEEP)
        elif isinstance(value, dict):
            for name in value:
                _require_text(name)
            left += [(one, depth + 1) for one in value.values()]
        elif isinstance(value, list):
            left += [(one, depth + 1) for one in value]


def _require_text(text: str) -> None:
    if "\x00" in text:
        raise BadInput("a text in the request's JSON holds a null character: leave it out")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadInput(
                "a text in the request's JSON holds half of a surrogate pair, which no UTF-8 spells"
            ) from None
