"""Which works bind whom: rules as data, judged with three values.

An instrument is a file (TOML): when it applies and when it does not, each with the provision that decides;
the roles that it knows, by their words and by when somebody has them; and what parts of it are for some
alone. An operator puts files of their own in a folder, and they count as ours do.

Conditions are those of ``casemate.register.law.conditions``: what is unknown stays unknown unless the rest
decides, so that nobody is told "does not apply" because a question was not answered.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from casemate.errors import BadInput
from casemate.knowledge.obligations.roles import Roles
from casemate.register.law.conditions import (
    All,
    Condition,
    Fact,
    Known,
    Not,
    Reading,
    Rule,
    Some,
    Truth,
    Value,
    read,
)

Texts = Mapping[str, str]
"""By language."""


@dataclass(frozen=True)
class FactAsked:
    """A question whose answer conditions ask for by its name."""

    name: str
    kind: str
    values: tuple[str, ...]
    asks: Texts
    law: str


@dataclass(frozen=True)
class Scope:
    """A reason why the work applies, or why not, and where it stands."""

    effect: str
    """``applies`` or ``excluded``."""
    when: Condition
    provision: str
    paragraph: str
    says: str


@dataclass(frozen=True)
class Role:
    """Somebody whom the work binds. Without ``when`` nobody who asks here is one (an authority)."""

    id: str
    when: Condition | None
    provision: str
    paragraph: str
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Narrow:
    """Parts of the work that are for some alone; ``routes`` says which of several beginnings is theirs."""

    parts: tuple[str, ...]
    when: Condition
    provision: str
    routes: Mapping[str, Condition]


@dataclass(frozen=True)
class Instrument:
    """One work with its rules."""

    id: str
    works: tuple[str, ...]
    title: Texts
    ensuring: tuple[str, ...]
    derives: str
    scopes: tuple[Scope, ...]
    roles: tuple[Role, ...]
    narrows: tuple[Narrow, ...]
    rules: Mapping[str, Condition]

    def words(self, language: str) -> Roles:
        """Its roles' words in a language."""
        return Roles({one.id: one.words.get(language, ()) for one in self.roles})

    def reading(self, known: Known) -> Reading:
        """Its conditions read against what is known."""
        return Reading(known, self.rules.__getitem__)


@dataclass(frozen=True)
class Instruments:
    """Every instrument, and the facts that all of them ask for."""

    facts: Mapping[str, FactAsked]
    by_id: Mapping[str, Instrument] = field(default_factory=dict)

    @cached_property
    def derived(self) -> frozenset[str]:
        """Facts that no question asks for: they are found by other means."""
        return frozenset(
            name for one in self.by_id.values() for name in _facts_of(one) if name not in self.facts
        )

    def get(self, name: str) -> Instrument:
        """The instrument called ``name``; raises ``BadInput``."""
        if name not in self.by_id:
            raise BadInput(f"there is no instrument {name!r}: there are {', '.join(self.by_id)}")
        return self.by_id[name]

    def read_answers(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """Answers as values; raises ``BadInput`` for a question that there is not, or a value it does not
        take. An answer that is empty is no answer."""
        found: dict[str, Value] = {}
        for name, value in given.items():
            if name not in self.facts:
                raise BadInput(f"there is no question {name!r}: there are {', '.join(self.facts)}")
            if value is None or value == "":
                continue
            found[name] = _answer(self.facts[name], value)
        return found


def read_instruments(*folders: Traversable | Path) -> Instruments:
    """The instruments of every folder; the facts of ``facts.toml`` in any of them.

    Raises ``BadInput`` with the file for what cannot be read.
    """
    documents = [(one.name, _toml(one)) for folder in folders for one in _files(folder)]
    facts = {
        row["name"]: _fact(row, name)
        for name, document in documents
        for row in document.get("fact", [])
    }
    found: dict[str, Instrument] = {}
    for name, document in documents:
        if "id" not in document:
            continue
        try:
            one = _instrument(document, frozenset(facts))
        except (KeyError, TypeError, ValueError) as failure:
            raise BadInput(f"{name}: {failure}") from failure
        if one.id in found:
            raise BadInput(f"{name}: there is an instrument {one.id!r} already")
        found[one.id] = one
    return Instruments(facts, found)


def _files(folder: Traversable | Path) -> Iterator[Traversable | Path]:
    if folder.is_dir():
        yield from sorted(
            (one for one in folder.iterdir() if one.name.endswith(".toml")),
            key=lambda one: one.name,
        )


def _toml(file: Traversable | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as failure:
        raise BadInput(f"{file.name} is no TOML: {failure}") from failure


def _fact(row: Mapping[str, Any], name: str) -> FactAsked:
    try:
        kind = row["kind"]
        if kind not in {"flag", "number", "choice"}:
            raise BadInput(f"{name}: the fact {row['name']!r} is a flag, a number or a choice")
        return FactAsked(row["name"], kind, tuple(row.get("values", ())), row["asks"], row["law"])
    except KeyError as failure:
        raise BadInput(f"{name}: a fact has no {failure}") from failure


def _instrument(document: Mapping[str, Any], facts: frozenset[str]) -> Instrument:
    prefix = document.get("derives", "")
    names = facts | _derived_names(document, prefix)
    rules = {one["name"]: read(one["when"], names) for one in document.get("rule", [])}
    one = Instrument(
        id=document["id"], works=tuple(document["works"]), title=document["title"],
        ensuring=tuple(document.get("ensuring", ())), derives=prefix,
        scopes=tuple(_scope(row, names) for row in document.get("scope", [])),
        roles=tuple(_role(row, names) for row in document.get("role", [])),
        narrows=tuple(_narrow(row, names) for row in document.get("narrow", [])), rules=rules,
    )  # fmt: skip
    missing = {name for condition in _conditions(one) for name in _rules_named(condition)} - set(
        rules
    )
    if missing:
        raise ValueError(f"{', '.join(sorted(missing))} is neither a fact nor a rule")
    return one


def _derived_names(document: Mapping[str, Any], prefix: str) -> frozenset[str]:
    """The names that begin with what the instrument derives: they are facts too."""
    if not prefix:
        return frozenset()
    rows = [*document.get("scope", []), *document.get("role", []), *document.get("narrow", [])]
    texts = [str(row.get("when", "")) for row in rows]
    texts += [text for row in rows for text in row.get("routes", {}).values()]
    words = {word.strip("()") for text in texts for word in text.split()}
    return frozenset(word for word in words if word.startswith(f"{prefix}_"))


def _scope(row: Mapping[str, Any], names: frozenset[str]) -> Scope:
    if row["effect"] not in {"applies", "excluded"}:
        raise ValueError(f"the effect of a scope is applies or excluded, not {row['effect']!r}")
    when = read(row["when"], names)
    return Scope(row["effect"], when, row["provision"], row.get("paragraph", ""), row["says"])


def _role(row: Mapping[str, Any], names: frozenset[str]) -> Role:
    when = read(row["when"], names) if "when" in row else None
    words = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Role(row["id"], when, row.get("provision", ""), row.get("paragraph", ""), words)


def _narrow(row: Mapping[str, Any], names: frozenset[str]) -> Narrow:
    routes = {part: read(text, names) for part, text in row.get("routes", {}).items()}
    return Narrow(tuple(row["in"]), read(row["when"], names), row.get("provision", ""), routes)


def _conditions(one: Instrument) -> Iterator[Condition]:
    yield from one.rules.values()
    yield from (scope.when for scope in one.scopes)
    yield from (role.when for role in one.roles if role.when is not None)
    for narrow in one.narrows:
        yield narrow.when
        yield from narrow.routes.values()


def _rules_named(condition: Condition) -> Iterator[str]:
    match condition:
        case Rule(name):
            yield name
        case Not(part):
            yield from _rules_named(part)
        case All(parts) | Some(parts):
            for part in parts:
                yield from _rules_named(part)


def _facts_of(one: Instrument) -> Iterator[str]:
    for condition in _conditions(one):
        yield from _facts_in(condition)


def _facts_in(condition: Condition) -> Iterator[str]:
    match condition:
        case Fact(name):
            yield name
        case Not(part):
            yield from _facts_in(part)
        case All(parts) | Some(parts):
            for part in parts:
                yield from _facts_in(part)


def _answer(asked: FactAsked, value: Any) -> Value:
    from decimal import Decimal, InvalidOperation

    if asked.kind == "flag":
        if isinstance(value, bool):
            return value
        raise BadInput(f"{asked.name} is {str(value)[:80]!r}; it is true or false")
    if asked.kind == "choice":
        if isinstance(value, str) and value in asked.values:
            return value
        raise BadInput(
            f"{asked.name} is {str(value)[:80]!r}; it is one of {', '.join(asked.values)}"
        )
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        number = Decimal(str(value).strip().replace(",", "."))
        if not number.is_finite() or not 0 <= number <= Decimal("1e9"):
            raise InvalidOperation
    except InvalidOperation:
        raise BadInput(f"{asked.name} is {str(value)[:80]!r}; it is a number such as 120") from None
    return number


@dataclass(frozen=True)
class Applicability:
    """Whether an instrument applies: ``None`` while a question is open. ``because`` decided it."""

    instrument: Instrument
    applies: Truth
    because: tuple[Scope, ...]
    open_questions: tuple[str, ...]
    """Facts whose answer can still change it."""
    roles: Mapping[str, Truth]


def applicability(one: Instrument, known: Known) -> Applicability:
    """What ``known`` says of an instrument and of each role in it."""
    reading = one.reading(known)
    applying = [scope for scope in one.scopes if scope.effect == "applies"]
    excluding = [scope for scope in one.scopes if scope.effect == "excluded"]
    some = _any(reading.judge(scope.when) for scope in applying)
    out = _any(reading.judge(scope.when) for scope in excluding)
    applies = _and(some, _not(out))
    because = tuple(scope for scope in (*applying, *excluding) if reading.judge(scope.when))
    if applies is False and not because:
        because = tuple(applying)
    roles = {
        role.id: reading.judge(role.when) if role.when is not None else False for role in one.roles
    }
    asked = _open(one, reading, applies, roles)
    return Applicability(one, applies, because, asked, roles)


def _open(
    one: Instrument, reading: Reading, applies: Truth, roles: Mapping[str, Truth]
) -> tuple[str, ...]:
    if applies is False:
        return ()
    undecided: list[Condition] = []
    if applies is None:
        undecided += [scope.when for scope in one.scopes if reading.judge(scope.when) is None]
    undecided += [role.when for role in one.roles if role.when and roles[role.id] is None]
    found = [
        name
        for condition in undecided
        for name, value in reading.because(condition).items()
        if value is None
    ]
    return tuple(dict.fromkeys(found))


def _any(values: Iterator[Truth]) -> Truth:
    found: Truth = False
    for one in values:
        if one:
            return True
        found = None if one is None else found
    return found


def _and(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _not(value: Truth) -> Truth:
    return None if value is None else not value


def judged(one: Instrument, known: Known, condition: Condition) -> tuple[Truth, Sequence[str]]:
    """A condition of an instrument, and the facts that are missing where it is not decided."""
    reading = one.reading(known)
    truth = reading.judge(condition)
    missing = reading.because(condition) if truth is None else {}
    return truth, [name for name, value in missing.items() if value is None]
