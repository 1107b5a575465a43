"""Conditions of the law: read from text, judged true, false or unknown, and explained by the facts.

A condition is written in the words of Python's boolean expressions, over facts and over other rules:

    emotion_inference_from_biometrics and not medical_or_safety_purpose
    sector in ("migration", "law_enforcement") and training_flops > 1e25

It is read with Python's own parser and never executed. Values are those of Kleene's strong logic: what is
unknown stays unknown unless the rest decides.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Value = bool | str | Decimal
"""What a fact can be."""
Truth = bool | None
"""True, false, or unknown (``None``)."""
Known = Mapping[str, Value]
"""The facts that are known; what is not in it is unknown."""


@dataclass(frozen=True)
class Always:
    """A condition that is true, or false, of everything."""

    value: bool


@dataclass(frozen=True)
class Fact:
    """A fact compared with values: ``flag``, ``fact == "a"``, ``fact in ("a", "b")``, ``fact > 1e25``."""

    name: str
    test: str
    operands: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        """Whether ``value`` of the fact passes the test."""
        if self.test == "in":
            return value in self.operands
        assert isinstance(value, Decimal)
        limit = self.operands[0]
        assert isinstance(limit, Decimal)
        return value > limit if self.test == ">" else value >= limit


@dataclass(frozen=True)
class Rule:
    """The condition of another rule, by its name."""

    name: str


@dataclass(frozen=True)
class Not:
    """The contrary of ``part``."""

    part: "Condition"


@dataclass(frozen=True)
class All:
    """Every part is true."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Some:
    """At least one part is true."""

    parts: tuple["Condition", ...]


Condition = Always | Fact | Rule | Not | All | Some
Look = Callable[[str], Condition]
"""Gives the condition of the rule that has a name."""


def read(text: str, facts: frozenset[str]) -> Condition:
    """The condition that ``text`` says; a name that is no fact is a rule's. Raises ``ValueError``."""
    try:
        return _read(ast.parse(text.strip(), mode="eval").body, facts)
    except SyntaxError as failure:
        raise ValueError(f"{text!r} is no condition: {failure.msg}") from failure


def _read(node: ast.expr, facts: frozenset[str]) -> Condition:
    match node:
        case ast.Constant(value=bool() as value):
            return Always(value)
        case ast.Name(id=name):
            return Fact(name, "in", (True,)) if name in facts else Rule(name)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return Not(_read(part, facts))
        case ast.BoolOp(op=ast.And(), values=parts):
            return All(tuple(_read(part, facts) for part in parts))
        case ast.BoolOp(op=ast.Or(), values=parts):
            return Some(tuple(_read(part, facts) for part in parts))
        case ast.Compare(left=ast.Name(id=name), ops=[test], comparators=[other]) if name in facts:
            return _compared(name, test, other)
    raise ValueError(f"{ast.unparse(node)!r} is no condition over known facts")


def _compared(name: str, test: ast.cmpop, other: ast.expr) -> Condition:
    match test, other:
        case ast.Eq(), ast.Constant():
            return Fact(name, "in", (_literal(other),))
        case ast.NotEq(), ast.Constant():
            return Not(Fact(name, "in", (_literal(other),)))
        case ast.In(), ast.Tuple(elts=many):
            return Fact(name, "in", tuple(_literal(one) for one in many))
        case ast.NotIn(), ast.Tuple(elts=many):
            return Not(Fact(name, "in", tuple(_literal(one) for one in many)))
        case ast.Gt(), ast.Constant():
            return Fact(name, ">", (_literal(other),))
        case ast.GtE(), ast.Constant():
            return Fact(name, ">=", (_literal(other),))
    raise ValueError(f"{name} cannot be compared with {ast.unparse(other)!r} in this way")


def _literal(node: ast.expr) -> Value:
    match node:
        case ast.Constant(value=bool() as value):
            return value
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=int() | float() as number):
            return Decimal(str(number))
    raise ValueError(f"{ast.unparse(node)!r} is no value")


@dataclass
class Reading:
    """Conditions read against what is known; the value of each rule is found once."""

    known: Known
    look: Look
    _truths: dict[str, Truth] = field(default_factory=dict)
    _reasons: dict[str, dict[str, Value | None]] = field(default_factory=dict)

    def judge(self, condition: Condition) -> Truth:
        """Whether ``condition`` is true, in Kleene's strong three-valued logic."""
        match condition:
            case Always(value):
                return value
            case Fact(name):
                return condition.holds(self.known[name]) if name in self.known else None
            case Rule(name):
                if name not in self._truths:
                    self._truths[name] = self.judge(self.look(name))
                return self._truths[name]
            case Not(part):
                judged = self.judge(part)
                return None if judged is None else not judged
            case All(parts):
                return self._until(False, parts)
            case Some(parts):
                return self._until(True, parts)

    def _until(self, decisive: bool, parts: tuple[Condition, ...]) -> Truth:
        judged: Truth = not decisive
        for part in parts:
            one = self.judge(part)
            if one is decisive:
                return decisive
            judged = None if one is None else judged
        return judged

    def because(self, condition: Condition) -> dict[str, Value | None]:
        """The facts that made ``condition`` what it is; those that are missing as ``None``."""
        match condition:
            case Always():
                return {}
            case Fact(name):
                return {name: self.known.get(name)}
            case Rule(name):
                if name not in self._reasons:
                    self._reasons[name] = self.because(self.look(name))
                return self._reasons[name]
            case Not(part):
                return self.because(part)
            case All(parts) | Some(parts):
                return self._because(parts, self.judge(condition))

    def _because(self, parts: tuple[Condition, ...], judged: Truth) -> dict[str, Value | None]:
        """Of the parts that share the whole's value: one where it decides alone, else all of them."""
        values = [self.judge(part) for part in parts]
        alike = [
            self.because(part) for part, one in zip(parts, values, strict=True) if one is judged
        ]
        if judged is not None and any(one is not judged for one in values):
            return min(alike, key=len)
        return {name: value for one in alike for name, value in one.items()}


def judge(condition: Condition, known: Known, look: Look) -> Truth:
    """``condition`` alone, of what is ``known``."""
    return Reading(known, look).judge(condition)


def named(condition: Condition) -> Iterator[str]:
    """The rules that ``condition`` names itself."""
    match condition:
        case Rule(name):
            yield name
        case Not(part):
            yield from named(part)
        case All(parts) | Some(parts):
            for part in parts:
                yield from named(part)
        case _:
            return
