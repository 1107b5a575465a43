"""The full-text index over the register: FTS5 on SQLite, a tsvector on PostgreSQL.

Two parts are told apart: the name, and everything else that is looked for. Words reach the database's own
query language as letters and digits alone (``casemate.search_words``), quoted all the same.
"""

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    column,
    delete,
    event,
    func,
    inspect,
    literal_column,
    select,
    table,
)
from sqlalchemy.orm import Session

from casemate.register.records import Record, completeness
from casemate.register.tables import AlgorithmEntryRow, AlgorithmRecordRow
from casemate.search_words import Term, joined_words, words
from casemate.store import Base

LOOKED_FOR = (
    "short_description", "goal_and_impact", "intended_purpose", "organisation", "department",
    "policy_theme", "decision_process", "area", "model_type", "supplier",
)  # fmt: skip
"""The fields, beside the name, whose texts are searched."""
SORTED_BY = 200
"""Characters of a name that the order of a list looks at."""
_PARTS = ("name_words", "text_words")
_ALL = ", ".join(_PARTS)
_NEW = ", ".join(f"new.{part}" for part in _PARTS)
_OLD = ", ".join(f"old.{part}" for part in _PARTS)
_FORGET = (
    f"INSERT INTO algorithm_search(algorithm_search, rowid, {_ALL}) "  # noqa: S608 - constants
    f"VALUES ('delete', old.id, {_OLD});"
)
_LEARN = f"INSERT INTO algorithm_search(rowid, {_ALL}) VALUES (new.id, {_NEW});"  # noqa: S608
_AFTER = (
    "CREATE TRIGGER IF NOT EXISTS algorithm_entry_{0} AFTER {0} ON algorithm_entry BEGIN {1} END"
)
SQLITE_INDEX: tuple[str, ...] = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS algorithm_search USING fts5({_ALL}, "
    "content='algorithm_entry', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 2', prefix='3 4')",
    _AFTER.format("insert", _LEARN),
    _AFTER.format("delete", _FORGET),
    _AFTER.format("update", _FORGET + " " + _LEARN),
)
POSTGRESQL_INDEX: tuple[str, ...] = (
    "ALTER TABLE algorithm_entry ADD COLUMN IF NOT EXISTS document tsvector GENERATED ALWAYS AS ("
    "setweight(to_tsvector('simple', name_words), 'A') || "
    "setweight(to_tsvector('simple', text_words), 'B')) STORED",
    "CREATE INDEX IF NOT EXISTS algorithm_entry_document ON algorithm_entry USING gin (document)",
)


def create_register_index(connection: Connection) -> None:
    """Make the full-text index, unless it is there. The table ``algorithm_entry`` must be there."""
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in SQLITE_INDEX if is_sqlite else POSTGRESQL_INDEX:
        connection.exec_driver_sql(statement)


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_metadata: object, connection: Connection, **_: object) -> None:
    if inspect(connection).has_table("algorithm_entry"):
        create_register_index(connection)


@event.listens_for(Base.metadata, "before_drop")
def _before_the_tables(_metadata: object, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE IF EXISTS algorithm_search")


def shelve(tx: Session, shelf: str, row: AlgorithmRecordRow, record: Record, section: str) -> None:
    """Have ``row`` found on ``shelf``, in place of the version that was."""
    unshelve(tx, shelf, row.algorithm)
    looked_for = [text for name in LOOKED_FOR for text in record.text(name).values()]
    held = completeness(record)
    names = [*record.text("name").values(), row.algorithm]
    tx.add(
        AlgorithmEntryRow(
            algorithm=row.algorithm,
            shelf=shelf,
            version=row.version,
            organisation=row.organisation,
            section=section,
            status=record.told.get("status", ""),
            ai_act_class=record.told.get("ai_act_class", ""),
            complete="".join(
                f" {one.standard} " for one in held if one.mandatory and one.is_complete
            ),  # a standard without anything mandatory would find every record
            sort_name=" ".join(words(record.name))[:SORTED_BY],
            name_words=joined_words(names),
            text_words=joined_words([*looked_for, *record.told.get("tags", ())]),
        )
    )
    tx.flush()


def unshelve(tx: Session, shelf: str, algorithm: str) -> None:
    """Have it found on ``shelf`` no more."""
    wanted = (AlgorithmEntryRow.algorithm == algorithm, AlgorithmEntryRow.shelf == shelf)
    tx.execute(delete(AlgorithmEntryRow).where(*wanted))


def matching(tx: Session, terms: tuple[Term, ...], *, by_name: bool) -> ColumnElement[bool]:
    """That an entry has every one of ``terms``; ``by_name``: in its name."""
    if tx.get_bind().dialect.name == "sqlite":
        return AlgorithmEntryRow.id.in_(_fts(terms, by_name=by_name))
    query = " & ".join(_ts_term(term, "A" if by_name else "") for term in terms)
    asked = func.to_tsquery(literal_column("'simple'::regconfig"), query)
    document: ColumnElement[str] = literal_column("algorithm_entry.document")
    return document.bool_op("@@")(asked)


def _fts(terms: tuple[Term, ...], *, by_name: bool) -> Select[int]:
    parts = "name_words" if by_name else " ".join(_PARTS)
    query = " AND ".join(
        f'{{{parts}}} : "{" ".join(term.words)}"{"*" if term.prefix else ""}' for term in terms
    )
    found = table("algorithm_search", column("rowid"), column("algorithm_search"))
    rowid: ColumnElement[int] = found.c.rowid
    return select(rowid).where(found.c.algorithm_search.op("MATCH")(query))


def _ts_term(term: Term, weight: str) -> str:
    last = len(term.words) - 1
    pieces = []
    for place, word in enumerate(term.words):
        mark = ("*" if term.prefix and place == last else "") + weight
        pieces.append(f"'{word}'" + (f":{mark}" if mark else ""))
    return "(" + " <-> ".join(pieces) + ")"
