"""Who works: one process a home by file lock, one name an executor by advisory lock."""

import fcntl
import hashlib
import os
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

# A machine that vanishes is noticed by the database within half a minute, not after two hours.
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


class WorkerLock:
    """An exclusive lock on a file, held until ``release`` or the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock if no other process (or other holder in this one) has it."""
        if self._handle is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let it go; the file stays."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class ExecutorLocks:
    """PostgreSQL session locks, one an executor: held by the living, free once it is dead."""

    def __init__(self, url: URL, own: str) -> None:
        self.own = own
        self._engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_KEEPALIVE
        )
        self._session = self._open()

    def hold_own(self) -> None:
        """Make sure that our own lock is held, though the database was restarted meanwhile."""
        try:
            self._session.execute(text("SELECT 1"))
        except DBAPIError:
            self._session.close()
            self._session = self._open()

    def take_if_dead(self, executor: str) -> bool:
        """Take the lock of ``executor`` if it no longer lives; ``give_back`` afterwards."""
        query = text("SELECT pg_try_advisory_lock(:key)")
        return bool(self._session.scalar(query, {"key": _key(executor)}))

    def give_back(self, executor: str) -> None:
        """Let go of a dead executor's lock."""
        self._session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(executor)})

    def close(self) -> None:
        """Let go of all."""
        self._session.close()
        self._engine.dispose()

    def _open(self) -> Connection:
        session = self._engine.connect()
        session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(self.own)})
        return session


def _key(executor: str) -> int:
    """A signed 64-bit number for the name, in a space of our own."""
    hashed = hashlib.sha256(b"casemate executor " + executor.encode()).digest()
    return int.from_bytes(hashed[:8], "big", signed=True)
