"""What can be said of a system: the names of facts, what values they take, and what silence means.

There are two readings of the same facts. In the strict one, what was not stated is unknown. In the closed
one, which files of cases use, silence has the meaning that ``data/facts.toml`` gives it, fact by fact.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from casemate.errors import BadInput
from casemate.register.law.conditions import Condition, Reading, Value, judge, read
from casemate.register.law.documents import toml

LONGEST_VALUE = 200
"""Characters of a value that is given as text; a longer one is no name."""
LARGEST = Decimal("1e40")
"""Of a number: far beyond any training run."""


@dataclass(frozen=True)
class FactKind:
    """A fact that the vocabulary knows."""

    name: str
    kind: str
    asks: str
    law: str
    values: tuple[Value, ...]
    """All values; of a number, one for each stretch that the rules tell apart."""
    says: Mapping[str, str]
    words: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    unrecognised: str | None
    absent: tuple[tuple[Value, Condition], ...]
    why: str


@dataclass(frozen=True)
class Contradiction:
    """Facts that cannot be true together."""

    when: Condition
    says: str


@dataclass(frozen=True)
class Facts:
    """What is known of one system."""

    known: Mapping[str, Value]
    stated: frozenset[str]
    """Those that somebody stated; the others were taken from silence."""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Vocabulary:
    """Every fact, in the order of the law, and what contradicts what."""

    facts: Mapping[str, FactKind]
    contradictions: tuple[Contradiction, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of all facts."""
        return frozenset(self.facts)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary as its data files have it."""
    document = toml("facts.toml")
    purposes = toml("purposes.toml")["purpose"]
    names = frozenset(one["name"] for one in document["fact"])
    facts = {one["name"]: _kind(one, purposes, names) for one in document["fact"]}
    contradictions = tuple(
        Contradiction(read(one["when"], names), one["says"]) for one in document["contradiction"]
    )
    return Vocabulary(facts, contradictions)


def _kind(row: dict[str, Any], purposes: list[dict[str, Any]], names: frozenset[str]) -> FactKind:
    of_purpose = row["name"] == "purpose"
    values: tuple[Value, ...] = (False, True)
    if row["kind"] == "number":
        values = tuple(Decimal(str(one)) for one in row["values"])
    elif row["kind"] == "choice":
        values = tuple(one["name"] for one in purposes) if of_purpose else tuple(row["values"])
    words = (
        {one["name"]: one.get("words", []) for one in purposes}
        if of_purpose
        else row.get("words", {})
    )
    return FactKind(
        name=row["name"],
        kind=row["kind"],
        asks=row["asks"],
        law=row["law"],
        values=values,
        says={one["name"]: one["says"] for one in purposes} if of_purpose else {},
        words=tuple((value, tuple(map(tuple, sets))) for value, sets in words.items()),
        unrecognised=row.get("unrecognised"),
        absent=_absent(row, names),
        why=row.get("why", ""),
    )


def _absent(row: dict[str, Any], names: frozenset[str]) -> tuple[tuple[Value, Condition], ...]:
    """Pairs of a value and when it is taken; the first that holds counts, and the last always does."""
    speakable = names | {f"stated_{name}" for name in names}
    if row["kind"] == "flag":
        return (
            (True, read(row.get("absent", "False"), speakable)),
            (False, read("True", speakable)),
        )
    if row["kind"] == "number":
        return ((Decimal(0), read("True", speakable)),)
    return tuple((one["value"], read(one.get("when", "True"), speakable)) for one in row["absent"])


def read_facts(document: Mapping[str, Any], *, closed: bool = False) -> Facts:
    """The facts in ``document``; with ``closed``, silence is given its meaning too.

    Raises ``BadInput`` for a name or a value that the vocabulary does not know, with the nearest one, and
    for facts that contradict each other, with their names.
    """
    words = vocabulary()
    known: dict[str, Value] = {}
    notes: list[str] = []
    for name, given in document.items():
        kind = _known_name(name, words)
        value = _value(kind, given, closed=closed, notes=notes)
        if value is not None:
            known[name] = value
    _require_consistent(known, words)
    stated = frozenset(known)
    if closed:
        known = with_silence(known)
    return Facts(known, stated, tuple(notes))


def _known_name(name: str, words: Vocabulary) -> FactKind:
    if name not in words.facts:
        raise BadInput(f"there is no fact {name!r}{_nearest(name, list(words.facts))}")
    return words.facts[name]


def _nearest(given: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(given.casefold(), [name.casefold() for name in names], 1, 0.5)
    found = [name for name in names if close and name.casefold() == close[0]]
    return f"; the nearest is {found[0]!r}" if found else "; `casemate classify --facts` lists them"


def _value(kind: FactKind, given: Any, *, closed: bool, notes: list[str]) -> Value | None:
    """``given`` as a value of ``kind``; ``None``, unknown, for nothing given."""
    if given is None:
        return "none" if "none" in kind.values else None
    if kind.kind == "flag":
        if not isinstance(given, bool):
            raise BadInput(f"{kind.name} is {_short(given)}; it is true or false")
        return given
    if kind.kind == "number":
        return _number(kind, given)
    if not isinstance(given, str) or len(given) > LONGEST_VALUE:
        raise BadInput(f"{kind.name} is {_short(given)}; it is one of {_listed(kind)}")
    return _choice(kind, given, closed=closed, notes=notes)


def _short(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + " …"


def _number(kind: FactKind, given: Any) -> Decimal:
    try:
        if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
            raise InvalidOperation
        number = Decimal(str(given).strip())
        if not number.is_finite() or not 0 <= number <= LARGEST:
            raise InvalidOperation
    except (InvalidOperation, ValueError):
        raise BadInput(f"{kind.name} is {_short(given)}; it is a number such as 1e25") from None
    return number


def _choice(kind: FactKind, given: str, *, closed: bool, notes: list[str]) -> Value | None:
    if given in kind.values:
        return given
    plain = re.sub(r"^annex[ _]*iii[ _]*", "", given.strip().casefold()).replace(" ", "")
    for value in kind.values:
        if str(value).casefold() == plain:
            return value
    tokens = [token for token in re.split(r"[^a-z0-9]+", given.casefold()) if token]
    for value, sets in kind.words:
        if any(
            all(any(token.startswith(stem) for token in tokens) for stem in stems) for stems in sets
        ):
            notes.append(f"{kind.name} {given!r} was read as {value!r}")
            return value
    if closed and kind.unrecognised is not None:
        notes.append(f"{kind.name} {given!r} is no value that the rules know: taken as not stated")
        return kind.unrecognised if kind.name == "annex_I_product" else None
    raise BadInput(f"{kind.name} is {given!r}; it is one of {_listed(kind)}")


def _listed(kind: FactKind) -> str:
    return ", ".join(map(str, kind.values))


def _require_consistent(known: Mapping[str, Value], words: Vocabulary) -> None:
    for one in words.contradictions:
        if judge(one.when, known, _no_rule):
            facts = Reading(known, _no_rule).because(one.when)
            told = " and ".join(f"{name} = {shown(value)}" for name, value in facts.items())
            raise BadInput(f"these facts contradict each other: {told}; {one.says}")


def shown(value: Value | None) -> str:
    """A value as it stands in a file of facts; nothing is ``?``."""
    if value is None:
        return "?"
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:e}"
        if isinstance(value, Decimal)
        else value
    )


def _no_rule(name: str) -> Condition:
    raise BadInput(f"{name} is no fact")  # conditions of the vocabulary are over facts alone


def with_silence(known: Mapping[str, Value]) -> dict[str, Value]:
    """``known`` with every other fact taken to be what its silence means."""
    words = vocabulary().facts
    plain: dict[str, Value] = {name: one.absent[-1][0] for name, one in words.items()}
    plain |= {f"stated_{name}": name in known for name in words}
    plain |= known
    found: dict[str, Value] = {}
    for name, kind in words.items():
        taken = next(value for value, when in kind.absent if judge(when, plain, _no_rule))
        found[name] = known.get(name, taken)
        plain[name] = found[name]
    return found
