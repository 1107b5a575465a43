"""Fields of a form that is filled in by steps: the name on the page, and the place in a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from casemate.portal.pages.router import Filled


@dataclass(frozen=True)
class Field:
    """One field of a step."""

    name: str
    path: tuple[str, ...]
    kind: Literal["text", "lines", "number", "flag"] = "text"
    empty: Any = ""
    """What the document holds where nothing was filled in."""


def texts_of(fields: Sequence[Field], document: Any) -> dict[str, str]:
    """What ``fields`` hold in ``document``, as the page shows it."""
    return {field.name: _text(_at(document, field.path)) for field in fields}


def put_all(fields: Sequence[Field], document: dict[str, Any], given: Filled) -> None:
    """Put what was sent into ``document``; what no field names stays as it is."""
    for field in fields:
        _put(document, field, _read(field, given))


def lines_of(text: str) -> list[str]:
    """The lines of ``text`` that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read(field: Field, given: Filled) -> Any:
    text = given.text(field.name)
    if field.kind == "lines":
        return lines_of(text)
    if field.kind == "flag":
        return bool(text)
    return text or field.empty


def _put(document: dict[str, Any], field: Field, value: Any) -> None:
    *parents, last = field.path
    place = document
    for name in parents:
        if place[name] is None:
            place[name] = {}
        place = place[name]
    place[last] = value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _at(document: Any, path: Sequence[str]) -> Any:
    for name in path:
        document = None if document is None else document[name]
    return document
