"""Protect records as they arrive, by a plan and the generalisation that a search found before.

The stream is cut into tumbling windows. Within one, records of a class with fewer than k people are
held back; once the class fills they leave, and its later records leave at once. What is still held
when the window ends is suppressed. So at every moment each class that a window has released counts
k people or more. Windows end after ``rows`` records, and, where ``time`` and ``every`` are given,
when a record of a later period comes; ``rows`` bounds the memory in either case.

What is not promised: k holds within each window, not across windows for a person who comes again
(pseudonyms link the visits, as in any table released in parts), and only k-anonymity is judged, not
models of sensitive values. When a record leaves tells when its class filled.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from casemate.errors import BadInput, Conflict
from casemate.protection.frames import Frame, open_frame, polars_columns, require_columns
from casemate.protection.ladders import build_ladder
from casemate.protection.models import KAnonymity
from casemate.protection.plan import Plan
from casemate.protection.pseudonyms import Pseudonymiser, identifier_texts
from casemate.protection.stream_windows import PERSON, TumblingWindow, WindowReport

_EVERYBODY = "*class"
_REMEMBERED = 100_000  # labels kept for each quasi-identifier
_PLAN_PARTS = {
    *("version", "pseudonymise", "quasi_identifiers", "models", "suppression", "measure"),
    *("levels", "sensitive", "drop"),
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
    ) -> None:
        """``generalisation`` gives each quasi-identifier's level, as ``Result`` does.

        ``key`` belongs to one permit and is needed if a variable is pseudonymised. ``person`` names
        the column that tells people apart: without it each record counts as another person, which
        is wrong where one may come twice in a window. Records without a person count as one.
        ``time`` is a column of dates or moments, cut into periods of ``every`` from 1970 on.
        ``window_column`` adds the window's number; ``on_window`` is told of each window's end.
        Raises BadInput for a plan that a stream cannot keep, or that says nothing of a level.
        """
        self.variables = _variables(plan, variables)
        self._identifiers = [name for name in plan.pseudonymise if name in self.variables]
        self._quasi = [name for name in plan.quasi_identifiers if name in self.variables]
        self._hierarchies = {name: plan.quasi_identifiers[name] for name in self._quasi}
        self._levels = _levels(plan, generalisation, self._quasi)
        self._maker = None if key is None else Pseudonymiser(key)
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
        if window_column in self.variables:
            raise BadInput(f"the window's column {window_column!r} is a variable's name")
        self._window_column, self._on_window = window_column, on_window
        self._labels: dict[str, dict[Any, str | None]] = {name: {} for name in self._quasi}
        self._schema: pl.Schema | None = None
        self._came = 0
        self._period: int | None = None
        self._window: TumblingWindow | None = self._new_window(1)

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
        released = [rows.clear(), *self._released(rows, periods)]
        return _as_given(self._leaving(released), frame)

    def close(self) -> WindowReport:
        """End the stream: what the last window holds is suppressed."""
        window = self._require_open()
        report = self._end(window)
        self._window = None
        return report

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
        new = [labels[name] for name in self._quasi if self._levels[name]]  # level 0: as it came
        people = self._people(columns)
        if self._maker is not None and self._identifiers:
            rows = pl.DataFrame(self._maker.pseudonymise(rows, self._identifiers))
        return rows.with_columns(*new, people, pl.lit(0).alias(_EVERYBODY))

    def _people(self, columns: pl.DataFrame) -> pl.Series:
        if self._person is not None:
            return identifier_texts(columns[self._person]).alias(PERSON)
        numbers = pl.int_range(self._came, self._came + len(columns), eager=True)
        return numbers.cast(pl.String).alias(PERSON)

    def _generalised(self, column: pl.Series) -> pl.Series:
        """Each value's label at the level found; labels are remembered, up to a limit."""
        known = self._labels[column.name]
        values = column.unique().to_list()
        if unseen := [value for value in values if value not in known]:
            if len(known) + len(unseen) > _REMEMBERED:
                known.clear()
                unseen = values
            ladder = build_ladder(column.name, self._hierarchies[column.name], unseen)
            level = self._levels[column.name]
            if level >= ladder.height:
                raise BadInput(
                    f"the hierarchy of {column.name!r} has levels 0 to {ladder.height - 1}; the "
                    f"generalisation gives {level}"
                )
            labels = [ladder.labels[level][code] for code in ladder.codes[level]]
            known.update(zip(unseen, labels, strict=True))
        table = pl.DataFrame(
            {
                "value": pl.Series(values, dtype=column.dtype),
                "label": pl.Series([known[value] for value in values], dtype=pl.String),
            }
        )
        found = column.to_frame("value").join(
            table, on="value", how="left", nulls_equal=True, maintain_order="left"
        )
        return found["label"].alias(column.name)

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
        if window.records or window.late:
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
        if name in (PERSON, _EVERYBODY, "*size"):
            raise BadInput(f"a variable of a stream cannot be named {name!r}: rename it")
    return list(variables)


def _k_of(plan: Plan) -> int:
    """The k to hold; a plan that asks for more than k-anonymity is refused, never half kept."""
    for part, value in plan.to_dict().items():
        if part not in _PLAN_PARTS and value:
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
        low, high = plan.levels.get(name, (level, level))
        if not low <= level <= high:
            raise BadInput(f"the plan allows {name!r} levels {low} to {high}; given is {level}")
    return {name: generalisation[name] for name in names}


def _as_given(table: pl.DataFrame, given: Frame) -> Any:
    if given.implementation.is_polars():
        return table
    return table.to_arrow() if given.implementation.is_pyarrow() else table.to_pandas()
