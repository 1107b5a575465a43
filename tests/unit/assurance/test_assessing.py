"""What shows a requirement: the table speaks of what there is, each value follows from evidence."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from evidence_world import MODEL, evaluation

from casemate.assurance.assessing import (
    KINDS,
    Assessment,
    Known,
    Verdict,
    assess,
    kind_of,
    requirements,
)
from casemate.assurance.gate import Standing
from casemate.assurance.keeping import KeptEvaluation
from casemate.assurance.suites import suites
from casemate.register.keeping import KeptRecord
from casemate.register.law import classify, read_facts
from casemate.register.records import fields, read_record

NOW = datetime(2026, 11, 30, tzinfo=UTC)
HIGH_RISK = {"role": "provider", "purpose": "rank_candidates", "annexIII_area": "4(a)"}


def kept(number: int, **changes: Any) -> KeptEvaluation:
    document = evaluation(**changes)
    about = document["model"]
    return KeptEvaluation(
        id=f"evaluation-{number}", algorithm="algorithm-a", organisation="org-a",
        model_name=about["name"], model_kind=about["kind"], model_digest=about["digest"],
        suite=document["suite"], suite_version="1", document=document, digest="sha256:0",
        recorded_by="acct-a", recorded_at=NOW, published_at=None, run=None,
    )  # fmt: skip


def assessed(
    *evaluations: KeptEvaluation,
    told: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] = HIGH_RISK,
) -> Assessment:
    record = read_record({"name": "Sorter", **(told or {})})
    known = Known(
        kept=KeptRecord("algorithm-a", 1, "org-a", record, "sha256:0", "", "acct-a", NOW),
        answer=classify(read_facts(facts, closed=True), date(2027, 12, 2)),
        kind=kind_of(evaluations, ""),
        model=None,
        evaluations=evaluations,
        standing=Standing(None, "nothing"),
        is_public=False,
        runs=0,
    )
    return assess(known)


def verdict(found: Assessment, name: str) -> Verdict:
    return next(one.verdict for one in found.requirements if one.requirement.id == name)


def test_the_table_speaks_of_fields_suites_and_kinds_that_there_are() -> None:
    known = {one.about.name for one in suites()}
    for one in requirements():
        assert set(one.fields) <= fields().keys(), one.id
        for test in one.tests:
            assert test.reason
            assert set(test.kinds) <= set(KINDS)
            assert set(test.suites) <= known, one.id
            ways = [test.passes, test.beats, test.most is not None, test.least is not None]
            assert sum(map(bool, ways)) == 1, f"{one.id} reads {test.what} in one way"


def figure(check: str, measure: str, **more: Any) -> dict[str, Any]:
    return {"check": check, "measure": measure, "group": "everybody", "estimate": 0.9, **more}


ACCURATE = figure("performance", "accuracy", low=0.85, high=0.94, baseline=0.6)
NO_BETTER = figure("performance", "accuracy", low=0.55, high=0.94, baseline=0.6)


def test_what_no_figure_is_of_is_not_tested_and_a_failure_is_not_shown() -> None:
    assert verdict(assessed(), "accuracy") == "not tested"
    assert verdict(assessed(kept(1, figures=[ACCURATE])), "accuracy") == "shown"
    assert verdict(assessed(kept(1, figures=[NO_BETTER])), "accuracy") == "not shown"
    both = assessed(kept(1, figures=[ACCURATE]), kept(2, figures=[NO_BETTER]))
    assert verdict(both, "accuracy") == "not shown"


def test_a_withheld_figure_shows_nothing() -> None:
    hidden = {**ACCURATE, "estimate": None, "low": None, "high": None}
    assert verdict(assessed(kept(1, figures=[hidden])), "accuracy") == "not tested"


def test_figures_of_another_model_are_left_out() -> None:
    other = {"name": "other", "kind": "onnx", "digest": MODEL.replace("a", "b")}
    found = assessed(kept(2, figures=[NO_BETTER]), kept(1, figures=[ACCURATE], model=other))
    assert found.evidence == ("evaluation-2",)
    assert verdict(found, "accuracy") == "not shown"
    assert any("of other models" in one for one in found.notes)


@pytest.mark.parametrize(("high", "expected"), [(0.08, "shown"), (0.3, "not shown")])
def test_a_language_model_is_read_by_its_suites(high: float, expected: str) -> None:
    model = {"name": "small", "kind": "local", "digest": MODEL}
    wrong = figure("outcomes", "wrong", low=0.01, high=high) | {"estimate": 0.05}
    biased = kept(1, model=model, suite="social-bias-own", figures=[wrong])
    other = kept(2, model=model, suite="hate-speech-own", figures=[wrong | {"high": 0.9}])
    found = assessed(biased, other, told={"protected_attributes": "Gender."})
    assert found.kind == "language"
    assert verdict(found, "bias") == expected
    assert verdict(found, "robustness") == "not tested"


def test_a_claim_that_the_facts_do_not_bear_is_said_and_the_facts_count() -> None:
    found = assessed(told={"ai_act_class": "minimal"})
    assert found.cls == "high_risk"
    assert "The record says minimal, and by the facts it is high_risk" in found.contradiction
    assert not assessed(told={"ai_act_class": "high_risk"}).contradiction


def test_what_a_class_asks_for_is_asked_for() -> None:
    lesser = assessed(facts={"role": "provider", "purpose": "spam_filter"})
    assert {one.requirement.id for one in lesser.requirements} == {"literacy"}
    assert {one.requirement.id for one in assessed().requirements} >= {"risk", "bias", "rights"}
