"""Profiles say what a table is like and nothing of anybody; scores come with reasons."""

import json
from datetime import date
from typing import Any

import polars as pl

from casemate.catalogue import assess_quality, describe, profile_table
from casemate.catalogue.description import DatasetDescription


def described(
    frame: pl.DataFrame, roles: dict[str, str] | None = None, **more: Any
) -> DatasetDescription:
    """A description of ``frame`` in which every variable is of the role ``other`` unless said."""
    draft = describe(frame).model_dump(mode="json")
    for name, variable in draft["variables"].items():
        variable["role"] = (roles or {}).get(name, "other")
    variables = more.pop("variables", {})
    for name, changes in variables.items():
        draft["variables"][name] |= changes
    return DatasetDescription.model_validate({**draft, **more})


def test_extremes_and_rare_values_do_not_show() -> None:
    weights = [50 + n / 10 for n in range(500)] + [311.7, 12.3]
    towns = ["Esch"] * 480 + ["Vianden"] * 9 + ["Wiltz"] * 13
    born = [date(1950 + n % 40, 1, 1) for n in range(502)]
    frame = pl.DataFrame({"weight": weights, "town": towns, "born": born})
    profile = profile_table(frame, described(frame))
    shown = json.dumps(profile)
    assert "311" not in shown
    assert "12.3" not in shown
    assert "Vianden" not in shown
    variables = profile["variables"]
    assert [c["value"] for c in variables["town"]["categories"]] == ["Esch", "Wiltz"]
    low, high = variables["weight"]["range"]
    assert low <= 51.0
    assert high >= 98.9
    assert high < 120
    assert variables["weight"]["outliers"] == "<10"
    assert variables["born"]["range"] == ["1950", "1990"]


def test_a_histogram_is_open_at_both_ends_and_has_no_small_bin() -> None:
    frame = pl.DataFrame({"x": [float(n) for n in range(300)] + [1000.0] * 3})
    bins = profile_table(frame, described(frame))["variables"]["x"]["histogram"]
    assert bins[0]["from"] is None
    assert bins[-1]["to"] is None
    assert all(isinstance(b["people"], int) and b["people"] >= 10 for b in bins)
    assert abs(sum(b["people"] for b in bins) - 303) <= 3 * len(bins)


def test_of_a_direct_identifier_there_are_counts_only() -> None:
    frame = pl.DataFrame({"id": ["same"] * 50, "x": [1] * 50})
    facts = profile_table(frame, described(frame, {"id": "direct_identifier"}))["variables"]["id"]
    assert facts == {"type": "text", "missing": 0, "distinct": "<10"}


def test_people_are_counted_not_rows() -> None:
    """Twelve visits of one person are one person."""
    frame = pl.DataFrame(
        {
            "who": ["p1"] * 12 + [f"q{n}" for n in range(40)],
            "town": ["Vianden"] * 12 + ["Esch"] * 40,
            "cost": [999.0] * 12 + [float(n) for n in range(40)],
        }
    )
    by_row = profile_table(frame, described(frame))
    by_person = profile_table(frame, described(frame, person="who"))
    assert "Vianden" in json.dumps(by_row)
    assert "Vianden" not in json.dumps(by_person)
    assert by_person["people"] == 40
    assert by_person["variables"]["cost"]["range"][1] <= 50


def test_too_few_people_for_a_spread() -> None:
    frame = pl.DataFrame({"x": [float(n) for n in range(19)]})
    facts = profile_table(frame, described(frame))["variables"]["x"]
    assert "range" not in facts
    assert "histogram" not in facts


def test_odd_numbers_do_not_break_a_profile() -> None:
    frame = pl.DataFrame(
        {
            "nan": [float("nan"), float("inf"), -1e308, 1e308] * 10,
            "none": pl.Series([None] * 40, dtype=pl.Float64),
            "same": [3.5] * 40,
            "tiny": [n * 1e-9 for n in range(40)],
        }
    )
    profile = profile_table(frame, described(frame))
    json.dumps(profile, allow_nan=False)
    assert profile["variables"]["tiny"]["range"][1] < 1e-7


def test_data_scores_fall_with_each_fault_and_say_why() -> None:
    frame = pl.DataFrame(
        {
            "sex": [0, 1, 2, 0],
            "age": [10, None, 200, 10],
            "start": [1, 2, 3, 1],
            "end": [2, 1, 4, 2],
            "town": ["Esch", "esch ", "Esch", "Esch"],
        }
    )
    codes = {"0": {"en": "male"}, "1": {"en": "female"}}
    description = described(
        frame,
        variables={"sex": {"codes": codes}, "age": {"minimum": 0, "maximum": 120}},
        consistency=[{"left": "start", "relation": "<=", "right": "end"}],
    )
    data = assess_quality(frame, description)["data"]
    assert data["completeness"] == {"score": 0.95, "reason": "1 of 5 variables have missing values"}
    assert data["validity"]["score"] == 0.714  # 2 of 7 values
    assert data["validity"]["reason"] == "outside their codes or bounds: sex, age"
    assert data["uniqueness"]["score"] == 0.75
    assert data["consistency"]["score"] == 0.75  # 1 of 4 comparisons, 1 of 4 texts
    assert "start <= end" in data["consistency"]["reason"]
    assert "town (spaces or letter case)" in data["consistency"]["reason"]


def test_metadata_are_scored_by_mqa() -> None:
    frame = pl.DataFrame({"x": [1, 2, 3]})
    poor = assess_quality(frame, described(frame))
    rich = assess_quality(
        frame,
        described(
            frame,
            themes=["HEAL"],
            keywords={"en": ["x"]},
            spatial=["LUX"],
            temporal={"start": "2024-01-01"},
            license="CC_BY_4_0",
            contact={"name": "Desk", "url": "https://x.org"},
            access_right="public",
        ),
    )
    assert rich["metadata"]["points"] == 405
    assert rich["metadata"]["rating"] == "excellent"
    assert rich["overall"] == 100
    assert poor["metadata"]["points"] == 205
    assert poor["metadata"]["rating"] == "sufficient"
    assert poor["metadata"]["dimensions"]["findability"]["missing"] == [
        "keywords",
        "themes",
        "spatial coverage",
        "temporal coverage",
    ]
