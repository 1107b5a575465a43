"""Laws of the engine itself: it never takes an answer back, asks only what matters, and no rule is dead."""

import itertools
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from conftest import SHARED
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from law_twins import TWINS

from casemate.errors import BadInput
from casemate.register.law import (
    UNKNOWN,
    Answer,
    LawRule,
    classify,
    law_at,
    read_facts,
    rules,
    vocabulary,
)
from casemate.register.law.conditions import (
    All,
    Condition,
    Fact,
    Look,
    Not,
    Reading,
    Rule,
    Some,
    Value,
    judge,
)

DAYS = [date(2025, 1, 1), date(2026, 7, 26), date(2026, 12, 1), date(2026, 12, 2)]
FACTS = vocabulary().facts
SHARED_VOCABULARY = SHARED / "data" / "assurance" / "ai_act" / "fact_vocabulary.csv"
QUIET = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@st.composite
def systems(draw: st.DrawFn) -> dict[str, Value]:
    """Everything about a system: one of the twins, with some facts drawn anew."""
    twin = draw(st.sampled_from(TWINS))
    known = dict(read_facts(twin.facts, closed=True).known)
    for name in draw(st.lists(st.sampled_from(list(FACTS)), max_size=12, unique=True)):
        known[name] = draw(st.sampled_from(FACTS[name].values))
    try:
        read_facts(known)
    except BadInput:
        assume(False)
    return known


def hidden(draw: st.DataObject, most: int) -> list[str]:
    """Some facts that nobody has told yet."""
    return draw.draw(st.lists(st.sampled_from(list(FACTS)), min_size=1, max_size=most, unique=True))


def without(known: dict[str, Value], names: list[str]) -> dict[str, Value]:
    return {name: value for name, value in known.items() if name not in names}


@QUIET
@given(systems(), st.sampled_from(DAYS), st.data())
def test_what_is_decided_stays_so_whatever_is_learnt(
    system: dict[str, Value], day: date, data: st.DataObject
) -> None:
    names = hidden(data, 20)
    before = classify(read_facts(without(system, names)), day)
    after = classify(read_facts(without(system, names[1:])), day)
    whole = classify(read_facts(system), day)
    assert set(after.possible) <= set(before.possible)
    assert whole.cls in after.possible
    if before.decided:
        assert before.cls == after.cls == whole.cls
    for earlier, later in zip(lines(before), lines(after), strict=True):
        assert earlier[1] is None or earlier == later


def lines(answer: Answer) -> list[tuple[str, bool | None]]:
    return [(one.rule, one.value) for step in answer.steps for one in step.reasons]


@QUIET
@given(systems(), st.sampled_from(DAYS), st.data())
def test_the_questions_are_those_that_can_change_the_class_and_no_others(
    system: dict[str, Value], day: date, data: st.DataObject
) -> None:
    """Held against trying every completion."""
    names = hidden(data, 4)
    assume("purpose" not in names or "annexIII_area" not in names)
    answer = classify(read_facts(without(system, names)), day)
    outcomes = dict(completions(without(system, names), names, day))
    assert set(answer.possible) == set(outcomes.values())
    relevant = {
        names[place]
        for place in range(len(names))
        for one, cls in outcomes.items()
        for value in FACTS[names[place]].values
        if outcomes.get((*one[:place], value, *one[place + 1 :]), cls) != cls
    }
    asked = {one.fact for one in answer.questions if one.changes == "class"}
    assert asked == relevant


def completions(
    known: dict[str, Value], names: list[str], day: date
) -> Iterator[tuple[tuple[Value, ...], str]]:
    law = law_at(day)
    for values in itertools.product(*(FACTS[name].values for name in names)):
        whole = known | dict(zip(names, values, strict=True))
        if any(judge(one.when, whole, law.look) for one in vocabulary().contradictions):
            continue
        yield values, next(one.name for one in law.classes if judge(one.when, whole, law.look))


@QUIET
@given(systems(), st.sampled_from(DAYS), st.data())
def test_to_answer_what_is_asked_ends_in_a_class(
    system: dict[str, Value], day: date, data: st.DataObject
) -> None:
    known = without(system, hidden(data, 15))
    for _ in range(len(FACTS)):
        answer = classify(read_facts(known), day)
        if answer.decided:
            break
        fact = answer.questions[0].fact
        assert fact not in known
        assert answer.questions[0].changes == "class"
        assert answer.cls == UNKNOWN
        known[fact] = system[fact]
    assert answer.decided
    assert answer.cls == classify(read_facts(system), day).cls


def test_from_little_known_the_questions_end_too() -> None:
    little = {"role": "provider", "sector": "employment", "purpose": "rank_candidates"}
    system = read_facts(little, closed=True).known
    known: dict[str, Any] = dict(little)
    while not (answer := classify(read_facts(known), DAYS[-1])).decided:
        known[answer.questions[0].fact] = system[answer.questions[0].fact]
    assert answer.cls == "high_risk"
    assert len(known) < len(FACTS) / 2


@pytest.mark.parametrize("day", [DAYS[1], DAYS[3]], ids=str)
def test_no_rule_is_dead(day: date) -> None:
    """Each is true of some system in whose answer it is seen, and false of another."""
    older = {rule.id for rule in law_at(DAYS[1]).rules}
    for rule in law_at(day).rules:
        if day == DAYS[3] and rule.id in older and rule.versions != ("2026/1744",):
            continue  # tried under the older version already
        shown = rule.cited_in | rule.also_in | rule.due_in
        seen: set[str] = set()
        for value, cls in found(rule, day):
            seen |= {"true and shown"} if value and (cls in shown or not shown) else set()
            seen |= {"false"} if value is False else set()
            if len(seen) == 2:
                break
        assert seen == {"true and shown", "false"}, rule.id


def found(rule: LawRule, day: date) -> Iterator[tuple[bool | None, str]]:
    """The rule's value and the class, of twins with one of the rule's own facts changed."""
    law = law_at(day)
    own = sorted(set(names(rule.when, law.look)), key=list(FACTS).index)
    near = sorted(TWINS, key=lambda twin: -len(twin.facts.keys() & set(own)))
    told: set[tuple[bool | None, str]] = set()
    for twin in near:
        for changes in changed(own):
            facts = {**twin.facts, **changes}
            try:
                reading = Reading(read_facts(facts, closed=True).known, law.look)
            except BadInput:
                continue
            value = reading.judge(rule.when)
            cls = next(one.name for one in law.classes if reading.judge(one.when))
            if (value, cls) not in told:
                told.add((value, cls))
                yield value, cls


def names(condition: Condition, look: Look) -> Iterator[str]:
    """The facts that a condition speaks of, through the rules that it names."""
    match condition:
        case Fact(name):
            yield name
        case Rule(name):
            yield from names(look(name), look)
        case Not(part):
            yield from names(part, look)
        case All(parts) | Some(parts):
            for part in parts:
                yield from names(part, look)
        case _:
            return


def changed(own: list[str]) -> Iterator[dict[str, Value]]:
    yield {}
    for name in own:
        yield from ({name: value} for value in FACTS[name].values)


def test_each_version_has_rules_of_its_own() -> None:
    assert {version for rule in rules() for version in rule.versions} == {"2024/1689", "2026/1744"}


def test_every_fact_of_the_shared_vocabulary_is_known() -> None:
    if not SHARED_VOCABULARY.exists():
        pytest.skip(
            "the shared vocabulary of the AI Act is not on this machine (shared/data/assurance)"
        )
    rows = SHARED_VOCABULARY.read_text(encoding="utf-8").splitlines()[1:]
    assert {row.partition(",")[0] for row in rows} <= FACTS.keys()


@pytest.mark.parametrize("fact", list(FACTS))
def test_every_fact_changes_the_answer_of_some_system(fact: str) -> None:
    assert any(one != other for one, other in flips(fact)), fact


def flips(fact: str) -> Iterator[tuple[object, object]]:
    """What is answered of a system, and of the same with another value of ``fact``."""
    near = sorted(TWINS, key=lambda twin: fact not in twin.facts)
    for twin in near:
        first = essence(twin.facts, twin.as_of)
        for value in FACTS[fact].values:
            try:
                yield first, essence({**twin.facts, fact: value}, twin.as_of)
            except BadInput:
                continue


def essence(facts: dict[str, Any], day: date) -> object:
    answer = classify(read_facts(facts, closed=True), day)
    return answer.cls, answer.articles, answer.also, answer.applies_from, answer.duties
