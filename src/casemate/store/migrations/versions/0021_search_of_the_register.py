"""The register is searched: an entry for each record's newest version."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from casemate.search_words import joined_words, words

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ALL = "name_words, text_words"
_FORGET = (
    f"INSERT INTO algorithm_search(algorithm_search, rowid, {_ALL}) "  # noqa: S608 - constants
    "VALUES ('delete', old.id, old.name_words, old.text_words);"
)
_LEARN = (
    f"INSERT INTO algorithm_search(rowid, {_ALL}) VALUES (new.id, new.name_words, new.text_words);"  # noqa: S608
)
_AFTER = (
    "CREATE TRIGGER IF NOT EXISTS algorithm_entry_{0} AFTER {0} ON algorithm_entry BEGIN {1} END"
)
SQLITE_INDEX = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS algorithm_search USING fts5({_ALL}, "
    "content='algorithm_entry', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 2', prefix='3 4')",
    _AFTER.format("insert", _LEARN),
    _AFTER.format("delete", _FORGET),
    _AFTER.format("update", _FORGET + " " + _LEARN),
)
POSTGRESQL_INDEX = (
    "ALTER TABLE algorithm_entry ADD COLUMN IF NOT EXISTS document tsvector GENERATED ALWAYS AS ("
    "setweight(to_tsvector('simple', name_words), 'A') || "
    "setweight(to_tsvector('simple', text_words), 'B')) STORED",
    "CREATE INDEX IF NOT EXISTS algorithm_entry_document ON algorithm_entry USING gin (document)",
)
_NEWEST = """
SELECT algorithm, version, organisation, document FROM algorithm_record AS one
WHERE version = (SELECT max(version) FROM algorithm_record WHERE algorithm = one.algorithm)
"""


def upgrade() -> None:
    op.create_table(
        "algorithm_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("shelf", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("section", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ai_act_class", sa.String(length=24), nullable=False),
        sa.Column("complete", sa.String(length=200), nullable=False),
        sa.Column("sort_name", sa.String(length=200), nullable=False),
        sa.Column("name_words", sa.Text(), nullable=False),
        sa.Column("text_words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("algorithm", "shelf", name="algorithm_entry_once"),
    )
    op.create_index("ix_algorithm_entry_organisation", "algorithm_entry", ["organisation"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_INDEX if is_sqlite else POSTGRESQL_INDEX:
        op.get_bind().exec_driver_sql(statement)
    _fill()


def _fill() -> None:
    """Which standards a record is complete for, it is found by from its next version on. Of what is on Annex
    III, the section is not worked out here: until its next version fewer people find it than may read it."""
    entries = sa.table("algorithm_entry", *(sa.column(name) for name in _COLUMNS))
    rows = [_entry(*row) for row in op.get_bind().execute(sa.text(_NEWEST))]
    if rows:
        op.bulk_insert(entries, rows)


_COLUMNS = (
    "algorithm", "shelf", "version", "organisation", "section", "status", "ai_act_class", "complete", "sort_name",
    "name_words", "text_words",
)  # fmt: skip


def _entry(algorithm: str, version: int, organisation: str, document: Any) -> dict[str, Any]:
    told = json.loads(document) if isinstance(document, str) else document
    names = list(told["name"].values())
    texts = [text for value in told.values() if isinstance(value, dict) for text in value.values()]
    return {
        "algorithm": algorithm, "shelf": "kept", "version": version, "organisation": organisation,
        "section": "national" if told.get("annex_iii_points") else "public",
        "status": told.get("status", ""), "ai_act_class": told.get("ai_act_class", ""), "complete": "",
        "sort_name": " ".join(words(names[0]))[:200],
        "name_words": joined_words([*names, algorithm]), "text_words": joined_words(texts),
    }  # fmt: skip
