"""The way from a draft to a permit that opens data, and back: read these first."""

import pytest
from access_world import ANA, AUTHORITY, OFFER, OTHER_AUTHORITY, PEOPLE, PLAN, World, form
from conftest import MovableClock
from sqlalchemy import text

from casemate.access import OutputRules, State
from casemate.canonical import canonical_json
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, NotFound
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring


@pytest.fixture
def world(store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> World:
    return World.open(store, ledger, clock, keyring)


def test_an_approved_application_opens_exactly_what_it_asked_for(world: World) -> None:
    application = world.submitted()
    permit = world.approve(application, conditions=["publish the results"])

    grant = world.ask(permit.id, variables=["age", "seqn"])
    assert (grant.scope.dataset, grant.scope.version) == ("nhefs", 1)
    assert grant.scope.variables == ("age", "seqn")
    assert grant.scope.pseudonyms == ("seqn",)
    assert canonical_json(grant.scope.plan) == canonical_json(PLAN)
    assert permit.conditions == ("publish the results",)
    assert permit.output_rules.min_cell == OFFER.rules.min_cell
    with world.store.read() as tx:
        record = world.applications.get(tx, application)
    assert (record.state, record.permit) == (State.APPROVED, permit.id)
    with pytest.raises(NotAllowed, match="does not cover smoke"):
        world.ask(permit.id, variables=["age", "smoke"])


def test_every_act_is_on_the_ledger_and_words_are_not(world: World) -> None:
    application = world.submitted()
    permit = world.approve(application, reason="a very telling reason")
    assert world.acts(application) == [
        "application.drafted",
        "application.submitted",
        "application.approved",
    ]
    assert world.acts(permit.id) == ["permit.granted"]
    with world.store.read() as tx:
        entries = "".join(str(entry) for entry in world.ledger.entries(tx))
        decision = world.applications.decisions(tx, application)[-1]
    assert "telling" not in entries
    assert "Quitting" not in entries
    assert (decision.act, decision.text, decision.actor) == (
        "approve",
        "a very telling reason",
        AUTHORITY,
    )


def test_the_timeline_shows_acts_and_messages_in_order(world: World) -> None:
    application = world.submitted()
    with world.store.transaction() as tx:
        world.applications.message(tx, AUTHORITY, application, "Is 1982 the last year?")
        world.applications.mark_incomplete(tx, AUTHORITY, application, "the ethics opinion")
    with world.store.read() as tx:
        told = [(event.act, event.text) for event in world.applications.timeline(tx, application)]
    assert told == [
        ("draft", ""),
        ("submit", ""),
        ("message", "Is 1982 the last year?"),
        ("mark_incomplete", "the ethics opinion"),
    ]


def test_who_applied_or_is_named_takes_no_part_in_deciding(world: World) -> None:
    application = world.submitted()
    for insider in (ANA, "ben"):
        with pytest.raises(NotAllowed, match="takes no part"), world.store.transaction() as tx:
            world.applications.refuse(tx, insider, application, "mine")
        with pytest.raises(NotAllowed, match="takes no part"), world.store.transaction() as tx:
            world.applications.approve(
                tx, insider, application, reason="x", offers=[OFFER], plans={"nhefs": PLAN}
            )
    with world.store.read() as tx:
        assert world.applications.get(tx, application).state is State.SUBMITTED
        assert world.permits.list(tx) == ()


def test_a_refusal_can_be_appealed_once_and_is_decided_by_somebody_else(world: World) -> None:
    application = world.submitted()
    with world.store.transaction() as tx:
        world.applications.refuse(tx, AUTHORITY, application, "method unclear")
        appealed = world.applications.appeal(tx, ANA, application, "see the annex")
    assert appealed.due is not None
    with pytest.raises(NotAllowed, match="somebody else"):
        world.approve(application)
    with world.store.transaction() as tx:
        world.applications.refuse(tx, OTHER_AUTHORITY, application, "still unclear")
    with pytest.raises(Conflict, match="court"), world.store.transaction() as tx:
        world.applications.appeal(tx, ANA, application, "once more")


def test_an_appeal_has_to_come_in_time(world: World) -> None:
    application = world.submitted()
    with world.store.transaction() as tx:
        refused = world.applications.refuse(tx, AUTHORITY, application, "no")
    assert refused.appeal_until is not None
    world.clock.now = refused.appeal_until
    with pytest.raises(BadInput, match="ended at"), world.store.transaction() as tx:
        world.applications.appeal(tx, ANA, application, "late")


def test_the_clock_stands_still_while_the_applicant_has_it(world: World) -> None:
    application = world.submitted()
    with world.store.read() as tx:
        due = world.applications.get(tx, application).due
    with world.store.transaction() as tx:
        world.applications.request_changes(tx, AUTHORITY, application, "fewer variables")
    world.clock.advance(days=10)
    with world.store.transaction() as tx:
        world.applications.resubmit(
            tx, ANA, application, form(title="Better"), [OFFER], known_people=PEOPLE
        )
    world.clock.advance(days=3)
    with world.store.read() as tx:
        record = world.applications.get(tx, application)
    assert due is not None
    assert record.due is not None
    assert (record.due - due).days == 10
    assert record.form.title == "Better"


def test_the_time_is_extended_once_with_a_reason_and_not_too_late(world: World) -> None:
    application = world.submitted()
    with pytest.raises(BadInput, match="reason"), world.store.transaction() as tx:
        world.applications.extend(tx, AUTHORITY, application, "  ")
    with world.store.transaction() as tx:
        extended = world.applications.extend(tx, AUTHORITY, application, "complex linkage")
    assert extended.due is not None
    assert (extended.due.month, extended.due.day) == (9, 2)
    with pytest.raises(Conflict, match="once"), world.store.transaction() as tx:
        world.applications.extend(tx, AUTHORITY, application, "again")
    late = world.submitted()
    world.clock.advance(days=120)
    with pytest.raises(Conflict, match="too late"), world.store.transaction() as tx:
        world.applications.extend(tx, AUTHORITY, late, "forgot")


def test_confirming_completeness_is_recorded(world: World) -> None:
    application = world.submitted()
    with world.store.transaction() as tx:
        record = world.applications.confirm_complete(tx, AUTHORITY, application)
    assert record.complete_at == world.clock()
    assert record.completeness_due is not None
    assert record.completeness_due > record.complete_at


def test_a_data_request_gives_a_permit_without_rows(world: World) -> None:
    application = world.submitted(kind="request", tabulation="weight by sex")
    permit = world.approve(application)
    grant = world.ask(permit.id)
    with pytest.raises(NotAllowed, match="aggregate answers only"):
        grant.require_rows()
    world.ask(world.approve(world.submitted()).id).require_rows()


def test_an_amendment_replaces_the_permit_and_keeps_its_lineage(world: World) -> None:
    old = world.approve(world.submitted())
    amended = world.submitted(kind="amendment", amends=old.id, people=[ANA, "carl"])
    new = world.approve(amended)
    assert (new.supersedes, new.lineage) == (old.id, old.lineage)
    assert world.ask(new.id, person="carl")
    with pytest.raises(NotAllowed, match=f"{new.id} took its place"):
        world.ask(old.id)
    with world.store.read() as tx:
        assert world.permits.get(tx, old.id).revoke_reason == "superseded"
        assert not world.permits.may_continue(tx, old.id)


def test_an_amendment_of_a_data_request_stays_without_rows(world: World) -> None:
    old = world.approve(world.submitted(kind="request", tabulation="weight by sex"))
    new = world.approve(world.submitted(kind="amendment", amends=old.id))
    assert new.output_rules.rows is False


def test_only_ones_own_permit_in_force_can_be_amended(world: World) -> None:
    others = world.grant(applicant="dora")
    with pytest.raises(BadInput, match="not a permit of ana"):
        world.submitted(kind="amendment", amends=others.id)
    ended = world.grant(days=1)
    world.clock.advance(days=2)
    with pytest.raises(BadInput, match="not in force"):
        world.submitted(kind="amendment", amends=ended.id)
    with pytest.raises(NotFound):
        world.submitted(kind="amendment", amends="permit-none")


def test_the_authority_may_be_stricter_than_the_holder_never_looser(world: World) -> None:
    application = world.submitted()
    with pytest.raises(BadInput, match="smaller than the data holders allow"):
        world.approve(application, output_rules=OutputRules(min_cell=3))
    with pytest.raises(BadInput, match="1 to 365"):
        world.approve(application, duration_days=366)
    permit = world.approve(application, output_rules=OutputRules(min_cell=20), duration_days=30)
    assert permit.output_rules.min_cell == 20
    assert (permit.valid_until - permit.valid_from).days == 30


def test_each_dataset_needs_a_plan_and_only_those_asked_for(world: World) -> None:
    application = world.submitted()
    with pytest.raises(BadInput, match="no protection plan for nhefs"):
        world.approve(application, plans={})
    with pytest.raises(BadInput, match="was not asked for"):
        world.approve(application, plans={"nhefs": PLAN, "other": PLAN})
    with pytest.raises(BadInput, match="float"):
        world.approve(application, plans={"nhefs": {"suppression": 0.02}})


def test_what_is_no_longer_offered_is_not_granted(world: World) -> None:
    application = world.submitted()
    with pytest.raises(BadInput, match="no dataset 'nhefs'"):
        world.approve(application, offers=[])


def test_a_form_altered_in_the_database_is_not_approved(world: World) -> None:
    application = world.submitted()
    with world.store.engine.begin() as raw:
        raw.execute(
            text(
                "UPDATE application SET form = replace(CAST(form AS text), 'ben', 'eve')"
                if world.store.is_sqlite
                else "UPDATE application SET form = CAST(replace(CAST(form AS text), "
                "'ben', 'eve') AS jsonb)"
            )
        )
    with pytest.raises(IntegrityFailure, match="not the one submitted"):
        world.approve(application)


def test_a_draft_may_be_revised_and_then_no_more(world: World) -> None:
    with world.store.transaction() as tx:
        drafted = world.applications.draft(tx, ANA, form(title=""), organisation="university")
        world.applications.revise(tx, ANA, drafted.id, form(title="Now complete"))
        record = world.applications.submit(tx, ANA, drafted.id, [OFFER], known_people=PEOPLE)
    assert record.form.title == "Now complete"
    with pytest.raises(Conflict, match="revise is not possible"), world.store.transaction() as tx:
        world.applications.revise(tx, ANA, drafted.id, form())


def test_lists_are_narrowed_by_applicant_and_state(world: World) -> None:
    first, second = world.submitted(), world.submitted()
    with world.store.transaction() as tx:
        world.applications.withdraw(tx, ANA, second, "no funding")
    with world.store.read() as tx:
        assert [a.id for a in world.applications.list(tx, state="submitted")] == [first]
        assert len(world.applications.list(tx, applicant=ANA)) == 2
        assert world.applications.list(tx, applicant="nobody") == ()
        with pytest.raises(BadInput, match="no state of an application"):
            world.applications.list(tx, state="lost")
        with pytest.raises(NotFound):
            world.applications.get(tx, "application-none")
