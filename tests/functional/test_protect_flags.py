"""``casemate protect anonymise`` by flags alone: every model, levels, budget, pages, and what is wrong."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from casemate.cli import app
from casemate.cli.protect.progress import TimeLeft, proven, told
from casemate.protection import Progress
from casemate.protection.models import READERS

ILLNESSES = ["flu", "cold", "none", "none", "asthma"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    numbers = range(300)
    pl.DataFrame(
        {
            "ssn": [1000 + number for number in numbers],
            "age": [20 + (number * 11) % 50 for number in numbers],
            "sex": ["f" if number % 3 else "m" for number in numbers],
            "illness": [ILLNESSES[number % 5] for number in numbers],
        }
    ).write_csv("people.csv")
    # everybody: each person of the table stands for ten
    people = pl.read_csv("people.csv").select("age", "sex").with_columns(many=pl.lit(10))
    people.write_csv("everybody.csv")
    people.select("age").write_csv("ages.csv")
    Path("sex.csv").write_text("f;*\nm;*\n")
    Path("illness.csv").write_text("flu;infect;*\ncold;infect;*\nnone;other;*\nasthma;other;*\n")
    return tmp_path


def run(line: str) -> Result:
    words = ["protect", *line.split()]
    return CliRunner().invoke(app, words, catch_exceptions=False)


def report_of(flags: str) -> Any:
    words = "anonymise people.csv --output safe.csv --quasi-identifiers age,sex --suppression 0.1"
    done = run(f"{words} {flags} --json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


MODELS = [
    ("", "5-anonymity"),
    ("--k 7", "7-anonymity"),
    ("--l 3 --sensitive illness", "distinct 3-diversity of illness"),
    ("--entropy-l 2 --sensitive illness", "entropy 2-diversity of illness"),
    ("--recursive 4,2 --sensitive illness", "recursive (4, 2)-diversity of illness"),
    ("--t 0.4 --sensitive illness", "0.4-closeness of illness (equal distance)"),
    ("--delta-disclosure 2.5 --sensitive illness", "2.5-disclosure privacy of illness"),
    ("--beta 3 --sensitive illness", "3-likeness of illness"),
    ("--max-risk 0.1", "a highest risk of 0.1"),
    ("--average-risk 0.05", "an average risk of 0.05"),
    ("--records-at-risk 5,0.02", "at most 0.02 of the records in classes below 5"),
    ("--k-map 30 --population everybody.csv --population-count many", "30-map"),
    ("--model k-anonymity:k=4", "4-anonymity"),
    ("--model beta-likeness:beta=3,attribute=illness,enhanced=false", "3-likeness of illness"),
    ("--model marketer-risk:risk=0.05 --population everybody.csv --population-count many", "risk"),
    ("--model population-uniqueness:share=0.01,sampling_fraction=0.1", "population"),
]


@pytest.mark.parametrize(("flags", "description"), MODELS)
def test_each_model_has_a_flag(folder: Path, flags: str, description: str) -> None:
    report = report_of(flags)
    (said,) = report["models"]
    assert said.replace("enhanced ", "") in (description, said)
    words = {word.strip("(),") for word in description.split()} - {"of"}
    assert words & {word.strip("(),") for word in said.split()}
    safe = pl.read_csv("safe.csv")
    assert safe.height == report["records_out"] == 300 - report["suppressed"]


def test_flags_of_models_go_together_and_hierarchical_distance_reads_a_file(folder: Path) -> None:
    closeness = "t-closeness:t=0.3,attribute=illness,distance=hierarchical,hierarchy=illness.csv"
    report = report_of(f"--k 3 --model {closeness}")
    assert len(report["models"]) == 2
    assert "hierarchical" in report["models"][1]


def test_weights_are_part_of_the_plan(folder: Path) -> None:
    report_of("--weight age=5 --weight sex=1 --save-plan plan.json")
    assert json.loads(Path("plan.json").read_text())["weights"] == {"age": "5", "sex": "1"}


def test_every_reader_of_a_model_is_named_where_none_fits(folder: Path) -> None:
    done = run("anonymise people.csv --output s.csv --quasi-identifiers age --model nonsense:k=3")
    assert done.exit_code == 2
    for name in READERS:
        assert name in done.stderr


def test_levels_bound_what_the_search_may_choose(folder: Path) -> None:
    assert report_of("--level age=3")["generalisation"]["age"] == 3
    assert report_of("--level age=1..2 --k 3")["generalisation"]["age"] in (1, 2)


def test_the_plan_that_the_flags_describe_can_be_kept_and_does_the_same(folder: Path) -> None:
    first = report_of(
        "--k 4 --l 2 --sensitive illness --hierarchy sex=sex.csv --save-plan plan.json"
    )
    done = run("anonymise people.csv --output again.csv --plan plan.json --json")
    assert done.exit_code == 0, done.output
    second = json.loads(done.stdout)
    assert second["plan_digest"] == first["plan_digest"]
    assert Path("again.csv").read_text() == Path("safe.csv").read_text()


def test_a_spent_budget_is_said_beside_the_answer(folder: Path) -> None:
    words = "anonymise people.csv --output s.csv --quasi-identifiers age,sex --nodes 1 --suppression 0.1"
    done = run(words)
    assert done.exit_code == 0, done.output
    assert "not proven the best" in done.stderr
    assert "not proven the best" in done.stdout
    assert json.loads(run(f"{words} --json").stdout)["gap"] > 0


@pytest.mark.parametrize(
    ("language", "heading"),
    [("en", "What a class tells"), ("fr", "Ce qu’une classe révèle"), ("de", "Was eine Klasse verrät"),
     ("lb", "Wat eng Klass verréit")],
)  # fmt: skip
def test_the_page_is_in_the_language_asked_for(folder: Path, language: str, heading: str) -> None:
    report_of(f"--l 2 --sensitive illness --html page.html --lang {language}")
    page = Path("page.html").read_text()
    assert f'<html lang="{language}">' in page
    assert heading in page


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--l 2", "name it by --sensitive"),
        ("--k-map 3", "needs the population"),
        ("--k-map 3 --population absent.csv", "no file absent.csv"),
        ("--k-map 3 --population ages.csv", "part of a population"),
        ("--recursive 3 --sensitive illness", "--recursive takes C,L"),
        ("--t closer --sensitive illness", "closer"),
        ("--max-risk 2", "probability"),
        ("--model t-closeness:t", "NAME:PARAMETER=VALUE"),
        ("--model t-closeness:t=0.2", "not well formed"),
        ("--model k-anonymity:k=3,x=1", "not well formed"),
        ("--weight height=2", "height"),
        ("--weight age=much", "much"),
        ("--level age", "--level is NAME=LEVEL"),
        ("--level age=low", "LOWEST..HIGHEST"),
        ("--level age=9", "levels 0 to"),
        ("--measure nonsense", "nonsense"),
        ("--lang es", "en, fr, de, lb"),
        ("--seconds 0", "above 0"),
        ("--nodes 0", "at least 1"),
        ("--plan plan.toml", "not both"),
        ("--sensitive age", "under both"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    folder: Path, flags: str, message: str
) -> None:
    done = run(f"anonymise people.csv --output s.csv --quasi-identifiers age,sex {flags}")
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not Path("s.csv").exists()


def test_the_line_of_a_search_says_how_far_it_is_and_how_long_it_may_take() -> None:
    begin = Progress(judged=10, lattice=1000, best=0.5, bound=0.1, seconds=1.0)
    later = Progress(judged=90, lattice=1000, best=0.4, bound=0.3, seconds=3.0)
    assert proven(begin) == pytest.approx(0.2)
    assert proven(later) == pytest.approx(0.75)
    clock = TimeLeft(None)
    clock.saw(begin)
    assert clock.left() is None  # nothing can be told of one look
    clock.saw(later)
    # the gap fell from 0.8 to 0.25 in 2 seconds
    assert clock.left() == pytest.approx(0.25 * 2 / 0.55)
    line = told(later, clock.left())
    for word in ("90 of 1,000", "0.4", "0.3", "1 s left", "Ctrl-C"):
        assert word in line
    spent = TimeLeft(3.5)
    spent.saw(begin)
    spent.saw(later)
    assert spent.left() == pytest.approx(0.5)  # the budget ends it before
