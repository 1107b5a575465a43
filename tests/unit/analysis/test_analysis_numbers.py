"""What the analyses give is what pandas and statsmodels give."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from casemate.analysis import (
    Answer,
    BadRecipe,
    People,
    column,
    crosstab,
    read,
    recipe_from_json,
)
from casemate.analysis.face import SUFFIX


def made_up(count: int = 600) -> pd.DataFrame:
    """People of whom nobody exists, with missing values and labels of bands among them."""
    dice = np.random.default_rng(7)
    age = dice.integers(20, 80, count)
    treated = (dice.random(count) < 1 / (1 + np.exp(-(age - 50) / 15))).astype(int)
    frame = pd.DataFrame(
        {
            "age": age,
            "band": [f"[{one // 10 * 10}, {one // 10 * 10 + 10})" for one in age],
            "sex": dice.choice(["f", "m"], count),
            "treated": treated,
            "weight": 50 + 0.2 * age + 3 * treated + dice.normal(0, 4, count),
            "visits": dice.poisson(2, count),
            "days": dice.integers(1, 100, count),
            "died": dice.random(count) < 0.4,
        }
    )
    frame.loc[::37, "weight"] = None
    return frame


@pytest.fixture
def people(tmp_path: Path) -> People:
    made_up().to_parquet(tmp_path / "people.parquet")
    return read("people", folder=tmp_path, out=tmp_path)


def written(people: People, name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO((people.out / name).read_bytes()))


def figures(answer: Answer) -> np.ndarray:
    return np.array([row[answer.keys :] for row in answer.rows], dtype=float)


def test_a_table_is_what_pandas_gives(people: People) -> None:
    answer = people.table(
        "t.csv",
        ["sex", "band"],
        n="count",
        valid=("valid", "weight"),
        total=("sum", "weight"),
        mean=("mean", "weight"),
        spread=("std", "weight"),
        middle=("median", "weight"),
        high=("quantile", "weight", 0.9),
        died=("share", "died"),
    )
    grouped = made_up().groupby(["sex", "band"])
    weight = grouped["weight"]
    expected = np.column_stack(
        [
            grouped.size(), weight.count(), weight.sum(), weight.mean(), weight.std(),
            weight.median(), weight.quantile(0.9), grouped["died"].mean(),
        ]
    )  # fmt: skip
    assert np.allclose(figures(answer), expected)
    assert written(people, "t.csv")["n"].tolist() == grouped.size().tolist()
    recipe = recipe_from_json((people.out / f"t.csv{SUFFIX}").read_bytes())
    assert (recipe.file, recipe.input) == ("t.csv", "people")
    assert recipe.variables == {"sex", "band", "weight", "died"}


def test_behind_each_line_are_the_people_of_its_group(people: People) -> None:
    answer = people.where(column("age") >= 40).table("t.csv", ["sex"], margins=True, n="count")
    frame = made_up()
    for row, members in zip(answer.rows, answer.people, strict=True):
        behind = frame.iloc[members]
        assert len(behind) == row[1]
        assert (behind["age"] >= 40).all()
        assert row[0] == "All" or set(behind["sex"]) == {row[0]}


def test_a_crosstab_is_what_pandas_gives(people: People) -> None:
    people.crosstab("c.csv", "band", "sex", margins=True)
    frame = made_up()
    expected = pd.crosstab(frame["band"], frame["sex"], margins=True)
    found = written(people, "c.csv").set_index("band")
    assert found.columns.tolist() == ["f", "m", "All"]
    assert (found.to_numpy() == expected.to_numpy()).all()


def test_a_histogram_is_what_numpy_gives(people: People) -> None:
    breaks = [40, 50, 60, 62.5, 80]
    answer = people.histogram("h.csv", "weight", breaks, by="sex")
    frame = made_up().dropna(subset=["weight"])
    expected = [
        count
        for sex in "fm"
        for count in np.histogram(frame[frame["sex"] == sex]["weight"], breaks)[0]
    ]
    assert figures(answer)[:, 0].tolist() == expected
    assert answer.rows[3][1] == "[62.5, 80]"
    assert [len(one) for one in answer.people] == expected


def test_quantiles_are_what_pandas_gives(people: People) -> None:
    answer = people.quantiles("q.csv", "weight", [0.1, 0.5], by=["sex"])
    expected = made_up().groupby("sex")["weight"].quantile(np.array([0.1, 0.5]))
    assert np.allclose(figures(answer)[:, 1], expected.to_numpy())


def test_survival_is_what_statsmodels_gives(people: People) -> None:
    times = [5.0, 20.0, 50.0, 99.5]
    answer = people.survival("s.csv", "days", "died", times)
    frame = made_up()
    curve = sm.SurvfuncRight(frame["days"], frame["died"].astype(int))
    for time, (_, at_risk, events, survival) in zip(times, answer.rows, strict=True):
        reached = curve.surv_times <= time
        assert np.isclose(float(survival or 0), curve.surv_prob[reached][-1])
        assert at_risk == (frame["days"] >= time).sum()
        before = max([0, *(one for one in times if one < time)])
        within = (frame["days"] > before) & (frame["days"] <= time)
        assert events == (within & frame["died"]).sum()


@pytest.mark.parametrize("family", ["ols", "logit", "poisson"])
def test_a_regression_is_what_statsmodels_gives(people: People, family: str) -> None:
    response = {"ols": "weight", "logit": "treated", "poisson": "visits"}[family]
    answer = people.regression("r.json", f"{response} ~ age^2 + C(sex) * age", family=family)
    formula = f"{response} ~ I(age**2) + C(sex) + age + C(sex):age"
    model = {"ols": smf.ols, "logit": smf.logit, "poisson": smf.poisson}[family]
    options = {} if family == "ols" else {"disp": 0, "maxiter": 100}
    expected = model(formula, made_up().dropna(subset=[response])).fit(**options)
    order = ["Intercept", "I(age ** 2)", "C(sex)[T.m]", "age", "C(sex)[T.m]:age"]
    assert [row[0] for row in answer.rows] == ["intercept", "age^2", "sex[m]", "age", "sex[m]:age"]
    assert np.allclose(figures(answer)[:, 0], expected.params[order], rtol=1e-4)
    assert np.allclose(figures(answer)[:, 1], expected.bse[order], rtol=1e-3)
    assert np.allclose(figures(answer)[:, 2:], expected.conf_int().loc[order], rtol=1e-3)
    document = json.loads((people.out / "r.json").read_text())
    assert document["n"] == int(expected.nobs)
    assert document["residual_dof"] == int(expected.df_resid)


def test_weights_and_robust_errors_are_those_of_statsmodels(people: People) -> None:
    answer = people.regression("r.json", "weight ~ age", weights="days", robust=True)
    frame = made_up().dropna()
    expected = smf.wls("weight ~ age", frame, weights=frame["days"]).fit(cov_type="HC1")
    assert np.allclose(figures(answer)[:, 0], expected.params)
    assert np.allclose(figures(answer)[:, 1], expected.bse)


def test_a_cox_regression_is_what_statsmodels_gives(people: People) -> None:
    answer = people.regression("c.json", "days ~ age + C(sex)", family="cox", event="died")
    frame = made_up()
    design = np.column_stack([frame["age"], frame["sex"] == "m"]).astype(float)
    expected = sm.PHReg(frame["days"], design, status=frame["died"].astype(int)).fit()
    assert np.allclose(figures(answer)[:, 0], expected.params)
    assert np.allclose(figures(answer)[:, 1], expected.bse)


@pytest.mark.parametrize("stabilised", [True, False])
def test_a_weighted_effect_is_that_of_the_textbook(people: People, stabilised: bool) -> None:
    """Against the estimating equations that Hernán & Robins use, one cluster a person."""
    answer = people.derive(middle=column("band").midpoint(whole=True)).weighted_effect(
        "e.json", "weight", "treated", "middle + C(sex)", stabilised=stabilised
    )
    frame = made_up().dropna().reset_index(drop=True)
    frame["middle"] = frame["age"] // 10 * 10 + 4.5
    chance = smf.logit("treated ~ middle + C(sex)", frame).fit(disp=0).predict()
    share = frame["treated"].mean()
    weights = np.where(frame["treated"] == 1, share / chance, (1 - share) / (1 - chance))
    expected = sm.GEE(
        frame["weight"],
        sm.add_constant(frame["treated"]),
        groups=np.arange(len(frame)),
        weights=weights,
    ).fit()
    low, high = expected.conf_int().loc["treated"]
    figure = [expected.params["treated"], expected.bse["treated"], low, high]
    assert np.allclose(figures(answer)[0], figure, rtol=1e-5)
    assert dict(answer.notes)["n"] == len(frame)


def test_a_filter_keeps_those_for_whom_it_is_true_and_not_missing(people: People) -> None:
    heavy = people.where(~(column("weight") < 60))
    frame = made_up()
    (row,) = heavy.table("t.csv", [], n="count").rows
    assert row[0] == (frame["weight"] >= 60).sum()


def test_dates_are_text_in_iso_form(tmp_path: Path) -> None:
    frame = pl.DataFrame({"day": ["2020-01-31", "2021-05-01", None]}).with_columns(
        pl.col("day").str.to_date()
    )
    people = People("p", frame, tmp_path).where(column("day") >= "2021-01-01")
    assert people.table("t.csv", ["day"], n="count").rows == (("2021-05-01", 1),)


def test_a_mistake_is_told_where_it_is_made(people: People) -> None:
    mistakes: dict[str, Callable[[], object]] = {
        "no column 'heigth'": lambda: people.table("t.csv", ["heigth"], n="count"),
        "not a number": lambda: people.table("t.csv", ["band"], x=("mean", "sex")),
        "compared with": lambda: people.where(column("sex") == 1).table("t.csv", [], n="count"),
        "no order": lambda: people.where(column("died") > True).table("t.csv", [], n="count"),
        "text values": lambda: people.where(column("sex").among(["f", 1])).table(
            "t.csv", [], n="count"
        ),
        "must increase": lambda: people.histogram("h.csv", "age", [1, 0]),
        "written 'response": lambda: people.regression("r.json", "weight"),
        "file": lambda: people.table("../t.csv", [], n="count"),
        "svg": lambda: people.figure("f.csv", crosstab("sex", "band"), "bar"),
    }
    for text, make in mistakes.items():
        with pytest.raises(BadRecipe, match=text):
            make()
    with pytest.raises(TypeError, match="use &"):
        bool(column("age") > 3)


def test_terms_that_cannot_be_told_apart_are_refused(people: People) -> None:
    twice = people.derive(double=column("age") * 2)
    with pytest.raises(BadRecipe, match="collinear"):
        twice.regression("r.json", "weight ~ age + double")
    with pytest.raises(BadRecipe, match="as many parameters"):
        people.where(column("age") == 33).regression("r.json", "weight ~ C(days) + C(visits)")
