"""What an output says of the records: groups of people, with the figures that are told of each.

A statement names its people as rows of the published table, whatever view they were seen through: so
statements of all permits speak one language. ``statements_of`` reads them off a recipe and its answer.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.analysis import Answer, Recipe
from casemate.analysis.evaluate import ROW, select
from casemate.analysis.recipes import (
    Crosstab,
    Figure,
    Measure,
    Quantiles,
    Regression,
    Survival,
    Table,
    WeightedEffect,
)
from casemate.errors import BadInput, IntegrityFailure

Records = npt.NDArray[np.uint32]
COUNT = "count"
_SIZE = 4


@dataclass(frozen=True, eq=False)
class Statement:
    """That a figure was told of ``records`` (rows of the published table, in order, none twice).

    ``figure`` is ``"count"``, of which ``low`` to ``high`` is told, or the name of what a statistic is
    ``of``: then the group is taken as counted exactly, which is the careful assumption. ``line`` is the
    row of the table it stands in, from 1.
    """

    records: Records
    figure: str
    low: int
    high: int
    line: int

    @classmethod
    def of(cls, records: Any, figure: str = COUNT, *, line: int = 1, base: int = 1) -> "Statement":
        """The statement on ``records``; a count rounded to ``base`` tells an interval only."""
        people = np.unique(np.asarray(records, dtype=np.uint32))
        low = high = len(people)
        if figure == COUNT and base > 1:
            shown = base * ((2 * len(people) + base) // (2 * base))
            low, high = max(0, shown - base // 2), shown + base // 2
        return cls(people, figure, low, high, line)


def statements_of(
    recipe: Recipe,
    answer: Answer,
    frame: pl.DataFrame,
    origin: Records,
    *,
    hidden: Sequence[int] = (),
    base: int = 1,
) -> tuple[Statement, ...]:
    """All that the output of ``recipe`` says. ``answer`` is what it gives on the view ``frame``, whose
    rows were made from the records ``origin``; lines ``hidden`` (from 0) are not shown, and counts are
    rounded to ``base``.

    Raises BadInput where ``origin`` is not of this view.
    """
    if len(origin) != len(frame):
        raise BadInput(f"the view has {len(frame)} rows, and its origins are of {len(origin)}")
    told = _Told(recipe, answer, frame, origin, base)
    found: dict[tuple[str, bytes], Statement] = {}
    shown = [line for line in range(len(answer.people)) if line not in set(hidden)]
    for one in told.statements(shown):
        if len(one.records):
            found.setdefault((one.figure, one.records.tobytes()), one)
    return tuple(found.values())


class _Told:
    """The statements of one answer."""

    def __init__(
        self, recipe: Recipe, answer: Answer, frame: pl.DataFrame, origin: Records, base: int
    ) -> None:
        self._what = recipe.what.of if isinstance(recipe.what, Figure) else recipe.what
        self._answer = answer
        self._table = select(recipe, frame)
        self._rows = len(frame)
        self._origin = origin
        self._base = base
        self._derived = {one.name: one.value for one in recipe.derive}

    def statements(self, lines: Sequence[int]) -> Iterator[Statement]:
        what = self._what
        for line in lines:
            people = self._answer.people[line]
            match what:
                case Table():
                    yield from self._measures(what.measures, people, line)
                case Crosstab():
                    yield from self._measures((what.measure,), people, line)
                case Quantiles():
                    yield self._say(people, COUNT, line)
                    yield self._say(people, self._name(what.of), line)
                case Survival():
                    yield from self._survival(what, people, line)
                case Regression():
                    yield self._say(people, self._name(what.response), line)
                case WeightedEffect():
                    yield self._say(people, self._name(what.outcome), line)
                case _:
                    yield self._say(people, COUNT, line)

    def _measures(self, measures: Sequence[Measure], people: Any, line: int) -> Iterator[Statement]:
        for measure in measures:
            if measure.of is None:
                yield self._say(people, COUNT, line)
                continue
            valid = people[self._mask(pl.col(measure.of).is_not_null())[people]]
            figure = COUNT if measure.function == "valid" else self._name(measure.of)
            yield self._say(valid, figure, line)
            if measure.function == "share":  # with the count it tells how many are true
                true = self._mask((pl.col(measure.of).cast(pl.Float64) != 0).fill_null(value=False))
                yield self._say(people[true[people]], self._name(measure.of), line)

    def _survival(self, what: Survival, people: Any, line: int) -> Iterator[Statement]:
        """Those at risk, and those of them with an event from then on: differences of the lines give
        who left in between."""
        yield self._say(people, COUNT, line)
        events = self._mask((pl.col(what.event).cast(pl.Float64) != 0).fill_null(value=False))
        yield self._say(people[events[people]], self._name(what.event), line)

    def _say(self, people: Any, figure: str, line: int) -> Statement:
        return Statement.of(self._origin[people], figure, line=line + 1, base=self._base)

    def _mask(self, condition: pl.Expr) -> npt.NDArray[np.bool_]:
        mask = np.zeros(self._rows, dtype=bool)
        kept = self._table.filter(condition).get_column(ROW).to_numpy()
        mask[kept] = True
        return mask

    def _name(self, column: str) -> str:
        """What a statistic is of: a variable, or what a derived column is computed from."""
        return f"of {_expanded(column, self._derived)}"


def _expanded(name: str, derived: Mapping[str, Any]) -> str:
    if name not in derived:
        return name
    text = json.dumps(_without_names(derived[name], derived), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without_names(expression: Any, derived: Mapping[str, Any]) -> Any:
    """The expression as a document that names no derived column."""
    document = expression.model_dump(mode="json")
    earlier = {name: derived[name] for name in list(derived)}

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            if part.get("op") == "column" and part.get("name") in earlier:
                return {"op": "derived", "as": _expanded(part["name"], earlier)}
            return {key: walk(value) for key, value in part.items()}
        return [walk(value) for value in part] if isinstance(part, list) else part

    return walk(document)


def encode(statements: Sequence[Statement], records: int) -> bytes:
    """The statements as bytes: each set of ``records`` possible ones once, as compressed bits."""
    places: dict[bytes, int] = {}
    lines = []
    for one in statements:
        packed = pack(one.records, records).tobytes()
        place = places.setdefault(packed, len(places))
        lines.append([place, one.figure, one.low, one.high, one.line])
    head = json.dumps({"records": records, "statements": lines}).encode()
    return len(head).to_bytes(_SIZE, "big") + head + zlib.compress(b"".join(places), 6)


def decode(data: bytes) -> tuple[int, tuple[Statement, ...]]:
    """(number of records, statements) of ``encode``. Raises IntegrityFailure for anything else."""
    try:
        end = _SIZE + int.from_bytes(data[:_SIZE], "big")
        head = json.loads(data[_SIZE:end])
        records = head["records"]
        bits = np.frombuffer(zlib.decompress(data[end:]), np.uint8)
        sets = [unpack(one, records) for one in bits.reshape(-1, (records + 7) // 8)]
        return records, tuple(Statement(sets[at], *rest) for at, *rest in head["statements"])
    except (ValueError, KeyError, TypeError, IndexError, zlib.error) as failure:
        raise IntegrityFailure(
            "what a released output says of the records was altered"
        ) from failure


def pack(people: Records, records: int) -> npt.NDArray[np.uint8]:
    """The set as bits, one a record. Raises BadInput for a record that there is not."""
    if len(people) and int(people[-1]) >= records:
        raise BadInput(f"a statement names record {int(people[-1])} of a table of {records}")
    flags = np.zeros(records, dtype=np.uint8)
    flags[people] = 1
    return np.packbits(flags)


def unpack(bits: npt.NDArray[np.uint8], records: int) -> Records:
    """The set that ``pack`` packed."""
    return np.flatnonzero(np.unpackbits(bits, count=records)).astype(np.uint32)
