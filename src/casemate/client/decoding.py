"""From what a server sends to the records of the rooms, by the records' own types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from casemate.errors import CasemateError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}
"""Made once: it takes a while."""


class NotUnderstood(CasemateError):
    """The server's answer is not of the form that this version of the client reads."""

    title = "Not understood"


def decoded(kind: type[T], document: Any) -> T:
    """``document`` as a ``kind``; raises ``NotUnderstood``. What a newer server adds is passed over."""
    from pydantic import ValidationError

    try:
        read: T = _adapter(kind).validate_python(document)
        return read
    except ValidationError as failure:
        first = failure.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NotUnderstood(
            f"the server's {kind.__name__} cannot be read at {where or 'its beginning'}: "
            f"{first['msg']}; use the version of Casemate that the server has"
        ) from None


def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
