"""A provision's text as what is translated on its own: sentences and points, with their marks set apart.

A point's mark ("(a)", "a)", "1°") is the publisher's in every language, so it is no part of what is said:
it ties a point to its counterpart, and stands before any translation as it stood before the original.
"""

import re
from dataclasses import dataclass

from casemate.knowledge.sentences import Span, sentences

_MARK = re.compile(
    r"[*|\s]*(?:\(?(?P<number>\d{1,3})(?:er|re)?|\(?(?P<letters>[a-z]{1,2}|[ivxlc]{1,7}))"
    r"(?P<suffix>bis|ter|quater|quinquies)?(?:\s*[)°º]|\.(?=[*\s|]|$))[.)]?[*|\s]*"
)
_GLUED = re.compile(
    r"(?:(?<=[;:])\s?|(?<=[,.])(?!\s)|(?<=; or)|(?<=; ou)|(?<=; et)|(?<=; and))"
    r"(?=\(?(?:[a-z]{1,2}|[ivx]{2,5}|\d{1,2})\)\s?\S)"
)
_LAYOUT = " |*-\t\xa0"


@dataclass(frozen=True, slots=True)
class Segment:
    """One sentence or point. ``mark`` is the mark as printed, ``said`` what follows it."""

    mark: Span
    said: Span
    anchor: str
    """The mark without its brackets, the same in every language; empty where there is none."""


def segments(text: str) -> list[Segment]:
    """The segments of ``text`` in order: every letter and digit of it lies in one of them."""
    found: list[Segment] = []
    waiting: Segment | None = None  # a mark on a line of its own belongs to what follows
    for span in _pieces(text):
        segment = _segment(text, span)
        if waiting is not None:
            if segment.anchor:
                found.append(waiting)
            else:
                segment = Segment(waiting.mark, segment.said, waiting.anchor)
            waiting = None
        if segment.said.start == segment.said.end:
            waiting = segment
        else:
            found.append(segment)
    return found if waiting is None else [*found, waiting]


def _pieces(text: str) -> list[Span]:
    found = []
    for sentence in sentences(text):
        start = sentence.start
        for cut in _GLUED.finditer(text, sentence.start, sentence.end):
            found.append(_trimmed(text, start, cut.start()))
            start = cut.end()
        found.append(_trimmed(text, start, sentence.end))
    return [one for one in found if any(map(str.isalnum, one.cut(text)))]


def _segment(text: str, span: Span) -> Segment:
    mark = _MARK.match(text, span.start, span.end)
    if mark is None:
        return Segment(Span(span.start, span.start), span, "")
    end = mark.end()
    anchor = (mark["number"] or mark["letters"]) + (mark["suffix"] or "")
    return Segment(_trimmed(text, span.start, end), _trimmed(text, end, span.end), anchor)


def _trimmed(text: str, start: int, end: int) -> Span:
    """Without the spaces and the signs of tables and bold print around it."""
    while start < end and text[start] in _LAYOUT:
        start += 1
    while end > start and text[end - 1] in _LAYOUT:
        end -= 1
    return Span(start, end)
