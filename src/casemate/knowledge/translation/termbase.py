"""The termbase of a collection: its terms in two languages, in one file (SQLite), made from its memory."""

import json
import sqlite3
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from casemate.errors import BadInput
from casemate.knowledge.definitions import Definition, definitions_in
from casemate.knowledge.documents import Library, Stored
from casemate.knowledge.translation.memory import Facing, Memory, facing, parallel_wordings
from casemate.knowledge.translation.terms import (
    KINDS,
    LONGEST_HEADING,
    Evidence,
    Term,
    co_occurring,
    gathered,
)
from casemate.search_words import words

_SCHEMA = """
CREATE TABLE IF NOT EXISTS term (
    id INTEGER PRIMARY KEY, first_language TEXT NOT NULL, second_language TEXT NOT NULL,
    first TEXT NOT NULL, second TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL,
    score REAL NOT NULL, evidence TEXT NOT NULL, first_words TEXT NOT NULL, second_words TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS term_languages ON term (first_language, second_language);
CREATE TABLE IF NOT EXISTS made_of (digest TEXT NOT NULL);
"""
_FORM = 1
"""Another number where the same pairs give other terms."""
MOST_SHOWN = 200


class Termbase:
    """Terms in ``path``; made there where it is not. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def build(self, library: Library, memory: Memory) -> int:
        """Make the terms anew where ``memory`` holds other pairs than the last time; how many there are."""
        made_of = f"{_FORM} {memory.digest()}"
        if self._row("SELECT digest FROM made_of") != (made_of,):
            found = list(_terms(library, memory))
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.execute("DELETE FROM term")
                self._database.execute("DELETE FROM made_of")
                self._database.executemany(
                    "INSERT INTO term VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    map(_kept, found),
                )
                self._database.execute("INSERT INTO made_of VALUES (?)", (made_of,))
        return self.count()

    def count(self) -> int:
        """How many terms there are."""
        return int(self._row("SELECT count(*) FROM term")[0])

    def terms(
        self, source: str, target: str, text: str = "", most: int | None = None
    ) -> list[Term]:
        """The terms of these languages that have the words of ``text``, the surest first."""
        first, second = sorted((source, target))
        rows = self._database.execute(
            "SELECT first_language, second_language, first, second, kind, count, score, evidence,"
            " first_words, second_words FROM term WHERE first_language = ? AND second_language = ?"
            " ORDER BY id",
            (first, second),
        )
        wanted = words(text)
        found = [
            _term(row, turned=source != first)
            for row in rows
            if all(f" {one}" in f" {row[8]} {row[9]}" for one in wanted)
        ]
        found.sort(key=lambda one: (KINDS.index(one.kind), -one.count, one.source))
        return found[:most]

    def digest(self) -> str:
        """SHA-256 over every term with its evidence."""
        found = sha256()
        for row in self._database.execute(
            "SELECT first_language, second_language, first, second, kind, count, score, evidence"
            " FROM term ORDER BY 1, 2, 3, 4, 5"
        ):
            found.update(json.dumps(row).encode())
        return f"sha256:{found.hexdigest()}"

    def _row(self, query: str, *values: Any) -> Any:
        with closing(self._database.execute(query, values)) as cursor:
            return cursor.fetchone()


def _terms(library: Library, memory: Memory) -> Iterator[Term]:
    wordings = list(parallel_wordings(library))
    for first, second in memory.languages():
        here = [
            (ours, theirs)
            for ours, theirs in wordings
            if (ours.version.language, theirs.version.language) == (first, second)
        ]
        defined = gathered(_defined(here), (first, second), "defined")
        headings = gathered(_headings(here), (first, second), "heading")
        known = {_pair(one) for one in defined}
        yield from defined
        yield from (one for one in headings if _pair(one) not in known)
        known |= {_pair(one) for one in headings}
        found = co_occurring(list(memory.units(first, second)), (first, second))
        yield from (one for one in found if _pair(one) not in known)


def _pair(term: Term) -> tuple[str, ...]:
    return (*words(term.source), "", *words(term.target))


def _headings(pairs: Iterable[tuple[Stored, Stored]]) -> Iterator[tuple[str, str, Evidence]]:
    for ours, theirs in pairs:
        here, there = ours.heading.strip(" *_."), theirs.heading.strip(" *_.")
        if here and there and len(here.split()) <= LONGEST_HEADING >= len(there.split()):
            yield here, there, _evidence(ours)


def _defined(pairs: Iterable[tuple[Stored, Stored]]) -> Iterator[tuple[str, str, Evidence]]:
    for ours, theirs in pairs:
        for one, other in defined_pairs(ours, theirs):
            yield one.term, other.term, _evidence(ours)


def defined_pairs(ours: Stored, theirs: Stored) -> list[tuple[Definition, Definition]]:
    """The definitions of a provision against those of its other language: of the same point, or of
    sentences that stand against each other. Where a point defines several, none is guessed."""
    here = definitions_in([ours], ours.version.language)
    there = definitions_in([theirs], theirs.version.language)
    if not here or not there:
        return []
    found = _matched(
        here, there, [_by_point(one) for one in here], [_by_point(one) for one in there]
    )
    left = [one for one in here if all(one is not pair[0] for pair in found)]
    others = [one for one in there if all(one is not pair[1] for pair in found)]
    if not left or not others:
        return found
    try:
        beads = facing(ours.text, theirs.text, (ours.version.language, theirs.version.language))
    except BadInput:  # too long to be aligned: its points had to do
        return found
    return found + _matched(
        left, others, [_by_bead(one, beads, own=True) for one in left],
        [_by_bead(one, beads, own=False) for one in others],
    )  # fmt: skip


def _matched(
    here: Sequence[Definition],
    there: Sequence[Definition],
    our_keys: Sequence[Hashable],
    their_keys: Sequence[Hashable],
) -> list[tuple[Definition, Definition]]:
    ours, theirs = Counter(our_keys), Counter(their_keys)
    by_key = dict(zip(their_keys, there, strict=True))
    return [
        (one, by_key[key])
        for one, key in zip(here, our_keys, strict=True)
        if key is not None and ours[key] == theirs[key] == 1
    ]


def _by_point(one: Definition) -> Hashable:
    return (one.number, one.how) if one.number else None


def _by_bead(one: Definition, beads: Sequence[Facing], *, own: bool) -> Hashable:
    for place, bead in enumerate(beads):
        span = bead.source if own else bead.target
        if span.start <= one.term_span.start < span.end:
            return place, one.how
    return None


def _evidence(ours: Stored) -> Evidence:
    return Evidence(ours.version.work, ours.key, ours.version.valid_from)


def _kept(term: Term) -> tuple[Any, ...]:
    shown = [[one.work, one.key, one.version and one.version.isoformat()] for one in term.evidence]
    return (
        term.source_language, term.target_language, term.source, term.target, term.kind, term.count,
        term.score, json.dumps(shown), " ".join(words(term.source)), " ".join(words(term.target)),
    )  # fmt: skip


def _term(row: Sequence[Any], *, turned: bool) -> Term:
    evidence = tuple(
        Evidence(work, key, None if day is None else date.fromisoformat(day))
        for work, key, day in json.loads(row[7])
    )
    languages, both = (row[0], row[1]), (row[2], row[3])
    if turned:
        languages, both = (row[1], row[0]), (row[3], row[2])
    return Term(*languages, *both, row[4], row[5], row[6], evidence)
