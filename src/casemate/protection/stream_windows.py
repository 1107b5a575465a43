"""One tumbling window of a stream: records wait until their class has k people, or are suppressed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from casemate.errors import IntegrityFailure

PERSON = "*person"
"""The column that tells people apart; it never leaves."""


_COUNTS = ("number", "records", "released", "late", "unknown")


@dataclass(frozen=True)
class WindowReport:
    """What became of one window's records; ``records`` = ``released`` + ``suppressed``.

    ``late`` counts records that came after their window had ended: they are suppressed too, and not
    among ``records``; so are ``unknown`` ones, with a value that its hierarchy lacks, in the window
    that was open when they came. ``smallest_class`` is in people (records, where the stream names no
    person), 0 if nothing was released. ``share`` is the suppressed part of all that came, 0 to 1.
    """

    number: int
    records: int
    released: int
    suppressed: int
    late: int
    smallest_class: int
    unknown: int = 0

    @property
    def share(self) -> float:
        never = self.late + self.unknown
        came = self.records + never
        return (self.suppressed + never) / came if came else 0.0


class TumblingWindow:
    """Holds back the records of classes under ``k`` people; never more records than came to it."""

    def __init__(self, number: int, k: int, classes: Sequence[str]) -> None:
        self.number, self.k, self.classes = number, k, list(classes)
        self.records = self.released = self.late = self.unknown = 0
        self._held: pl.DataFrame | None = None
        self._full: pl.DataFrame | None = None
        self._people: dict[tuple[Any, ...], set[Any]] = {}

    def add(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Take in ``rows``; give those of theirs, and of those held, whose class has k people."""
        self.records += len(rows)
        held = rows.clear() if self._held is None else self._held
        full = rows.clear().select(self.classes) if self._full is None else self._full
        of_full, others = self._split(rows, full)
        waiting = pl.concat([held, others])
        sizes = waiting.group_by(self.classes).agg(pl.col(PERSON).n_unique().alias("*size"))
        filled = sizes.filter(pl.col("*size") >= self.k).select(self.classes)
        ready, self._held = self._split(waiting, filled)
        self._full = pl.concat([full, filled])
        leaving = pl.concat([of_full, ready])
        self._check(leaving)
        self.released += len(leaving)
        return leaving

    def close(self) -> WindowReport:
        """End the window: what it still holds is suppressed."""
        held = 0 if self._held is None else len(self._held)
        self._held = None
        smallest = min((len(people) for people in self._people.values()), default=0)
        return WindowReport(
            self.number, self.records, self.released, held, self.late, smallest, self.unknown
        )

    def state(self) -> dict[str, Any]:
        """The window as numbers and frames: what ``restored`` takes."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        people = [(*key, person) for key, members in self._people.items() for person in members]
        frames = {"held": self._held, "full": self._full}
        if self._full is not None:
            schema = pl.Schema({**self._full.schema, PERSON: pl.String()})
            frames["people"] = pl.DataFrame(people, schema, orient="row")
        return counts | {name: frame for name, frame in frames.items() if frame is not None}

    @classmethod
    def restored(cls, state: dict[str, Any], k: int, classes: Sequence[str]) -> "TumblingWindow":
        """The window that gave ``state``."""
        window = cls(state["number"], k, classes)
        for name in _COUNTS:
            setattr(window, name, state[name])
        window._held, window._full = state.get("held"), state.get("full")
        for row in state["people"].iter_rows() if "people" in state else ():
            window._people.setdefault(row[:-1], set()).add(row[-1])
        return window

    def _split(self, rows: pl.DataFrame, keys: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows whose class is among ``keys``, and the rest."""
        return (
            rows.join(keys, on=self.classes, how="semi", nulls_equal=True),
            rows.join(keys, on=self.classes, how="anti", nulls_equal=True),
        )

    def _check(self, leaving: pl.DataFrame) -> None:
        """Judge what leaves by a way of its own, before it does: plain sets of people by class."""
        touched: set[tuple[Any, ...]] = set()
        for row in leaving.select(*self.classes, PERSON).iter_rows():
            key, person = row[:-1], row[-1]
            touched.add(key)
            self._people.setdefault(key, set()).add(person)
        for key in touched:
            if len(self._people[key]) < self.k:
                raise IntegrityFailure(
                    f"window {self.number} of the stream would release a class of "
                    f"{len(self._people[key])} where {self.k} are needed: nothing was released"
                )
