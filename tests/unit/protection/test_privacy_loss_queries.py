"""Questions to a private table: right within the error announced, charged first, refused clearly.

Statistical checks reject at 1e-6 or less, so that they fail when something is broken and not by chance.
"""

import math
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from casemate.errors import BadInput, NotAllowed
from casemate.protection.privacy_loss import (
    Clipped,
    Count,
    Grouped,
    Histogram,
    Mean,
    PrivacyBudget,
    PrivacyLoss,
    PrivateTable,
    Quantile,
    Query,
    Sum,
    opendp,
)

epsilon, rho = PrivacyLoss.epsilon, PrivacyLoss.rho
ALPHA = 1e-6
LARGE = epsilon(10_000, "1e-6"), rho(10**6, "1e-6")


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    rng = np.random.default_rng(5)
    size = 6_000
    return pl.DataFrame(
        {
            "id": rng.integers(0, 4_000, size),
            "income": rng.gamma(2, 20_000, size),
            "age": rng.integers(0, 100, size),
            "canton": rng.choice(["Esch", "Mersch", "Wiltz"], size, p=[0.6, 0.39, 0.01]),
        }
    )


def huge(loss: PrivacyLoss) -> PrivacyBudget:
    return PrivacyBudget(PrivacyLoss(loss.accounting, loss.amount * 10_000, loss.delta * 10_000))


def tables(frame: pl.DataFrame, folder: Path) -> dict[str, Any]:
    frame.write_parquet(folder / "people.parquet")
    frame.write_csv(folder / "people.csv")
    return {
        "polars": frame,
        "lazy": frame.lazy(),
        "pandas": frame.to_pandas(),
        "arrow": frame.to_arrow(),
        "parquet": folder / "people.parquet",
        "csv": str(folder / "people.csv"),
    }


@pytest.mark.parametrize("loss", LARGE, ids=["laplace", "gaussian"])
@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "arrow", "parquet", "csv"])
def test_with_almost_no_noise_the_answer_is_the_exact_one(
    kind: str, loss: PrivacyLoss, people: pl.DataFrame, tmp_path: Path
) -> None:
    table = PrivateTable(tables(people, tmp_path)[kind])
    budget = huge(loss)

    def ask(query: Query) -> Any:
        return table.ask(query, loss, budget).value

    clipped = people["income"].clip(0, 100_000)
    assert ask(Count()) == 6_000
    assert ask(Count(where={"canton": ["Wiltz", "Mersch"]})) == (people["canton"] != "Esch").sum()
    assert ask(Sum(Clipped("income", 0, 100_000))) == pytest.approx(clipped.sum(), rel=1e-5)
    assert ask(Mean(Clipped("income", 0, 100_000))) == pytest.approx(clipped.mean(), rel=1e-4)
    assert ask(Quantile("age", "0.5", tuple(range(0, 101, 10)))) == 50
    histogram = ask(Histogram("age", (0, 18, 65, 99)))
    assert histogram["count"].to_list() == [
        people.filter(pl.col("age") < 18).height,
        people.filter(pl.col("age").is_between(18, 64)).height,
        people.filter(pl.col("age") >= 65).height,
    ]
    counts = dict(people["canton"].value_counts().iter_rows())
    public = ask(
        Grouped(("canton",), (("Wiltz",), ("Nowhere",), ("Esch",)), Clipped("age", 0, 120, 1))
    )
    assert public["count"].to_list() == [counts["Wiltz"], 0, counts["Esch"]]
    assert public["sum"][1] == 0
    assert public["sum"][2] == people.filter(pl.col("canton") == "Esch")["age"].sum()
    assert dict(ask(Grouped(("canton",))).iter_rows()) == counts


def test_a_person_counts_at_most_so_often(people: pl.DataFrame) -> None:
    table = PrivateTable(people, person="id", contribution=1)
    found = table.ask(Count(), LARGE[0], huge(LARGE[0])).value
    assert found == people["id"].n_unique()
    loose = PrivateTable(people.with_columns(id=None).cast({"id": pl.Int64}), person="id")
    assert loose.ask(Count(), LARGE[0], huge(LARGE[0])).value == 0


def test_the_error_announced_holds_in_95_of_100_cases(people: pl.DataFrame) -> None:
    table = PrivateTable(people, contribution=2)
    rounds = 400
    for loss in (epsilon("0.2"), rho("0.02")):
        budget = huge(loss)
        sums = Sum(Clipped("age", 0, 120, 1))
        mean = Mean(Clipped("age", 0, 120, 1))
        total = int(people["age"].sum())
        for query, exact in ((Count(), 6_000.0), (sums, total), (mean, total / 6_000)):
            bound = table.expect(query, loss, rows=6_000).bound
            answers = [float(table.ask(query, loss, budget).value) for _ in range(rounds)]
            misses = sum(abs(answer - exact) > bound for answer in answers)
            assert stats.binom.sf(misses - 1, rounds, 0.05) > ALPHA


def test_the_rank_of_a_quantile_is_off_by_no_more_than_announced(people: pl.DataFrame) -> None:
    table, loss = PrivateTable(people), epsilon("0.1")
    query = Quantile("age", "0.25", tuple(float(age) for age in range(100)))
    bound, budget = table.expect(query, loss).bound, huge(loss)
    ages = np.sort(people["age"].to_numpy())

    def off(value: float) -> float:
        under, over = (ages < value).sum(), (ages > value).sum()
        return float(abs(3 * under - over) / 4)

    best = min(off(value) for value in query.candidates)
    worst = [off(float(table.ask(query, loss, budget).value)) - best for _ in range(300)]
    assert stats.binom.sf(sum(gap > bound for gap in worst) - 1, 300, 0.05) > ALPHA


@pytest.mark.parametrize(("l1", "amount"), [(1, "0.5"), (3, 2)])
def test_noise_has_the_discrete_laplace_distribution(l1: int, amount: Any) -> None:
    loss = epsilon(amount)
    draws = opendp.laplace([7] * 20_000, l1, loss.amount)
    reference = stats.dlaplace(float(loss.amount) / l1, loc=7)
    assert chi_squared(draws, reference) > ALPHA


def test_noise_has_the_discrete_gaussian_distribution() -> None:
    loss = rho("0.05")
    draws = np.array(opendp.gaussian([-4] * 20_000, 2, loss.amount)) + 4
    sigma = 2 / math.sqrt(2 * 0.05)
    support = np.arange(-200, 201)
    weights = np.exp(-(support**2) / (2 * sigma**2))
    reference = stats.rv_discrete(values=(support, weights / weights.sum()))
    assert chi_squared(draws.tolist(), reference) > ALPHA


@pytest.mark.parametrize("scale", [99.0, 100.0])
def test_error_bounds_agree_where_the_formula_changes(scale: float) -> None:
    found = opendp.gaussian_bound(1, Fraction(1 / (2 * scale**2)), 0.05)
    assert found == pytest.approx(1.96 * scale, abs=1.5)
    assert found >= 1.959 * scale


def chi_squared(draws: list[int], reference: Any) -> float:
    """The p-value of ``draws``, in cells of at least ten expected and one for the tails."""
    seen = Counter(draws)
    cells = [k for k in range(-300, 301) if len(draws) * reference.pmf(k) >= 10]
    observed = [seen[k] for k in cells]
    expected = [len(draws) * reference.pmf(k) for k in cells]
    observed.append(len(draws) - sum(observed))
    expected.append(len(draws) - sum(expected))
    return float(stats.chisquare(observed, expected, sum_check=False).pvalue)


def test_answers_of_neighbouring_tables_differ_by_no_more_than_epsilon_allows() -> None:
    """An event's probability with one person more is at most e^ε times that without."""
    loss, rounds = epsilon(1), 2_000
    budget = huge(loss)
    seen = []
    for size in (20, 21):
        table = PrivateTable(pl.DataFrame({"x": [1] * size}))
        seen.append(sum(table.ask(Count(), loss, budget).value >= 21 for _ in range(rounds)))
    # The exact ratio at this event is e; far above it, noise is too small.
    low = stats.beta.ppf(ALPHA, seen[1], rounds - seen[1] + 1)
    high = stats.beta.isf(ALPHA, seen[0] + 1, rounds - seen[0])
    assert low / high < math.e
    assert seen[1] > seen[0] * 1.5


def test_a_group_of_one_person_is_not_named() -> None:
    frame = pl.DataFrame({"g": ["many"] * 500 + ["single"]})
    loss = epsilon(1, "1e-9")
    answers = [PrivateTable(frame).ask(Grouped(("g",)), loss, huge(loss)).value for _ in range(50)]
    assert all(answer["g"].to_list() == ["many"] for answer in answers)
    assert PrivateTable(frame).expect(Grouped(("g",)), loss).threshold > 20  # type: ignore[operator]


def test_the_price_is_charged_before_and_a_short_budget_stops_the_question(
    people: pl.DataFrame,
) -> None:
    table = PrivateTable(people)
    dataset, permit = PrivacyBudget(epsilon(1)), PrivacyBudget(epsilon("0.3"))
    table.ask(Count(), epsilon("0.2", "1e-9"), [dataset, permit], note="how many")
    assert dataset.record()[0].note == "how many"
    assert dataset.remaining == epsilon("0.8")
    with pytest.raises(NotAllowed):
        table.ask(Count(), epsilon("0.2"), [dataset, permit])
    assert dataset.remaining == epsilon("0.8"), (
        "what the permit may not, the dataset is not charged"
    )


def test_looking_at_the_price_spends_nothing_and_reads_no_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"x": [1, 2]}).write_parquet(path)
    table = PrivateTable(path)
    path.unlink()
    assert table.expect(Count(), epsilon("0.1")).bound == pytest.approx(30, abs=2)


def test_importing_protection_does_not_import_opendp() -> None:
    code = "import sys, casemate.protection, casemate.protection.synthesis; print('opendp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (Sum(Clipped("nobody", 0, 1)), "no column 'nobody'"),
        (Sum(Clipped("canton", 0, 1)), "a number is needed"),
        (Count(where={"nobody": 1}), "no column 'nobody'"),
        (Grouped(("income",), ((1.0,),)), "bins first"),
        (Grouped(("canton",), (("Esch",), ("Esch",))), "twice"),
        (Grouped(("age",), (("Esch",),)), "of its type"),
    ],
)
def test_questions_that_do_not_fit_cost_nothing(
    query: Query, says: str, people: pl.DataFrame
) -> None:
    budget = PrivacyBudget(epsilon(1))
    with pytest.raises(BadInput, match=says):
        PrivateTable(people).ask(query, epsilon("0.1"), budget)
    assert not budget.record()


def test_where_values_of_another_type_cost_nothing(people: pl.DataFrame) -> None:
    budget = PrivacyBudget(epsilon(1))
    with pytest.raises(BadInput, match="of its type"):
        PrivateTable(people).ask(Count(where={"age": "old"}), epsilon("0.1"), budget)
    assert not budget.record()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Clipped("x", 2, 1),
        lambda: Clipped("x", 0, "inf"),
        lambda: Clipped("x", 0, 1, 0),
        lambda: Clipped("x", 0, 10**12, 1).most,
        lambda: Quantile("x", 1, (1.0, 2.0)),
        lambda: Quantile("x", "0.5", (2.0, 1.0)),
        lambda: Quantile("x", "0.5", (1.0, math.nan)),
        lambda: Histogram("x", (1.0,)),
        lambda: Grouped(()),
        lambda: Grouped(("a",), ()),
        lambda: Grouped(("a",), (("x", "y"),)),
        lambda: PrivateTable([1, 2]),
        lambda: PrivateTable("nowhere.parquet"),
        lambda: PrivateTable(pl.DataFrame({"x": [1]}), contribution=0),
        lambda: PrivateTable(pl.DataFrame({"x": [1]}), person="y"),
        lambda: PrivateTable(pl.DataFrame({"x": [1]})).expect(Mean(Clipped("x", 0, 1)), epsilon(1)),
        lambda: PrivateTable(pl.DataFrame({"x": [1]})).expect(Grouped(("x",)), epsilon(1)),
    ],
)
def test_bad_questions(make: Any) -> None:
    with pytest.raises(BadInput):
        make()
