"""The pages whose commands need no home: what they show is what is printed."""

import re
from pathlib import Path

import pytest
from assurance_world import people
from format_files import onnx_logistic
from functional.clinic import speak
from language_world import require_small_model

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: str, kind: str) -> list[str]:
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[list[str]]:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    return [line.removeprefix("$ casemate ").split() for line in lines if line.startswith("$ ")]


def test_a_class_is_told_as_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("facts.toml").write_text(blocks("ai-act.md", "toml")[0], "utf-8")
    Path("record.toml").write_text('name = { en = "Triage" }\n', "utf-8")
    classify, *checks = commands("ai-act.md")
    said = speak(classify)
    assert said.code == 0, said
    shown = blocks("ai-act.md", "text")[0].split()
    assert said.out.split()[: len(shown)] == shown
    for words in checks:
        assert speak(words).code == 0


def test_a_model_is_assessed_by_the_line_that_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = people(300)
    rows.with_columns(woman=(rows["sex"] == "F").cast(int)).write_csv("people.csv")
    Path("model.onnx").write_bytes(onnx_logistic(0.0, [2.0, -1.6]))
    (line,) = commands("assurance-statistics.md")
    said = speak([*line, "--feature", "skill", "--feature", "woman", "--check", "performance"])
    assert said.code == 0, said
    assert Path("page.html").exists()


def test_the_first_run_of_the_observatory_is_as_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_small_model()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for words in commands("language-models.md"):
        said = speak(words)
        assert said.code == 0, said
    assert Path("basics.json").exists()
