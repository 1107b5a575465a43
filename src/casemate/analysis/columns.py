"""Expressions as a researcher writes them: ``column("age") >= 30``, which builds the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casemate.analysis.expressions import (
    Among,
    Arithmetic,
    Column,
    Compare,
    Cut,
    Expression,
    Function,
    Midpoint,
    Missing,
    Not,
    Recode,
    Several,
    Value,
)


@dataclass(frozen=True, eq=False)
class Expr:
    """An expression under construction; operators give new ones, ``&``, ``|`` and ``~`` conditions."""

    document: Expression

    def __add__(self, other: Any) -> "Expr":
        return self._arithmetic("add", other)

    def __sub__(self, other: Any) -> "Expr":
        return self._arithmetic("subtract", other)

    def __mul__(self, other: Any) -> "Expr":
        return self._arithmetic("multiply", other)

    def __truediv__(self, other: Any) -> "Expr":
        return self._arithmetic("divide", other)

    def __neg__(self) -> "Expr":
        return self._function("negative")

    def __eq__(self, other: Any) -> "Expr":  # type: ignore[override]
        return self._compare("eq", other)

    def __ne__(self, other: Any) -> "Expr":  # type: ignore[override]
        return self._compare("ne", other)

    def __lt__(self, other: Any) -> "Expr":
        return self._compare("lt", other)

    def __le__(self, other: Any) -> "Expr":
        return self._compare("le", other)

    def __gt__(self, other: Any) -> "Expr":
        return self._compare("gt", other)

    def __ge__(self, other: Any) -> "Expr":
        return self._compare("ge", other)

    def __and__(self, other: "Expr") -> "Expr":
        return Expr(Several(op="all_of", of=(self.document, other.document)))

    def __or__(self, other: "Expr") -> "Expr":
        return Expr(Several(op="any_of", of=(self.document, other.document)))

    def __invert__(self) -> "Expr":
        return Expr(Not(of=self.document))

    def __hash__(self) -> int:
        return hash(self.document)

    def __bool__(self) -> bool:
        raise TypeError("a condition on a column is neither true nor false: use &, | and ~")

    def is_missing(self) -> "Expr":
        """Whether the value is missing."""
        return Expr(Missing(of=self.document))

    def among(self, values: Sequence[Any]) -> "Expr":
        """Whether the value is one of ``values``."""
        return Expr(Among(of=self.document, values=tuple(values)))

    def cut(self, breaks: Sequence[float]) -> "Expr":
        """The left-closed interval between ``breaks`` that the number lies in."""
        return Expr(Cut(of=self.document, breaks=tuple(breaks)))

    def midpoint(self, *, whole: bool = False) -> "Expr":
        """The middle of the interval that a label such as ``[40, 50)`` names: 45, of ``whole`` numbers
        44.5; a label that is a number is that number, any other is missing."""
        return Expr(Midpoint(of=self.document, whole=whole))

    def recode(self, cases: Mapping[Any, Any], otherwise: Any = None) -> "Expr":
        """``cases[value]`` for each value, ``otherwise`` for any other."""
        return Expr(Recode(of=self.document, cases=tuple(cases.items()), otherwise=otherwise))

    def log(self) -> "Expr":
        """The natural logarithm; missing where it has none."""
        return self._function("log")

    def exp(self) -> "Expr":
        """e to the power of the number."""
        return self._function("exp")

    def sqrt(self) -> "Expr":
        """The square root; missing where it has none."""
        return self._function("sqrt")

    def abs(self) -> "Expr":
        """The number without its sign."""
        return self._function("abs")

    def floor(self) -> "Expr":
        """The largest whole number that is not larger."""
        return self._function("floor")

    def _arithmetic(self, op: Any, other: Any) -> "Expr":
        return Expr(Arithmetic(op=op, left=self.document, right=as_expression(other)))

    def _compare(self, op: Any, other: Any) -> "Expr":
        return Expr(Compare(op=op, left=self.document, right=as_expression(other)))

    def _function(self, op: Any) -> "Expr":
        return Expr(Function(op=op, of=self.document))


def column(name: str) -> Expr:
    """A variable of the input, or a column derived before."""
    return Expr(Column(name=name))


def as_expression(value: Any) -> Expression:
    """The document of an expression, or of a constant."""
    return value.document if isinstance(value, Expr) else Value(value=value)
