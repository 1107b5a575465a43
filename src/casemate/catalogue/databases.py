"""Tables that lie in a database: ``sqlite:///file.db#table``, ``duckdb:///...``, ``postgresql://...``.

The source is opened read-only and only the named table is read. A password in the address never
reaches a message.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl
from sqlalchemy import MetaData, Table, create_engine, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchTableError, OperationalError, SQLAlchemyError

from casemate.errors import BadInput, NotFound, Unavailable

SHOWN = 20


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
        query = f"SELECT * FROM {_quoted(table)}"  # noqa: S608 - quoted, and known to be a table
        return pl.read_database(query, connection, infer_schema_length=None)
    except sqlite3.DatabaseError as failure:
        raise BadInput(f"{path.name} cannot be read as an SQLite database: {failure}") from None
    except (pl.exceptions.PolarsError, TypeError) as failure:
        raise BadInput(
            f"{path.name}: the table {wanted!r} holds values of two types in one column "
            f"({str(failure).splitlines()[0]}): cast them in a view and publish that"
        ) from None
    finally:
        connection.close()


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
        frame = pl.from_arrow(connection.execute(query).to_arrow_table())
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
        with engine.connect().execution_options(
            stream_results=True, postgresql_readonly=True
        ) as rows:
            pieces = list(
                pl.read_database(
                    select(table),
                    rows,
                    iter_batches=True,
                    batch_size=100_000,
                    infer_schema_length=None,
                )
            )
        return (
            pl.concat(pieces, how="vertical_relaxed")
            if pieces
            else pl.DataFrame(schema={column.name: pl.String for column in table.columns})
        )
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
