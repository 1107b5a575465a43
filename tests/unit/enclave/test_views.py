"""Protected views: made from a grant and nothing else, once, and gone with the permit."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from conftest import MovableClock
from enclave_world import (
    COLLEAGUE,
    PLAN,
    PURPOSE,
    RESEARCHER,
    SECRET,
    VARIABLES,
    World,
    make_world,
    people,
)

from casemate.access import Grant, Scope
from casemate.enclave import View
from casemate.errors import IntegrityFailure, NotAllowed, NotFound
from casemate.protection import check_k_anonymity
from casemate.store import Store


@pytest.fixture
def world(store: Store, tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    yield from make_world(store, tmp_path, clock)


def grant_of(world: World, permit: str, variables: tuple[str, ...] = VARIABLES) -> Grant:
    with world.store.read() as tx:
        return world.permits.require_in_force(
            tx, permit, person=RESEARCHER, purpose=PURPOSE, dataset="people", variables=variables
        )


def open_view(world: World, permit: str) -> View:
    with world.store.transaction() as tx:
        return world.enclave.views.open_view(tx, grant_of(world, permit))


def frame_of(world: World, view: View) -> pl.DataFrame:
    with world.store.read() as tx:
        return world.enclave.views.frame(tx, view.id)


def test_a_view_has_the_granted_variables_protected_and_no_others(world: World) -> None:
    frame = frame_of(world, open_view(world, world.permit()))
    assert set(frame.columns) == set(VARIABLES)
    check_k_anonymity(frame, ["age", "sex"], 5)
    raw = {str(pid) for pid in people()["pid"]}
    assert not raw & {str(pid) for pid in frame["pid"]}


def test_no_plaintext_reaches_the_vault_or_the_database(world: World) -> None:
    view = open_view(world, world.permit())
    with world.store.read() as tx:
        plain = world.enclave.views.parquet(tx, view.id)
    pseudonym = str(pl.read_parquet(io.BytesIO(plain))["pid"][0]).encode()
    for file in world.root.rglob("*"):
        if file.is_file() and not file.name.startswith("table-"):
            content = file.read_bytes()
            assert SECRET.encode() not in content, file
            assert pseudonym not in content, file
            assert b"PAR1" not in content, file


def test_a_view_is_made_once_and_the_ledger_says_so_without_floats(world: World) -> None:
    permit = world.permit()
    first, second = open_view(world, permit), open_view(world, permit)
    assert first == second
    with world.store.read() as tx:
        (entry,) = world.ledger.entries(tx, subject=first.id)
    assert entry.act == "data.protected"
    assert entry.detail["k"] >= 5
    assert entry.detail["digest"] == first.digest
    assert entry.detail["suppressed"] == 300 - first.rows


def test_two_permits_give_pseudonyms_that_cannot_be_joined(world: World) -> None:
    one = frame_of(world, open_view(world, world.permit()))
    two = frame_of(world, open_view(world, world.permit()))
    assert not set(one["pid"]) & set(two["pid"])


def test_only_a_grant_opens_data(world: World) -> None:
    forged = Scope("people", 1, ("name",), {}, ())
    with pytest.raises(NotAllowed, match="Grant"), world.store.transaction() as tx:
        world.enclave.views.open_view(tx, forged)  # type: ignore[arg-type]


def test_a_variable_promised_as_a_pseudonym_never_leaves_bare(world: World) -> None:
    bare = PLAN.to_dict() | {"pseudonymise": []}
    permit = world.permit(scopes=(Scope("people", 1, VARIABLES, bare, ("pid",)),))
    with pytest.raises(NotAllowed, match="pseudonym"):
        open_view(world, permit)


def test_the_codebook_names_every_column_and_is_not_in_the_database(world: World) -> None:
    view = open_view(world, world.permit())
    with world.store.read() as tx:
        book = world.enclave.views.codebook(tx, view.id)
    assert {entry["name"] for entry in book["variables"]} == set(VARIABLES)
    age = next(entry for entry in book["variables"] if entry["name"] == "age")
    assert age["generalised"]["labels"]
    assert "labels" not in str(view.report)


def test_sealing_destroys_key_and_file_once_committed(world: World) -> None:
    permit = world.permit()
    view = open_view(world, permit)
    file = world.vault.root / view.id
    with pytest.raises(ZeroDivisionError), world.store.transaction() as tx:
        world.enclave.views.seal_views(tx, permit)
        with tx.begin_nested():  # a savepoint's end is not yet the end
            pass
        raise ZeroDivisionError
    assert file.exists()
    assert frame_of(world, view).height == view.rows
    with world.store.transaction() as tx:
        assert world.enclave.views.seal_views(tx, permit) == 1
    assert not file.exists()
    with pytest.raises(NotFound, match="destroyed"):
        frame_of(world, view)
    with world.store.transaction() as tx:
        assert world.enclave.views.seal_views(tx, permit) == 0


def test_a_revoked_permit_closes_its_view_even_before_it_is_sealed(world: World) -> None:
    permit = world.permit()
    view = open_view(world, permit)
    with world.store.transaction() as tx:
        world.permits.revoke(tx, "acct-authority", permit, "misuse")
    with pytest.raises(NotAllowed, match="revoked at"):
        frame_of(world, view)


def test_views_of_ended_permits_are_sealed_by_the_sweep(world: World, clock: MovableClock) -> None:
    ended, lasting = world.permit(), world.permit()
    views = [open_view(world, permit) for permit in (ended, lasting)]
    with world.store.transaction() as tx:
        world.permits.revoke(tx, "acct-authority", ended, "misuse")
    assert world.enclave.sweep()[0] == 1
    with world.store.read() as tx:
        sealed = [world.enclave.views.get(tx, view.id).sealed_at is not None for view in views]
    assert sealed == [True, False]
    clock.advance(days=31)
    assert world.enclave.sweep()[0] == 1


def test_a_permit_that_ends_while_its_view_is_made_opens_nothing(
    world: World, clock: MovableClock
) -> None:
    permit = world.permit()
    grant = grant_of(world, permit)
    views = world.enclave.views
    with world.store.read() as tx:
        draft = views.make(views.source(tx, grant), grant)
    clock.advance(days=31)
    with pytest.raises(NotAllowed, match="expired"), world.store.transaction() as tx:
        views.keep(tx, draft)
    assert not (world.vault.root / draft.row.blob).exists()


def test_of_two_who_make_the_same_view_one_is_kept(world: World) -> None:
    grant = grant_of(world, world.permit())
    views = world.enclave.views
    with world.store.read() as tx:
        source = views.source(tx, grant)
    one, two = views.make(source, grant), views.make(source, grant)
    with world.store.transaction() as tx:
        kept = views.keep(tx, one)
    with world.store.transaction() as tx:
        assert views.keep(tx, two) == kept
    assert [file.name for file in world.vault.root.glob("view-*")] == [kept.id]


def test_a_view_that_was_altered_on_disk_is_not_given_out(world: World) -> None:
    view = open_view(world, world.permit())
    file = world.vault.root / view.id
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(IntegrityFailure):
        frame_of(world, view)


def test_a_renewed_permit_keeps_its_pseudonyms(world: World) -> None:
    permit = world.permit()
    before = frame_of(world, open_view(world, permit))
    renewed = world.renew(permit)
    after = frame_of(world, open_view(world, renewed))
    assert set(before["pid"]) == set(after["pid"])


def test_the_sweep_removes_what_no_record_names_and_only_that(world: World) -> None:
    view = open_view(world, world.permit())
    world.vault.write_bytes("output-orphan", b"lost", b"k" * 32)
    world.vault.write_bytes("report-of-another-room", b"kept", b"k" * 32)
    assert world.enclave.sweep()[1] == []
    assert world.enclave.sweep(grace=-1)[1] == ["output-orphan"]
    assert (world.vault.root / "report-of-another-room").exists()
    assert frame_of(world, view).height == view.rows


def test_nobody_else_in_the_code_decrypts_a_table() -> None:
    import casemate

    source = Path(casemate.__file__).parent
    callers = [
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if re.search(r"vault\.read_table\(", path.read_text(encoding="utf-8"))
    ]
    assert callers == ["enclave/views.py"]


def test_a_colleague_on_the_permit_sees_the_same_view(world: World) -> None:
    permit = world.permit()
    mine = open_view(world, permit)
    with world.store.transaction() as tx:
        theirs = world.enclave.views.open_view(
            tx,
            world.permits.require_in_force(
                tx, permit, person=COLLEAGUE, purpose=PURPOSE, dataset="people", variables=VARIABLES
            ),
        )
    assert mine.id == theirs.id
