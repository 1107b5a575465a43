"""Weights: what a quasi-identifier counts for in the measure, in documents and against the definition."""

from fractions import Fraction
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import (
    Discernibility,
    Hierarchy,
    KAnonymity,
    Loss,
    Measure,
    NonUniformEntropy,
    Precision,
    anonymise,
    intervals,
    suppressible,
)
from casemate.protection.measures import measure_from_dict, measure_from_name

PEOPLE = pl.DataFrame(
    {"age": [31, 31, 32, 32, 45, 45, 46, 46], "sex": ["f", "m", "f", "m", "f", "m", "f", "m"]}
)
HIERARCHIES: dict[str, Hierarchy] = {"age": intervals(10, top=60), "sex": suppressible()}


DOMAIN: dict[str, Hierarchy] = {"age": intervals(10, domain=(0, 60)), "sex": suppressible()}


def levels(measure: Measure) -> dict[str, int]:
    found = anonymise(PEOPLE, HIERARCHIES, models=[KAnonymity(2)], suppression=0, measure=measure)
    return found.generalisation


def test_what_weighs_more_is_kept_finer() -> None:
    assert levels(Loss(weights={"sex": 10})) == {"age": 1, "sex": 0}
    assert levels(Loss(weights={"age": 10})) == {"age": 0, "sex": 1}


def test_a_weight_of_nothing_leaves_a_quasi_identifier_out_of_the_score() -> None:
    found = anonymise(
        PEOPLE,
        HIERARCHIES,
        models=[KAnonymity(2)],
        suppression=0,
        measure=Loss(weights={"age": 0}),
        levels={"age": 2, "sex": 0},
    )
    assert found.score == 0
    assert found.attribute_losses["age"] == 1


@pytest.mark.parametrize("measure", [Loss, Precision, NonUniformEntropy])
def test_weights_travel_exactly(measure: Any) -> None:
    weighted = measure(weights={"age": "0.1", "sex": 2})
    document = weighted.to_dict()
    assert document["weights"] == {"age": "0.1", "sex": "2"}
    assert measure_from_dict(document) == weighted
    assert measure_from_dict(weighted.name) == measure() == measure_from_name(weighted.name)
    assert measure().to_dict() == {"measure": weighted.name}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"measure": "loss", "weights": {"age": "-1"}}, "at least 0"),
        ({"measure": "loss", "weights": {"age": 0.5}}, "as text"),
        ({"measure": "loss", "weights": {"age": "much"}}, "not a number"),
        ({"measure": "loss", "weights": {"age": None}}, "must be a number"),
        ({"measure": "loss", "weights": ["age"]}, "by the names"),
        ({"measure": "loss", "wieghts": {}}, "no part 'wieghts'"),
        ({"measure": "discernibility", "weights": {"age": "2"}}, "no weights by attribute"),
        ({"measure": "lots"}, "choose one of"),
        (7, "a measure is a name"),
    ],
)
def test_a_wrong_document_is_refused(document: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        measure_from_dict(document)


def test_weights_that_name_nobody_or_nothing_are_refused() -> None:
    with pytest.raises(BadInput, match="'town', which is no quasi-identifier"):
        levels(Loss(weights={"town": 1}))
    with pytest.raises(BadInput, match="every quasi-identifier weighs 0"):
        levels(Loss(weights={"age": 0, "sex": 0}))
    assert Discernibility().to_dict() == {"measure": "discernibility"}


def precision_by_hand(
    node: dict[str, int], lost: Fraction, weights: dict[str, Fraction]
) -> Fraction:
    """The weighted mean of level over highest, where a share ``lost`` of the records pays 1."""
    heights = {"age": 2, "sex": 1}
    parts = {name: (1 - lost) * Fraction(node[name], heights[name]) + lost for name in heights}
    return sum((weights[name] * parts[name] for name in parts), Fraction(0)) / sum(weights.values())


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 59), st.sampled_from("fm")), min_size=2, max_size=25),
    age=st.sampled_from(["0", "0.5", "1", "3"]),
    sex=st.sampled_from(["0.25", "1", "2"]),
    limit=st.sampled_from(["0", "0.2", "0.5"]),
)
def test_the_best_by_weights_is_that_of_every_node_tried(
    rows: list[tuple[int, str]], age: str, sex: str, limit: str
) -> None:
    weights = {"age": Fraction(age), "sex": Fraction(sex)}
    best: Fraction | None = None
    for at, up in product(range(3), range(2)):
        labels = [
            (("*" if at == 2 else (n if at == 0 else n // 10)), s * (1 - up)) for n, s in rows
        ]
        lost = Fraction(sum(labels.count(one) < 2 for one in labels), len(rows))
        if lost <= Fraction(limit):
            score = precision_by_hand({"age": at, "sex": up}, lost, weights)
            best = score if best is None else min(best, score)
    assert best is not None
    found = anonymise(
        pl.DataFrame(rows, schema=["age", "sex"], orient="row"),
        DOMAIN,
        models=[KAnonymity(2)],
        suppression=limit,
        measure=Precision(weights={"age": age, "sex": sex}),
    )
    assert found.score == pytest.approx(float(best), rel=1e-9, abs=1e-12)
