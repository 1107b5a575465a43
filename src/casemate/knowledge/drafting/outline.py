"""The parts of an article's text by what its lines begin with: (1), 1., 1°, a), (a), i), –.

Forms of files tell paragraphs, seldom points, never sentences; print tells all of them. A part is offsets
into the text, so that it can be quoted and exchanged without touching what is around it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from casemate.knowledge.drafting.numbers import LATIN, roman_value

_SUFFIX = "|".join(sorted(filter(None, LATIN), key=len, reverse=True))
_LABEL = re.compile(
    rf"(?:\| )?\*{{0,2}}(?:(?P<both>\((?P<b>\d{{1,3}}|[a-z]{{1,5}})(?P<bs>{_SUFFIX})?\))"
    rf"|(?P<digits>\d{{1,3}})(?P<ds>{_SUFFIX})?(?:er)?(?P<end>[.°)])[)]?\*{{0,2}}(?!\d)"
    r"|(?P<letter>[a-z]{1,5})(?P<lend>[.)])"
    r"|(?P<dash>[–—•-]))(?=\s|$|[A-ZÀ-ÞŒ«„])(?:[ \t]*\|)?[ \t]*",
)  # fmt: skip
_ROMAN = re.compile(r"(?=.)(?:x{0,3})(?:ix|iv|v?i{0,3})$")


@dataclass(slots=True)
class Part:
    """Characters ``start`` to before ``end``; its words begin at ``body``, after the label.

    ``label`` is the number or letter alone (``2``, ``2bis``, ``a``, ``iv``); ``style`` tells how it is
    written. ``own`` are the lines that stand in it and in none of its parts.
    """

    label: str
    style: str
    start: int
    body: int
    end: int
    parts: list["Part"] = field(default_factory=list)
    own: list[tuple[int, int]] = field(default_factory=list)

    def walk(self) -> Iterator["Part"]:
        """It and all of its parts, in order."""
        yield self
        for one in self.parts:
            yield from one.walk()


def outline(text: str, begin: int = 0) -> Part:
    """The whole of ``text`` from ``begin`` (after number and heading) with its parts."""
    whole = Part("", "whole", begin, begin, len(text))
    stack = [whole]
    place = begin
    for line in text[begin:].splitlines(keepends=True):
        stop = place + len(line.rstrip("\r\n"))
        found = _LABEL.match(line)
        made = _part(found, place, stack) if found else None
        if made is None:
            if line.strip():
                stack[-1].own.append((place, stop))
        else:
            stack[-1].parts.append(made)
            stack.append(made)
            if text[made.body : stop].strip():
                made.own.append((made.body, stop))
        place += len(line)
    _end(whole, len(text.rstrip()))
    return whole


def _end(part: Part, end: int) -> None:
    part.end = max(end, part.body)
    for one, after in zip_longest(part.parts, part.parts[1:]):
        _end(one, end if after is None else after.start - 1)


def _part(found: re.Match[str], place: int, stack: list[Part]) -> Part | None:
    """The part that a label opens; closes those that it ends. None where it is no label after all."""
    label, style = _read(found)
    if style.endswith("letter"):
        told = _letters(label, style, stack)
        if told is None:
            return None
        style = told
    depth = next((at for at, one in enumerate(stack) if one.style == style), None)
    if depth is not None:
        del stack[depth:]
    return Part(label, style, place, place + found.end(), place)


def _read(found: re.Match[str]) -> tuple[str, str]:
    if found["both"]:
        inner = found["b"] + (found["bs"] or "")
        return inner, "(number)" if found["b"].isdigit() else "(letter"
    if found["digits"]:
        return found["digits"] + (found["ds"] or ""), f"number{found['end']}"
    if found["letter"]:
        return found["letter"], f"{found['lend']}letter"
    return "–", "dash"


def _letters(label: str, style: str, stack: list[Part]) -> str | None:
    """Whether letters are letters of the alphabet or a Roman number: what goes on from before decides."""
    alphabet, roman = f"{style}-a", f"{style}-i"
    is_roman = bool(_ROMAN.match(label))
    open_styles = {one.style: one for one in stack}
    if len(label) == 1 and not is_roman:
        return alphabet
    if alphabet in open_styles and len(label) == 1:
        before = open_styles[alphabet].label
        if len(before) == 1 and ord(label) == ord(before) + 1:
            return alphabet
    if is_roman:
        return roman
    return alphabet if len(set(label)) == 1 and len(label) == 2 else None


def value_of(part: Part) -> int | None:
    """The label as a number; none for dashes."""
    if part.style.endswith("-i"):
        return roman_value(part.label)
    if part.style.endswith("-a"):
        return ord(part.label[0]) - 96 + 26 * (len(part.label) - 1)
    digits = re.match(r"\d+", part.label)
    return None if digits is None else int(digits[0])


def siblings(part: Part) -> Iterator[list[Part]]:
    """Runs of parts of one style that stand side by side, at every depth."""
    by_style: dict[str, list[Part]] = {}
    for one in part.parts:
        by_style.setdefault(one.style, []).append(one)
    yield from by_style.values()
    for one in part.parts:
        yield from siblings(one)
