"""What the law answers: class, articles, dates, duties, and the reasoning line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from casemate.register.law.conditions import Reading, Truth, Value, named
from casemate.register.law.questions import Question, Standing, standing
from casemate.register.law.rules import Law, LawRule, LawVersion, law_at, versions
from casemate.register.law.vocabulary import Facts, with_silence

UNKNOWN = "unknown"
"""The class while facts that are not known can still change it."""
PROVIDERS = frozenset(
    {"provider", "gpai_provider", "deployer_becoming_provider", "product_manufacturer"}
)
DEPLOYERS = frozenset({"deployer", "deployer_becoming_provider"})


@dataclass(frozen=True)
class Reason:
    """One line of the reasoning: a rule, its value, and the facts that made it so."""

    rule: str
    article: str
    states: str
    value: Truth
    because: dict[str, Value | None]
    """Facts and their values; ``None`` for those that are missing."""
    condition: str
    source: str
    applies_from: date | None
    children: tuple["Reason", ...]


@dataclass(frozen=True)
class Step:
    """A part of the reasoning, in the Act's own order."""

    name: str
    title: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Duty:
    """What somebody has to do, and from when."""

    who: str
    yours: bool
    """Whether it binds the role that the facts name."""
    article: str
    states: str
    applies_from: date | None


@dataclass(frozen=True)
class Answer:
    """The answer for one system on one day."""

    as_of: date
    version: LawVersion
    """The law in force on that day."""
    latest: LawVersion
    """The last version that this Casemate knows."""
    decided: bool
    cls: str
    """The class, or ``unknown``."""
    possible: tuple[str, ...]
    says: str
    articles: tuple[str, ...]
    also: tuple[str, ...]
    upcoming: tuple[tuple[str, date], ...]
    """Prohibitions that are met and will apply."""
    applies_from: date | None
    duties: tuple[Duty, ...]
    steps: tuple[Step, ...]
    stated: frozenset[str]
    """The facts that somebody stated."""
    questions: tuple[Question, ...]
    assumed: dict[str, Value]
    """What was taken from silence, of that which mattered."""
    notes: tuple[str, ...]
    as_stated: "Answer | None"
    """While undecided: the answer if silence means what it means in a file of cases."""


def classify(facts: Facts, as_of: date) -> Answer:
    """What the law in force on ``as_of`` says of a system with ``facts``."""
    law = law_at(as_of)
    stands = standing(facts, law)
    decided = len(stands.possible) == 1
    cls = stands.possible[0] if decided else UNKNOWN
    reading = Reading(facts.known, law.look)
    true = [one for one in law.rules if reading.judge(one.when)]
    steps = tuple(_steps(reading, law))
    return Answer(
        as_of=as_of,
        version=law.version,
        latest=versions()[-1],
        decided=decided,
        cls=cls,
        possible=stands.possible,
        says=_says(law, cls, stands),
        articles=_articles(cls, true, facts, law),
        also=_also(cls, true, facts, law),
        upcoming=_upcoming(true, law) if cls not in ("out_of_scope", UNKNOWN) else (),
        applies_from=_applies_from(cls, true, law),
        duties=tuple(_duties(cls, true, facts, law)),
        steps=steps,
        stated=facts.stated,
        questions=stands.questions,
        assumed=_assumed(facts, steps),
        notes=facts.notes,
        as_stated=None if decided else classify(read_closed(facts), as_of),
    )


def read_closed(facts: Facts) -> Facts:
    """The same facts with silence given its meaning."""
    return Facts(with_silence(facts.known), facts.stated, facts.notes)


def _says(law: Law, cls: str, stands: Standing) -> str:
    if cls == UNKNOWN:
        return f"Undecided between {', '.join(stands.possible)}."
    return next(one.says for one in law.classes if one.name == cls)


def _articles(cls: str, true: list[LawRule], facts: Facts, law: Law) -> tuple[str, ...]:
    cited = _cited(cls, true, law)
    return _once(one.article for one in _own(cls, cited, facts))


def _cited(cls: str, true: list[LawRule], law: Law) -> list[LawRule]:
    """The rules that make the class what it is; a prohibition that does not apply yet makes none."""
    return [one for one in true if cls in one.cited_in and not law.is_upcoming(one)]


def _own(cls: str, cited: list[LawRule], facts: Facts) -> list[LawRule]:
    """Of Article 50, the paragraphs that bind the role; all of them where none does."""
    bound = [one for one in cited if not one.binds or _binds(one, facts)]
    if cls != "transparency" or not any(one.binds for one in bound):
        return cited
    return bound


def _binds(rule: LawRule, facts: Facts) -> bool:
    role = facts.known.get("role")
    return (
        ("provider" in rule.binds and role in PROVIDERS)
        or ("deployer" in rule.binds and role in DEPLOYERS)
        or role in rule.binds
    )


def _once(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _also(cls: str, true: list[LawRule], facts: Facts, law: Law) -> tuple[str, ...]:
    cited = _cited(cls, true, law)
    own = _own(cls, cited, facts)
    others = [one for one in true if cls in one.also_in] + [one for one in cited if one not in own]
    found = [one.article for one in others]
    if cls not in ("out_of_scope", UNKNOWN):
        found += [f"{article} upcoming" for article, _begins in _upcoming(true, law)]
    return _once(one for one in found if one not in {rule.article for rule in own})


def _upcoming(true: list[LawRule], law: Law) -> tuple[tuple[str, date], ...]:
    return tuple(
        (one.article, begins)
        for one in true
        if law.is_upcoming(one) and (begins := law.applies_from(one)) is not None
    )


def _applies_from(cls: str, true: list[LawRule], law: Law) -> date | None:
    """From when what decides applies; the day of a prohibition on its way, where there is one."""
    if cls in ("out_of_scope", UNKNOWN):
        return None
    if coming := _upcoming(true, law):
        return min(begins for _article, begins in coming)
    cited = _cited(cls, true, law)
    return min((day for one in cited if (day := law.applies_from(one))), default=None)


def _duties(cls: str, true: list[LawRule], facts: Facts, law: Law) -> Iterator[Duty]:
    routes = [law.applies_from(one) for one in true if one.effect == "high_risk"]
    by_route = min((day for day in routes if day is not None), default=None)
    for one in true:
        if cls in one.due_in:
            begins = by_route if one.part == "by_route" else law.applies_from(one)
            for who in one.binds:
                yield Duty(who, _binds_as(who, facts), one.article, one.states, begins)


def _binds_as(who: str, facts: Facts) -> bool:
    role = facts.known.get("role")
    return (
        role == who
        or (who == "provider" and role in PROVIDERS)
        or (who == "deployer" and role in DEPLOYERS)
    )


def _steps(reading: Reading, law: Law) -> Iterator[Step]:
    shown = [one for one in law.rules if one.effect not in ("duty", "element")]
    for name, title in law.steps:
        here = tuple(_reason(one, reading, law) for one in shown if one.step == name)
        if here:
            yield Step(name, title, here)


def _reason(rule: LawRule, reading: Reading, law: Law) -> Reason:
    inside = set(named(rule.when))
    below = [one for one in law.rules if one.name in inside and one.effect == "element"]
    return Reason(
        rule=rule.id,
        article=rule.article,
        states=rule.states,
        value=reading.judge(rule.when),
        because=reading.because(rule.when),
        condition=rule.text,
        source=rule.source,
        applies_from=law.applies_from(rule),
        children=tuple(_reason(one, reading, law) for one in below),
    )


def _assumed(facts: Facts, steps: tuple[Step, ...]) -> dict[str, Value]:
    """What was taken from silence and made a rule true, or is the reason why one that was near is not."""
    used = {
        name
        for step in steps
        for reason in step.reasons
        if reason.value or (facts.stated & reason.because.keys())
        for name in reason.because
    }
    return {
        name: value
        for name, value in facts.known.items()
        if name in used and name not in facts.stated
    }
