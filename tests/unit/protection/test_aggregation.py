"""Protected tables through their public face: rules, suppression, trees, links, documents, bad input."""

import dataclasses
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from casemate.errors import BadInput
from casemate.protection import aggregation
from casemate.protection.aggregation import (
    AggregateTable,
    PTable,
    Rules,
    aggregate,
    aggregate_linked,
    audit,
)
from casemate.protection.aggregation.rules import Facts, sensitive
from casemate.protection.hierarchies import groups

KEY = b"a secret of 16 b"


def firms() -> pl.DataFrame:
    """Three towns by three trades, one cell of two firms and one that a giant dominates."""
    counts = {
        ("north", "bakery"): 20,
        ("north", "bank"): 2,
        ("north", "inn"): 15,
        ("south", "bakery"): 30,
        ("south", "bank"): 12,
        ("south", "inn"): 25,
        ("west", "bakery"): 18,
        ("west", "bank"): 14,
        ("west", "inn"): 22,
    }
    rows = [
        {"town": town, "trade": trade, "turnover": 100.0 + at}
        for (town, trade), count in counts.items()
        for at in range(count)
    ]
    rows[-1]["turnover"] = 1_000_000.0  # an inn in the west
    return pl.DataFrame(rows).with_row_index("id")


def cell(table: AggregateTable, *labels: str) -> dict[str, Any]:
    found: dict[str, Any] = {tuple(entry["labels"]): entry for entry in table.to_dict()["cells"]}[
        labels
    ]
    return found


def test_counts_by_two_dimensions_hide_the_small_cell_and_three_more() -> None:
    table = aggregate(firms(), rows=["town"], columns=["trade"])
    assert cell(table, "north", "bank") == {
        "labels": ["north", "bank"],
        "count": None,
        "marker": "c",
    }
    assert cell(table, "Total", "Total")["count"] == 158
    assert table.report.primary == {"frequency": 1}
    assert table.report.secondary == 3
    assert (table.report.search, table.report.gap) == ("optimal", 0.0)
    # two secondary bakeries, inns or banks close the loop; the cheapest is 12 or 14 with 15 and 22
    assert table.report.cost == min(15 + 12 + 25, 20 + 12 + 30, 15 + 14 + 22, 20 + 14 + 18)
    primary = [found for found in table.report.suppressed if found.primary]
    assert [(found.cell, found.reasons) for found in primary] == [
        (("north", "bank"), ("frequency",))
    ]


def test_a_giant_is_found_by_dominance_and_p_percent() -> None:
    rules = Rules(min_frequency=3)
    table = aggregate(firms(), rows=["town"], columns=["trade"], measure="turnover", rules=rules)
    reasons = {found.cell: found.reasons for found in table.report.suppressed}
    assert reasons["north", "bank"] == ("frequency", "dominance", "p_percent")
    assert reasons["west", "inn"] == ("dominance", "p_percent")
    assert cell(table, "south", "inn")["mean"] is None or cell(table, "south", "inn")["mean"] == (
        pytest.approx(112.0)
    )
    verdict = audit(table)
    assert verdict.passed
    giant = next(
        found
        for found in verdict.cells
        if dict(found.cell) == {"town": "west", "trade": "inn"} and found.layer == "sum"
    )
    second_largest = 100.0 + 20
    assert giant.upper - second_largest >= 1_100_000


def test_one_hidden_cell_alone_fails_the_audit() -> None:
    table = aggregate(firms(), rows=["town"], columns=["trade"])
    hidden = np.array([entry["labels"] == ["north", "bank"] for entry in table.to_dict()["cells"]])
    bare = dataclasses.replace(
        table,
        markers=tuple("c" if flag else "" for flag in hidden),
        additive={"count": np.where(hidden, np.nan, table.truth.counts)},
    )
    verdict = audit(bare)
    assert not verdict.passed
    assert verdict.determined == 1
    assert "north" in verdict.problems[0]
    assert (verdict.cells[0].lower, verdict.cells[0].upper) == (2, 2)


def test_the_one_contributor_of_a_cell_faces_two_unknowns_in_each_line() -> None:
    counts = {("a", "x"): 1, ("a", "y"): 40, ("a", "z"): 30, ("b", "x"): 35, ("b", "y"): 45}
    rows = [
        {"r": r, "c": c}
        for (r, c), count in (counts | {("b", "z"): 50}).items()
        for _ in range(count)
    ]
    guarded = aggregate(pl.DataFrame(rows), rows=["r"], columns=["c"])
    open_ = aggregate(pl.DataFrame(rows), rows=["r"], columns=["c"], rules=Rules(insiders=False))
    assert int(guarded.hidden.reshape(3, 4)[0].sum()) >= 3
    assert int(guarded.hidden.reshape(3, 4)[:, 0].sum()) >= 3
    assert open_.report.secondary < guarded.report.secondary


def test_sub_totals_by_a_tree_and_by_a_hierarchy_are_the_same() -> None:
    tree = {"food": ["bakery", "inn"], "money": ["bank"]}
    by_tree = aggregate(firms(), rows=["trade"], columns=["town"], trees={"trade": tree})
    hierarchy = groups({"food": ["bakery", "inn"], "money": ["bank"]})
    by_hierarchy = aggregate(firms(), rows=["trade"], columns=["town"], trees={"trade": hierarchy})
    assert by_tree.to_dict() == by_hierarchy.to_dict()
    assert cell(by_tree, "food", "south")["count"] == 55
    assert by_tree.dimensions[0].labels == ("bakery", "inn", "food", "bank", "money", "Total")
    # money is bank: publishing one would give the other away
    assert cell(by_tree, "money", "north")["marker"] == "c"
    assert audit(by_tree).passed


def test_linked_tables_hide_the_same_shared_margins() -> None:
    data = firms().with_columns(
        size=pl.when(pl.col("id") % 17 == 0).then(pl.lit("big")).otherwise(pl.lit("small"))
    )
    tables = aggregate_linked(
        data, [(["town"], ["trade"]), (["town"], ["size"]), (["trade"], ["size"])]
    )
    verdict = audit(tables)
    assert verdict.passed
    for town in ("north", "south", "west", "Total"):
        first, second = (cell(table, town, "Total") for table in tables[:2])
        assert (first["count"], first["marker"]) == (second["count"], second["marker"])
    assert {table.report.linked for table in tables} == {3}


def test_without_totals_nothing_can_be_worked_out_and_nothing_more_is_hidden() -> None:
    table = aggregate(firms(), rows=["town"], columns=["trade"], totals=False)
    assert table.shape == (3, 3)
    assert table.report.secondary == 0


def test_four_dimensions_and_null_as_a_category() -> None:
    random = np.random.default_rng(5)
    data = pl.DataFrame({name: random.integers(0, 2, 400) for name in "abcd"}).with_columns(
        a=pl.when(pl.col("a") == 0).then(None).otherwise(pl.col("a"))
    )
    table = aggregate(data, rows=["a", "b"], columns=["c", "d"], rules=Rules(min_frequency=20))
    assert table.shape == (3, 3, 3, 3)
    assert table.dimensions[0].labels == ("1", "(missing)", "Total")
    assert audit(table).passed


def test_empty_cells_are_published_unless_they_are_sensitive() -> None:
    data = firms().filter(~((pl.col("town") == "west") & (pl.col("trade") == "bank")))
    shown = aggregate(data, rows=["town"], columns=["trade"])
    assert cell(shown, "west", "bank") == {"labels": ["west", "bank"], "count": 0, "marker": ""}
    hidden = aggregate(data, rows=["town"], columns=["trade"], rules=Rules(zeros=True))
    assert cell(hidden, "west", "bank")["marker"] == "c"
    assert hidden.report.primary["zero"] == 1
    assert audit(hidden).passed


def test_negative_values_are_refused_or_judged_on_absolute_values() -> None:
    data = firms().with_columns(turnover=-pl.col("turnover"))
    with pytest.raises(BadInput, match="negative=True"):
        aggregate(data, rows=["town"], columns=["trade"], measure="turnover")
    table = aggregate(data, rows=["town"], columns=["trade"], measure="turnover", negative=True)
    assert audit(table).passed
    assert cell(table, "west", "inn")["marker"] == "c"


def test_when_time_is_short_the_gap_is_said() -> None:
    random = np.random.default_rng(7)
    data = pl.DataFrame(
        {
            "a": random.zipf(1.4, 1000) % 4,
            "b": random.zipf(1.3, 1000) % 4,
            "c": random.zipf(1.5, 1000) % 3,
            "v": random.lognormal(5, 2, 1000),
        }
    )
    table = aggregate(data, rows=["a"], columns=["b", "c"], measure="v", seconds=0.001)
    assert table.report.search == "heuristic"
    assert 0 < table.report.gap <= 1
    assert table.report.bound <= table.report.cost
    assert audit(table, only_sensitive=True).passed


@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow"])
def test_frames_come_back_as_they_came(kind: str) -> None:
    data = firms()
    given: Any = {"polars": data, "pandas": data.to_pandas(), "pyarrow": data.to_arrow()}[kind]
    frame: Any = aggregate(given, rows=["town"], columns=["trade"]).frame
    assert (
        type(frame) is {"polars": pl.DataFrame, "pandas": pd.DataFrame, "pyarrow": pa.Table}[kind]
    )
    names = list(getattr(frame, "column_names", None) or frame.columns)
    assert names == ["town", "trade", "count", "marker"]


def test_nothing_publishable_holds_a_hidden_value_or_tells_primary_from_secondary() -> None:
    table = aggregate(
        firms(), rows=["town"], columns=["trade"], measure="turnover", title="<Firms>"
    )
    document = json.dumps(table.to_dict())
    assert "dominance" not in document
    assert "primary" not in document
    assert "truth" not in repr(table)
    for entry in table.to_dict()["cells"]:
        if entry["marker"] == "c":
            assert entry["count"] is None
            assert entry["sum"] is None
            assert entry["mean"] is None
    page = table.html("count")
    assert "<caption>&lt;Firms&gt; (count). c: confidential" in page
    assert '<th scope="col">' in page
    assert '<th scope="row">north</th>' in page
    assert page.count("<abbr") == int(table.hidden.sum())
    json.dumps(table.report.to_dict())
    json.dumps(audit(table).to_dict())


def test_the_same_people_get_the_same_noise_in_every_table() -> None:
    data = firms()
    options: dict[str, Any] = {"method": "cell_key", "key": KEY, "record_id": "id"}
    first = aggregate(data, rows=["town"], columns=["trade"], **options)
    again = aggregate(data.sample(fraction=1, shuffle=True, seed=1), rows=["trade"], **options)
    for trade in ("bakery", "bank", "inn"):
        assert cell(first, "Total", trade)["count"] == cell(again, trade)["count"]
    other = aggregate(data, rows=["town"], columns=["trade"], **(options | {"key": KEY[::-1]}))
    assert first.to_dict() != other.to_dict()
    assert audit(first).passed


def test_noise_and_random_rounding_are_unbiased_over_many_cells() -> None:
    random = np.random.default_rng(2)
    data = pl.DataFrame({"id": np.arange(60_000), "cell": random.integers(0, 3000, 60_000)})
    options: dict[str, Any] = {"key": KEY, "record_id": "id"}
    noisy = aggregate(data, rows=["cell"], method="cell_key", ptable=PTable(2.0, 5), **options)
    change = noisy.additive["count"] - noisy.truth.counts
    assert abs(change.mean()) < 0.1
    assert change.var() == pytest.approx(2.0, rel=0.1)
    rounded = aggregate(data, rows=["cell"], method="random_rounding", base=5, **options)
    change = rounded.additive["count"] - rounded.truth.counts
    assert abs(change.mean()) < 0.15
    assert not np.any(rounded.additive["count"] % 5)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"rows": ["nowhere"]}, "no column 'nowhere'"),
    ({"rows": "town"}, r"write \['town'\]|lists of column names|no column"),
    ({"rows": []}, "1 to 4 dimensions"),
    ({"rows": ["town"], "columns": ["town"]}, "twice"),
    ({"rows": ["town"], "measure": "trade"}, "give numbers"),
    ({"rows": ["town"], "measure": "gaps"}, "nulls"),
    ({"rows": ["town"], "measure": "nothing"}, "0 everywhere"),
    ({"rows": ["town"], "method": "magic"}, "none of suppression"),
    ({"rows": ["town"], "method": "rounding", "measure": "turnover"}, "use suppression"),
    ({"rows": ["town"], "method": "cell_key"}, "secret key and record_id"),
    ({"rows": ["town"], "method": "cell_key", "key": b"short", "record_id": "id"}, "16 secret"),
    ({"rows": ["town"], "method": "cell_key", "key": KEY, "record_id": "trade"}, "repeats"),
    ({"rows": ["town"], "method": "rounding", "base": 1}, "base of rounding"),
    ({"rows": ["town"], "trees": {"town": {"all": ["north"]}}}, "'south' of 'town' is missing"),
    ({"rows": ["town"], "trees": {"town": {"a": ["north", "north"]}}}, "stands twice"),
    ({"rows": ["town"], "trees": {"trade": {}}}, "no dimension"),
    ({"rows": ["town"], "total_label": "north"}, "total_label"),
    ({"rows": ["town"], "statistics": ["sum"]}, "name a measure"),
    ({"rows": ["town"], "seconds": 0}, "above 0"),
]


@pytest.mark.parametrize(("asked", "message"), BAD)
def test_bad_input_is_named(asked: dict[str, Any], message: str) -> None:
    data = firms().with_columns(gaps=pl.when(pl.col("id") > 3).then(1.0), nothing=pl.lit(0.0))
    with pytest.raises(BadInput, match=message):
        aggregate(data, **asked)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Rules(min_frequency=0),
        lambda: Rules(dominance=(2, 1.5)),
        lambda: Rules(p_percent=0),
        lambda: PTable(variance=50.0, maximum=5),
        lambda: PTable(maximum=0),
        lambda: PTable(threshold=5, maximum=5),
        lambda: aggregate(firms().clear(), rows=["town"]),
        lambda: aggregate([1, 2], rows=["town"]),
    ],
)
def test_bad_parameters_are_refused(build: Any) -> None:
    with pytest.raises(BadInput):
        build()


def test_the_face_is_what_it_says() -> None:
    assert all(hasattr(aggregation, name) for name in aggregation.__all__)


@pytest.mark.parametrize(("rest", "told"), [(9.9, True), (10.1, False)])
def test_the_p_percent_rule_is_about_what_the_second_largest_cannot_tell(
    rest: float, told: bool
) -> None:
    """The second of 50 takes itself off the total and is left with 100 and the rest."""
    facts = Facts(
        np.array([12]), np.array([150 + rest]), np.array([150 + rest]), np.array([[100.0, 50.0]])
    )
    found = sensitive(Rules(dominance=None, p_percent=10), facts)
    assert bool(found["p_percent"][0]) is told


def test_the_audit_finds_a_line_in_which_a_single_person_faces_one_unknown() -> None:
    counts = np.array([[1, 20, 30], [15, 18, 22], [25, 30, 40]])
    places = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    table = pl.DataFrame({"town": places[0], "trade": places[1]})
    made = aggregate(table, rows=["town"], columns=["trade"], rules=Rules(min_frequency=3))
    assert audit(made).passed
    hidden = np.zeros(made.shape, dtype=bool)
    hidden[:2, :2] = True  # enough against everybody but the one person of the first cell
    hidden = hidden.ravel()
    other = dataclasses.replace(
        made,
        markers=tuple("c" if flag else "" for flag in hidden),
        additive={"count": np.where(hidden, np.nan, made.truth.counts)},
    )
    assert any("can work out another cell" in problem for problem in audit(other).problems)
