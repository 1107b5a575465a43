"""Search: ranked, filtered, fast for common words too; the same on SQLite and PostgreSQL.

SQLite ranks by bm25 in an FTS5 index, PostgreSQL by ts_rank over a tsvector; both weigh title over
keywords over description over variables. Where more than ``CAP`` datasets match, those with the words
in title or keywords are ranked and the others follow, the newest first; facets are counted apart, over
the ``FACET_CAP`` newest: so the cost has a bound.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, get_args

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    Text,
    TextClause,
    cast,
    event,
    func,
    inspect,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from casemate.catalogue.description import AccessRight
from casemate.catalogue.records import Hit, SearchPage
from casemate.catalogue.tables import EntryRow
from casemate.catalogue.words import Term, filter_word, parse
from casemate.errors import BadInput
from casemate.store import Base

CAP = 1_000
"""Matches that are ranked."""
FACET_CAP = 2_500
"""Matches that are counted into facets: those of the newest datasets."""
COUNT_CAP = 100_000
"""Matches that SQLite counts, which it does from its index; from it on a total is a lower bound.
PostgreSQL would read each row: there the bound is ``FACET_CAP``."""
MAX_LIMIT = 200
MAX_CHOSEN = 20
"""Values of one facet that a search may ask for."""
COLUMNS = ("title_words", "keyword_words", "description_words", "variable_words")
HEAD = COLUMNS[:2]
"""Where a word that is everywhere counts most."""

Sort = Literal["best", "newest"]
Chosen = str | Sequence[str] | None
"""One value of a facet, or several of which any will do; ``None`` for all."""
FACETS = ("theme", "holder", "access_right", "regime")
_WORD_OF = {"theme": "theme", "holder": "holder", "access_right": "right", "regime": "regime"}
"""Each facet's word in ``filter_words``."""

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
    """A search, parsed: all terms must be there, and of each facet in ``filters`` one of its words."""

    terms: tuple[Term, ...]
    filters: Mapping[str, tuple[str, ...]]

    def without(self, facet: str) -> "Wanted":
        """The same, whatever is chosen of ``facet``."""
        return replace(
            self, filters={name: some for name, some in self.filters.items() if name != facet}
        )


Match = tuple[int, float]
"""The number of a matching entry and its score; plain, for there may be thousands in one search."""
Counts = dict[str, Counter[str]]
"""Of each facet how many matches have each value."""


def search(
    tx: Session,
    text: str,
    *,
    theme: Chosen = None,
    holder: Chosen = None,
    access_right: Chosen = None,
    regime: Chosen = None,
    sort: Sort = "best",
    limit: int = 20,
    offset: int = 0,
    facets: bool = True,
) -> SearchPage:
    """The page of published datasets that match ``text`` and the filters, the best first.

    An empty text matches all, the newest first. Raises ``BadInput`` for a limit over 200, and for an
    offset beyond the ``CAP`` ranked matches.
    """
    _require_page(limit, offset, sort)
    chosen = {"theme": theme, "holder": holder, "access_right": access_right, "regime": regime}
    wanted = Wanted(parse(text), _filters(chosen))
    index = _index(tx)
    seen = index.look(tx, wanted, facets=facets)
    by_score = sort == "best" and wanted.terms
    matches = index.ranked(tx, wanted, seen.newest) if by_score else seen.newest
    return SearchPage(
        hits=hits_of(tx, matches[:CAP][offset : offset + limit]),
        total=seen.total,
        total_is_exact=seen.total < seen.bound,
        facets=_facets(tx, index, wanted, seen.counts) if facets else {},
        facets_are_exact=seen.total < FACET_CAP,
        limit=limit,
        offset=offset,
    )


def _index(tx: Session) -> "_Index":
    if tx.get_bind().dialect.name == "sqlite":
        return _Sqlite()
    # Planned for the words that are asked: a plan kept for rare ones takes ten times as long for others.
    tx.execute(sql("SET LOCAL plan_cache_mode = force_custom_plan"))
    return _Postgresql()


def _require_page(limit: int, offset: int, sort: str) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise BadInput(f"a page holds 1 to {MAX_LIMIT} datasets, not {limit}")
    if not 0 <= offset < CAP:
        raise BadInput(
            f"only the best {CAP:,} matches are ranked: narrow the search by a word or filter"
        )
    if sort not in get_args(Sort):
        raise BadInput(f"matches are sorted {' or '.join(get_args(Sort))} first, not {sort!r}")


def _filters(chosen: Mapping[str, Chosen]) -> dict[str, tuple[str, ...]]:
    found = {}
    for facet, values in chosen.items():
        if listed := [values] if isinstance(values, str) else list(values or ()):
            if len(listed) > MAX_CHOSEN:
                raise BadInput(f"{facet}: choose at most {MAX_CHOSEN} values, not {len(listed)}")
            found[facet] = tuple(filter_word(_WORD_OF[facet], value) for value in listed)
    return found


@dataclass(frozen=True)
class _Seen:
    """A first look at the matches: the newest of them (more than ``CAP`` where there are more), their
    number up to a bound, and how many of the ``FACET_CAP`` newest are of each kind, if that was asked.
    """

    newest: list[Match]
    total: int
    bound: int
    counts: Counts


class _Index(Protocol):
    """What each database does in its own way."""

    def look(self, tx: Session, wanted: Wanted, *, facets: bool) -> _Seen:
        """All that is known of the matches without ranking them."""

    def ranked(self, tx: Session, wanted: Wanted, newest: list[Match]) -> list[Match]:
        """The matches in order, the best first; ``newest`` is what ``look`` saw."""

    def kinds(self, tx: Session, wanted: Wanted) -> Counts:
        """How many of the ``FACET_CAP`` newest matches are of each kind."""

    def holding(self, tx: Session, wanted: Wanted) -> list[int]:
        """The newest ``CAP`` that have what is ``wanted`` in title or keywords."""


_NEWEST = sql("SELECT id, 0.0 FROM catalogue_entry ORDER BY id DESC LIMIT :most")
_NEWEST_FOUND = sql(
    "SELECT rowid, 0.0 FROM catalogue_search WHERE catalogue_search MATCH :query "
    "ORDER BY rowid DESC LIMIT :most"
)
_SCORED = sql(
    "SELECT rowid, -bm25(catalogue_search, 10.0, 5.0, 2.0, 1.0, 0.0) "
    "FROM catalogue_search WHERE catalogue_search MATCH :query ORDER BY rowid DESC LIMIT :most"
)
_COUNTED = sql(
    "SELECT count(*) FROM "
    "(SELECT 1 FROM catalogue_search WHERE catalogue_search MATCH :query LIMIT :most)"
)
_KINDS_COUNTED = (
    "SELECT 'holder', holder, count(*) FROM found GROUP BY holder "
    "UNION ALL SELECT 'access_right', access_right, count(*) FROM found GROUP BY access_right "
    "UNION ALL SELECT 'regime', regime, count(*) FROM found GROUP BY regime "
    "UNION ALL SELECT 'theme', themes, count(*) FROM found GROUP BY themes"
)
_KINDS_FROM = """
WITH found AS MATERIALIZED (SELECT holder, access_right, regime, themes
FROM catalogue_entry INDEXED BY catalogue_entry_facets WHERE {} LIMIT :most)
"""
_KINDS = sql(_KINDS_FROM.format("id > 0 ORDER BY id DESC") + _KINDS_COUNTED)
_IN_INDEX = (
    "id IN (SELECT rowid FROM catalogue_search WHERE catalogue_search MATCH :query "
    "ORDER BY rowid DESC LIMIT :most)"
)
_KINDS_FOUND = sql(_KINDS_FROM.format(_IN_INDEX) + _KINDS_COUNTED)


class _Sqlite:
    """FTS5. Words are letters and digits only, so quoting them is all the escaping there is."""

    def look(self, tx: Session, wanted: Wanted, *, facets: bool) -> _Seen:
        query = _fts_query(wanted, COLUMNS)
        newest = _matches(tx, _NEWEST_FOUND, query) if query else _matches(tx, _NEWEST)
        total = len(newest) if len(newest) <= CAP else self._count(tx, query)
        return _Seen(newest, total, COUNT_CAP, self.kinds(tx, wanted) if facets else {})

    def ranked(self, tx: Session, wanted: Wanted, newest: list[Match]) -> list[Match]:
        if len(newest) <= CAP:
            return _by_score(_matches(tx, _SCORED, _fts_query(wanted, COLUMNS)))
        best = _by_score(_matches(tx, _SCORED, _fts_query(wanted, HEAD)))
        return best if len(best) > CAP else _in_turn(best, newest)

    def holding(self, tx: Session, wanted: Wanted) -> list[int]:
        found = _matches(tx, _NEWEST_FOUND, _fts_query(wanted, HEAD))
        return [entry for entry, _ in found[:CAP]]

    def _count(self, tx: Session, query: str) -> int:
        if not query:
            return tx.execute(select(func.count()).select_from(EntryRow)).scalar_one()
        return int(tx.execute(_COUNTED, {"query": query, "most": COUNT_CAP}).scalar_one())

    def kinds(self, tx: Session, wanted: Wanted) -> Counts:
        values: dict[str, Any] = {"most": FACET_CAP}
        if query := _fts_query(wanted, COLUMNS):
            values["query"] = query
        return _counts(tx.execute(_KINDS_FOUND if query else _KINDS, values).all())


def _matches(tx: Session, statement: TextClause, query: str | None = None) -> list[Match]:
    values: dict[str, Any] = {"most": CAP + 1}
    if query is not None:
        values["query"] = query
    return [(entry, score) for entry, score in tx.execute(statement, values).all()]


def _fts_query(wanted: Wanted, parts: Sequence[str]) -> str:
    clauses = [
        "{filter_words} : (" + " OR ".join(f'"{word}"' for word in some) + ")"
        for some in wanted.filters.values()
    ]
    for term in wanted.terms:
        star = "*" if term.prefix else ""
        clauses.append(f'{{{" ".join(parts)}}} : "{" ".join(term.words)}"{star}')
    return " AND ".join(clauses)


class _Postgresql:
    """tsvector and GIN. Words are letters and digits only, quoted all the same."""

    def look(self, tx: Session, wanted: Wanted, *, facets: bool) -> _Seen:
        found = self._newest(wanted)
        some = select(found.c.id).order_by(found.c.id.desc()).limit(CAP + 1).subquery()
        parts = [
            select(literal("newest"), cast(some.c.id, Text), literal(1)),
            select(literal("total"), literal(""), func.count()).select_from(found),
            *(self._kinds(found) if facets else ()),
        ]
        rows = [
            tuple(row) for row in tx.execute(union_all(*parts)).all()
        ]  # one reading of the matches
        numbers = sorted((int(value) for what, value, _ in rows if what == "newest"), reverse=True)
        total = next(number for what, _, number in rows if what == "total")
        counts = _counts(row for row in rows if row[0] in FACETS)
        return _Seen([(number, 0.0) for number in numbers], total, FACET_CAP, counts)

    def ranked(self, tx: Session, wanted: Wanted, newest: list[Match]) -> list[Match]:
        if len(newest) <= CAP:
            return self._scored(tx, wanted)
        best = self._scored(tx, wanted, weight="AB")  # the letters of title and keywords
        return best if len(best) > CAP else _in_turn(best, newest)

    def kinds(self, tx: Session, wanted: Wanted) -> Counts:
        return _counts(tx.execute(union_all(*self._kinds(self._newest(wanted)))).all())

    def holding(self, tx: Session, wanted: Wanted) -> list[int]:
        matching = select(EntryRow.id).where(*self._where(wanted, "AB"))
        return list(tx.scalars(matching.order_by(EntryRow.id.desc()).limit(CAP)))

    def _newest(self, wanted: Wanted) -> CTE:
        themes = cast(EntryRow.themes, Text).label("themes")
        chosen = select(
            EntryRow.id, EntryRow.holder, EntryRow.access_right, EntryRow.regime, themes
        )
        matching = chosen.where(*self._where(wanted)).order_by(EntryRow.id.desc())
        return matching.limit(FACET_CAP).cte("found")

    def _kinds(self, found: CTE) -> list[Select[Any]]:
        columns = (found.c.themes, found.c.holder, found.c.access_right, found.c.regime)
        return [
            select(literal(facet), column, func.count()).group_by(column)
            for facet, column in zip(FACETS, columns, strict=True)
        ]

    def _scored(self, tx: Session, wanted: Wanted, weight: str = "") -> list[Match]:
        query = _ts_query([_ts_term(term, weight) for term in wanted.terms])
        rank = func.ts_rank(literal_column("'{0.1, 0.2, 0.5, 1.0}'::real[]"), _DOCUMENT, query)
        matching = select(EntryRow.id, rank).where(*self._where(wanted, weight))
        newest = matching.order_by(EntryRow.id.desc()).limit(CAP + 1)
        return _by_score([(entry, score) for entry, score in tx.execute(newest).all()])

    def _where(self, wanted: Wanted, weight: str = "") -> list[ColumnElement[bool]]:
        terms = [_ts_term(term, weight) for term in wanted.terms]
        clauses: list[ColumnElement[bool]] = []
        if terms:
            clauses.append(_DOCUMENT.bool_op("@@")(_ts_query(terms)))
        if wanted.filters:
            some = [" | ".join(f"'{word}'" for word in any_) for any_ in wanted.filters.values()]
            clauses.append(_FILTERS.bool_op("@@")(_ts_query([f"({words})" for words in some])))
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


def holding(tx: Session, word: str) -> list[int]:
    """The entries with ``word`` in title or keywords: the newest ``CAP``."""
    return _index(tx).holding(tx, Wanted((Term((word,)),), {}))


def hits_of(tx: Session, matches: Sequence[Match]) -> tuple[Hit, ...]:
    """The datasets of ``matches``, in their order."""
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
    EntryRow.regime,
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
        regime=row.regime,
        themes=tuple(row.themes),
        rows=row.rows,
        score=score,
    )


def _facets(
    tx: Session, index: _Index, wanted: Wanted, counts: Counts
) -> dict[str, dict[str, int]]:
    """Of each facet the values and their counts. Of a facet that is filtered by, they are counted as
    if it were not: so that a reader sees what another choice would give."""
    apart = {facet: index.kinds(tx, wanted.without(facet))[facet] for facet in wanted.filters}
    return {facet: _most_first(counts[facet]) for facet in FACETS} | {
        facet: _most_first(counter) for facet, counter in apart.items()
    }


def _counts(rows: Iterable[Any]) -> Counts:
    """``rows`` of facet, value and number, where the value of ``theme`` is a list of themes in JSON."""
    counted: Counts = {facet: Counter() for facet in FACETS}
    for facet, value, number in rows:
        for one in json.loads(value) if facet == "theme" else [value]:
            counted[facet][one] += number
    return counted


def _most_first(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
