"""The observatory's lines and comparisons: a refusing model leads no board, and differences are paired."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observatory_world import babbling, biased, fair, measured, refusing

from casemate.assurance.keeping import KeptEvaluation
from casemate.assurance.observatory import as_csv, compare, energy_of, lines, newest, told_small
from casemate.assurance.statistics import mcnemar
from casemate.errors import BadInput

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def kept(document: dict[str, Any], name: str = "evaluation-1", age: int = 0) -> KeptEvaluation:
    told = {key: one for key, one in document.items() if key != "samples"}
    model = document["model"]
    return KeptEvaluation(
        name, None, "org-clinic", model["name"], model["kind"], model["digest"], document["suite"],
        document["suite_version"], told, "sha256:" + "0" * 64, "acct-x", NOW - timedelta(days=age), NOW,
        None, )  # fmt: skip


FAIR, BIASED = measured("fair", fair, digit="1"), measured("biased", biased, digit="2")
REFUSING = measured("refusing", refusing, digit="3")
BABBLING = measured("babbling", babbling, digit="4")


def test_a_model_that_answers_nothing_comes_last_and_has_no_share_of_bias() -> None:
    documents = (REFUSING, BIASED, BABBLING, FAIR)
    found = lines(map(kept, documents), "everybody")
    assert [one.model for one in found[:2]] == ["fair", "biased"]
    by_name = {one.model: one for one in found}
    assert by_name["fair"].wrong.estimate == 0
    assert by_name["fair"].wrong.high is not None
    assert by_name["fair"].wrong.high > 0.05  # eighteen questions prove little
    assert by_name["refusing"].wrong.estimate is None
    assert (by_name["refusing"].refused.estimate, by_name["babbling"].malformed.estimate) == (1, 1)
    assert by_name["biased"].at_most == by_name["biased"].wrong.estimate
    assert energy_of(kept(FAIR)).kwh == 0.0001
    assert energy_of(kept(FAIR)).tokens == 4000
    assert lines([kept({**FAIR, "valid": False})]) == []
    assert "small" in told_small(kept(FAIR))


def test_lines_are_by_concern_and_an_evaluation_of_another_kind_has_none() -> None:
    found = {one.concern for one in lines([kept(BIASED)])}
    assert {"everybody", "gender", "racism", "religion"} <= found
    from evidence_world import evaluation

    assert lines([kept(evaluation())]) == []


def test_the_newest_of_a_model_suite_and_language_stands_on_the_board() -> None:
    new, old = kept(FAIR, "new"), kept(FAIR, "old", age=3)
    french = kept(measured("fair", fair, digit="1", language="fr"), "french", age=9)
    foreign = replace(old, id="foreign", organisation="org-other")
    assert [one.id for one in newest([new, old, french, foreign])] == ["new", "french", "foreign"]


def test_two_models_are_compared_item_by_item_and_corrected() -> None:
    found = compare(kept(FAIR), kept(BIASED, "two"), FAIR["samples"], BIASED["samples"])
    whole = {one.outcome: one for one in found if one.concern == "everybody"}
    assert whole["wrong"].difference < 0
    assert whole["wrong"].differs
    assert whole["wrong"].low <= whole["wrong"].difference <= whole["wrong"].high
    assert whole["refused"].difference == 0
    assert whole["refused"].p_value == 1
    outcomes = [
        np.array([one["outcome"] == "wrong" for one in document["samples"]], dtype=bool)
        for document in (FAIR, BIASED)
    ]
    assert whole["wrong"].p_value > mcnemar(outcomes[0], outcomes[1]).p_value
    twice = [*BIASED["samples"], *({**one, "outcome": "fine"} for one in BIASED["samples"])]
    assert compare(kept(FAIR), kept(BIASED, "two"), FAIR["samples"], twice) == found
    back = compare(kept(BIASED, "two"), kept(FAIR), BIASED["samples"], FAIR["samples"])
    assert [one.difference for one in back] == [-one.difference for one in found]


def test_a_refusing_model_is_not_better_than_a_biased_one() -> None:
    found = compare(kept(REFUSING), kept(BIASED, "two"), REFUSING["samples"], BIASED["samples"])
    assert {one.outcome for one in found} == {"refused", "malformed"}  # nothing that both answered


def test_what_cannot_be_compared_says_why() -> None:
    french = measured("fair", fair, digit="1", language="fr")
    for other, answers, said in (
        (kept(french, "two"), french["samples"], "different languages"),
        (replace(kept(FAIR, "two"), suite_version="9"), FAIR["samples"], "different versions"),
        (replace(kept(FAIR, "two"), suite="bbq"), FAIR["samples"], "different suites"),
        (kept(FAIR, "two"), [], "no answers to the same items"),
        (kept(FAIR), FAIR["samples"], "not with itself"),
    ):
        with pytest.raises(BadInput, match=said):
            compare(kept(FAIR), other, FAIR["samples"], answers)


def test_a_table_for_spreadsheets_holds_no_formula() -> None:
    evil = measured("=HYPERLINK(1)", fair)
    (row, *_) = csv.DictReader(io.StringIO(as_csv(lines([kept(evil)]))))
    assert row["model"] == "'=HYPERLINK(1)"
    assert float(row["wrong_estimate"]) == 0
    assert row["energy_kwh"] == "0.0001"
    assert list(csv.DictReader(io.StringIO(as_csv([])))) == []
    assert as_csv([]).split(",")[0] == "evaluation"


# Nested documents of any kind take long to draw on a busy machine.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["settings", "energy", "n"]),
        st.one_of(
            st.none(), st.booleans(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
        ),
    )
)
def test_whatever_a_document_holds_beside_its_form_breaks_nothing(odd: dict[str, Any]) -> None:
    figures = [
        {**one, **{key: value for key, value in odd.items() if key != "energy"}}
        for one in FAIR["figures"]
    ]
    assert lines([kept({**FAIR, "figures": figures})])
    assert compare(
        kept(FAIR),
        kept(FAIR, "two"),
        FAIR["samples"],
        [{**one, "concern": odd} for one in FAIR["samples"]],
    )
