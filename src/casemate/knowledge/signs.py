"""Small words that turn what a sentence says: each kind with its senses, in four languages.

``marks`` counts them before and after a rewording. Words of one sense may stand for each other ("lorsque",
"quand"); between senses they may not ("au moins", "au plus").
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal[
    "negation", "duty", "permission", "prohibition", "exception", "only", "bound", "order", "condition",
    "quantity", "choice", "unit", "place", "point",
]  # fmt: skip

_POINT = re.compile(r"(?<![\w])\(?([a-z]{1,2})\)|\b(?:lit\.|lettre|point|let\.)\s+([a-z])\b")
_ROMAN = re.compile(r"\b(?=[IVXLC])(?:X{0,3}(?:IX|IV|V?I{0,3})|L|C)\b(?!['’.]\w)")


def signs(text: str, language: str) -> Counter[tuple[Kind, str]]:
    """How often each sense of each kind stands in ``text``; points and Roman numerals in any language."""
    found: Counter[tuple[Kind, str]] = Counter()
    for (kind, sense), pattern in _patterns(language).items():
        many = sum(1 for _ in pattern.finditer(text))
        if many:
            found[kind, sense] = many
    for one in _POINT.finditer(text):
        found["point", one[1] or one[2]] += 1
    for one in _ROMAN.finditer(text):
        if one[0]:
            found["point", one[0]] += 1
    return found


@cache
def _patterns(language: str) -> Mapping[tuple[Kind, str], re.Pattern[str]]:
    return {
        (kind, sense): re.compile(rf"(?<![^\W\d_])(?:{words})", re.IGNORECASE)
        for kind, senses in _table().get(language, {}).items()
        for sense, words in senses.items()
    }


@cache
def _table() -> Mapping[str, Mapping[Kind, Mapping[str, str]]]:
    """The words of each language, kind and sense."""
    found: Mapping[str, Mapping[Kind, Mapping[str, str]]] = tomllib.loads(
        files("casemate.knowledge").joinpath("signs.toml").read_text(encoding="utf-8")
    )
    return found
