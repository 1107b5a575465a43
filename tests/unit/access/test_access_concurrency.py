"""Two people at once: one of them is told, and nothing is done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from access_world import AUTHORITY, OFFER, OTHER_AUTHORITY, PLAN, World
from conftest import MovableClock
from sqlalchemy.orm import Session

from casemate.access import State
from casemate.errors import Conflict
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring


@pytest.fixture
def world(store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> World:
    return World.open(store, ledger, clock, keyring)


def race(world: World, *acts: Callable[[Session], Any]) -> list[str]:
    """Start ``acts`` at the same moment, each in its own transaction; how each ended."""
    line = Barrier(len(acts))

    def run(act: Callable[[Session], Any]) -> str:
        line.wait()
        try:
            with world.store.transaction() as tx:
                act(tx)
        except Conflict:
            return "conflict"
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


@pytest.mark.parametrize("_again", range(3))
def test_of_two_deciders_one_is_told(world: World, _again: int) -> None:
    application = world.submitted()
    ended = race(
        world,
        lambda tx: world.applications.refuse(tx, AUTHORITY, application, "no"),
        lambda tx: world.applications.approve(
            tx, OTHER_AUTHORITY, application, reason="y", offers=[OFFER], plans={"nhefs": PLAN}
        ),
    )
    assert ended == ["conflict", "done"]
    with world.store.read() as tx:
        record = world.applications.get(tx, application)
        permits = world.permits.list(tx)
    assert len(permits) == (1 if record.state is State.APPROVED else 0)
    assert len(world.acts(application)) == 3


def test_two_approvals_grant_one_permit(world: World) -> None:
    application = world.submitted()

    def approve(tx: Session) -> None:
        world.applications.approve(
            tx, AUTHORITY, application, reason="y", offers=[OFFER], plans={"nhefs": PLAN}
        )

    assert race(world, approve, approve) == ["conflict", "done"]
    with world.store.read() as tx:
        assert len(world.permits.list(tx)) == 1


def test_a_permit_is_revoked_or_renewed_once(world: World) -> None:
    permit = world.grant().id

    def renew(tx: Session) -> None:
        world.permits.renew(tx, AUTHORITY, permit, duration_days=30, reason="more", offers=[OFFER])

    def revoke(tx: Session) -> None:
        world.permits.revoke(tx, AUTHORITY, permit, "breach")

    assert race(world, renew, renew, revoke) == ["conflict", "conflict", "done"]
    assert world.acts(permit) == ["permit.granted", "permit.revoked"]


def test_what_a_second_reader_read_before_is_no_ground_to_decide(world: World) -> None:
    """The row moved between reading and deciding inside one open session."""
    application = world.submitted()
    with world.store.read() as tx:
        seen = world.applications.get(tx, application).revision
    with world.store.transaction() as tx:
        world.applications.mark_incomplete(tx, AUTHORITY, application, "annex")
    with pytest.raises(Conflict, match="incomplete"), world.store.transaction() as tx:
        world.applications.extend(tx, OTHER_AUTHORITY, application, "complex")
    with world.store.read() as tx:
        assert world.applications.get(tx, application).revision == seen + 1
