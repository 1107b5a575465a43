"""Tables that lie in a database: ``sqlite:///file.db#table``, ``duckdb:///...``, ``postgresql://...``.

The source is opened read-only and only the named table is read. A password in the address never
reaches a message.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from sqlalchemy import (
    Column,
    Engine,
    MetaData,
    Table,
    Text,
    cast,
    create_engine,
    inspect,
    select,
    types,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchTableError, OperationalError, SQLAlchemyError

from casemate.errors import BadInput, NotFound, Unavailable

SHOWN = 20
BATCH = 50_000


def read_database_table(address: str) -> pl.DataFrame:
    """The table after the ``#`` of ``address``.

    Raises ``BadInput`` for an address that is not one, ``NotFound`` for a missing file or table,
    ``Unavailable`` for a server that does not answer.
    """
    location, _, table = address.partition("#")
    try:
        url = make_url(location)
    except ArgumentError:
        raise BadInput(
            "the address of the table is not of the form sqlite:///file.db#table, "
            "duckdb:///file.duckdb#table or postgresql://user@host/database#schema.table"
        ) from None
    readers = {"sqlite": _read_sqlite, "duckdb": _read_duckdb, "postgresql": _read_postgresql}
    reader = readers.get(url.get_backend_name())
    if reader is None:
        raise BadInput(
            f"tables are not read from {url.get_backend_name()!r}; known: {', '.join(sorted(readers))}"
        )
    return reader(url, table)


def _file_of(url: URL) -> Path:
    path = Path(url.database or "")
    if not url.database or not path.is_file():
        raise NotFound(f"there is no database file {url.database or '(none)'}: check the path")
    return path


def _choose(tables: Sequence[str], wanted: str, where: str) -> str:
    if wanted in tables:
        return wanted
    listed = ", ".join(sorted(tables)[:SHOWN]) or "none"
    more = f" and {len(tables) - SHOWN} more" if len(tables) > SHOWN else ""
    if not wanted:
        raise BadInput(f"{where} is a database: name a table after '#'; it has: {listed}{more}")
    raise NotFound(f"{where} has no table {wanted!r}; it has: {listed}{more}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _read_sqlite(url: URL, wanted: str) -> pl.DataFrame:
    path = _file_of(url)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        kinds = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        table = _choose([name for (name,) in connection.execute(kinds)], wanted, path.name)
        return _sqlite_frame(connection, path, table)
    except sqlite3.DatabaseError as failure:
        raise BadInput(f"{path.name} cannot be read as an SQLite database: {failure}") from None
    finally:
        connection.close()


_SQLITE_TYPES = {
    ("integer",): pl.Int64,
    ("integer", "real"): pl.Float64,
    ("real",): pl.Float64,
    ("text",): pl.String,
    (): pl.String,
}


def _sqlite_frame(connection: sqlite3.Connection, path: Path, table: str) -> pl.DataFrame:
    """The table, each column of the one type that its values have; SQLite itself would mix them."""
    source = _quoted(table)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({source})")]
    schema: dict[str, Any] = {}
    for name in columns:
        quoted = _quoted(name)
        asked = f"SELECT DISTINCT typeof({quoted}) FROM {source} WHERE {quoted} IS NOT NULL"  # noqa: S608
        kinds = tuple(sorted(kind for (kind,) in connection.execute(asked)))
        if kinds not in _SQLITE_TYPES:
            raise BadInput(
                f"{path.name}: the column {name!r} of {table!r} holds {' and '.join(kinds)} values: "
                "cast them to one type in a view and publish that"
            )
        schema[name] = _SQLITE_TYPES[kinds]
    rows = connection.execute(f"SELECT * FROM {source}")  # noqa: S608 - quoted, and known to be a table
    pieces = [pl.DataFrame(schema=schema)]
    while some := rows.fetchmany(BATCH):
        pieces.append(pl.DataFrame(some, schema=schema, orient="row", strict=False))
    return pl.concat(pieces)


def _read_duckdb(url: URL, wanted: str) -> pl.DataFrame:
    path = _file_of(url)
    try:
        # No extension is fetched and no other file is opened by what the database may define.
        connection = duckdb.connect(
            str(path), read_only=True, config={"autoinstall_known_extensions": "false"}
        )
    except duckdb.Error as failure:
        raise BadInput(
            f"{path.name} cannot be opened as a DuckDB database: {str(failure).splitlines()[0][:200]}"
        ) from None
    with connection:
        names = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
        table = _choose(
            [name for (name,) in connection.execute(names).fetchall()], wanted, path.name
        )
        query = f"SELECT * FROM main.{_quoted(table)}"  # noqa: S608 - quoted, and known to be a table
        frame = pl.from_arrow(connection.sql(query).to_arrow_table())
        assert isinstance(frame, pl.DataFrame)
        return frame


def _read_postgresql(url: URL, wanted: str) -> pl.DataFrame:
    shown = url.set(drivername="postgresql").render_as_string(hide_password=True)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), isolation_level="REPEATABLE READ"
    )
    schema, _, name = wanted.rpartition(".")
    try:
        inspector = inspect(engine)
        known = [
            *inspector.get_table_names(schema or None),
            *inspector.get_view_names(schema or None),
        ]
        table = Table(
            _choose(known, name, shown), MetaData(), schema=schema or None, autoload_with=engine
        )
        return _postgresql_frame(engine, table, shown)
    except OperationalError as failure:
        raise Unavailable(f"{shown} does not answer: {str(failure.orig).splitlines()[0]}") from None
    except NoSuchTableError:
        raise NotFound(f"{shown} has no table {wanted!r}") from None
    except SQLAlchemyError as failure:
        raise BadInput(
            f"{shown}: the table {wanted!r} cannot be read: {type(failure).__name__}"
        ) from None
    finally:
        engine.dispose()


def _postgresql_frame(engine: Engine, table: Table, where: str) -> pl.DataFrame:
    columns = [_plain(column, where) for column in table.columns]
    schema = {column.name: dtype for column, dtype in zip(table.columns, columns, strict=True)}
    query = select(
        *(
            column if dtype != pl.String else cast(column, Text)
            for column, dtype in zip(table.columns, columns, strict=True)
        )
    )
    pieces = [pl.DataFrame(schema=schema)]
    with engine.connect().execution_options(stream_results=True, postgresql_readonly=True) as rows:
        pieces.extend(
            pl.DataFrame([tuple(row) for row in some], schema=schema, orient="row", strict=False)
            for some in rows.execute(query).partitions(BATCH)
        )
    return pl.concat(pieces)


def _plain(column: Column[Any], where: str) -> Any:
    """The column type for a PostgreSQL type; exact decimals become floating point, the rest text."""
    kinds: tuple[tuple[Any, Any], ...] = (
        (types.Integer, pl.Int64),
        (types.Numeric, pl.Float64),
        (types.Boolean, pl.Boolean),
        (
            types.DateTime,
            pl.Datetime("us", "UTC" if getattr(column.type, "timezone", False) else None),
        ),
        (types.Date, pl.Date),
        (types.Time, pl.Time),
    )
    if isinstance(column.type, types.ARRAY | types.JSON):
        raise BadInput(
            f"{where}: the column {column.name!r} holds lists or nested records: "
            "flatten it in a view and publish that"
        )
    return next((dtype for kind, dtype in kinds if isinstance(column.type, kind)), pl.String)
