"""The demo's plan on NHEFS: 5-anonymous, under 2 % suppressed, and the published effect stands.

The analysis is program 12.4 of Hernan and Robins, Causal Inference: What If (inverse-probability
weights of quitting smoking, 1971 to 1982): 3.4 kg, 95 % CI 2.4 to 4.5, on the raw data.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from causaldata import nhefs
from pycanon import anonymity

from casemate.protection import Plan, Protected, apply_plan

VARIABLES = [
    *("seqn", "age", "sex", "race", "education", "qsmk", "wt82_71", "wt71"),
    *("smokeintensity", "smokeyrs", "exercise", "active"),
]


DEMO_PLAN: dict[str, Any] = {
    "version": 1,
    "pseudonymise": ["seqn"],
    "quasi_identifiers": {
        # the survey took people of 25 to 74: an anchor of 5 cuts that into whole decades
        "age": {"kind": "intervals", "widths": [5, 10, 20], "anchor": 5},
        "sex": {"kind": "suppressible"},
        "race": {"kind": "suppressible"},
        "education": {
            "kind": "groups",
            "levels": [
                {
                    "less than high school": ["1", "2"],
                    "high school": ["3"],
                    "some college or more": ["4", "5"],
                }
            ],
            "names": {
                "1": "8th grade or less",
                "2": "high school dropout",
                "3": "high school",
                "4": "college dropout",
                "5": "college or more",
            },
        },
    },
    "models": [{"model": "k-anonymity", "k": 5}],
    "suppression": "0.02",
    "measure": "loss",
    "levels": {},
    "sensitive": [],
    "drop": [],
}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    raw: pd.DataFrame = nhefs.load_pandas().data[VARIABLES]
    columns = {name: pd.to_numeric(raw[name].astype(str), errors="coerce") for name in VARIABLES}
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def protected(people: pd.DataFrame) -> Protected:
    return apply_plan(
        people, Plan.from_dict(DEMO_PLAN), VARIABLES, b"a permit's key of 32 bytes, here"
    )


def effect(table: pd.DataFrame) -> tuple[float, float, float]:
    """The effect of quitting on weight, in kg, with its 95 % interval."""
    complete = table.dropna(subset=["wt82_71"]).astype({"qsmk": float})
    formula = (
        "qsmk ~ C(sex) + C(race) + age + I(age**2) + C(education) + smokeintensity"
        " + I(smokeintensity**2) + smokeyrs + I(smokeyrs**2) + C(exercise) + C(active)"
        " + wt71 + I(wt71**2)"
    )
    chance = smf.logit(formula, complete).fit(disp=0).predict(complete)
    quit_smoking = complete["qsmk"]
    weights = np.where(quit_smoking == 1, 1 / chance, 1 / (1 - chance))
    model = sm.GEE(
        complete["wt82_71"],
        sm.add_constant(quit_smoking),
        groups=np.arange(len(complete)),
        weights=weights,
    ).fit()
    low, high = model.conf_int().iloc[1]
    return float(model.params.iloc[1]), float(low), float(high)


def test_the_optimum_is_ten_year_bands_and_three_education_levels(protected: Protected) -> None:
    report = protected.report
    assert report.generalisation == {"age": 2, "sex": 0, "race": 0, "education": 1}
    assert (report.records_in, report.suppressed) == (1629, 16)
    assert report.risk_before.prosecutor_highest == 1
    assert report.risk_after.prosecutor_highest == 0.2
    names = list(report.generalisation)
    assert anonymity.k_anonymity(protected.frame, names) == 5
    education = next(entry for entry in report.codebook if entry.variable == "education")
    assert [(record.label, record.meaning.text) for record in education.labels] == [
        ("high school", "high school"),
        ("less than high school", "8th grade or less; high school dropout"),
        ("some college or more", "college dropout; college or more"),
    ]


def test_the_published_effect_stands_on_the_protected_data(
    people: pd.DataFrame, protected: Protected
) -> None:
    raw, raw_low, raw_high = effect(people)
    assert (round(raw, 2), round(raw_low, 2), round(raw_high, 2)) == (3.44, 2.41, 4.47)
    age = next(entry for entry in protected.report.codebook if entry.variable == "age")
    banded = protected.frame.assign(age=protected.frame["age"].map(age.midpoints()))
    estimate, low, high = effect(banded)
    assert abs(estimate - raw) < 0.2
    assert low < 3.4 < high
