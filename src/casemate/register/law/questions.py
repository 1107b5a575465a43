"""What can still come out, what it still depends on, and what to ask next."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache

from casemate.errors import BadInput
from casemate.register.law.conditions import Known, Rule, judge
from casemate.register.law.diagrams import END, Diagrams, Node
from casemate.register.law.rules import Law
from casemate.register.law.vocabulary import FactKind, Facts, vocabulary, with_silence

Weights = dict[Hashable, float]
LIKELY = {"flag": 0.8, "number": 0.8, "choice": 0.4}
"""How likely a fact is to be what silence would mean; its other values share the rest. For the order of
questions alone: no answer depends on it."""
_CLOSE = (
    "infers", "international_cooperation", "exclusive_military", "sole_scientific_research",
    "pre_market_development", "real_world_testing", "purely_personal", "role", "sector", "purpose",
    "annexIII_area", "natural_persons", "direct_exposure", "ancillary_administrative",
    "biometric_verification", "safety_component", "monitors_test_behaviour", "profiling",
    "narrow_procedural_task", "improves_completed_human_activity", "detects_deviation_after_human",
    "preparatory_task", "authorised", "open_source", "subjects", "emotion_inference_from_biometrics",
)  # fmt: skip
"""Facts that rules ask together, first: a diagram is small where they are near each other. Measured: 38,000
nodes when nothing is known, against 81,000 in the order of the Act."""


@dataclass(frozen=True)
class Question:
    """A fact that is not known and whose value can still change something."""

    fact: str
    asks: str
    law: str
    values: tuple[str, ...]
    changes: str
    """``class``, or ``articles`` and duties alone."""


@dataclass(frozen=True)
class Standing:
    """How far the facts decide."""

    possible: tuple[str, ...]
    questions: tuple[Question, ...]
    """Every fact that can still change the answer; the first is the best to ask next."""


def standing(facts: Facts, law: Law) -> Standing:
    """Which classes are possible under ``facts``, and which facts decide between them."""
    unknown = levels(facts.known)
    if not unknown:
        cls = next(one.name for one in law.classes if judge(one.when, facts.known, law.look))
        return Standing((cls,), ())
    words = vocabulary().facts
    diagrams = Diagrams(unknown, [words[name].values for name in unknown], law.look, facts.known)
    root = class_diagram(diagrams, law)
    order = list(dict.fromkeys(one.name for one in law.classes))
    found = sorted(map(str, diagrams.outcomes(root)), key=order.index)
    if not found:
        raise BadInput("these facts contradict each other: no system can have them all")
    asked = [_question(words[name], "class") for name in _by_use(diagrams, root)]
    if len(found) == 1:
        asked = [
            _question(words[name], "articles") for name in _for_articles(diagrams, law, found[0])
        ]
    return Standing(tuple(found), tuple(asked))


def levels(known: Known) -> list[str]:
    """The facts that are not known, in the order in which a diagram asks them."""
    ordered = dict.fromkeys((*_CLOSE, *vocabulary().facts))
    return [name for name in ordered if name not in known]


def _question(kind: FactKind, changes: str) -> Question:
    values = tuple(map(str, kind.values)) if kind.kind == "choice" else ()
    return Question(kind.name, kind.asks, kind.law, values, changes)


def class_diagram(diagrams: Diagrams, law: Law) -> Node:
    """The class as a function of what is unknown; ``None`` where facts would contradict each other."""
    found = diagrams.end(law.classes[-1].name)
    for one in reversed(law.classes[:-1]):
        found = diagrams.choose(diagrams.of(one.when), diagrams.end(one.name), found)
    return _consistent(diagrams, found)


def _consistent(diagrams: Diagrams, node: Node) -> Node:
    for one in vocabulary().contradictions:
        node = diagrams.choose(diagrams.of(one.when), diagrams.end(None), node)
    return node


def _for_articles(diagrams: Diagrams, law: Law, cls: str) -> list[str]:
    """Once the class is clear: the facts that can still change what is cited or due."""
    found: set[str] = set()
    for rule in law.rules:
        if cls in rule.cited_in | rule.also_in | rule.due_in or law.is_upcoming(rule):
            found |= set(diagrams.relevant(_consistent(diagrams, diagrams.of(Rule(rule.name)))))
    return [name for name in vocabulary().facts if name in found]


def _by_use(diagrams: Diagrams, root: Node) -> list[str]:
    """The relevant facts; first the one after whose answer the fewest classes are to be expected.

    Measured as the expected entropy of the class, with the likelihoods of ``LIKELY``.
    """
    relevant = diagrams.relevant(root)
    left = _expected_entropy(diagrams, root)
    place = {name: number for number, name in enumerate(vocabulary().facts)}
    return sorted(relevant, key=lambda name: (round(left[name], 9), place[name]))


def _expected_entropy(diagrams: Diagrams, root: Node) -> dict[str, float]:
    """By fact: how undecided the class is, on average, once the fact is known."""
    order = diagrams.below(root)
    shares = [_shares(name) for name in diagrams.facts]
    ahead = _outcomes_ahead(diagrams, order, shares)
    reach = _reach(diagrams, order, root, shares)
    asked: dict[int, list[Weights]] = {}
    for node in order:
        level = diagrams.level(node)
        if level != END:
            children = diagrams.children(node)
            rows = asked.setdefault(level, [{} for _ in children])
            for row, child, share in zip(rows, children, shares[level], strict=True):
                _add(row, ahead[child], reach[node] * share)
    total = ahead[root]
    return {
        diagrams.facts[level]: _entropy_of(rows, _without(total, rows), shares[level])
        for level, rows in asked.items()
    }


@cache
def _shares(name: str) -> tuple[float, ...]:
    """How likely each value of a fact is."""
    kind = vocabulary().facts[name]
    silent = with_silence({})[name]
    rest = (1 - LIKELY[kind.kind]) / (len(kind.values) - 1)
    return tuple(LIKELY[kind.kind] if value == silent else rest for value in kind.values)


def _without(total: Weights, rows: list[Weights]) -> Weights:
    """What of ``total`` never asks the fact."""
    seen: Weights = {}
    for row in rows:
        _add(seen, row, 1.0)
    return {key: max(0.0, weight - seen.get(key, 0.0)) for key, weight in total.items()}


def _entropy_of(rows: list[Weights], rest: Weights, shares: tuple[float, ...]) -> float:
    whole = 0.0
    found = 0.0
    for row, share in zip(rows, shares, strict=True):
        weights: Weights = dict(row)
        _add(weights, rest, share)
        mass = sum(weights.values())
        whole += mass
        found -= sum(one * math.log2(one / mass) for one in weights.values() if one > 0)
    return found / whole if whole else 0.0


def _add(to: Weights, weights: Weights, times: float) -> None:
    for key, weight in weights.items():
        to[key] = to.get(key, 0.0) + weight * times


def _outcomes_ahead(
    diagrams: Diagrams, order: list[Node], shares: list[tuple[float, ...]]
) -> dict[Node, Weights]:
    """By node: how likely each outcome is from there; contradictions weigh nothing."""
    ahead: dict[Node, Weights] = {}
    for node in reversed(order):
        if diagrams.level(node) == END:
            outcome = diagrams.outcome(node)
            ahead[node] = {} if outcome is None else {outcome: 1.0}
            continue
        ahead[node] = {}
        for child, share in zip(diagrams.children(node), shares[diagrams.level(node)], strict=True):
            _add(ahead[node], ahead[child], share)
    return ahead


def _reach(
    diagrams: Diagrams, order: list[Node], root: Node, shares: list[tuple[float, ...]]
) -> dict[Node, float]:
    """By node: how likely it is to be passed from the root."""
    reach = dict.fromkeys(order, 0.0)
    reach[root] = 1.0
    for node in order:
        if diagrams.level(node) != END:
            pairs = zip(diagrams.children(node), shares[diagrams.level(node)], strict=True)
            for child, share in pairs:
                reach[child] += reach[node] * share
    return reach
