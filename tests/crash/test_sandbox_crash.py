"""A decision on the regulatory sandbox under ``kill -9``: with its ledger entry, or not at all."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_world import document

from casemate.flagships.health import story
from casemate.home import create_home
from casemate.platform import Platform
from casemate.register.records import read_record

TESTS = Path(__file__).resolve().parents[1]
OFFICER = """
import os, signal, sys
from pathlib import Path
from casemate.access.procedure import Steps
from casemate.home import open_home
from casemate.ledger import Ledger
from casemate.platform import Platform
root, sandbox, place = sys.argv[1:]
with Platform(open_home(Path(root))) as platform:
    owners = {"moved": (Steps, "note"), "recorded": (Ledger, "append"),
              "told": (platform.sandboxes, "list")}
    owner, name = owners[place]
    original = getattr(owner, name)
    def dies(*arguments, **options):
        original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, dies)
    platform.admit_participation("acct-authority", sandbox, "It is new.")
    platform.participations("acct-authority")  # the decision is told by now
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("place", "done"), [("moved", False), ("recorded", False), ("told", True)])
def test_a_decision_is_whole_or_not_there(
    tmp_path: Path, request: pytest.FixtureRequest, database: str, place: str, done: bool
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    home = create_home(tmp_path / "home", name="casemate", database=url)
    with Platform(home) as platform:
        platform.found("Operator")
        story.gather_the_cast(platform)
        record = read_record({"name": "Sorter"})
        algorithm = platform.record_algorithm("acct-researcher", record).algorithm
        sandbox = platform.apply_for_sandbox("acct-researcher", document(algorithm)).id
        platform.submit_participation("acct-researcher", sandbox)
    words = [sys.executable, "-c", OFFICER, str(home.root), sandbox, place]
    dead = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    with Platform(home) as platform:
        known = platform.participation("acct-researcher", sandbox)
        acts = [one.act for one in platform.entries(None, subject=sandbox)]
        assert known.state == ("admitted" if done else "submitted")
        assert ("sandbox.admitted" in acts) is done
        assert platform.verify_ledger().ok
        if not done:  # and it can be decided again
            assert platform.admit_participation("acct-authority", sandbox, "new").plan_version == 1
