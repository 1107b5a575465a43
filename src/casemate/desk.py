"""The authority's desk: what waits for whom, and what a revocation would end, told before it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from casemate.access import Application, ApplicationEvent, Applications, Permits, State
from casemate.enclave import Enclave, OutputState
from casemate.enclave.records import ACTIVE

WAITING_FOR_AUTHORITY = frozenset({State.SUBMITTED, State.APPEALED})
WAITING_FOR_APPLICANT = frozenset({State.INCOMPLETE, State.CHANGES_REQUESTED})
OPEN = WAITING_FOR_AUTHORITY | WAITING_FOR_APPLICANT


class Rooms(Protocol):
    """Whoever holds the rooms that a revocation reaches."""

    applications: Applications
    permits: Permits

    @property
    def enclave(self) -> Enclave:
        """The room of runs and outputs."""


@dataclass(frozen=True)
class InboxItem:
    """An application that is not decided yet, and what it waits for."""

    application: Application
    waits_for: str
    """``authority`` or ``applicant``: while it is with the applicant, the clock stands still."""
    days_left: int | None
    """Whole days until the decision is due, below 0 where that is past; rounded down."""
    overdue: bool
    unanswered: bool
    """Whether the last word in its messages is the applicant's."""
    may_decide: bool
    """Whether the person who asked may decide on it: not one's own, nor a colleague's, nor twice."""


@dataclass(frozen=True)
class RevocationEffect:
    """What would end with a permit, by id. ``permits`` are those that it took the place of, and itself."""

    permit: str
    in_force: bool
    permits: tuple[str, ...]
    runs: tuple[str, ...]
    """That are queued, running or being checked: each stops and releases nothing."""
    views: tuple[str, ...]
    """That are open: their keys are destroyed."""
    outputs: tuple[str, ...]
    """That are held or cleared: none of them leaves any more."""
    amendments: tuple[str, ...]
    """Applications to change the permit, not decided yet: they could no longer be approved."""
    people: tuple[str, ...]


def waiting(
    applications: Iterable[Application], now: datetime
) -> list[tuple[Application, str, int | None, bool]]:
    """The undecided ``applications`` with who has them, the days left, and whether they are overdue:
    overdue first, then by due date; what is with its applicant, whose clock stands, comes last."""
    found = [
        (one, _waits_for(one), _days_left(one, now), _overdue(one, now))
        for one in applications
        if one.state in OPEN
    ]
    return sorted(
        found,
        key=lambda item: (item[1] == "applicant", item[0].due or item[0].created_at, item[0].id),
    )


def is_unanswered(application: Application, events: Sequence[ApplicationEvent]) -> bool:
    """Whether the applicant spoke last: by message, with no message or act of the authority since."""
    last = [event for event in events if event.act == "message" or event.deciding][-1:]
    return any(event.act == "message" and event.actor == application.applicant for event in last)


def revocation_effect(tx: Session, rooms: Rooms, permit: str, now: datetime) -> RevocationEffect:
    """What revoking ``permit`` now would end. Raises ``NotFound``."""
    known = rooms.permits.get(tx, permit)
    chain = rooms.permits.chain(tx, permit)
    enclave = rooms.enclave
    runs = [run for one in chain for run in enclave.runs.list(tx, permit=one)]
    undecided = {OutputState.held, OutputState.cleared}
    return RevocationEffect(
        permit=permit,
        in_force=known.in_force_at(now),
        permits=chain,
        runs=tuple(run.id for run in runs if run.state in ACTIVE),
        views=tuple(
            view.id
            for one in chain
            for view in enclave.views.of_permit(tx, one)
            if view.sealed_at is None
        ),
        outputs=tuple(
            output.id
            for run in runs
            for output in enclave.outputs.list(tx, run=run.id)
            if output.state in undecided
        ),
        amendments=tuple(
            one.id
            for one in rooms.applications.list(tx)
            if one.state in OPEN and one.form.amends == permit
        ),
        people=tuple(sorted(known.people)),
    )


def _waits_for(application: Application) -> str:
    return "authority" if application.state in WAITING_FOR_AUTHORITY else "applicant"


def _overdue(application: Application, now: datetime) -> bool:
    return (
        application.state in WAITING_FOR_AUTHORITY
        and application.due is not None
        and now >= application.due
    )


def _days_left(application: Application, now: datetime) -> int | None:
    return None if application.due is None else (application.due - now) // timedelta(days=1)
