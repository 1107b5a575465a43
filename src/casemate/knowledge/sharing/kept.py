"""Vectors kept by the digest of their text in PostgreSQL: a text is encoded once for everybody.

Builders that run at once, here or on other machines, share the work: each locks the texts that it encodes
while it does, and takes others than those that are locked. A builder that is killed lets go of its locks
and loses what it had under them, at most ``_TOGETHER`` texts.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from casemate.errors import BadInput, IntegrityFailure
from casemate.knowledge.encoding.kinds import TextEncoder
from casemate.knowledge.encoding.vectors import Progress, text_digest
from casemate.knowledge.sharing.database import MOST_NUMBERS, SCHEMA, Cursor, Database
from casemate.knowledge.sharing.sides import Sides
from casemate.language.vectors import VectorSettings

_TOGETHER = 256
_ASKED_TOGETHER = 2000
_SECONDS = 10


class SharedVectors:
    """The vectors of everybody who shares the database. Nothing is asked of it until a text comes."""

    def __init__(self, settings: VectorSettings) -> None:
        self._database = Database(settings)
        self.sides = Sides(self._database, nearest_only=settings.nearest_only)

    def vectors(
        self, texts: Sequence[str], encoder: TextEncoder, progress: Progress | None = None
    ) -> NDArray[np.float16]:
        """A row for each text; what nobody has encoded yet is encoded and kept. ``progress`` counts
        distinct texts that were missing at the beginning, whoever encodes them."""
        _require_short(encoder.dimension)
        digests = [text_digest(encoder, text) for text in texts]
        self._encode(dict(zip(digests, texts, strict=True)), encoder, progress)
        known = self._known(list(dict.fromkeys(digests)), encoder.dimension)
        rows = np.empty((len(texts), encoder.dimension), np.float16)
        for place, digest in enumerate(digests):
            rows[place] = known[digest]
        return rows

    def take_over(self, file: Path) -> int:
        """Keep the vectors of a ``VectorCache``'s file that are not here yet, and say how many."""
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as held:
            digests = [row[0] for row in held.execute("SELECT digest FROM vectors")]
            missing = self._missing(digests)
            for some in _parts(missing, _TOGETHER):
                ask = "SELECT vector FROM vectors WHERE digest = ?"
                blobs = [held.execute(ask, [one]).fetchone()[0] for one in some]
                rows = [np.frombuffer(blob, "<f2") for blob in blobs]
                with self._database.transaction() as cursor:
                    _keep(cursor, some, rows)
        return len(missing)

    def standing(self) -> str:
        """One sentence on the database. Raises ``Unavailable``."""
        ask = """
            SELECT current_setting('server_version'), (SELECT count(DISTINCT index_digest) FROM sides),
                (SELECT extversion FROM pg_extension WHERE extname = 'vector')
        """
        with self._database.transaction(_SECONDS) as cursor:
            server, indexes, extension = cursor.execute(ask).fetchall()[0]
        return f"PostgreSQL {server} with pgvector {extension} answers, with vectors of {indexes} indexes"

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _encode(
        self, texts: Mapping[bytes, str], encoder: TextEncoder, progress: Progress | None
    ) -> None:
        missing = self._missing(list(texts))
        done = 0
        others: list[bytes] = []
        for some in _parts(missing, _TOGETHER):
            mine = self._make(some, texts, encoder, waits=False)
            others += [one for one in some if one not in mine]
            done += len(mine)
            if progress and mine:
                progress(done, len(missing))
        for some in _parts(others, _TOGETHER):  # done by others, unless they died
            self._make(some, texts, encoder, waits=True)
            done += len(some)
            if progress:
                progress(done, len(missing))

    def _make(
        self,
        some: Sequence[bytes],
        texts: Mapping[bytes, str],
        encoder: TextEncoder,
        *,
        waits: bool,
    ) -> list[bytes]:
        """Encode and keep those of these texts that nobody else is at; which they were."""
        with self._database.transaction() as cursor:
            mine = _locked(cursor, some, waits=waits)
            there = set(_there(cursor, mine))  # kept since we asked first
            missing = [digest for digest in mine if digest not in there]
            if missing:
                made = dict(encoder.stream([texts[digest] for digest in missing]))
                rows = [made[place].astype(np.float16) for place in range(len(missing))]
                _keep(cursor, missing, rows)
        return mine

    def _missing(self, digests: Sequence[bytes]) -> list[bytes]:
        with self._database.transaction() as cursor:
            there = {
                one for some in _parts(digests, _ASKED_TOGETHER) for one in _there(cursor, some)
            }
        return [digest for digest in digests if digest not in there]

    def _known(self, digests: Sequence[bytes], dimension: int) -> dict[bytes, NDArray[np.float16]]:
        known: dict[bytes, NDArray[np.float16]] = {}
        ask = "SELECT digest, vector FROM kept WHERE digest = ANY(%s)"
        with self._database.transaction() as cursor:
            for some in _parts(digests, _ASKED_TOGETHER):
                for digest, vector in cursor.execute(ask, [some]):
                    known[digest] = _numbers(vector, dimension)
        if len(known) < len(digests):
            raise IntegrityFailure(
                "vectors were removed from the shared database while they were read: build again"
            )
        return known


def _locked(cursor: Cursor, digests: Sequence[bytes], *, waits: bool) -> list[bytes]:
    """Which of these texts are ours until the transaction ends; all of them where ``waits``."""
    keys = {_key(one) for one in digests}
    lock = "pg_advisory_xact_lock(key) IS NOT NULL" if waits else "pg_try_advisory_xact_lock(key)"
    # In the order of the keys, so that two who wait do not wait for each other.
    ask = f"SELECT key, {lock} FROM unnest(%s::bigint[]) AS one(key)"  # noqa: S608 - ours alone
    got = {key for key, mine in cursor.execute(ask, [sorted(keys)]) if mine}
    return [one for one in digests if _key(one) in got]


def _key(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big", signed=True)


def _there(cursor: Cursor, digests: Sequence[bytes]) -> list[bytes]:
    ask = "SELECT digest FROM kept WHERE digest = ANY(%s)"
    return [row[0] for row in cursor.execute(ask, [list(digests)])]


def _keep(cursor: Cursor, digests: Sequence[bytes], rows: Sequence[NDArray[np.float16]]) -> None:
    cursor.executemany(
        "INSERT INTO kept VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [(digest, HalfVector(row)) for digest, row in zip(digests, rows, strict=True)],
    )


def _numbers(vector: HalfVector, dimension: int) -> NDArray[np.float16]:
    if vector.dimensions() != dimension:
        raise IntegrityFailure(
            f"the shared database keeps a vector of {vector.dimensions()} numbers where the encoder makes "
            f"{dimension}: somebody changed it; empty {SCHEMA}.kept and build again"
        )
    return vector.to_numpy()


def _require_short(dimension: int) -> None:
    if dimension > MOST_NUMBERS:
        raise BadInput(
            f"PostgreSQL keeps vectors of at most {MOST_NUMBERS:,} numbers, and the encoder makes "
            f"{dimension:,}: name a smaller model, or take [vectors] out of the settings"
        )


def _parts(every: Sequence[bytes], size: int) -> Iterator[list[bytes]]:
    for start in range(0, len(every), size):
        yield list(every[start : start + size])
