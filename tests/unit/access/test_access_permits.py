"""Permits: what they open, when they end, how they are checked by others."""

import copy
import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from access_world import ANA, AUTHORITY, OFFER, RESEARCH, TERMS, World
from conftest import MovableClock

from casemate.access import FOREVER, Grant, Offer, OfferRules, Scope, public_jwk, verify_jws
from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring


@pytest.fixture
def world(store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> World:
    return World.open(store, ledger, clock, keyring)


@pytest.fixture(scope="module")
def one_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all tests that change nothing in it."""
    with World.on_sqlite(tmp_path_factory.mktemp("access")) as opened:
        yield opened


@pytest.fixture(scope="module")
def one_permit(one_world: World) -> str:
    return one_world.grant().id


def test_a_permit_opens_and_closes_to_the_second(world: World) -> None:
    permit = world.grant(days=1)
    end = permit.valid_until
    world.clock.now = end - timedelta(microseconds=1)
    assert world.ask(permit.id).valid_until == end
    world.clock.now = end
    with pytest.raises(NotAllowed, match="expired at 2026-03-03T09:00:00"):
        world.ask(permit.id)
    world.clock.now = permit.valid_from - timedelta(microseconds=1)
    with pytest.raises(NotAllowed, match="not valid before"):
        world.ask(permit.id)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"person": "carl"}, "carl is not among the people"),
        ({"person": None}, "the public is not among the people"),
        ({"purpose": "dpv:ResearchAndDevelopment"}, "does not cover dpv:ResearchAndDevelopment"),
        ({"purpose": "dpv:PublicBenefit"}, "does not cover dpv:PublicBenefit"),
        ({"purpose": "dpv:Advertising"}, "prohibited: advertising and marketing"),
        ({"purpose": None}, "no purpose was given"),
        ({"dataset": "other"}, "does not cover dataset 'other'"),
        ({"version": 2}, "covers version 1 of nhefs, not 2"),
        ({"variables": ["age", "sex"]}, "does not cover sex of nhefs"),
        ({"variables": "age"}, "does not cover a, g, e"),
    ],
)
def test_the_refusal_says_exactly_why(
    one_world: World, one_permit: str, asked: dict[str, object], reason: str
) -> None:
    with pytest.raises(NotAllowed, match=reason):
        one_world.ask(one_permit, **asked)


def test_unknown_permits_and_unknown_purposes(world: World) -> None:
    with pytest.raises(NotAllowed, match="there is no permit"):
        world.ask("permit-none")
    permit = world.grant()
    with pytest.raises(BadInput, match="did you mean dpv:ScientificResearch"):
        world.ask(permit.id, purpose="dpv:ScientificReserch")
    with pytest.raises(BadInput, match="no variable"):
        world.ask(permit.id, variables=[])
    with world.store.read() as tx:
        assert world.permits.is_in_force(tx, "permit-none") is False
        with pytest.raises(NotFound):
            world.permits.get(tx, "permit-none")


def test_a_broader_purpose_covers_a_narrower_one(world: World) -> None:
    permit = world.grant(purpose="dpv:ResearchAndDevelopment")
    assert world.ask(permit.id, purpose=RESEARCH).purpose == RESEARCH
    assert world.ask(permit.id, purpose="https://w3id.org/dpv#AcademicResearch")


def test_revocation_is_immediate_and_final(world: World) -> None:
    permit = world.grant()
    assert world.ask(permit.id)
    with world.store.transaction() as tx:
        revoked = world.permits.revoke(tx, AUTHORITY, permit.id, "breach of conditions")
        assert not world.permits.is_in_force(tx, permit.id)
        with pytest.raises(NotAllowed, match="was revoked at"):
            world.permits.require_in_force(
                tx, permit.id, person=ANA, purpose=RESEARCH, dataset="nhefs", variables=["age"]
            )
    assert revoked.revoke_reason == "breach of conditions"
    assert world.acts(permit.id) == ["permit.granted", "permit.revoked"]
    with pytest.raises(Conflict, match="revoked already"), world.store.transaction() as tx:
        world.permits.revoke(tx, AUTHORITY, permit.id, "again")
    with pytest.raises(BadInput, match="reason"), world.store.transaction() as tx:
        world.permits.revoke(tx, AUTHORITY, permit.id, "")


def test_a_renewal_is_a_new_permit_and_running_work_goes_on(world: World) -> None:
    old = world.grant(days=10)
    world.clock.advance(days=9)
    with world.store.transaction() as tx:
        new = world.permits.renew(
            tx, AUTHORITY, old.id, duration_days=30, reason="on schedule", offers=[OFFER]
        )
    assert (new.supersedes, new.lineage) == (old.id, old.id)
    assert new.terms == old.terms
    assert world.ask(new.id).lineage == old.id
    with pytest.raises(NotAllowed, match="took its place"):
        world.ask(old.id)
    with world.store.transaction() as tx:
        assert world.permits.may_continue(tx, old.id)
        world.permits.revoke(tx, AUTHORITY, new.id, "stop everything")
        assert not world.permits.may_continue(tx, old.id)
    assert world.acts(new.id) == ["permit.granted", "permit.renewed", "permit.revoked"]


def test_what_cannot_be_renewed(world: World) -> None:
    def renew(
        permit: str, actor: str = AUTHORITY, days: int = 30, offer: Offer | None = OFFER
    ) -> None:
        offers = [offer] if offer else []
        with world.store.transaction() as tx:
            world.permits.renew(
                tx,
                actor,
                permit,
                duration_days=days,
                reason="more",
                offers=offers,
            )

    permit = world.grant(days=10).id
    with pytest.raises(NotAllowed, match="cannot renew it"):
        renew(permit, actor=ANA)
    with pytest.raises(BadInput, match="more than nhefs allows"):
        renew(permit, days=731)
    with pytest.raises(BadInput, match="one or more"):
        renew(permit, days=0)
    with pytest.raises(BadInput, match="no longer offered"):
        renew(permit, offer=None)
    with pytest.raises(BadInput, match="outside the allow-list"):
        renew(permit, offer=replace(OFFER, allowed_purposes=frozenset()))
    with pytest.raises(BadInput, match="no longer has weight"):
        renew(permit, offer=replace(OFFER, variables=OFFER.variables - {"weight"}))
    world.clock.advance(days=10)
    with pytest.raises(Conflict, match="apply anew"):
        renew(permit)


def test_anyone_verifies_a_permit_offline_with_the_public_key(world: World) -> None:
    permit = world.grant()
    for key in (world.permits.public_key, public_jwk(world.permits.public_key)):
        claims = verify_jws(permit.jws, key)
        assert (claims.jti, claims.sub, claims.iss) == (permit.id, ANA, "casemate")
        assert (claims.valid_from, claims.valid_until) == (permit.valid_from, permit.valid_until)
        assert claims.scopes[0].plan == TERMS.scopes[0].plan
    assert "d" not in world.permits.public_jwk()


def test_moments_are_cut_to_whole_seconds(world: World) -> None:
    world.clock.now = datetime(2026, 3, 2, 9, 0, 0, 700_000, tzinfo=UTC)
    permit = world.grant(days=1)
    assert permit.valid_from == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert world.ask(permit.id)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scopes": ()}, "name a dataset"),
        ({"people": frozenset()}, "name the people"),
        ({"scopes": (Scope("a", 1, ()),)}, "no variable of a"),
        ({"scopes": (Scope("a", 1, ("x", "x")),)}, "twice"),
        ({"scopes": (Scope("a", 1, ("x",), {}, ("y",)),)}, "not opened: y"),
        ({"scopes": (Scope("a", 1, ("x",)), Scope("a", 2, ("x",)))}, "each dataset once"),
        ({"scopes": (Scope("a", 1, ("x",), {"s": 0.5}),)}, "float"),
        ({"scopes": (Scope("a", 1, ("x",), {"s": {1, 2}}),)}, "cannot be signed"),
        ({"purpose": "dpv:Purpose"}, "every purpose at once"),
        ({"purpose": "dpv:Marketing"}, "prohibited"),
        ({"purpose_text": "\ud800"}, "cannot be signed|surrogates"),
    ],
)
def test_terms_that_make_no_permit(
    one_world: World, one_permit: str, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadInput, match=reason):
        one_world.grant(**changes)
    with one_world.store.read() as tx:
        assert [permit.id for permit in one_world.permits.list(tx)] == [one_permit]


def test_reversed_and_naive_dates_are_refused(world: World) -> None:
    with pytest.raises(BadInput, match="reversed"):
        world.grant(days=0)
    with pytest.raises(BadInput, match="time zone"), world.store.transaction() as tx:
        world.permits.grant(
            tx,
            AUTHORITY,
            TERMS,
            valid_from=datetime(2026, 1, 1),  # noqa: DTZ001  # what is being tested
            valid_until=FOREVER,
        )


def test_open_data_have_a_standing_permit_for_everyone(world: World) -> None:
    offer = replace(OFFER, dataset="buses", open=True, direct_identifiers=frozenset())
    with world.store.transaction() as tx:
        permit = world.permits.standing_permit(tx, "hospital-steward", offer)
    assert permit.standing
    assert world.ask(
        permit.id, person=None, purpose=None, dataset="buses", variables=sorted(offer.variables)
    )
    world.clock.now = datetime(2999, 1, 1, tzinfo=UTC)
    assert world.ask(permit.id, dataset="buses", person="anyone", purpose="dpv:PublicBenefit")
    with pytest.raises(NotAllowed, match="does not cover name"):
        world.ask(permit.id, dataset="buses", variables=["name"])
    with world.store.read() as tx:
        assert world.permits.standing_for(tx, "buses", 1) == permit
        assert world.permits.standing_for(tx, "buses", 2) is None
        assert world.permits.standing_for(tx, "nhefs", 1) is None


def test_what_is_not_open_gets_no_standing_permit(world: World) -> None:
    with pytest.raises(BadInput, match="by application only"), world.store.transaction() as tx:
        world.permits.standing_permit(tx, AUTHORITY, OFFER)
    named = replace(OFFER, open=True)
    with pytest.raises(BadInput, match="seqn identify"), world.store.transaction() as tx:
        world.permits.standing_permit(tx, AUTHORITY, named)


def test_a_grant_is_made_by_the_guard_alone_and_is_not_stored(world: World) -> None:
    grant = world.ask(world.grant().id)
    with pytest.raises(TypeError, match=r"only Permits\.require_in_force"):
        replace(grant, person="eve")
    with pytest.raises(TypeError, match=r"only Permits\.require_in_force"):
        Grant(
            grant.permit,
            grant.lineage,
            "eve",
            grant.purpose,
            grant.scope,
            grant.output_rules,
            grant.valid_until,
            grant.granted_at,
        )
    for attempt in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not stored or sent"):
            attempt(grant)


def test_a_plan_read_from_a_grant_can_be_changed_without_harm(world: World) -> None:
    permit = world.grant()
    world.ask(permit.id).scope.plan["generalise"]["age"].clear()
    assert world.ask(permit.id).scope.plan == TERMS.scopes[0].plan


def test_lists_find_permits_by_person_dataset_and_application(world: World) -> None:
    first = world.grant()
    world.clock.advance(seconds=1)
    second = world.grant(people=frozenset({"dora"}), applicant="dora", application=None)
    with world.store.read() as tx:
        find = world.permits.list
        assert [p.id for p in find(tx)] == [second.id, first.id]
        assert [p.id for p in find(tx, person="dora")] == [second.id]
        assert [p.id for p in find(tx, applicant=ANA)] == [first.id]
        assert [p.id for p in find(tx, application="application-x")] == [first.id]
        assert len(find(tx, dataset="nhefs")) == 2
        assert find(tx, dataset="other") == ()


def test_a_permit_on_ten_thousand_variables_is_signed_and_checked(world: World) -> None:
    names = tuple(f"a_rather_long_variable_name_{number}" for number in range(10_000))
    permit = world.grant(scopes=(Scope("wide", 1, names),))
    assert len(world.ask(permit.id, dataset="wide", variables=names).scope.variables) == 10_000


def test_longest_duration_of_an_offer_is_ten_years() -> None:
    assert OfferRules().max_duration_days == 3653
