"""A run as it happens, at a terminal: a bar on standard error, and each event in words."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from casemate.enclave import Followed, RunEvent, RunState
from casemate.platform import Platform

_WAIT_SECONDS = 0.5
"""So often the bar moves; an event is told at once."""
SAID = {
    "run.submitted": "handed in; it waits for its turn",
    "data.protected": "the protected view of {dataset} version {version} was made",
    "run.running": "its data are ready; the sandbox starts",
    "run.checking": "the program has ended; the output check begins",
    "run.awaiting_review": "every output is checked; an output checker decides",
    "run.released": "it is over: outputs were released",
    "run.refused": "it is over: no output may leave",
    "run.failed": "it failed; nothing leaves",
    "run.cancelled": "it was stopped",
    "output.kept": "the program left an output, {subject}",
    "output.checked": "{subject} is checked: {decision}",
    "output.cleared_first": "{subject} was cleared by a first checker; a second looks",
    "output.cleared": "{subject} was cleared",
    "output.kept_back": "{subject} was kept back for a person to see",
    "output.held_again": "{subject} is held again: it would disclose by now",
    "output.repaired": "a repair of {subject} was made",
    "output.refused": "{subject} was refused",
    "output.released": "{subject} was released",
}


def sentence(event: RunEvent) -> str:
    """``event`` in words."""
    return SAID[event.act].format(subject=event.subject, **event.detail)


def followed(
    platform: Platform, actor: str, run: str, after: int, *, wait: bool
) -> tuple[Followed, list[RunEvent]]:
    """The run as it is at last, and all its events after ``after``; drawn on the way, at a terminal."""
    events: list[RunEvent] = []
    told = platform.follow(actor, run, after)
    with _bar() as (bar, task):
        while True:
            events += told.events
            for event in told.events:
                bar.console.print(f"{event.time}  {sentence(event)}", markup=False)
            bar.update(task, completed=_done(told), total=_total(told), description=_where(told))
            if not told.events and (told.is_over or not wait):
                return told, events
            told = platform.follow(actor, run, told.last, _WAIT_SECONDS if wait else 0.0)


@contextmanager
def _bar() -> Iterator[tuple[Progress, TaskID]]:
    with Progress(
        BarColumn(20),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True, quiet=not sys.stderr.isatty()),
        transient=True,
        refresh_per_second=5,
    ) as bar:
        yield bar, bar.add_task("", total=None)


def _done(told: Followed) -> int:
    return told.checked if told.run.state is RunState.checking else told.wall_seconds or 0


def _total(told: Followed) -> int | None:
    if told.run.state is RunState.queued:
        return None
    return told.outputs if told.run.state is RunState.checking else told.wall_limit


def _where(told: Followed) -> str:
    match told.run.state:
        case RunState.queued:
            return f"queued, {told.ahead} before it" if told.ahead else "its data are made ready"
        case RunState.running:
            return f"running, {told.wall_seconds} s of at most {told.wall_limit} s"
        case RunState.checking:
            return f"{told.checked} of {told.outputs} outputs checked"
        case over:
            return over.value.replace("_", " ")
