"""``casemate protect synthesise`` and ``population``, domains in TOML, and a model downstream."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from casemate.cli.synthesise import register
from casemate.errors import BadInput, NotFound
from casemate.protection.synthesis import (
    Bins,
    Categories,
    domain_from_dict,
    domain_to_dict,
    downstream_model,
    inferred_domain,
    read_domain,
)

app = typer.Typer()
register(app)

DOMAIN = """
[columns.sex]
values = ["F", "M"]
[columns.age]
range = [0, 100]
width = 10
[columns.pay]
values = ["low", "high"]
"""


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def people(seed: int, size: int = 3_000) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(15, 90, size)
    pay = np.where(rng.random(size) < np.where(age > 50, 0.9, 0.1), "high", "low")
    return pl.DataFrame({"sex": rng.choice(["F", "M"], size), "age": age, "pay": pay})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    people(1).write_csv(tmp_path / "real.csv")
    people(2, 800).write_csv(tmp_path / "control.csv")
    (tmp_path / "domain.toml").write_text(DOMAIN)
    return tmp_path


def command(files: Path, *more: object) -> tuple[int, str]:
    return run(
        "synthesise", files / "real.csv", "--epsilon", 1, "--delta", "1e-6",
        "--out", files / "made.parquet", *more,
    )  # fmt: skip


def test_a_table_becomes_records_and_a_report(files: Path) -> None:
    more = "--control", files / "control.csv", "--target", "pay", "--html", files / "r.html"
    domain = "--domain", files / "domain.toml"
    code, text = command(files, *domain, *more, "--report", files / "r.json", "--json")
    assert code == 0
    made = pl.read_parquet(files / "made.parquet")
    assert made.columns == ["sex", "age", "pay"]
    assert len(made) == pytest.approx(3_000, abs=200)
    report = json.loads((files / "r.json").read_text())
    assert json.loads(text)["quality"] == report["quality"]
    assert report["quality"]["two_way_mean"] < 0.1
    assert report["domain"]["origin"] == "declared"
    assert report["downstream"]["synthetic"]["accuracy"] > 0.8
    assert {one["name"] for one in report["risks"]["attacks"]} >= {
        "linkability",
        "inference of pay",
    }
    page = (files / "r.html").read_text()
    assert "This report is not" in page
    assert "linkability" in page


def test_without_a_domain_nothing_is_read(files: Path) -> None:
    code, text = command(files)
    assert code == 2
    assert "--domain-from-data" in text
    assert not (files / "made.parquet").exists()


def test_a_domain_off_the_data_says_that_it_leaks(files: Path) -> None:
    code, text = command(files, "--domain-from-data", "--columns", "sex,pay")
    assert code == 0
    assert "given away" in text
    assert pl.read_parquet(files / "made.parquet").columns == ["sex", "pay"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--domain", "nowhere.toml"], "no domain"),
        (["--domain-from-data", "--target", "pay"], "give --control"),
        (["--domain-from-data", "--columns", "nobody"], "no column 'nobody'"),
        (["--domain-from-data", "--records", "0"], "at least one record"),
        (["--domain-from-data", "--report", "nowhere/r.json"], "no folder"),
    ],
)
def test_bad_requests_are_bad_input(files: Path, more: list[str], says: str) -> None:
    code, text = command(files, *more)
    assert (code, says in text) == (2, True), text
    assert not (files / "made.parquet").exists()


def test_a_population_from_margins(tmp_path: Path) -> None:
    code, text = run("population", "--rows", 2_000, "--out", tmp_path / "p.parquet", "--json")
    assert code == 0
    found = json.loads(text)
    assert found["rows"] == len(pl.read_parquet(tmp_path / "p.parquet")) == 2_000
    assert all(one["distance"] < 1e-6 for one in found["margins"])
    (tmp_path / "m.toml").write_text("total = 3\n")
    bad: list[list[object]] = [["--margins", tmp_path / "m.toml"], ["--seed", "-1"]]
    for more in bad:
        code, _ = run("population", "--rows", 10, "--out", tmp_path / "q.parquet", *more)
        assert code == 2
    assert not (tmp_path / "q.parquet").exists()


def test_domains_are_read_back_as_written(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(DOMAIN)
    domain = read_domain(tmp_path / "d.toml")
    assert domain["age"] == Bins(tuple(float(edge) for edge in range(0, 101, 10)))
    assert domain_from_dict(domain_to_dict(domain)) == domain
    missing: dict[str, Categories | Bins] = {
        "x": Categories(("a", None)),
        "y": Bins((0.0, 1.0), False, True),
    }
    assert domain_from_dict(domain_to_dict(missing)) == missing
    with pytest.raises(NotFound):
        read_domain(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({}, "at least one column"),
        ({"columns": {"x": 3}}, "table of values"),
        ({"columns": {"x": {}}}, "needs values, edges"),
        ({"columns": {"x": {"values": []}}}, "'x'.*1 to"),
        ({"columns": {"x": {"edges": ["a"]}}}, "no value or number"),
        ({"columns": {"x": {"range": [0, 10], "width": 0}}}, "goes up"),
    ],
)
def test_bad_domains(document: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        domain_from_dict(document)


def test_domains_off_the_data() -> None:
    table = pl.DataFrame(
        {
            "n": range(1_000),
            "f": np.linspace(0, 1, 1_000),
            "c": ["a", None] * 500,
            "few": [1, 2] * 500,
        }
    )
    found = inferred_domain(table)
    assert found["n"] == Bins(tuple(float(edge) for edge in range(0, 1001, 50)))
    assert found["f"].size == 20
    assert found["c"] == Categories(("a", None))
    assert found["few"] == Categories((1, 2))
    with pytest.raises(BadInput, match="no value"):
        inferred_domain(table.with_columns(pl.lit(None).alias("c")))
    with pytest.raises(BadInput, match="20,000 values"):
        inferred_domain(pl.DataFrame({"id": [str(n) for n in range(20_000)]}))


def test_a_model_downstream() -> None:
    domain = domain_from_dict(
        {"columns": {"age": {"range": [0, 100], "width": 5}, "pay": {"values": ["low", "high"]}}}
    )
    noise = people(3).with_columns(pl.col("pay").shuffle(seed=1))
    good = downstream_model(people(1), people(2), people(4, 1_000), domain, "pay")
    bad = downstream_model(people(1), noise, people(4, 1_000), domain, "pay")
    assert good.synthetic.accuracy == pytest.approx(good.real.accuracy, abs=0.03)
    assert good.real.area is not None
    assert good.real.area > 0.8
    assert bad.synthetic.accuracy < good.synthetic.accuracy - 0.1
    assert 0.4 < good.majority < 0.6
    same = people(1).with_columns(pl.lit("low").alias("pay"))
    assert downstream_model(people(1), same, people(4), domain, "pay").synthetic.area is None
    for real, target in [(same, "pay"), (people(1), "nobody")]:
        with pytest.raises(BadInput, match="target"):
            downstream_model(real, people(2), people(4), domain, target)
