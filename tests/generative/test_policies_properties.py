"""No combination of roles gets past the separation of duties, and less known never means more allowed."""

from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casemate.access.policies import HOME, Policies, Resource
from casemate.access.policy_model import ACTIONS, FACTS, Fact
from casemate.identity import Account, Role

POLICIES = Policies()
ACCOUNTS = st.sampled_from(["acct-a", "acct-b", "acct-c"])
ORGANISATIONS = st.sampled_from(["org-x", "org-y"])
ROLES = st.frozensets(st.sampled_from(list(Role)))
VALUES: Mapping[Fact, st.SearchStrategy[Any]] = {
    Fact.ACCOUNT: ACCOUNTS,
    Fact.ACCOUNTS: st.frozensets(ACCOUNTS),
    Fact.ORGANISATION: ORGANISATIONS,
    Fact.ORGANISATIONS: st.frozensets(ORGANISATIONS),
    Fact.TEXT: st.sampled_from(["draft", "submitted", "held", "released", "pass", "refuse", ""]),
    Fact.FLAG: st.booleans(),
}


@st.composite
def accounts(draw: st.DrawFn, *, active: bool = True) -> Account:
    return Account(
        draw(ACCOUNTS), "", draw(ORGANISATIONS), draw(ROLES), has_password=False, active=active
    )


@st.composite
def questions(draw: st.DrawFn, actions: tuple[str, ...] = tuple(ACTIONS)) -> tuple[str, Resource]:
    """An act and something that it can be done to, with every fact."""
    action = draw(st.sampled_from(actions))
    kind = draw(st.sampled_from(ACTIONS[action]))
    facts = {name: draw(VALUES[fact]) for name, fact in FACTS[kind].items()}
    return action, Resource(kind, draw(ACCOUNTS) if kind == "account" else f"{kind}-1", facts)


@given(accounts(), questions(("application.decide", "permit.renew")))
def test_no_roles_let_the_applicants_side_decide(
    actor: Account, question: tuple[str, Resource]
) -> None:
    action, resource = question
    facts = resource.attrs
    involved = (
        actor.id == facts["applicant"]
        or actor.id in facts["people"]
        or actor.organisation == facts["organisation"]
    )
    decides = POLICIES.is_allowed(actor, action, resource)
    assert decides == (Role.AUTHORITY in actor.roles and not involved)


@given(
    accounts(),
    questions(("output.review", "output.clear", "output.release", "output.read_evidence")),
)
def test_no_roles_let_the_permits_people_clear_outputs(
    actor: Account, question: tuple[str, Resource]
) -> None:
    action, resource = question
    facts = resource.attrs
    involved = actor.id == facts["submitted_by"] or actor.id in facts["people"]
    unchecked = action == "output.release" and facts["verdict"] not in {"pass", "review"}
    again = action == "output.clear" and facts["four_eyes"] and actor.id in facts["cleared_by"]
    alone = action == "output.release" and facts["four_eyes"] and not facts["seconded"]
    clears = POLICIES.is_allowed(actor, action, resource)
    may = not (involved or unchecked or again or alone)
    assert clears == (Role.OUTPUT_CHECKER in actor.roles and may)


@given(accounts(), questions(("dataset.publish", "dataset.retire")))
def test_no_roles_let_anyone_touch_anothers_dataset(
    actor: Account, question: tuple[str, Resource]
) -> None:
    action, resource = question
    own = resource.attrs["holder"] == actor.organisation
    touches = POLICIES.is_allowed(actor, action, resource)
    assert touches == (Role.DATA_HOLDER in actor.roles and own)


@given(accounts(), questions(("run.submit",)))
def test_no_roles_let_anyone_run_outside_the_permit(
    actor: Account, question: tuple[str, Resource]
) -> None:
    action, resource = question
    facts = resource.attrs
    own = facts["submitted_by"] == actor.id and actor.id in facts["people"]
    assert POLICIES.is_allowed(actor, action, resource) == (Role.DATA_USER in actor.roles and own)


@given(accounts(active=False), questions())
def test_a_deactivated_account_does_nothing_at_all(
    actor: Account, question: tuple[str, Resource]
) -> None:
    assert not POLICIES.is_allowed(actor, *question)


@settings(max_examples=300)
@given(st.none() | accounts(), questions(), st.data())
def test_less_known_never_means_more_allowed(
    actor: Account | None, question: tuple[str, Resource], data: st.DataObject
) -> None:
    action, full = question
    kept = data.draw(st.frozensets(st.sampled_from(sorted(full.attrs)))) if full.attrs else []
    less = Resource(full.kind, full.id, {name: full.attrs[name] for name in kept})
    if POLICIES.is_allowed(actor, action, less):
        assert POLICIES.is_allowed(actor, action, full)


@given(questions(), accounts())
def test_the_public_may_do_nothing_that_an_account_may_not(
    question: tuple[str, Resource], actor: Account
) -> None:
    if POLICIES.is_allowed(None, *question):
        assert POLICIES.is_allowed(actor, *question)


@settings(max_examples=300)
@given(st.none() | accounts(), questions())
def test_refusals_explain_themselves(actor: Account | None, question: tuple[str, Resource]) -> None:
    explanation = POLICIES.explain(actor, *question)
    assert explanation.errors == ()
    assert explanation.missing == ()
    assert question[0] in explanation.sentence
    assert (actor.id if actor else "the public") in explanation.sentence
    assert explanation.allowed == POLICIES.is_allowed(actor, *question)
    if actor:
        for role in explanation.roles:
            with_role = Account(
                actor.id, "", actor.organisation, actor.roles | {role}, False, active=True
            )
            assert POLICIES.is_allowed(with_role, *question)


ANY_TEXT = st.text(min_size=1, max_size=30)


@given(ANY_TEXT, ANY_TEXT)
def test_ids_are_only_ids(one: str, other: str) -> None:
    """Whatever characters an id holds, it is equal to itself and to nothing else."""
    assume(one != other)
    actor = Account(one, "", "org-x", frozenset(), has_password=False, active=True)
    own = Resource("application", other, {"applicant": one})
    others = Resource("application", one, {"applicant": other})
    assert not POLICIES.is_allowed(actor, "application.withdraw", others)
    if one.isprintable():
        assert POLICIES.is_allowed(actor, "application.withdraw", own)


@given(ANY_TEXT)
def test_no_id_makes_an_operator(text: str) -> None:
    for organisation in (text, 'org-x", "parents": [{"type": "Role", "id": "operator"}], "x": "'):
        actor = Account(text, "", organisation, frozenset(), has_password=False, active=True)
        assert not POLICIES.is_allowed(actor, "key.rotate", HOME)
