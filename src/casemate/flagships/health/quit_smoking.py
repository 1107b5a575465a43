"""Does quitting smoking change weight? Inverse-probability weighting on NHEFS.

The method of Hernán & Robins, *Causal Inference: What If*, chapter 12: a logistic model of quitting
on nine confounders gives stabilised weights; a weighted regression with a robust (sandwich) variance
gives the mean difference in weight change, in kilograms, between quitting and going on smoking.

Runs alone (``main`` reads ``/in`` and writes ``/out``) as the researcher's own script in the enclave.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf

CONFOUNDERS = (
    "C(sex) + C(race) + age + I(age**2) + C(education)"
    " + smokeintensity + I(smokeintensity**2) + smokeyrs + I(smokeyrs**2)"
    " + C(exercise) + C(active) + wt71 + I(wt71**2)"
)
VARIABLES = (
    "qsmk", "wt82_71", "sex", "race", "age", "education", "smokeintensity", "smokeyrs",
    "exercise", "active", "wt71",
)  # fmt: skip


def band_midpoint(value: object) -> float:
    """``[40, 50)`` -> 45.0 less half a year's rounding is not claimed; a plain number stays itself."""
    text = str(value)
    if not text.startswith("["):
        return float(text)
    low, high = text.strip("[]()").split(",")
    return (float(low) + float(high) - 1) / 2  # ages are whole years: [40, 50) is 40 to 49


def effect(people: pd.DataFrame) -> dict[str, float]:
    """The weight change due to quitting: estimate and 95 % confidence interval in kilograms."""
    people = people.dropna(subset=["wt82_71"]).reset_index(drop=True)
    people["age"] = [band_midpoint(age) for age in people["age"]]
    quit_ = people["qsmk"].astype(float)
    chance = (
        smf.logit(f"qsmk ~ {CONFOUNDERS}", people.assign(qsmk=quit_)).fit(disp=0).predict(people)
    )
    weights = np.where(quit_ == 1, quit_.mean() / chance, (1 - quit_.mean()) / (1 - chance))
    model = sm.GEE(
        people["wt82_71"], sm.add_constant(quit_), groups=np.arange(len(people)), weights=weights
    ).fit()
    low, high = model.conf_int().loc["qsmk"]
    return {
        "estimate": round(float(model.params["qsmk"]), 4),
        "ci_low": round(float(low), 4),
        "ci_high": round(float(high), 4),
        "standard_error": round(float(model.bse["qsmk"]), 4),
        "n": len(people),
        "parameters": 2,
        "residual_dof": len(people) - 2,
    }


def main(folder_in: Path = Path("/in"), folder_out: Path = Path("/out")) -> None:
    """Read the protected view, write the estimate and two tables."""
    people = pd.read_parquet(folder_in / "nhefs.parquet")
    (folder_out / "effect.json").write_text(json.dumps(effect(people), indent=1))
    by_sex = people.groupby(["sex", "qsmk"], observed=True).size().rename("count").reset_index()
    by_sex.to_csv(folder_out / "quitters_by_sex.csv", index=False)
    fine = people.groupby(["age", "race", "education", "qsmk"], observed=True).size()
    fine.rename("count").reset_index().to_csv(folder_out / "quitters_in_detail.csv", index=False)
    print(f"{len(people)} people read")


if __name__ == "__main__":
    main()
