"""The page on the regulatory sandbox: its commands, run as they are shown, on a home of their own.

``python tests/docs/test_regulatory_sandbox_page.py`` writes the page anew.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.test_docs_session import Session, Shown, commands_of, fits, rewrite, settle, write_files
from evidence_world import evaluation

PAGE = "regulatory-sandbox"
SECTIONS = ("1. Apply", "2. Decide", "3. Try", "4. End")
FOUNDING = """
init
organisation add University --as acct-operator
organisation add Authority --as acct-operator
account add "Rosa Researcher" --organisation org-university --role data_user --as acct-operator
account add "Alma Authority" --organisation org-authority --role authority --as acct-operator
"""


def told(folder: Path) -> Iterator[tuple[Shown, str]]:
    write_files(folder)
    (folder / "evaluation.json").write_text(json.dumps(evaluation()), "utf-8")
    session = Session(folder)
    for words in FOUNDING.strip().splitlines():
        session.run(f"casemate {words}")
    for heading in SECTIONS:
        for shown in commands_of(PAGE, heading):
            printed = session.run(shown.command)
            session.learn(shown.output, printed)
            form = folder / "sandbox.toml"
            for ours, theirs in session.ids.items():
                form.write_text(form.read_text("utf-8").replace(ours, theirs), "utf-8")
            yield shown, printed


def test_the_page_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch)
    for shown, printed in told(tmp_path):
        assert fits(shown.output, printed), (
            f"{PAGE}.md shows for `{shown.command}`:\n{shown.output}\nIt prints:\n{printed}"
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        settle(Path(place), patch)
        rewrite(list(told(Path(place))), Path(place) / "home")
