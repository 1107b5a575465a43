"""Numbers as laws write them (``1er``, ``2bis``, ``L. 121-1``, ``§ 12a``, ``III``), and what follows."""

import re
from dataclasses import dataclass
from typing import Literal

LATIN = (
    "", "", "bis", "ter", "quater", "quinquies", "sexies", "septies", "octies", "nonies", "decies",
    "undecies", "duodecies", "terdecies", "quaterdecies", "quindecies",
)  # fmt: skip
"""By rank: ``2bis`` is the second of its number."""
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_WORDS = {
    word: number
    for words in (
        "premier deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième",
        "première seconde tierce",
        "first second third fourth fifth sixth seventh eighth ninth tenth",
        "erster zweiter dritter vierter fünfter sechster siebter achter neunter zehnter",
        "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte",
        "ersten zweiten dritten vierten fünften sechsten siebten achten neunten zehnten",
        "unique",
    )
    for number, word in enumerate(words.split(), 1)
} | {"second": 2}
_PRINTED = re.compile(
    r"(?:(?P<prefix>[LRD])[ .*]{0,3})?(?P<main>\d{1,5}(?:[-.]\d{1,5}){0,4})(?:er|re|ère|e|o|°)?"
    r"(?![^\W\d_]{13})[ ]?(?P<suffix>" + "|".join(sorted(filter(None, LATIN), key=len, reverse=True))
    + r"|[a-z](?![^\W_]))?",
    re.IGNORECASE,
)  # fmt: skip
_ROMAN_WORD = re.compile(
    r"\b(?=[ivxlc])(c{0,3}(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3}))(?:er|re)?\b", re.I
)


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number: ``parts`` are the numbers in it, ``rank`` its place among those of one number."""

    prefix: str
    parts: tuple[int, ...]
    rank: int = 0
    suffix: str = ""

    @property
    def told(self) -> str:
        """In one spelling, for comparing."""
        return f"{self.prefix}{'-'.join(map(str, self.parts))}{self.suffix}"


Step = Literal["next", "double", "order", "gap"]


def number_in(printed: str) -> Number | None:
    """The first number in ``printed``: digits, else Roman, else an ordinal word; none where it has none."""
    found = _PRINTED.search(printed)
    if found:
        suffix = (found["suffix"] or "").casefold()
        rank = LATIN.index(suffix) if suffix in LATIN and suffix else _letter(suffix)
        parts = tuple(int(one) for one in re.split(r"[-.]", found["main"]))
        return Number((found["prefix"] or "").upper(), parts, rank, suffix)
    for roman in _ROMAN_WORD.finditer(printed):
        if roman[1]:
            return Number("", (roman_value(roman[1]),))
    words = re.findall(r"[^\W\d_]+", printed.casefold())
    return next((Number("", (_WORDS[one],)) for one in words if one in _WORDS), None)


def bare(number: str) -> str:
    """An article's number without the word before it."""
    return re.sub(r"^(?:Art(?:icle|ikel|icolo|\.)?|§)\s*", "", number.strip(), flags=re.I)


def ordinal(word: str) -> int | None:
    """The number that an ordinal in words is (``deuxième``, ``second``, ``ersten``)."""
    return _WORDS.get(word.casefold())


def _letter(suffix: str) -> int:
    return ord(suffix) - ord("a") + 1 if len(suffix) == 1 else 0


def roman_value(letters: str) -> int:
    """What a Roman number is worth; the letters are those of one."""
    values = [_ROMAN[one] for one in letters.casefold()]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-one if one < after else one for one, after in pairs)


def step(before: Number, after: Number) -> Step:
    """How ``after`` follows ``before`` in print.

    ``2bis`` may follow ``2``, ``12a`` may follow ``12``; of numbers in parts (``121-1``) the last goes on
    by one, or a part before it goes on and the last begins again.
    """
    if before.prefix != after.prefix:
        return "next"
    was, now = (before.parts, before.rank), (after.parts, after.rank)
    if was == now:
        return "double"
    if now < was:
        return "order"
    return "next" if _follows(before, after) else "gap"


def _follows(before: Number, after: Number) -> bool:
    if after.parts == before.parts:
        first = 2 if after.suffix in LATIN else 1
        return after.rank == (before.rank + 1 if before.rank else first)
    if after.rank:
        return False
    if len(after.parts) == len(before.parts) and after.parts[:-1] == before.parts[:-1]:
        return after.parts[-1] == before.parts[-1] + 1
    return len(after.parts) > 1 and after.parts[-1] == 1


def missing_between(before: Number, after: Number) -> str:
    """The first number that one expects after ``before`` and does not find, for a message."""
    if after.parts != before.parts:
        return Number(before.prefix, (*before.parts[:-1], before.parts[-1] + 1)).told
    is_latin = after.suffix in LATIN
    rank = before.rank + 1 if before.rank else (2 if is_latin else 1)
    return Number(after.prefix, after.parts, rank, LATIN[rank] if is_latin else chr(96 + rank)).told
