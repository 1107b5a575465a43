"""Does quitting smoking change weight? Inverse-probability weighting on NHEFS.

The method of Hernán & Robins, *Causal Inference: What If*, chapter 12: a logistic model of quitting
on nine confounders gives stabilised weights; a weighted regression with a robust (sandwich) variance
gives the mean difference in weight change, in kilograms, between quitting and going on smoking.

Runs alone (``main`` reads ``/in`` and writes ``/out``) as the researcher's own script in the enclave.
Every output has its recipe beside it, from which the output check computes it again.
"""

from casemate.analysis import Answer, People, column, read, table

CONFOUNDERS = (
    "C(sex) + C(race) + years + years^2 + C(education)"
    " + smokeintensity + smokeintensity^2 + smokeyrs + smokeyrs^2"
    " + C(exercise) + C(active) + wt71 + wt71^2"
)
VARIABLES = (
    "qsmk", "wt82_71", "sex", "race", "age", "education", "smokeintensity", "smokeyrs",
    "exercise", "active", "wt71",
)  # fmt: skip


def effect(people: People) -> Answer:
    """The weight change due to quitting: estimate and 95 % confidence interval in kilograms."""
    # The view has ages in bands of whole years: the middle of [40, 50), which is 40 to 49, is 44.5.
    people = people.derive(years=column("age").midpoint(whole=True))
    return people.weighted_effect("effect.json", "wt82_71", "qsmk", CONFOUNDERS)


def main() -> None:
    """Read the protected view; write the estimate, a regression, two tables and a figure."""
    people = read("nhefs")
    effect(people)
    years = people.derive(years=column("age").midpoint(whole=True))
    years.regression("weight_change.json", "wt82_71 ~ qsmk + years + C(sex) + wt71", robust=True)
    people.table("quitters_by_sex.csv", ["sex", "qsmk"], n="count")
    people.figure(
        "weight_change.svg",
        table(["exercise", "qsmk"], change=("mean", "wt82_71"), n=("valid", "wt82_71")),
        "bar",
        title="Mean weight change (kg) by exercise and quitting",
    )
    people.table("quitters_in_detail.csv", ["age", "race", "education", "qsmk"], n="count")
    print(f"{len(people.frame)} people read")


if __name__ == "__main__":
    main()
