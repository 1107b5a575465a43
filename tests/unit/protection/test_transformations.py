"""Transformations by example: what each does, and what it refuses."""

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import SHARED

from casemate.errors import BadInput
from casemate.protection import (
    DistinctLDiversity,
    Hierarchy,
    KAnonymity,
    KLDivergence,
    KMap,
    Loss,
    Population,
    from_csv,
    intervals,
    suppressible,
)
from casemate.protection.hierarchies import hierarchy_from_dict, top_bottom
from casemate.protection.transformations import (
    Extremes,
    LocalResult,
    Sampling,
    anonymise_locally,
    code_extremes,
    draw_sample,
    microaggregate,
    recode,
    round_numbers,
)

ADULT = SHARED / "data" / "anonymisation" / "adult"
# twenty people of two ages that may stay as they are, and four between, who must share a band
PEOPLE = pl.DataFrame(
    {"age": [31] * 10 + [38] * 10 + [32, 33, 36, 37], "sex": ["f", "m"] * 12, "pay": range(24)}
)
HIERARCHIES: dict[str, Hierarchy] = {"age": intervals(10, domain=(30, 49)), "sex": suppressible()}


def test_few_people_are_made_coarse_and_the_others_left_alone() -> None:
    result = anonymise_locally(PEOPLE, HIERARCHIES, models=[KAnonymity(2)], suppression=0)
    ages = result.table["age"].to_list()
    assert ages[:20] == ["31"] * 10 + ["38"] * 10
    assert ages[20:] == ["[30, 40)"] * 4
    assert result.loss < result.single_node_loss
    assert result.regions[0].levels == {"age": 0, "sex": 0}
    assert sum(region.records for region in result.regions) == 24
    entry = result.codebook[0]
    assert [record.label for record in entry.labels] == ["31", "38", "[30, 40)"]
    assert entry.labels[2].meaning.lower == "30"
    assert result.to_dict()["regions"][0]["records"] == 20
    assert result.gap == 0  # the bound that holds for any local recoding is met here


def test_regions_whose_labels_are_the_same_are_one_class() -> None:
    """A null stays null at level 1: two regions may say the same of it."""
    table = pl.DataFrame({"age": [None, None, None, 31, 31, 32, 35]}, schema={"age": pl.Int64})
    result = anonymise_locally(table, {"age": intervals(10)}, models=[KAnonymity(2)], suppression=0)
    assert sum(size * many for size, many in result.risk.class_sizes) == 7
    assert result.risk.smallest_class >= 2


@pytest.mark.parametrize("kind", ["pandas", "pyarrow", "duckdb"])
def test_other_frames_come_back_as_they_came(kind: str) -> None:
    given: Any = PEOPLE.to_pandas() if kind == "pandas" else PEOPLE.to_arrow()
    if kind == "duckdb":
        import duckdb

        given = duckdb.connect().from_arrow(given)
    for how in ("global", "local"):
        made = recode(
            given, HIERARCHIES, models=[KAnonymity(2)], recoding=how, aggregated={"pay": "mean"}
        )
        assert type(made.table) is type(given)
        frame = made.table.pl() if kind == "duckdb" else pl.DataFrame(made.table)
        assert frame.columns == PEOPLE.columns
        assert frame["pay"].mean() == pytest.approx(PEOPLE["pay"].mean())


def test_a_class_has_one_value() -> None:
    result = recode(
        PEOPLE, HIERARCHIES, models=[KAnonymity(2)], suppression=0, recoding="local",
        aggregated={"age": "mean", "pay": "interval"},
    )  # fmt: skip
    assert isinstance(result, LocalResult)
    assert result.table["age"][20:].to_list() == [34.0, 35.0, 34.0, 35.0]
    assert result.table["pay"][0] == "[0, 8]"
    assert result.codebook[0].class_value == "mean"
    assert result.codebook[0].labels == ()
    assert "class_value" in result.codebook[0].to_dict()
    assert "class_value" not in result.codebook[1].to_dict()


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"recoding": "partial"}, "global or local"),
        ({"aggregated": {"age": "sum"}}, "mean, median, mode, interval"),
        ({"aggregated": {"sex": "mean"}}, "'sex' holds String values, which have no mean"),
        ({"aggregated": {"shoe": "mean"}}, "no column 'shoe'"),
        ({"aggregated": {"pay": "mean"}, "sensitive": ["pay"]}, "'pay' is sensitive"),
        ({"recoding": "local", "measure": KLDivergence()}, "no meaning for the measure"),
        ({"levels": {"age": (0, 1, 2)}}, "levels of 'age' are one level"),
        ({"levels": {"shoe": 1}}, "'shoe', which is no quasi-identifier"),
        ({"levels": {"age": (3, None)}}, "levels 0 to 2, not 3 to 2"),
        ({"recoding": "local", "models": [KAnonymity(30)]}, "too few for 30-anonymity"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        recode(PEOPLE, HIERARCHIES, **({"models": [KAnonymity(2)]} | more))


def test_a_model_of_one_node_asks_for_global_recoding() -> None:
    model = KMap(2, Population.from_table(PEOPLE, ["age", "sex"]))
    with pytest.raises(BadInput, match="2-map is defined by one generalisation"):
        anonymise_locally(PEOPLE, HIERARCHIES, models=[model])


def test_a_minimum_holds_for_one_node_too() -> None:
    result = recode(PEOPLE, HIERARCHIES, models=[KAnonymity(1)], levels={"age": (1, None)})
    assert result.generalisation == {"age": 1, "sex": 0}


def test_weights_decide_what_is_kept() -> None:
    table = pl.DataFrame({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2]})
    ways: dict[str, Hierarchy] = {"a": suppressible(), "b": suppressible()}
    for dear in ("a", "b"):
        result = anonymise_locally(
            table, ways, models=[KAnonymity(2)], measure=Loss(weights={dear: 9}), suppression=0
        )
        assert result.generalisation[dear] == 0


@pytest.mark.skipif(not ADULT.exists(), reason="the shared yardstick data is not on this machine")
def test_adult_loses_a_ninth_of_what_one_node_loses() -> None:
    table = pl.read_csv(ADULT / "adult.csv.gz", separator=";", infer_schema=False)
    ways: dict[str, Hierarchy] = {
        name: from_csv(ADULT / f"hierarchy_{name}.csv") for name in table.columns
    }
    finer = anonymise_locally(table, ways, models=[KAnonymity(5)], suppression=0)
    assert finer.single_node_loss == pytest.approx(0.6355438467, rel=1e-9)
    assert finer.loss < 0.075
    assert finer.table.group_by(table.columns).len()["len"].min() >= 5
    assert len(finer.table) == 30162


@pytest.mark.skipif(not ADULT.exists(), reason="the shared yardstick data is not on this machine")
def test_adult_with_diversity_stays_diverse() -> None:
    table = pl.read_csv(ADULT / "adult.csv.gz", separator=";", infer_schema=False)
    ways: dict[str, Hierarchy] = {
        name: from_csv(ADULT / f"hierarchy_{name}.csv")
        for name in table.columns
        if name != "occupation"
    }
    result = anonymise_locally(
        table, ways, models=[KAnonymity(5), DistinctLDiversity(3, "occupation")], suppression=0
    )
    counted = result.table.group_by(list(ways)).agg(pl.len(), pl.col("occupation").n_unique())
    assert counted["len"].min() >= 5
    assert counted["occupation"].min() >= 3
    assert result.loss < result.single_node_loss / 2


def test_micro_aggregation_by_example() -> None:
    table = pl.DataFrame({"x": [1.0, 2.0, 3.0, 100.0, 101.0, 105.0], "name": list("abcdef")})
    made = microaggregate(table, ["x"], 3)
    assert made.table["x"].to_list() == [2.0] * 3 + [102.0] * 3
    assert made.table["name"].to_list() == list("abcdef")
    assert (made.groups, made.smallest, made.largest) == (2, 3, 3)
    within, whole = 2 + 14, sum((x - 52) ** 2 for x in table["x"])
    assert made.loss == pytest.approx(within / whole)
    for other in (table.to_pandas(), table.to_arrow()):
        again = microaggregate(other, ["x"], 3).table
        assert type(again) in (pd.DataFrame, pa.Table)
        assert pl.DataFrame(again)["x"].to_list() == made.table["x"].to_list()


@pytest.mark.parametrize(
    ("columns", "k", "complaint"),
    [
        ([], 3, "at least one numeric column"),
        (["x", "x"], 3, "named twice"),
        (["sex"], 3, "'sex' holds String"),
        (["gap"], 3, "'gap' has 1 nulls"),
        (["shoe"], 3, "no column 'shoe'"),
        (["x"], 1, "at least k = 2"),
        (["x"], 5, "4 records, too few for groups of 5"),
    ],
)
def test_micro_aggregation_refuses(columns: list[str], k: int, complaint: str) -> None:
    table = pl.DataFrame({"x": [1, 2, 3, 4], "sex": list("fmfm"), "gap": [1, None, 2, 3]})
    with pytest.raises(BadInput, match=complaint):
        microaggregate(table, columns, k)


def test_extremes_are_coded_at_values_or_percentiles() -> None:
    table = pl.DataFrame({"pay": [0, 10, 20, 30, 40, None, 5000], "age": list(range(7))})
    coded, done = code_extremes(
        table, {"pay": Extremes(bottom=5, top=100), "age": Extremes(top_percentile="80")}
    )
    assert coded["pay"].to_list() == [5, 10, 20, 30, 40, None, 100]
    assert coded["age"].to_list() == [0, 1, 2, 3, 4, 5, 5]
    assert done[0].to_dict() == {
        "column": "pay",
        "bottom": "5",
        "top": "100",
        "below": 1,
        "above": 1,
    }
    assert (done[1].top, done[1].above) == ("5", 1)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (Extremes, "needs a bound"),
        (lambda: Extremes(bottom=2, top=1), "end below top"),
        (lambda: Extremes(top=2, top_percentile=99), "by value or by percentile"),
        (lambda: Extremes(top_percentile=100), "above 0 and below 100"),
        (lambda: code_extremes(PEOPLE, {"sex": Extremes(top=1)}), "'sex' holds String"),
        (lambda: code_extremes(PEOPLE, {"pay": Extremes(top="1.5")}), "must be one too"),
        (lambda: round_numbers(PEOPLE, {"pay": 0}), "above 0"),
        (lambda: round_numbers(PEOPLE, {"pay": "0.5"}), "must be one too"),
        (lambda: round_numbers(PEOPLE, {"sex": 2}), "'sex' holds String"),
        (Sampling, "name one"),
        (lambda: Sampling(share="1.2"), "above 0 and up to 1"),
        (lambda: Sampling(records=0), "at least 1 record"),
        (lambda: Sampling(share="0.5", stratify="sex"), "list of attributes"),
        (lambda: draw_sample(PEOPLE, Sampling(records=25)), "24 records, fewer"),
        (lambda: draw_sample(PEOPLE.clear(), Sampling(share="0.5")), "no records"),
        (lambda: draw_sample(PEOPLE, Sampling(share="0.5", stratify=["shoe"])), "no column 'shoe'"),
        (lambda: top_bottom(), "needs a bound"),
        (lambda: top_bottom(5, 5), "begin below"),
    ],
)
def test_bounds_and_samples_refuse(make: Any, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        make()


def test_two_draws_differ_and_every_record_may_be_drawn() -> None:
    half = Sampling(records=12)
    draws = [tuple(draw_sample(PEOPLE, half)["pay"].to_list()) for _ in range(40)]
    assert len(set(draws)) > 1
    assert {one for draw in draws for one in draw} == set(range(24))


def test_top_and_bottom_coding_as_a_hierarchy() -> None:
    hierarchy = top_bottom(20, 80)
    lines = hierarchy.lines("age", [7, 20, 79, 80, None])
    assert lines == {
        "7": ("< 20", "*"), "20": ("20", "*"), "79": ("79", "*"), "80": (">= 80", "*"), None: (None, "*"),
    }  # fmt: skip
    assert hierarchy.meaning(">= 80", 1).lower == "80"
    assert hierarchy.meaning("< 20", 1).upper == "20"
    assert hierarchy_from_dict(hierarchy.to_dict()) == hierarchy
