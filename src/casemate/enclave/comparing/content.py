"""An output's bytes as something that can be shown to a person: a table, words, facts, or the bare bytes.

What a file is, its content says. The cells of a table are the file's own, letter by letter, since these are
what leaves; the check reads them in a canonical form. What cannot be seen is spelt out.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from casemate.canonical import digest
from casemate.enclave.checks_parse import Malformed, decode, parse_json
from casemate.enclave.formats.facts import Facts, HostileKind
from casemate.enclave.formats.inspection import Uninspectable, inspect_file
from casemate.enclave.formats.kinds import Kind, kind_of

MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 2_000, 100, 40_000
MOST_CHARACTERS, LONGEST_LINE = 200_000, 2_000
FIRST_BYTES = 512
_PARSED: dict[Kind, HostileKind] = {
    "onnx": "onnx",
    "safetensors": "safetensors",
    "gguf": "gguf",
    "png": "png",
    "jpeg": "jpeg",
    "svg": "svg",
    "parquet": "parquet",
    "arrow": "arrow",
}
PICTURES = {"png": "image/png", "jpeg": "image/jpeg", "svg": "image/svg+xml"}
"""Kinds that are looked at, with the type that a browser is told."""

Form = Literal["table", "text", "picture", "facts", "bytes"]


@dataclass(frozen=True)
class Content:
    """One output to look at. ``what`` is in words of ours; ``attributes`` are names with what they hold.

    ``picture`` is the type of a picture; whether it may be shown is for who knows where its bytes come
    from. ``shortened``: there is more in the file than is here.
    """

    form: Form
    what: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    picture: str | None = None
    shortened: bool = False


def content_of(name: str, data: bytes) -> Content:
    """What ``data`` hold, within bounds of size and time; nothing of it is run."""
    found = kind_of(name, data)
    ending = name.lower().rpartition(".")[2]
    if found.kind in _PARSED:
        return _parsed(_PARSED[found.kind], found.what, data)
    if found.kind == "text" and ending == "ipynb":
        return _parsed("notebook", found.what, data)
    if found.kind == "text":
        return _words(ending, found.what, data)
    if data and _is_plain(data):
        return _text(data.decode(), found.what, data)
    return Content("bytes", found.what, text=_hexadecimal(data), attributes=_measures(data),
                   shortened=len(data) > FIRST_BYTES)  # fmt: skip


def _words(ending: str, what: str, data: bytes) -> Content:
    try:
        if ending in ("csv", "tsv"):
            return _table(decode(data), "\t" if ending == "tsv" else ",", what, data)
        if ending == "json":
            document = parse_json(decode(data))
            text = json.dumps(document, indent=1, ensure_ascii=False)
            return _text(text, what, data)
    except Malformed as problem:
        what = f"{what}, but {problem}"
    return _text(data.decode("utf-8", errors="replace"), what, data)


def _table(text: str, separator: str, what: str, data: bytes) -> Content:
    """The table as its file spells it. Raises ``Malformed`` for one that is none."""
    rows: list[tuple[str, ...]] = []
    shortened = False
    try:
        for row in csv.reader(_lines(text), delimiter=separator, strict=True):
            if not row:
                continue
            if len(rows) > MOST_ROWS or len(rows) * len(row) > MOST_CELLS:
                shortened = True
                break
            shortened |= len(row) > MOST_COLUMNS
            rows.append(tuple(map(_visible, row[:MOST_COLUMNS])))
    except csv.Error as failure:
        raise Malformed(f"it is not a well-formed table: {failure}") from None
    if not rows:
        raise Malformed("it is empty")
    return Content(
        "table", what, columns=rows[0], rows=tuple(rows[1:]), attributes=_measures(data),
        shortened=shortened,
    )  # fmt: skip


def _lines(text: str) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        if len(line) > 64 * 1024:
            raise Malformed("a line is longer than 65536 characters")
        yield line


def _text(text: str, what: str, data: bytes) -> Content:
    """Words with what steers a terminal or hides from the eye spelt out."""
    lines = text[:MOST_CHARACTERS].splitlines()
    shown = "\n".join(_visible(line[:LONGEST_LINE]) for line in lines)
    cut = len(text) > MOST_CHARACTERS or any(len(line) > LONGEST_LINE for line in lines)
    return Content("text", what, text=shown, attributes=_measures(data), shortened=cut)


def _visible(line: str) -> str:
    return "".join(
        one if one.isprintable() or one == "\t" else one.encode("unicode_escape").decode()
        for one in line
    )


def _parsed(kind: HostileKind, what: str, data: bytes) -> Content:
    """What the parser in its sandbox says; it may be the file's own words by now, and is bounded."""
    try:
        found = inspect_file(data, kind)
    except Uninspectable as problem:
        told = (*_measures(data), ("parser", str(problem)))
        return Content("bytes", what, text=_hexadecimal(data), attributes=told, shortened=True)
    attributes = (*_measures(data), *_attributes(found.facts))
    if kind in PICTURES and not found.facts.problems:
        return Content("picture", what, attributes=attributes, picture=PICTURES[kind])
    try:
        if kind == "parquet" and "table.csv" in found.files:
            return _table(decode(found.files["table.csv"]), ",", what, data)
    except Malformed as problem:
        attributes = (*attributes, ("problem", str(problem)))
    if kind == "notebook":
        shown = _text(found.files.get("text", b"").decode("utf-8", errors="replace"), what, data)
        return Content("text", what, text=shown.text, attributes=attributes, shortened=True)
    return Content("facts", what, attributes=attributes)


def _attributes(facts: Facts) -> Iterator[tuple[str, str]]:
    yield from ((name, str(count)) for name, count in sorted(facts.counts.items()))
    for tensor in facts.tensors:
        shape = " × ".join(map(str, tensor.shape)) or "one number"
        yield _visible(tensor.name), _visible(f"{tensor.type}, {shape}")
    for name, words in (("problem", facts.problems), ("note", facts.notes), ("text", facts.texts)):
        yield from ((f"{name} {place}", _visible(one)) for place, one in enumerate(words, start=1))
    if facts.operators:
        yield "operators", _visible(", ".join(facts.operators))
    if facts.columns:
        yield "columns", _visible(", ".join(facts.columns))


def _measures(data: bytes) -> tuple[tuple[str, str], ...]:
    return (("bytes", str(len(data))), ("digest", digest(data)))


def _is_plain(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return "\0" not in text


def _hexadecimal(data: bytes) -> str:
    """The first bytes as a reader of dumps expects them: place, bytes, letters."""
    lines = []
    for start in range(0, min(len(data), FIRST_BYTES), 16):
        part = data[start : start + 16]
        letters = "".join(chr(one) if 32 <= one < 127 else "." for one in part)
        lines.append(f"{start:06x}  {part.hex(' '):<47}  {letters}")
    return "\n".join(lines)
