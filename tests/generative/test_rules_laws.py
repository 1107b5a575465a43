"""Laws of the disclosure rules, on any people: what may not change a verdict does not."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from casemate.analysis import Recipe, compute
from casemate.analysis.documents import crosstab, quantiles, table
from casemate.disclosure import DisclosureRules
from casemate.enclave.checks_model import Findings, Rules
from casemate.enclave.repair import carry_out, repair
from casemate.enclave.rules import apply_rules
from casemate.enclave.rules.magnitudes import few_differ, is_dominated, stands_out

RULES = Rules(min_cell=5)
SIZES = drawn.arrays(np.float64, st.integers(1, 40), elements=st.integers(0, 10**6).map(float))


def judge(what: Any, frame: pl.DataFrame, rules: Rules = RULES) -> Findings:
    recipe = Recipe(file="out.csv", input="people", what=what)
    return apply_rules(recipe, compute(recipe, frame), frame, rules)


@st.composite
def populations(draw: st.DrawFn) -> pl.DataFrame:
    count = draw(st.integers(1, 120))
    seed = np.random.default_rng(draw(st.integers(0, 2**32)))
    return pl.DataFrame(
        {
            "town": seed.choice(["a", "b", "c"], count, p=[0.6, 0.3, 0.1]),
            "ill": seed.choice(["no", "yes"], count, p=[0.7, 0.3]),
            "income": seed.lognormal(3, draw(st.sampled_from([0.2, 1.0, 3.0])), count).round(2),
        }
    )


TABLES = st.sampled_from(
    [
        crosstab("town", "ill"),
        crosstab("town", "ill", margins=True),
        table(["town"], n="count", m=("mean", "income")),
        table(["town", "ill"], margins=True, total=("sum", "income")),
        quantiles("income", [0.25, 0.5], by=["town"]),
    ]
)


@given(SIZES, st.floats(1e-3, 1e6))
def test_scaling_does_not_change_dominance(values: Any, factor: float) -> None:
    assert is_dominated(values * factor, Rules()) == is_dominated(values, Rules())
    assert is_dominated(-values, Rules()) == is_dominated(values, Rules())


@given(SIZES, st.integers(-(10**6), 10**6))
def test_shifting_does_not_change_who_stands_out(values: Any, shift: int) -> None:
    assume(np.ptp(values) > 1e-3 * max(1, abs(shift), np.abs(values).max()))
    assert stands_out(values + shift, Rules()) == stands_out(values, Rules())


@given(SIZES, st.integers(1, 10**6))
def test_what_the_largest_gains_never_ends_dominance(values: Any, more: int) -> None:
    grown = values.copy()
    grown[grown.argmax()] += more
    assert is_dominated(grown, Rules()) or not is_dominated(values, Rules())


@given(SIZES, st.integers(2, 10))
def test_few_who_differ_are_no_fewer_under_a_higher_threshold(values: Any, least: int) -> None:
    assert few_differ(values, least + 1) or not few_differ(values, least)


@settings(max_examples=60, deadline=None)
@given(populations(), TABLES, st.integers(0, 2**32))
def test_neither_order_nor_names_matter(frame: pl.DataFrame, what: Any, seed: int) -> None:
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed % 2**32)
    renamed = shuffled.with_columns(
        town=pl.col("town").replace({"a": "x", "b": "y", "c": "z"}),
    )
    before, after = judge(what, frame), judge(what, renamed)
    assert before.decision == after.decision
    assert [reason.message for reason in before.reasons] == [
        reason.message for reason in after.reasons
    ]


@settings(max_examples=60, deadline=None)
@given(populations(), st.integers(2, 30), st.integers(0, 20))
def test_a_count_that_is_refused_stays_so_under_a_stricter_threshold(
    frame: pl.DataFrame, least: int, more: int
) -> None:
    what = table(["town"], n="count")
    lax = judge(what, frame, Rules(min_cell=least))
    strict = judge(what, frame, Rules(min_cell=least + more))
    assert lax.decision == "pass" or strict.decision != "pass"


@settings(max_examples=60, deadline=None)
@given(populations(), st.sampled_from(["a", "b", "c"]))
def test_one_person_more_in_a_cell_never_makes_it_small(frame: pl.DataFrame, town: str) -> None:
    assume(town in frame["town"].to_list())
    what = table(["town"], n="count")
    one = pl.DataFrame({"town": [town], "ill": ["no"], "income": [20.0]})
    before = _small(judge(what, frame))
    after = _small(judge(what, frame.vstack(one)))
    assert after <= before


def _small(findings: Findings) -> set[int]:
    return {
        row
        for reason in findings.reasons
        if reason.rule == "minimum cell count"
        for row in reason.evidence["rows"]
    }


@settings(max_examples=60, deadline=None)
@given(populations(), TABLES)
def test_every_cell_of_a_passing_table_has_enough_people(frame: pl.DataFrame, what: Any) -> None:
    recipe = Recipe(file="out.csv", input="people", what=what)
    answer = compute(recipe, frame)
    if apply_rules(recipe, answer, frame, RULES).decision == "pass":
        assert min(len(rows) for rows in answer.people) >= RULES.min_cell


@settings(max_examples=40, deadline=None)
@given(populations(), TABLES)
def test_what_repair_offers_is_never_refused(frame: pl.DataFrame, what: Any) -> None:
    recipe = Recipe(file="out.csv", input="people", what=what)
    for suggestion in repair(recipe, frame, RULES):
        assert carry_out(suggestion, frame, RULES).findings.decision != "refuse"


@settings(max_examples=40, deadline=None)
@given(populations(), TABLES, st.sampled_from(["p_percent", "dominance_permille"]))
def test_stricter_rules_never_let_more_out(frame: pl.DataFrame, what: Any, name: str) -> None:
    lax = Rules(min_cell=5)
    value = {"p_percent": 40, "dominance_permille": 600}[name]
    assert not DisclosureRules(**{name: value}).laxer_than(DisclosureRules())  # type: ignore[arg-type]
    strict = Rules(min_cell=5, **{name: value})  # type: ignore[arg-type]
    if judge(what, frame, lax).decision == "refuse":
        assert judge(what, frame, strict).decision == "refuse"
