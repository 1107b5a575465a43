"""The page on documents: its commands are run as they are shown, in a home of their own."""

import re
from pathlib import Path

import pytest
from functional.clinic import Said, speak

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "documents.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def done(*words: str) -> Said:
    in_a_home = "init" not in words and "questions" not in words
    said = speak([*words, "--home", "home"] if in_a_home else [*words])
    assert said.code == 0, said
    return said


def test_the_documents_are_made_as_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record, answers = blocks("toml")
    Path("record.toml").write_text(record, "utf-8")
    Path("answers.toml").write_text(answers, "utf-8")
    done("init", "--home", "home")
    done("organisation", "add", "City", "--as", "acct-operator")
    who = ("--organisation", "org-city", "--role", "data_user", "--as", "acct-operator")
    done("account", "add", "Rita Recruiter", *who)
    lines = [line for block in blocks("console") for line in block.splitlines()]
    added = done(*lines[0].removeprefix("$ casemate ").split())
    algorithm = added.out.split()[0]
    for line in lines[1:]:
        done(*line.removeprefix("$ casemate ").replace("ALGORITHM", algorithm).split())
    kinds = re.findall(r"\| `([a-z][a-z0-9-]+)` \|", PAGE)
    assert sorted(one.stem for one in Path("papers").glob("*.pdf")) == sorted(kinds)
    assert Path("fria.docx").stat().st_size > 10_000


def test_the_writers_work_alone_as_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks("python")
    exec(compile(program, "documents.md", "exec"), {})
    assert capsys.readouterr().out == "True 1\n"
