"""Somebody writes to the database behind the program's back: it opens nothing, or it shows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from access_world import AUTHORITY, OFFER, World
from conftest import MovableClock
from sqlalchemy import delete, insert, select, update

from casemate.access import Permits
from casemate.access.tables import PermitDatasetRow, PermitPersonRow, PermitRow
from casemate.errors import IntegrityFailure, NotAllowed
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring

FAR = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def world(store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> World:
    return World.open(store, ledger, clock, keyring)


def write(world: World, statement: Any) -> None:
    with world.store.engine.begin() as raw:
        raw.execute(statement)


def show(world: World, permit_id: str) -> None:
    with world.store.read() as tx:
        world.permits.get(tx, permit_id)


def test_a_later_end_in_the_column_opens_nothing_and_shows(world: World) -> None:
    permit = world.grant(days=1)
    write(world, update(PermitRow).values(valid_until=FAR))
    with pytest.raises(IntegrityFailure, match="valid_until not as it was signed"):
        show(world, permit.id)
    world.clock.now = permit.valid_until
    with pytest.raises(NotAllowed, match="expired"):
        world.ask(permit.id)


@pytest.mark.parametrize(
    "columns",
    [
        {"applicant": "eve"},
        {"application": "application-y"},
        {"standing": True},
        {"valid_from": datetime(2000, 1, 1, tzinfo=UTC)},
        {"issued_at": FAR},
    ],
)
def test_every_other_column_edited_shows_and_opens_nothing_more(
    world: World, columns: dict[str, Any]
) -> None:
    permit = world.grant()
    write(world, update(PermitRow).values(**columns))
    with pytest.raises(IntegrityFailure, match=next(iter(columns))):
        show(world, permit.id)
    with world.store.read() as tx, pytest.raises(IntegrityFailure):
        world.permits.list(tx)
    with pytest.raises(NotAllowed, match="eve is not among the people"):
        world.ask(permit.id, person="eve")


def test_people_and_datasets_added_to_the_indexes_open_nothing(world: World) -> None:
    permit = world.grant()
    write(world, insert(PermitPersonRow).values(permit=permit.id, person="eve"))
    write(world, insert(PermitDatasetRow).values(permit=permit.id, dataset="secret", version=1))
    with pytest.raises(NotAllowed, match="eve is not among the people"):
        world.ask(permit.id, person="eve")
    with pytest.raises(NotAllowed, match="does not cover dataset 'secret'"):
        world.ask(permit.id, dataset="secret")
    write(world, delete(PermitPersonRow))
    assert world.ask(permit.id)


def test_a_revocation_cleared_from_the_column_does_not_bring_the_permit_back(
    world: World,
) -> None:
    permit = world.grant()
    with world.store.transaction() as tx:
        world.permits.revoke(tx, AUTHORITY, permit.id, "breach")
    write(world, update(PermitRow).values(revoked_at=None, revoke_reason=None, revoked_by=None))
    with pytest.raises(IntegrityFailure, match="the ledger says that"):
        world.ask(permit.id)


def test_the_text_of_a_revoked_permit_under_a_new_id_is_refused(world: World) -> None:
    revoked = world.grant()
    with world.store.transaction() as tx:
        world.permits.revoke(tx, AUTHORITY, revoked.id, "breach")
    with world.store.engine.begin() as raw:
        row = dict(raw.execute(select(PermitRow.__table__)).mappings().one())
        row |= {"id": "permit-replayed", "revoked_at": None, "revoke_reason": None}
        raw.execute(insert(PermitRow).values(**row))
    with pytest.raises(IntegrityFailure, match=f"holds the signed text of {revoked.id}"):
        world.ask("permit-replayed")
    with pytest.raises(IntegrityFailure):
        show(world, "permit-replayed")


def test_a_wider_permits_text_in_the_place_of_a_narrower_is_refused(world: World) -> None:
    narrow, wide = world.grant(), world.grant(people=frozenset({"ana", "eve"}))
    write(world, update(PermitRow).where(PermitRow.id == narrow.id).values(jws=wide.jws))
    with pytest.raises(IntegrityFailure, match=f"holds the signed text of {wide.id}"):
        world.ask(narrow.id, person="eve")


def test_a_remembered_signature_does_not_vouch_for_another_text(world: World) -> None:
    permit = world.grant()
    for _ in range(3):
        assert world.ask(permit.id)
    head, body, tail = permit.jws.split(".")
    for text in (f"{head}.{body}.{tail[::-1]}", f"{head}.{body[:-4]}AAAA.{tail}"):
        write(world, update(PermitRow).values(jws=text))
        for _ in range(2):
            with pytest.raises(IntegrityFailure):
                world.ask(permit.id)


def test_work_does_not_go_on_under_a_successor_written_in_by_hand(world: World) -> None:
    revoked = world.grant()
    unrelated = world.grant(people=frozenset({"eve"}))
    with world.store.transaction() as tx:
        world.permits.revoke(tx, AUTHORITY, revoked.id, "breach")
        other = world.permits.renew(
            tx, AUTHORITY, unrelated.id, duration_days=30, reason="more", offers=[OFFER]
        )
    for successor in (unrelated.id, other.id, revoked.id, "permit-none"):
        write(
            world,
            update(PermitRow).where(PermitRow.id == revoked.id).values(superseded_by=successor),
        )
        with world.store.read() as tx:
            assert not world.permits.may_continue(tx, revoked.id)


def test_a_permit_of_another_home_is_refused_until_its_key_is_trusted(
    world: World, keyring: Keyring
) -> None:
    permit = world.grant()
    new_key = Keyring(b"\x08" * 32).signing_key("permit")
    rotated = Permits(world.ledger, world.clock, new_key)
    with world.store.read() as tx, pytest.raises(IntegrityFailure, match="a key we do not know"):
        rotated.get(tx, permit.id)
    former = [keyring.signing_key("permit").public_key()]
    rotated = Permits(world.ledger, world.clock, new_key, former_keys=former)
    with world.store.read() as tx:
        assert rotated.get(tx, permit.id).jws == permit.jws
