"""Transposition tables: each paragraph of a directive beside the provisions of an act that say it.

A pair is scored by meaning (multilingual-e5-small, so that languages may differ), by the words that both
have, each counted by how rare it is in the two texts, and by numbers and days. Where the best score is
below a bound there is no counterpart; what of the act is nobody's counterpart goes beyond the directive. A
person may decide on a row, and the decision stands whatever the scores say.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from casemate.errors import BadInput, TooLarge
from casemate.knowledge.drafting.amending.applying import Words
from casemate.knowledge.drafting.draft import begin_of
from casemate.knowledge.drafting.outline import outline
from casemate.knowledge.marks import marks
from casemate.search_words import EMPTY
from casemate.search_words import words as words_of

MOST_UNITS = 3_000
"""Paragraphs of both texts together: some minutes of work."""
BOUND = {"same": 0.38, "other": 0.38}
"""Scores from which on a pair is one, within a language and across (`benchmarks/knowledge/drafting.py`)."""
_WEIGHTS = (0.45, 0.45, 0.1)
"""Of meaning, words, numbers: names and figures are the same in many languages."""
_FAR, _NEAR = 0.78, 0.97
"""Cosines of e5 between texts that have nothing and everything in common."""
_MOST_BY = 3
_CLOSE = 0.06
"""A second provision is named where its score is so near to the best."""
_MOST_READ = 2_000
_LONGEST_QUOTE = 1_000

Vectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""Rows of length 1, one a text."""
Scores = NDArray[np.float64]
How = Literal["found", "decided", "none"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A paragraph, or an article without paragraphs. ``id`` is the provision's key and the label."""

    id: str
    key: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A provision of the act beside one of the directive; ``share``: of its words, those that are there."""

    id: str
    name: str
    quote: str
    score: float
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph of the directive with what transposes it. ``how`` says who says so."""

    id: str
    name: str
    quote: str
    how: How
    by: tuple[Match, ...] = ()
    nearest: Match | None = None
    """The best that there is, where nothing is good enough."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A transposition table, in the order of the directive."""

    directive: str
    directive_title: str
    directive_language: str
    act: str
    act_title: str
    act_language: str
    rows: tuple[Row, ...]
    beyond: tuple[Match, ...] = ()
    """What of the act is nobody's counterpart; the score is that of its nearest."""

    @property
    def covered(self) -> float:
        """The share of the directive's paragraphs that have a counterpart."""
        return sum(bool(one.by) for one in self.rows) / max(len(self.rows), 1)


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a row: what transposes ``of``; nothing, where ``by`` is empty."""

    of: str
    by: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts."""

    name: str
    title: str
    language: str
    units: Sequence[Unit] = field(default=())


def units_of(provisions: Iterable[Words]) -> list[Unit]:
    """The paragraphs of articles; annexes and articles without paragraphs are whole."""
    found: list[Unit] = []
    for one in provisions:
        if one.kind in {"article", "annex"}:
            found += _units(one)
    return found


def _units(one: Words) -> list[Unit]:
    begin = begin_of(one.text, one.number, one.heading)
    name = one.number.strip(" .") or one.key
    parts = [
        part for part in outline(one.text, begin).parts if part.style in {"(number)", "number."}
    ]
    if one.kind == "annex" or len(parts) < 2:
        text = one.text[begin:].strip()
        return [Unit(one.key, one.key, name, text)] if text else []
    lead = one.text[begin : parts[0].start].strip()
    first = [Unit(one.key, one.key, name, lead)] if len(lead) > _LEAST_LEAD else []
    seen: Counter[str] = Counter()
    for part in parts:
        seen[part.label] += 1
        again = f"~{seen[part.label]}" if seen[part.label] > 1 else ""
        text = one.text[part.start : part.end].strip()
        first.append(Unit(f"{one.key}#{part.label}{again}", one.key, f"{name}({part.label})", text))
    return first


_LEAST_LEAD = 40


def transpose(
    directive: Side, act: Side, vectors: Vectors, decisions: Sequence[Decision] = ()
) -> Table:
    """The table of ``act`` against ``directive``. Raises ``TooLarge`` beyond ``MOST_UNITS`` paragraphs."""
    if not directive.units or not act.units:
        empty = directive if not directive.units else act
        raise BadInput(f"{empty.title or empty.name} has no articles to compare")
    if len(directive.units) + len(act.units) > MOST_UNITS:
        raise TooLarge(
            f"the two texts have more than {MOST_UNITS:,} paragraphs: compare parts of them"
        )
    kind = "same" if directive.language == act.language else "other"
    scores = scores_of(directive, act, vectors)
    bags = _Bags([*directive.units, *act.units])
    shares = kind == "same"
    rows = [
        _row(one, act.units, scores[place], BOUND[kind], bags if shares else None)
        for place, one in enumerate(directive.units)
    ]
    decided = _decided(rows, act.units, decisions)
    taken = {match.id for row in decided for match in row.by}
    beyond = tuple(
        Match(one.id, one.name, one.text[:_LONGEST_QUOTE], _rounded(scores[:, place].max()))
        for place, one in enumerate(act.units)
        if one.id not in taken and scores[:, place].max() < BOUND[kind]
    )
    return Table(
        directive.name, directive.title, directive.language, act.name, act.title, act.language,
        tuple(decided), beyond,
    )  # fmt: skip


def scores_of(directive: Side, act: Side, vectors: Vectors) -> Scores:
    """How well each pair goes together, from 0 to 1: a row for each paragraph of the directive."""
    meaning, words, numbers = _WEIGHTS
    texts = [one.text[:_MOST_READ] for one in (*directive.units, *act.units)]
    rows = vectors(texts)
    count = len(directive.units)
    cosines = rows[:count].astype(np.float64) @ rows[count:].astype(np.float64).T
    near = np.clip((cosines - _FAR) / (_NEAR - _FAR), 0.0, 1.0)
    bags = _Bags([*directive.units, *act.units])
    shares = bags.shares(directive.units, act.units)
    scores: Scores = meaning * near + words * shares + numbers * _anchors(directive, act)
    return scores


class _Bags:
    """The words of each unit, and how much each weighs (inverse document frequency)."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._words = {one.text: set(words_of(one.text)) - EMPTY for one in units}
        counts = Counter(word for words in self._words.values() for word in words)
        self._weight = {word: math.log(1 + len(units) / count) for word, count in counts.items()}

    def share(self, of: Unit, in_: Unit) -> float:
        """Of the words of one, by weight, those that the other has."""
        mine = self._words[of.text]
        total = sum(self._weight[word] for word in mine)
        common = sum(self._weight[word] for word in mine & self._words[in_.text])
        return common / total if total else 0.0

    def shares(self, first: Sequence[Unit], second: Sequence[Unit]) -> Scores:
        """Both ways, the mean: a long paragraph has every word."""
        vocabulary = {word: place for place, word in enumerate(self._weight)}
        left, right = self._matrix(first, vocabulary), self._matrix(second, vocabulary)
        common = left @ right.T
        mine = np.maximum((left**2).sum(axis=1), 1e-9)[:, None]
        theirs = np.maximum((right**2).sum(axis=1), 1e-9)[None, :]
        shares: Scores = (common / mine + common / theirs) / 2
        return shares

    def _matrix(self, units: Sequence[Unit], vocabulary: Mapping[str, int]) -> Scores:
        made = np.zeros((len(units), len(vocabulary)))
        for row, one in enumerate(units):
            for word in self._words[one.text]:
                made[row, vocabulary[word]] = math.sqrt(self._weight[word])
        return made


def _anchors(directive: Side, act: Side) -> Scores:
    """Numbers and days that both have, of those that the directive has."""
    first = [_numbers(one.text, directive.language) for one in directive.units]
    second = [_numbers(one.text, act.language) for one in act.units]
    made = np.zeros((len(first), len(second)))
    for row, mine in enumerate(first):
        for column, theirs in enumerate(second):
            both = mine | theirs
            made[row, column] = len(mine & theirs) / len(both) if both else 0.0
    return made


def _numbers(text: str, language: str) -> frozenset[str]:
    found = marks(text, language)
    return frozenset(found.numbers) | frozenset(found.days)


def _row(
    one: Unit, of_act: Sequence[Unit], scores: Scores, bound: float, bags: _Bags | None
) -> Row:
    order = np.argsort(-scores)[:_MOST_BY]
    best = float(scores[order[0]])
    found = [
        Match(
            unit.id, unit.name, unit.text[:_LONGEST_QUOTE], _rounded(scores[place]),
            None if bags is None else round(bags.share(one, unit), 3),
        )
        for place in order
        for unit in [of_act[place]]
    ]  # fmt: skip
    quote = one.text[:_LONGEST_QUOTE]
    if best < bound:
        return Row(one.id, one.name, quote, "none", nearest=found[0])
    near = tuple(match for match in found if match.score >= max(bound, best - _CLOSE))
    return Row(one.id, one.name, quote, "found", near)


def _rounded(score: Any) -> float:
    return round(float(score), 3)


# ── decisions ────────────────────────────────────────────────────────────────────────────────────


def read_decisions(document: Mapping[str, Any]) -> list[Decision]:
    """Decisions of a file: ``[[row]]`` with ``of``, ``by`` and a ``note``. Raises ``BadInput``."""
    rows = document.get("row", [])
    if not isinstance(rows, list) or set(document) - {"row"}:
        raise BadInput("decisions are a list `row`, each with `of`, `by` and, if wanted, a `note`")
    found = []
    for number, one in enumerate(rows, 1):
        known = isinstance(one, Mapping) and not set(one) - {"of", "by", "note"}
        if not known or not isinstance(one.get("of"), str) or not _are_texts(one.get("by", [])):
            raise BadInput(f"decision {number}: `of` is a row's id, `by` a list of ids of the act")
        found.append(Decision(one["of"], tuple(one.get("by", ())), str(one.get("note", ""))))
    return found


def _are_texts(told: object) -> bool:
    return isinstance(told, list | tuple) and all(isinstance(one, str) for one in told)


def _decided(
    rows: Sequence[Row], of_act: Sequence[Unit], decisions: Sequence[Decision]
) -> list[Row]:
    by_id = {one.id: one for one in of_act}
    there = {one.id for one in rows}
    said: dict[str, Decision] = {}
    for one in decisions:
        unknown = [name for name in one.by if name not in by_id]
        if one.of not in there or unknown:
            raise BadInput(
                f"a decision names {(unknown or [one.of])[0]!r}, which is in neither text"
            )
        said[one.of] = one
    return [_with(row, said[row.id], by_id) if row.id in said else row for row in rows]


def _with(row: Row, said: Decision, by_id: Mapping[str, Unit]) -> Row:
    scores = {match.id: match for match in row.by}
    by = tuple(
        scores.get(name) or Match(name, by_id[name].name, by_id[name].text[:_LONGEST_QUOTE], 1.0)
        for name in said.by
    )
    return replace(row, how="decided", by=by, nearest=None, note=said.note)
