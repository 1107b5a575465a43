"""What nobody can open any more does not stay on the disk."""

import os
import time
from pathlib import Path

import pytest
from three_laws import DESCRIPTION, gather, people_table

import casemate
from casemate.errors import BadInput
from casemate.platform import Platform


@pytest.fixture
def place(tmp_path: Path) -> Platform:
    place = casemate.create(tmp_path / "home", operator="Operator")
    gather(place)
    people_table().write_csv(tmp_path / "clinic.csv")
    place.publish("acct-holder", tmp_path / "clinic.csv", DESCRIPTION)
    return place


def vault_files(place: Platform) -> list[str]:
    return sorted(path.name for path in place.home.vault.iterdir())


def test_a_retired_dataset_leaves_no_file(place: Platform) -> None:
    assert len(vault_files(place)) == 1
    place.retire("acct-holder", "clinic", "the study is over")
    assert vault_files(place) == []
    database = (place.home.root / "casemate.db").read_bytes()
    assert b"the study is over" in database  # the reason stays, for people to read


def test_a_file_that_a_crash_left_goes_with_the_next_sweep(place: Platform) -> None:
    orphan = place.home.vault / "table-0000"
    orphan.write_bytes(b"left behind")
    assert place.sweep() == []  # young: its record may be about to be written
    long_ago = time.time() - 7200
    os.utime(orphan, (long_ago, long_ago))
    assert place.sweep() == ["table-0000"]
    assert len(vault_files(place)) == 1


def test_a_publication_that_fails_leaves_no_file(place: Platform, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput):
        place.publish("acct-holder", tmp_path / "other.csv", DESCRIPTION)
    assert len(vault_files(place)) == 1
