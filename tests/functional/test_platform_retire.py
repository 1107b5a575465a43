"""Retiring a dataset ends every way to its data, and takes nobody else's along."""

from collections.abc import Callable
from typing import Any

import pytest
from functional.clinic import (
    HOLDER,
    OTHER_HOLDER,
    RESEARCHER,
    Clinic,
)

import casemate
from casemate.catalogue import Staged, load_description

pytest_plugins = ("functional.clinic_fixtures",)


def test_what_a_permit_had_opened_is_closed(open_clinic: Clinic) -> None:
    permit = open_clinic.only("permit", by=RESEARCHER)
    assert open_clinic.run(permit)["state"] == "awaiting_review"
    assert _kept(open_clinic, "view-")
    open_clinic.ask("dataset", "retire", "clinic", "--reason", "consent withdrawn", by=HOLDER)
    assert not _kept(open_clinic, "view-")
    assert not _kept(open_clinic, "table-")
    assert open_clinic.run(permit)["state"] == "failed"
    assert open_clinic.query("SELECT wrapped_key FROM dataset_version") == [None]
    assert open_clinic.query("SELECT wrapped_key FROM enclave_view") == [None]
    assert open_clinic.verifies()


def test_every_version_is_gone(open_clinic: Clinic) -> None:
    table = open_clinic.folder / "clinic.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:-1]) + "\n")
    assert open_clinic.publish()["version"] == 2
    assert len(_kept(open_clinic, "table-")) == 2
    open_clinic.ask("dataset", "retire", "clinic", "--reason", "old", by=HOLDER)
    assert not _kept(open_clinic, "table-")
    assert open_clinic.query(
        "SELECT count(*) FROM dataset_version WHERE wrapped_key IS NOT NULL"
    ) == [0]
    assert open_clinic.ask("dataset", "list") == []
    assert open_clinic.ask("dataset", "show", "clinic")["state"] == "retired"


def test_a_publication_under_way_loses_no_file(
    open_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other holder's table is in the vault, and no record names it yet, when one retires."""
    description = (open_clinic.folder / "clinic.toml").read_text()
    other = open_clinic.file("other.toml", description.replace('id = "clinic"', 'id = "samples"'))
    with casemate.open(open_clinic.home) as place:
        monkeypatch.setattr(
            place.catalogue, "stage", _then_retire(place.catalogue.stage, open_clinic)
        )
        made = place.publish(
            OTHER_HOLDER, open_clinic.folder / "clinic.csv", load_description(other)
        )
    assert _kept(open_clinic, "table-") == {made.blob}


def _then_retire(stage: Callable[..., Staged], clinic: Clinic) -> Callable[..., Staged]:
    def staged(*given: Any, **named: Any) -> Staged:
        made = stage(*given, **named)
        with casemate.open(clinic.home) as elsewhere:
            elsewhere.retire(HOLDER, "clinic", "old")
        return made

    return staged


def _kept(clinic: Clinic, prefix: str) -> set[str]:
    return {name for name in clinic.vault() if name.startswith(prefix)}
