"""A document as PDF/UA-1 (ISO 14289-1), set by Typst: tagged, with bookmarks, offline, its own fonts alone.

The text goes to Typst as JSON and is never part of its program, so nothing in it can be a command.
"""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.papers.layout import Laid, Placed, sources_line
from casemate.papers.model import (
    Block,
    Definitions,
    Figure,
    Gap,
    Listing,
    Paragraph,
    Table,
    Words,
    plain,
    runs,
    text_of,
)

_WORD = re.compile(r"[^\s\u200b]+")
_LONGEST_WORD = 24
"""Characters of a word that is not broken where it would not fit."""
_LINE = 96
"""Characters that stand side by side in a table's smaller type, at the least."""
_LONG_GAP = 1500
"""Characters of a gap that may go over a page's end; a shorter one stands whole."""


def write_pdf(laid: Laid) -> bytes:
    """The PDF of ``laid``."""
    import typst

    paper = _Setting(laid, marks_too=False)
    try:
        return paper.compiled()
    except typst.TypstError as failure:
        if "could not be displayed" not in failure.message:
            raise
        # A letter and a mark that no one font has together: marks are written by number too.
        return _Setting(laid, marks_too=True).compiled()


@cache
def _covered() -> frozenset[int]:
    """The characters that the fonts inside Typst have, as ``tools/typst_characters.py`` found them."""
    found: set[int] = set()
    for line in (files(__package__) / "characters.txt").read_text(encoding="ascii").split():
        first, _, last = line.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


class _Setting:
    """A document on its way to Typst."""

    def __init__(self, laid: Laid, *, marks_too: bool) -> None:
        self._laid = laid
        self._marks_too = marks_too
        self._unshown = False

    def compiled(self) -> bytes:
        import typst

        compiled: bytes = typst.compile(
            (files(__package__) / "paper.typ").read_bytes(),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"document": json.dumps(self._document())},
            pdf_standards=["ua-1"],
            timestamp=int(self._laid.document.date.timestamp()),
        )
        return compiled

    def _document(self) -> dict[str, Any]:
        paper, known = self._laid.document, self._laid.words
        day = paper.date
        told = {
            "title": self._shown(paper.title),
            "heading": self._words(paper.title),
            "author": self._shown(paper.author),
            "language": paper.language,
            "date": [day.year, day.month, day.day],
            "page_of": known["page_of"],
            "contents": known["contents"],
            "lead": self._words(paper.lead) if paper.lead else [],
            "metadata": [
                [self._words(key), self._words(value)] for key, value in self._laid.metadata
            ],
            "summary": self._summary(),
            "sections": [self._section(one) for one in self._laid.flat()],
        }
        notes = [self._text(one) for one in paper.notes]
        if self._unshown:  # known only now that every text was looked at
            notes.append(known["unshown"])
        return told | {"notes": notes}

    def _summary(self) -> dict[str, Any] | None:
        if self._laid.table is None:
            return None
        return {
            "title": self._laid.words["summary"],
            "said": self._words(self._laid.summary),
            "table": self._table(self._laid.table),
        }

    def _section(self, placed: Placed) -> dict[str, Any]:
        return {
            "level": placed.level,
            "heading": self._words(placed.heading),
            "blocks": [self._block(one) for one in placed.section.blocks],
        }

    def _block(self, block: Block) -> dict[str, Any]:
        told: dict[str, Any]
        match block:
            case Paragraph():
                told = {"kind": "paragraph", "words": self._words(block.words)}
                told["language"] = block.language or self._laid.document.language
            case Listing():
                items = [self._words(one) for one in block.items]
                told = {"kind": "listing", "numbered": block.numbered, "items": items}
            case Definitions():
                entries = [[self._words(term), self._words(said)] for term, said in block.entries]
                told = {"kind": "definitions", "entries": entries}
            case Table():
                told = {"kind": "table"} | self._table(block)
            case Figure():
                told = {
                    "kind": "figure", "svg": block.svg, "alternative": block.alternative,
                    "caption": self._words(block.caption),
                }  # fmt: skip
            case Gap():
                return self._gap(block)
        return told | {"sources": self._text(sources_line(block.sources, self._laid.words))}

    def _gap(self, gap: Gap) -> dict[str, Any]:
        known = self._laid.words
        asked = sources_line(gap.sources, known, known["asked_by"])
        return {
            "kind": "gap",
            "label": known["gap"],
            "long": sum(len(text_of(one)) for one in (gap.what, gap.who, gap.why, gap.where))
            > _LONG_GAP,
            "what": self._words(gap.what),
            "entries": [
                [known["gap_who"], self._words(gap.who)],
                [known["gap_why"], self._words(gap.why)],
                [known["gap_where"], self._words(gap.where)],
            ],
            "sources": self._text(asked),
        }

    def _table(self, table: Table) -> dict[str, Any]:
        widths = _widths(table)
        rows = [self._row(row, widths) for row in table.rows]
        head = self._row(table.head, widths)
        return {
            "caption": self._words(table.caption), "row_heads": table.row_heads,
            "head": head, "rows": rows, "widths": widths,
        }  # fmt: skip

    def _row(self, row: tuple[Words, ...], widths: list[int]) -> list[list[dict[str, str]]]:
        return [self._words(cell, at) for cell, at in zip(row, widths, strict=True)]

    def _words(self, words: Words, longest: int = _LONGEST_WORD) -> list[dict[str, str]]:
        return [
            {"text": self._text(one.text, longest), "style": one.style, "href": _outside(one.href)}
            for one in runs(words)
        ]

    def _text(self, text: str, longest: int = _LONGEST_WORD) -> str:
        return _WORD.sub(lambda word: _with_breaks(word.group(), longest), self._shown(text))

    def _shown(self, text: str) -> str:
        composed = unicodedata.normalize("NFC", plain(text)).replace("\t", " ")
        return "".join(map(self._character, composed))

    def _character(self, one: str) -> str:
        if one == "\n" or (ord(one) in _covered() and not (self._marks_too and _is_mark(one))):
            return one
        self._unshown = True
        return f"[U+{ord(one):04X}]"


def _is_mark(one: str) -> bool:
    return unicodedata.category(one)[0] in "MC"


def _with_breaks(word: str, longest: int) -> str:
    """``word`` with places at which it may go on in the next line, where it is longer than ``longest``."""
    if len(word) <= longest:
        return word
    every = max(1, longest // 2)
    return "\u200b".join(word[at : at + every] for at in range(0, len(word), every))


def _outside(href: str) -> str:
    """Links inside a page have no place in the PDF: its outline leads there."""
    return "" if href.startswith("#") else href


def _widths(table: Table) -> list[int]:
    """The characters that each column holds in a line: room for its longest word, then by its texts."""
    columns = [
        [text_of(row[at]) for row in (table.head, *table.rows)] for at in range(len(table.head))
    ]
    line = _LINE - 2 * len(columns)
    needs = [
        max(3, *(len(word) for text in one for word in text.split() or ("",))) for one in columns
    ]
    needs = [min(one, _LONGEST_WORD) for one in needs]
    if sum(needs) > line:
        return [max(1, one * line // sum(needs)) for one in needs]
    wishes = [max(min(len(text), 400) for text in one) ** 0.5 for one in columns]
    free = line - sum(needs)
    return [
        need + int(free * wish / (sum(wishes) or 1))
        for need, wish in zip(needs, wishes, strict=True)
    ]
