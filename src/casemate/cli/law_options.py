"""What the commands of ``casemate law`` share: their options, and a bar for long work."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Corpus = Annotated[str, typer.Option(help="The collection of laws.")]
Work = Annotated[
    str, typer.Argument(help="The law, as `law works` names it, or its address (ELI).")
]
Key = Annotated[str, typer.Argument(help="The provision's id, such as art_1er.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the text.")]
Day = Annotated[str | None, typer.Option("--on", help="The day asked about (default: today).")]
Known = Annotated[
    str | None, typer.Option(help="What was known on this day (default: all that is known).")
]


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, at a terminal."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task(title)
        yield lambda done, of: bar.update(task, completed=done, total=of)
