"""What a company's AI systems make it under the AI Act, by the rules that classify a system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from casemate.register.law.answers import DEPLOYERS, PROVIDERS, read_closed
from casemate.register.law.conditions import Reading, Rule, Some, Truth, Value
from casemate.register.law.rules import Law, law_at, versions
from casemate.register.law.vocabulary import Facts, read_facts

_RULES = {
    "ai_annex_iii": ("6(2)",),
    "ai_annex_i": ("6(1), 2024", "6(1), 2026"),
    "ai_50_1": ("50(1)",),
    "ai_50_2": ("50(2)",),
    "ai_50_3": ("50(3)",),
    "ai_50_4": ("50(4), deep fakes", "50(4), text"),
    "ai_27": ("27(1)",),
    "ai_gpai": (),
    "ai_gpai_systemic": (),
}


@dataclass(frozen=True)
class AiSystem:
    """One system of a company: its facts, as ``casemate classify`` knows them.

    ``closed``: what is not stated is taken as its silence means, as in a file of cases.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    closed: bool = False


def ai_facts(systems: Sequence[AiSystem], uses_ai: Truth, on: date) -> dict[str, Value]:
    """What follows for the company; what is not known of its systems is left out.

    A fact is true where it is of one system, and false where it is of none.
    """
    if uses_ai is False:
        return dict.fromkeys((*_NAMES, *_RULES), False)
    if not systems:
        return {}
    law = law_at(max(on, versions()[0].in_force))
    truths = [_of_system(one, law) for one in systems]
    return {
        name: any(one[name] for one in truths)
        for name in truths[0]
        if any(one[name] for one in truths) or all(one[name] is not None for one in truths)
    }


_NAMES = (
    "ai_in_scope", "ai_provider", "ai_deployer", "ai_importer", "ai_distributor",
    "ai_authorised_representative", "ai_high_risk", "ai_real_world_testing", "ai_sandbox",
)  # fmt: skip


def _of_system(system: AiSystem, law: Law) -> dict[str, Truth]:
    facts = read_facts(dict(system.facts))
    if system.closed:
        facts = read_closed(facts)
    reading = Reading(facts.known, law.look)
    out = reading.judge(law.look("any_out_of_scope"))
    found: dict[str, Truth] = {"ai_in_scope": None if out is None else not out} | _roles(facts)
    found["ai_high_risk"] = reading.judge(Rule("high_risk"))
    found["ai_gpai"] = _effect(reading, law, "gpai")
    found["ai_gpai_systemic"] = _effect(reading, law, "systemic")
    found["ai_real_world_testing"] = _flag(facts, "real_world_testing")
    found["ai_sandbox"] = False
    for name, ids in _RULES.items():
        if ids:
            mine = tuple(Rule(one.name) for one in law.rules if one.id in ids)
            found[name] = reading.judge(Some(mine))
    return found


def _effect(reading: Reading, law: Law, name: str) -> Truth:
    known = [one for one in law.rules if name in (one.name, one.effect)]
    return reading.judge(Some(tuple(Rule(one.name) for one in known)))


def _flag(facts: Facts, name: str) -> Truth:
    value = facts.known.get(name)
    return value if isinstance(value, bool) else None


def _roles(facts: Facts) -> dict[str, Truth]:
    role = facts.known.get("role")
    if role is None:
        return {f"ai_{name}": None for name in ("provider", "deployer", *_OTHER)}
    return {
        "ai_provider": role in PROVIDERS,
        "ai_deployer": role in DEPLOYERS,
        **{f"ai_{name}": role == name for name in _OTHER},
    }


_OTHER = ("importer", "distributor", "authorised_representative")
