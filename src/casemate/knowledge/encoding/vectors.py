"""Vectors kept by the digest of their text, in SQLite: a text is encoded once, whoever asks and however
often.

An interrupted run loses what was encoded since the last hundreds of texts, and nothing else. Numbers
are kept as float16: 768 bytes a vector, cosine to the float32 vector above 0.99999.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from casemate.errors import IntegrityFailure
from casemate.knowledge.encoding.kinds import TextEncoder

Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""

_KEPT_TOGETHER = 256
_ASKED_TOGETHER = 500  # of SQLite's limit on parameters


class VectorCache:
    """A file of vectors. One writer at a time; readers are not hindered."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=60)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS vectors"
            " (digest BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )

    def vectors(
        self, texts: Sequence[str], encoder: TextEncoder, progress: Progress | None = None
    ) -> NDArray[np.float16]:
        """A row for each text; what is missing is encoded and kept. ``progress`` counts distinct
        missing texts."""
        digests = [text_digest(encoder, text) for text in texts]
        self._encode(dict(zip(digests, texts, strict=True)), encoder, progress)
        rows = np.empty((len(texts), encoder.dimension), np.float16)
        known = self._known(set(digests))
        for place, digest in enumerate(digests):
            rows[place] = _numbers(known[digest], encoder.dimension)
        return rows

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _encode(
        self, texts: dict[bytes, str], encoder: TextEncoder, progress: Progress | None
    ) -> None:
        there = self._known(texts.keys())
        missing = [(digest, text) for digest, text in texts.items() if digest not in there]
        batch: list[tuple[bytes, bytes]] = []
        for done, (place, vector) in enumerate(encoder.stream([text for _, text in missing]), 1):
            batch.append((missing[place][0], vector.astype("<f2").tobytes()))
            if len(batch) == _KEPT_TOGETHER or done == len(missing):
                with self._database:
                    self._database.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", batch)
                batch = []
                if progress:
                    progress(done, len(missing))

    def _known(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        known: dict[bytes, bytes] = {}
        every = list(digests)
        for start in range(0, len(every), _ASKED_TOGETHER):
            some = every[start : start + _ASKED_TOGETHER]
            marks = ",".join("?" * len(some))
            asked = f"SELECT digest, vector FROM vectors WHERE digest IN ({marks})"  # noqa: S608 - marks alone
            known.update(self._database.execute(asked, some))
        return known


def text_digest(encoder: TextEncoder, text: str) -> bytes:
    """What a text's vector is kept by: of the encoder and the text."""
    return hashlib.sha256(f"{encoder.digest}\0{text}".encode()).digest()


def _numbers(vector: bytes, dimension: int) -> NDArray[np.float16]:
    if len(vector) != 2 * dimension:
        raise IntegrityFailure("the file of vectors holds one of a wrong length: remove the file")
    return np.frombuffer(vector, "<f2")
