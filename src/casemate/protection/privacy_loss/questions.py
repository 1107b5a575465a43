"""The query document: a question to a private table as a person writes it, in TOML or JSON.

    version = 1
    dataset = "patients"
    kind = "mean"
    variable = "weight"
    low = 40
    high = 140
    where = {sex = "f", age = {at_least = 18, below = 65}}
    cost = {accounting = "epsilon", amount = "0.1"}

Numbers become text as they are written (0.1 is a tenth), so that the document is digested as it was
meant. Bounds, candidates and edges are required, and groups too, unless ``unknown_keys`` asks for the
threshold mechanism: nothing that shapes the answer is taken from the data.
"""

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection.privacy_loss.conditions import NoneOf, Range
from casemate.protection.privacy_loss.losses import PrivacyLoss
from casemate.protection.privacy_loss.numbers import Clipped
from casemate.protection.privacy_loss.queries import (
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Query,
    Sum,
)

MOST_KEYS = 10_000
_MOST_DIGITS = 300
_MOST_ERRORS = 5


def _number(value: Any) -> Any:
    """The shortest decimal text of a number: 0.10, "1e-1" and 0.1 are one and the same."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("a number is needed")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        raise ValueError("a number is needed") from None
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError("a finite number of at most 300 digits is needed")
    return format(number.normalize(), "f") if number else "0"


def _value(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    return _number(value) if isinstance(value, float) else value


Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Number = Annotated[str, BeforeValidator(_number)]
Value = Annotated[str | bool | int | None, BeforeValidator(_value)]
"""A date is ISO 8601 text, a number with decimals its text: the column's type says which."""
Several = Annotated[tuple[Value, ...], Field(min_length=1, max_length=1_000)]
SIDES = ("at_least", "above", "at_most", "below")


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Document):
    """A range, by one bound or two, or ``none_of`` a list of values."""

    at_least: Value = None
    above: Value = None
    at_most: Value = None
    below: Value = None
    none_of: Several | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Limits":
        bounds = [side for side in SIDES if getattr(self, side) is not None]
        if bool(bounds) is (self.none_of is not None):
            raise ValueError(f"give bounds ({', '.join(SIDES)}), or none_of a list")
        return self

    def condition(self, dtype: pl.DataType | None, name: str) -> Range | NoneOf:
        """The same to a column of this type; raises BadInput where a value is of no such type."""
        if self.none_of is not None:
            return NoneOf(_typed_all(self.none_of, dtype, name))
        return Range(**{side: _typed(getattr(self, side), dtype, name) for side in SIDES})


def _shape(value: Any) -> str:
    if isinstance(value, Mapping | Limits):
        return "limits"
    return "list" if isinstance(value, list | tuple) else "value"


Wanted = Annotated[
    Annotated[Value, Tag("value")]
    | Annotated[Several, Tag("list")]
    | Annotated[Limits, Tag("limits")],
    Discriminator(_shape),
]


class Cost(_Document):
    """What the answer may cost: ε or ρ, and δ where groups are unknown."""

    accounting: Literal["epsilon", "rho"]
    amount: Number
    delta: Number = "0"

    @property
    def loss(self) -> PrivacyLoss:
        """The same as a loss; raises BadInput for an amount that none can be."""
        make = PrivacyLoss.epsilon if self.accounting == "epsilon" else PrivacyLoss.rho
        return make(self.amount, self.delta)


class _Question(_Document):
    """What every question says. ``where``: each variable has that value, one of a list, none of one,
    or lies within limits."""

    version: Literal[1] = 1
    dataset: Name
    where: Annotated[dict[Name, Wanted], Field(max_length=50)] = {}
    cost: Cost

    def variables(self) -> tuple[str, ...]:
        """Every variable that it reads, each once."""
        return tuple(dict.fromkeys([*self.query({}).columns(), *self.where]))

    def identity(self) -> bytes:
        """Equal for equal questions at equal cost."""
        return canonical_json(self.model_dump(mode="json"))

    def query(self, schema: Mapping[str, pl.DataType]) -> Query:
        """The question to a table with these columns; raises BadInput where values are of no such
        type. Columns that ``schema`` does not name are not looked at."""
        raise NotImplementedError

    def _where(self, schema: Mapping[str, pl.DataType]) -> dict[str, Any]:
        return {
            name: _condition(wanted, schema.get(name), name) for name, wanted in self.where.items()
        }


class _OfValues(_Question):
    variable: Name
    low: Number
    high: Number
    resolution: Number | None = None

    def _values(self) -> Clipped:
        return Clipped(self.variable, self.low, self.high, self.resolution)


class CountQuestion(_Question):
    """How many rows."""

    kind: Literal["count"]

    def query(self, schema: Mapping[str, pl.DataType]) -> Query:
        return Count(where=self._where(schema))


class SumQuestion(_OfValues):
    """The sum of ``variable``, each value held within ``low`` to ``high``."""

    kind: Literal["sum"]

    def query(self, schema: Mapping[str, pl.DataType]) -> Query:
        return Sum(self._values(), where=self._where(schema))


class MeanQuestion(_OfValues):
    """The mean. ``expected_rows`` is a guess made without the data: the error shown depends on it."""

    kind: Literal["mean"]
    expected_rows: Annotated[int, Field(ge=1)] | None = None

    def query(self, schema: Mapping[str, pl.DataType]) -> Query:
        return Mean(self._values(), where=self._where(schema))


class QuantileQuestion(_Question):
    """The one of ``candidates`` that is nearest to the quantile ``level`` (0.5: the median)."""

    kind: Literal["quantile"]
    variable: Name
    level: Number
    candidates: Annotated[tuple[Number, ...], Field(max_length=2_000)]

    def query(self, schema: Mapping[str, pl.DataType]) -> Query:
        candidates = _floats(self.candidates)
        return Quantile(self.variable, self.level, candidates, where=self._where(schema))


class HistogramQuestion(_Question):
    """Rows in each bin of ``edges``: [a, b), the last one [a, b]."""

    kind: Literal["histogram"]
    variable: Name
    edges: Annotated[tuple[Number, ...], Field(max_length=2_001)]

    def query(self, schema: Mapping[str, pl.DataType]) -> Query:
        return Histogram(self.variable, _floats(self.edges), where=self._where(schema))


class Values(_Document):
    """A variable to add up in each group, held within its bounds."""

    variable: Name
    low: Number
    high: Number
    resolution: Number | None = None


class GroupedQuestion(_Question):
    """Rows in each group, and the sum of ``values`` there. ``keys`` are all groups there can be, as
    everyone knows them; ``unknown_keys`` names those that pass the threshold, at a δ above 0."""

    kind: Literal["grouped"]
    by: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)]
    keys: Annotated[tuple[tuple[Value, ...], ...], Field(max_length=MOST_KEYS)] | None = None
    unknown_keys: bool = False
    values: Values | None = None

    @model_validator(mode="after")
    def _groups_are_said(self) -> "GroupedQuestion":
        if (self.keys is None) is not self.unknown_keys:
            raise ValueError("give either keys, or unknown_keys = true")
        return self

    def query(self, schema: Mapping[str, pl.DataType]) -> Query:
        of = self.values
        values = Clipped(of.variable, of.low, of.high, of.resolution) if of else None
        return Grouped(self.by, self._keys(schema), values, where=self._where(schema))

    def _keys(self, schema: Mapping[str, pl.DataType]) -> tuple[tuple[Any, ...], ...] | None:
        if self.keys is None:
            return None
        if any(len(key) != len(self.by) for key in self.keys):
            raise BadInput(f"each key has {len(self.by)} values, one for each of {self.by}")
        return tuple(
            tuple(
                _typed(part, schema.get(name), name)
                for part, name in zip(key, self.by, strict=True)
            )
            for key in self.keys
        )


Question = (
    CountQuestion
    | SumQuestion
    | MeanQuestion
    | QuantileQuestion
    | HistogramQuestion
    | GroupedQuestion
)
_READER: TypeAdapter[Question] = TypeAdapter(Annotated[Question, Field(discriminator="kind")])


def read_question(document: Mapping[str, Any]) -> Question:
    """The question in ``document``. Raises BadInput naming each field that is wrong, also where the
    bounds, candidates or cost make no question."""
    try:
        question = _READER.validate_python(dict(document))
    except ValidationError as failure:
        raise BadInput(f"the query is not usable: {_explain(failure)}") from None
    _ = question.cost.loss, question.query({})
    return question


def answer_document(value: Any) -> Any:
    """An answer's value as JSON: a number, or the columns and rows of a table."""
    if not isinstance(value, pl.DataFrame):
        return value
    rows = [[_plain(cell) for cell in row] for row in value.rows()]
    return {"columns": value.columns, "rows": rows}


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date | time) else cell


def _condition(wanted: Any, dtype: pl.DataType | None, name: str) -> Any:
    if isinstance(wanted, Limits):
        return wanted.condition(dtype, name)
    if isinstance(wanted, tuple):
        return _typed_all(wanted, dtype, name)
    return _typed(wanted, dtype, name)


def _typed_all(values: tuple[Any, ...], dtype: pl.DataType | None, name: str) -> list[Any]:
    return [_typed(value, dtype, name) for value in values]


def _typed(value: Any, dtype: pl.DataType | None, name: str) -> Any:
    """Text as the number or date that the column holds."""
    if dtype is None or not isinstance(value, str):
        return value
    try:
        if dtype.is_float():
            return float(value)
        if dtype.is_decimal():
            return Decimal(value)
        if dtype == pl.Date:
            return date.fromisoformat(value)
        if isinstance(dtype, pl.Datetime):
            return datetime.fromisoformat(value)
        return time.fromisoformat(value) if dtype == pl.Time else value
    except (ValueError, InvalidOperation):
        raise BadInput(f"a value given for {name!r} is not of its type, {dtype}") from None


def _floats(numbers: tuple[str, ...]) -> tuple[float, ...]:
    found = tuple(float(number) for number in numbers)
    if not all(math.isfinite(number) for number in found):
        raise BadInput("candidates and edges are finite numbers")
    return found


def _explain(failure: ValidationError) -> str:
    faults = failure.errors(include_url=False, include_input=False)
    shown = [
        f"{'.'.join(str(step) for step in fault['loc']) or 'the document'}: "
        f"{fault['msg'].removeprefix('Value error, ')}"
        for fault in faults[:_MOST_ERRORS]
    ]
    return "; ".join(shown)
