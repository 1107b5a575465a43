"""The law's demo on the command line: ten questions, each answered by the right words or refused."""

import re
from pathlib import Path

from functional.clinic import speak


def test_ten_questions_are_answered_rightly_or_refused(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "law.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^\$ casemate (.*)$", page, re.MULTILINE)
    assert shown == "demo law --home law-demo"
    said = speak(["demo", "law", "--home", str(tmp_path / "law-demo"), "--json"])
    assert said.code == 0, said
    told = said.json
    assert [one["right"] for one in told] == [True] * 10
    assert sum(one["refusal"] is not None for one in told) == 2
    assert {one["language"] for one in told} == {"fr", "de", "lb", "en"}
    assert len({one["on"] for one in told}) == 3
    again = speak(["demo", "law", "--home", str(tmp_path / "law-demo"), "--json"])
    assert again.json == told
    for one in told:
        for quote in one["quotes"]:
            assert quote["valid_from"] <= one["on"]
            assert quote["valid_to"] is None or one["on"] < quote["valid_to"]


def test_a_folder_without_the_laws_that_are_asked_about_is_told(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "other.md").write_text("# Other\n\nNothing of it.\n")
    words = ["demo", "law", "--home", str(tmp_path / "home"), "--texts", str(tmp_path / "texts")]
    said = speak(words)
    assert said.code == 2
    assert "none of the laws that the demo asks about" in said.err
