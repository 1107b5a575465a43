"""Alerts under ``kill -9``: killed before, within or after the writing, each change is told once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from case_world import COMING, DAY, HOLDER, OWNER, WORK, Laws, house
from law_files import akoma_ntoso, article, legilux_version

from casemate.home import open_home
from casemate.platform import Platform

TESTS = Path(__file__).resolve().parents[1]
WATCHER = """
import os, signal, sys
from pathlib import Path
from case_world import HOLDER, Laws
from casemate.home import open_home
from casemate.knowledge.casefiles.alerts import Alerts
from casemate.platform import Platform
home, folder, dies = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
put, count = Alerts._put, []
def second(self, *told):
    put(self, *told)
    count.append(1)
    if len(count) == 2:
        die()
if dies == "before": Alerts.keep = die
if dies == "within": Alerts._put = second
with Platform(open_home(home)) as platform:
    Laws(platform, folder).load()
    if dies == "after": die()
"""


@pytest.mark.parametrize("dies", ["before", "within", "after"])
def test_a_killed_watch_tells_each_change_once(tmp_path: Path, dies: str) -> None:
    with house(tmp_path) as made:
        platform = made.platform
        cases = [platform.open_case_file(OWNER, f"Dogs {number}").id for number in range(3)]
        for case, day in zip(cases, (DAY, COMING, COMING), strict=True):
            platform.pin_provision(OWNER, case, "law", WORK, "art_1", "fr", day)
    coming = akoma_ntoso(article("art_1", "Art. 1.", "Trois chiens."))
    legilux_version(made.folder, COMING, coming)
    arguments = [
        sys.executable,
        "-c",
        WATCHER,
        str(made.platform.home.root),
        str(made.folder),
        dies,
    ]
    ended = subprocess.run(arguments, cwd=TESTS, check=False)
    assert ended.returncode == -signal.SIGKILL
    with Platform(open_home(made.platform.home.root)) as platform:
        for _ in range(2):
            Laws(platform, made.folder).load()
            platform.watch_case_files(HOLDER, "law")
        for case, more in zip(cases, ([], ["corrected"], ["corrected"]), strict=True):
            alerts = platform.case_file_alerts(OWNER, case)
            assert sorted(one.kind.value for one in alerts) == ["coming", *more]
        assert platform.verify_ledger().ok
