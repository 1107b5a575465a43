"""The optima that ARX finds on real tables, found again."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SHARED

from casemate.protection import (
    Discernibility,
    DistinctLDiversity,
    KAnonymity,
    Loss,
    Measure,
    NonUniformEntropy,
    PrivacyModel,
    TCloseness,
    anonymise,
    from_csv,
)

FOLDER = SHARED / "data" / "anonymisation"
MEASURES: dict[str, Measure] = {
    "loss": Loss(),
    "discern": Discernibility(),
    "entropy": NonUniformEntropy(),
}


def cases() -> list[Any]:
    if not (FOLDER / "expected.json").exists():
        return []
    document = json.loads((FOLDER / "expected.json").read_text())
    return [
        pytest.param(
            name, case, id=f"{name} {case['models']} {case['suppression_limit']} {case['metric']}"
        )
        for name in ("adult", "military")
        for case in document["datasets"][name]["cases"]
    ]


def models_of(name: str, case: dict[str, Any]) -> list[PrivacyModel]:
    """The models of a case, written "k=5;t=0.2"."""
    found: list[PrivacyModel] = []
    for part in case["models"].split(";"):
        kind, value = part.split("=")
        sensitive = case["sensitive"]
        if kind == "k":
            found.append(KAnonymity(int(value)))
        elif kind == "l":
            found.append(DistinctLDiversity(int(value), sensitive))
        elif kind == "te":
            found.append(TCloseness(value, sensitive))
        else:
            tree = from_csv(FOLDER / name / f"hierarchy_{sensitive}.csv")
            found.append(TCloseness(value, sensitive, "hierarchical", tree))
    return found


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return {}


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared yardstick data is not on this machine")
@pytest.mark.parametrize(("name", "case"), cases())
def test_the_same_optimum_as_arx(
    name: str, case: dict[str, Any], tables: dict[str, pl.DataFrame]
) -> None:
    if name not in tables:
        tables[name] = pl.read_csv(
            FOLDER / name / f"{name}.csv.gz", separator=";", infer_schema=False
        )
    result = anonymise(
        tables[name],
        {column: from_csv(FOLDER / name / f"hierarchy_{column}.csv") for column in case["optimum"]},
        models=models_of(name, case),
        suppression=case["suppression_limit"],
        measure=MEASURES[case["metric"]],
    )
    assert result.generalisation == case["optimum"]
    # one score is given to ten decimals only
    assert result.score == pytest.approx(case["score"], rel=1e-9, abs=5e-11)
    assert result.lattice == case["lattice_nodes"]
    if "recomputed" in case:
        assert result.suppressed == case["suppressed_rows"]
        assert result.loss == pytest.approx(case["recomputed"]["loss"], abs=1e-10)
        assert result.discernibility == case["recomputed"]["discernibility"]


def test_a_published_shape_of_table_by_hand(tmp_path: Path) -> None:
    """Six people, two columns: small enough to find the optimum and its loss by hand."""
    (tmp_path / "age.csv").write_text("34;30-39;*\n36;30-39;*\n47;40-49;*\n48;40-49;*\n")
    (tmp_path / "zip.csv").write_text(
        "81667;816**;*\n81675;816**;*\n81925;819**;*\n81931;819**;*\n"
    )
    table = pl.DataFrame(
        {
            "age": ["34", "36", "34", "47", "48", "47"],
            "zip": ["81667", "81675", "81667", "81925", "81931", "81925"],
        }
    )
    result = anonymise(
        table,
        {"age": from_csv(tmp_path / "age.csv"), "zip": from_csv(tmp_path / "zip.csv")},
        models=[KAnonymity(3)],
        suppression=0,
    )
    assert result.generalisation == {"age": 1, "zip": 1}
    # each column: A = 6 x 1/2, N/D = 6/4, so (3 - 1.5) / (6 - 1.5) = 1/3
    assert result.loss == pytest.approx(1 / 3)
    assert result.table.rows() == [("30-39", "816**")] * 3 + [("40-49", "819**")] * 3
