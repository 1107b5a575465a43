"""What every procedure before an authority shares: a table of acts and states, and one way to take a step.

Applications for data and participation in the regulatory sandbox are such procedures. ``Steps.take`` moves
a case if nobody moved it since it was read, notes the act with its words in the case's history, and records
it on the ledger with the digest of those words. A room adds what its procedure has beside that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casemate.canonical import digest
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.ledger import Ledger
from casemate.store import Json, UtcDateTime

S = TypeVar("S", bound=StrEnum)
R = TypeVar("R", bound="CaseColumns")
E = TypeVar("E")
ID, NAME = String(64), String(200)


class CaseColumns:
    """The columns that every case has."""

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    revision: Mapped[int]
    applicant: Mapped[str] = mapped_column(NAME, index=True)
    organisation: Mapped[str] = mapped_column(NAME)
    form: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EventColumns:
    """The columns of a case's history, beside the one that names the case."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(NAME)
    act: Mapped[str] = mapped_column(String(40))
    from_state: Mapped[str] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    deciding: Mapped[bool]


@dataclass(frozen=True)
class Event(Generic[S]):
    """One step or message in a case's life. ``text`` is the reason or the message."""

    at: datetime
    actor: str
    act: str
    from_state: S
    to_state: S
    text: str
    deciding: bool
    """Whether the act is an authority's decision, whose text is its reason."""


@dataclass(frozen=True)
class Machine(Generic[S]):
    """The state machine of one kind of case, as a table."""

    states: type[S]
    transitions: Mapping[str, Mapping[S, S]]
    """Every act, and where it leads from each state it is possible in. What is not here is refused."""
    deciding: frozenset[str]
    """The acts that are the authority's, each with its reason."""
    ledger_acts: Mapping[str, str]

    def step(self, case: str, state: str, act: str) -> tuple[S, S]:
        """The states before and after ``act``; raises ``Conflict`` where it is not possible."""
        before = self.states(state)
        after = self.transitions[act].get(before)
        if after is None:
            raise Conflict(
                f"{case} is {before.replace('_', ' ')}: {act.replace('_', ' ')} is not possible "
                "in that state"
            )
        return before, after

    def state(self, name: S | str, noun: str) -> S:
        """The state called ``name``; raises ``BadInput`` where ``noun`` has none such."""
        try:
            return self.states(name)
        except ValueError as failure:
            known = ", ".join(self.states)
            raise BadInput(f"{name!r} is no state of {noun}; there are {known}") from failure


@dataclass(frozen=True)
class Change:
    """What a step writes: the words with it, the columns it sets, what the ledger says beside them."""

    text: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    recorded: Mapping[str, Any] = field(default_factory=dict)
    """Never what a person typed: digests, numbers, ids."""


@dataclass(frozen=True)
class Tables(Generic[R, E]):
    """Where the cases of one kind lie: their rows, their histories, and what one is called."""

    case: type[R]
    event: type[EventColumns]
    named_by: str
    """The column of ``event`` that names the case; also the word for one."""
    told: Callable[..., E]
    """The record of one event: an ``Event`` of the case's states."""


class Steps(Generic[S, R, E]):
    """The cases of one kind in one home as they are kept."""

    def __init__(
        self, ledger: Ledger, clock: Clock, machine: Machine[S], tables: Tables[R, E]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._machine = machine
        self._tables = tables

    def row(self, tx: Session, case: str) -> R:
        """The row as it is now. Raises ``NotFound``."""
        query = select(self._tables.case).where(self._tables.case.id == case)
        row = tx.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise NotFound(f"there is no {self._tables.named_by} {case!r}")
        return row

    def row_for(self, tx: Session, case: str, act: str) -> R:
        """The row, if ``act`` is possible in its state; raises ``Conflict`` if not."""
        row = self.row(tx, case)
        self._machine.step(row.id, row.state, act)
        return row

    def involved(self, row: R) -> frozenset[str]:
        """Who takes no part in deciding the case: who applied, and whom the application names."""
        return frozenset({row.applicant, *row.form.get("people", ())})

    def take(self, tx: Session, actor: str, row: R, act: str, change: Change) -> None:
        """Take one step from the state that ``row`` was read in.

        Raises ``Conflict`` where the act is not possible in that state or somebody else was first,
        ``NotAllowed`` where the authority's act would be an applicant's.
        """
        before, after = self._machine.step(row.id, row.state, act)
        if act in self._machine.deciding and actor in self.involved(row):
            raise NotAllowed(
                f"{actor} applied for {row.id} or is named in it, and takes no part in deciding it"
            )
        case, revision = self._tables.case, row.revision
        # Comparing and setting is one statement: of two people at once, one finds nothing to set.
        moved = tx.execute(
            update(case)
            .where(case.id == row.id, case.state == before, case.revision == revision)
            .values(state=after, revision=revision + 1, **change.columns)
            .returning(case.id)
            .execution_options(synchronize_session=False)
        )
        if moved.first() is None:
            raise Conflict(f"{row.id} has moved on since it was read: look at it again")
        self.note(tx, row.id, actor, act, (before, after), change.text)
        detail: dict[str, Any] = {"state": after, "revision": revision + 1}
        if change.text:
            detail["text"] = digest(change.text.encode())
        detail |= change.recorded
        act_told = self._machine.ledger_acts[act]
        self._ledger.append(tx, actor=actor, act=act_told, subject=row.id, **detail)

    def say(self, tx: Session, actor: str, row: R, text: str, act: str = "message") -> None:
        """Add a message to the history, for both sides to read. Changes no state."""
        state = self._machine.states(row.state)
        self.note(tx, row.id, actor, act, (state, state), text)
        told, said = self._machine.ledger_acts[act], digest(text.encode())
        self._ledger.append(tx, actor=actor, act=told, subject=row.id, text=said)

    def note(
        self, tx: Session, case: str, actor: str, act: str, states: tuple[S, S], text: str
    ) -> None:
        """Add one event to the history."""
        said: dict[str, Any] = {
            self._tables.named_by: case,
            "at": self._clock(),
            "actor": actor,
            "act": act,
            "from_state": states[0],
            "to_state": states[1],
            "text": text,
            "deciding": act in self._machine.deciding,
        }
        tx.add(self._tables.event(**said))
        tx.flush()

    def events(self, tx: Session, case: str) -> tuple[E, ...]:
        """All that was done and said, in order."""
        event = self._tables.event
        of_case = getattr(event, self._tables.named_by) == case
        rows = tx.scalars(select(event).where(of_case).order_by(event.id))
        return tuple(
            self._tables.told(
                at=row.at,
                actor=row.actor,
                act=row.act,
                from_state=self._machine.states(row.from_state),
                to_state=self._machine.states(row.to_state),
                text=row.text,
                deciding=row.deciding,
            )
            for row in rows
        )
