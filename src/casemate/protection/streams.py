"""Protect records as they arrive, by a plan and the generalisation that a search found before.

The stream is cut into tumbling windows. Within one, records of a class with fewer than k people are
held back; once the class fills they leave, and its later records leave at once. What is still held
when the window ends is suppressed. So at every moment each class that a window has released counts
k people or more. Windows end after ``rows`` records, and, where ``time`` and ``every`` are given,
when a record of a later period comes; ``rows`` bounds the memory in either case.

What is not promised: k holds within each window, not across windows for a person who comes again
(pseudonyms link the visits, as in any table released in parts), and only k-anonymity is judged, not
models of sensitive values. When a record leaves tells when its class filled. A record whose clock is
wrong by years ends its window, and what comes after is late: check moments at the source.

``protect`` takes batches one by one as its reader asks for them, so a slow reader holds the source
back; nothing is read ahead. ``checkpoint`` and ``resume`` carry a stream over a stop.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import polars as pl

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput, Conflict
from casemate.protection.frames import Frame, open_frame, polars_columns, require_columns
from casemate.protection.ladders import build_ladder
from casemate.protection.models import KAnonymity
from casemate.protection.plan import Plan
from casemate.protection.pseudonyms import Pseudonymiser, identifier_texts
from casemate.protection.stream_state import open_state, seal_state
from casemate.protection.stream_windows import PERSON, TumblingWindow, WindowReport

_EVERYBODY = "*class"
_KNOWN = "*known"
_REMEMBERED = 100_000  # labels kept for each quasi-identifier
_PLAN_PARTS = {
    *("version", "pseudonymise", "quasi_identifiers", "models", "suppression", "measure"),
    *("levels", "sensitive", "drop"),
    *("weights", "budget"),  # these steer a search, which is over
}


class StreamProtector:
    """Protects batches of records of the same columns; memory is bounded by one window."""

    def __init__(
        self,
        plan: Plan,
        generalisation: Mapping[str, int],
        key: bytes | None,
        variables: Sequence[str],
        *,
        rows: int = 10_000,
        time: str | None = None,
        every: timedelta | None = None,
        person: str | None = None,
        window_column: str | None = None,
        on_window: Callable[[WindowReport], None] | None = None,
        unknown_values: Literal["refuse", "suppress"] = "refuse",
    ) -> None:
        """``generalisation`` gives each quasi-identifier's level, as ``Result`` does.

        ``key`` belongs to one permit and is needed if a variable is pseudonymised. ``person`` names
        the column that tells people apart: without it each record counts as another person, which
        is wrong where one may come twice in a window. Records without a person count as one.
        ``time`` is a column of dates or moments, cut into periods of ``every`` from 1970 on.
        ``window_column`` adds the window's number; ``on_window`` is told of each window's end.
        A value that its hierarchy lacks refuses the batch, or its record never leaves (``suppress``).
        Raises BadInput for a plan that a stream cannot keep, or that says nothing of a level.
        """
        self.variables = _variables(plan, variables)
        self._identifiers = [name for name in plan.pseudonymise if name in self.variables]
        self._quasi = [name for name in plan.quasi_identifiers if name in self.variables]
        self._hierarchies = {name: plan.quasi_identifiers[name] for name in self._quasi}
        self._levels = _levels(plan, generalisation, self._quasi)
        self.__key, self._maker = key, None if key is None else Pseudonymiser(key)
        if self._identifiers and key is None:
            raise BadInput(
                f"the plan pseudonymises {self._identifiers[0]!r}: a pseudonym key is needed"
            )
        self.k = _k_of(plan)
        if rows < self.k:
            raise BadInput(f"a window of {rows} records cannot hold a class of {self.k}")
        if (time is None) != (every is None) or (every is not None and every <= timedelta(0)):
            raise BadInput("windows by time need a column, time, and a length above 0, every")
        self._rows, self._time, self._every, self._person = rows, time, every, person
        if unknown_values not in ("refuse", "suppress"):
            raise BadInput("a stream refuses unknown values or suppresses their records")
        self._suppresses = unknown_values == "suppress"
        if window_column in self.variables:
            raise BadInput(f"the window's column {window_column!r} is a variable's name")
        self._window_column, self._on_window = window_column, on_window
        self._labels: dict[str, dict[Any, tuple[str | None, bool]]] = {n: {} for n in self._quasi}
        self._settings = self._digest_of(plan)
        self._schema: pl.Schema | None = None
        self._came = 0
        self._period: int | None = None
        self._window: TumblingWindow | None = self._new_window(1)

    def __repr__(self) -> str:
        return f"StreamProtector({', '.join(self.variables)}; k = {self.k}, key hidden)"

    @property
    def came(self) -> int:
        """How many records were taken in, over every resumption."""
        return self._came

    def protect(self, batches: Iterable[Any]) -> Iterator[Any]:
        """What ``push`` gives for each of ``batches``, where that is any; then the stream's end."""
        for batch in batches:
            released = self.push(batch)
            if len(released):
                yield released
        self.close()

    def push(self, batch: Any) -> Any:
        """The records that may leave now, in the kind of table that ``batch`` is.

        They may be fewer or more than came. Raises BadInput for a batch that cannot be protected,
        of which then nothing was taken in, and Conflict after ``close``.
        """
        self._require_open()
        frame = open_frame(batch)
        needed = [*self.variables, *filter(None, [self._time, self._person])]
        require_columns(frame, needed, "a variable of the stream")
        columns = self._typed(polars_columns(frame, needed))
        rows = self._protected(columns)
        periods = self._periods(columns)
        self._schema = columns.schema
        self._came += len(columns)
        known = rows[_KNOWN]
        self._require_open().unknown += len(rows) - int(known.sum())
        rows = rows.drop(_KNOWN).filter(known)
        periods = None if periods is None else periods.filter(known)
        released = [rows.clear(), *self._released(rows, periods)]
        return _as_given(self._leaving(released), frame)

    def close(self) -> WindowReport:
        """End the stream: what the last window holds is suppressed."""
        window = self._require_open()
        report = self._end(window)
        self._window = None
        return report

    def checkpoint(self, written: int = 0) -> bytes:
        """The stream's state, sealed under its key; ``written`` travels along (an output's length).

        After a stop, ``resume`` a new protector of the same settings with it and go on with the
        record after the ``came`` first. What ``push`` gave since has to be undone: cut the output
        back to ``written``. Raises BadInput for a stream without a key.
        """
        window = self._require_open()
        state: dict[str, Any] = {
            "came": self._came,
            "period": self._period,
            "window": window.state(),
            "written": written,
        }
        if self._schema is not None:
            state["schema"] = pl.DataFrame(schema=self._schema)
        return seal_state(self._sealing_key(), self._settings, state)

    def resume(self, checkpoint: bytes) -> int:
        """Take on the state of a stopped stream; gives ``written`` as it was sealed.

        Raises IntegrityFailure for a state of other settings or another key, or one that was
        changed; Conflict where records came already.
        """
        if self._came:
            raise Conflict("records came already: resume a new StreamProtector")
        state = open_state(self._sealing_key(), self._settings, checkpoint)
        self._came, self._period = state["came"], state["period"]
        self._schema = state["schema"].schema if "schema" in state else None
        classes = self._quasi or [_EVERYBODY]
        self._window = TumblingWindow.restored(state["window"], self.k, classes)
        return int(state["written"])

    def _sealing_key(self) -> bytes:
        if self.__key is None:
            raise BadInput("a stream's state holds records and is sealed: give the stream a key")
        return self.__key

    def _digest_of(self, plan: Plan) -> str:
        every = None if self._every is None else self._every // timedelta(microseconds=1)
        parts = [
            [plan.to_dict(), self._levels, self.variables, self._rows, self._time, every],
            [self._person, self._window_column, self._suppresses],
        ]
        return digest(canonical_json(parts))

    def _require_open(self) -> TumblingWindow:
        if self._window is None:
            raise Conflict("the stream is closed: make a new StreamProtector")
        return self._window

    def _typed(self, columns: pl.DataFrame) -> pl.DataFrame:
        """The columns in the types of the first batch."""
        if self._schema is None:
            return columns
        for name, kind in columns.schema.items():
            if kind not in (self._schema[name], pl.Null):
                raise BadInput(
                    f"the column {name!r} was {self._schema[name]} in the stream's first batch and "
                    f"is {kind} in this one: give each batch the same types"
                )
        return columns.cast(self._schema)

    def _protected(self, columns: pl.DataFrame) -> pl.DataFrame:
        """The variables pseudonymised and generalised, with the person of each record beside them."""
        rows = columns.select(self.variables)
        labels = {name: self._generalised(rows[name]) for name in self._quasi}
        known = pl.Series(_KNOWN, [True]).new_from_index(0, len(rows))
        for found in labels.values():
            known &= found[_KNOWN]
        new = [labels[name][name] for name in self._quasi if self._levels[name]]  # 0: as it came
        people = self._people(columns)
        if self._maker is not None and self._identifiers:
            rows = pl.DataFrame(self._maker.pseudonymise(rows, self._identifiers))
        return rows.with_columns(*new, people, known, pl.lit(0).alias(_EVERYBODY))

    def _people(self, columns: pl.DataFrame) -> pl.Series:
        if self._person is not None:
            return identifier_texts(columns[self._person]).alias(PERSON)
        numbers = pl.int_range(self._came, self._came + len(columns), eager=True)
        return numbers.cast(pl.String).alias(PERSON)

    def _generalised(self, column: pl.Series) -> pl.DataFrame:
        """Each value's label at the level found, and whether there is one; labels are remembered."""
        known = self._labels[column.name]
        values = column.unique().to_list()
        if unseen := [value for value in values if value not in known]:
            if len(known) + len(unseen) > _REMEMBERED:
                known.clear()
                unseen = values
            known.update(self._learned(column.name, unseen))
        table = pl.DataFrame(
            {
                "value": pl.Series(values, dtype=column.dtype),
                column.name: pl.Series([known[value][0] for value in values], dtype=pl.String),
                _KNOWN: pl.Series([known[value][1] for value in values], dtype=pl.Boolean),
            }
        )
        return column.to_frame("value").join(
            table, on="value", how="left", nulls_equal=True, maintain_order="left"
        )

    def _learned(self, name: str, values: list[Any]) -> dict[Any, tuple[str | None, bool]]:
        """The labels of ``values``; where unknown ones are suppressed, they are found one by one."""
        level = self._levels[name]
        try:
            ladder = build_ladder(name, self._hierarchies[name], values)
        except BadInput:
            if not self._suppresses:
                raise
            if len(values) == 1:
                return {values[0]: (None, False)}
            half = len(values) // 2
            return self._learned(name, values[:half]) | self._learned(name, values[half:])
        if level >= ladder.height:
            raise BadInput(
                f"the hierarchy of {name!r} has levels 0 to {ladder.height - 1}; the "
                f"generalisation gives {level}"
            )
        labels = [(ladder.labels[level][code], True) for code in ladder.codes[level]]
        return dict(zip(values, labels, strict=True))

    def _periods(self, columns: pl.DataFrame) -> pl.Series | None:
        """For each record the number of its period since 1970; None for windows by count alone."""
        if self._time is None or self._every is None:
            return None
        column = columns[self._time]
        if not isinstance(column.dtype, pl.Date | pl.Datetime):
            raise BadInput(f"the column {self._time!r} holds {column.dtype} values: give moments")
        if column.null_count():
            raise BadInput(f"the column {self._time!r} has a record without a moment")
        moments = column.cast(pl.Datetime("us")).cast(pl.Int64)
        return moments // (self._every // timedelta(microseconds=1))

    def _released(self, rows: pl.DataFrame, periods: pl.Series | None) -> Iterator[pl.DataFrame]:
        if periods is None:
            yield from self._fill(rows)
            return
        for period in periods.unique().sort():
            part = rows.filter(periods == period)
            if self._period is not None and period < self._period:
                self._require_open().late += len(part)
                continue
            if self._period is not None and period > self._period:
                self._next(self._require_open())
            self._period = period
            yield from self._fill(part)

    def _fill(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Give ``rows`` to windows of at most so many records, one after the other."""
        while len(rows):
            window = self._require_open()
            room = self._rows - window.records
            leaving = window.add(rows[:room])
            yield leaving.with_columns(pl.lit(window.number).alias(_EVERYBODY))
            rows = rows[room:]
            if window.records == self._rows:
                self._next(window)

    def _next(self, window: TumblingWindow) -> None:
        if window.records or window.late or window.unknown:
            self._end(window)
            self._window = self._new_window(window.number + 1)

    def _new_window(self, number: int) -> TumblingWindow:
        return TumblingWindow(number, self.k, self._quasi or [_EVERYBODY])

    def _end(self, window: TumblingWindow) -> WindowReport:
        report = window.close()
        if self._on_window is not None:
            self._on_window(report)
        return report

    def _leaving(self, released: list[pl.DataFrame]) -> pl.DataFrame:
        """By window, then pseudonym and content: the order of arrival would name people."""
        rows = pl.concat(released)
        others = [name for name in self.variables if name not in self._identifiers]
        rows = rows.sort([_EVERYBODY, *self._identifiers, *others]).drop(PERSON)
        if self._window_column is None:
            return rows.drop(_EVERYBODY)
        return rows.rename({_EVERYBODY: self._window_column})


def _variables(plan: Plan, variables: Sequence[str]) -> list[str]:
    if not variables or len(set(variables)) != len(variables):
        raise BadInput("name at least one variable of the stream, and each once")
    for name in variables:
        if name in plan.drop:
            raise BadInput(f"the plan drops the variable {name!r}: it never leaves")
        if name in (PERSON, _EVERYBODY, _KNOWN, "*size"):
            raise BadInput(f"a variable of a stream cannot be named {name!r}: rename it")
    return list(variables)


def _k_of(plan: Plan) -> int:
    """The k to hold; a plan that asks for more than k-anonymity is refused, never half kept."""
    unset = Plan().to_dict()
    for part, value in plan.to_dict().items():
        if part not in _PLAN_PARTS and value != unset.get(part):
            raise BadInput(f"a stream cannot keep the plan's part {part!r}")
    for model in plan.models:
        if not isinstance(model, KAnonymity):
            raise BadInput(
                f"a stream keeps k-anonymity alone; the plan also asks for {model.describe()}"
            )
    return max((model.smallest_table() for model in plan.models), default=1)


def _levels(plan: Plan, generalisation: Mapping[str, int], names: Sequence[str]) -> dict[str, int]:
    for name in names:
        level = generalisation.get(name)
        if not isinstance(level, int) or isinstance(level, bool) or level < 0:
            raise BadInput(f"the generalisation gives no level for the quasi-identifier {name!r}")
        bound = plan.levels.get(name, level)
        low, high = (bound, bound) if isinstance(bound, int) else bound
        if level < low or (high is not None and level > high):
            most = "the top" if high is None else high
            raise BadInput(f"the plan allows {name!r} levels {low} to {most}; given is {level}")
    return {name: generalisation[name] for name in names}


def _as_given(table: pl.DataFrame, given: Frame) -> Any:
    if given.implementation.is_polars():
        return table
    return table.to_arrow() if given.implementation.is_pyarrow() else table.to_pandas()
