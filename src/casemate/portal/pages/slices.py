"""Long lists, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Query

from casemate.portal.pages.visit import Visit

T = TypeVar("T")
SIZE = 50
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]


@dataclass(frozen=True)
class Slice(Generic[T]):
    """Some of a list, and the addresses of what lies before and after."""

    items: Sequence[T]
    before: str | None
    after: str | None


def sliced(
    seen: Visit, items: Sequence[T], page: int, route: str, *, size: int | None = None, **query: str
) -> Slice[T]:
    """Page ``page`` of ``items``, which is shown at ``route`` with ``query``."""
    size = size or SIZE
    first = (page - 1) * size

    def address(number: int) -> str:
        return seen.url(route, {**query, "page": number})

    return Slice(
        items[first : first + size],
        address(page - 1) if page > 1 else None,
        address(page + 1) if first + size < len(items) else None,
    )
