"""Who ran a script learns why an output was held back, not what the check saw."""

from pathlib import Path
from typing import Any

import pytest
from three_laws import DESCRIPTION, PLAN, gather, people_table

import casemate
from casemate.enclave import Limits
from casemate.errors import BadInput, NotAllowed
from casemate.platform import Platform

SCRIPT = b"""
import pandas as pd
people = pd.read_parquet('/in/clinic.parquet')
counts = people.groupby('illness').size().rename('count').reset_index()
counts.to_csv('/out/illnesses.csv', index=False)
people.head(3).to_csv('/out/' + people['person'][0] + '.csv', index=False)
"""


@pytest.fixture
def place(tmp_path: Path) -> Any:
    with casemate.create(tmp_path / "home", operator="Operator") as place:
        gather(place)
        people_table().write_csv(tmp_path / "clinic.csv")
        place.publish("acct-holder", tmp_path / "clinic.csv", DESCRIPTION)
        yield place


@pytest.fixture
def permit(place: Platform) -> str:
    form = {
        "title": "A study",
        "datasets": [
            {
                "dataset": "clinic",
                "variables": [
                    {"name": name, "necessity": "yes", "as_pseudonym": name == "person"}
                    for name in ("person", "sex", "illness")
                ],
            }
        ],
        "purpose": {"term": "dpv:ScientificResearch", "description": "to know"},
        "legal_basis": {"article_6": "e", "article_9": "j"},
        "method": "counting",
        "people": ["acct-rita"],
        "outputs": ["tables"],
        "duration_days": 30,
    }
    asked = place.apply("acct-rita", form)
    return place.approve("acct-aline", asked.id, "fine", plans={"clinic": PLAN}).id


def test_the_team_sees_reasons_and_no_evidence(place: Platform, permit: str) -> None:
    run = place.wait("acct-rita", place.run("acct-rita", permit, SCRIPT).id)
    seen = {one.name: one for one in place.outputs("acct-rita", run.id)}
    checked = {one.id: one for one in place.outputs("acct-checker", run.id)}
    refused = seen["illnesses.csv"]
    assert refused.decision == "refuse"
    assert refused.verdict is not None
    assert all("evidence" not in reason for reason in refused.verdict["reasons"])
    assert "fewer than" in str(refused.verdict["reasons"])
    full = checked[refused.id].verdict
    assert full is not None
    assert any(reason["evidence"] for reason in full["reasons"])


def test_a_pseudonym_in_a_file_name_does_not_reach_the_team(place: Platform, permit: str) -> None:
    run = place.wait("acct-rita", place.run("acct-rita", permit, SCRIPT).id)
    by_checker = {one.id: one.name for one in place.outputs("acct-checker", run.id)}
    (smuggled,) = [name for name in by_checker.values() if len(name) > 30]
    assert smuggled not in {one.name for one in place.outputs("acct-rita", run.id)}


def test_only_a_checker_reads_an_output_before_its_release(place: Platform, permit: str) -> None:
    run = place.wait("acct-rita", place.run("acct-rita", permit, SCRIPT).id)
    output = place.outputs("acct-checker", run.id)[0]
    with pytest.raises(NotAllowed):
        place.evidence("acct-rita", output.id)
    _, data = place.evidence("acct-checker", output.id)
    assert data
    assert "output.examined" in [entry.act for entry in place.entries(subject=output.id)]


def test_the_codebook_is_for_the_permits_people(place: Platform, permit: str) -> None:
    (book,) = place.codebook("acct-rita", permit)
    assert [one["name"] for one in book["variables"]] == ["person", "sex", "illness"]
    with pytest.raises(NotAllowed):
        place.codebook("acct-rolf", permit)


def test_what_an_unreleased_output_holds_cannot_be_read_from_its_size_or_digest(
    place: Platform, permit: str
) -> None:
    run = place.wait("acct-rita", place.run("acct-rita", permit, SCRIPT).id)
    by_checker = {one.id: one for one in place.outputs("acct-checker", run.id)}
    for output in place.outputs("acct-rita", run.id):
        assert output.size is None
        assert output.digest is None
        known = by_checker[output.id]
        entries = place.entries(subject=output.id)
        assert entries
        assert str(known.digest) not in str(entries)
        assert all("size" not in entry.detail for entry in entries)
    assert all("resources" not in entry.detail for entry in place.entries(subject=run.id))


def test_what_a_run_used_is_told_to_its_team_in_coarse_steps(place: Platform, permit: str) -> None:
    run = place.wait("acct-rita", place.run("acct-rita", permit, SCRIPT).id)
    assert set(run.resources["used"]) == {"wall_seconds", "memory_mib"}
    assert run.resources["used"]["memory_mib"] % 64 == 0
    full = place.run_status("acct-aline", run.id)
    assert full.resources["used"]["output_bytes"] > 0


def test_a_refusal_does_not_tell_the_team_which_rows(place: Platform, permit: str) -> None:
    run = place.wait("acct-rita", place.run("acct-rita", permit, SCRIPT).id)
    (refused,) = [one for one in place.outputs("acct-rita", run.id) if one.name == "illnesses.csv"]
    assert "row" not in refused.why
    assert "fewer than 10 people" in refused.why
    (full,) = [one for one in place.outputs("acct-checker", run.id) if one.id == refused.id]
    assert "row 2" in full.why


def test_the_end_of_a_renewed_permit_seals_what_its_predecessor_opened(
    place: Platform, permit: str
) -> None:
    place.protect("acct-rita", permit)
    renewed = place.renew("acct-aline", permit, 60, "more time")
    place.revoke("acct-aline", renewed.id, "enough")
    assert all(view.sealed_at for view in place.views("acct-aline", permit))
    assert place.views("acct-aline", permit)


def test_a_file_name_made_from_data_is_not_in_the_database(place: Platform, permit: str) -> None:
    run = place.wait("acct-rita", place.run("acct-rita", permit, SCRIPT).id)
    names = [one.name for one in place.outputs("acct-checker", run.id)]
    (smuggled,) = [name.removesuffix(".csv") for name in names if len(name) > 30]
    for file in place.home.root.rglob("*"):
        if file.is_file():
            assert smuggled.encode() not in file.read_bytes(), file


def test_a_plan_that_does_not_fit_tells_no_value_of_the_data(place: Platform) -> None:
    form = {
        "title": "A study",
        "datasets": [
            {"dataset": "clinic", "variables": [{"name": "region", "necessity": "yes"}]},
        ],
        "purpose": {"term": "dpv:ScientificResearch", "description": "to know"},
        "legal_basis": {"article_6": "e", "article_9": "j"},
        "method": "counting",
        "people": ["acct-rita"],
        "outputs": ["tables"],
        "duration_days": 30,
    }
    asked = place.apply("acct-rita", form)
    plan = {
        **PLAN,
        "quasi_identifiers": {
            "region": {"kind": "groups", "levels": [{"up": ["north"], "elsewhere": ["west"]}]}
        },
    }
    permit = place.approve("acct-aline", asked.id, "fine", plans={"clinic": plan}).id
    with pytest.raises(BadInput, match="another plan") as refusal:
        place.protect("acct-rita", permit)
    assert "south" not in str(refusal.value)


@pytest.mark.parametrize(
    "limits", [Limits(memory_bytes=2**60), Limits(wall_seconds=1e9), Limits(cpu_seconds=10**9)]
)
def test_no_run_takes_more_than_there_is(place: Platform, permit: str, limits: Limits) -> None:
    with pytest.raises(BadInput):
        place.run("acct-rita", permit, SCRIPT, limits=limits)


def test_the_views_certificate_is_signed_and_recomputed(place: Platform, permit: str) -> None:
    (checked,) = place.verify_protection("acct-rita", permit)
    assert {"signature", "risk_after", "output_digest"} <= set(checked.holds)
    (view,) = place.views("acct-aline", permit)
    assert view.certificate["suppressed"] == view.report["suppressed"]
    assert (place.home.public / "certificate-key.pem").read_text().startswith("-----BEGIN")
    with pytest.raises(NotAllowed):
        place.verify_protection("acct-rolf", permit)
