"""The small typed language of conditions and derived columns: data, never code.

An expression is a tree of the documents below, each told apart by its ``op``. Missing values follow SQL:
arithmetic and comparisons with a missing value are missing, ``all_of`` and ``any_of`` are three-valued,
and a filter keeps the rows for which its condition is true. Trees are bounded in depth and size, so that
no recipe can exhaust who computes it.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StrictBool, StrictInt, StrictStr

MAX_DEPTH = 12
MAX_NODES = 200
MAX_LISTED = 500

Name = Annotated[str, Field(pattern=r"^(?:[A-Za-z]|_[A-Za-z0-9.-])[A-Za-z0-9_.-]{0,62}$")]
"""The name of a variable of the input, or of a derived column; two underscores at its beginning are
kept for our own columns."""

MAX_WHOLE = 2**53
Scalar = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-MAX_WHOLE, le=MAX_WHOLE)]
    | Annotated[FiniteFloat, Field(strict=True)]
    | Annotated[StrictStr, Field(max_length=200)]
)


class Document(BaseModel):
    """A part of a recipe: frozen, and refused where it holds anything that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Column(Document):
    """A variable of the input, or a column derived before."""

    op: Literal["column"] = "column"
    name: Name


class Value(Document):
    """A constant."""

    op: Literal["value"] = "value"
    value: Scalar


class Arithmetic(Document):
    """``left`` and ``right`` added, and so on. Dividing by zero gives a missing value."""

    op: Literal["add", "subtract", "multiply", "divide"]
    left: "Expression"
    right: "Expression"


class Function(Document):
    """A function of one number; outside its domain it gives a missing value."""

    op: Literal["log", "exp", "sqrt", "abs", "negative", "floor"]
    of: "Expression"


class Compare(Document):
    """Two values compared."""

    op: Literal["eq", "ne", "lt", "le", "gt", "ge"]
    left: "Expression"
    right: "Expression"


class Among(Document):
    """Whether a value is one of those listed."""

    op: Literal["among"] = "among"
    of: "Expression"
    values: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=MAX_LISTED)]


class Missing(Document):
    """Whether a value is missing."""

    op: Literal["missing"] = "missing"
    of: "Expression"


class Not(Document):
    """The contrary."""

    op: Literal["not"] = "not"
    of: "Expression"


class Several(Document):
    """Whether all, or any, of several conditions hold."""

    op: Literal["all_of", "any_of"]
    of: Annotated[tuple["Expression", ...], Field(min_length=1, max_length=50)]


class Cut(Document):
    """The interval that a number lies in, left-closed: breaks 0, 10, 20 give [0, 10) and [10, 20).

    What lies outside is missing.
    """

    op: Literal["cut"] = "cut"
    of: "Expression"
    breaks: Annotated[tuple[FiniteFloat, ...], Field(min_length=2, max_length=MAX_LISTED)]


class Midpoint(Document):
    """The middle of the interval that a label names: 45 for ``[40, 50)``, and 44.5 of ``whole`` numbers.

    A number is itself, and so is a label that is one; any other label is missing.
    """

    op: Literal["midpoint"] = "midpoint"
    of: "Expression"
    whole: StrictBool = False


class Recode(Document):
    """A value for each value listed; ``otherwise`` for any other one, missing where that is not given."""

    op: Literal["recode"] = "recode"
    of: "Expression"
    cases: Annotated[tuple[tuple[Scalar, Scalar], ...], Field(min_length=1, max_length=MAX_LISTED)]
    otherwise: Scalar | None = None


Expression = Annotated[
    Column
    | Value
    | Arithmetic
    | Function
    | Compare
    | Among
    | Missing
    | Not
    | Several
    | Cut
    | Midpoint
    | Recode,
    Field(discriminator="op"),
]

for _kind in (Arithmetic, Function, Compare, Among, Missing, Not, Several, Cut, Midpoint, Recode):
    _kind.model_rebuild()


def parts(expression: Any) -> Iterator[Any]:
    """The expressions that ``expression`` is directly made of."""
    for field in ("left", "right", "of"):
        part = getattr(expression, field, None)
        if isinstance(part, tuple):
            yield from part
        elif part is not None:
            yield part


def columns_of(expression: Any) -> frozenset[str]:
    """The names of all columns that ``expression`` reads."""
    if isinstance(expression, Column):
        return frozenset({expression.name})
    return frozenset().union(*(columns_of(part) for part in parts(expression)))


def size_of(expression: Any) -> tuple[int, int]:
    """(nodes, depth) of the tree."""
    sizes = [size_of(part) for part in parts(expression)]
    return 1 + sum(nodes for nodes, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)
