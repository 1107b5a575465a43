"""Plans that are being weighed: each in a thread of its own, since a large table takes its time.

They live in the process that serves, for whoever asked; what a plan would do is remembered below, by the
platform, so that one that is lost is quickly found again.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from casemate.enclave.assessing import PlanPreview
from casemate.errors import CasemateError, NotFound
from casemate.ids import new_id
from casemate.platform import Platform

KEPT = 64
PATIENCE = 2.0
"""How many seconds a page waits for the answer before it tells of progress instead."""


@dataclass
class Weighing:
    """One question, and how far its answer is."""

    id: str
    actor: str
    application: str
    values: Mapping[str, tuple[str, ...]]
    """The whole form as it was typed, so that the page with the answer has it again."""
    done: int = 0
    of: int = 0
    found: Sequence[PlanPreview] = ()
    error: Exception | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def refusal(self) -> CasemateError | None:
        """Why there is no answer; an error of ours is raised where it is looked at."""
        if self.error is not None and not isinstance(self.error, CasemateError):
            raise self.error
        return self.error


class Weighings:
    """The last of them; one is computed at a time."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Weighing] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(1)

    def begin(
        self,
        platform: Platform,
        actor: str,
        application: str,
        plans: Mapping[str, Mapping[str, Any]],
        values: Mapping[str, tuple[str, ...]],
    ) -> Weighing:
        """Weigh ``plans``; returns when that is done, or after ``PATIENCE`` seconds."""
        made = Weighing(new_id("weighing"), actor, application, values)
        with self._lock:
            self._known[made.id] = made
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        worker = threading.Thread(
            target=self._weigh, args=(made, platform, plans), name=made.id, daemon=True
        )
        worker.start()
        made.ended.wait(PATIENCE)
        return made

    def find(self, weighing: str, actor: str, application: str) -> Weighing:
        """The one that ``actor`` began on ``application``; raises ``NotFound``, also for another's."""
        with self._lock:
            known = self._known.get(weighing)
        if known is None or (known.actor, known.application) != (actor, application):
            raise NotFound("this preview is no longer kept: weigh the plan again")
        return known

    def _weigh(
        self, made: Weighing, platform: Platform, plans: Mapping[str, Mapping[str, Any]]
    ) -> None:
        def progress(done: int, of: int) -> None:
            made.done, made.of = done, of

        try:
            with self._turn:
                made.found = platform.preview_plan(
                    made.actor, made.application, plans, progress=progress
                )
        except Exception as error:  # noqa: BLE001 - it is raised again in the request that looks at it
            made.error = error
        finally:
            made.ended.set()


_FIRST = threading.Lock()


def weighings_of(app: FastAPI) -> Weighings:
    """Those of one served application."""
    with _FIRST:
        if not hasattr(app.state, "weighings"):
            app.state.weighings = Weighings()
        known: Weighings = app.state.weighings
        return known
