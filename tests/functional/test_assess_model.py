"""``casemate assess-model``: files in, findings out, exit codes of the house; no home is opened."""

import json
from pathlib import Path

import pytest
from assurance_world import people
from format_files import onnx_logistic
from typer.testing import CliRunner, Result

from casemate.assurance.tabular.files import read_rows
from casemate.cli import app

READS = "--feature skill --feature woman"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = people(800)
    rows.with_columns(woman=(rows["sex"] == "F").cast(int)).write_csv("people.csv")
    Path("model.onnx").write_bytes(onnx_logistic(0.0, [2.0, -1.6]))
    return tmp_path


def run(line: str) -> Result:
    wide = CliRunner(env={"COLUMNS": "200"})  # else a table's heading may be broken anywhere
    return wide.invoke(app, ["assess-model", *line.split()], catch_exceptions=False)


def test_a_model_is_assessed_from_its_file_and_the_page_and_bill_are_written(folder: Path) -> None:
    asked = f"model.onnx --data people.csv --target hired --protected sex {READS} --trained trained"
    done = run(f"{asked} --json --report page.html --bom bom.json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    ratio = next(one for one in found["figures"] if one["measure"] == "demographic parity ratio")
    assert ratio["verdict"] == "below four fifths"
    assert found["model"]["details"]["kind"] == "onnx"
    assert {one["check"] for one in found["figures"]} == {
        "performance", "fairness", "shift", "explanation", "extraction", "membership inference",
        "attribute inference",
    }  # fmt: skip
    assert {"evasion", "poisoning"} <= {one["check"] for one in found["not_tested"]}
    assert "four fifths" in (folder / "page.html").read_text()
    assert json.loads((folder / "bom.json").read_text())["bomFormat"] == "CycloneDX"
    assert sorted(one.name for one in folder.iterdir()) == [
        "bom.json", "model.onnx", "page.html", "people.csv",
    ]  # fmt: skip


def test_people_read_sentences_and_a_table(folder: Path) -> None:
    done = run(
        f"model.onnx --data people.csv --target hired --protected sex {READS} "
        "--check performance --check fairness"
    )
    assert done.exit_code == 0, done.output
    assert "The selection rate of sex = F is" in done.stdout
    assert "is broken" in done.stdout
    assert "Not tested: shift: it was not asked for." in done.stdout
    assert "95% interval" in done.stdout


def test_numbers_are_numbers_however_they_are_spelt_and_postcodes_are_not(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("a,b,c\n-0.0,01234,nan\n1.50,04321,1\n")
    rows = read_rows(path)
    assert rows["a"].to_list() == [0.0, 1.5]
    assert rows["b"].to_list() == ["01234", "04321"]
    assert rows["c"].to_list() == ["nan", "1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("none.onnx --data people.csv --target hired", "there is no file none.onnx"),
        ("model.onnx --data none.csv --target hired", "there is no file none.csv"),
        ("people.csv --data people.csv --target hired", "people.csv is no model's file"),
        ("model.onnx --data people.csv --target nothing", "nothing"),
        ("model.onnx --data people.csv --target town", "say which value of 'town'"),
        ("model.onnx --data people.csv --target hired", "is text, and an ONNX model reads numbers"),
        (f"model.onnx --data people.csv --target hired {READS} --check luck", "no check 'luck'"),
        (
            f"model.onnx --data people.csv --target hired {READS} --report no/page.html",
            "there is no folder no",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder: Path, line: str, message: str) -> None:
    done = run(line)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert sorted(one.name for one in folder.iterdir()) == ["model.onnx", "people.csv"]
