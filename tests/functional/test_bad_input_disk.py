"""A disk that is full while publishing: nothing half-done; the same command works once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from functional.clinic import HOLDER, Clinic, copy_of

pytest_plugins = ("functional.clinic_fixtures",)

KIB = 1024
ROWS = 160_000
"""So many rows of chance do not compress, and fill a small disk."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB, in memory: a new home takes one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={4 * KIB}k,mode=700", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A table of 40,000 people that is larger than the disk."""
    file = tmp_path / "large.parquet"
    pl.DataFrame(
        {
            "patient": [f"QZ{row:08d}" for row in range(ROWS)],
            "name": [os.urandom(24).hex() for _ in range(ROWS)],
            "birth_year": [1940 + row % 60 for row in range(ROWS)],
            "sex": ["female", "male"] * (ROWS // 2),
            "commune": ["Berg"] * ROWS,
            "diagnosis": ["none"] * ROWS,
            "marker": [int.from_bytes(os.urandom(6)) / 7 for _ in range(ROWS)],
        }
    ).write_parquet(file)
    return file


def _publish(clinic: Clinic, table: Path) -> tuple[str | Path, ...]:
    return ("dataset", "publish", table, "--describe", clinic.folder / "clinic.toml")


def test_a_full_vault_takes_nothing_and_then_all(
    clinic: Clinic, small_disk: Path, large: Path
) -> None:
    (clinic.home / "vault").symlink_to(small_disk)
    with clinic.unchanged():
        for options in ([], ["--json"]):
            said = clinic.say(*_publish(clinic, large), *options, by=HOLDER)
            assert (said.code, said.is_one_line) == (5, True), said
            assert "disk is full" in said.err
    assert clinic.vault() == set()
    assert clinic.ask("dataset", "list") == []
    remount = ["mount", "-o", "remount,size=64m", str(small_disk)]
    subprocess.run(remount, check=True)
    assert clinic.ask(*_publish(clinic, large), by=HOLDER)["rows"] == ROWS
    assert len(clinic.vault()) == 1
    assert clinic.verifies()


def test_a_disk_that_is_full_to_the_last_byte_loses_nothing(
    founded: Clinic, small_disk: Path
) -> None:
    clinic = copy_of(founded, small_disk)
    acts = clinic.acts()
    fill = small_disk / "fill"
    with fill.open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
        while True:
            file.write(bytes(KIB))
    said = clinic.say(*_publish(clinic, clinic.folder / "clinic.csv"), by=HOLDER)
    assert (said.code, said.is_one_line) == (5, True), said
    fill.unlink()
    assert clinic.acts() == acts
    assert clinic.vault() == set()
    assert clinic.ask("dataset", "list") == []
    clinic.publish()
    assert clinic.verifies()


@pytest.mark.parametrize("room", [40, 80, 120, 160, 200])
def test_a_disk_that_fills_in_the_middle_leaves_all_or_nothing(
    room: int, founded: Clinic, small_disk: Path
) -> None:
    """The vault is elsewhere, so that it is the record and its ledger entry that find no room."""
    clinic = copy_of(founded, small_disk)
    with (small_disk / "fill").open("wb") as file:
        free = os.statvfs(small_disk)
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - room * KIB)))
    vault = small_disk.parent / "vault"
    vault.mkdir()
    (clinic.home / "vault").symlink_to(vault)
    said = clinic.say(*_publish(clinic, clinic.folder / "clinic.csv"), by=HOLDER)
    (small_disk / "fill").unlink()
    published = clinic.ask("dataset", "list")
    assert said.code in (0, 5), said
    assert said.code == 0 or said.is_one_line
    assert len(published) == len(clinic.vault()) == (said.code == 0)
    assert clinic.acts().count("dataset.published") == len(published)
    assert clinic.verifies()


def test_an_export_that_finds_no_room_says_so(permitted: Clinic) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    said = permitted.say("ledger", "export", "--output", "/dev/full")
    assert (said.code, said.is_one_line) == (5, True), said
