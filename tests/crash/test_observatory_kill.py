"""``kill -9`` while a model is tried: the same command goes on, and comes to the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from language_world import require_small_model, small_model

from casemate.assurance.language.energy import Grid
from casemate.assurance.language.figures import document
from casemate.assurance.language.journal import open_journal
from casemate.assurance.language.runner import run
from casemate.assurance.language.trial import Plan, key_of
from casemate.assurance.suites import suite

_GRID = Grid("LUX", 100.0, "made for tests")


def test_a_killed_run_goes_on_at_the_sample_it_was_at_and_ends_as_if_it_had_not_been(
    tmp_path: Path,
) -> None:
    require_small_model()
    words = [
        "observatory",
        "run",
        "--model",
        "smollm2",
        "--suite",
        "basics",
        "--limit",
        "6",
        "--work",
    ]
    killed = subprocess.Popen(
        [sys.executable, "-m", "casemate.cli", *words, str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    try:
        while _lines(tmp_path) < 2:
            assert killed.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    left = _lines(tmp_path)
    assert 2 <= left < 6
    plan = Plan(suite("basics"), "en", limit=6)
    with small_model() as model:
        key = key_of(plan, model.card)
        with open_journal(tmp_path / "journals", key) as journal:
            went_on = run(plan, model, journal)
        with open_journal(tmp_path / "other", key) as journal:
            whole = run(plan, model, journal)
    assert (went_on.resumed, whole.resumed) == (left, 0)
    assert document(went_on, _GRID)["results_digest"] == document(whole, _GRID)["results_digest"]


def _lines(folder: Path) -> int:
    whole = b"".join(one.read_bytes() for one in folder.glob("journals/*.jsonl"))
    return sum(
        bool(json.loads(line)) for line in whole.splitlines(keepends=True) if line[-1:] == b"\n"
    )
