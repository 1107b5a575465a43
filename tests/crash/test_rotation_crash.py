"""The exchange of the master key under ``kill -9``: wholly or not at all, and nothing is lost."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from answers_world import RESEARCHER, AnswersWorld, count, make_answers_world
from conftest import MovableClock

from casemate.home import open_home
from casemate.platform import Platform
from casemate.store.keys import next_file

TESTS = Path(__file__).resolve().parents[1]
ROTATOR = """
import os, signal, sys
from pathlib import Path
from casemate import rotation
from casemate.home import open_home
from casemate.ledger import Ledger
from casemate.platform import Platform
root, place, when = sys.argv[1:]
owner, name = {"rewrap": (rotation.wrapped, "rewrap"), "hand_over": (Ledger, "hand_over"),
               "put_in_place": (rotation, "put_in_place"), "publish": (rotation, "publish"),
               "shred": (None, "")}[place]
with Platform(open_home(Path(root))) as platform:
    if owner is None:
        owner, name = platform.store, "shred"
    original = getattr(owner, name)
    def dies(*arguments, **options):
        if when == "after":
            original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, dies)
    platform.rotate_keys("acct-operator")
"""


CASES = [
    ("rewrap", "before", False),
    ("rewrap", "after", False),
    ("hand_over", "after", False),  # said, not committed
    ("put_in_place", "before", True),  # committed, the old file is still there
    ("put_in_place", "after", True),
    ("publish", "before", True),
    ("shred", "before", True),
]
ON_POSTGRESQL = CASES[2:4]
"""The two moments at which the database decides."""


@pytest.fixture
def world(
    request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock, database: str
) -> Iterator[AnswersWorld]:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    yield from make_answers_world(tmp_path, clock, url)


@pytest.mark.parametrize(
    ("database", "place", "when", "done"),
    [("sqlite", *case) for case in CASES] + [("postgresql", *case) for case in ON_POSTGRESQL],
)
def test_a_killed_exchange_is_finished_or_has_not_been(
    world: AnswersWorld, place: str, when: str, done: bool
) -> None:
    permit = world.permit()
    answer = world.platform.ask(RESEARCHER, permit, count())
    vkey = world.platform.ledger.vkey
    world.platform.close()
    home = open_home(world.root / "home")
    died = subprocess.run(
        [sys.executable, "-c", ROTATOR, home.root, place, when],
        capture_output=True, text=True, cwd=TESTS, check=False,
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL, died.stderr
    world.platform = platform = Platform(home, clock=world.clock)
    assert (platform.ledger.vkey != vkey) is done
    assert (home.public / "ledger.vkey").read_text().strip() == platform.ledger.vkey
    assert platform.ask(RESEARCHER, permit, count()) == answer
    assert platform.protect(RESEARCHER, permit)
    assert platform.rotate_keys("acct-operator").rewrapped
    assert platform.ask(RESEARCHER, permit, count()) == answer
    assert not next_file(home.master_key).exists()
    assert platform.verify_ledger().ok
    assert len([one for one in platform.entries() if one.act == "key.rotated"]) == 1 + done
