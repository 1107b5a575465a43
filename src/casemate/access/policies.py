"""Authorisation: one question (who, which act, on what), answered by ``policies.cedar``.

Cedar passes over a policy that fails while it is evaluated, and a ``forbid`` passed over forbids
nothing. So no question reaches Cedar unless every fact that any policy on that act reads is there,
and an answer that came with an error is a refusal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import cedarpy

from casemate.access.policy_file import Policy, policy_text, read_policies
from casemate.access.policy_model import ACTIONS, FACTS, Fact, cedar_type
from casemate.errors import BadInput, NotAllowed
from casemate.identity import Account, Role

_VISITOR = {"type": "Visitor", "id": "public"}
_PUBLIC_ROLE = {"type": "Role", "id": Role.PUBLIC.value}
_COLLECTIONS = (frozenset, set, list, tuple)
_WANTED = {
    Fact.ACCOUNT: "an account id",
    Fact.ACCOUNTS: "a set of account ids",
    Fact.ORGANISATION: "an organisation id",
    Fact.ORGANISATIONS: "a set of organisation ids",
    Fact.TEXT: "a text",
    Fact.FLAG: "True or False",
}


class UnknownAction(BadInput):
    """No such act, or it is not done to that kind of resource."""


class UnknownResource(BadInput):
    """No such kind of resource, no such fact of it, or a fact of the wrong type."""


@dataclass(frozen=True)
class Resource:
    """What is acted on: its kind, its id, and the facts that policies may read.

    Facts are account and organisation ids, sets of them, texts and booleans, as listed in
    ``policy_model.FACTS``. One left out or ``None`` is unknown, and acts that depend on it are
    refused. Raises ``UnknownResource`` for a kind or fact that is not listed.
    """

    kind: str
    id: str
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = FACTS.get(self.kind)
        if known is None:
            raise UnknownResource(
                f"no kind of resource {self.kind!r}; there are {', '.join(FACTS)}"
            )
        for name, value in self.attrs.items():
            if name not in known:
                listed = ", ".join(known) or "none"
                raise UnknownResource(f"a {self.kind} has no fact {name!r}; there are {listed}")
            if value is not None and not _fits(known[name], value):
                raise UnknownResource(
                    f"the fact {name!r} of {self.kind} {self.id} is {value!r}; "
                    f"give {_WANTED[known[name]]}"
                )
        given = {
            name: frozenset(value) if isinstance(value, _COLLECTIONS) else value
            for name, value in self.attrs.items()
            if value is not None
        }
        object.__setattr__(self, "attrs", MappingProxyType(given))


HOME = Resource("home", "home")
"""The whole house: what acts on no single record is done to it."""


@dataclass(frozen=True)
class Explanation:
    """Why an act is allowed or refused. ``sentence`` says it in full."""

    allowed: bool
    sentence: str
    policies: tuple[Policy, ...] = ()
    """Those that decided it: forbids of a refusal, permits of a consent."""
    missing: tuple[str, ...] = ()
    """Facts that were needed and not given."""
    errors: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()
    """Where no policy allows the act: the roles each of which would."""


class Policies:
    """The house's policies, parsed once a process. ``text`` replaces ``policies.cedar``.

    Raises ``BadInput`` where the text cannot be used (see ``read_policies``).
    """

    def __init__(self, text: str | None = None) -> None:
        self._file = read_policies(policy_text() if text is None else text)

    def __iter__(self) -> Iterator[Policy]:
        return iter(self._file.policies.values())

    def require(self, actor: Account | None, action: str, resource: Resource) -> None:
        """Return if ``actor`` (``None``: the public) may do ``action``; raise ``NotAllowed`` if not.

        Raises ``UnknownAction`` for an act that does not exist or does not fit the resource.
        """
        answer = self._ask(actor, action, resource)
        if not answer.allowed:
            raise NotAllowed(self._explanation(actor, action, resource, answer).sentence)

    def is_allowed(self, actor: Account | None, action: str, resource: Resource) -> bool:
        """Whether ``actor`` may do ``action``; unknown facts and errors count as no."""
        return self._ask(actor, action, resource).allowed

    def explain(self, actor: Account | None, action: str, resource: Resource) -> Explanation:
        """The answer with its reason, and for a refusal what would be needed."""
        answer = self._ask(actor, action, resource)
        return self._explanation(actor, action, resource, answer)

    def _ask(self, actor: Account | None, action: str, resource: Resource) -> "_Answer":
        _check_question(action, resource)
        needed = self._file.needed[action, resource.kind]
        if missing := sorted(needed - resource.attrs.keys()):
            return _Answer(allowed=False, missing=tuple(missing))
        result = cedarpy.is_authorized(
            {
                "principal": _uid("account", actor.id) if actor else _VISITOR,
                "action": {"type": "Action", "id": action},
                "resource": _uid(resource.kind, resource.id),
            },
            self._file.policy_set,
            _entities(actor, resource),
        )
        errors = tuple(result.diagnostics.errors)
        deciding = (self._file.policies[name] for name in result.diagnostics.reasons)
        return _Answer(
            allowed=result.allowed and not errors,
            policies=tuple(sorted(deciding, key=lambda policy: policy.id)),
            errors=errors,
        )

    def _explanation(
        self, actor: Account | None, action: str, resource: Resource, answer: "_Answer"
    ) -> Explanation:
        permits = [
            policy
            for policy in self
            if not policy.forbids and (action, resource.kind) in policy.reads
        ]
        roles: frozenset[Role] = frozenset()
        if not (answer.allowed or answer.policies or answer.missing or answer.errors):
            named = frozenset[Role]().union(*(policy.roles for policy in permits))
            roles = self._roles_that_would_do(actor, action, resource, named)
        may = "may" if answer.allowed else "may not"
        what = "this home" if resource.kind == "home" else f"{resource.kind} {resource.id}"
        act = f"{_who(actor)} {may} {action} on {what}"
        return Explanation(
            allowed=answer.allowed,
            sentence=f"{act}: {_because(answer, roles, permits)}",
            policies=answer.policies,
            missing=answer.missing,
            errors=answer.errors,
            roles=roles,
        )

    def _roles_that_would_do(
        self, actor: Account | None, action: str, resource: Resource, named: frozenset[Role]
    ) -> frozenset[Role]:
        someone = actor or Account("", "", "", frozenset(), has_password=False, active=True)
        return frozenset(
            role
            for role in named - someone.roles
            if self._ask(replace(someone, roles=someone.roles | {role}), action, resource).allowed
        )


@dataclass(frozen=True)
class _Answer:
    allowed: bool
    policies: tuple[Policy, ...] = ()
    missing: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def _because(answer: _Answer, roles: frozenset[Role], permits: list[Policy]) -> str:
    if answer.missing:
        return f"it depends on facts that are not known ({', '.join(answer.missing)})"
    if answer.errors:
        return f"the policies could not be evaluated ({'; '.join(answer.errors)})"
    if answer.policies:
        return "; ".join(f"{policy.reason} [{policy.id}]" for policy in answer.policies)
    if roles:
        return f"no policy allows it; it takes the role {' or '.join(sorted(roles))}"
    rules = "; ".join(f"{policy.reason} [{policy.id}]" for policy in permits)
    return f"no policy allows it; the rule is: {rules or 'no one does'}"


def _check_question(action: str, resource: Resource) -> None:
    kinds = ACTIONS.get(action)
    if kinds is None:
        raise UnknownAction(f"there is no act {action!r}; there are {', '.join(ACTIONS)}")
    if resource.kind not in kinds:
        raise UnknownAction(f"{action} is done to {' or '.join(kinds)}, not to {resource.kind}")


def _entities(actor: Account | None, resource: Resource) -> list[dict[str, Any]]:
    if actor is None:
        who = {"uid": _VISITOR, "attrs": {}, "parents": [_PUBLIC_ROLE]}
    else:
        who = {
            "uid": _uid("account", actor.id),
            "attrs": {
                "organisation": _reference("organisation", actor.organisation),
                "active": actor.active,
            },
            "parents": [{"type": "Role", "id": role.value} for role in actor.roles],
        }
    what = {
        "uid": _uid(resource.kind, resource.id),
        "attrs": {
            name: _cedar_value(FACTS[resource.kind][name], value)
            for name, value in resource.attrs.items()
        },
        "parents": [],
    }
    # Somebody who acts on their own account is one entity, known by what the directory says.
    return [who] if who["uid"] == what["uid"] else [who, what]


def _cedar_value(fact: Fact, value: Any) -> Any:
    match fact:
        case Fact.ACCOUNT | Fact.ORGANISATION:
            return _reference(fact.value.lower(), value)
        case Fact.ACCOUNTS:
            return [_reference("account", item) for item in value]
        case Fact.ORGANISATIONS:
            return [_reference("organisation", item) for item in value]
        case Fact.TEXT | Fact.FLAG:
            return value


def _fits(fact: Fact, value: Any) -> bool:
    match fact:
        case Fact.ACCOUNTS | Fact.ORGANISATIONS:
            return isinstance(value, _COLLECTIONS) and all(map(_is_id, value))
        case Fact.FLAG:
            return isinstance(value, bool)
        case Fact.ACCOUNT | Fact.ORGANISATION:
            return _is_id(value)
        case Fact.TEXT:
            return isinstance(value, str)


def _is_id(value: Any) -> bool:
    # An empty id is somebody's unknown: it would match no one and so slip past every forbid.
    return isinstance(value, str) and bool(value)


def _uid(kind: str, identifier: str) -> dict[str, str]:
    return {"type": cedar_type(kind), "id": identifier}


def _reference(kind: str, identifier: str) -> dict[str, Any]:
    return {"__entity": _uid(kind, identifier)}


def _who(actor: Account | None) -> str:
    if actor is None:
        return "the public"
    return f"{actor.id} ({', '.join(sorted(actor.roles)) or 'no role'})"
