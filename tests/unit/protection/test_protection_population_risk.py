"""Risk against a population table, by record, by threshold, and estimated from a sample."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import SHARED

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection import reidentification_risk, without_floats
from casemate.protection.risk import at_thresholds, population_risk, with_record_risk
from casemate.protection.risk_population import population_uniques, uniques_of_sizes

FILE = pl.DataFrame({"a": [1, 1, 2, None], "b": ["x", "x", "y", None]})
PEOPLE = pl.DataFrame({"a": [1, 1, 1, 2, None, None, 7], "b": [*"xxxy", None, None, "q"]})


def test_the_figures_count_the_classes_of_the_population() -> None:
    risk = population_risk(FILE, PEOPLE, ["a", "b"], thresholds=(3, 2))
    assert (risk.records, risk.population, risk.k_map, risk.population_uniques) == (4, 7, 1, 1)
    assert risk.journalist_highest == 1
    by_record = [1 / 3, 1 / 3, 1, 1 / 2]
    assert risk.journalist_average == risk.marketer == pytest.approx(sum(by_record) / 4)
    assert [(one.threshold, one.records, one.share) for one in risk.thresholds] == [
        (2, 1, 0.25),
        (3, 2, 0.5),
    ]
    assert canonical_json(without_floats(risk.to_dict()))


def test_a_file_is_its_own_population() -> None:
    own, alone = population_risk(FILE, FILE, ["a"]), reidentification_risk(FILE, ["a"])
    assert own.journalist_highest == alone.prosecutor_highest
    assert own.journalist_average == alone.prosecutor_average
    assert own.k_map == alone.smallest_class


@pytest.mark.parametrize("convert", [lambda t: t, lambda t: t.to_pandas(), lambda t: t.to_arrow()])
def test_each_record_gets_its_risk_in_its_own_kind_of_table(convert: Any) -> None:
    table, people = FILE.select("b"), PEOPLE.select("b")
    given = convert(table)
    found = with_record_risk(given, ["b"], population=convert(people))
    assert type(found) is type(given)
    columns = found.to_pydict() if hasattr(found, "to_pydict") else found
    assert list(columns["prosecutor_risk"]) == [0.5, 0.5, 1, 1]
    assert list(columns["journalist_risk"]) == pytest.approx([1 / 3, 1 / 3, 1, 1 / 2])


def test_without_a_population_only_the_prosecutor_is_measured() -> None:
    assert with_record_risk(FILE, ["a"]).columns == ["a", "b", "prosecutor_risk"]
    assert with_record_risk(FILE, [])["prosecutor_risk"].to_list() == [0.25] * 4


def test_a_population_that_lacks_people_is_refused_or_said_to_be_incomplete() -> None:
    people = PEOPLE.filter(pl.col("a") != 2)
    with pytest.raises(BadInput, match="classes of 2 records"):
        population_risk(FILE, people, ["a", "b"])  # the filter drops null as well
    risk = population_risk(FILE, people, ["a", "b"], incomplete=True)
    assert (risk.absent, risk.k_map, risk.population_uniques) == (2, 1, 2)


def test_whole_numbers_of_two_widths_are_the_same_value() -> None:
    narrow = PEOPLE.with_columns(pl.col("a").cast(pl.UInt8))
    assert population_risk(FILE, narrow, ["a", "b"]) == population_risk(FILE, PEOPLE, ["a", "b"])
    nothing = FILE.with_columns(a=pl.lit(None))
    risk = with_record_risk(nothing, ["a"], population=PEOPLE)
    assert risk["journalist_risk"].to_list() == [0.25] * 4


def test_thresholds_count_records_in_smaller_classes() -> None:
    sizes = reidentification_risk(FILE, ["a"]).class_sizes
    assert [(one.threshold, one.records, one.share) for one in at_thresholds(sizes, (3, 1, 2))] == [
        (1, 0, 0),
        (2, 2, 0.5),
        (3, 4, 1),
    ]


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: population_risk(FILE.clear(), PEOPLE, ["a"]), "no records"),
        (lambda: population_risk(FILE, PEOPLE.drop("b"), ["a", "b"]), "population table has no"),
        (lambda: population_risk(FILE, PEOPLE, ["nope"]), "no column 'nope'"),
        (
            lambda: population_risk(FILE, PEOPLE.cast({"a": pl.String}), ["a"]),
            "Int64 in the table and String in the population",
        ),
        (lambda: population_risk(FILE, PEOPLE.clear(), ["a"]), "fewer people"),
        (lambda: population_risk(FILE, PEOPLE, ["a"], thresholds=(0,)), "at least 1"),
        (
            lambda: with_record_risk(pl.DataFrame({"a": [float("nan")]}), ["a"]),
            "NaN or infinity",
        ),
        (lambda: with_record_risk(FILE.rename({"a": "prosecutor_risk"}), ["b"]), "already"),
        (lambda: with_record_risk(FILE.clear(), ["a"]), "no records"),
        (lambda: at_thresholds([]), "no class"),
    ],
)
def test_bad_input_of_the_measures(call: Any, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        call()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "either the sampling fraction or the size"),
        ({"sampling_fraction": 0.1, "population": 100}, "either the sampling fraction or the size"),
        ({"sampling_fraction": 0.0}, "above 0"),
        ({"sampling_fraction": float("nan")}, "above 0"),
        ({"sampling_fraction": 1.01}, "above 0"),
        ({"population": 3}, "cannot hold"),
        ({"population": 40, "model": "poisson"}, "no population model 'poisson'"),
        ({"population": 40, "model": "snb"}, "snb model has no solution"),
    ],
)
def test_bad_input_of_the_population_models(arguments: dict[str, Any], complaint: str) -> None:
    table = pl.DataFrame({"a": [1, 2, 3, 4]})  # all unique: no pair for SNB to start from
    with pytest.raises(BadInput, match=complaint):
        population_uniques(table, ["a"], **arguments)
    with pytest.raises(BadInput, match="no records"):
        population_uniques(table.clear(), ["a"], population=40)
    for sizes in ([], [(0, 1)], [(1, 0)], [(1, 2), (1, 3)]):
        with pytest.raises(BadInput):
            uniques_of_sizes(sizes, population=40)


def test_nothing_is_estimated_where_the_answer_is_known() -> None:
    table = pl.DataFrame({"a": [1, 2, 2]})
    whole = population_uniques(table, ["a"], sampling_fraction=1)
    assert (whole.used, whole.uniques, whole.sample_share) == (None, 1.0, 1.0)
    pairs = population_uniques(pl.DataFrame({"a": [2, 2]}), ["a"], population=50)
    assert (pairs.used, pairs.uniques, pairs.sample_share) == (None, 0.0, 0.0)
    assert canonical_json(without_floats(whole.to_dict()))


def test_a_sample_of_uniques_alone_falls_back_on_zayatz() -> None:
    found = population_uniques(pl.DataFrame({"a": [1, 2, 3]}), ["a"], population=300)
    assert (found.used, found.uniques) == ("zayatz", 300)


@pytest.mark.parametrize(
    ("model", "people"),
    [
        ("snb", 400_000),
        *[
            (model, people)
            for model in ("pitman", "zayatz", "dankar")
            for people in (400_000, 10**10)
        ],
    ],
)
def test_huge_classes_overflow_nothing(model: str, people: int) -> None:
    found = uniques_of_sizes([(1, 10), (2, 5), (100_000, 3)], population=people, model=model)
    assert 0 < found.uniques < 0.001 * people


def made_population(theta: float, alpha: float, people: int, seed: int) -> np.ndarray:
    """Class of each person, drawn by the restaurant process of Pitman's model."""
    random = np.random.default_rng(seed)
    sizes: list[int] = []
    persons = np.empty(people, dtype=np.int64)
    for person in range(people):
        if random.random() * (theta + person) < theta + len(sizes) * alpha:
            sizes.append(0)
            chosen = len(sizes) - 1
        else:  # an earlier person's class, in proportion to its size less alpha
            while True:
                chosen = persons[random.integers(person)]
                if random.random() * sizes[chosen] < sizes[chosen] - alpha:
                    break
        sizes[chosen] += 1
        persons[person] = chosen
    return persons


@pytest.mark.parametrize("fraction", [0.02, 0.05, 0.1])
def test_pitman_recovers_the_uniques_of_a_population_of_its_own(fraction: float) -> None:
    people = pl.DataFrame({"class": made_population(400, 0.6, 40_000, seed=5)})
    truth = reidentification_risk(people, ["class"]).uniques
    sample = people.sample(fraction=fraction, seed=11)
    found = population_uniques(sample, ["class"], population=people.height)
    assert found.used == "pitman"
    assert found.uniques == pytest.approx(truth, rel=0.25)  # seen: 2 to 13 %


@pytest.mark.parametrize("fraction", [0.2, 0.5])
def test_dankar_recovers_uniques_of_slid_negative_binomial_classes(fraction: float) -> None:
    sizes = 1 + np.random.default_rng(3).negative_binomial(0.7, 0.15, 12_000)
    people = pl.DataFrame({"class": np.repeat(np.arange(len(sizes)), sizes)})
    truth = int((sizes == 1).sum())
    sample = people.sample(fraction=fraction, seed=2)
    found = population_uniques(sample, ["class"], population=people.height)
    assert found.uniques == pytest.approx(truth, rel=0.35)


@pytest.mark.parametrize(
    ("fraction", "error"), [(0.01, 0.25), (0.05, 0.07), (0.1, 0.05), (0.2, 0.02), (0.5, 0.01)]
)
def test_the_error_on_a_realistic_population(fraction: float, error: float) -> None:
    path = SHARED / "data/anonymisation/synpop_dev/synpop_dev.csv.gz"
    if not path.exists():
        pytest.skip("the shared synthetic population is not here")
    people = pl.read_csv(path, separator=";")
    names = ["birth_year", "sex", "commune", "nationality"]
    truth = reidentification_risk(people, names).uniques / people.height
    sample = people.sample(fraction=fraction, seed=7)
    found = population_uniques(sample, names, population=people.height)
    assert abs(found.share - truth) < error
