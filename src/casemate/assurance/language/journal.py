"""What was answered, written down as it comes, so that a killed run goes on at the sample it was at.

One line of JSON an answer, appended and handed to the system before the next is asked: ``kill -9`` loses at
most the answer under way. A last line that was cut short is dropped. One process at a time holds a journal.
It holds prompts and answers, never keys; the folder is the user's alone.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from casemate.assurance.language.trial import Done
from casemate.errors import Conflict, IntegrityFailure


class Journal:
    """The answers of one model to one suite, in one language and with the same settings."""

    def __init__(self, file: int, path: Path, done: dict[tuple[str, int], Done]) -> None:
        """Made by ``open_journal``."""
        self._file, self._path, self.done = file, path, done

    def add(self, done: Done) -> None:
        """Write ``done`` down."""
        line = json.dumps(done.to_line(), ensure_ascii=True, allow_nan=False) + "\n"
        os.write(self._file, line.encode())
        self.done[done.sample, done.repeat] = done

    def discard(self) -> None:
        """Forget it: its answers are in a document now."""
        self._path.unlink(missing_ok=True)


@contextmanager
def open_journal(folder: Path, key: str) -> Iterator[Journal]:
    """The journal of ``key`` in ``folder``; raises ``Conflict`` where another process holds it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{key.removeprefix('sha256:')[:32]}.jsonl"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        _hold(file, path)
        yield Journal(file, path, dict(_read(file, path)))
    finally:
        os.close(file)


def _hold(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Conflict(
            f"another process tries this model on this suite just now ({path.name}); wait for it"
        ) from error


def _read(file: int, path: Path) -> Iterator[tuple[tuple[str, int], Done]]:
    with os.fdopen(os.dup(file), "rb") as text:
        text.seek(0)
        whole = text.read()
    kept = whole[: whole.rfind(b"\n") + 1]
    if len(kept) < len(whole):
        os.ftruncate(file, len(kept))
    for at, line in enumerate(kept.splitlines(), start=1):
        yield _entry(line, at, path)


def _entry(line: bytes, at: int, path: Path) -> tuple[tuple[str, int], Done]:
    try:
        told: dict[str, Any] = json.loads(line)
        done = Done.from_line(told)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityFailure(
            f"line {at} of the journal {path} is not what was written; remove the file to start anew"
        ) from error
    return (done.sample, done.repeat), done
