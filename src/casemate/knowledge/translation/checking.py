"""What a translation may not change, held against its source: numbers, days, negations, terms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from casemate.knowledge.marks import marks
from casemate.knowledge.translation.terms import KINDS, Term, stem_key

Kind = Literal[
    "number missing", "number new", "day missing", "day new", "negation missing", "negation new",
    "term", "length",
]  # fmt: skip
_WITH_NEGATIONS = {"fr", "de", "lb", "en"}
_LONGER = 4.0
"""How many times as long as its source a translation may be, beyond some letters."""
_SOME = 40


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with a translation. ``what`` is the number, the day, or the term and its name there."""

    kind: Kind
    what: str = ""

    def __str__(self) -> str:
        """For people, in English."""
        if self.kind == "length":
            return "it is far longer or shorter than its source"
        if self.kind == "term":
            return f"the term of the termbase is not in it: {self.what}"
        thing, state = self.kind.rsplit(" ", 1)
        return " ".join(part for part in (f"the {thing}", self.what, f"is {state}") if part)


class Glossary:
    """Terms of one direction, found in sentences by their stems."""

    def __init__(self, terms: Iterable[Term], language: str, other: str) -> None:
        self._language, self._other = language, other
        self._terms: dict[str, list[Term]] = {}
        for term in sorted(terms, key=lambda one: (KINDS.index(one.kind), -one.count)):
            if key := stem_key(term.source, language):
                self._terms.setdefault(key, []).append(term)
        self._longest = max((len(key.split()) for key in self._terms), default=0)

    def within(self, sentence: str) -> list[list[Term]]:
        """The terms in a sentence, the longest first where they overlap; each with its alternatives."""
        stems = stem_key(sentence, self._language).split()
        found, place = [], 0
        while place < len(stems):
            for size in range(min(self._longest, len(stems) - place), 0, -1):
                terms = self._terms.get(" ".join(stems[place : place + size]))
                if terms:
                    found.append(terms)
                    place += size
                    break
            else:
                place += 1
        return found

    def missing(self, sentence: str, translation: str) -> list[Objection]:
        """Terms of ``sentence`` none of whose translations is in ``translation``."""
        have = f" {stem_key(translation, self._other)} "
        return [
            Objection("term", f"{terms[0].source} = {terms[0].target}")
            for terms in self.within(sentence)
            if terms[0].kind != "found"
            and not any(f" {stem_key(one.target, self._other)} " in have for one in terms)
        ]


def objections(source: str, translation: str, languages: tuple[str, str]) -> list[Objection]:
    """What a translation lost or gained of the numbers, days and negations of its source."""
    old, new = marks(source, languages[0]), marks(translation, languages[1])
    found = _differences("number", old.numbers, new.numbers)
    found += _differences("day", old.days, new.days)
    if _WITH_NEGATIONS.issuperset(languages) and bool(old.negations) != bool(new.negations):
        found.append(Objection("negation missing" if old.negations else "negation new"))
    if not _is_as_long(source, translation):
        found.append(Objection("length"))
    return found


def _differences(
    thing: Literal["number", "day"], old: Iterable[str], new: Iterable[str]
) -> list[Objection]:
    before, after = list(old), list(new)
    missing: Kind = "number missing" if thing == "number" else "day missing"
    fresh: Kind = "number new" if thing == "number" else "day new"
    return [Objection(missing, one) for one in before if one not in after] + [
        Objection(fresh, one) for one in after if one not in before
    ]


def _is_as_long(source: str, translation: str) -> bool:
    lengths: Sequence[int] = sorted((len(source), len(translation)))
    return lengths[1] <= _LONGER * lengths[0] + _SOME
