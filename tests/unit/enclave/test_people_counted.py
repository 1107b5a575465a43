"""Where one person has several records, people are counted, not rows: in the rules and over releases."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from enclave_world import AUTHORITY, HOLDER, PURPOSE, RESEARCHER, World, make_world
from hypothesis import given
from hypothesis import strategies as st

from casemate.access import OutputRules, PermitTerms, Scope
from casemate.catalogue import DatasetDescription, VariableDescription, VariableRole
from casemate.clock import system_clock
from casemate.enclave import Output, OutputState
from casemate.enclave.differencing import DifferencingRules, Memory, Statement, decide, persons_of
from casemate.enclave.differencing.persons import decide_by_person
from casemate.protection import Plan
from casemate.store import Base, Store

RULES = DifferencingRules()
VISITS = np.repeat(np.arange(60, dtype=np.uint32), 20)
"""Twenty visits of each of sixty people."""


def test_persons_are_numbered_only_where_somebody_has_several_records() -> None:
    assert persons_of(["a", "b", "c"]) is None
    numbered = persons_of(["a", "b", "a", None, None])
    assert numbered is not None
    assert numbered.tolist() == [0, 1, 0, 2, 2], "who is not named is one person: the careful view"


def visits_of(people: list[int], figure: str = "count", line: int = 1) -> Statement:
    return Statement.of(np.flatnonzero(np.isin(VISITS, people)), figure, line=line)


def test_two_tables_that_differ_by_twenty_visits_of_one_person_tell_of_one_person() -> None:
    released, asked = [visits_of(list(range(30)))], [visits_of(list(range(29)))]
    memory = Memory(len(VISITS))
    memory.add(released)
    assert decide(memory, asked, RULES).passes, "by rows alone nothing is wrong"
    assert decide_by_person(released, asked, VISITS, RULES).discloses == (1,)
    assert decide_by_person(released, [visits_of(list(range(15)))], VISITS, RULES).passes


def test_so_they_do_where_the_person_has_other_visits_in_both() -> None:
    """The sets of people are equal; the figures differ by fifteen visits of one of them."""
    everybody = np.arange(600, dtype=np.uint32)
    fewer = everybody[15:]
    released = [Statement.of(everybody, "of cost")]
    assert decide_by_person(released, [Statement.of(fewer, "of cost")], VISITS, RULES).discloses
    assert decide_by_person(released, [Statement.of(fewer)], VISITS, RULES).discloses


@given(st.sets(st.integers(0, 59), min_size=10, max_size=50))
def test_with_one_record_each_both_ways_of_counting_agree(people: set[int]) -> None:
    alone = np.arange(60, dtype=np.uint32)
    released, asked = [Statement.of(range(30))], [Statement.of(sorted(people))]
    memory = Memory(60)
    memory.add(released)
    by_row = decide(memory, asked, RULES)
    assert decide_by_person(released, asked, alone, RULES).passes == by_row.passes


# ---- in runs

AUTOMATIC = OutputRules(review="automatic")


def visits(small: int) -> pl.DataFrame:
    """Forty people with ten visits each; ``small`` of them go to the small ward, with all theirs."""
    rows = range(400)
    return pl.DataFrame(
        {
            "pid": [f"person-{row // 10:03}" for row in rows],
            "ward": [
                "small" if row // 10 < small else ("north", "south")[row // 10 % 2] for row in rows
            ],
            "cost": [100 + (row * 37) % 83 for row in rows],
        }
    )


def describe(*, person: str | None) -> DatasetDescription:
    role = VariableRole
    return DatasetDescription(
        id="visits",
        title={"en": "Visits"},
        description={"en": "400 visits of 40 people, of whom nobody exists"},
        allowed_purposes=(PURPOSE,),
        person=person,
        variables={
            "pid": VariableDescription(label={"en": "Number"}, role=role.DIRECT_IDENTIFIER),
            "ward": VariableDescription(label={"en": "Ward"}, role=role.OTHER),
            "cost": VariableDescription(label={"en": "Cost"}, role=role.OTHER),
        },
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, system_clock)
    store.close()


def left(
    world: World, script: bytes, *, person: str | None, pseudonym: bool, small: int = 7
) -> dict[str, Output]:
    described, table = describe(person=person), visits(small)
    with world.store.transaction() as tx:
        world.catalogue.publish(tx, "acct-clerk", described, table, holder=HOLDER)
    names = ("pid", "ward", "cost") if pseudonym else ("ward", "cost")
    plan = Plan(pseudonymise=("pid",) if pseudonym else ())
    scope = Scope("visits", 1, names, plan.to_dict(), ("pid",) if pseudonym else ())
    terms = PermitTerms(
        applicant=RESEARCHER, people=frozenset({RESEARCHER}), scopes=(scope,), purpose=PURPOSE,
        output_rules=AUTOMATIC,
    )  # fmt: skip
    with world.store.transaction() as tx:
        now = world.clock()
        permit = world.permits.grant(
            tx, AUTHORITY, terms, valid_from=now, valid_until=now + timedelta(days=30)
        ).id
    return world.outputs(world.run(permit, script).id)


BY_WARD = (
    b"from casemate.analysis import read\nread('visits').table('wards.csv', ['ward'], n='count')\n"
)
WITHOUT_RECIPE = b"""
import polars as pl
visits = pl.read_parquet('/in/visits.parquet')
visits.group_by('ward').len('count').sort('ward').write_csv('/out/wards.csv')
"""


@pytest.mark.parametrize("script", [BY_WARD, WITHOUT_RECIPE], ids=["recipe", "no recipe"])
@pytest.mark.parametrize(
    ("person", "pseudonym"), [("pid", True), ("pid", False), (None, True)],
    ids=["named", "named, not in the view", "pseudonymised"],
)  # fmt: skip
def test_seventy_visits_of_seven_people_are_seven_people(
    world: World, script: bytes, person: str | None, pseudonym: bool
) -> None:
    (table,) = left(world, script, person=person, pseudonym=pseudonym).values()
    assert table.state is OutputState.refused, table.verdict
    assert "fewer than 10 people" in json.dumps(table.verdict)


def test_where_nothing_names_the_person_a_row_is_one(world: World) -> None:
    (table,) = left(world, BY_WARD, person=None, pseudonym=False).values()
    assert table.state is OutputState.released, table.verdict


LARGE = b"""
from casemate.analysis import column, read
visits = read('visits')
large = visits.where(column('ward') != 'small')
large.table('all.csv', [], n='count', cost=('mean', 'cost'))
"""


def test_what_is_released_is_remembered_by_person(world: World) -> None:
    """The large wards, then the same without the ten visits of one person."""
    first = left(world, LARGE, person="pid", pseudonym=True, small=12)["all.csv"]
    assert first.state is OutputState.released, first.verdict
    (file,) = world.vault.root.glob("persons-*")
    assert file.exists()
    with world.store.read() as tx:
        permit = world.enclave.runs.get(tx, first.run).permit
    script = b"""
import polars as pl
from casemate.analysis import column, read
frame = pl.read_parquet('/in/visits.parquet').filter(pl.col('ward') != 'small')
one = frame['pid'].sort()[0]
rest = read('visits').where((column('ward') != 'small') & (column('pid') != one))
rest.table('rest.csv', [], n='count', cost=('mean', 'cost'))
"""
    (second,) = world.outputs(world.run(permit, script).id).values()
    assert second.state is OutputState.refused
    assert "together with what was released" in json.dumps(second.verdict)
