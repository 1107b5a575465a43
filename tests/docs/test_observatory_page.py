"""What the page on the observatory says is so: a section for every suite, and its command runs."""

import re
import shlex
from pathlib import Path

from functional.clinic import speak
from language_world import require_small_model

from casemate.assurance.suites import names, suites

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "observatory.md").read_text("utf-8")


def test_every_suite_has_a_section() -> None:
    told = [
        name for line in re.findall(r"^### (.+)$", PAGE, re.MULTILINE) for name in line.split(", ")
    ]
    assert sorted(told) == list(names())


def test_public_sets_are_named_with_their_folders() -> None:
    for one in suites():
        if not one.about.own:
            assert one.about.licence not in ("", "CC0-1.0")
            assert "folder" in one.about.source


def test_the_command_of_the_page_runs(tmp_path: Path) -> None:
    require_small_model()
    (line,) = re.findall(r"^\$ casemate (.+)$", PAGE, re.MULTILINE)
    said = speak([*shlex.split(line), "--work", str(tmp_path)])
    assert said.code == 0, said
    assert "A very small model" in said.out
