"""The guard of the first law, at every boundary and for every question that hypothesis finds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from access_world import ANA, AUTHORITY, OFFER, PEOPLE, PLAN, TERMS, World, form
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from casemate.access import Grant, PermitTerms, Scope, State, purposes
from casemate.errors import Conflict, NotAllowed

# One store serves all examples; each makes permits of its own.
SHARED_STORE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("a", "b", "c", "d")
NEAR = st.integers(-2_000_000, 2_000_000).map(lambda us: timedelta(microseconds=us))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.on_sqlite(tmp_path) as opened:
        yield opened


@SHARED_STORE
@given(
    start=st.integers(0, 10**6),
    length=st.integers(1, 10**6),
    edge=st.sampled_from(["start", "end"]),
    offset=NEAR,
    revoke=st.booleans(),
)
def test_in_force_exactly_from_start_to_before_end_unless_revoked(
    world: World, start: int, length: int, edge: str, offset: timedelta, revoke: bool
) -> None:
    begin = EPOCH + timedelta(seconds=start)
    end = begin + timedelta(seconds=length)
    with world.store.transaction() as tx:
        permit = world.permits.grant(tx, AUTHORITY, TERMS, valid_from=begin, valid_until=end)
        if revoke:
            permit = world.permits.revoke(tx, AUTHORITY, permit.id, "reason")
    world.clock.now = (begin if edge == "start" else end) + offset
    expected = begin <= world.clock.now < end and not revoke
    assert permit.in_force_at(world.clock.now) is expected
    with world.store.read() as tx:
        assert world.permits.is_in_force(tx, permit.id) is expected
        assert world.permits.may_continue(tx, permit.id) is expected
    if expected:
        assert isinstance(world.ask(permit.id), Grant)
    else:
        with pytest.raises(NotAllowed):
            world.ask(permit.id)


@dataclass(frozen=True)
class Question:
    """What somebody asks the guard."""

    person: str
    purpose: str
    dataset: str
    version: int | None
    variables: tuple[str, ...]

    def covered_by(self, terms: PermitTerms) -> bool:
        """What the law says, written out once more and plainly."""
        scope = next((s for s in terms.scopes if s.dataset == self.dataset), None)
        return (
            self.person in terms.people
            and purposes.prohibited_use(self.purpose) is None
            and terms.purpose in purposes.ancestors(self.purpose)
            and scope is not None
            and self.version in (None, scope.version)
            and set(self.variables) <= set(scope.variables)
        )


GRANTABLE = sorted(
    name
    for name in purposes.TERMS
    if name != purposes.ROOT and purposes.prohibited_use(name) is None
)
SCOPES = st.lists(
    st.builds(
        Scope,
        dataset=st.sampled_from(NAMES),
        version=st.integers(1, 2),
        variables=st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda scope: scope.dataset,
).map(tuple)
ALL_TERMS = st.builds(
    PermitTerms,
    applicant=st.sampled_from(NAMES),
    people=st.frozensets(st.sampled_from(NAMES), min_size=1),
    scopes=SCOPES,
    purpose=st.sampled_from(GRANTABLE),
)
QUESTIONS = st.builds(
    Question,
    person=st.sampled_from(NAMES),
    purpose=st.sampled_from(sorted(purposes.TERMS)),
    dataset=st.sampled_from(NAMES),
    version=st.sampled_from([None, 1, 2]),
    variables=st.lists(st.sampled_from(NAMES), min_size=1).map(tuple),
)


@SHARED_STORE
@given(terms=ALL_TERMS, questions=st.lists(QUESTIONS, min_size=5, max_size=20), data=st.data())
def test_a_permit_covers_what_its_terms_say_and_nothing_else(
    world: World, terms: PermitTerms, questions: list[Question], data: st.DataObject
) -> None:
    scope = data.draw(st.sampled_from(terms.scopes))
    # At random most questions are refused; one that is covered is always among them.
    covered = Question(min(terms.people), terms.purpose, scope.dataset, None, scope.variables)
    now = world.clock()
    with world.store.transaction() as tx:
        permit = world.permits.grant(
            tx, AUTHORITY, terms, valid_from=now, valid_until=now + timedelta(days=1)
        )
    assert covered.covered_by(terms)
    for question in [covered, *questions]:
        if question.covered_by(terms):
            grant = world.ask(permit.id, **vars(question))
            assert set(grant.scope.variables) == set(question.variables)
        else:
            with pytest.raises(NotAllowed):
                world.ask(permit.id, **vars(question))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@SHARED_STORE
@given(plan=st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_a_plan_comes_back_as_it_was_given(world: World, plan: dict[str, object]) -> None:
    permit = world.grant(scopes=(Scope("nhefs", 1, ("age",), plan),))
    assert world.ask(permit.id).scope.plan == plan
    assert permit.scopes[0].plan == plan


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["incomplete", "changes", "resubmit", "extend", "wait"]),
        st.integers(0, 20 * 86_400),
    ),
    max_size=8,
)


@SHARED_STORE
@given(acts=ACTS)
def test_the_due_date_never_moves_forward_in_the_authoritys_hands(
    world: World, acts: list[tuple[str, int]]
) -> None:
    application = world.submitted()
    with world.store.read() as tx:
        record = world.applications.get(tx, application)
    for act, seconds in acts:
        before, stopped = record, record.clock_stopped_at is not None
        world.clock.advance(seconds=seconds)
        with world.store.transaction() as tx:
            _attempt(world, tx, act, application)
        with world.store.read() as tx:
            record = world.applications.get(tx, application)
        assert before.due is not None
        assert record.due is not None
        assert record.due >= before.due
        if not stopped and record.extended == before.extended:
            assert record.due == before.due
        if stopped and record.extended == before.extended:
            assert record.due - before.due == timedelta(seconds=seconds)
        assert (record.clock_stopped_at is None) is (record.state is State.SUBMITTED)


def _attempt(world: World, tx: Session, act: str, application: str) -> None:
    room = world.applications
    try:
        if act == "incomplete":
            room.mark_incomplete(tx, AUTHORITY, application, "reason")
        elif act == "changes":
            room.request_changes(tx, AUTHORITY, application, "reason")
        elif act == "extend":
            room.extend(tx, AUTHORITY, application, "reason")
        elif act == "resubmit":
            room.resubmit(tx, ANA, application, form(), [OFFER], known_people=PEOPLE)
    except Conflict:
        assert room.get(tx, application).state is not State.APPROVED


def test_the_world_of_this_file_grants_what_it_says(world: World) -> None:
    permit = world.approve(world.submitted())
    assert world.ask(permit.id, variables=["weight"]).scope.plan == PLAN
