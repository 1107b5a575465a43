"""``casemate protect aggregate``: a table on file whose small cells are gone."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from casemate.cli import app

PEOPLE = pl.DataFrame(
    {
        "town": ["north"] * 40 + ["south"] * 40,
        "ill": (["yes"] * 3 + ["no"] * 37) + (["yes"] * 12 + ["no"] * 28),
    }
)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    PEOPLE.write_csv(tmp_path / "people.csv")
    return tmp_path / "people.csv"


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["protect", "aggregate", *map(str, words)])
    return done.exit_code, done.output


def test_a_small_cell_and_what_betrays_it_are_not_in_the_file(people: Path) -> None:
    output = people.with_name("table.csv")
    code, said = run(people, "--rows", "town", "--columns", "ill", "--output", output)
    assert code == 0, said
    table = pl.read_csv(output)
    small = table.filter(pl.col("town") == "north", pl.col("ill") == "yes")
    assert small["count"].to_list() == [None]
    assert small["marker"].to_list() == ["c"]
    hidden = table.filter(pl.col("count").is_null())
    assert (
        len(hidden) >= 4
    )  # with the totals published, one hidden cell would be a subtraction away


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--rows", "nowhere"], "nowhere"),
        (["--rows", "town", "--method", "magic"], "magic"),
        (["--rows", "town", "--min-frequency", "0"], "min_frequency"),
    ],
)
def test_what_cannot_be_done_is_said(people: Path, words: list[str], named: str) -> None:
    output = people.with_name("table.csv")
    code, said = run(people, *words, "--output", output)
    assert code == 2
    assert named in said
    assert not output.exists()
