"""The receipt of what came with a recipe: it names the recipe, and a drawing that carries its mark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from enclave_world import RESEARCHER, World, make_world

from casemate.access import OutputRules
from casemate.clock import system_clock
from casemate.enclave import OutputState
from casemate.enclave.watermark import unmarked
from casemate.store import Base, Store

SCRIPT = b"""
from casemate.analysis import *
people = read('people')
people.figure('weights.svg', histogram('weight', range(50, 101, 10)), 'bar', title='Weight')
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, system_clock)
    store.close()


def test_a_drawn_figure_leaves_with_its_mark_and_its_recipes_digest(world: World) -> None:
    rules = OutputRules(review="automatic", allowed_types=("svg",))
    run = world.run(world.permit(rules), SCRIPT)
    (figure,) = world.outputs(run.id).values()
    assert figure.state is OutputState.released, figure.verdict
    with world.store.transaction() as tx:
        drawing = world.enclave.outputs.fetch(tx, RESEARCHER, figure.id)
        stated = world.enclave.outputs.receipt(tx, figure.id).statement
    assert (stated["recipe"] or "").startswith("sha256:")
    assert stated["recipe"] == figure.recipe
    assert f"<metadata>Casemate-Release: {figure.id}".encode() in drawing
    assert unmarked(drawing, stated["watermark"]).startswith(b"<svg ")
    assert stated["decisions"] == []
    assert stated["released_by"]["role"] == "machine"
