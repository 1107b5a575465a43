"""A plan and its documents, JSON and TOML: whatever it says, it says the same when read back."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection import KAnonymity, Plan, intervals, read_plan, suppressible

NUMBERS = st.decimals(0, 100, allow_nan=False, places=2).map(str)
COLUMNS = ["pay", "rent", "born", "left"]


def part(**choices: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=choices)


def limits() -> st.SearchStrategy[dict[str, int]]:
    counts = st.integers(1, 10**9)
    return part(nodes=counts, seconds=counts).filter(bool)


def extremes() -> st.SearchStrategy[dict[str, str]]:
    low, high = st.integers(-50, 49).map(str), st.integers(51, 99).map(str)
    return st.one_of(
        st.fixed_dictionaries({"top": high}), st.fixed_dictionaries({"bottom": low, "top": high}),
        st.fixed_dictionaries({"top_percentile": high}),
    )  # fmt: skip


def rules() -> st.SearchStrategy[dict[str, Any]]:
    keyed = st.sampled_from(["deterministic", "document-randomised", "fully-randomised"])
    return st.one_of(
        st.fixed_dictionaries({"policy": keyed}, optional={"check_character": st.booleans()}),
        st.fixed_dictionaries(
            {"policy": st.just("format-preserving")}, optional={"alphabet": st.just("0123456789ab")}
        ),
    )


DOCUMENTS = part(
    suppression=st.sampled_from(["0", "0.02", "0.5"]),
    weights=part(age=NUMBERS, sex=st.integers(0, 9)),
    budget=limits(),
    recoding=st.sampled_from(["global", "local"]),
    aggregated=part(age=st.sampled_from(["mean", "interval"]), note=st.just("mode")),
    sampling=st.one_of(
        st.fixed_dictionaries({"share": st.sampled_from(["0.1", "1", "0.50"])}),
        st.fixed_dictionaries(
            {"records": st.integers(1, 99)}, optional={"stratify": st.just(["sex"])}
        ),
    ),
    top_bottom=st.dictionaries(st.sampled_from(["pay", "age"]), extremes()),
    rounding=st.dictionaries(st.sampled_from(["pay", "rent"]), st.sampled_from(["0.50", "100", 5])),
    microaggregation=st.just([{"columns": ["pay", "rent"], "k": 3}]),
    pseudonyms=st.dictionaries(st.sampled_from(["ssn", "card"]), rules()),
    date_shift=st.fixed_dictionaries(
        {"person": st.just("ssn"), "columns": st.just(["born"])},
        optional={"days": st.integers(7, 400), "step": st.integers(1, 7)},
    ),
    levels=st.fixed_dictionaries({"age": st.sampled_from([1, [0, 2], {"at_least": 1}])}),
)
BASE = {
    "quasi_identifiers": {"age": intervals(5, 10).to_dict(), "sex": suppressible().to_dict()},
    "models": [KAnonymity(3).to_dict()],
    "pseudonymise": ["ssn", "card"],
}


@settings(deadline=None)
@given(DOCUMENTS)
def test_a_plan_reads_back_equal_from_what_it_wrote(parts: dict[str, Any]) -> None:
    plan = Plan.from_dict(BASE | parts)
    written = plan.to_dict()
    assert Plan.from_dict(written) == plan
    assert Plan.from_dict(json.loads(canonical_json(written))).digest == plan.digest
    assert Plan.from_dict(written).to_dict() == written


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_a_plan_in_toml_is_the_same_plan(tmp_path: Path, parts: dict[str, Any]) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("\n".join(f"{name} = {toml(value)}" for name, value in (BASE | parts).items()))
    assert read_plan(file).digest == Plan.from_dict(BASE | parts).digest


def toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{name} = {toml(one)}" for name, one in value.items() if one is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(value)


@settings(deadline=None)
@given(DOCUMENTS, st.sampled_from(["weights", "budget", "sampling", "top_bottom", "pseudonyms"]))
def test_what_is_not_known_is_refused_by_name(parts: dict[str, Any], where: str) -> None:
    wrong = {"surprise": {"surprise": 1}}
    if where in ("budget", "sampling"):
        wrong = {"surprise": 1}  # type: ignore[dict-item]
    with pytest.raises(BadInput, match="surprise"):
        Plan.from_dict(BASE | parts | {where: wrong})
    with pytest.raises(BadInput, match="no part 'surprise'"):
        Plan.from_dict(BASE | parts | {"surprise": 1})


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("fm")), min_size=6, max_size=40),
    st.sampled_from(["global", "local"]),
    st.sampled_from([None, {"share": "0.8"}, {"records": 6}]),
    st.sampled_from([{}, {"age": "mean"}]),
)
def test_k_holds_whatever_the_plan_does(
    rows: list[Any], recoding: str, sampling: Any, aggregated: dict[str, str]
) -> None:
    from casemate.protection import apply_plan

    table = pl.DataFrame(rows, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    table = table.with_columns(pay=pl.col("age") * 100, ssn=pl.int_range(pl.len()) + 10**7)
    document = BASE | {
        "suppression": "0.5", "recoding": recoding, "aggregated": aggregated,
        "top_bottom": {"age": {"top": 25}}, "rounding": {"pay": 500},
        "levels": {"age": {"at_least": 1}},
    } | ({"sampling": sampling} if sampling else {})  # fmt: skip
    protected = apply_plan(table, Plan.from_dict(document), table.columns, b"k" * 32)
    frame, report = protected.frame, protected.report
    counted = frame.group_by("age", "sex").len()
    assert len(frame) == 0 or counted["len"].min() >= 3
    assert report.records_in == len(table)
    assert report.records_in - report.sampled_out - report.suppressed == report.records_out
    assert (frame["pay"] % 500 == 0).all()
