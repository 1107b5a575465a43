"""The main job: the demo re-derives a published result on real people's data, and leaks nobody."""

import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from consistent import require_whole

from casemate.catalogue import read_table
from casemate.flagships.health.sources import NHEFS_ROWS, nhefs_description, nhefs_file
from casemate.home import open_home
from casemate.platform import Platform

CASEMATE = Path(sys.executable).with_name("casemate")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def figures(home: Path) -> dict[str, Any]:
    done = subprocess.run(
        [CASEMATE, "demo", "--home", home, "--json"], capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_the_protected_estimate_agrees_with_the_published_one(figures: dict[str, Any]) -> None:
    assert figures["raw_estimate"] == pytest.approx(3.44, abs=0.005)
    assert figures["ci_low"] <= 3.4 <= figures["ci_high"]
    assert abs(figures["estimate"] - figures["raw_estimate"]) <= 0.2


def test_the_protection_is_what_the_permit_asked_for(figures: dict[str, Any]) -> None:
    assert figures["k"] >= 5
    assert figures["suppressed"] <= 0.02 * NHEFS_ROWS
    assert figures["risk_after"] <= 1 / 5 < figures["risk_before"]


def test_every_attempt_against_the_laws_was_stopped(figures: dict[str, Any]) -> None:
    names = {refusal["name"] for refusal in figures["refusals"] if refusal["refused"]}
    assert names >= {
        "read without a permit",
        "read with an expired permit",
        "read with a revoked permit",
        "use for another purpose",
        "edit of one ledger row",
        "release of a table with small cells",
        "a released table again, without one person",
    }
    assert all(refusal["refused"] for refusal in figures["refusals"])
    assert figures["ledger_ok"]


def test_what_left_was_computed_again_from_its_recipe(figures: dict[str, Any]) -> None:
    caught = {one["name"]: one["message"] for one in figures["refusals"]}
    assert "could be worked out" in caught["a released table again, without one person"]


def test_the_report_is_one_file_that_loads_nothing(figures: dict[str, Any]) -> None:
    page = Path(figures["report"]).read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    assert 'role="img"' in page
    assert "src=" not in page
    assert "@import" not in page
    assert "url(http" not in page


def test_nothing_in_the_home_names_a_person(home: Path, figures: dict[str, Any]) -> None:
    """Participant numbers and measured weights are looked for in every byte that was written."""
    assert figures["ledger_ok"]
    people = read_table(nhefs_file())
    marks = distinctive_values(people)
    assert len(marks) > 1000
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        found = [mark for mark in marks if mark in content]
        assert not found, f"{path} holds {found[:3]!r}"


def distinctive_values(people: pl.DataFrame) -> list[bytes]:
    """Values that do not come about by chance: as text with five decimals, and as raw doubles."""
    weights = people["wt82_71"].drop_nulls().unique().to_list()
    texts = {repr(value).encode() for value in weights if len(repr(value)) >= 10}
    doubles = {struct.pack("<d", value) for value in weights if len(repr(value)) >= 10}
    runs = people["seqn"].cast(pl.Float64)
    neighbours = {struct.pack("<3d", *runs[at : at + 3]) for at in range(0, len(runs) - 3, 7)}
    as_text = {",".join(str(int(n)) for n in runs[at : at + 3]).encode() for at in range(0, 999, 7)}
    return sorted(texts | doubles | neighbours | as_text)


def test_the_search_for_people_would_find_them(tmp_path: Path) -> None:
    """The test above can fail: the plain file is full of what it looks for."""
    assert tmp_path.exists()
    content = nhefs_file().read_bytes()
    marks = distinctive_values(read_table(nhefs_file()))
    assert any(mark in content for mark in marks)


def test_a_second_demo_on_the_same_home_is_a_new_study(home: Path, figures: dict[str, Any]) -> None:
    done = subprocess.run(
        [CASEMATE, "demo", "--home", home], capture_output=True, text=True, check=True
    )
    assert "Study 2" in done.stdout
    assert "The ledger holds" in done.stdout
    assert "report.html" in done.stdout
    with Platform(open_home(home)) as platform:
        require_whole(platform)
        assert platform.dataset("nhefs").versions == (1,)
        assert platform.verify_ledger().size > figures["ledger_size"]


def test_every_variable_of_the_survey_is_described() -> None:
    described = nhefs_description()["variables"]
    assert set(read_table(nhefs_file()).columns) == set(described)
    assert all(variable["label"]["en"] for variable in described.values())


def test_an_interrupted_demo_says_so_in_one_line(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [CASEMATE, "demo", "--home", tmp_path / "home"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "Published" in process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    _, problems = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in problems
