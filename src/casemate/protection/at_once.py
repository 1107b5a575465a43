"""Two things at once, where each takes as long as telling a thread does: compiled loops and Polars
hold no lock, so the second goes on while the first does."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Mine = TypeVar("Mine")
Other = TypeVar("Other")

_pool: list[ThreadPoolExecutor] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.clear)  # threads do not live on in a forked process


def at_once(mine: Callable[[], Mine], other: Callable[[], Other]) -> tuple[Mine, Other]:
    """What both give: ``mine`` in this thread, ``other`` in one that is kept for it.

    ``other`` must not call this itself: it could wait for its own thread. Both have ended when this
    does, unless ``mine`` raises; what ``other`` raises is raised here.
    """
    if processors() < 2:
        return one_by_one(mine, other)
    if not _pool:
        _pool.append(ThreadPoolExecutor(2, thread_name_prefix="casemate"))
    waiting = _pool[0].submit(other)
    time.sleep(0)  # lets the other begin: a thread that has the lock keeps it for milliseconds
    found = mine()
    return found, other() if waiting.cancel() else waiting.result()


def one_by_one(mine: Callable[[], Mine], other: Callable[[], Other]) -> tuple[Mine, Other]:
    """``at_once`` for what must stay in this thread."""
    return mine(), other()


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
