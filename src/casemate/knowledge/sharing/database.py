"""The database of shared vectors: its tables, its connections, and what it says when it cannot.

Everything lies in one schema of its own, so that the database may hold other things. Nothing of a message
of the driver is passed on: it may name host, user and database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from pgvector.psycopg import register_vector
from psycopg.types import TypeInfo
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from casemate.errors import Unavailable
from casemate.language.vectors import VectorSettings

Cursor = psycopg.Cursor[tuple[Any, ...]]

SCHEMA = "casemate_vectors"
LOCK = 7_301_384_002
"""The advisory lock of whoever changes the tables or which indexes are kept."""
_WAITING = "10min"  # for other builders at work on the same texts

_TABLES = """
CREATE TABLE kept (
    digest bytea PRIMARY KEY,  -- SHA-256 of encoder and text
    vector halfvec NOT NULL
);
CREATE TABLE sides (
    index_digest text NOT NULL,
    language text NOT NULL,
    pieces integer NOT NULL,
    dimension integer NOT NULL,
    PRIMARY KEY (index_digest, language)
);
CREATE TABLE holders (
    holder text NOT NULL,  -- a folder of an index, by a number drawn for it
    index_digest text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (holder, index_digest)
);
ALTER TABLE kept ALTER vector SET STORAGE PLAIN;
"""
# Plain: a vector of 1,000 numbers would else be kept apart from its row, and a scan would seek each.
# The vectors of a side lie in a table of its own, which `sides.table_of` names.

MOST_NUMBERS = 4000
"""In a vector: what a page of PostgreSQL holds, and what pgvector indexes."""


_FOR_THIS_TRANSACTION = """
SELECT set_config('search_path', %s || current_setting('search_path'), true),
    set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true),
    set_config('idle_in_transaction_session_timeout', '0', true)
"""


class Database:
    """Connections to the database that the settings name; opened when first asked for something.

    Safe to use from several threads.
    """

    def __init__(self, settings: VectorSettings) -> None:
        self._engine = create_engine(
            settings.url, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )
        event.listen(self._engine, "connect", _prepare)
        self._ready = False

    @contextmanager
    def transaction(self, seconds: int | None = None) -> Iterator[Cursor]:
        """A cursor, and all that is done with it or nothing. Raises ``Unavailable``.

        ``seconds`` is the most that one statement may take.
        """
        try:
            connection = self._engine.raw_connection()
            try:
                with cast(Cursor, connection.cursor(binary=True)) as cursor:
                    self._require_tables(cursor)
                    _begin(cursor, seconds)
                    yield cursor
                connection.commit()
            finally:
                connection.close()  # into the pool, which undoes what was not committed
        except (psycopg.Error, DBAPIError, NoneFree) as failure:
            raise Unavailable(_told(failure)) from None

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def _require_tables(self, cursor: Cursor) -> None:
        """Make the tables where they are not there; two who try take turns."""
        if self._ready:
            return
        _begin(cursor, None)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        ask = "SELECT to_regnamespace(%s)::text, to_regclass(%s)::text"
        schema, table = cursor.execute(ask, [SCHEMA, f"{SCHEMA}.holders"]).fetchall()[0]
        if schema is None:
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        if table is None:
            for statement in _TABLES.strip().split(";\n"):
                cursor.execute(statement)
        cursor.connection.commit()
        self._ready = True


def _begin(cursor: Cursor, seconds: int | None) -> None:
    cursor.execute(_FOR_THIS_TRANSACTION, [f"{SCHEMA}, ", _WAITING, f"{seconds or 0}s"])


def _prepare(connection: psycopg.Connection[Any], _record: object) -> None:
    """Teach a new connection what a vector is."""
    if TypeInfo.fetch(connection, "halfvec") is None:
        raise Unavailable(
            "the database of the shared vectors has no pgvector of 0.7 or newer: whoever administers "
            "it installs that on its server and runs CREATE EXTENSION vector (or ALTER EXTENSION "
            "vector UPDATE) in that database"
        )
    register_vector(connection)
    connection.rollback()


_REASONS = {
    "28": "does not take the user or the password",
    "3D": "has no such database",
    "42501": "does not let this user: whoever administers it runs "
    f"CREATE SCHEMA {SCHEMA} AUTHORIZATION for the user",
    "53": "has no disk, memory or connections left",
    "55P03": "has had these texts locked by another builder for ten minutes: see what that one does",
    "57014": "took too long",
    "42P01": "no longer has the vectors of this index, which was built anew meanwhile or removed: ask "
    "again, or run `law index`",
    "25006": "takes no changes: it is a copy for reading, or set to read only",
}


def _told(failure: Exception) -> str:
    found = getattr(failure, "orig", failure)
    state = getattr(found, "sqlstate", None)
    if state is None:
        return (
            "the database of the shared vectors could not be reached, does not let us in or broke off: "
            "see [vectors] in the settings"
        )
    reason = next((why for begins, why in _REASONS.items() if state.startswith(begins)), None)
    return f"the database of the shared vectors {reason or f'refused (SQLSTATE {state})'}"
