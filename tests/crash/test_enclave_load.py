"""The load script on a few runs: whatever is killed, every run ends as it must and nothing is left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_killed_workers_and_sandboxes_leave_defined_ends_and_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.enclave.load", "--runs", "6", "--seed", "7"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.stdout, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert report["problems"] == []
    assert sum(report["states"].values()) == 6
    assert report["kills"]["worker"] >= 1
