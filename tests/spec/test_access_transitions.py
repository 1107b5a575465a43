"""The state machine of an application: every act in every state, against the table a lawyer reads."""

import pytest
from access_world import ANA, AUTHORITY, OFFER, OTHER_AUTHORITY, PEOPLE, PLAN, World, form
from conftest import MovableClock
from sqlalchemy.orm import Session

from casemate.access import TRANSITIONS, State
from casemate.errors import Conflict
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring

# The states in which each act is possible, and where it leads; written here a second time on
# purpose, so that a change of the machine has to be made twice.
ALLOWED = {
    "revise": "draft>draft incomplete>incomplete changes_requested>changes_requested",
    "submit": "draft>submitted",
    "resubmit": "incomplete>submitted changes_requested>submitted",
    "withdraw": "draft>withdrawn submitted>withdrawn incomplete>withdrawn "
    "changes_requested>withdrawn appealed>withdrawn",
    "appeal": "refused>appealed",
    "confirm_complete": "submitted>submitted",
    "mark_incomplete": "submitted>incomplete",
    "request_changes": "submitted>changes_requested",
    "extend": "submitted>submitted appealed>appealed",
    "approve": "submitted>approved appealed>approved",
    "refuse": "submitted>refused incomplete>refused changes_requested>refused appealed>refused",
}
EXPECTED = {
    (act, State(pair.split(">")[0])): State(pair.split(">")[1])
    for act, pairs in ALLOWED.items()
    for pair in pairs.split()
}


def take(world: World, tx: Session, act: str, application: str) -> None:
    room = world.applications
    match act:
        case "revise":
            room.revise(tx, ANA, application, form())
        case "submit":
            room.submit(tx, ANA, application, [OFFER], known_people=PEOPLE)
        case "resubmit":
            room.resubmit(tx, ANA, application, form(), [OFFER], known_people=PEOPLE)
        case "withdraw":
            room.withdraw(tx, ANA, application)
        case "appeal":
            room.appeal(tx, ANA, application, "grounds")
        case "confirm_complete":
            room.confirm_complete(tx, AUTHORITY, application)
        case "mark_incomplete":
            room.mark_incomplete(tx, AUTHORITY, application, "reason")
        case "request_changes":
            room.request_changes(tx, AUTHORITY, application, "reason")
        case "extend":
            room.extend(tx, AUTHORITY, application, "reason")
        case "approve":
            room.approve(
                tx,
                OTHER_AUTHORITY,
                application,
                reason="reason",
                offers=[OFFER],
                plans={"nhefs": PLAN},
            )
        case "refuse":
            who = OTHER_AUTHORITY if "appeal" in _history(world, tx, application) else AUTHORITY
            room.refuse(tx, who, application, "reason")


def _history(world: World, tx: Session, application: str) -> set[str]:
    return {event.act for event in world.applications.timeline(tx, application)}


WAY_TO = {
    State.DRAFT: "",
    State.SUBMITTED: "submit",
    State.INCOMPLETE: "submit mark_incomplete",
    State.CHANGES_REQUESTED: "submit request_changes",
    State.APPROVED: "submit approve",
    State.REFUSED: "submit refuse",
    State.WITHDRAWN: "submit withdraw",
    State.APPEALED: "submit refuse appeal",
}


@pytest.mark.parametrize("state", list(State))
def test_every_act_in_every_state(
    state: State, store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring
) -> None:
    world = World.open(store, ledger, clock, keyring)
    for act in ALLOWED:
        with store.transaction() as tx:
            application = world.applications.draft(tx, ANA, form(), organisation="u").id
            for step in WAY_TO[state].split():
                take(world, tx, step, application)
        before = world.acts(application)
        if (act, state) in EXPECTED:
            with store.transaction() as tx:
                take(world, tx, act, application)
                reached = world.applications.get(tx, application).state
            assert reached is EXPECTED[act, state], act
            assert len(world.acts(application)) == len(before) + 1
        else:
            with pytest.raises(Conflict, match="not possible"), store.transaction() as tx:
                take(world, tx, act, application)
            with store.read() as tx:
                assert world.applications.get(tx, application).state is state, act
            assert world.acts(application) == before


def test_the_declared_table_is_the_one_tested() -> None:
    declared = {
        (act, before): after
        for act, steps in TRANSITIONS.items()
        for before, after in steps.items()
    }
    assert declared == EXPECTED
