"""Provisions that come one a line (JSON), as open collections of laws publish them.

A row has an ``id`` and a ``text``; what else it may tell, under the names in use: the work (``work``,
``celex``), its title, ``lang``, the ``version`` (a day), ``valid_to`` (the last day), ``num``, ``heading``,
``path``, ``eli``. Rows of one work, version and language are one document.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any

from casemate.errors import BadInput
from casemate.knowledge.documents.grammar import with_own_keys
from casemate.knowledge.documents.tree import Document, Kind, Provision
from casemate.knowledge.jsonl import rows_of

_KINDS = {kind.value: kind for kind in Kind}


def documents_of_rows(content: bytes, name: str) -> Iterator[Document]:
    """Each document of a file of rows; raises ``BadInput`` with the line that is wrong."""
    gathered: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in _rows(content, name):
        gathered.setdefault(_document_of(row, name), []).append(row)
    if not gathered:
        raise BadInput(f"{name} holds no rows")
    for (work, version, language), rows in gathered.items():
        yield _document(work, version, language, rows)


def _rows(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    for number, row in rows_of(content, name):
        if not isinstance(row.get("id"), str):
            raise BadInput(f"{name}, line {number}: a row is an object with an `id` and a `text`")
        if not isinstance(row.get("text"), str):
            raise BadInput(f"{name}, line {number}: {row['id']} has no `text`")
        yield row


def _document_of(row: dict[str, Any], name: str) -> tuple[str, str, str]:
    work = str(row.get("work") or row.get("celex") or name.partition(".")[0])
    return work, str(row.get("version") or ""), str(row.get("lang") or row.get("language") or "")


def _document(work: str, version: str, language: str, rows: list[dict[str, Any]]) -> Document:
    own, problems = with_own_keys(_nested([(_path(row), _provision(row)) for row in rows]))
    first = rows[0]
    last = _day(first.get("valid_to"))
    return Document(
        work=work, title=str(first.get("work_title") or first.get("title") or work), language=language,
        provisions=own, kind=str(first.get("document_type") or ""), licence=str(first.get("licence") or ""),
        attribution=str(first.get("attribution") or ""), valid_from=_day(version),
        valid_to=None if last is None else last + timedelta(days=1), problems=problems,
    )  # fmt: skip


def _provision(row: dict[str, Any]) -> Provision:
    text = str(row["text"]).strip()
    return Provision(
        key=str(row.get("anchor") or row["id"].rpartition("#")[2]).strip(),
        kind=_KINDS.get(str(row.get("type")), Kind.ARTICLE),
        number=str(row.get("num") or ""), heading=str(row.get("heading") or ""), text=text,
        eli=str(row.get("eli") or ""), since=_since(row),
        as_filed=sha256(text.encode()).hexdigest(),
    )  # fmt: skip


def _path(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(one) for one in row.get("path") or ())


def _nested(rows: list[tuple[tuple[str, ...], Provision]]) -> tuple[Provision, ...]:
    """Rows under the headings of their paths; those that follow each other share one."""
    found: list[Provision] = []
    for heading, group in groupby(rows, key=lambda row: row[0][:1]):
        if not heading:
            found.extend(provision for _, provision in group)
            continue
        inner = _nested([(path[1:], provision) for path, provision in group])
        found.append(
            Provision(key="", kind=Kind.DIVISION, heading=heading[0], text=heading[0], parts=inner)
        )
    return tuple(found)


def _since(row: dict[str, Any]) -> date | None:
    told = row.get("in_force_from_ms")
    if isinstance(told, int):
        return datetime.fromtimestamp(told / 1000, UTC).date()
    return _day(row.get("article_valid_from"))


def _day(told: Any) -> date | None:
    try:
        return date.fromisoformat(str(told)[:10])
    except ValueError:
        return None
