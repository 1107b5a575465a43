"""Provisions in force that say what the draft says: candidates from an index or by rare words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from casemate.knowledge.answers.answering import Finder
from casemate.knowledge.documents import Kind, Library
from casemate.knowledge.documents.library import Stored
from casemate.knowledge.drafting.draft import Draft, Place
from casemate.knowledge.drafting.findings import Evidence, Finding, Severity
from casemate.search_words import EMPTY
from casemate.search_words import words as words_of

RUN = 5
"""Words in a row that are compared: chance seldom gives five."""
SAME, ALIKE = 0.5, 0.2
"""Shares of the draft's runs from which on a provision is the same, or like it."""
LEAST_WORDS = 15
"""Words of an article: what is shorter is like much."""
MOST_SCANNED = 20_000
"""Provisions that are looked through where no index tells which ones to look at."""
MOST_QUERY = 1_000
_FOLLOWED = 3
_LONGEST_QUOTE = 400

Candidates = Callable[[str], Iterable[Stored]]
"""Provisions in force that may be like a text, the best first."""


def check_similar(draft: Draft, candidates: Candidates) -> Iterator[Finding]:
    """For each article the provision that shares most of its words, where that is a good part of them."""
    for place in draft.articles():
        words = words_of(place.text[place.begin :])
        mine = runs(words)
        if len(words) < LEAST_WORDS or not mine:
            continue
        shares = [
            (len(mine & runs(words_of(one.text))) / len(mine), one)
            for one in candidates(place.text)
        ]
        best = max(shares, key=lambda found: found[0], default=None)
        if best is not None and best[0] >= ALIKE:
            yield _finding(place, *best)


def runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    """Every ``RUN`` words in a row."""
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def _finding(place: Place, share: float, one: Stored) -> Finding:
    version = one.version
    where = f"{one.number.strip(' .') or one.key}, {version.title}"
    evidence = Evidence(
        version.work, version.title, one.key, one.number, one.text[:_LONGEST_QUOTE],
        version.valid_from, version.valid_to, one.digest, round(share, 3),
    )  # fmt: skip
    kind, severity = (
        ("similar.same", Severity.WARNING) if share >= SAME else ("similar.alike", Severity.HINT)
    )
    values = {"where": where, "share": f"{share:.0%}"}
    return Finding(
        kind,
        severity,
        place.key,
        place.begin,
        len(place.text),
        place.text[place.begin :],
        values,
        (evidence,),
    )


def by_index(finder: Finder, library: Library, language: str, on: date) -> Candidates:
    """Candidates that an index finds by words and meaning."""

    def like(text: str) -> list[Stored]:
        found = finder.find(text[:MOST_QUERY], language, on, _FOLLOWED)
        standing = (
            library.at(one.passage.work, one.passage.provision.rpartition("#")[2], language, on)
            for one in found
            if one.passage.language == language
        )
        return [one.provision for one in standing if one.in_force and one.provision is not None]

    return like


@dataclass
class InForce:
    """Every provision in force on a day in one language, found by the words that are rare among them."""

    provisions: list[Stored] = field(default_factory=list)
    _by_word: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, library: Library, language: str, on: date) -> "InForce | None":
        """None where the collection has more than ``MOST_SCANNED``: then only an index serves."""
        found = cls()
        if library.state().texts > 3 * MOST_SCANNED:
            return None  # so many wordings that no day has few: nothing is read for nothing
        for work in library.works():
            version, why = library.version_on(work, language, on)
            if version is None or why:
                continue
            for one in library.provisions(version):
                if one.kind == Kind.ARTICLE:
                    found._add(one)
            if len(found.provisions) > MOST_SCANNED:
                return None
        return found

    def _add(self, one: Stored) -> None:
        for word in set(words_of(one.text)) - EMPTY:
            self._by_word[word].append(len(self.provisions))
        self.provisions.append(one)

    def like(self, text: str) -> list[Stored]:
        """Those that share the most rare words with ``text``."""
        score: defaultdict[int, float] = defaultdict(float)
        known = (
            self._by_word[word] for word in set(words_of(text)) - EMPTY if word in self._by_word
        )
        for places in sorted(known, key=len)[:60]:
            for place in places:
                score[place] += 1 / len(places)
        best = sorted(score, key=lambda place: -score[place])[:_FOLLOWED]
        return [self.provisions[place] for place in best]
