"""What a command does not need is not imported: a shell that completes a word must not wait for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "duckdb", "highspy", "numba", "numpy", "opendp", "pandas", "polars", "pyarrow", "pyspark", "scipy",
    "sklearn", "sqlalchemy", "statsmodels",
}  # fmt: skip
PROGRAM = """
import json, sys
from casemate.cli import app
try:
    app(sys.argv[1:])
finally:
    print(json.dumps([name for name in sys.modules if "." not in name]), file=sys.stderr)
"""


def imported(*words: str, **environment: str) -> tuple[set[str], str]:
    """The modules that are there after ``casemate`` was called with ``words``, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    return set(json.loads(done.stderr.splitlines()[-1])), done.stdout


@pytest.mark.parametrize("words", [["--help"], [], ["ledgr"]], ids=["help", "nothing", "misspelt"])
def test_help_imports_no_table_engine_no_database_and_no_statistics(words: list[str]) -> None:
    modules, said = imported(*words)
    assert modules & HEAVY == set()
    assert ("ledger" in said) is (words != ["ledgr"])


def test_completing_a_group_imports_none_of_them() -> None:
    asked = {"_CASEMATE_COMPLETE": "complete_bash", "COMP_WORDS": "casemate led", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", Path(sys.executable).with_name("casemate")],
        capture_output=True,
        text=True,
        env=os.environ | asked,
    )
    assert done.stdout.split() == ["ledger"]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "casemate.cli" in loaded
    assert loaded & HEAVY == set()


def test_verifying_a_ledger_imports_no_table_engine(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    imported("init", "--home", home)
    modules, said = imported("ledger", "verify", "--home", home)
    assert "The ledger holds" in said
    assert modules & (HEAVY - {"sqlalchemy"}) == set()
