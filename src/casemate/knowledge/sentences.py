"""Where the sentences of a text begin and end: offsets, so that a quote is cut and never copied.

Texts of laws have a line a paragraph. Within a line a sentence ends at a full stop, question mark,
exclamation mark or semicolon before a new beginning; abbreviations and numbers ("Art. 5", "L. 121-1",
"z. B.") end none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ABBREVIATIONS = frozenset({
    "art", "al", "arts", "no", "nos", "n", "p", "pp", "cf", "etc", "ex", "ann", "par", "ch", "sect", "reg",
    "mém", "abs", "nr", "bzw", "ff", "vgl", "ggf", "inkl", "usw", "dr", "mr", "mme", "prof", "st", "ste",
    "l", "r", "d", "z", "b", "u", "a", "i", "e", "s", "v", "c", "lit", "let", "pt", "op", "dir", "règl",
})  # fmt: skip
_END = re.compile(r"([.!?;])[»”\")\]]*\s+(?=[«“\"(\[]?[A-ZÀ-ÖØ-Þ0-9])")
_LAST_WORD = re.compile(r"(\w+)$")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to before ``end`` of a text."""

    start: int
    end: int

    def cut(self, text: str) -> str:
        """What it spans."""
        return text[self.start : self.end]


def sentences(text: str) -> list[Span]:
    """The sentences of ``text`` in order, white space around them left out."""
    return list(_sentences(text))


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for line in text.splitlines(keepends=True):
        begin = start
        for found in _END.finditer(line):
            if found[1] == "." and _is_no_end(line[: found.start()]):
                continue
            yield from _trimmed(text, begin, start + found.end())
            begin = start + found.end()
        yield from _trimmed(text, begin, start + len(line))
        start += len(line)


def _is_no_end(before: str) -> bool:
    """Whether a full stop after ``before`` belongs to an abbreviation or a number."""
    word = _LAST_WORD.search(before)
    if word is None:
        return False
    told = word[1].casefold()
    return told in _ABBREVIATIONS or (told.isdigit() and len(told) < 4)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start, end)
