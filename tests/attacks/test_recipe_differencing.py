"""Outputs with recipes that are harmless each and tell of one person together."""

import json
from pathlib import Path

from enclave_world import make_world

from casemate.access import OutputRules
from casemate.clock import system_clock
from casemate.enclave import OutputState
from casemate.store import Base, Store

AUTOMATIC = OutputRules(review="automatic")


def test_two_tables_that_differ_by_one_person_do_not_both_leave(tmp_path: Path) -> None:
    """Each is harmless by itself; together they would tell of one person."""
    script = b"""
from casemate.analysis import column, read
people = read('people')
people.table('all.csv', [], n='count', weight=('mean', 'weight'))
least = people.where(~((column('weight') == 83) & (column('smoker') == True) & (column('sex') == 'f')))
least.table('but_few.csv', [], n='count', weight=('mean', 'weight'))
"""
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    for world in make_world(store, tmp_path, system_clock):
        first = world.outputs(world.run(world.permit(AUTOMATIC), script).id)
        assert sorted(one.state for one in first.values()).count(OutputState.released) == 1
        again = world.outputs(world.run(world.permit(AUTOMATIC), script).id)
        assert again["all.csv"].state is OutputState.released
        assert again["but_few.csv"].state is OutputState.refused
        assert "differencing" in json.dumps(again["but_few.csv"].verdict)
    store.close()


def test_a_repair_is_no_way_round_what_was_released(tmp_path: Path) -> None:
    """A table that is refused for a small cell is repaired into one that differs from a released one by
    few: the repair is made, and refused in its turn."""
    all_women = b"""
from casemate.analysis import column, read
read('people').table('all.csv', ['sex'], n='count')
"""
    but_few = b"""
from casemate.analysis import column, read
few = read('people').where((column('sex') == 'f') & (column('weight') > 51))
few.derive(heavy=column('weight').cut([50, 54, 100])).table('few.csv', ['heavy', 'smoker'], n='count')
"""
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    for world in make_world(store, tmp_path, system_clock):
        (released,) = world.outputs(world.run(world.permit(AUTOMATIC), all_women).id).values()
        assert released.state is OutputState.released
        (refused,) = world.outputs(world.run(world.permit(AUTOMATIC), but_few).id).values()
        assert "minimum cell count" in json.dumps(refused.verdict)
        repairs = world.enclave.repairs
        with store.read() as tx:
            asked = repairs.prepare(tx, refused.id)
        found = repairs.find(asked)
        (number,) = [at for at, one in enumerate(found, 1) if one.about == ("heavy",)
                     and one.kind == "fewer keys"]  # fmt: skip
        made = repairs.apply("acct-researcher", asked, found, number)
        assert (made.repaired_from, made.state) == (refused.id, OutputState.refused)
        assert "together with what was released" in json.dumps(made.verdict)
    store.close()
