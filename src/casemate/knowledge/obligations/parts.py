"""A provision's text in parts: paragraphs, sentences, enumerations with their points.

Publishers write points in three ways: a line each, one after another in a line, or as rows of a table. A
row within a point that says again what the point has said is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casemate.knowledge.sentences import Span, sentences

_PARAGRAPH = re.compile(r"\*{0,2}\(?(\d+(?:\s?(?:bis|ter|quater)|[a-z]{1,2})?)[.)]\*{0,2}\s+")
_TITLE = re.compile(r"(?:Art(?:icle|ikel)?\.?|§)\s*[\w. -]{1,12}$", re.IGNORECASE)
_ROW = re.compile(r"\|\s*\(?([a-z]{1,3})\)\s*\|\s*(.*?)\s*\|\s*$")
_RULE = re.compile(r"\|[\s|:-]+\|?\s*$")
_POINT = re.compile(
    r"(?<=[:;.,])\s*(?:(?:and|or|et|ou|und|oder)\s*)?(?:[▼►]\w+\s*)?\(?([a-z]{1,2})\)\s*(?=\S)"
)
_LABEL = re.compile(r"(?:[▼►]\w+\s*)?\(?([a-z]{1,2})\)\s+")
_AFTER_NUMBER = re.compile(
    r"(?<=\d)\.\s+(?=(?:The|This|That|Those|These|Such|Where|When|If|In|An?|Each|Any|For|They|It|Member|Without|"
    r"Les?|La|L['’]|Une?|Ces|Cette|Ce|Lorsqu\w*|Si|Dans|En|Elles?|Ils?|Aux?|Pour|Toute?|Der|Die|Das|Eine?|Diese\w*|"
    r"Wenn|Sie|Er|Dës\w*|D['’]|Wann)\b)"
)
_MARK = re.compile(r"[▼►]\w+\s*|◄\s*")


@dataclass(frozen=True, slots=True)
class Point:
    """One point of an enumeration, its label left out of its span."""

    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence, or the words before an enumeration with its points."""

    paragraph: str
    span: Span
    points: tuple[Point, ...] = ()

    @property
    def whole(self) -> Span:
        """The sentence, all of its points included."""
        return Span(self.span.start, self.points[-1].span.end if self.points else self.span.end)


@dataclass(frozen=True, slots=True)
class _Line:
    paragraph: str
    span: Span
    label: str = ""


def clauses(text: str) -> list[Clause]:
    """Every sentence of ``text`` in order; those that open an enumeration with its points."""
    return list(_with_points(text, list(_lines(text))))


def _lines(text: str) -> Iterator[_Line]:
    """Lines without number, label and table marks; points that share a line apart from each other."""
    paragraph, said, start = "", "", 0
    for line in text.splitlines(keepends=True):
        begin, end = start, start + len(line.rstrip())
        start += len(line)
        bare = text[begin:end]
        if not bare.strip() or _RULE.match(bare) or _TITLE.match(bare.strip()):
            continue
        if row := _ROW.match(bare):
            if row[2] not in said:
                yield from _cut(text, paragraph, begin + row.start(2), begin + row.end(2), row[1])
                said = row[2]
            continue
        if number := _PARAGRAPH.match(bare):
            paragraph, begin = number[1].replace(" ", ""), begin + number.end()
        yield from _cut(text, paragraph, begin, end, "")


def _cut(text: str, paragraph: str, start: int, end: int, label: str) -> Iterator[_Line]:
    """The line from ``start`` to ``end``, cut where points begin: ``a`` first, then each in its turn."""
    if not label and (own := _LABEL.match(text, start, end)):
        start, label = own.end(), own[1]
    cursor, last = start, label
    for found in _POINT.finditer(text, start, end):
        if not _follows(last, found[1], opened=text[: found.start()].rstrip()[-1:]):
            continue
        yield from _line(text, paragraph, cursor, found.start(), last)
        cursor, last = found.end(), found[1]
    yield from _line(text, paragraph, cursor, end, last)


def _follows(last: str, label: str, *, opened: str) -> bool:
    if label == "a":
        return opened == ":" and not last
    if not last or label == last or label in {"ii", "iv", "vi"}:  # Roman: points within a point
        return False
    return label[0] == last[0] or ord(label[0]) - ord(last[0]) in (1, 2)


def _line(text: str, paragraph: str, start: int, end: int, label: str) -> Iterator[_Line]:
    while start < end and (text[start].isspace() or _MARK.match(text, start, end)):
        mark = _MARK.match(text, start, end)
        start = mark.end() if mark else start + 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield _Line(paragraph, Span(start, end), label)


def _with_points(text: str, lines: list[_Line]) -> Iterator[Clause]:
    waiting: Clause | None = None
    after: list[Clause] = []
    for line in lines:
        if waiting is not None and line.label:
            waiting, more = _take(text, waiting, line)
            after += more
            continue
        if waiting is not None:
            yield waiting
        yield from after
        *before, last = [Clause(line.paragraph, one) for one in _sentences(text, line.span)]
        yield from before
        opens = last.span.cut(text).rstrip("* ").endswith(":")
        waiting, after = (last, []) if opens else (None, [last])
    if waiting is not None:
        yield waiting
    yield from after


def _take(text: str, opened: Clause, line: _Line) -> tuple[Clause, list[Clause]]:
    """The clause with one point more; what follows the point's first sentence stands for itself."""
    first, *rest = _sentences(text, line.span)
    grown = Clause(opened.paragraph, opened.span, (*opened.points, Point(line.label, first)))
    return grown, [Clause(line.paragraph, one) for one in rest if _is_full(one.cut(text))]


def _is_full(words: str) -> bool:
    return words[:1].isupper() and words.endswith((".", ":"))


def _sentences(text: str, span: Span) -> list[Span]:
    """As ``sentences``; here a number ends one too, where a new one plainly begins: "paragraph 1. The"."""
    found: list[Span] = []
    for one in sentences(span.cut(text)):
        start = span.start + one.start
        for end in _AFTER_NUMBER.finditer(text, start, span.start + one.end):
            found.append(Span(start, end.start() + 1))
            start = end.end()
        found.append(Span(start, span.start + one.end))
    return found
