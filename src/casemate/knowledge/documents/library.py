"""Many documents in one file (SQLite): loaded a file at a time, asked by work, provision and two days.

A text that stands in many versions is kept once, under its digest. Loading may be killed at any moment and
goes on where it was: each file is one transaction, and a file that has not changed is not read again.

Two times are kept apart (Snodgrass, Developing Time-Oriented Database Applications, 1999): when words are
in force, and since when they have been known. What is in force is asked ``on`` a day as ``known`` on
another.
"""

import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from casemate.errors import BadInput, IntegrityFailure, NotFound
from casemate.knowledge.documents.reading import read_all
from casemate.knowledge.documents.tree import Change, Document, Problem, Provision

_SCHEMA = """
CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS text (digest TEXT PRIMARY KEY, words BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS version (
    id INTEGER PRIMARY KEY, work TEXT NOT NULL, language TEXT NOT NULL, valid_from TEXT, valid_to TEXT,
    known_from TEXT, title TEXT NOT NULL, kind TEXT NOT NULL, eli TEXT NOT NULL, file TEXT NOT NULL,
    licence TEXT NOT NULL, attribution TEXT NOT NULL, problems TEXT NOT NULL, in_rows INTEGER NOT NULL,
    content TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS version_of ON version (work, language, valid_from);
CREATE TABLE IF NOT EXISTS provision (
    version INTEGER NOT NULL REFERENCES version ON DELETE CASCADE, place INTEGER NOT NULL,
    key TEXT NOT NULL, kind TEXT NOT NULL, number TEXT NOT NULL, heading TEXT NOT NULL,
    path TEXT NOT NULL, text TEXT NOT NULL,
    as_filed TEXT NOT NULL, since TEXT, eli TEXT NOT NULL, terms TEXT NOT NULL, refs TEXT NOT NULL,
    PRIMARY KEY (version, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS provision_key ON provision (key);
CREATE INDEX IF NOT EXISTS provision_text ON provision (text);
CREATE TABLE IF NOT EXISTS change (
    version INTEGER NOT NULL REFERENCES version ON DELETE CASCADE, place INTEGER NOT NULL,
    key TEXT NOT NULL, act TEXT NOT NULL, what TEXT NOT NULL, title TEXT NOT NULL, day TEXT,
    PRIMARY KEY (version, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alias (name TEXT PRIMARY KEY, work TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class LibraryState:
    """How much a library holds."""

    works: int
    versions: int
    provisions: int
    texts: int
    languages: tuple[str, ...]
    licences: tuple[str, ...]
    digest: str


@dataclass(slots=True)
class Loaded:
    """What one loading did. ``failed`` names each file that could not be read, with why."""

    read: int = 0
    unchanged: int = 0
    versions: int = 0
    new_texts: int = 0
    failed: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Version:
    """One language of one version of a work, without its text. In force to the day before ``valid_to``."""

    id: int
    work: str
    language: str
    title: str
    kind: str
    eli: str
    valid_from: date | None
    valid_to: date | None
    known_from: date | None
    licence: str
    attribution: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A provision as it stands in one version; ``digest`` is that of its text."""

    version: Version
    place: int
    key: str
    kind: str
    number: str
    heading: str
    path: tuple[str, ...]
    text: str
    digest: str
    as_filed: str
    since: date | None
    eli: str
    terms: tuple[str, ...]
    references: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The version that had begun and the provision in it; ``why`` tells why one is missing or has ended."""

    version: Version | None
    provision: Stored | None
    why: str = ""

    @property
    def in_force(self) -> bool:
        """Whether these words bound anybody on the day."""
        return self.provision is not None and not self.why


@dataclass(frozen=True, slots=True)
class State:
    """The same words of a provision while versions have them, from a day to the day before another."""

    begins: date | None
    ends: date | None
    provision: Stored


@dataclass(frozen=True, slots=True)
class Spell:
    """A wording of a provision and its days (ISO 8601), without its text; ``links`` as kept (JSON)."""

    work: str
    language: str
    key: str
    kind: str
    number: str
    digest: str
    begins: str | None
    ends: str | None
    links: str


Progress = Callable[[int, int], None]
Reader = Callable[[Path], Iterable[tuple[Document, Sequence[str]]]]
"""Reads a file into documents, each with other names of its work."""


def plainly(path: Path) -> Iterator[tuple[Document, Sequence[str]]]:
    """The reader of files that stand for themselves."""
    for document in read_all(path):
        yield document, ()


class Library:
    """Documents in ``path``; made there where it is not. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # ── load ─────────────────────────────────────────────────────────────────────────────────────

    def load(
        self,
        folder: Path,
        files: Sequence[Path],
        reader: Reader = plainly,
        progress: Progress = lambda done, of: None,
    ) -> Loaded:
        """Read ``files`` of ``folder`` that are new or changed; a bad one is told and the rest is read."""
        loaded = Loaded()
        for number, path in enumerate(files, 1):
            self._load(folder, path, reader, loaded)
            progress(number, len(files))
        return loaded

    def _load(self, folder: Path, path: Path, reader: Reader, loaded: Loaded) -> None:
        name = path.relative_to(folder).as_posix()
        stamp = f"{path.stat().st_size} {path.stat().st_mtime_ns}"
        known = self._row("SELECT stamp, digest FROM file WHERE path = ?", name)
        if known is not None and known[0] == stamp:
            loaded.unchanged += 1
            return
        digest = _digest_of(path)
        if known is not None and known[1] == digest:
            self._database.execute("UPDATE file SET stamp = ? WHERE path = ?", (stamp, name))
            loaded.unchanged += 1
            return
        try:
            documents = list(reader(path))
        except BadInput as failure:
            loaded.failed.append(Problem(name, str(failure)))
            return
        with _Transaction(self._database):
            self._keep(name, documents, loaded)
            self._database.execute("REPLACE INTO file VALUES (?, ?, ?)", (name, stamp, digest))
        loaded.read += 1

    def _keep(
        self, name: str, documents: list[tuple[Document, Sequence[str]]], loaded: Loaded
    ) -> None:
        self._database.execute("DELETE FROM version WHERE file = ?", (name,))
        in_rows = ".jsonl" in name
        for document, names in documents:
            if in_rows and self._is_from_a_document(document):
                continue
            self._keep_version(name, document, loaded, in_rows=in_rows)
            for other in names:
                self._database.execute("REPLACE INTO alias VALUES (?, ?)", (other, document.work))
            for one in document.problems:
                where = f"{name}, {one.where}" if one.where else name
                loaded.problems.append(Problem(where, one.what))

    def _is_from_a_document(self, document: Document) -> bool:
        """Whether the version is here from a file of its own, which tells more than rows do."""
        return self._row(
            "SELECT 1 FROM version WHERE work = ? AND language = ? AND valid_from IS ? AND NOT in_rows",
            document.work, document.language, _iso(document.valid_from),
        ) is not None  # fmt: skip

    def _keep_version(self, name: str, given: Document, loaded: Loaded, *, in_rows: bool) -> None:
        self._database.execute(
            "DELETE FROM version WHERE work = ? AND language = ? AND valid_from IS ?",
            (given.work, given.language, _iso(given.valid_from)),
        )
        problems = json.dumps([[one.where, one.what] for one in given.problems])
        version = self._database.execute(
            "INSERT INTO version VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (given.work, given.language, _iso(given.valid_from), _iso(given.valid_to),
             _iso(given.known_from), given.title, given.kind, given.eli, name, given.licence,
             given.attribution, problems, in_rows,
             _content([*((one.key, one.digest) for _, one in given.units()), *_told(given.changes)])),
        ).lastrowid  # fmt: skip
        loaded.versions += 1
        self._database.executemany(
            "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((version, place, *told) for place, told in enumerate(_told(given.changes))),
        )
        for place, (path, one) in enumerate(given.units()):
            loaded.new_texts += self._keep_text(one)
            self._database.execute(
                "INSERT INTO provision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (version, place, one.key, one.kind.value, one.number, one.heading,
                 json.dumps([above.title for above in path if above.title], ensure_ascii=False), one.digest,
                 one.as_filed, _iso(one.since), one.eli, json.dumps(one.terms, ensure_ascii=False),
                 json.dumps([[link.target, link.words] for link in one.references], ensure_ascii=False)),
            )  # fmt: skip

    def _keep_text(self, one: Provision) -> int:
        packed = zlib.compress(one.text.encode(), 6)
        return self._database.execute(
            "INSERT OR IGNORE INTO text VALUES (?, ?)", (one.digest, packed)
        ).rowcount

    # ── ask ──────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> LibraryState:
        """How much is here."""
        works, versions, provisions, texts = self._row(
            "SELECT (SELECT count(DISTINCT work) FROM version), (SELECT count(*) FROM version),"
            " (SELECT count(*) FROM provision), (SELECT count(*) FROM text)"
        )
        return LibraryState(
            works=works, versions=versions, provisions=provisions, texts=texts,
            languages=self._each("language"), licences=self._each("licence"), digest=self.digest(),
        )  # fmt: skip

    def digest(self) -> str:
        """SHA-256 over every version and the digests of its texts: equal digests hold equal texts."""
        found = sha256()
        rows = self._database.execute(
            "SELECT work, language, valid_from, valid_to, known_from, title, content FROM version"
            " ORDER BY work, language, valid_from"
        )
        for row in rows:
            found.update(json.dumps(row).encode())
        return f"sha256:{found.hexdigest()}"

    def verify(self) -> list[str]:
        """Every version whose provisions are not those that were read; each text is held to its digest.

        Reading a provision looks at that text alone.
        """
        wrong = []
        for version in [one for work in self.works() for one in self.versions(work)]:
            (content,) = self._row("SELECT content FROM version WHERE id = ?", version.id)
            held = ((one.key, one.digest) for one in self.provisions(version))
            found = _content([*held, *_told(self._changes("version = ?", version.id))])
            if found != content:
                wrong.append(f"{version.work}, {version.language}, {version.valid_from}")
        return wrong

    def _each(self, column: str) -> tuple[str, ...]:
        rows = self._database.execute(
            f"SELECT DISTINCT {column} FROM version WHERE {column} != '' ORDER BY {column}"  # noqa: S608  # names of columns, ours
        )
        return tuple(str(row[0]) for row in rows)

    def works(self) -> list[str]:
        """Every work, by name."""
        rows = self._database.execute("SELECT DISTINCT work FROM version ORDER BY work")
        return [str(row[0]) for row in rows]

    def newest(self) -> list[Version]:
        """The last version of each work in each of its languages, by name."""
        rows = self._database.execute(
            f"SELECT {_VERSION} FROM version v WHERE NOT EXISTS (SELECT 1 FROM version w WHERE"  # noqa: S608  # names of columns, ours
            " w.work = v.work AND w.language = v.language AND w.valid_from > v.valid_from)"
            " ORDER BY v.work, v.language"
        )
        return [_version(row) for row in rows]

    def work(self, name: str) -> str:
        """The work that ``name`` or another name of it means; raises ``NotFound``."""
        found = self._row("SELECT work FROM version WHERE work = ? LIMIT 1", name) or self._row(
            "SELECT work FROM alias WHERE name = ?", name
        )
        if found is None:
            raise NotFound(f"there is no work {name!r} in the library: `law works` lists them")
        return str(found[0])

    def versions(self, work: str, language: str | None = None) -> list[Version]:
        """The versions of a work, the oldest first."""
        rows = self._database.execute(
            f"SELECT {_VERSION} FROM version v WHERE work = ? AND (? IS NULL OR language = ?)"  # noqa: S608  # names of columns, ours
            " ORDER BY valid_from, language",
            (self.work(work), language, language),
        )
        return [_version(row) for row in rows]

    def version_on(
        self, work: str, language: str, on: date, known: date | None = None
    ) -> tuple[Version | None, str]:
        """The last version that had begun ``on`` a day as ``known`` on another.

        The words say why there is none, or that the one given was in force no more: a publisher ends what
        is repealed or was for a time only. They are empty where it was in force.
        """
        all_of_it = self.versions(work, language)
        if not all_of_it:
            return None, f"{work} is not in the library in {language!r}"
        told = [one for one in all_of_it if known is None or (one.known_from or date.min) <= known]
        begun = [one for one in told if (one.valid_from or date.min) <= on]
        if not begun:
            first = min((one.valid_from for one in told if one.valid_from), default=None)
            return None, (
                f"{work} has no version in force before {first}"
                if first
                else f"of {work} no version was known on {known}"
            )
        newest = begun[-1]
        if newest.valid_to is None or on < newest.valid_to or _is_unknown(newest, all_of_it, told):
            return newest, ""
        later = next((one.valid_from for one in told if (one.valid_from or date.min) > on), None)
        then = "" if later is None else f"; the next version begins on {later}"
        return newest, f"by its publisher this version ended on {newest.valid_to}{then}"

    def at(
        self, work: str, key: str, language: str, on: date, known: date | None = None
    ) -> Standing:
        """Provision ``key`` of ``work`` as in force ``on`` a day and as ``known`` on another."""
        version, why = self.version_on(work, language, on, known)
        if version is None:
            return Standing(None, None, why)
        found = self.provision(version, key)
        if found is None:
            return Standing(
                version, None, f"the version of {version.valid_from} has no provision {key!r}"
            )
        return Standing(version, found, why)

    def in_languages(self, work: str, key: str, on: date) -> dict[str, Standing]:
        """Provision ``key`` ``on`` a day in every language of ``work``.

        Publishers key one article ``art_1er`` in French and ``art_1`` in German: where a language has no
        such key, the provision of the same printed number is it.
        """
        found = {}
        for language in sorted({one.language for one in self.versions(work)}):
            standing = self.at(work, key, language, on)
            if standing.provision is None and standing.version is not None:
                same = self._of_number(standing.version, number_in(key))
                standing = Standing(standing.version, same, standing.why if same is None else "")
            found[language] = standing
        return found

    def _of_number(self, version: Version, number: str) -> Stored | None:
        named = (one for one in self.provisions(version) if number and number_in(one.key) == number)
        return next(named, None)

    def provision(self, version: Version, key: str) -> Stored | None:
        """Provision ``key`` as it stands in ``version``."""
        found = self._row(f"{_STORED} WHERE p.version = ? AND p.key = ?", version.id, key)
        return None if found is None else _stored(found)

    def provisions(self, version: Version) -> list[Stored]:
        """Everything in a version, in order."""
        rows = self._database.execute(
            f"{_STORED} WHERE p.version = ? ORDER BY p.place", (version.id,)
        )
        return [_stored(row) for row in rows]

    def changes(self, work: str) -> list[Change]:
        """What other acts did to a work, as the metadata of its versions tell it; each once."""
        of_work = "version IN (SELECT id FROM version WHERE work = ?)"
        return list(dict.fromkeys(self._changes(of_work, self.work(work))))

    def _changes(self, which: str, value: Any) -> list[Change]:
        rows = self._database.execute(
            f"SELECT key, act, what, title, day FROM change WHERE {which} ORDER BY version, place",  # noqa: S608  # conditions of ours
            (value,),
        )
        return [Change(row[0], row[1], row[2], row[3], _day(row[4])) for row in rows]

    def aliases(self) -> dict[str, str]:
        """Other names of works, and the work that each means."""
        return {
            str(name): str(work) for name, work in self._database.execute("SELECT * FROM alias")
        }

    def outline(self, work: str) -> Iterator[tuple[str, str, str, str]]:
        """Key, kind, number and digest of every provision of a work, its newest version first.

        No text is read: a work of a hundred thousand provisions costs a moment.
        """
        yield from self._database.execute(
            "SELECT p.key, p.kind, p.number, p.text FROM version v JOIN provision p ON p.version = v.id"
            " WHERE v.work = ? ORDER BY v.valid_from DESC, v.id, p.place",
            (self.work(work),),
        )

    def spans(self) -> Iterator[Spell]:
        """Every wording of every provision with its days, without its text: by work, language, key.

        As ``wordings``, for what reads each distinct text once, or none.
        """
        versions = self._database.execute(
            "SELECT id, work, language, valid_from, valid_to FROM version"
            " ORDER BY work, language, valid_from"
        ).fetchall()
        for _, group in groupby(versions, key=lambda row: row[1:3]):
            yield from self._spans(list(group))

    def _spans(self, versions: list[tuple[Any, ...]]) -> Iterator[Spell]:
        standing: dict[str, Spell] = {}
        for place, (version, work, language, begins, told_end) in enumerate(versions):
            later = versions[place + 1][3] if place + 1 < len(versions) else None
            ends = told_end or later
            now: dict[str, Spell] = {}
            for key, kind, number, digest, refs in self._database.execute(
                "SELECT key, kind, number, text, refs FROM provision WHERE version = ? ORDER BY place",
                (version,),
            ):
                before = standing.pop(key, None)
                goes_on = before is not None and before.digest == digest and before.ends == begins
                since = before.begins if before is not None and goes_on else begins
                if before is not None and not goes_on:
                    yield before
                now[key] = Spell(work, language, key, kind, number, digest, since, ends, refs)
            yield from standing.values()
            standing = now
        yield from standing.values()

    def words(self, digest: str) -> str:
        """The text of a digest; raises ``NotFound``."""
        found = self._row("SELECT words FROM text WHERE digest = ?", digest)
        if found is None:
            raise NotFound(f"there is no text of the digest {digest[:16]}…")
        return _words(found[0], digest)

    def history(self, work: str, key: str, language: str) -> list[State]:
        """How a provision read over time: each wording with its days, the oldest first."""
        versions = self.versions(work, language)
        states: list[State] = []
        for number, version in enumerate(versions):
            found = self.provision(version, key)
            if found is None:
                continue
            later = versions[number + 1 :]
            ends = version.valid_to or next((one.valid_from for one in later), None)
            last = states[-1] if states else None
            if last and last.provision.digest == found.digest and last.ends == version.valid_from:
                states[-1] = State(last.begins, ends, last.provision)
            else:
                states.append(State(version.valid_from, ends, found))
        return states

    def states(self, work: str, language: str, key: str | None = None) -> Iterator[State]:
        """The wordings of a work, or of one provision: each provision's own, the oldest first."""
        if key is not None:
            yield from self.history(work, key, language)
            return
        found = sorted(
            self._wordings(self.versions(work, language)), key=lambda one: one.begins or date.min
        )
        yield from found

    def wordings(self, language: str | None = None) -> Iterator[State]:
        """Every distinct wording of every provision with its days: what an index is made of."""
        for work in self.works():
            by_language: dict[str, list[Version]] = {}
            for version in self.versions(work, language):
                by_language.setdefault(version.language, []).append(version)
            for versions in by_language.values():
                yield from self._wordings(versions)

    def _wordings(self, versions: list[Version]) -> Iterator[State]:
        open_states: dict[str, State] = {}
        for number, version in enumerate(versions):
            later = versions[number + 1 :]
            ends = version.valid_to or next((one.valid_from for one in later), None)
            standing: dict[str, State] = {}
            for found in self.provisions(version):
                before = open_states.pop(found.key, None)
                same = before is not None and before.provision.digest == found.digest
                if before is not None and same and before.ends == version.valid_from:
                    standing[found.key] = State(before.begins, ends, found)
                else:
                    if before is not None:
                        yield before
                    standing[found.key] = State(version.valid_from, ends, found)
            yield from open_states.values()
            open_states = standing
        yield from open_states.values()

    def _row(self, query: str, *values: Any) -> Any:
        with closing(self._database.execute(query, values)) as cursor:
            return cursor.fetchone()


_VERSION = (
    "v.id, v.work, v.language, v.title, v.kind, v.eli, v.valid_from, v.valid_to, v.known_from,"
    " v.licence, v.attribution, v.problems"
)
_STORED = (
    f"SELECT {_VERSION}, p.place, p.key, p.kind, p.number, p.heading, p.path, t.words, p.text,"  # noqa: S608  # names of columns, ours
    " p.as_filed, p.since, p.eli, p.terms, p.refs"
    " FROM provision p JOIN version v ON v.id = p.version JOIN text t ON t.digest = p.text"
)


def number_in(key: str) -> str:
    """``5bis`` of ``art_5bis``, ``1`` of ``art_1er`` and ``art_1``; empty where the key has no number."""
    told = re.search(r"(?:^|_)(?:art|rct|anx)_+(?:[a-z]_)?(\d[\w-]*)$", key)
    return "" if told is None else told[1].removesuffix("er").removesuffix("re")


def _is_unknown(newest: Version, all_of_it: list[Version], told: list[Version]) -> bool:
    """Whether the end of ``newest`` came with a later version that was not known yet."""
    after = [one for one in all_of_it if one.valid_from == newest.valid_to]
    return bool(after) and not any(one in told for one in after)


def _version(row: Sequence[Any]) -> Version:
    return Version(
        id=row[0], work=row[1], language=row[2], title=row[3], kind=row[4], eli=row[5],
        valid_from=_day(row[6]), valid_to=_day(row[7]), known_from=_day(row[8]), licence=row[9],
        attribution=row[10], problems=tuple(Problem(*one) for one in json.loads(row[11])),
    )  # fmt: skip


def _told(changes: Iterable[Change]) -> list[tuple[str | None, ...]]:
    return [(one.key, one.act, one.what, one.title, _iso(one.day)) for one in changes]


def _content(provisions: Iterable[tuple[str | None, ...]]) -> str:
    """SHA-256 over the keys of a version's provisions, the digests of their texts, and its changes."""
    return sha256(json.dumps(list(provisions)).encode()).hexdigest()


def _words(packed: bytes, digest: str) -> str:
    """The text of this digest. Raises ``IntegrityFailure`` where it is another."""
    words = zlib.decompress(packed)
    if sha256(words).hexdigest() != digest:
        raise IntegrityFailure(f"the words kept under {digest[:16]}… are not those that were read")
    return words.decode()


def _stored(row: Sequence[Any]) -> Stored:
    return Stored(
        version=_version(row[:12]), place=row[12], key=row[13], kind=row[14], number=row[15],
        heading=row[16], path=tuple(json.loads(row[17])), text=_words(row[18], row[19]),
        digest=row[19], as_filed=row[20], since=_day(row[21]), eli=row[22],
        terms=tuple(json.loads(row[23])),
        references=tuple((target, words) for target, words in json.loads(row[24])),
    )  # fmt: skip


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(2**20):
            digest.update(piece)
        return digest.hexdigest()


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)


class _Transaction:
    """All of what is within, or nothing."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")
