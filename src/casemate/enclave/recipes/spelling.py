"""Whether a recipe could carry data in its own words and numbers.

A program writes its recipes while it sees the data, so a label, a break or a threshold may be somebody's
value in disguise. What stands in the program's text was written before. Numbers that it does not spell
out pass where they are evenly spaced, as ``range`` makes them. A program can still choose, by what it
reads, among the words that its text holds: so a recipe with many of them is for a person to see.
"""

import re
from collections.abc import Iterator, Set
from typing import Any

from casemate.analysis import Recipe

_NUMBERS = re.compile(r"(?<![\w.])-?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_KEPT = {"recipe", "input", "file", "op", "analysis", "function", "family", "mark", "decimals"}
"""Fields with values of ours, or that are checked elsewhere."""
_LABELS = {"cases", "otherwise", "value", "values", "title", "description"}
_SMALL = frozenset(range(-10, 11))
_OURS = frozenset({"value"})
"""Words that ``casemate.analysis`` puts in by itself: the measure of a crosstab."""
_QUOTED = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*[A-Za-z0-9_]|[A-Za-z_]")
MAX_WORDS = 60
"""Words that are no column's, and numbers in lists that are not evenly spaced: at most so many."""


def unspelled(recipe: Recipe, script: bytes) -> tuple[str, ...]:
    """Which fields of the recipe hold words or numbers that ``script`` does not spell out; ``words``
    where there are too many even of those that it does."""
    text = script.decode("utf-8", "replace")
    words = _OURS | {one or other for one, other in _QUOTED.findall(text)}
    words |= set(_WORD.findall(text))
    numbers = {float(found.replace("_", "")) for found in _NUMBERS.findall(text)} | _SMALL
    fields, free = set(), 0
    for name, value in _constants(recipe.model_dump(exclude_none=True)):
        if not _is_spelled(value, words, numbers):
            fields.add(name)
        elif isinstance(value, tuple):
            free += 0 if _is_even(value) else len(value)
        elif name in _LABELS:
            free += 1
    return tuple(sorted(fields | ({"words"} if free > MAX_WORDS else set())))


def _constants(document: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """(field, text, number or list of numbers) for everything that the recipe holds."""
    match document:
        case dict():
            for key, value in document.items():
                if key not in _KEPT:
                    yield from _constants(value, key)
        case list() | tuple() if document and all(_is_number(one) for one in document):
            yield name, tuple(document)
        case list() | tuple():
            for value in document:
                yield from _constants(value, name)
        case bool() | None:
            return
        case _:
            yield name, document


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_spelled(value: Any, words: Set[str], numbers: frozenset[float] | set[float]) -> bool:
    if isinstance(value, str):
        return not value or value in words
    if isinstance(value, tuple):
        return all(one in numbers for one in value) or _is_even(value)
    return value in numbers or -value in numbers


def _is_even(values: tuple[float, ...]) -> bool:
    """Evenly spaced, with a beginning and a step of at most three significant digits."""
    if len(values) < 3:
        return False
    step = values[1] - values[0]
    even = all(
        abs(values[at] - values[0] - at * step) <= 1e-9 * max(1.0, abs(values[at]))
        for at in range(len(values))
    )
    return even and all(float(f"{one:.3g}") == round(one, 12) for one in (values[0], step))
