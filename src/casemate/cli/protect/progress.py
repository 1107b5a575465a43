"""How far a search is, at a terminal: what was judged, the best so far, the bound, the time left."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from casemate.protection import Budget
from casemate.protection import Progress as Search

_EVERY = 0.2  # seconds between two lines
_REMEMBERED = 50


@contextmanager
def searching(seconds: float | None, nodes: int | None) -> Iterator[Budget]:
    """The budget of a search whose progress is drawn on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield Budget(seconds=seconds, nodes=nodes)
        return
    with _bar() as bar:
        task = bar.add_task("searching", total=1.0)
        clock = TimeLeft(seconds)
        shown = -_EVERY

        def tell(search: Search) -> None:
            nonlocal shown
            clock.saw(search)
            if search.seconds - shown >= _EVERY:
                shown = search.seconds
                bar.update(task, completed=proven(search), description=told(search, clock.left()))

        yield Budget(seconds=seconds, nodes=nodes, progress=tell)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Hears how much is done, of how much, and draws it on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(
            task, completed=done, total=of, description=f"{what}: {done:,} of {of:,}"
        )


def _bar() -> Progress:
    return Progress(
        BarColumn(10),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=5,
    )


def stage(text: str) -> None:
    """Tell at a terminal what begins now."""
    if sys.stderr.isatty():
        print(f"{text} …", file=sys.stderr, flush=True)


def proven(search: Search) -> float:
    """How much of the best score is proven: 1 where nothing can be better."""
    if search.best is None or search.best <= 0:
        return 0.0
    return max(0.0, min(1.0, search.bound / search.best))


def told(search: Search, left: float | None) -> str:
    """A line on a search, for eighty columns: generalisations judged, best, bound, seconds ``left``."""
    best = "none yet" if search.best is None else f"{search.best:.4g}"
    words = [
        f"{search.judged:,} of {search.lattice:,}",
        f"best {best}",
        f"bound {search.bound:.4g}",
    ]
    if left is not None:
        words.append(f"about {left:.0f} s left")
    return " · ".join([*words, "Ctrl-C: take it"])


class TimeLeft:
    """The seconds until a search ends: until its bound meets its best, or its budget is spent.

    Where the search itself gives an estimate, that is it. Else the distance between best and bound
    is taken to close as fast as it lately did, which errs on both sides: bounds move in leaps.
    """

    def __init__(self, budget: float | None) -> None:
        self._budget = budget
        self._seen: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self._own: float | None = None
        self._now = 0.0

    def saw(self, search: Search) -> None:
        """Take note of where the search is."""
        self._now = search.seconds
        self._own = search.seconds_left
        if search.best is not None:
            self._seen.append((search.seconds, 1 - proven(search)))

    def left(self) -> float | None:
        """Seconds, or None while nothing can be said."""
        estimate = self._own if self._own is not None else self._closing()
        if self._budget is None:
            return estimate
        spare = max(0.0, self._budget - self._now)
        return spare if estimate is None else min(estimate, spare)

    def _closing(self) -> float | None:
        if len(self._seen) < 2:
            return None
        (begin, wide), (end, narrow) = self._seen[0], self._seen[-1]
        if narrow >= wide or end <= begin:
            return None
        return narrow * (end - begin) / (wide - narrow)
