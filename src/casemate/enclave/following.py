"""The live account of a run, as the enclave itself gives it: where it is, what the ledger says happened.

What a program prints is an output and is checked like one, so nothing of it is here; neither is anything
else that a program could steer while it reads the data. Live figures of CPU time or memory are not given:
a program that idles or allocates by what it reads could spell records with them, past the check. What is
told while it runs is the parent's clock against the limit. What it used is told at its end, in coarse steps
(``Run.for_team``). A program has no channel to declare progress on, for the same reason.

Every event is an entry of the ledger, and its number is the entry's index: whoever asks again gives the
last number that was seen. So there is no second record that could say something else.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.enclave.outputs import Outputs
from casemate.enclave.records import ACTIVE, Run, RunState
from casemate.enclave.runs import Runs, limits_of
from casemate.enclave.views import Views
from casemate.ledger import Entry, Ledger

ACTS = frozenset(
    {
        *(f"run.{state.value}" for state in RunState if state is not RunState.queued),
        "run.submitted",
        "data.protected",
        "output.kept",
        "output.checked",
        "output.cleared_first",
        "output.cleared",
        "output.kept_back",
        "output.held_again",
        "output.repaired",
        "output.refused",
        "output.released",
    }
)
"""What is told of a run: not who looked at an output or claimed it, which is the checkers' own business."""
_TOLD = ("was", "ended", "kind", "decision", "dataset", "version")
MOST_EVENTS = 500
"""At once; whoever asks again gets the next."""


@dataclass(frozen=True)
class RunEvent:
    """One thing that happened: entry ``number`` of the ledger, ``subject`` the run, an output or a view."""

    number: int
    time: str
    actor: str
    act: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Followed:
    """A run as it stands, and the events after the one that was asked from.

    ``ahead`` counts the runs that come before it, while it is queued; ``wall_seconds`` are whole seconds
    since it started, of ``wall_limit``; ``checked`` of ``outputs`` have their verdict.
    """

    run: Run
    ahead: int | None
    wall_seconds: int | None
    wall_limit: int
    outputs: int
    checked: int
    events: tuple[RunEvent, ...]
    last: int
    """The number to ask from next."""

    @property
    def is_over(self) -> bool:
        """Whether the machine has nothing left to do; people may have."""
        return self.run.is_over


class Follower:
    """Reads what is known of a run; changes nothing."""

    def __init__(
        self, ledger: Ledger, runs: Runs, views: Views, outputs: Outputs, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._runs = runs
        self._views = views
        self._outputs = outputs
        self._clock = clock

    def follow(self, tx: Session, run_id: str, after: int) -> Followed:
        """``run_id`` now, with its events of numbers above ``after`` (-1: all). Raises ``NotFound``."""
        run = self._runs.get(tx, run_id)
        outputs = self._outputs.list(tx, run=run_id)
        subjects = {run_id, *(output.id for output in outputs), *self._made_views(tx, run)}
        events = self._events(tx, subjects, after)
        return Followed(
            run=run,
            ahead=self._ahead(tx, run),
            wall_seconds=self._wall_seconds(run),
            wall_limit=int(limits_of(run).wall_seconds),
            outputs=len(outputs),
            checked=sum(output.decision is not None for output in outputs),
            events=events,
            last=events[-1].number if events else after,
        )

    def _made_views(self, tx: Session, run: Run) -> list[str]:
        """The views that were made since it was handed in; a renewed permit's are not those of its own."""
        read = [self._views.get(tx, recorded["view"]) for recorded in run.inputs.values()]
        views = [*self._views.of_permit(tx, run.permit), *read]
        return [view.id for view in views if view.made_at >= run.submitted_at]

    def _events(self, tx: Session, subjects: Collection[str], after: int) -> tuple[RunEvent, ...]:
        entries = self._ledger.entries_of(tx, subjects, start=after + 1)
        told = (_event(entry) for entry in entries if entry.act in ACTS)
        return tuple(event for event, _ in zip(told, range(MOST_EVENTS), strict=False))

    def _ahead(self, tx: Session, run: Run) -> int | None:
        if run.state is not RunState.queued:
            return None
        return [one.id for one in self._runs.list(tx, states=ACTIVE)].index(run.id)

    def _wall_seconds(self, run: Run) -> int | None:
        """By the parent's clock while it runs; then what it used, in whole seconds as its team is told."""
        if used := run.resources.get("used"):
            return -(-int(used["wall_ms"]) // 1000) if "wall_ms" in used else None
        if run.started_at is None:
            return None
        until: datetime = run.ended_at or self._clock()
        return max(0, int((until - run.started_at).total_seconds()))


def _event(entry: Entry) -> RunEvent:
    detail = {name: entry.detail[name] for name in _TOLD if name in entry.detail}
    return RunEvent(entry.index, entry.time, entry.actor, entry.act, entry.subject, detail)
