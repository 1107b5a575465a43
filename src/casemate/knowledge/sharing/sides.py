"""The vectors of an index's sides in PostgreSQL, in the order of the text: questions are held against them
where they lie.

Every vector of a side is looked at, so that what is found is what is found in memory; or the nearest alone,
by a graph, where the settings want that. An index is kept as long as a folder holds it: ``want`` before its
sides are placed, ``settle`` when it has become the one that the folder is read by.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from casemate.errors import IntegrityFailure, Unavailable
from casemate.knowledge.passages import LANGUAGE
from casemate.knowledge.sharing.database import LOCK, Cursor, Database

Scores = NDArray[np.float32]
Places = NDArray[np.int64]

_SECONDS = 30  # of one look at a side
_DIGEST = re.compile(r"[0-9a-f]{32}")
_WIDEST = 1000  # of pgvector's search


@dataclass(frozen=True)
class SharedSide:
    """A side in the database: its table there, and how many vectors of how many numbers that has."""

    database: Database
    nearest_only: bool
    table: str
    pieces: int
    dimension: int

    def near(self, row: Scores) -> Scores:
        """The cosine of a question with each vector."""
        found = self._scores(row[None, :], "", [])
        _require(len(found) == self.pieces)
        scores = np.empty(self.pieces, np.float32)
        scores[found["piece"]] = found["scores"][:, 0]
        return scores

    def near_some(self, rows: Scores, pieces: Places) -> Scores:
        """Cosines with some vectors, ``pieces`` in ascending order: a row each, a column a question."""
        found = self._scores(rows, "WHERE piece = ANY(%s)", [pieces.tolist()])
        _require(len(found) == len(pieces))
        return np.asarray(found["scores"][np.argsort(found["piece"])], np.float32)

    def nearest(self, row: Scores, count: int) -> Places:
        """Some ``count`` of the pieces nearest to a question, by the graph over them: nearly all of these
        are the nearest, and few of those are missing."""
        ask = f"SELECT piece FROM {self.table} ORDER BY vector <#> %s LIMIT %s"  # noqa: S608 - a name of ours
        wide = str(min(2 * count, _WIDEST))
        with self.database.transaction(_SECONDS) as cursor:
            cursor.execute("SELECT set_config('hnsw.ef_search', %s, true)", [wide])
            found = cursor.execute(ask, [HalfVector(row), count]).fetchall()
        return np.array([piece for (piece,) in found], np.int64)

    def vectors(self, pieces: Places) -> NDArray[np.float32]:
        """Some vectors, ``pieces`` in ascending order."""
        ask = f"SELECT vector FROM {self.table} WHERE piece = ANY(%s) ORDER BY piece"  # noqa: S608
        with self.database.transaction(_SECONDS) as cursor:
            found = cursor.execute(ask, [pieces.tolist()]).fetchall()
        _require(len(found) == len(pieces))
        return np.array([vector.to_numpy() for (vector,) in found], np.float32)

    def _scores(self, rows: Scores, some: str, given: list[object]) -> NDArray[Any]:
        """Pieces with their scores, as one value of packed numbers: to take 40,000 rows of a result would
        cost more than to make them."""
        packed = " || ".join(["float4send((-(vector <#> %s))::float4)"] * len(rows))
        whole = f"string_agg(int4send(piece) || {packed}, ''::bytea)"
        with self.database.transaction(_SECONDS) as cursor:
            ask = f"SELECT {whole} FROM {self.table} {some}"  # noqa: S608 - marks and a name of ours
            cursor.execute(ask, [*map(HalfVector, rows), *given])
            found = (cursor.fetchone() or (None,))[0] or b""
        return np.frombuffer(found, [("piece", ">i4"), ("scores", ">f4", (len(rows),))])


class Sides:
    """The sides of every index that shares the database. ``nearest_only``: they are asked for the nearest
    by a graph, not for all."""

    def __init__(self, database: Database, *, nearest_only: bool) -> None:
        self._database = database
        self._nearest_only = nearest_only

    def want(self, holder: str, index: str) -> None:
        """Let the sides of ``index`` be kept for a folder."""
        with self._database.transaction() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(
                "INSERT INTO holders VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [holder, index],
            )

    def settle(self, holder: str, index: str) -> None:
        """Let go of the folder's other indexes, and remove what no folder holds."""
        with self._database.transaction() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(
                "DELETE FROM holders WHERE holder = %s AND index_digest <> %s",
                [holder, index],
            )
            left = cursor.execute(
                "DELETE FROM sides WHERE index_digest NOT IN (SELECT index_digest FROM holders)"
                " RETURNING index_digest, language"
            ).fetchall()
            for gone, language in left:
                cursor.execute(f"DROP TABLE IF EXISTS {table_of(gone, language)}")

    def place(self, index: str, language: str, vectors: NDArray[np.float16]) -> SharedSide:
        """Put a side there, whole or not at all; where another builder was first, its side is ours."""
        with self._database.transaction() as cursor:
            made = cursor.execute(
                "INSERT INTO sides (index_digest, language, pieces, dimension)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING language",
                [index, language, *vectors.shape],
            ).fetchone()
            if made is not None:
                _fill(cursor, table_of(index, language), vectors)
        return self.placed(index, [language])[language]

    def placed(self, index: str, languages: Collection[str]) -> dict[str, SharedSide]:
        """Those of an index's sides that are there."""
        with self._database.transaction(_SECONDS) as cursor:
            found = cursor.execute(
                "SELECT language, pieces, dimension FROM sides"
                " WHERE index_digest = %s AND language = ANY(%s)",
                [index, list(languages)],
            ).fetchall()
        return {
            language: SharedSide(
                self._database, self._nearest_only, table_of(index, language), *row
            )
            for language, *row in found
        }

    def draw(self, index: str, languages: Collection[str]) -> None:
        """The graphs by which the nearest are found (HNSW: Malkov and Yashunin 2018), where the settings
        want that and they are not there."""
        if not self._nearest_only:
            return
        for side in self.placed(index, languages).values():
            with self._database.transaction() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [side.table]
                )
                cursor.execute(
                    f"CREATE INDEX IF NOT EXISTS {side.table}_near ON {side.table}"
                    " USING hnsw (vector halfvec_ip_ops)"
                )


def table_of(index: str, language: str) -> str:
    """The table of a side: the same where it was removed and is placed again, for those who ask on."""
    if not _DIGEST.fullmatch(index) or not LANGUAGE.fullmatch(language):
        raise IntegrityFailure(f"an index of the digest {index!r} in {language!r} is none of ours")
    return f"side_{index}_{language}"


def _fill(cursor: Cursor, table: str, vectors: NDArray[np.float16]) -> None:
    cursor.execute(
        f"CREATE TABLE {table} (piece integer PRIMARY KEY, vector halfvec({vectors.shape[1]}) NOT NULL)"
    )
    cursor.execute(f"ALTER TABLE {table} ALTER vector SET STORAGE PLAIN")
    with cursor.copy(f"COPY {table} FROM STDIN WITH (FORMAT BINARY)") as rows:
        rows.set_types(["int4", "halfvec"])
        for piece, vector in enumerate(vectors):
            rows.write_row((piece, HalfVector(vector)))
    cursor.execute(f"ANALYZE {table}")


def _require(there: bool) -> None:
    if not there:
        raise Unavailable(
            "the vectors of this index are no longer in the shared database, since the index was built "
            "anew meanwhile or somebody removed them: ask again, or run `law index`"
        )
