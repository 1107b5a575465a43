"""Where laws come from: folders as Legilux, EUR-Lex and their like publish them.

A folder of consolidated laws of Luxembourg has ``<work>/<day>/<language>.xml`` with a ``meta.json`` beside
it, which tells what the XML does not: until when the version holds, and since when it has been published.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from casemate.errors import BadInput
from casemate.knowledge.documents import Document, read_all
from casemate.knowledge.documents.reading import SUFFIXES

LANGUAGES = ("fr", "de", "lb", "en")
_LEGILUX = "http://data.legilux.public.lu/eli/"
_PUBLISHERS = {
    _LEGILUX: (
        "CC-BY-4.0",
        "Ministère d'État, Service central de législation (Legilux)",
    ),
    "EU": (
        "Decision 2011/833/EU",
        "© European Union; consolidated texts have no legal effect",
    ),
}
"""Licence and attribution of what the publishers' files do not say themselves."""


def files_in(folder: Path) -> list[Path]:
    """What is read of a folder: every document, in order of name, hidden ones and metadata left out.

    Raises ``BadInput`` where there is no such folder or nothing in it.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder: name the one that holds the texts")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and _is_document(path.relative_to(folder))
    )
    if not found:
        raise BadInput(f"{folder} holds no text of a form that is known: {', '.join(SUFFIXES)}")
    return found


def _is_document(path: Path) -> bool:
    name = path.name.casefold().removesuffix(".gz")
    hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    questions = ("questions.", "index-terms.", "crosslingual.", "point-in-time.")
    return name.endswith(SUFFIXES) and not hidden and not name.startswith(questions)


def read_law(path: Path) -> Iterator[tuple[Document, Sequence[str]]]:
    """The documents of one file with what stands beside it, and the other names of their works."""
    beside = _metadata(path)
    for document in read_all(path):
        told = _with_metadata(document, path, beside) if beside else document
        named = _named(told)
        yield _with_licence(named), _other_names(told, named)


def _metadata(path: Path) -> dict[str, Any]:
    """``meta.json`` beside the file; none is no metadata, a broken one is bad input."""
    beside = path.parent / "meta.json"
    if not beside.is_file():
        return {}
    try:
        told = json.loads(beside.read_bytes())
    except ValueError as failure:
        raise BadInput(f"{beside} is no JSON: {failure}") from failure
    if not isinstance(told, dict):
        raise BadInput(f"{beside} is no JSON object")
    return told


def _with_metadata(document: Document, path: Path, beside: dict[str, Any]) -> Document:
    """What the metadata tell of this language's file goes before what the file tells of itself."""
    language = path.name.partition(".")[0]
    expressions = beside.get("expressions") or ()
    mine: dict[str, Any] = next((one for one in expressions if one.get("language") == language), {})
    return replace(
        document,
        work=str(beside.get("work_identifier") or document.work),
        title=str(mine.get("title") or document.title),
        kind=str(beside.get("document_type") or document.kind),
        valid_from=_day(mine.get("valid_from") or beside.get("valid_from")) or document.valid_from,
        valid_to=_day(mine.get("valid_to") or beside.get("valid_to")) or document.valid_to,
        known_from=_day(beside.get("publication_date")),
    )


def _named(document: Document) -> Document:
    """A work of Legilux goes by the end of its address, as people cite it: ``loi-1979-04-16-n1``."""
    if not document.work.startswith(_LEGILUX):
        return document
    parts = document.work.removeprefix(_LEGILUX).removeprefix("etat/leg/").split("/")
    name = "-".join(part for part in parts if part != "jo")
    return replace(document, work=name, eli=document.eli or document.work)


def _other_names(told: Document, named: Document) -> tuple[str, ...]:
    return tuple({told.work, told.eli, named.eli} - {named.work, ""})


def _with_licence(document: Document) -> Document:
    """The publisher's licence where the file names none."""
    licence, attribution = _PUBLISHERS.get(_publisher(document), ("", ""))
    return replace(
        document,
        licence=document.licence or licence,
        attribution=document.attribution or attribution,
    )


def _publisher(document: Document) -> str:
    told = next((one.eli for _, one in document.units() if one.eli), "")
    if _LEGILUX in document.eli or told.startswith(_LEGILUX):
        return _LEGILUX
    if (document.work[:5].isdigit() and document.work[5:6].isalpha()) or document.work.startswith(
        "EU/"
    ):
        return "EU"
    return ""


def _day(told: Any) -> date | None:
    try:
        return date.fromisoformat(str(told)[:10])
    except ValueError:
        return None
