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
    for one in told:
        for quote in one["quotes"]:
            assert quote["valid_from"] <= one["on"]
            assert quote["valid_to"] is None or one["on"] < quote["valid_to"]
