"""The database engine: SQLite in WAL mode by default, PostgreSQL by URL.

Two kinds of session leave this module. ``read()`` can change nothing. ``transaction()`` can, but
refuses to commit rows that no ledger entry speaks of: the third law is held here, below every room,
so that no room can forget it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, Engine, Executable, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from casemate.errors import Unavailable

Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document column, indexable on PostgreSQL."""

BUSY_TIMEOUT_SECONDS = 30
_MIGRATION_LOCK = 0x0CA5E  # any number, the same in every Casemate


class OffLedger(RuntimeError):
    """A transaction changed rows without a ledger entry: a bug of ours, never the user's."""


class Base(DeclarativeBase):
    """The one metadata that every room's tables hang on, so that Alembic sees them all."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; refuses naive datetimes, which mean different things on different machines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: aware moments only, turned to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a timezone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: SQLite forgets the zone, so it is put back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Store:
    """One database, opened by URL (``sqlite:////path`` or ``postgresql+psycopg://...``)."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.before_commit: Callable[[Session], None] = lambda _session: None
        """Called with every transaction as it is about to commit: what it raises, undoes it."""
        self.engine = _make_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded default."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent state and can change nothing."""
        with Session(self.engine, info={"recorded": 0, "changed": True}) as session:
            session.info["read_only"] = True
            yield session
            session.rollback()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits as a whole at the end of the block, or not at all.

        Raises ``OffLedger`` if rows changed and no entry was recorded, ``Unavailable`` if the
        database is locked for longer than 30 s or its disk is full.
        """
        with Session(self.engine, info={"recorded": 0, "changed": False}) as session:
            try:
                if self.is_sqlite:
                    session.connection(execution_options={"write": True})
                yield session
                session.flush()
                if session.info["changed"] and not session.info["recorded"]:
                    raise OffLedger("rows were changed without a ledger entry")
                self.before_commit(session)
                session.commit()
            except OperationalError as failure:
                session.rollback()
                raise Unavailable(_explain(failure, self.url)) from failure
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """One transaction for changing the schema; two processes that try take turns."""
        with self.off_ledger() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            yield connection

    @contextmanager
    def off_ledger(self) -> Iterator[Connection]:
        """One transaction for what is no act and no record: replies kept for repeated requests."""
        with (
            self.engine.connect() as plain,
            plain.execution_options(write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def shred(self) -> None:
        """Empty SQLite's write-ahead log, so that destroyed keys are in no file of the database."""
        if self.is_sqlite:
            with self.engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def mark_recorded(session: Session, entries: int = 1) -> None:
    """Called by the ledger alone: ``entries`` entries of this transaction speak of its changes."""
    session.info["recorded"] = session.info.get("recorded", 0) + entries


def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling is switched off: we say BEGIN ourselves, because the
    # driver would begin late and let two writers read the same ledger head.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # destroyed keys must not live on in free pages
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _explain(failure: OperationalError, url: URL) -> str:
    where = url.render_as_string(hide_password=True)
    return f"the database {where} did not take the change ({failure.orig}); nothing was recorded"


@event.listens_for(Session, "after_flush")
def _note_flush(session: Session, _context: object) -> None:
    if session.new or session.dirty or session.deleted:
        _note_change(session)


@event.listens_for(Session, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _note_change(state.session)


def _note_change(session: Session) -> None:
    if session.info.get("read_only"):
        raise OffLedger("a read-only session tried to change rows")
    session.info["changed"] = True


def ping(store: Store) -> None:
    """Raise ``Unavailable`` where the database cannot be reached."""
    statement: Executable = text("SELECT 1")
    try:
        with store.read() as session:
            session.execute(statement)
    except OperationalError as failure:
        raise Unavailable(_explain(failure, store.url)) from failure
