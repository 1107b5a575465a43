"""What was translated before: pairs of sentences with where each stands, in one file (SQLite).

Pairs of a collection are cut from its provisions and say so (work, key, version, day); pairs that were
brought in a file name the file. Bringing the memory up to date aligns only wordings that are new.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from casemate.errors import BadInput
from casemate.knowledge.documents import Library, Stored
from casemate.knowledge.sentences import Span
from casemate.knowledge.translation.alignment import Bead, Side, align
from casemate.knowledge.translation.parallel import parallel_provisions
from casemate.knowledge.translation.segments import Segment, segments

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pairing (
    id INTEGER PRIMARY KEY, first TEXT NOT NULL, second TEXT NOT NULL,
    first_language TEXT NOT NULL, second_language TEXT NOT NULL, form INTEGER NOT NULL,
    work TEXT NOT NULL, title TEXT NOT NULL, key TEXT NOT NULL, begins TEXT, eli TEXT NOT NULL,
    licence TEXT NOT NULL, attribution TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS pairing_of
    ON pairing (first, second, first_language, second_language);
CREATE TABLE IF NOT EXISTS unit (
    pairing INTEGER REFERENCES pairing ON DELETE CASCADE, brought TEXT NOT NULL,
    first_language TEXT NOT NULL, second_language TEXT NOT NULL,
    first TEXT NOT NULL, second TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS unit_languages ON unit (first_language, second_language);
CREATE INDEX IF NOT EXISTS unit_pairing ON unit (pairing);
CREATE UNIQUE INDEX IF NOT EXISTS unit_brought
    ON unit (first_language, second_language, first, second) WHERE pairing IS NULL;
"""
_FORM = 1
"""Another number where segments or alignment give other pairs: all are then made anew."""
LEAST_SURE = 6.0
"""Cost in nats above which two sentences are not kept as each other's translation."""
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a pair stands: a provision in two languages, or the file that brought it."""

    work: str = ""
    title: str = ""
    key: str = ""
    version: date | None = None
    eli: str = ""
    licence: str = ""
    attribution: str = ""
    brought: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence and its translation. Which of the two was written first is not told."""

    source_language: str
    target_language: str
    source: str
    target: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class MemoryState:
    """What a memory holds, and what the last building did."""

    units: int
    brought: int
    pairings: int
    new: int
    gone: int
    too_long: int
    digest: str
    brought_digest: str


class Memory:
    """Pairs in ``path``; made there where it is not. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # ── fill ─────────────────────────────────────────────────────────────────────────────────────

    def build(self, library: Library, progress: Progress = lambda done: None) -> MemoryState:
        """Take in what ``library`` holds in two languages, and let go of what it holds no more.

        Killed, it goes on where it was: each two wordings are one transaction.
        """
        wanted: set[int] = set()
        new, too_long = 0, 0
        for ours, theirs in parallel_wordings(library):
            known = self._row(_KNOWN, ours.digest, theirs.digest, *_languages(ours, theirs), _FORM)
            if known is None:
                try:
                    known = (self._take_in(ours, theirs),)
                    new += 1
                except BadInput:
                    too_long += 1
                    continue
            wanted.add(known[0])
            progress(len(wanted))
        gone = self._let_go(wanted)
        return self.state(new=new, gone=gone, too_long=too_long)

    def _take_in(self, ours: Stored, theirs: Stored) -> int:
        found = list(aligned(ours, theirs))
        version = ours.version
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "DELETE FROM pairing WHERE first = ? AND second = ? AND first_language = ?"
                " AND second_language = ?",
                (ours.digest, theirs.digest, *_languages(ours, theirs)),
            )
            pairing = self._database.execute(
                "INSERT INTO pairing VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (ours.digest, theirs.digest, *_languages(ours, theirs), _FORM, version.work,
                 version.title, ours.key, version.valid_from and version.valid_from.isoformat(),
                 ours.eli or version.eli, version.licence, version.attribution),
            ).lastrowid  # fmt: skip
            self._database.executemany(
                "INSERT INTO unit VALUES (?, '', ?, ?, ?, ?)",
                [(pairing, *_languages(ours, theirs), one, other) for one, other in found],
            )
        assert pairing is not None
        return pairing

    def _let_go(self, wanted: set[int]) -> int:
        here = {row[0] for row in self._database.execute("SELECT id FROM pairing")}
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "DELETE FROM pairing WHERE id = ?", [(one,) for one in here - wanted]
            )
        return len(here - wanted)

    def bring(self, units: Iterable[Unit], name: str) -> int:
        """Keep pairs from a file called ``name``; how many were new. All of them, or none."""
        before = self._count("WHERE pairing IS NULL")
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            for one in units:
                first, second = sorted(
                    ((one.source_language, one.source), (one.target_language, one.target))
                )
                self._database.execute(
                    "INSERT OR IGNORE INTO unit VALUES (NULL, ?, ?, ?, ?, ?)",
                    (name, first[0], second[0], first[1], second[1]),
                )
        return self._count("WHERE pairing IS NULL") - before

    def forget(self, *, brought: bool) -> None:
        """Let go of every pair that was aligned, or of every pair that files brought."""
        self._database.execute(
            "DELETE FROM unit WHERE pairing IS NULL" if brought else "DELETE FROM pairing"
        )

    # ── ask ──────────────────────────────────────────────────────────────────────────────────────

    def units(self, source: str, target: str) -> Iterator[Unit]:
        """Every pair of these languages, from ``source`` to ``target``, in the order of the texts."""
        first, second = sorted((source, target))
        rows = self._database.execute(f"{_UNITS} ORDER BY u.rowid", (first, second))
        for row in rows:
            unit = _unit(row)
            yield unit if source == first else _turned(unit)

    def languages(self) -> list[tuple[str, str]]:
        """Which languages stand against each other, each two once."""
        rows = self._database.execute(
            "SELECT DISTINCT first_language, second_language FROM unit ORDER BY 1, 2"
        )
        return [(str(first), str(second)) for first, second in rows]

    def state(self, *, new: int = 0, gone: int = 0, too_long: int = 0) -> MemoryState:
        """How much is here."""
        return MemoryState(
            units=self._count(""), brought=self._count("WHERE pairing IS NULL"),
            pairings=self._row("SELECT count(*) FROM pairing")[0],
            new=new, gone=gone, too_long=too_long, digest=self.digest(),
            brought_digest=self.brought_digest(),
        )  # fmt: skip

    def digest(self) -> str:
        """SHA-256 over every pair with its origin: equal digests hold equal pairs."""
        found = sha256()
        for row in self._database.execute(
            "SELECT u.brought, u.first_language, u.second_language, u.first, u.second, p.work, p.title,"
            " p.key, p.begins, p.eli, p.licence, p.attribution, p.first, p.second FROM unit u"
            " LEFT JOIN pairing p ON p.id = u.pairing ORDER BY 2, 3, 4, 5, 6, 8, 9, 1, 13, 14"
        ):
            found.update(json.dumps(row).encode())
        return f"sha256:{found.hexdigest()}"

    def brought_digest(self) -> str:
        """SHA-256 over the pairs that files brought."""
        found = sha256()
        for row in self._database.execute(
            "SELECT brought, first_language, second_language, first, second FROM unit"
            " WHERE pairing IS NULL ORDER BY 1, 2, 3, 4, 5"
        ):
            found.update(json.dumps(row).encode())
        return f"sha256:{found.hexdigest()}"

    def _count(self, where: str) -> int:
        return int(self._row(f"SELECT count(*) FROM unit {where}")[0])  # noqa: S608  # ours

    def _row(self, query: str, *values: Any) -> Any:
        with closing(self._database.execute(query, values)) as cursor:
            return cursor.fetchone()


_KNOWN = (
    "SELECT id FROM pairing WHERE first = ? AND second = ? AND first_language = ?"
    " AND second_language = ? AND form = ?"
)
_UNITS = (
    "SELECT u.first_language, u.second_language, u.first, u.second, u.brought, p.work, p.title, p.key,"
    " p.begins, p.eli, p.licence, p.attribution FROM unit u LEFT JOIN pairing p ON p.id = u.pairing"
    " WHERE u.first_language = ? AND u.second_language = ?"
)


@dataclass(frozen=True, slots=True)
class Facing:
    """Segments of a provision beside those of its other language, and how sure that is."""

    source: Span
    target: Span
    cost: float
    has_both: bool


def facing(source: str, target: str, languages: tuple[str, str]) -> list[Facing]:
    """Two texts bead by bead: spans of what is said, marks of points left out."""
    ours, theirs = segments(source), segments(target)
    beads = align(_side(source, ours, languages[0]), _side(target, theirs, languages[1]))
    return [
        Facing(_span(ours, one.source), _span(theirs, one.target), one.cost, _has_both(one))
        for one in beads
    ]


def aligned(source: Stored, target: Stored) -> Iterator[tuple[str, str]]:
    """The sentences of two provisions that surely say the same, without the marks of their points."""
    for one in facing(source.text, target.text, _languages(source, target)):
        ours, theirs = one.source.cut(source.text), one.target.cut(target.text)
        sure = one.has_both and one.cost <= LEAST_SURE and ours != theirs
        if sure and _has_words(ours) and _has_words(theirs):
            yield ours, theirs


def parallel_wordings(library: Library) -> Iterator[tuple[Stored, Stored]]:
    """Each two wordings that stand against each other, once; languages in the order of their codes."""
    languages = library.state().languages
    for place, first in enumerate(languages):
        for second in languages[place + 1 :]:
            seen: set[tuple[str, str]] = set()
            for ours, theirs in parallel_provisions(library, first, second):
                if (ours.digest, theirs.digest) not in seen:
                    seen.add((ours.digest, theirs.digest))
                    yield ours, theirs


def _languages(ours: Stored, theirs: Stored) -> tuple[str, str]:
    return ours.version.language, theirs.version.language


def _side(text: str, found: Sequence[Segment], language: str) -> Side:
    return Side(language, [one.said.cut(text) for one in found], [one.anchor for one in found])


def _span(found: Sequence[Segment], places: range) -> Span:
    if not places:
        return Span(0, 0)
    return Span(found[places[0]].said.start, found[places[-1]].said.end)


def _has_both(bead: Bead) -> bool:
    return bool(bead.source) and bool(bead.target)


def _has_words(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= 3


def _unit(row: Sequence[Any]) -> Unit:
    if row[5] is None:
        origin = Origin(brought=row[4])
    else:
        day = None if row[8] is None else date.fromisoformat(row[8])
        origin = Origin(row[5], row[6], row[7], day, row[9], row[10], row[11])
    return Unit(row[0], row[1], row[2], row[3], origin)


def _turned(unit: Unit) -> Unit:
    return Unit(unit.target_language, unit.source_language, unit.target, unit.source, unit.origin)
