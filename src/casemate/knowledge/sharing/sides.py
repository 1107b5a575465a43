"""The vectors of an index's sides in PostgreSQL, in the order of the text: questions are held against them
where they lie.

Every vector of a side is looked at, so that what is found is what is found in memory. An index is kept as
long as a folder holds it: ``want`` before its sides are placed, ``settle`` when it has become the one that
the folder is read by.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from casemate.errors import Unavailable
from casemate.knowledge.sharing.database import LOCK, Database

Scores = NDArray[np.float32]
Places = NDArray[np.int64]

_SECONDS = 30  # of one look at a side


@dataclass(frozen=True)
class SharedSide:
    """A side in the database: its number there, and how many vectors of how many numbers it has."""

    database: Database
    side: int
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
        found = self._scores(rows, "AND piece = ANY(%s)", [pieces.tolist()])
        _require(len(found) == len(pieces))
        return np.asarray(found["scores"][np.argsort(found["piece"])], np.float32)

    def vectors(self, pieces: Places) -> NDArray[np.float32]:
        """Some vectors, ``pieces`` in ascending order."""
        ask = "SELECT vector FROM placed WHERE side = %s AND piece = ANY(%s) ORDER BY piece"
        with self.database.transaction(_SECONDS) as cursor:
            found = cursor.execute(ask, [self.side, pieces.tolist()]).fetchall()
        _require(len(found) == len(pieces))
        return np.array([vector.to_numpy() for (vector,) in found], np.float32)

    def _scores(self, rows: Scores, some: str, given: list[object]) -> NDArray[Any]:
        """Pieces with their scores, as one value of packed numbers: to take 40,000 rows of a result would
        cost more than to make them."""
        packed = " || ".join(["float4send((-(vector <#> %s))::float4)"] * len(rows))
        ask = (
            f"SELECT string_agg(int4send(piece) || {packed}, ''::bytea)"  # noqa: S608 - marks alone
            f" FROM placed WHERE side = %s {some}"
        )
        with self.database.transaction(_SECONDS) as cursor:
            cursor.execute(ask, [*map(HalfVector, rows), self.side, *given])
            found = (cursor.fetchone() or (None,))[0] or b""
        return np.frombuffer(found, [("piece", ">i4"), ("scores", ">f4", (len(rows),))])


class Sides:
    """The sides of every index that shares the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            cursor.execute(
                "DELETE FROM sides WHERE index_digest NOT IN (SELECT index_digest FROM holders)"
            )

    def place(self, index: str, language: str, vectors: NDArray[np.float16]) -> None:
        """Put a side there, whole or not at all; where another builder was first, its side is ours."""
        with self._database.transaction() as cursor:
            made = cursor.execute(
                "INSERT INTO sides (index_digest, language, pieces, dimension)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING side",
                [index, language, *vectors.shape],
            ).fetchone()
            if made is None:
                return
            into = "COPY placed FROM STDIN WITH (FORMAT BINARY)"
            with cursor.copy(into) as rows:
                rows.set_types(["int4", "int4", "halfvec"])
                for piece, vector in enumerate(vectors):
                    rows.write_row((made[0], piece, HalfVector(vector)))

    def placed(self, index: str, languages: Collection[str]) -> dict[str, SharedSide]:
        """Those of an index's sides that are there."""
        with self._database.transaction(_SECONDS) as cursor:
            found = cursor.execute(
                "SELECT language, side, pieces, dimension FROM sides"
                " WHERE index_digest = %s AND language = ANY(%s)",
                [index, list(languages)],
            ).fetchall()
        return {language: SharedSide(self._database, *row) for language, *row in found}


def _require(there: bool) -> None:
    if not there:
        raise Unavailable(
            "the vectors of this index are no longer in the shared database, since the index was built "
            "anew meanwhile or somebody removed them: ask again, or run `law index`"
        )
