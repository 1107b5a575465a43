"""What the API sends: the records of the rooms as JSON, and their schemas from the records' own types.

Nothing is written twice: a field that a room adds to a record is in the API and in its description.
"""

from collections.abc import Collection
from dataclasses import fields
from typing import Any, Generic, TypeVar, get_type_hints

from fastapi import Response
from pydantic import BaseModel, ConfigDict, create_model

from casemate.plain import as_json, plain, tag_of_json

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Some of a list, and the cursor that continues it (``null`` at its end)."""

    items: list[T]
    next: str | None = None


def schema_of(
    record: type, *, without: Collection[str] = (), example: Any = None
) -> type[BaseModel]:
    """The description of ``record`` (a frozen dataclass) as ``sent`` sends it."""
    hints = get_type_hints(record)
    shown: dict[str, Any] = {
        one.name: (hints[one.name], ...)
        for one in fields(record)
        if one.name not in without and not one.name.startswith("_")
    }
    extra = {} if example is None else {"example": plain(example)}
    made: type[BaseModel] = create_model(
        record.__name__,
        __config__=ConfigDict(json_schema_extra=extra, title=record.__name__),
        __doc__=(record.__doc__ or "").strip(),
        **shown,
    )
    return made


def sent(data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """``data`` as JSON, with the entity tag that ``If-Match`` takes."""
    text = as_json(data)
    told = {**(headers or {}), "ETag": tag_of_json(text)}
    return Response(text, status, headers=told, media_type="application/json")
