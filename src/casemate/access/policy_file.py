"""``policies.cedar`` read, validated, and asked once for all which facts each question needs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import cedarpy
from cedarpy import pst

from casemate.access.policy_model import ACTIONS, FACTS, cedar_schema, cedar_type
from casemate.errors import BadInput
from casemate.identity import Role

Question = tuple[str, str]
"""An action and the kind of resource that it is done to."""


@dataclass(frozen=True)
class Policy:
    """One policy as people name it."""

    id: str
    reason: str
    forbids: bool
    roles: frozenset[Role]
    """The roles that it names."""
    reads: Mapping[Question, frozenset[str]]
    """The questions that it speaks to, each with the facts of the resource that it reads there."""


@dataclass(frozen=True)
class PolicyFile:
    """A whole file, ready to be asked."""

    policy_set: cedarpy.PolicySet
    policies: Mapping[str, Policy]
    """By Cedar's own numbering, which its answers use."""
    needed: Mapping[Question, frozenset[str]]
    """The facts that some policy reads, by question: without one of them there is no answer."""


def policy_text() -> str:
    """The text of ``policies.cedar``, as it comes with Casemate."""
    return files("casemate.access").joinpath("policies.cedar").read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def read_policies(text: str) -> PolicyFile:
    """The policies of ``text``, parsed once a process.

    Raises ``BadInput`` where it is not Cedar, misspells an action or a fact, holds a template (which
    would decide nothing), or has a policy without ``@id``, without ``@reason`` or with another's id.
    """
    try:
        policy_set = cedarpy.PolicySet.from_str(text)
        problems = [str(error) for error in cedarpy.validate_policies(text, cedar_schema()).errors]
        parsed = policy_set.to_pst()
    except ValueError as failure:
        raise BadInput(f"the policies cannot be read: {failure}") from failure
    if problems:
        raise BadInput(f"the policies do not fit the vocabulary: {'; '.join(problems)}")
    if parsed.templates:
        raise BadInput("the policies hold a template: write ?principal and ?resource out")
    policies = {number: _policy(number, one) for number, one in parsed.static_policies.items()}
    if len({policy.id for policy in policies.values()}) != len(policies):
        raise BadInput("two policies have the same @id: give each its own")
    return PolicyFile(policy_set, policies, _needed(policies.values()))


def _policy(number: str, parsed: pst.Template) -> Policy:
    identifier, reason = parsed.annotations.get("id"), parsed.annotations.get("reason")
    if not identifier or not reason:
        raise BadInput(f"the policy {identifier or number} needs both @id and @reason")
    facts = frozenset(_facts_read(parsed.clauses))
    reads = {
        (action, kind): facts & FACTS[kind].keys()
        for action, kinds in ACTIONS.items()
        for kind in kinds
        if _speaks_to(parsed, action, kind)
    }
    named = (uid.id for uid in pst.entity_uids(parsed) if str(uid.type) == "Role")
    roles = frozenset(map(Role.parse, named))
    return Policy(identifier, reason, parsed.effect == "forbid", roles, MappingProxyType(reads))


def _speaks_to(parsed: pst.Template, action: str, kind: str) -> bool:
    match parsed.action:
        case pst.ActionEq(entity):
            actions = {entity.id}
        case pst.ActionIn(entities):
            actions = {entity.id for entity in entities}
        case _:
            actions = {action}
    of_another_kind = isinstance(parsed.resource, pst.ScopeIs) and (
        str(parsed.resource.entity_type) != cedar_type(kind)
    )
    return action in actions and not of_another_kind


def _facts_read(node: Any) -> Iterator[str]:
    """Every attribute of ``resource`` that is named anywhere under ``node``."""
    if isinstance(node, pst.GetAttr) and node.base == pst.Var("resource"):
        yield node.attr
    elif isinstance(node, pst.HasAttr) and node.base == pst.Var("resource"):
        yield node.attrs[0]
    elif isinstance(node, tuple):
        for item in node:
            yield from _facts_read(item)
    elif isinstance(node, Mapping):
        yield from _facts_read(tuple(node.values()))
    elif is_dataclass(node):
        for part in fields(node):
            yield from _facts_read(getattr(node, part.name))


def _needed(policies: Iterable[Policy]) -> Mapping[Question, frozenset[str]]:
    needed: dict[Question, frozenset[str]] = {
        (action, kind): frozenset() for action, kinds in ACTIONS.items() for kind in kinds
    }
    for policy in policies:
        for question, facts in policy.reads.items():
            needed[question] |= facts
    return needed
