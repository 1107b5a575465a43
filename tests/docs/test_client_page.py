"""The client's page runs as it stands, against a server, in the order in which it is read."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import FORM
from live_server import live
from portal_world import plan, served

from casemate.platform import Platform
from casemate.portal import create_app

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
PROGRAM = """
from casemate.analysis import read

read("clinic").table("by_diagnosis.csv", ["diagnosis"], n="count")
"""
RESEARCHER, AUTHORITY, CHECKER = "acct-researcher", "acct-authority", "acct-checker"


def approve(platform: Platform, names: dict[str, Any]) -> None:
    plans = {"clinic": plan()}
    platform.approve(AUTHORITY, names["asked"].id, "In the public interest.", plans=plans)


def release(platform: Platform, names: dict[str, Any]) -> None:
    (item,) = platform.queue(CHECKER)
    platform.review(CHECKER, item.output.id, clear=True, reason="Aggregates only.")
    platform.release(CHECKER, item.output.id)


OTHERS = {1: approve, 2: release}
"""What other people do after a block of the page."""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_page_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) == 5
    (tmp_path / "form.toml").write_text(FORM, encoding="utf-8")
    (tmp_path / "count.py").write_text(PROGRAM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with served(tmp_path, works=False) as portal:
        portal.publish()
        monkeypatch.setenv("CASEMATE_TOKEN", portal.tokens[RESEARCHER])
        with live(create_app(portal.platform)) as address:
            for number, block in enumerate(blocks):
                exec(block.replace("https://casemate.example", address), names)
                if number in OTHERS:
                    OTHERS[number](portal.platform, names)
    assert tomllib.loads(FORM)["title"] == names["asked"].form.title
    assert (tmp_path / "by_diagnosis.csv").read_bytes().startswith(b"diagnosis,")
