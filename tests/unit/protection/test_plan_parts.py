"""The parts of a plan beyond levels and models: read strictly, done, and reported."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from casemate.canonical import canonical_json
from casemate.errors import BadInput, IntegrityFailure
from casemate.protection import (
    Budget,
    KAnonymity,
    Plan,
    Pseudonymiser,
    apply_plan,
    certify_frames,
    check_character_holds,
    groups,
    intervals,
    read_plan,
    suppressible,
    verify,
    without_floats,
)

KEY = b"permit key of 32 bytes, secret!!"
PEOPLE = pl.DataFrame(
    {
        "ssn": [1_000_000 + number % 60 for number in range(120)],
        "card": [f"{number:08}" for number in range(120)],
        "age": [20 + (number * 11) % 50 for number in range(120)],
        "sex": ["f" if number % 2 else "m" for number in range(120)],
        "illness": ["flu", "cold", "none", "flu"] * 30,
        "pay": [number * number for number in range(120)],
        "rent": [float(number) for number in range(120)],
        "seen": [date(2020, 1, 1) + timedelta(days=number) for number in range(120)],
    }
)
BASE: dict[str, Any] = {
    "quasi_identifiers": {"age": intervals(5, 10, 20).to_dict(), "sex": suppressible().to_dict()},
    "models": [{"model": "k-anonymity", "k": 4}],
    "suppression": "0.05",
    "pseudonymise": ["ssn", "card"],
    "sensitive": ["illness"],
}


def plan_with(**parts: Any) -> Plan:
    return Plan.from_dict(BASE | parts)


def test_an_old_plan_keeps_its_digest() -> None:
    """Permits were signed with these: a part that is not in use leaves no trace."""
    old = {
        "quasi_identifiers": {
            "age": {"kind": "intervals", "widths": [5, 10, 20], "top": 80},
            "sex": {"kind": "suppressible"},
        },
        "models": [{"model": "k-anonymity", "k": 5}], "suppression": "0.05",
        "measure": "discernibility", "levels": {"age": [1, 2], "sex": 0},
        "pseudonymise": ["ssn"], "sensitive": ["illness"], "drop": ["name"],
    }  # fmt: skip
    for document, digest in (
        ({}, "sha256:648df00c546395bd11878dea70f6b8b580ee8bf4feb662a31bf6db0c8bce49d0"),
        (old, "sha256:83c3cc1513b38b425d9c121858a011feb186a6b93f0fe51a2ee54cc3333fc8a9"),
    ):
        assert Plan.from_dict(document).digest == digest
    assert Plan.from_dict(old | {"recoding": "global", "weights": {}}).digest == digest


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"weights": {"pay": 1}}, "weighs 'pay', which is no quasi-identifier"),
        ({"weights": {"age": "-1"}}, "at least 0"),
        ({"weights": {"age": 0.5}}, "whole number or text"),
        ({"weights": {"age": 1}, "measure": "discernibility"}, "takes no weights"),
        ({"budget": {}}, "names nodes, seconds"),
        ({"budget": {"nodes": 0}}, "at least 1"),
        ({"budget": {"hours": 1}}, "no part 'hours'"),
        ({"recoding": "regional"}, "global or local"),
        ({"recoding": "local", "measure": "kl-divergence"}, "no meaning for the measure"),
        ({"aggregated": {"age": "sum"}}, "mean, median, mode, interval"),
        ({"aggregated": {"illness": "mode"}}, "class value 'illness' and names as sensitive"),
        ({"sampling": {"share": 0.1}}, "is a float"),
        ({"sampling": {"share": "2"}}, "up to 1"),
        ({"top_bottom": {"pay": {}}}, "needs a bound"),
        ({"top_bottom": {"ssn": {"top": 1}}}, "and pseudonymises it"),
        ({"rounding": {"pay": 0}}, "above 0"),
        ({"rounding": {"pay": 10}, "drop": ["pay"]}, "and drops it"),
        ({"microaggregation": [{"columns": ["pay"]}]}, "lacks a part"),
        ({"microaggregation": [{"columns": "pay", "k": 3}]}, "list of columns"),
        ({"microaggregation": [{"columns": ["pay"], "k": 1}]}, "at least k = 2"),
        ({"microaggregation": [{"columns": ["age"], "k": 3}]}, "as a quasi-identifier"),
        ({"microaggregation": [{"columns": ["pay"], "k": 3}] * 2}, "'pay' twice"),
        ({"pseudonyms": {"pay": {"policy": "deterministic"}}}, "does not pseudonymise"),
        ({"pseudonyms": {"ssn": {"policy": "secret"}}}, "policy is one of"),
        ({"pseudonyms": {"ssn": {"alphabet": "01"}}}, "format-preserving pseudonyms only"),
        ({"pseudonyms": {"ssn": {"policy": "format-preserving", "check_character": True}}}, "no room"),
        ({"date_shift": {"person": "ssn", "columns": []}}, "at least one column"),
        ({"date_shift": {"person": "ssn", "columns": ["ssn"]}}, "apart from its dates"),
        ({"date_shift": {"person": "ssn", "columns": ["age"]}}, "shifts the dates of 'age'"),
        ({"date_shift": {"person": "ssn", "columns": ["seen"], "days": 0}}, "in steps of at least 1"),
        ({"levels": {"age": {"at_least": "2"}}}, "levels of 'age' are one level"),
        ({"levels": {"age": {"at_most": 2}}}, "levels of 'age' are one level"),
        ({"levels": {"age": True}}, "levels of 'age' are one level"),
    ],
)  # fmt: skip
def test_a_part_that_contradicts_itself_is_refused(parts: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        plan_with(**parts)


def test_everything_at_once_is_done_and_reported() -> None:
    plan = plan_with(
        recoding="local", weights={"age": 3}, sampling={"records": 100, "stratify": ["sex"]},
        top_bottom={"pay": {"top_percentile": 90}}, rounding={"pay": 10},
        microaggregation=[{"columns": ["rent"], "k": 5}], aggregated={"age": "mean"},
        pseudonyms={"card": {"policy": "format-preserving"}},
        date_shift={"person": "ssn", "columns": ["seen"], "days": 30},
    )  # fmt: skip
    pytest.importorskip("ffx", reason="format-preserving pseudonyms need the library libffx")
    protected = apply_plan(PEOPLE, plan, PEOPLE.columns, KEY)
    frame, report = protected.frame, protected.report
    assert [step["step"] for step in report.steps] == [
        "sampling", "top and bottom coding", "rounding", "local recoding", "class values",
        "micro-aggregation", "date shift", "pseudonyms", "pseudonyms",
    ]  # fmt: skip
    assert (report.records_in, report.sampled_out) == (120, 20)
    assert report.records_out == len(frame) == 100 - report.suppressed
    assert report.risk_before.records == 120
    assert frame.group_by("age", "sex").len()["len"].min() >= 4
    assert frame.group_by("rent").len()["len"].min() >= 5
    assert frame["pay"].max() <= 12_100  # the 90th percentile of any draw
    assert frame["card"].str.len_chars().unique().to_list() == [8]
    assert not set(frame["card"]) & set(PEOPLE["card"])
    assert report.pseudonym_policy == "deterministic, format-preserving"
    assert report.codebook[0].class_value == "mean"
    assert canonical_json(without_floats(report.to_dict()))
    assert not plan.repeatable


def test_dates_of_a_person_move_together() -> None:
    plan = plan_with(date_shift={"person": "ssn", "columns": ["seen"], "days": 30})
    frame = apply_plan(PEOPLE, plan, ["ssn", "seen"], KEY).frame
    true = {Pseudonymiser(KEY).pseudonym(n, "ssn"): (n - 1_000_000) for n in PEOPLE["ssn"]}
    for (who,), dates in frame.group_by("ssn"):
        first, second = dates["seen"].sort().to_list()
        assert (second - first).days == 60
        assert first != date(2020, 1, 1) + timedelta(days=true[str(who)])
    with pytest.raises(BadInput, match="ask for both"):
        apply_plan(PEOPLE, plan, ["seen"], KEY)
    with pytest.raises(BadInput, match="key is needed"):
        apply_plan(PEOPLE, replace_pseudonyms(plan), ["ssn", "seen"])


def replace_pseudonyms(plan: Plan) -> Plan:
    return Plan.from_dict(plan.to_dict() | {"pseudonymise": []})


def test_each_identifier_has_its_own_policy() -> None:
    plan = plan_with(
        pseudonyms={
            "ssn": {"policy": "document-randomised", "check_character": True},
            "card": {"policy": "fully-randomised"},
        }
    )
    first = apply_plan(PEOPLE, plan, ["ssn", "card"], KEY)
    again = apply_plan(PEOPLE, plan, ["ssn", "card"], KEY)
    assert first.frame["ssn"].n_unique() == 120  # sixty people, twice each
    assert first.frame["ssn"].to_list() == again.frame["ssn"].to_list()
    assert all(check_character_holds(one) for one in first.frame["ssn"])
    assert not set(first.frame["card"]) & set(again.frame["card"])
    kept = dict(first.recovery["card"].iter_rows())
    assert {kept[one] for one in first.frame["card"]} == set(PEOPLE["card"])
    assert "recovery" not in repr(first)
    alone = apply_plan(PEOPLE, plan_with(), ["ssn"], KEY)
    assert alone.recovery == {}


def test_the_plan_s_budget_ends_the_search_unless_the_caller_gives_one() -> None:
    plan = plan_with(budget={"nodes": 1})
    short = apply_plan(PEOPLE, plan, ["age", "sex"]).report
    longer = apply_plan(PEOPLE, plan, ["age", "sex"], budget=Budget(nodes=1000)).report
    assert short.gap > 0
    assert longer.gap == 0
    assert plan.repeatable
    assert not plan_with(budget={"seconds": 1}).repeatable


def test_weights_are_those_of_what_leaves() -> None:
    plan = plan_with(weights={"age": 9})
    assert apply_plan(PEOPLE, plan, ["age", "sex"]).report.generalisation["age"] <= 1
    assert apply_plan(PEOPLE, plan, ["sex"]).report.generalisation == {"sex": 0}


def test_a_class_value_needs_classes() -> None:
    with pytest.raises(BadInput, match="no quasi-identifier that leaves"):
        apply_plan(PEOPLE, plan_with(aggregated={"pay": "mean"}), ["pay"])


def test_a_plan_names_all_that_it_looks_at() -> None:
    plan = plan_with(
        top_bottom={"pay": {"top": 9}}, rounding={"rent": 5},
        date_shift={"person": "ssn", "columns": ["seen"]}, sampling={"records": 5, "stratify": ["x"]},
    )  # fmt: skip
    assert plan.looked_at() == {"age", "sex", "illness", "pay", "rent", "ssn", "seen", "x"}


def test_a_plan_is_held_against_the_data_before_it_is_approved() -> None:
    plan = Plan(
        quasi_identifiers={
            "age": intervals(5, domain=(20, 60)),
            "sex": groups({"any": ["f"]}),
        },
        models=(KAnonymity(4),),
        levels={"age": (1, None)},
    )
    with pytest.raises(BadInput, match="hierarchy of 'age' does not fit the data") as told:
        plan.check_against(PEOPLE)
    assert "69" not in str(told.value)
    with pytest.raises(BadInput, match=r"'6[1-9]'"):
        plan.check_against(PEOPLE, secret=False)
    with pytest.raises(BadInput, match="hierarchy of 'sex'"):
        plan.check_against(PEOPLE.filter(pl.col("age") < 61))
    plan.check_against(PEOPLE.filter(pl.col("age") < 61), variables=["age"])
    plan.check_against({"age": [20, 60], "sex": ["f"]})
    with pytest.raises(BadInput, match="2 records, too few"):
        plan.check_against(PEOPLE.head(2), variables=["age"])


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"levels": {"age": [4, 5]}}, "'age' has the levels 0 to 4; the plan asks for 4 to 5"),
        ({"levels": {"age": {"at_least": 6}}}, "asks for 6 to the last"),
        ({"top_bottom": {"sex": {"top": 1}}}, "'sex' as numbers"),
        ({"microaggregation": [{"columns": ["gap"], "k": 3}]}, "'gap', which has nulls"),
        ({"date_shift": {"person": "ssn", "columns": ["pay"]}}, "dates of 'pay'"),
        ({"rounding": {"shoe": 5}}, "'shoe', a column that the data do not have"),
        (
            {"models": [{"model": "t-closeness", "t": "0.2", "attribute": "illness",
                         "distance": "ordered", "order": ["none", "cold"]}], "sensitive": []},
            "order or hierarchy lacks a value that 'illness' holds",
        ),
    ],
)  # fmt: skip
def test_what_would_fail_at_the_first_run_is_found_before(
    parts: dict[str, Any], complaint: str
) -> None:
    table = PEOPLE.with_columns(gap=pl.when(pl.col("pay") > 9).then(pl.col("pay")))
    with pytest.raises(BadInput, match=complaint):
        plan_with(**parts).check_against(table)


def test_the_hierarchy_of_a_model_may_lie_beside_the_plan(tmp_path: Any) -> None:
    (tmp_path / "ill.csv").write_text("flu;bad;*\ncold;bad;*\nnone;good;*\n")
    (tmp_path / "plan.toml").write_text(
        'models = [{ model = "t-closeness", t = 0.5, attribute = "illness", '
        'distance = "hierarchical", hierarchy = { kind = "file", path = "ill.csv" } }]\n'
        '[quasi_identifiers]\nsex = { kind = "suppressible" }\n'
    )
    report = apply_plan(PEOPLE, read_plan(tmp_path / "plan.toml"), ["sex", "illness"]).report
    assert "0.5-closeness" in report.models[0]


@pytest.mark.parametrize(
    "parts",
    [
        {"recoding": "local", "aggregated": {"age": "mean", "pay": "mean"}},
        {"top_bottom": {"pay": {"top": 900}}, "rounding": {"pay": 50}, "weights": {"age": 2}},
        {"microaggregation": [{"columns": ["rent", "pay"], "k": 4}]},
        {"pseudonyms": {"ssn": {"policy": "fully-randomised", "check_character": True}}},
        {"pseudonyms": {"card": {"policy": "format-preserving"}}},
        {"date_shift": {"person": "ssn", "columns": ["seen"]}},
        {"sampling": {"records": 90}},
    ],
)
def test_a_certificate_of_any_plan_verifies(parts: dict[str, Any]) -> None:
    if "card" in parts.get("pseudonyms", {}):
        pytest.importorskip("ffx", reason="format-preserving pseudonyms need the library libffx")
    plan = plan_with(**parts)
    protected = apply_plan(PEOPLE, plan, PEOPLE.columns, KEY)
    certificate = certify_frames(PEOPLE, plan, protected)
    verified = verify(protected.frame, certificate, source=PEOPLE)
    assert {"models", "risk_after", "risk_before", "suppressed"} <= set(verified.holds)
    assert ("content" in verified.holds) == ("sampling" not in parts)
    assert certificate["plan_digest"] == plan.digest
    changed = protected.frame.with_columns(pl.col("pay") + 1)
    with pytest.raises(IntegrityFailure):
        verify(changed, certificate, source=PEOPLE)
