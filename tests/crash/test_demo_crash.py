"""``kill -9`` at random moments of the demo: nothing half-recorded, and the flow goes on to its end."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from consistent import require_whole

from casemate.home import SETTINGS, open_home
from casemate.platform import Platform

KILLS = int(os.environ.get("CASEMATE_KILLS", "6"))
"""How often; CASEMATE_KILLS=50 is the long run."""
SEED = 20261121


def demo(home: Path) -> "subprocess.Popen[str]":
    command = Path(sys.executable).with_name("casemate")
    return subprocess.Popen(
        [command, "demo", "--home", home, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left_behind(group: int) -> bool:
    """Whether any process of the killed demo, a sandbox say, still lives.

    One that has ended and whom the machine's first process has not taken note of yet does not.
    """
    for process in psutil.process_iter():
        try:
            of_it = os.getpgid(process.pid) == group
            if of_it and process.status() != psutil.STATUS_ZOMBIE:
                return True
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return False


@pytest.mark.slow
@pytest.mark.timeout(60 + 60 * KILLS)
def test_the_demo_survives_kill_9_at_random_moments(tmp_path: Path) -> None:
    moments, home = random.Random(SEED), tmp_path / "home"
    landed = 0
    while landed < KILLS:
        process = demo(home)
        try:
            _, problems = process.communicate(timeout=moments.uniform(1.0, 12.0))
            assert process.returncode == 0, problems
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            landed += 1
        gone = time.monotonic() + 5
        while left_behind(process.pid) and time.monotonic() < gone:
            time.sleep(0.05)
        assert not left_behind(process.pid), "a process outlived the demo"
        if (home / SETTINGS).exists():
            with Platform(open_home(home)) as platform:
                require_whole(platform)
    last = demo(home)
    printed, problems = last.communicate(timeout=180)
    assert last.returncode == 0, problems
    figures = json.loads(printed)
    assert figures["ledger_ok"]
    assert all(refusal["refused"] for refusal in figures["refusals"])
    with Platform(open_home(home)) as platform:
        require_whole(platform)
