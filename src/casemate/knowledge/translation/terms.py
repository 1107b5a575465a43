"""Terms in two languages, each with the provisions that show it.

Three kinds of evidence, the surest first: terms that a law itself defines, in articles of definitions whose
points stand against each other; headings of one provision; and words that occur in the same pairs of
sentences far more often than chance allows. Terms of several words are looked for as sequences that begin
and end with a word that says something.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from casemate.knowledge.association import dice, log_likelihood, occurrences
from casemate.knowledge.retrieval.analysis import stems
from casemate.knowledge.translation.memory import Unit
from casemate.search_words import EMPTY, words

Kind = Literal["defined", "heading", "found"]
KINDS: tuple[Kind, ...] = ("defined", "heading", "found")
"""From the surest to the least sure."""
MOST_EVIDENCE = 10
LONGEST_HEADING = 8
"""Words of a heading that may be a term."""
_LONGEST = 5
_FEWEST = 4
"""Pairs of sentences below which co-occurrence tells nothing."""
_LEAST_DICE, _LEAST_SURPRISE = 0.5, 10.83
_SHORTEST = 3  # letters of a word that may begin or end a term
_TOKEN = re.compile(r"(?:[cdjlmnst]|qu)[’'](?=\w)|[^\W\d_]+(?:-[^\W\d_]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A provision that shows a term in both languages."""

    work: str
    key: str
    version: date | None


@dataclass(frozen=True, slots=True)
class Term:
    """A term and what it is called in the other language. ``score`` is 1 where a text itself says so."""

    source_language: str
    target_language: str
    source: str
    target: str
    kind: Kind
    count: int
    score: float
    evidence: tuple[Evidence, ...] = ()


def stem_key(text: str, language: str) -> str:
    """What two spellings of one term have in common: the stems of its words that say something."""
    return " ".join(one for word in words(text) if (one := _stem(word, language)))


def gathered(
    found: Iterable[tuple[str, str, Evidence]], languages: tuple[str, str], kind: Kind
) -> list[Term]:
    """Terms of pairs that a text itself puts side by side, each pair once, with what shows it."""
    shown: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
    written: dict[tuple[str, str], tuple[str, str]] = {}
    for source, target, evidence in found:
        key = (_folded(source), _folded(target))
        if all(key):
            written.setdefault(key, (source, target))
            shown[key].append(evidence)
    return [
        Term(*languages, *written[key], kind, len(seen), 1.0, _few(seen))
        for key, seen in shown.items()
    ]


def co_occurring(units: Sequence[Unit], languages: tuple[str, str]) -> list[Term]:
    """Terms whose sentences are the same ones in both languages, the surest first."""
    distinct = list({(one.source, one.target): one for one in units}.values())
    if len(distinct) < _FEWEST:
        return []
    ours = _Side([one.source for one in distinct], languages[0])
    theirs = _Side([one.target for one in distinct], languages[1])
    pairs = _without_parts(_mutual(ours, theirs, len(distinct)), ours, theirs)
    return [_term(distinct, languages, ours, theirs, one) for one in pairs]


class _Side:
    """The sequences of one language that are frequent enough, and which sentences have each."""

    def __init__(self, sentences: Sequence[str], language: str) -> None:
        spelt: defaultdict[str, Counter[str]] = defaultdict(Counter)
        rows = []
        for sentence in sentences:
            found = list(_sequences(sentence, language))
            rows.append([key for key, _ in found])
            for key, spelling in found:
                spelt[key][spelling] += 1
        matrix, keys = occurrences(rows)
        counts = np.asarray(matrix.sum(axis=0)).ravel()
        places = np.flatnonzero(counts >= _FEWEST)
        self.matrix = matrix[:, places].tocsc()
        self.counts = counts[places]
        self.keys = [keys[one] for one in places]
        self.spelt = [spelt[key].most_common(1)[0][0] for key in self.keys]
        self.long = np.array([len(key.split()) for key in self.keys])


@dataclass(frozen=True, slots=True)
class _Pair:
    ours: int
    theirs: int
    together: int
    share: float


def _mutual(ours: _Side, theirs: _Side, texts: int) -> list[_Pair]:
    """Each two that are each other's best."""
    together = (ours.matrix.T @ theirs.matrix).tocoo()
    if not together.nnz:
        return []
    rows, columns, both = together.row, together.col, together.data
    share = dice(both, ours.counts[rows], theirs.counts[columns])
    surprise = log_likelihood(both, ours.counts[rows], theirs.counts[columns], texts)
    good = (share >= _LEAST_DICE) & (surprise >= _LEAST_SURPRISE)
    rows, columns, both, share = rows[good], columns[good], both[good], share[good]
    # Of two that share as much, the longer says more: "personal data", not "personal".
    weight = share + _A_WORD * (ours.long[rows] + theirs.long[columns])
    best_of_ours = _best(rows, weight, len(ours.keys))
    best_of_theirs = _best(columns, weight, len(theirs.keys))
    kept = [n for n in range(len(rows)) if best_of_ours[rows[n]] == best_of_theirs[columns[n]] == n]
    found = [
        _Pair(int(rows[n]), int(columns[n]), int(both[n]), round(float(share[n]), 3)) for n in kept
    ]
    return sorted(found, key=lambda one: (-one.share, -one.together, ours.keys[one.ours]))


_A_WORD = 0.01


def _best(groups: NDArray[Any], weight: NDArray[Any], size: int) -> NDArray[np.int64]:
    """The place of the heaviest of each group, -1 where a group is empty."""
    best = np.full(size, -1, np.int64)
    for place in np.argsort(weight, kind="stable"):
        best[groups[place]] = place
    return best


def _without_parts(pairs: Sequence[_Pair], ours: _Side, theirs: _Side) -> list[_Pair]:
    """Those that are no mere part of another that is as frequent."""
    by_word: defaultdict[str, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        for word in set(ours.keys[pair.ours].split()):
            by_word[word].append(pair)

    def is_part(one: _Pair) -> bool:
        key, other = f" {ours.keys[one.ours]} ", f" {theirs.keys[one.theirs]} "
        return any(
            larger.together >= _AS_FREQUENT * one.together
            and len(ours.keys[larger.ours]) > len(key) - 2
            and key in f" {ours.keys[larger.ours]} "
            and other in f" {theirs.keys[larger.theirs]} "
            for larger in by_word[key.split()[0]]
        )

    return [one for one in pairs if not is_part(one)]


_AS_FREQUENT = 0.8


def _term(
    units: Sequence[Unit], languages: tuple[str, str], ours: _Side, theirs: _Side, pair: _Pair
) -> Term:
    both = set(_rows(ours, pair.ours)) & set(_rows(theirs, pair.theirs))
    origins = [units[row].origin for row in sorted(both)]
    shown = [Evidence(one.work, one.key, one.version) for one in origins if one.work]
    spelt = ours.spelt[pair.ours], theirs.spelt[pair.theirs]
    return Term(*languages, *spelt, "found", pair.together, pair.share, _few(shown))


def _rows(side: _Side, column: int) -> NDArray[Any]:
    found: NDArray[Any] = side.matrix.indices[slice(*side.matrix.indptr[column : column + 2])]
    return found


def _sequences(sentence: str, language: str) -> Iterator[tuple[str, str]]:
    """Runs of up to five words between two that say something: the stems that tell it, and its spelling."""
    found = [(one, _stem(_plain(one[0]), language)) for one in _TOKEN.finditer(sentence)]
    for first, (begin, stem) in enumerate(found):
        if not stem:
            continue
        key, end = "", begin.start()
        for token, part in found[first : first + _LONGEST]:
            if sentence[end : token.start()].strip():
                break  # a sign or a number stands between
            end = token.end()
            if part:
                key = f"{key} {part}".strip()
                yield key, sentence[begin.start() : end].casefold()


@lru_cache(100_000)
def _stem(word: str, language: str) -> str:
    """The stem of a word that says something, else nothing."""
    if len(word) < _SHORTEST or word in EMPTY:
        return ""
    return " ".join(stems(word, language))


def _plain(token: str) -> str:
    return token.casefold().replace("’", "'")


def _folded(text: str) -> str:
    return " ".join(words(text))


def _few(shown: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The newest version of each provision, the first of them."""
    newest: dict[tuple[str, str], Evidence] = {}
    for one in shown:
        known = newest.get((one.work, one.key))
        if known is None or (one.version or date.min) > (known.version or date.min):
            newest[one.work, one.key] = one
    return tuple(newest.values())[:MOST_EVIDENCE]
