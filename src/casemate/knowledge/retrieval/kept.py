"""Stems kept by the digest of their text, in SQLite: an interrupted build goes on, a later one does
only what is new."""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from casemate.knowledge.encoding import Progress
from casemate.knowledge.retrieval.analysis import FORM, joined_stems

_TOGETHER = 1000


class StemCache:
    """A file of stems. One writer at a time."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, timeout=60)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS stems (digest BLOB PRIMARY KEY, line TEXT NOT NULL) WITHOUT ROWID"
        )

    def lines(self, texts: Sequence[str], language: str, progress: Progress) -> list[str]:
        """The stems of each text as one line; what is missing is analysed and kept."""
        distinct = list(dict.fromkeys(texts))
        known: dict[str, str] = {}
        for start in range(0, len(distinct), _TOGETHER):
            some = distinct[start : start + _TOGETHER]
            known |= self._some(some, language)
            progress(min(start + _TOGETHER, len(distinct)), len(distinct))
        return [known[text] for text in texts]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _some(self, texts: Sequence[str], language: str) -> dict[str, str]:
        digests = {text: _digest(text, language) for text in texts}
        ask = "SELECT line FROM stems WHERE digest = ?"
        found = {text: self._database.execute(ask, (digests[text],)).fetchone() for text in texts}
        missing = [text for text in texts if found[text] is None]
        made = dict(zip(missing, joined_stems(missing, language), strict=True))
        with self._database:
            self._database.executemany(
                "INSERT OR IGNORE INTO stems VALUES (?, ?)",
                [(digests[text], line) for text, line in made.items()],
            )
        return {text: made[text] if found[text] is None else found[text][0] for text in texts}


def _digest(text: str, language: str) -> bytes:
    return hashlib.sha256(f"{FORM}\0{language}\0{text}".encode()).digest()
