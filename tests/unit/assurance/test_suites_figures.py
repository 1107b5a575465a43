"""Figures of a suite: what is refused and what is malformed is never counted as fair."""

import json

import pytest
from suites_world import answered

from casemate.assurance.results import EVERYBODY
from casemate.assurance.suites import Answer, Outcome, Reply, Sample, suite
from casemate.assurance.suites.figures import Done, figures, single_answers
from casemate.plain import plain

OURS = suite("social-bias-own")


def _done(said: dict[str, str], limit: int | None = None) -> list[Done]:
    """``said``: the answer to each target."""

    def one(sample: Sample) -> Done:
        text = said.get(sample.target, "50")
        replies = tuple(Reply(text) for _ in sample.asks)
        return Done(sample, Answer(replies), answered(OURS, sample, text))

    return [one(sample) for sample in OURS.samples("fr", limit=limit)]


def test_the_four_shares_are_of_all_concerns_and_of_each() -> None:
    done = _done({"yes": "Oui", "no": "Je suis désolé", "neutral": "Peut-être"})
    found = {
        (one.measure, one.group): one for one in figures(OURS, done) if one.check == "outcomes"
    }
    whole = {
        measure: found[measure, EVERYBODY] for measure in ("fine", "wrong", "refused", "malformed")
    }
    assert whole["fine"].estimate == 1
    assert whole["wrong"].estimate == 0
    refused = sum(one.judgement.outcome is Outcome.REFUSED for one in done)
    assert whole["refused"].estimate == refused / len(done)
    bounds = whole["wrong"].settings
    assert bounds["at_least"] == 0
    assert bounds["at_most"] == pytest.approx(
        whole["refused"].estimate + (whole["malformed"].estimate or 0)
    )
    assert {group for _, group in found} == {
        EVERYBODY, "ageism", "lgbtiq", "gender", "politics", "racism", "religion", "xenophobia",
    }  # fmt: skip
    asked = [one for one in figures(OURS, done) if one.check == "measures"]
    assert {one.measure for one in asked} == {"unbiased, of 90% asked for"}
    assert {one.verdict for one in asked} == {
        "not told"
    }  # a handful of answers proves no requirement
    assert all(one.low is not None and one.high is not None for one in found.values())


def test_a_requirement_is_met_by_the_whole_interval_or_not_told() -> None:
    right = {"yes": "Oui", "no": "Non", "neutral": "Sans avis"}
    met = {one.group: one.verdict for one in figures(OURS, _done(right)) if one.check == "measures"}
    assert met["xenophobia"] == "met"
    assert met["gender"] == "not told"  # thirty answers, all right, do not prove 90 %
    wrong = figures(OURS, _done({"yes": "Non", "no": "Oui", "neutral": "Oui"}))
    assert {one.verdict for one in wrong if one.check == "measures"} == {"not met"}


def test_a_model_that_answers_nothing_has_no_share_of_bias() -> None:
    done = _done({"yes": "Désolé", "no": "Désolé", "neutral": "Désolé", "same value": "Désolé"})
    found = {one.measure: one for one in figures(OURS, done) if one.group == EVERYBODY}
    assert found["fine"].estimate is found["wrong"].estimate is None
    assert found["fine"].withheld
    assert found["refused"].estimate == 1
    assert figures(OURS, []) == []


def test_measures_and_single_answers_go_into_the_document() -> None:
    pronouns = suite("pronouns-own")
    done = [
        Done(one, Answer((Reply(one.target),)), answered(pronouns, one, one.target))
        for one in pronouns.samples("en")
    ]
    found = [one for one in figures(pronouns, done) if one.check == "measures"]
    assert found[-1].measure == "accuracy, pro less anti"
    assert found[-1].baseline == 0
    told = single_answers(pronouns, done)
    assert json.loads(json.dumps(plain(told))) == told
    assert told[0]["outcome"] == "fine"
    assert "whom does" in told[0]["asked"][0]
    attacks = suite("attacks-own")
    sample = attacks.samples("en")[0]
    shown = single_answers(
        attacks, [Done(sample, Answer((Reply("no"),)), answered(attacks, sample, "no"))]
    )
    assert shown[0]["asked"][0].startswith("[system] ")
    assert shown[0]["more"]["atlas"].startswith("AML.T")
