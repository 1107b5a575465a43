"""Beside a view lies, sealed, which records its rows were made from: for the memory of releases."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from conftest import MovableClock
from enclave_world import PURPOSE, RESEARCHER, VARIABLES, World, make_world, people

from casemate.enclave import View
from casemate.errors import NotFound
from casemate.protection import KAnonymity, Plan, apply_plan, intervals, suppressible
from casemate.store import Store


@pytest.fixture
def world(store: Store, tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    yield from make_world(store, tmp_path, clock)


def open_view(world: World, permit: str) -> View:
    with world.store.transaction() as tx:
        grant = world.permits.require_in_force(
            tx, permit, person=RESEARCHER, purpose=PURPOSE, dataset="people", variables=VARIABLES
        )
        return world.enclave.views.open_view(tx, grant)


def test_each_row_of_a_view_is_led_back_to_its_record(world: World) -> None:
    view = open_view(world, world.permit())
    with world.store.read() as tx:
        frame = world.enclave.views.frame(tx, view.id)
        origin = world.enclave.views.origin(tx, view.id)
    assert len(origin) == len(frame) == len(set(origin.tolist()))
    source = people()[origin.tolist()]
    assert source["weight"].to_list() == frame["weight"].to_list()
    assert source["smoker"].to_list() == frame["smoker"].to_list()
    assert "source_row" not in frame.columns


def test_it_is_sealed_in_the_vault_and_goes_with_the_view(world: World) -> None:
    permit = world.permit()
    view = open_view(world, permit)
    (file,) = world.vault.root.glob("origin-*")
    with world.store.transaction() as tx:
        world.enclave.seal_views(tx, permit, actor="acct-authority")
    assert not file.exists()
    with world.store.read() as tx, pytest.raises(NotFound, match="destroyed"):
        world.enclave.views.origin(tx, view.id)


def test_it_survives_every_step_of_a_plan() -> None:
    plan = Plan.from_dict(
        Plan(
            quasi_identifiers={"age": intervals(10, 20, 40), "sex": suppressible()},
            models=(KAnonymity(5),),
            suppression="0.1",
            pseudonymise=("pid",),
        ).to_dict()
        | {"rounding": {"weight": 5}, "sampling": {"records": 250}}
    )
    table = people().with_columns(number=pl.int_range(300), source_row=pl.lit("mine"))
    names = ["pid", "age", "sex", "weight", "number", "source_row"]
    protected = apply_plan(table, plan, names, b"\x01" * 32)
    assert protected.frame["number"].to_list() == protected.source_rows.tolist()
    assert protected.frame["source_row"].unique().to_list() == ["mine"]
