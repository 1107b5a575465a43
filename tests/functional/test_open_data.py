"""Open data is no exception: its licence is a standing permit, for everyone and every purpose."""

from pathlib import Path
from typing import Any

import pytest
from register_world import STATED
from three_laws import gather, people_table

import casemate
from casemate.enclave import RunState
from casemate.errors import BadInput, NotAllowed
from casemate.platform import Platform

OPEN: dict[str, Any] = {
    "id": "counts",
    "title": {"en": "Visits by region and sex"},
    "description": {"en": "Invented counts, for tests"},
    "access_right": "public",
    "license": "CC_BY_4_0",
    "variables": {
        name: {"role": "other", "label": {"en": name}} for name in ("sex", "region", "visits")
    },
}
SCRIPT = b"""
import pandas as pd
visits = pd.read_parquet('/in/counts.parquet')
counts = visits.groupby('sex').size().rename('count').reset_index()
counts.to_csv('/out/by_sex.csv', index=False)
"""


@pytest.fixture
def place(tmp_path: Path) -> Any:
    with casemate.create(tmp_path / "home", operator="Operator") as place:
        gather(place)
        counts = people_table().select("sex", "region")
        counts.with_columns(visits=1).write_csv(tmp_path / "counts.csv")
        place.publish("acct-holder", tmp_path / "counts.csv", OPEN)
        yield place


def standing(place: Platform) -> str:
    with place.store.read() as tx:
        permit = place.permits.standing_for(tx, "counts", 1)
    assert permit is not None
    return permit.id


def test_publishing_open_data_makes_its_standing_permit(place: Platform) -> None:
    acts = [entry.act for entry in place.entries(subject=standing(place))]
    assert acts == ["permit.granted"]
    assert place.permit(None, standing(place)).standing  # the public may read it


@pytest.mark.parametrize("purpose", ["dpv:CommercialResearch", "dpv:Marketing"])
def test_anyone_runs_on_it_for_any_purpose_without_an_application(
    place: Platform, purpose: str
) -> None:
    run = place.run("acct-rita", standing(place), SCRIPT, purpose=purpose, entry=STATED)
    run = place.wait("acct-rita", run.id)
    assert run.state is RunState.released, run.reason
    (output,) = [one for one in place.outputs("acct-rita", run.id) if one.name == "by_sex.csv"]
    assert output.decision == "pass"  # still checked: nothing leaves unchecked
    assert place.fetch("acct-rita", output.id) == b"sex,count\nF,40\nM,40\n"


def test_nobody_else_takes_what_one_person_ran(place: Platform) -> None:
    run = place.run("acct-rita", standing(place), SCRIPT, entry=STATED)
    run = place.wait("acct-rita", run.id)
    with pytest.raises(NotAllowed):
        place.fetch("acct-rolf", place.outputs("acct-rita", run.id)[0].id)


def test_an_application_for_open_data_is_told_that_none_is_needed(place: Platform) -> None:
    form = {"title": "x", "datasets": [{"dataset": "counts"}]}
    with pytest.raises(BadInput, match="standing permit"):
        place.apply("acct-rita", form)
