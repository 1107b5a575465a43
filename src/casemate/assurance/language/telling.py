"""A bar with the time left, on standard error where that is a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from casemate.assurance.language.runner import Hears, Progress


@contextmanager
def progress() -> Iterator[Hears | None]:
    """What a run tells its progress to; ``None`` where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("samples", total=None, left="the model is being loaded")
        yield lambda told: bar.update(task, completed=told.done, total=told.of, left=_left(told))


def _left(told: Progress) -> str:
    if told.seconds_left is None:
        return "begun"
    minutes, seconds = divmod(round(told.seconds_left), 60)
    return f"{minutes} min {seconds} s left" if minutes else f"{seconds} s left"
