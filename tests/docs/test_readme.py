"""The README's examples run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

VISITS = "number,sex,asthma\n" + "\n".join(
    f"V{n:03},{'FM'[n % 2]},{n % 3 == 0:d}" for n in range(60)
)
DESCRIPTION = """
id = "visits"
title = "Visits to the asthma clinic"
description = "Sixty invented visits"
allowed_purposes = ["dpv:ScientificResearch"]
[variables]
number = { role = "direct_identifier", label = "Visit" }
sex = { role = "quasi_identifier", label = "Sex" }
asthma = { role = "sensitive", label = "Has asthma" }
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_a_python_example_runs(tmp_path: Path, number: int) -> None:
    (tmp_path / "example.py").write_text(blocks("python")[number], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_python_example_fits_in_fifteen_lines() -> None:
    code = [line for line in blocks("python")[0].splitlines() if line.strip()]
    assert len(code) <= 15


def test_the_command_line_example_runs(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(VISITS, encoding="utf-8")
    (tmp_path / "visits.toml").write_text(DESCRIPTION, encoding="utf-8")
    (example,) = blocks("console")
    commands = [line.removeprefix("$ ") for line in example.splitlines()]
    assert len(commands) <= 10
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", "\n".join(commands)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "visits" in done.stdout
    assert "The ledger holds" in done.stdout
    assert (tmp_path / "catalogue.ttl").read_text(encoding="utf-8").startswith("@prefix")
