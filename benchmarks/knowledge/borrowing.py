"""An encoder that gives a text without a vector that of another: for figures that no vector changes.

It must only be given a copy of a file of vectors: what it borrows is written there.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from casemate.knowledge.encoding import Encoder


class Borrowing:
    """Says it is ``encoder``, so that vectors kept of it count; the others come from ``kept``, in turn."""

    def __init__(self, encoder: Encoder, kept: Path) -> None:
        self._encoder = encoder
        self.borrowed = 0
        with sqlite3.connect(kept) as database:
            there = database.execute(
                "SELECT name FROM sqlite_master WHERE name = 'vectors'"
            ).fetchone()
            ask = "SELECT vector FROM vectors LIMIT 5000"
            rows = database.execute(ask).fetchall() if there else []
        self._pool = [np.frombuffer(row[0], "<f2").astype(np.float32) for row in rows]
        if not self._pool:
            self._pool = list(encoder.passages(["loi", "règlement", "bail"]))

    @property
    def dimension(self) -> int:
        """The encoder's."""
        return self._encoder.dimension

    @property
    def digest(self) -> str:
        """The encoder's."""
        return self._encoder.digest

    def query(self, text: str) -> NDArray[np.float32]:
        """The encoder's: questions borrow nothing."""
        return self._encoder.query(text)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The encoder's."""
        return self._encoder.passages(texts)

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Another text's vector for each, the same however many are asked for at once."""
        for place in range(len(texts)):
            self.borrowed += 1
            yield place, self._pool[self.borrowed % len(self._pool)]
