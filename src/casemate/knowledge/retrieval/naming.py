"""What a question names outright: a work by its title, its date, its short name, or its kind and year; a
provision by its number.

The mechanism is general; the short names of works ("RGPD") come with the corpus.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval.described import Described, Near

_SHORTEST_TITLE = 8
_DATE = re.compile(r"\b\d{1,2}(?: er)? [a-z]{3,10} (?:19|20|18)\d\d\b|\b\d{4} \d{3,4}\b")
_ISSUE = re.compile(r"^.{0,60}?\d{2}/\d{2}/\d{4}\s*:\s*")
"""What stands before some titles: which version, as of which day."""
_NEW = re.compile(r"^(?:nouveau|nouvelle|neues|neuer|neit|new)\s+", re.IGNORECASE)
"""What people leave out of a title: "Nouveau Code de procédure civile"."""
_SUFFIX = r"(?:bis|ter|quater|quinquies|sexies|septies|octies|nonies|decies|er|[a-z])"
_NUMBER = rf"(?:[LRDA]\.?\s?\*?\s?)?(?:\d+(?:[-–.]\d+)*(?:\s?{_SUFFIX}\b)?(?:[-–]\d+)?|premier|[IVXLC]+\b)"
_CITED = re.compile(
    rf"(?:\b(?:articles?|artikel[ns]?|art|paragraph(?:en)?|annexe?s?|anhang|anlage)\b\.?|§+)\s*({_NUMBER})",
    re.IGNORECASE,
)
_CODE_NUMBER = re.compile(r"\b([LRD]\.?\s?\*?\s?\d+(?:[-–]\d+)+)\b")
_WORD_OF_NUMBER = re.compile(
    r"^(?:articles?|artikel|art|annexe?|anhang|anlage|paragraph)(?![a-z]{3})|^§+"
)


@dataclass(frozen=True)
class Named:
    """What a question names: works, numbers of provisions, and what is left of its text."""

    works: frozenset[str]
    numbers: tuple[str, ...]
    rest: str


class Names:
    """The titles and short names of a corpus."""

    def __init__(self, passages: Iterable[Passage], short: Mapping[str, str] | None = None) -> None:
        self._works: defaultdict[str, set[str]] = defaultdict(set)
        self._dates: defaultdict[str, set[str]] = defaultdict(set)
        titles = titles_of(passages)
        for work, title in titles:
            plain = _ISSUE.sub("", title)
            for form in {title, plain, _NEW.sub("", plain)}:
                folded = _folded(form)[0].strip()
                if len(folded) >= _SHORTEST_TITLE and " " in folded:
                    self._works[folded].add(work)
                for date in _DATE.findall(folded[:120])[:1]:
                    self._dates[date].add(work)
        for name, work in (short or {}).items():
            self._works[_folded(name)[0].strip()].add(work)
        self._described = Described(
            (work, _folded(_ISSUE.sub("", title))[0]) for work, title in titles
        )

    def named(self, question: str, near: Near | None = None) -> Named:
        """What ``question`` names. A title is taken out of the rest; the longest is tried first.

        ``near`` tells works of one kind and year apart, by number of ``titles_of``.
        """
        numbers = tuple(dict.fromkeys(plain_number(one) for one in numbers_in(question)))
        folded, origins = _folded(question)
        padded = f" {folded} "
        found = [name for name in self._works if f" {name} " in padded]
        if found:
            longest = max(found, key=len)
            start = padded.index(f" {longest} ")
            first, last = origins[start], origins[start + len(longest) - 1]
            rest = f"{question[:first]} {question[last + 1 :]}".strip(" .:,;–-")
            return Named(frozenset(self._works[longest]), numbers, rest or question)
        dated = [self._dates[date] for date in _DATE.findall(folded) if date in self._dates]
        works = frozenset(dated[0]) if dated else self._described.works(folded, near or _all_alike)
        return Named(works, numbers, question)


def titles_of(passages: Iterable[Passage]) -> list[tuple[str, str]]:
    """Each work with each of its titles, in order: their numbers are those of ``Near``."""
    return sorted({(passage.work, passage.title) for passage in passages if passage.title})


def _all_alike(numbers: Sequence[int]) -> NDArray[np.float32]:
    return np.zeros(len(numbers), np.float32)


def plain_number(number: str) -> str:
    """A provision's number without what is only its form: "Art. L. 121-1" and "l121-1" are one."""
    low = re.sub(r"[\s.*]", "", number.casefold().replace("–", "-"))
    low = _WORD_OF_NUMBER.sub("", low)
    low = "1" if low == "premier" else low
    return re.sub(r"^(\d+)er$", r"\1", low)


def places_of(numbers: Sequence[str], known: Mapping[str, Sequence[int]]) -> list[int]:
    """The places of cited numbers, in their order."""
    return [place for number in numbers for place in known.get(number, ())]


def numbers_in(text: str) -> list[str]:
    """The numbers of provisions that a text cites, as they stand in it."""
    return _CITED.findall(text) + _CODE_NUMBER.findall(text)


def _folded(text: str) -> tuple[str, list[int]]:
    """Lower case without accents, anything else than letters and digits one blank; and each sign's
    origin."""
    signs: list[str] = []
    origins: list[int] = []
    for place, sign in enumerate(text):
        for part in unicodedata.normalize("NFKD", sign).casefold():
            if part.isalnum():
                signs.append(part)
                origins.append(place)
            elif not unicodedata.combining(part) and signs and signs[-1] != " ":
                signs.append(" ")
                origins.append(place)
    return "".join(signs).rstrip(), origins
