"""Who cites whom in a library, on any day: kept beside it in one file (SQLite).

Each distinct text is read for its references once, under its digest; what they lead to is laid out anew
when the library is another, since a law that came in may be what older ones cite. An edge stands as long as
the wording that cites. Quotes are cut from the library's own texts when they are shown, never kept here.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from casemate.errors import IntegrityFailure, NotFound
from casemate.knowledge.citing.records import Cited, CitedKind, NamedWork, Target, Why
from casemate.knowledge.citing.resolving import Resolver
from casemate.knowledge.citing.scanning import references_in
from casemate.knowledge.documents.library import Library, Spell
from casemate.knowledge.sentences import sentences

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS read (
    digest TEXT NOT NULL, language TEXT NOT NULL, found BLOB NOT NULL, PRIMARY KEY (digest, language)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spell (
    id INTEGER PRIMARY KEY, work TEXT NOT NULL, language TEXT NOT NULL, key TEXT NOT NULL,
    number TEXT NOT NULL, digest TEXT NOT NULL, begins TEXT, ends TEXT
);
CREATE INDEX IF NOT EXISTS spell_of ON spell (work, key);
CREATE TABLE IF NOT EXISTS edge (
    spell INTEGER NOT NULL, place INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    kind TEXT NOT NULL, pinpoint TEXT NOT NULL, work TEXT NOT NULL, key TEXT NOT NULL, why TEXT NOT NULL,
    changes INTEGER NOT NULL, PRIMARY KEY (spell, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edge_to ON edge (work, key, spell);
"""
_LONGEST_QUOTE = 400
MOST = 5_000
"""Citations that are given at once."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One edge. ``begins`` and ``ends`` are those of the wording that cites; ``quote`` is its sentence.

    ``to_key`` is empty where a work is cited as a whole, and ``why`` tells why it leads nowhere here.
    """

    work: str
    key: str
    number: str
    language: str
    begins: date | None
    ends: date | None
    digest: str
    start: int
    end: int
    words: str
    quote: str
    pinpoint: str
    to_work: str
    to_key: str
    why: Why
    changes: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some citations, how many there are, and from where on the next are asked for (``None``: no more)."""

    citations: tuple[Citation, ...]
    total: int
    after: int | None


@dataclass(frozen=True, slots=True)
class GraphState:
    """How much a graph holds; ``library`` is the digest of the library that it was made of."""

    texts: int
    references: int
    resolved: int
    digest: str
    library: str


Told = Callable[[int, int], None]


class CitationGraph:
    """The graph in ``path``; made there where it is not. Close it, or use it as a context manager."""

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

    # ── build ────────────────────────────────────────────────────────────────────────────────────

    def build(self, library: Library, told: Told = lambda done, of: None) -> GraphState:
        """Read the texts that are new and lay all edges anew; the same library again is no work.

        Killed at any moment it goes on where it was; whoever asks meanwhile gets the edges of before.
        """
        known = library.digest()
        if self._about("library") == known and self._about("grammar") == _grammar():
            return self.state()
        if self._about("grammar") != _grammar():
            self._database.execute("DELETE FROM read")
        spells = sorted(library.spans(), key=lambda one: (one.work, one.language, one.begins or ""))
        self._read(library, spells, told)
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._lay(library, spells)
            self._tell("library", known)
            self._tell("grammar", _grammar())
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
        return self.state()

    def _read(self, library: Library, spells: list[Spell], told: Told) -> None:
        """The references of each text that was not read yet."""
        have = {
            (row[0], row[1]) for row in self._database.execute("SELECT digest, language FROM read")
        }
        new = list(dict.fromkeys(
            (one.digest, one.language) for one in spells if (one.digest, one.language) not in have
        ))  # fmt: skip
        for first in range(0, len(new), _BATCH):
            batch = new[first : first + _BATCH]
            rows = [(digest, language, _packed(references_in(library.words(digest), language)))
                    for digest, language in batch]  # fmt: skip
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO read VALUES (?, ?, ?)", rows)
            self._database.execute("COMMIT")
            told(min(first + _BATCH, len(new)), len(new))

    def _lay(self, library: Library, spells: list[Spell]) -> None:
        self._database.execute("DELETE FROM edge")
        self._database.execute("DELETE FROM spell")
        resolver, digest = Resolver(library), sha256()
        for number, one in enumerate(spells):
            self._database.execute(
                "INSERT INTO spell VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    one.work,
                    one.language,
                    one.key,
                    one.number,
                    one.digest,
                    one.begins,
                    one.ends,
                ),
            )
            rows = list(self._edges(library, resolver, one))
            digest.update(json.dumps([one.work, one.key, one.digest, one.begins, rows]).encode())
            self._database.executemany(
                "INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((number, place, *row) for place, row in enumerate(rows)),
            )
        self._tell("digest", f"sha256:{digest.hexdigest()}")

    def _edges(
        self, library: Library, resolver: Resolver, one: Spell
    ) -> Iterator[tuple[int, int, str, str, str, str, str, bool]]:
        """What a wording cites outside itself: by its words, then by links of the file's own."""
        seen: set[tuple[str, str]] = set()
        for cited in self._cited(one.digest, one.language):
            if cited.kind in {"within", "this"}:
                continue
            target = resolver.resolve(library, cited, one.work, one.key)
            for key in target.keys or ("",):
                seen.add((target.work, key))
                yield (cited.start, cited.end, cited.kind, cited.pinpoint, target.work, key, target.why,
                       cited.changes)  # fmt: skip
        for href, words in json.loads(one.links):
            linked = resolver.link(library, href, one.work)
            if linked is None or any((linked.work, key) in seen for key in linked.keys or ("",)):
                continue
            start = library.words(one.digest).find(words) if words else -1
            if start >= 0:
                for key in linked.keys or ("",):
                    seen.add((linked.work, key))
                    yield (start, start + len(words), "link", "", linked.work, key, "", False)

    def _cited(self, digest: str, language: str) -> list[Cited]:
        row = self._row(
            "SELECT found FROM read WHERE digest = ? AND language = ?", digest, language
        )
        return [] if row is None else _unpacked(row[0])

    # ── ask ──────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> GraphState:
        """How much is here."""
        texts, references, resolved = self._row(
            "SELECT (SELECT count(*) FROM read), (SELECT count(*) FROM edge),"
            " (SELECT count(*) FROM edge WHERE why = '')"
        )
        return GraphState(
            texts, references, resolved, self._about("digest"), self._about("library")
        )

    def cites(
        self, library: Library, work: str, key: str | None = None, on: date | None = None,
        *, changes: bool = False, after: int = 0, most: int = 100,
    ) -> Page:  # fmt: skip
        """What a work, or a provision of it, cites: on a day, or ever."""
        where = "s.work = ? AND (? IS NULL OR s.key = ?) AND (? = 0 OR e.changes = 1)"
        return self._page(library, where, (work, key, key, changes), on, after, most)

    def cited_by(
        self, library: Library, work: str, key: str | None = None, on: date | None = None,
        *, changes: bool = False, after: int = 0, most: int = 100,
    ) -> Page:  # fmt: skip
        """Who cites a provision of a work, or the work and any of its provisions from outside."""
        if key is None:
            where = "e.work = ? AND s.work != ? AND (? = 0 OR e.changes = 1)"
            return self._page(library, where, (work, work, changes), on, after, most)
        where = (
            "e.work = ? AND e.key = ? AND (s.work != e.work OR s.key != e.key)"
            " AND (? = 0 OR e.changes = 1)"
        )
        return self._page(library, where, (work, key, changes), on, after, most)

    def _page(
        self,
        library: Library,
        where: str,
        values: tuple[Any, ...],
        on: date | None,
        after: int,
        most: int,
    ) -> Page:
        day = None if on is None else on.isoformat()
        full = (
            f" FROM edge e JOIN spell s ON s.id = e.spell WHERE {where} AND (? IS NULL OR"
            " (coalesce(s.begins, '') <= ? AND (s.ends IS NULL OR ? < s.ends)))"
        )
        values = (*values, day, day, day)
        (total,) = self._row(f"SELECT count(*){full}", *values)
        most, after = max(1, min(most, MOST)), max(0, after)
        rows = self._database.execute(
            "SELECT s.work, s.key, s.number, s.language, s.begins, s.ends, s.digest, e.start, e.stop,"
            f" e.pinpoint, e.work, e.key, e.why, e.changes{full}"
            " ORDER BY e.spell, e.place LIMIT ? OFFSET ?",
            (*values, most, after),
        )
        citations = tuple(_citation(library, row) for row in rows)
        ends = after + len(citations)
        return Page(citations, total, ends if ends < total else None)

    def neighbours(
        self, work: str, key: str | None, on: date | None, most: int
    ) -> list[tuple[str, str, str, str, int]]:
        """Edges at a node with how often each is cited, the most cited first: (from, key, to, key, times).

        Without a key whole works are the nodes.
        """
        day = None if on is None else on.isoformat()
        own = "''" if key is None else "s.key"
        other = "''" if key is None else "e.key"
        at = "(s.work = ?1 OR e.work = ?1)" if key is None else (
            "((s.work = ?1 AND s.key = ?2) OR (e.work = ?1 AND e.key = ?2))"
        )  # fmt: skip
        apart = "s.work != e.work" if key is None else "(s.work != e.work OR s.key != e.key)"
        rows = self._database.execute(
            f"SELECT s.work, {own}, e.work, {other}, count(*) AS times"  # noqa: S608  # conditions of ours
            f" FROM edge e JOIN spell s ON s.id = e.spell WHERE {at} AND {apart}"
            " AND e.why IN ('', 'unheld') AND (?3 IS NULL OR"
            " (coalesce(s.begins, '') <= ?3 AND (s.ends IS NULL OR ?3 < s.ends)))"
            " GROUP BY 1, 2, 3, 4 ORDER BY times DESC, 1, 2, 3, 4 LIMIT ?4",
            (work, key, day, most),
        )
        return [(str(a), str(b), str(c), str(d), int(times)) for a, b, c, d, times in rows]

    def _about(self, name: str) -> str:
        row = self._row("SELECT told FROM about WHERE name = ?", name)
        return "" if row is None else str(row[0])

    def _tell(self, name: str, told: str) -> None:
        self._database.execute("REPLACE INTO about VALUES (?, ?)", (name, told))

    def _row(self, query: str, *values: Any) -> Any:
        with closing(self._database.execute(query, values)) as cursor:
            return cursor.fetchone()


_BATCH = 200


def built_graph(path: Path, digest: str) -> CitationGraph:
    """The graph that was built last; raises ``NotFound`` and ``IntegrityFailure``."""
    if not path.is_file():
        raise NotFound("who cites whom has not been read yet: `law link` reads it")
    graph = CitationGraph(path)
    if graph.state().digest != digest:
        graph.close()
        raise IntegrityFailure(
            "the graph of citations is not the one that was built last: build it again"
        )
    return graph


def _citation(library: Library, row: tuple[Any, ...]) -> Citation:
    text = library.words(row[6])
    start, end = row[7], row[8]
    return Citation(
        work=row[0], key=row[1], number=row[2], language=row[3], begins=_day(row[4]), ends=_day(row[5]),
        digest=row[6], start=start, end=end, words=text[start:end], quote=quote_around(text, start, end),
        pinpoint=row[9], to_work=row[10], to_key=row[11], why=row[12], changes=bool(row[13]),
    )  # fmt: skip


def quote_around(text: str, start: int, end: int) -> str:
    """The sentence that has these characters, cut at both ends where it is long."""
    first, last = max(0, start - 2000), min(len(text), end + 2000)
    near = text[first:last]
    own = next((one for one in sentences(near) if one.start <= start - first < one.end), None)
    left, right = (start, end) if own is None else (first + own.start, max(end, first + own.end))
    left = max(left, start - _LONGEST_QUOTE // 2)
    return text[left : min(right, max(end, left + _LONGEST_QUOTE))]


def _day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)


def _grammar() -> str:
    """Digest of the files that say what a reference is: another grammar reads all texts again."""
    digest = sha256()
    for name in (
        "words.py",
        "grammar.py",
        "scanning.py",
        "records.py",
        "resolving.py",
        "names.json",
    ):
        digest.update(files(__package__).joinpath(name).read_bytes())
    return digest.hexdigest()


def _packed(found: list[Cited]) -> bytes:
    told = [[one.start, one.end, one.kind, one.number, one.last, one.pinpoint, one.changes,
             None if one.work is None else list(asdict(one.work).values())] for one in found]  # fmt: skip
    return zlib.compress(json.dumps(told, ensure_ascii=False).encode(), 1) if told else b""


def _unpacked(packed: bytes) -> list[Cited]:
    told = json.loads(zlib.decompress(packed)) if packed else []
    return [_cited(*one) for one in told]


def _cited(
    start: int, end: int, kind: CitedKind, number: str, last: str, part: str, changes: bool,
    work: list[Any] | None,
) -> Cited:  # fmt: skip
    named = None if work is None else NamedWork(*work)
    return Cited(start, end, kind, number, last, part, named, changes)


__all__ = [
    "Citation",
    "CitationGraph",
    "GraphState",
    "Page",
    "Target",
    "built_graph",
    "quote_around",
]
