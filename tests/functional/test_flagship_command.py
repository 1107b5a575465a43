"""A new sector's folder is made by a command, is as clean as what is written by hand, and its demo runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from functional.clinic import speak

from casemate.flagships.declaration import SHAPE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["data", "texts"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A house's own folder of flagships, with one new sector in it."""
    name, folder = f"own_{request.param}", tmp_path / "flagships"
    folder.mkdir()
    said = speak(["flagship", "new", name, "--kind", request.param, "--in", str(folder), "--json"])
    assert said.code == 0, said
    files = {Path(one).name for one in said.json["files"]}
    assert files >= {"__init__.py", *(f"{part}.py" for part in SHAPE)}
    return name, folder


def casemate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with the house's folder of flagships."""
    return subprocess.run(
        [sys.executable, "-m", "casemate.cli", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "CASEMATE_FLAGSHIPS": str(folder)},
        check=False,
    )


def test_the_demo_of_a_new_sector_runs(made: tuple[str, Path], tmp_path: Path) -> None:
    name, folder = made
    played = casemate(folder, "demo", name, "--home", str(tmp_path / "home"), "--json")
    assert played.returncode == 0, played.stderr
    told = json.loads(played.stdout)
    assert Path(told["report"]).read_text(encoding="utf-8").count("<h2") >= 1
    if name == "own_data":
        assert told["ledger_ok"]
        assert set(told["released"]) == {"north", "centre", "south"}
    else:
        assert [bool(one["refusal"]) for one in told["answers"]] == [False, False, True]
    listed = casemate(folder, "flagship", "list", "--json")
    assert {one["name"] for one in json.loads(listed.stdout)} == {"health", "law", name}


_OURS = ("--config", 'lint.isort.known-first-party=["casemate"]')
"""Outside the checkout ruff does not know whose the package is."""


def test_a_new_sector_is_as_clean_as_what_is_written_by_hand(made: tuple[str, Path]) -> None:
    _, folder = made
    for words in (["check"], ["format", "--check"]):
        ruff = [
            sys.executable,
            "-m",
            "ruff",
            *words,
            "--config",
            str(ROOT / "pyproject.toml"),
            *_OURS,
        ]
        found = subprocess.run([*ruff, str(folder)], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("name", ["Énergie", "a-b", "class", "../law", "skeletons", "x" * 60, "9a"])
def test_a_name_that_is_no_module_is_refused(name: str, tmp_path: Path) -> None:
    said = speak(["flagship", "new", name, "--in", str(tmp_path)])
    assert said.code == 2
    assert "flagship" in said.err
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    words = ["flagship", "new", "energy", "--in", str(tmp_path)]
    assert speak(words).code == 0
    (tmp_path / "energy" / "story.py").write_text("mine")
    said = speak(words)
    assert said.code == 2
    assert "already" in said.err
    assert (tmp_path / "energy" / "story.py").read_text() == "mine"


def test_no_folder_and_no_kind_are_told(tmp_path: Path) -> None:
    assert "no folder" in speak(["flagship", "new", "energy", "--in", str(tmp_path / "no")]).err
    said = speak(["flagship", "new", "energy", "--kind", "poems", "--in", str(tmp_path)])
    assert said.code == 2
    assert "data or texts" in said.err


def test_the_demo_of_no_sector_names_those_there_are(tmp_path: Path) -> None:
    said = speak(["demo", "alchemy", "--home", str(tmp_path / "home")])
    assert said.code == 2
    assert "health, law" in said.err
    assert not (tmp_path / "home").exists()
