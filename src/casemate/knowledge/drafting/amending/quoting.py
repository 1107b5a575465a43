"""Quotations of an amending text, however deep, so that nothing in them is taken for an instruction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_CLOSERS = {"«": "»", "„": "“”", "“": "”", "‘": "’", "‚": "‘"}
_OPEN, _FILL = "\ue000", "\ue001"
QUOTE = re.compile(f"{_OPEN}{_FILL}*")
"""A quotation in a masked text."""
MOST_DEEP = 40


@dataclass(frozen=True, slots=True)
class Masked:
    """A text in which each outermost quotation is signs that no text has, of the same length.

    ``quotes`` are the words of each quotation, by where it begins. ``unclosed`` is where a quotation begins
    that does not end, if one does: what follows it cannot be read.
    """

    text: str
    quotes: Mapping[int, str]
    unclosed: int | None = None


def masked(text: str) -> Masked:
    """``text`` with its quotations masked."""
    clean = text.replace(_OPEN, " ").replace(_FILL, " ")
    pieces: list[str] = []
    quotes: dict[int, str] = {}
    place = 0
    for start, end in _outermost(clean):
        pieces.append(clean[place:start])
        if end is None:
            return Masked("".join(pieces), quotes, start)
        pieces.append(_OPEN + _FILL * (end - start - 1))
        quotes[start] = clean[start + 1 : end - 1].strip()
        place = end
    pieces.append(clean[place:])
    return Masked("".join(pieces), quotes)


def _outermost(text: str) -> list[tuple[int, int | None]]:
    """Begin and end of each quotation that stands in no other; no end where it is never closed."""
    found: list[tuple[int, int | None]] = []
    stack: list[str] = []
    begin = 0
    for place, sign in enumerate(text):
        if stack and sign in stack[-1] and not _is_apostrophe(text, place, sign):
            stack.pop()
            if not stack:
                found.append((begin, place + 1))
        elif (closers := _closers(text, place, sign)) and len(stack) < MOST_DEEP:
            if not stack:
                begin = place
            stack.append(closers)
    return [*found, (begin, None)] if stack else found


def _closers(text: str, place: int, sign: str) -> str:
    if sign == "‘" and text[place - 1 : place].isalnum():
        return ""  # a typist's apostrophe
    return _CLOSERS.get(sign, "")


def _is_apostrophe(text: str, place: int, sign: str) -> bool:
    return sign == "’" and text[place + 1 : place + 2].isalnum()
