"""The rules of the Act in each version of the law, and which of them apply on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from casemate.errors import BadInput
from casemate.register.law.conditions import Condition, Rule, Some, read
from casemate.register.law.documents import chapters, toml
from casemate.register.law.vocabulary import vocabulary


@dataclass(frozen=True)
class LawVersion:
    """The Act as it reads from a day on."""

    id: str
    title: str
    in_force: date
    applies_from: Mapping[str, date]
    """By part of the Act."""


@dataclass(frozen=True)
class LawRule:
    """One rule: an article's words as a condition, what follows, and where it stands."""

    id: str
    name: str
    article: str
    chapter: str
    step: str
    effect: str
    states: str
    text: str
    when: Condition
    source: str
    part: str | None
    versions: tuple[str, ...]
    binds: tuple[str, ...]
    cited_in: frozenset[str]
    also_in: frozenset[str]
    due_in: frozenset[str]


@dataclass(frozen=True)
class LawClass:
    """A class of systems, and when a system is in it."""

    name: str
    when: Condition
    says: str


@dataclass(frozen=True)
class Law:
    """The law on a day: the version in force, its rules, and which prohibitions apply already."""

    as_of: date
    version: LawVersion
    rules: tuple[LawRule, ...]
    classes: tuple[LawClass, ...]
    steps: tuple[tuple[str, str], ...]
    _conditions: Mapping[str, Condition]

    def look(self, name: str) -> Condition:
        """The condition of the rule or group of rules that has ``name``."""
        return self._conditions[name]

    def applies_from(self, rule: LawRule) -> date | None:
        """The day from which ``rule`` applies in this version; ``None`` where it has no date of its own."""
        return (
            None if rule.part in (None, "by_route") else self.version.applies_from[str(rule.part)]
        )

    def is_upcoming(self, rule: LawRule) -> bool:
        """Whether it is a prohibition that does not apply yet."""
        begins = self.applies_from(rule)
        return rule.effect == "prohibited" and begins is not None and begins > self.as_of


@cache
def versions() -> tuple[LawVersion, ...]:
    """Every version of the law that is known, oldest first."""
    found = [
        LawVersion(one["id"], one["title"], one["in_force"], one["applies_from"])
        for one in toml("versions.toml")["version"]
    ]
    return tuple(sorted(found, key=lambda one: one.in_force))


@cache
def rules() -> tuple[LawRule, ...]:
    """Every rule in every version, in the order of the Act."""
    every = tuple(one.id for one in versions())
    return tuple(
        _rule(row, chapter, every) for chapter in chapters() for row in chapter.get("rule", [])
    )


def _rule(row: dict[str, Any], chapter: dict[str, Any], every: tuple[str, ...]) -> LawRule:
    return LawRule(
        id=row["id"],
        name=row.get("name", row["id"]),
        article=row["article"],
        chapter=chapter["chapter"],
        step=row.get("step", chapter["step"]),
        effect=row["effect"],
        states=row["states"],
        text=row["when"],
        when=read(row["when"], vocabulary().names),
        source=row["source"],
        part=row.get("part"),
        versions=tuple(row.get("versions", every)),
        binds=tuple(row.get("binds", ())),
        cited_in=frozenset(row.get("cited_in", ())),
        also_in=frozenset(row.get("also_in", ())),
        due_in=frozenset(row.get("due_in", ())),
    )


@cache
def law_at(as_of: date) -> Law:
    """The law on ``as_of``; raises ``BadInput`` before the Act was in force."""
    in_force = [one for one in versions() if one.in_force <= as_of]
    if not in_force:
        first = versions()[0]
        raise BadInput(
            f"on {as_of} no AI Act was in force: {first.title} is since {first.in_force}"
        )
    version = in_force[-1]
    here = tuple(one for one in rules() if version.id in one.versions)
    names = vocabulary().names
    document = toml("classes.toml")
    classes = tuple(
        LawClass(one["name"], read(one["when"], names), one["says"]) for one in document["class"]
    )
    steps = tuple((one["name"], one["title"]) for one in document["step"])
    bare = Law(as_of, version, here, classes, steps, {})
    return Law(as_of, version, here, classes, steps, _conditions(bare))


def _conditions(law: Law) -> dict[str, Condition]:
    """Conditions by name: of each rule, and of ``any_EFFECT``, some rule with that effect that applies."""
    found: dict[str, Condition] = {one.name: one.when for one in law.rules}
    for effect in {one.effect for one in rules()}:
        now = [one for one in law.rules if one.effect == effect and not law.is_upcoming(one)]
        found[f"any_{effect}"] = Some(tuple(Rule(one.name) for one in now))
    return found
