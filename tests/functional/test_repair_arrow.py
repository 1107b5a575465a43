"""Repair through the command line: suggested, applied, and checked again as a whole before it leaves."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import AUTHORITY, CHECKER, OUTSIDER, RESEARCHER, Clinic, copy_of

pytest_plugins = ("functional.clinic_fixtures",)

SMALL_CELLS = """
from casemate.analysis import column, read
people = read("clinic")
people.crosstab("cells.csv", "birth_year", "commune", margins=True)
people.table("large.csv", ["sex"], n="count")
"""
HOSTILE = """
import polars as pl
from casemate.analysis import column, read
value = pl.read_parquet("/in/clinic.parquet")["marker"][0]
people = read("clinic").derive(told=column("marker") > value)
people.table("cells.csv", ["birth_year", "commune", "told"], n="count", margins=True)
"""


@pytest.fixture(scope="module")
def told(permitted: Clinic, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run with a table that is refused, its repairs, and the first of them applied."""
    clinic = copy_of(permitted, tmp_path_factory.mktemp("repair"))
    clinic.file("cells.py", SMALL_CELLS)
    clinic.file("hostile.py", HOSTILE)
    permit = clinic.only("permit", by=RESEARCHER)
    run = clinic.run(permit, "cells.py")
    outputs = clinic.outputs(run["id"])
    cells = outputs["cells.csv"]["id"]
    said: dict[str, Any] = {"clinic": clinic, "permit": permit, "run": run["id"], "old": cells}
    assert outputs["cells.csv"]["state"] == "refused"
    said["large"] = outputs["large.csv"]["id"]
    said["to the team"] = clinic.ask("output", "repair", cells, by=RESEARCHER)
    said["to the checker"] = clinic.ask("output", "repair", cells, by=CHECKER)
    said["in words"] = clinic.say("output", "repair", cells, by=RESEARCHER).out
    kinds = [one["kind"] for one in said["to the team"]]
    said["number"] = str(1 + kinds.index("suppression"))
    said["applied"] = clinic.ask(
        "output", "repair", cells, "--apply", said["number"], by=RESEARCHER
    )
    return said


def test_who_ran_it_and_who_checks_see_the_same_repairs_in_the_same_order(
    told: dict[str, Any],
) -> None:
    team, checker = told["to the team"], told["to the checker"]
    assert [one["kind"] for one in team] == [one["kind"] for one in checker]
    assert {"suppression", "rounding", "coarser"} <= {one["kind"] for one in team}
    assert set(team[0]) == {"number", "kind", "text", "effect"}
    assert checker[0]["effect"]["kept_permille"] > 0
    assert "suppression" in told["in words"]


def test_what_the_team_is_told_has_no_number_of_the_data(told: dict[str, Any]) -> None:
    for one in told["to the team"]:
        assert not any(sign.isdigit() for sign in f"{one['text']}{one['effect']}")


def test_a_repair_is_a_new_output_of_its_own_that_names_the_old_one(told: dict[str, Any]) -> None:
    made = told["applied"]
    assert made["repaired_from"] == told["old"]
    assert made["id"] != told["old"]
    assert made["state"] == "held", made["verdict"]  # this permit has every output looked at
    assert made["decision"] in {"pass", "review"}
    entries = told["clinic"].ask("ledger", "export", "--output", told["clinic"].folder / "all.json")
    del entries
    text = (told["clinic"].folder / "all.json").read_text()
    assert "output.repaired" in text
    assert "repaired_from" in text


def test_it_leaves_as_any_other_output_does(told: dict[str, Any], tmp_path: Path) -> None:
    clinic, made = told["clinic"], told["applied"]["id"]
    clinic.ask("output", "review", made, "--clear", "--reason", "hidden enough", by=CHECKER)
    clinic.ask("output", "release", made, by=CHECKER)
    file = tmp_path / "cells.csv"
    clinic.ask("output", "fetch", made, "--to", file, by=RESEARCHER)
    rows = list(csv.reader(file.read_text().splitlines()))[1:]
    hidden = [row.count("c") for row in rows]
    assert any(hidden)
    assert 1 not in hidden, "a cell hidden alone follows from its total"


@pytest.mark.parametrize(
    ("which", "number", "by", "code"),
    [
        ("old", "number", RESEARCHER, 2),  # it was applied already
        ("old", "99", CHECKER, 2),
        ("old", "", OUTSIDER, 3),
        ("old", "", AUTHORITY, 3),
    ],
)
def test_what_cannot_be_repaired_is_said_in_one_line(
    told: dict[str, Any], which: str, number: str, by: str, code: int
) -> None:
    wanted = ("--apply", told.get(number, number)) if number else ()
    said = told["clinic"].say("output", "repair", told[which], *wanted, by=by)
    assert said.code == code, said
    assert said.is_one_line


def test_what_passes_needs_no_repair(told: dict[str, Any]) -> None:
    assert told["clinic"].ask("output", "repair", told["large"], by=RESEARCHER) == []


def test_a_program_that_writes_values_into_its_recipe_is_told_no_repair(
    told: dict[str, Any],
) -> None:
    """The recipe's filter is somebody's marker: what is told of it would be told of them."""
    clinic = told["clinic"]
    run = clinic.run(told["permit"], "hostile.py")
    output = clinic.outputs(run["id"])["cells.csv"]["id"]
    assert clinic.ask("output", "repair", output, by=RESEARCHER) == []
    to_checker = clinic.ask("output", "repair", output, by=CHECKER)
    assert to_checker
    for number, one in enumerate(to_checker, start=1):
        if one["kind"] == "noise":
            continue
        made = clinic.ask("output", "repair", output, "--apply", str(number), by=RESEARCHER)
        assert made["decision"] != "pass", "its words were never spelled out: a person reads them"
        assert json.dumps(made["verdict"]).count("words of the recipe") == 1
        break
