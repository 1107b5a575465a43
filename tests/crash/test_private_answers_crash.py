"""A question under ``kill -9``: a crash costs budget at most, never privacy."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from answers_world import RESEARCHER, AnswersWorld, count, make_answers_world
from conftest import MovableClock

TESTS = Path(__file__).resolve().parents[1]
ASKER = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from answers_world import RESEARCHER, count
from casemate.enclave.answers import Answers
from casemate.home import open_home
from casemate.platform import Platform
root, permit, method, when = sys.argv[1:]
original = getattr(Answers, method)
def dies(*arguments):
    if when == "after":
        original(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(Answers, method, dies)
now = datetime(2026, 3, 2, 10, tzinfo=UTC)
with Platform(open_home(Path(root)), clock=lambda: now) as platform:
    print(platform.ask(RESEARCHER, permit, count(sex="f")).value)
"""
CHARGED = ["answer.charged"]


@pytest.fixture
def world(tmp_path: Path, clock: MovableClock) -> Iterator[AnswersWorld]:
    yield from make_answers_world(tmp_path, clock)


@pytest.mark.parametrize(
    ("method", "when", "acts"),
    [
        ("_pay", "after", []),  # charged, not committed
        ("draw", "before", CHARGED),
        ("draw", "after", CHARGED),  # drawn, seen by nobody
        ("release", "after", CHARGED),  # kept, not committed
    ],
)
def test_a_killed_question_is_charged_once_and_answered_once(
    world: AnswersWorld, method: str, when: str, acts: list[str]
) -> None:
    permit = world.permit()
    died = subprocess.run(
        [sys.executable, "-c", ASKER, str(world.root / "home"), permit, method, when],
        capture_output=True, cwd=TESTS, check=False,
    )  # fmt: skip
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, b""), died.stderr
    assert world.acts("answer.") == acts
    assert world.spent(permit) == (("1/10", "1/10") if acts else ("0", "0"))
    answers = {world.platform.ask(RESEARCHER, permit, count(sex="f")).value for _ in range(3)}
    assert len(answers) == 1
    assert world.spent(permit) == ("1/10", "1/10")
    assert world.acts("answer.released") == ["answer.released"]
    assert world.platform.verify_ledger().ok
