"""A work that a question describes: its kind, its year and what it is about ("the housing law of 1979",
"la loi de 2006 sur le bail").

Kind and year are taken from the titles; where several works share them, the words that the question
shares with a title decide, and across languages the nearness of their vectors. What stays open is given
back as several works: whoever answers asks which.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KINDS: Mapping[str, str] = {
    word: kind
    for kind, words in {
        "law": "loi loia law act acts statute gesetz gesetzes gesetzt gesetzer lai",
        "regulation": "reglement regulation verordnung verordnungs reglementer veruerdnung rgd",
        "directive": "directive richtlinie direktiv direktive",
        "order": "arrete order erlass beschluss arreten",
        "constitution": "constitution verfassung",
    }.items()
    for word in words.split()
}
"""Words of four languages, folded, and the kind of text that each names."""

_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_REACH = 8
"""Words between the kind and the year at most, either way."""
_STEM = 5
_NEAREST = 0.012
"""Cosines that lie closer than that do not tell works apart."""
_MOST = 40

Near = Callable[[Sequence[int]], NDArray[np.float32]]
"""How near in meaning the question is to the titles of these numbers."""


@dataclass(frozen=True)
class _Title:
    number: int
    work: str
    stems: frozenset[str]


class Described:
    """The titles of a corpus by kind and year. ``titles``: each work with its folded title."""

    def __init__(self, titles: Iterable[tuple[str, str]]) -> None:
        self._titles: defaultdict[tuple[str, str], list[_Title]] = defaultdict(list)
        for number, (work, title) in enumerate(titles):
            words = title.split()
            kind = next((KINDS[word] for word in words[:6] if word in KINDS), None)
            year = next((word for word in words[:14] if _YEAR.fullmatch(word)), None)
            if kind and year:
                self._titles[kind, year].append(_Title(number, work, _stems(words)))

    def works(self, question: str, near: Near) -> frozenset[str]:
        """The works that the folded ``question`` describes; none where it describes none, several where
        it does not tell them apart."""
        words = question.split()
        for kind, year in _described(words):
            found = self._titles.get((kind, year), ())
            if found:
                return frozenset(one.work for one in _fitting(found, _stems(words), near))
        return frozenset()


def _described(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Each kind of text with a year close by, the closest first."""
    kinds = [(place, kind) for place, word in enumerate(words) if (kind := _kind(word))]
    years = [(place, word) for place, word in enumerate(words) if _YEAR.fullmatch(word)]
    pairs = [
        (abs(place - other), kind, year)
        for place, kind in kinds
        for other, year in years
        if abs(place - other) <= _REACH
    ]
    return [(kind, year) for _, kind, year in sorted(pairs)]


def _kind(word: str) -> str | None:
    """The kind that a word names; German and Luxembourgish write it at the end ("Wohnungsgesetz")."""
    if word in KINDS:
        return KINDS[word]
    ends = ("gesetz", "gesetzes", "verordnung", "richtlinie", "reglement")
    return next((KINDS[end] for end in ends if word.endswith(end)), None)


def _fitting(found: Sequence[_Title], asked: frozenset[str], near: Near) -> Sequence[_Title]:
    shared = [len(asked & one.stems) for one in found]
    if max(shared):
        found = [one for one, many in zip(found, shared, strict=True) if many == max(shared)]
    if len(found) == 1 or len(found) > _MOST:
        return found
    close = near([one.number for one in found])
    return [
        one for one, how in zip(found, close.tolist(), strict=True) if how >= close.max() - _NEAREST
    ]


def _stems(words: Iterable[str]) -> frozenset[str]:
    """Beginnings of the words that say what a text is about."""
    about = (word for word in words if not word.isdigit() and _kind(word) is None)
    return frozenset(word[:_STEM] for word in about if len(word) >= _STEM and word not in _EMPTY)


_ALIKE = """
portant modifiant modifiee modifie concernant relative relatif article grand ducal version consolidee
applicable determinant about which quelle quels quelles welche janvier fevrier avril juillet septembre
octobre novembre decembre january february march april august september october november december januar
februar oktober dezember
"""
_EMPTY = frozenset(_ALIKE.split())
"""Words that titles and questions share, whatever they are about."""
