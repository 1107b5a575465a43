"""A rule on real people (the Adult census extract): tried in the enclave, its difference is found."""

import gzip
import json
import tomllib
from pathlib import Path

import polars as pl
import pytest
from hiring_world import CHECKER, FORM, PROVIDER, ended, hiring, permitted

ADULT = Path(__file__).resolve().parents[3] / "shared/data/anonymisation/adult/adult.csv.gz"
MARRIED = {
    "op": "eq",
    "left": {"op": "column", "name": "marital-status"},
    "right": {"op": "value", "value": "Married-civ-spouse"},
}
DESCRIPTION = """
id = "census"
title = { en = "An extract of a census" }
description = { en = "One row a person." }
themes = ["SOCI"]
access_right = "non_public"
regime = "dga"
allowed_purposes = ["dpv:ScientificResearch"]

[rules]
min_k = 2
min_cell = 10
max_suppression = "0.05"
max_days = 365

[variables]
sex = { label = { en = "Sex" }, role = "quasi_identifier" }
marital-status = { label = { en = "Marital status" }, role = "other" }
salary-class = { label = { en = "Income" }, role = "sensitive" }
"""


@pytest.mark.skipif(not ADULT.exists(), reason="the Adult extract is not there: ../shared/data")
def test_whom_a_rule_on_marriage_takes_for_well_paid(tmp_path: Path) -> None:
    rows = pl.read_csv(gzip.decompress(ADULT.read_bytes()), separator=";")
    file = tmp_path / "census.csv"
    rows.select("sex", "marital-status", "salary-class").write_csv(file)
    form = tomllib.loads(FORM.replace("candidates", "census"))
    form["datasets"][0]["variables"] = [
        {"name": name, "necessity": "to compare"}
        for name in ("sex", "marital-status", "salary-class")
    ]
    with hiring(tmp_path / "home") as place:
        place.publish("acct-employer", file, tomllib.loads(DESCRIPTION))
        permit = permitted(place, form=form, dataset="census")
        asked = {
            "model": {"rule": MARRIED},
            "target": "salary-class",
            "positive": ">50K",
            "features": ["marital-status"],
            "protected": ["sex"],
        }
        handed = place.evaluate_in_place(PROVIDER, permit, json.dumps(asked).encode())
        run = ended(place, handed)
        (output,) = place.outputs(CHECKER, run.id)
        document = json.loads(place.evidence(CHECKER, output.id)[1])
    ratio = next(one for one in document["figures"] if one["measure"] == "demographic parity ratio")
    married = rows.with_columns(it=pl.col("marital-status") == "Married-civ-spouse")
    rates = dict(married.group_by("sex").agg(pl.col("it").mean()).iter_rows())
    assert ratio["estimate"] == pytest.approx(min(rates.values()) / max(rates.values()), rel=1e-3)
    assert ratio["verdict"] == "below four fifths"
