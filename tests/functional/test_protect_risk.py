"""``casemate protect risk``: everything that can be said of a file's risk, as text, JSON and a page."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from casemate.cli import app

FEW = ["Zacharias-only-one", "Yolanda-only-one"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    numbers = range(200)
    table = pl.DataFrame(
        {
            "age": [20 + number % 40 for number in numbers],
            "town": [FEW[number] if number < 2 else f"town {number % 4}" for number in numbers],
            "illness": ["flu" if number % 3 else "none" for number in numbers],
            "contact": [f"person{number}@example.org" for number in numbers],
        }
    )
    table.write_csv("people.csv")
    pl.concat([table, table]).write_parquet("everybody.parquet")
    return tmp_path


def run(line: str) -> Result:
    return CliRunner().invoke(app, ["protect", "risk", *line.split()], catch_exceptions=False)


def profile_of(line: str) -> Any:
    done = run(f"{line} --json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_one_call_measures_everything_and_the_report_is_what_is_printed(folder: Path) -> None:
    found = profile_of(
        "people.csv --quasi-identifiers age,town --sensitive illness --sampling-fraction 0.1 "
        "--population everybody.parquet --full --report report.json --html page.html"
    )
    assert found == json.loads(Path("report.json").read_text())
    assert found["records"] == 200
    known = found["known_population"]
    assert known["population"] == 400
    assert known["k_map"] == 2 * found["smallest_class"]
    assert known["journalist_highest"] == pytest.approx(found["prosecutor_highest"] / 2)
    assert {one["model"] for one in found["population_uniques"]} >= {"dankar", "zayatz"}
    assert found["special_uniques"]["uniques"] == found["uniques"]
    assert found["attribute_disclosure"][0]["sensitive"] == "illness"
    assert ["age"] in [one["attributes"] for one in found["distinguishing"]]
    assert [one["kind"] for one in found["identifiers"]] == ["email"]
    assert "F" in {one["category"] for one in found["safe_harbor"]}
    page = Path("page.html").read_text()
    assert "email" in page
    assert not any(name in page for name in (*FEW, "person7@"))


def test_the_text_has_a_part_for_each_thing_asked_for(folder: Path) -> None:
    said = run("people.csv --quasi-identifiers age,town --special 2").stdout
    assert "Special uniques" in said
    assert "distinction" in said
    assert "Direct identifiers" not in said
    said = run("people.csv --quasi-identifiers age,town --sensitive illness").stdout
    assert "right guesses" in said
    assert "Special uniques" not in said
    said = run("people.csv --quasi-identifiers age --population everybody.parquet").stdout
    assert "k-map" in said


def test_each_record_may_have_its_risk_in_a_file(folder: Path) -> None:
    profile_of(
        "people.csv --quasi-identifiers age,town --population everybody.parquet --records r.parquet"
    )
    table = pl.read_parquet("r.parquet")
    assert table.height == 200
    sizes = table.select(pl.len().over("age", "town")).to_series()
    assert (table["prosecutor_risk"] * sizes == 1).all()
    assert (table["journalist_risk"] * 2 == table["prosecutor_risk"]).all()
    special = table.filter(pl.col("town").is_in(FEW))
    assert (special["suda_score"] > 0).all()
    assert (special["smallest_unique"] == 1).all()


def test_a_scan_needs_no_quasi_identifiers(folder: Path) -> None:
    found = profile_of("people.csv --scan --html page.html --lang de")
    assert [one["column"] for one in found["identifiers"]] == ["contact"]
    assert "Direkte Identifikatoren" in Path("page.html").read_text()
    said = run("people.csv --scan").stdout
    assert "contact" in said
    assert "person7@" not in said


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("people.csv", "name at least one quasi-identifier"),
        ("people.csv --quasi-identifiers , --full", "name at least one quasi-identifier"),
        ("people.csv --quasi-identifiers height --full", "no column 'height'"),
        ("people.csv --quasi-identifiers age --sensitive height", "no column 'height'"),
        ("people.csv --quasi-identifiers age --sensitive age", "choose one"),
        ("people.csv --quasi-identifiers age --sampling-fraction 2", "fraction"),
        ("everybody.parquet --quasi-identifiers age --population people.csv", "fewer people"),
        ("people.csv --quasi-identifiers age --population absent.csv", "no file absent.csv"),
        ("people.csv --quasi-identifiers age --records r.xlsx", "give that ending"),
        ("people.csv --quasi-identifiers age --html no/where.html", "no folder"),
        ("people.csv --quasi-identifiers age --lang xx", "en, fr, de, lb"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(folder: Path, line: str, message: str) -> None:
    done = run(line)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
