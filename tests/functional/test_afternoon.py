"""A new user's afternoon: a model that screens applications is registered, classified, assessed, kept back,
mended, and published. By command, as somebody would sit there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hiring_world import CHECKER, FAIR, PROVIDER, UNFAIR, hiring, permitted
from pypdfium2 import PdfDocument
from typer.testing import CliRunner

from casemate.canonical import digest
from casemate.cli import app

RECORD = """
name = { en = "Screening", fr = "Présélection" }
short_description = "Sorts applications for work by who should be invited."
organisation = "Provider"
contact = "mailto:desk@provider.example"
status = "development"
publication_category = "high_risk_ai"
ai_act_class = "high_risk"
annex_iii_points = ["4(a)"]
risk_management = "Reviewed each quarter."
considerations = "People who are turned down can ask for a person to look again."
protected_attributes = "Sex."
human_intervention = "A recruiter reads every application that is turned down."
training_of_staff = "Two days on what the model can not see."
"""
FACTS = """
role = "provider"
purpose = "rank_candidates"
annexIII_area = "4(a)"
"""


class Shell:
    """Somebody at the command line of one home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runner = CliRunner()

    def say(self, by: str | None, *words: str) -> Any:
        """What a command came to."""
        who = {} if by is None else {"CASEMATE_ACCOUNT": by}
        settings = {"CASEMATE_HOME": str(self.folder / "home"), "COLUMNS": "200", **who}
        return self._runner.invoke(app, list(words), env=settings, catch_exceptions=False)

    def ask(self, by: str | None, *words: str) -> Any:
        """The JSON of a command that has to succeed."""
        said = self.say(by, *words, "--json")
        assert said.exit_code == 0, f"{words}: {said.stderr}"
        return json.loads(said.stdout)

    def file(self, name: str, text: str) -> str:
        """The path of a file with this text."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("afternoon")
    with hiring(folder / "home") as place:
        permit = permitted(place)
    made = Shell(folder)
    made.file("permit", permit)
    return made


def let_out(shell: Shell, output: str) -> Any:
    reason = ("--reason", "Rates of hundreds of people, or a model of three numbers.")
    shell.ask(CHECKER, "output", "review", output, "--clear", *reason)
    return shell.say(CHECKER, "output", "release", output)


def trained(shell: Shell, permit: str, system: str, name: str, program: str) -> str:
    file = shell.file(f"{name}.py", program)
    of_it = ("--permit", permit, "--algorithm", system)
    run = shell.ask(PROVIDER, "run", "submit", "--script", file, *of_it)
    assert run["state"] == "awaiting_review", run
    outputs = shell.ask(CHECKER, "output", "list", "--run", run["id"])
    model = next(one["id"] for one in outputs if one["name"].endswith(".onnx"))
    shell.ask(CHECKER, "output", "review", model, "--clear", "--reason", "Three numbers.")
    return str(model)


def tried(shell: Shell, permit: str, system: str, model: str, *features: str) -> None:
    """The model is tried in the enclave, and the checker lets the figures out."""
    words = ["assess", system, "--permit", permit, "--model", model, "--target", "invited"]
    words += ["--protected", "sex", *(word for one in features for word in ("--feature", one))]
    found = shell.ask(PROVIDER, *words)
    assert found["state"] == "awaiting_review"
    (figures,) = found["outputs"]
    assert let_out(shell, figures).exit_code == 0


def of(assessment: Any, name: str) -> Any:
    return next(one for one in assessment["requirements"] if one["requirement"]["id"] == name)


def test_an_afternoon(shell: Shell) -> None:
    permit = (shell.folder / "permit").read_text()
    system = shell.ask(PROVIDER, "register", "add", shell.file("record.toml", RECORD))["algorithm"]
    first = trained(shell, permit, system, "first", UNFAIR)
    facts = shell.file("facts.toml", FACTS)
    answer = shell.ask(None, "classify", facts, "--closed", "--as-of", "2027-12-02")
    assert answer["class"] == "high_risk"
    assert any("Annex III" in one and "4(a)" in one for one in answer["articles"])

    shell.ask(PROVIDER, "model", "name", system, "--output", first)
    before = shell.ask(PROVIDER, "assess", system, "--facts", facts)["assessment"]
    assert of(before, "bias")["verdict"] == "not tested"
    tried(shell, permit, system, first, "skill", "gap")

    page, paper = shell.folder / "report.html", shell.folder / "report.pdf"
    written = ("--report", str(page), "--pdf", str(paper), "--facts", facts)
    found = shell.ask(PROVIDER, "assess", system, *written)
    assessment = found["assessment"]
    assert assessment["cls"] == "high_risk"
    verdicts = {one["requirement"]["id"]: one["verdict"] for one in assessment["requirements"]}
    assert verdicts["bias"] == "not shown"
    assert verdicts["accuracy"] == "shown"
    assert verdicts["oversight"] == "shown"
    assert verdicts["security"] == "not tested"
    assert verdicts["data"] == "not shown"
    assert assessment["standing"]["passes"] is False
    told = page.read_text(encoding="utf-8")
    assert "below four fifths" in told
    assert "<svg" in told
    assert "below four fifths" in text_of(paper)
    entries = shell.ask(None, "ledger", "entries", "--subject", system)
    (assessed,) = [
        one["detail"] for one in entries if one["detail"].get("assessment") == found["digest"]
    ]
    assert assessed["html"] == digest(page.read_bytes())
    assert assessed["pdf"] == digest(paper.read_bytes())

    refused: tuple[Callable[[], Any], ...] = (
        lambda: shell.say(CHECKER, "output", "release", first),
        lambda: shell.say(PROVIDER, "register", "publish", system, "--reason", "It is ready."),
    )
    for door in refused:
        said = door()
        assert said.exit_code == 3
        assert "the lowest selection rate by sex is" in said.stderr
        assert len(said.stderr.strip().splitlines()) == 1

    second = trained(shell, permit, system, "second", FAIR)
    shell.ask(PROVIDER, "model", "name", system, "--output", second)
    changed = refused[1]()
    assert (changed.exit_code, "the newest is of another one" in changed.stderr) == (3, True)
    tried(shell, permit, system, second, "skill")
    assert shell.ask(PROVIDER, "model", "standing", system)["passes"] is True
    assert shell.say(CHECKER, "output", "release", second).exit_code == 0
    published = shell.ask(PROVIDER, "register", "publish", system, "--reason", "It is ready.")
    assert published["algorithm"] == system
    after = shell.ask(PROVIDER, "assess", system, "--facts", facts)["assessment"]
    assert (of(after, "bias")["verdict"], of(after, "registration")["verdict"]) == (
        "shown",
        "shown",
    )

    (good, *_) = shell.ask(PROVIDER, "evaluation", "list", "--algorithm", system)
    assert shell.ask(PROVIDER, "evaluation", "publish", good["id"])["published_at"]
    seen = shell.ask(None, "evaluation", "show", good["id"])
    assert seen["model_digest"] == shell.ask(PROVIDER, "model", "list", system)[0]["digest"]


def text_of(path: Path) -> str:
    """The words of a PDF."""
    document = PdfDocument(path.read_bytes())
    assert document.is_tagged()
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--permit", "PERMIT"], "to try a model, name it"),
        (["--rule", "RULE"], "a model is tried under a permit"),
        (
            ["--permit", "PERMIT", "--rule", "RULE", "--target", "hired"],
            "the target 'hired' is not",
        ),
        (["--facts", "AGAINST"], "what rests solely on profiling profiles"),
        (["--as-of", "tomorrow"], "--as-of"),
    ],
)
def test_bad_input_is_one_line_and_says_what(shell: Shell, words: list[str], message: str) -> None:
    record = shell.file("other.toml", RECORD)
    system = shell.ask(PROVIDER, "register", "add", record)["algorithm"]
    rule = {
        "op": "gt",
        "left": {"op": "column", "name": "skill"},
        "right": {"op": "value", "value": 0},
    }
    places = {
        "PERMIT": (shell.folder / "permit").read_text(),
        "RULE": shell.file("rule.json", json.dumps(rule)),
        "AGAINST": shell.file("against.toml", "solely_profiling = true\nprofiling = false\n"),
    }
    said = shell.say(PROVIDER, "assess", system, *(places.get(one, one) for one in words))
    assert said.exit_code == 2, said.output
    assert message in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
