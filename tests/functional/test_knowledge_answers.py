"""``casemate knowledge answers`` on files of the shared shape, and on what is none."""

import json
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from typer.testing import CliRunner

import casemate.flagships.law
from casemate.cli.knowledge import app

ANSWER = "reglement-2021-03-01-chiens:2021-04-01:fr#art_2"


def _run(tmp_path: Path, question: object, on: str = "2022-01-01") -> tuple[int, str]:
    asked = tmp_path / "questions.jsonl"
    asked.write_text(json.dumps(question) + "\n", encoding="utf-8")
    with as_file(files(casemate.flagships.law).joinpath("sample", "dogs.jsonl")) as corpus:
        given = ["answers", "--corpus", str(corpus), "--questions", str(asked), "--on", on]
        told = CliRunner().invoke(app, [*given, "--where", str(tmp_path / "index"), "--json"])
    return told.exit_code, told.stdout


def test_the_figures_of_one_question(tmp_path: Path) -> None:
    question = {"question": "Combien coûte la taxe annuelle pour un chien ?", "relevant": [ANSWER]}
    code, told = _run(tmp_path, question)
    assert code == 0
    figures = json.loads(told)
    assert (figures["questions"], figures["quote_exists"], figures["right_version"]) == (1, 1, 1)
    assert figures["citation_recall"] == 1


@pytest.mark.parametrize(
    ("question", "on"),
    [
        ({"question": "Combien ?", "relevant": ["none"]}, "2022-01-01"),
        ({"question": "Combien ?", "relevant": [ANSWER]}, "yesterday"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, question: object, on: str) -> None:
    assert _run(tmp_path, question, on)[0] == 2
