"""Search: ranked, filtered, fast for common words too; the same on SQLite and PostgreSQL.

SQLite ranks by bm25 in an FTS5 index, PostgreSQL by ts_rank over a tsvector; both weigh title over
keywords over description over variables. Where more than ``CAP`` datasets match, those with the words
in title or keywords are ranked and the others follow, the newest first: so the cost has a bound.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    TextClause,
    event,
    func,
    inspect,
    literal_column,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from casemate.catalogue.description import AccessRight
from casemate.catalogue.records import Hit, SearchPage
from casemate.catalogue.tables import EntryRow
from casemate.catalogue.words import Term, filter_words, parse
from casemate.errors import BadInput
from casemate.store import Base

CAP = 1_000
"""Matches that are ranked and counted into facets."""
COUNT_CAP = 10_000
"""Matches that are counted; beyond it a total is a lower bound."""
MAX_LIMIT = 200
COLUMNS = ("title_words", "keyword_words", "description_words", "variable_words")
HEAD = COLUMNS[:2]
"""Where a word that is everywhere counts most."""

_ALL = ", ".join((*COLUMNS, "filter_words"))
_NEW = ", ".join(f"new.{column}" for column in (*COLUMNS, "filter_words"))
_OLD = ", ".join(f"old.{column}" for column in (*COLUMNS, "filter_words"))
_FORGET = (
    f"INSERT INTO catalogue_search(catalogue_search, rowid, {_ALL}) "  # noqa: S608 - constants
    f"VALUES ('delete', old.id, {_OLD});"
)
_LEARN = f"INSERT INTO catalogue_search(rowid, {_ALL}) VALUES (new.id, {_NEW});"  # noqa: S608
_AFTER = (
    "CREATE TRIGGER IF NOT EXISTS catalogue_entry_{0} AFTER {0} ON catalogue_entry BEGIN {1} END"
)

SQLITE_INDEX: tuple[str, ...] = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS catalogue_search USING fts5({_ALL}, "
    "content='catalogue_entry', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 2', prefix='3 4')",
    _AFTER.format("insert", _LEARN),
    _AFTER.format("delete", _FORGET),
    _AFTER.format("update", _FORGET + " " + _LEARN),
)
"""The full-text index on SQLite, and the triggers that keep it."""

POSTGRESQL_INDEX: tuple[str, ...] = (
    "ALTER TABLE catalogue_entry ADD COLUMN IF NOT EXISTS document tsvector GENERATED ALWAYS AS ("
    "setweight(to_tsvector('simple', title_words), 'A') || "
    "setweight(to_tsvector('simple', keyword_words), 'B') || "
    "setweight(to_tsvector('simple', description_words), 'C') || "
    "setweight(to_tsvector('simple', variable_words), 'D')) STORED",
    "ALTER TABLE catalogue_entry ADD COLUMN IF NOT EXISTS filters tsvector "
    "GENERATED ALWAYS AS (to_tsvector('simple', filter_words)) STORED",
    "CREATE INDEX IF NOT EXISTS catalogue_entry_document ON catalogue_entry USING gin (document)",
    "CREATE INDEX IF NOT EXISTS catalogue_entry_filters ON catalogue_entry USING gin (filters)",
)
"""The full-text index on PostgreSQL; its columns are generated and unknown to the mapped class."""


def create_search_index(connection: Connection) -> None:
    """Make the full-text index, unless it is there. The table ``catalogue_entry`` must be there."""
    if connection.dialect.name != "sqlite":
        for statement in POSTGRESQL_INDEX:
            connection.exec_driver_sql(statement)
        return
    is_new = not inspect(connection).has_table("catalogue_search")
    for statement in SQLITE_INDEX:
        connection.exec_driver_sql(statement)
    if is_new:
        connection.exec_driver_sql(
            "INSERT INTO catalogue_search(catalogue_search) VALUES ('rebuild')"
        )


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_metadata: object, connection: Connection, **_: object) -> None:
    if inspect(connection).has_table("catalogue_entry"):
        create_search_index(connection)


@event.listens_for(Base.metadata, "before_drop")
def _before_the_tables(_metadata: object, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE IF EXISTS catalogue_search")


@dataclass(frozen=True)
class Wanted:
    """A search, parsed: all terms and all filter words must be there."""

    terms: tuple[Term, ...]
    filters: tuple[str, ...]


Match = tuple[int, float]
"""The number of a matching entry and its score; plain, for there may be thousands in one search."""


def search(
    tx: Session,
    text: str,
    *,
    theme: str | None = None,
    holder: str | None = None,
    access_right: str | None = None,
    limit: int = 20,
    offset: int = 0,
    facets: bool = True,
) -> SearchPage:
    """The page of published datasets that match ``text`` and the filters, the best first.

    An empty text matches all, the newest first. Raises ``BadInput`` for a limit over 200, and for an
    offset beyond the ``CAP`` ranked matches.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise BadInput(f"a page holds 1 to {MAX_LIMIT} datasets, not {limit}")
    if not 0 <= offset < CAP:
        raise BadInput(
            f"only the best {CAP:,} matches are ranked: narrow the search by a word or filter"
        )
    themes = [theme] if theme is not None else []
    wanted = Wanted(parse(text), tuple(filter_words(themes, holder, access_right)))
    index: _Index = _Sqlite() if tx.get_bind().dialect.name == "sqlite" else _Postgresql()
    matches = index.ranked(tx, wanted)
    total = len(matches) if len(matches) <= CAP else index.count(tx, wanted)
    matches = matches[:CAP]
    return SearchPage(
        hits=_hits(tx, matches[offset : offset + limit]),
        total=total,
        total_is_exact=total < COUNT_CAP,
        facets=_facets(tx, matches) if facets else {},
        limit=limit,
        offset=offset,
    )


class _Index(Protocol):
    """What each database does in its own way."""

    def ranked(self, tx: Session, wanted: Wanted) -> list[Match]:
        """The matches in order; more than ``CAP`` of them where there are more than ``CAP``."""

    def count(self, tx: Session, wanted: Wanted) -> int:
        """The number of matches, up to ``COUNT_CAP``."""


_NEWEST = sql("SELECT id, 0.0 FROM catalogue_entry ORDER BY id DESC LIMIT :most")
_NEWEST_FOUND = sql(
    "SELECT rowid, 0.0 FROM catalogue_search WHERE catalogue_search MATCH :query "
    "ORDER BY rowid DESC LIMIT :most"
)
_SCORED = sql(
    "SELECT rowid, -bm25(catalogue_search, 10.0, 5.0, 2.0, 1.0, 0.0) "
    "FROM catalogue_search WHERE catalogue_search MATCH :query LIMIT :most"
)
_COUNTED = sql(
    "SELECT count(*) FROM "
    "(SELECT 1 FROM catalogue_search WHERE catalogue_search MATCH :query LIMIT :most)"
)


class _Sqlite:
    """FTS5. Words are letters and digits only, so quoting them is all the escaping there is."""

    def ranked(self, tx: Session, wanted: Wanted) -> list[Match]:
        query = _fts_query(wanted, COLUMNS)
        if not query:
            return _matches(tx, _NEWEST, {})
        newest = _matches(tx, _NEWEST_FOUND, {"query": query})
        if not wanted.terms:
            return newest
        if len(newest) <= CAP:
            return _by_score(_matches(tx, _SCORED, {"query": query}))
        best = _by_score(_matches(tx, _SCORED, {"query": _fts_query(wanted, HEAD)}))
        return best if len(best) > CAP else _in_turn(best, newest)

    def count(self, tx: Session, wanted: Wanted) -> int:
        if query := _fts_query(wanted, COLUMNS):
            return int(tx.execute(_COUNTED, {"query": query, "most": COUNT_CAP}).scalar_one())
        return _count_entries(tx, [])


def _matches(tx: Session, statement: TextClause, values: dict[str, str]) -> list[Match]:
    found = tx.execute(statement, {**values, "most": CAP + 1})
    return [(entry, score) for entry, score in found]


def _fts_query(wanted: Wanted, parts: Sequence[str]) -> str:
    clauses = [f'{{filter_words}} : "{word}"' for word in wanted.filters]
    for term in wanted.terms:
        star = "*" if term.prefix else ""
        clauses.append(f'{{{" ".join(parts)}}} : "{" ".join(term.words)}"{star}')
    return " AND ".join(clauses)


class _Postgresql:
    """tsvector and GIN. Words are letters and digits only, quoted all the same."""

    def ranked(self, tx: Session, wanted: Wanted) -> list[Match]:
        newest = self._newest(tx, wanted)
        if not wanted.terms:
            return newest
        if len(newest) <= CAP:
            return self._scored(tx, wanted)
        best = self._scored(tx, wanted, weight="AB")  # the letters of title and keywords
        return best if len(best) > CAP else _in_turn(best, newest)

    def count(self, tx: Session, wanted: Wanted) -> int:
        return _count_entries(tx, self._where(wanted))

    def _newest(self, tx: Session, wanted: Wanted) -> list[Match]:
        matching = select(EntryRow.id).where(*self._where(wanted))
        found = tx.scalars(matching.order_by(EntryRow.id.desc()).limit(CAP + 1))
        return [(entry, 0.0) for entry in found]

    def _scored(self, tx: Session, wanted: Wanted, weight: str = "") -> list[Match]:
        query = _ts_query([_ts_term(term, weight) for term in wanted.terms])
        rank = func.ts_rank(literal_column("'{0.1, 0.2, 0.5, 1.0}'::real[]"), _DOCUMENT, query)
        matching = select(EntryRow.id, rank).where(*self._where(wanted, weight)).limit(CAP + 1)
        return _by_score([(entry, score) for entry, score in tx.execute(matching)])

    def _where(self, wanted: Wanted, weight: str = "") -> list[ColumnElement[bool]]:
        terms = [_ts_term(term, weight) for term in wanted.terms]
        clauses: list[ColumnElement[bool]] = []
        if terms:
            clauses.append(_DOCUMENT.bool_op("@@")(_ts_query(terms)))
        if wanted.filters:
            filters = _ts_query([f"'{word}'" for word in wanted.filters])
            clauses.append(_FILTERS.bool_op("@@")(filters))
        return clauses


_DOCUMENT: ColumnElement[Any] = literal_column("catalogue_entry.document")
_FILTERS: ColumnElement[Any] = literal_column("catalogue_entry.filters")


def _ts_query(terms: Sequence[str]) -> ColumnElement[Any]:
    return func.to_tsquery(literal_column("'simple'::regconfig"), " & ".join(terms))


def _ts_term(term: Term, weight: str) -> str:
    """One term; ``:*`` marks a beginning and ``:A`` that it must be in the title."""
    last = len(term.words) - 1
    pieces = []
    for place, word in enumerate(term.words):
        mark = ("*" if term.prefix and place == last else "") + weight
        pieces.append(f"'{word}'" + (f":{mark}" if mark else ""))
    return "(" + " <-> ".join(pieces) + ")"


def _by_score(matches: list[Match]) -> list[Match]:
    """The best first; of equals the older."""
    return sorted(matches, key=lambda match: (-match[1], match[0]))


def _in_turn(best: list[Match], rest: list[Match]) -> list[Match]:
    """``best``, then what of ``rest`` is not among them."""
    seen = {entry for entry, _ in best}
    return best + [match for match in rest if match[0] not in seen]


def _count_entries(tx: Session, where: Sequence[ColumnElement[bool]]) -> int:
    some = select(EntryRow.id).where(*where).limit(COUNT_CAP).subquery()
    return tx.execute(select(func.count()).select_from(some)).scalar_one()


def _hits(tx: Session, matches: Sequence[Match]) -> tuple[Hit, ...]:
    chosen = select(*_SHOWN).where(EntryRow.id.in_([entry for entry, _ in matches]))
    rows = {row.id: row for row in tx.execute(chosen)}
    return tuple(_hit(rows[entry], score) for entry, score in matches)


_SHOWN = (
    EntryRow.id,
    EntryRow.dataset_id,
    EntryRow.version,
    EntryRow.holder,
    EntryRow.titles,
    EntryRow.descriptions,
    EntryRow.access_right,
    EntryRow.themes,
    EntryRow.rows,
)


def _hit(row: Any, score: float) -> Hit:
    return Hit(
        id=row.dataset_id,
        version=row.version,
        holder=row.holder,
        titles=row.titles,
        descriptions=row.descriptions,
        access_right=AccessRight(row.access_right),
        themes=tuple(row.themes),
        rows=row.rows,
        score=score,
    )


def _facets(tx: Session, matches: Sequence[Match]) -> dict[str, dict[str, int]]:
    numbers = [entry for entry, _ in matches]
    chosen = select(EntryRow.themes, EntryRow.holder, EntryRow.access_right)
    themes, holders, rights = Counter[str](), Counter[str](), Counter[str]()
    for row in tx.execute(chosen.where(EntryRow.id.in_(numbers))):
        themes.update(row.themes)
        holders[row.holder] += 1
        rights[row.access_right] += 1
    counters = {"theme": themes, "holder": holders, "access_right": rights}
    return {name: _most_first(counter) for name, counter in counters.items()}


def _most_first(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
