"""The AI Act on systems that differ in one fact, on both sides of each date, in both versions."""

import json
from collections.abc import Mapping
from datetime import date

import pytest
from conftest import SHARED
from law_twins import TWINS, Twin

from casemate.errors import BadInput
from casemate.register.law import Answer, classify, law_at, read_facts
from casemate.register.law.cases import judge_cases, read_cases

CASES = SHARED / "data" / "assurance" / "ai_act" / "classification_cases.jsonl"
CANDIDATES = {"role": "provider", "purpose": "rank_candidates"}
LIFT = {"annex_I_product": "lift", "third_party_assessment": True}
UNDRESS = {"role": "provider", "generates_nonconsensual_intimate": True}


def closed(facts: Mapping[str, object], day: date) -> Answer:
    return classify(read_facts(facts, closed=True), day)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_each_twin_has_its_own_class_and_articles(twin: Twin) -> None:
    answer = closed(twin.facts, twin.as_of)
    assert (answer.cls, set(answer.articles)) == (twin.cls, set(twin.articles))
    assert answer.decided


def test_the_shared_cases_all_agree() -> None:
    if not CASES.exists():
        pytest.skip(
            "the shared cases of the AI Act are not on this machine (shared/data/assurance)"
        )
    judged = list(judge_cases(read_cases(CASES), date(2026, 11, 30)))
    assert len(judged) >= 31
    assert [one.case.id for one in judged if not (one.agreement and one.agreement.whole)] == []
    also = {
        one.case.id: (set(one.answer.also), set((one.case.expected or {})["also"]))
        for one in judged
        if one.answer and (one.case.expected or {}).get("also")
    }
    assert all(ours == theirs for ours, theirs in also.values()), json.dumps(
        {k: list(map(sorted, v)) for k, v in also.items()}
    )


@pytest.mark.parametrize(
    ("facts", "day", "version", "applies_from"),
    [
        (CANDIDATES, date(2024, 8, 1), "2024/1689", date(2026, 8, 2)),
        (CANDIDATES, date(2026, 7, 26), "2024/1689", date(2026, 8, 2)),
        (CANDIDATES, date(2026, 7, 27), "2026/1744", date(2027, 12, 2)),
        (CANDIDATES, date(2029, 1, 1), "2026/1744", date(2027, 12, 2)),
        (LIFT, date(2026, 7, 26), "2024/1689", date(2027, 8, 2)),
        (LIFT, date(2026, 7, 27), "2026/1744", date(2028, 8, 2)),
        (CANDIDATES | LIFT, date(2026, 7, 27), "2026/1744", date(2027, 12, 2)),
        (UNDRESS, date(2026, 7, 26), "2024/1689", date(2026, 8, 2)),
        (UNDRESS, date(2026, 7, 27), "2026/1744", date(2026, 12, 2)),
        (UNDRESS, date(2026, 12, 2), "2026/1744", date(2026, 12, 2)),
        ({"role": "gpai_provider"}, date(2026, 12, 2), "2026/1744", date(2025, 8, 2)),
        ({"interacts_with_persons": True}, date(2026, 12, 2), "2026/1744", date(2026, 8, 2)),
        ({"purpose": "spam_filter"}, date(2026, 12, 2), "2026/1744", None),
    ],
)  # fmt: skip
def test_the_answer_names_the_version_in_force_and_its_dates(
    facts: dict[str, object], day: date, version: str, applies_from: date | None
) -> None:
    answer = closed(facts, day)
    assert (answer.version.id, answer.applies_from) == (version, applies_from)
    assert answer.latest.id == "2026/1744"


def test_a_prohibition_on_its_way_is_told_with_its_day() -> None:
    answer = closed(UNDRESS, date(2026, 12, 1))
    assert answer.cls == "transparency"
    assert answer.upcoming == (("5(1)(ba)", date(2026, 12, 2)),)
    assert "5(1)(ba) upcoming" in answer.also
    assert closed(UNDRESS, date(2026, 12, 2)).upcoming == ()
    assert closed(UNDRESS, date(2026, 7, 26)).upcoming == ()  # nobody knew of it yet


def test_the_first_prohibitions_were_on_their_way_too() -> None:
    feelings = {
        "role": "deployer",
        "emotion_inference_from_biometrics": True,
        "subjects": "employees",
    }
    assert closed(feelings, date(2025, 2, 1)).upcoming == (("5(1)(f)", date(2025, 2, 2)),)
    assert closed(feelings, date(2025, 2, 1)).cls == "high_risk"
    assert closed(feelings, date(2025, 2, 2)).cls == "prohibited"


def test_before_the_act_there_is_no_answer() -> None:
    with pytest.raises(BadInput, match="2024-08-01"):
        law_at(date(2024, 7, 31))


def test_duties_are_by_role_and_dated() -> None:
    answer = closed(
        {"role": "deployer", "sector": "migration", "purpose": "risk_assessment_persons"},
        date(2026, 12, 2),
    )
    mine = {one.article: one.applies_from for one in answer.duties if one.yours}
    theirs = {one.article for one in answer.duties if not one.yours}
    assert mine["27(1)"] == date(2027, 12, 2)
    assert mine["4"] == date(2025, 2, 2)
    assert {"8-15", "43", "49(1)"} <= theirs
    assert not {"8-15", "43"} & mine.keys()


def test_an_assessment_that_is_done_is_only_kept() -> None:
    facts = {"role": "deployer", "sector": "finance", "purpose": "creditworthiness"}
    before = {one.article for one in closed(facts, date(2026, 12, 2)).duties}
    after = {one.article for one in closed({**facts, "fria_done": True}, date(2026, 12, 2)).duties}
    assert ("27(1)" in before, "27(2)" in before) == (True, False)
    assert ("27(1)" in after, "27(2)" in after) == (False, True)


def test_an_artistic_deep_fake_is_disclosed_in_its_own_way() -> None:
    fake = {"role": "deployer", "deepfake": True}
    plain = [one.states for one in closed(fake, date(2026, 12, 2)).duties if one.yours]
    artistic = [
        one.states
        for one in closed({**fake, "artistic": True}, date(2026, 12, 2)).duties
        if one.yours
    ]
    assert plain != artistic


def test_a_claim_that_the_facts_do_not_bear_out_is_told() -> None:
    claim = {
        "role": "provider",
        "annexIII_area": "5(a)",
        "claimed_exemption": "6(3)(a)",
        "profiling": False,
    }
    answer = closed(claim, date(2026, 12, 2))
    assert answer.cls == "high_risk"
    assert "6(3) claim not borne out" in answer.also
    borne = closed({**claim, "narrow_procedural_task": True}, date(2026, 12, 2))
    assert borne.cls == "not_high_risk_6_3"
    assert "6(3) claim not borne out" not in borne.also


def test_the_reasoning_can_be_checked_line_by_line() -> None:
    answer = closed(
        {"role": "provider", "biometric_categorisation": True, "infers_sensitive": True},
        date(2026, 12, 2),
    )
    (line,) = [one for step in answer.steps for one in step.reasons if one.rule == "5(1)(g)"]
    assert line.value is True
    assert line.because["biometric_categorisation"] is True
    assert line.because["labels_lawful_dataset"] is False
    assert "labels_lawful_dataset" in answer.assumed
    assert [child.article for child in line.children] == ["3(40)"]
    assert line.source
    assert [step.name for step in answer.steps][:4] == [
        "scope",
        "prohibited",
        "annex_i",
        "annex_iii",
    ]
