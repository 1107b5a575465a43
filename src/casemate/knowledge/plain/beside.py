"""An official text in another language beside the sentences of this one.

Official languages of a law have one paragraph a paragraph: where both have as many lines, line stands
against line, and sentence against sentence where a line has as many. Where they do not, the other text
stands whole against all of it: a wrong pair would say that two sentences are the same law.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from casemate.knowledge.sentences import Span, sentences


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands beside ``rows`` sentences, from the one it is given for on."""

    text: str
    rows: int


def beside(text: str, rows: Sequence[Span], other: str) -> list[Cell | None]:
    """For each sentence of ``text`` (``rows``, in order) what stands beside it; ``None`` within a cell."""
    ours, theirs = _lines(text), _lines(other)
    if not rows:
        return []
    if len(ours) != len(theirs):
        return [Cell(other.strip(), len(rows)), *(None for _ in rows[1:])]
    found: list[Cell | None] = []
    for line, there in zip(ours, theirs, strict=True):
        here = [row for row in rows if line.start <= row.start < line.end]
        cut = there.cut(other)
        pieces = [piece.cut(cut) for piece in sentences(cut)]
        if len(pieces) == len(here):
            found += [Cell(piece, 1) for piece in pieces]
        elif here:
            found += [Cell(cut.strip(), len(here)), *(None for _ in here[1:])]
    return found


def _lines(text: str) -> list[Span]:
    """The lines that have words, as places; what only draws a table has none."""
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        if any(map(str.isalnum, line)):
            found.append(Span(start, start + len(line)))
        start += len(line)
    return found
