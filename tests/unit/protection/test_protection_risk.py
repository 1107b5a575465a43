"""Risk: the figures by hand, and by another library."""

from typing import Any

import polars as pl
import pytest
from pycanon import anonymity

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection import reidentification_risk, without_floats

TABLE = pl.DataFrame({"a": ["x"] * 6 + ["y"] * 3 + [None], "b": [1] * 10})


def test_the_figures_follow_from_the_class_sizes() -> None:
    risk = reidentification_risk(TABLE, ["a", "b"])
    assert risk.class_sizes == ((1, 1), (3, 1), (6, 1))
    assert (risk.records, risk.classes, risk.smallest_class, risk.largest_class) == (10, 3, 1, 6)
    assert risk.uniques == 1
    assert risk.average_class == pytest.approx(10 / 3)
    assert risk.prosecutor_highest == risk.journalist_highest == 1
    assert risk.prosecutor_average == risk.marketer == pytest.approx(0.3)
    assert risk.at_risk == pytest.approx(0.4)  # classes of 1 and 3 are below 5
    assert reidentification_risk(TABLE, ["a"], threshold=3).at_risk == pytest.approx(0.1)


def test_the_average_is_the_mean_over_records() -> None:
    risk = reidentification_risk(TABLE, ["a"])
    by_record = [1 / 6] * 6 + [1 / 3] * 3 + [1]
    assert risk.prosecutor_average == pytest.approx(sum(by_record) / 10)


@pytest.mark.parametrize("convert", [lambda t: t, lambda t: t.to_pandas(), lambda t: t.to_arrow()])
def test_every_kind_of_table_gives_the_same(convert: Any) -> None:
    assert reidentification_risk(convert(TABLE), ["a", "b"]) == reidentification_risk(
        TABLE, ["a", "b"]
    )


def test_another_library_agrees_on_the_smallest_class() -> None:
    table = TABLE.drop_nulls()
    expected = anonymity.k_anonymity(table.to_pandas(), ["a", "b"])
    assert reidentification_risk(table, ["a", "b"]).smallest_class == expected == 3


def test_without_quasi_identifiers_all_are_alike() -> None:
    assert reidentification_risk(TABLE, []).class_sizes == ((10, 1),)


def test_the_document_fits_the_ledger_without_floats() -> None:
    document = without_floats(reidentification_risk(TABLE, ["a"]).to_dict())
    assert document["marketer"] == "0.3"
    assert document["class_sizes"] == [[1, 1], [3, 1], [6, 1]]
    assert canonical_json(document)


@pytest.mark.parametrize(
    ("table", "names", "threshold", "complaint"),
    [
        (TABLE.clear(), ["a"], 5, "no records"),
        (TABLE, ["c"], 5, "no column 'c'"),
        (TABLE, ["a"], 0, "at least 1"),
        (pl.DataFrame({"a": [float("nan")]}), ["a"], 5, "NaN"),
        ("a,b", ["a"], 5, "a str cannot be protected"),
    ],
)
def test_bad_input_is_refused(table: Any, names: list[str], threshold: int, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        reidentification_risk(table, names, threshold=threshold)
