"""Plans: read, checked, applied; what leaves and what never does."""

from typing import Any

import polars as pl
import pytest

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection import (
    KAnonymity,
    Plan,
    Pseudonymiser,
    apply_plan,
    groups,
    intervals,
    propose_plan,
    reidentification_risk,
    suppressible,
    table_digest,
    without_floats,
)

KEY = b"permit key of 32 bytes, secret!!"
PEOPLE = pl.DataFrame(
    {
        "ssn": [1000 + number for number in range(80)],
        "name": [f"Person {number % 79}" for number in range(80)],
        "age": [20 + (number * 11) % 50 for number in range(80)],
        "sex": ["f" if number % 2 else "m" for number in range(80)],
        "illness": ["flu", "cold", "none", "flu"] * 20,
        "weight": [50 + number / 3 for number in range(80)],
    }
)
PLAN = Plan(
    quasi_identifiers={"age": intervals(5, 10, 20), "sex": suppressible()},
    models=(KAnonymity(4),),
    suppression="0.05",
    pseudonymise=("ssn",),
    sensitive=("illness",),
    drop=("name",),
)


def test_a_plan_survives_its_document_and_the_ledger() -> None:
    full = Plan(
        quasi_identifiers={"e": groups({"low": [1, 2]}, names={1: "one"}), "w": intervals("0.5")},
        models=(KAnonymity(5),),
        suppression="0.02",
        measure="discernibility",
        levels={"e": (0, 1)},
    )
    for plan in (PLAN, full, Plan()):
        assert Plan.from_dict(plan.to_dict()) == plan
        assert canonical_json(plan.to_dict())
        assert Plan.from_dict(plan.to_dict()).digest == plan.digest
    assert PLAN.digest != full.digest


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "JSON object"),
        ({"quasi": {}}, "no part 'quasi'"),
        ({"version": 2}, "version 2"),
        ({"suppression": 0.02}, "suppression as text"),
        ({"suppression": "1"}, "at least 0 and below 1"),
        ({"suppression": "lots"}, "not a number"),
        ({"measure": "beauty"}, "no measure 'beauty'"),
        ({"measure": ["loss"]}, "no measure"),
        ({"models": [{"model": "magic"}]}, "one of k-anonymity, .*; it has 'magic'"),
        ({"models": [{"model": "k-anonymity"}]}, "not well formed"),
        ({"models": [{"model": "k-anonymity", "k": 0}]}, "k must be a whole number"),
        ({"models": "k-anonymity"}, "models is a list"),
        ({"models": ["k"]}, "needs 'model'"),
        ({"pseudonymise": "ssn"}, "pseudonymise is a list"),
        ({"drop": [1]}, "list of variable names"),
        ({"quasi_identifiers": ["age"]}, "quasi_identifiers is an object"),
        ({"quasi_identifiers": {"age": {"kind": "x"}}}, "hierarchy of 'age' needs a 'kind'"),
        ({"quasi_identifiers": {"age": {"kind": "suppressible"}}}, "no privacy model"),
        ({"levels": {"age": 1}}, "'age', which is no quasi-identifier"),
        ({"levels": {"age": "1"}}, "levels of 'age' are one level"),
        ({"levels": {"age": [1, 2, 3]}}, "levels of 'age' are one level"),
        ({"pseudonymise": ["a"], "drop": ["a"]}, "'a' under both pseudonymise and drop"),
        ({"pseudonymise": ["a", "a"]}, "'a' under both"),
    ],
)
def test_malformed_plans_are_refused_in_words(document: Any, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        Plan.from_dict(document)


def test_what_leaves_is_protected_and_nothing_else_leaves() -> None:
    protected = apply_plan(PEOPLE, PLAN, ["ssn", "age", "sex", "weight"], KEY)
    frame, report = protected.frame, protected.report
    assert frame.columns == ["ssn", "age", "sex", "weight"]
    assert reidentification_risk(frame, ["age", "sex"]).smallest_class >= 4
    assert set(frame["ssn"]) <= {
        Pseudonymiser(KEY).pseudonym(number, "ssn") for number in PEOPLE["ssn"]
    }
    assert report.records_in == 80
    assert report.records_out == len(frame) == 80 - report.suppressed
    assert report.risk_before.prosecutor_highest > report.risk_after.prosecutor_highest
    assert report.pseudonym_policy == "deterministic"
    assert report.plan_digest == PLAN.digest
    assert report.output_digest == table_digest(frame)
    assert report.input_digest == table_digest(PEOPLE.select("ssn", "age", "sex", "weight"))
    assert [entry.variable for entry in report.codebook] == ["age", "sex"]
    assert report.generalisation.keys() == {"age", "sex"}
    assert canonical_json(without_floats(report.to_dict()))


def test_each_record_keeps_its_own_values() -> None:
    frame = apply_plan(PEOPLE, PLAN, ["ssn", "weight"], KEY).frame
    expected = {
        Pseudonymiser(KEY).pseudonym(number, "ssn"): weight
        for number, weight in PEOPLE.select("ssn", "weight").iter_rows()
    }
    assert dict(frame.iter_rows()) == expected


def test_risk_is_on_what_leaves() -> None:
    alone = apply_plan(PEOPLE, PLAN, ["sex", "illness"])
    assert alone.report.generalisation == {"sex": 0}
    assert alone.report.loss == 0
    none = apply_plan(PEOPLE, PLAN, ["illness"])
    assert none.report.generalisation == {}
    assert none.report.risk_after.smallest_class == 80


def test_two_permits_cannot_be_joined_by_pseudonym_or_by_order() -> None:
    first = apply_plan(PEOPLE, PLAN, ["ssn", "weight"], KEY).frame
    second = apply_plan(PEOPLE, PLAN, ["ssn", "illness"], b"another permit's key of 32 bytes").frame
    assert not set(first["ssn"]) & set(second["ssn"])
    assert first["weight"].to_list() != PEOPLE["weight"].to_list()
    truth = dict(PEOPLE.select("weight", "illness").iter_rows())
    met = [truth[weight] for weight in first["weight"]]
    assert met != second["illness"].to_list()
    assert first["ssn"].is_sorted()


@pytest.mark.parametrize("kind", ["pandas", "pyarrow"])
def test_other_frames_come_back_as_they_came(kind: str) -> None:
    given: Any = PEOPLE.to_pandas() if kind == "pandas" else PEOPLE.to_arrow()
    protected = apply_plan(given, PLAN, ["ssn", "age", "weight"], KEY)
    assert type(protected.frame) is type(given)
    expected = apply_plan(PEOPLE, PLAN, ["ssn", "age", "weight"], KEY)
    assert protected.report.output_digest == expected.report.output_digest


@pytest.mark.parametrize(
    ("variables", "key", "complaint"),
    [
        (["age", "shoe"], KEY, "no column 'shoe'"),
        (["name"], KEY, "drops the variable 'name'"),
        (["age", "age"], KEY, "named twice"),
        ([], KEY, "at least one variable"),
        (["ssn"], None, "a pseudonym key is needed"),
        (["ssn"], b"short", "at least 16"),
    ],
)
def test_bad_requests_are_refused(variables: list[str], key: bytes | None, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        apply_plan(PEOPLE, PLAN, variables, key)


def test_a_table_too_small_or_empty_is_refused_even_without_quasi_identifiers() -> None:
    with pytest.raises(BadInput, match="3 records, too few for 4-anonymity"):
        apply_plan(PEOPLE.head(3), PLAN, ["illness"])
    with pytest.raises(BadInput, match="no records"):
        apply_plan(PEOPLE.clear(), PLAN, ["illness"])


def test_nested_values_are_refused() -> None:
    table = PEOPLE.with_columns(visits=pl.concat_list("age", "age"))
    with pytest.raises(BadInput, match="'visits' holds List"):
        apply_plan(table, PLAN, ["visits"])


def test_a_digest_tells_null_from_text_and_types_apart() -> None:
    tables: list[pl.DataFrame] = [
        pl.DataFrame({"a": ["null", "x"]}),
        pl.DataFrame({"a": [None, "x"]}),
        pl.DataFrame({"a": ["", "x"]}),
        pl.DataFrame({"a": [1, 2]}),
        pl.DataFrame({"a": ["1", "2"]}),
        pl.DataFrame({"a": [1, 2]}, schema={"a": pl.Int32}),
    ]
    assert len({table_digest(table) for table in tables}) == len(tables)


def test_a_proposal_is_a_plan_that_works() -> None:
    roles = {
        "ssn": "direct_identifier",
        "name": "direct_identifier",
        "age": "quasi_identifier",
        "sex": "quasi_identifier",
        "illness": "sensitive",
    }
    plan = propose_plan(PEOPLE, roles, 4, suppression="0.05")
    assert (plan.pseudonymise, plan.drop, plan.sensitive) == (("ssn",), ("name",), ("illness",))
    assert plan.quasi_identifiers["age"] == intervals(5, 10, 20)
    assert plan.quasi_identifiers["sex"] == suppressible()
    report = apply_plan(PEOPLE, plan, ["ssn", "age", "sex", "illness", "weight"], KEY).report
    assert report.risk_after.smallest_class >= 4
    assert propose_plan(PEOPLE.to_pandas(), roles, 4, suppression="0.05") == plan


def test_a_proposal_refuses_unknown_roles_and_variables() -> None:
    with pytest.raises(BadInput, match="role 'secret'"):
        propose_plan(PEOPLE, {"age": "secret"})
    with pytest.raises(BadInput, match="no column 'shoe'"):
        propose_plan(PEOPLE, {"shoe": "other"})
