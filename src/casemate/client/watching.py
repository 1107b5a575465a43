"""Progress for whoever watches: bytes on their way, and what a run is doing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]


class Watching:
    """Shows progress on standard error: where it is a terminal, unless told otherwise."""

    def __init__(self, shown: bool | None) -> None:
        self._shown = sys.stderr.isatty() if shown is None else shown

    def bytes_of(self, pieces: Iterable[bytes], what: str, size: int | None) -> Iterator[bytes]:
        """``pieces``, counted as they pass; ``size`` in bytes, where it is known."""
        if not self._shown:
            yield from pieces
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(what, total=size)
            for piece in pieces:
                yield piece
                progress.advance(task, len(piece))

    @contextmanager
    def state(self, what: str) -> Iterator[Tell]:
        """A line that says where ``what`` is, changed by what is told."""
        if not self._shown:
            yield lambda _: None
            return
        from rich.console import Console

        with Console(stderr=True).status(what) as status:
            yield lambda said: status.update(f"{what}: {said}")
