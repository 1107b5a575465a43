"""Suites of ability, calibration, robustness, grounding, pronouns, hate and refusal: models of one idea."""

import random
from collections.abc import Callable

import pytest
from suites_world import answered, everything, scored

from casemate.assurance.suites import Outcome, Sample, suite
from casemate.assurance.suites.ability import brier, calibration_error
from casemate.assurance.suites.disturbing import DISTURBANCES
from casemate.assurance.suites.measures import Judged, Measure

LANGUAGES = ("en", "fr", "de", "lb")
SORRY = {
    "en": "I'm sorry, I cannot answer.",
    "fr": "Je suis désolé, je ne peux pas répondre.",
    "de": "Es tut mir leid, das kann ich nicht sagen.",
    "lb": "Et deet mir leed, ech kann net äntweren.",
}
YES_NO = {"en": ("Yes", "No"), "fr": ("Oui", "Non"), "de": ("Ja", "Nein"), "lb": ("Jo", "Nee")}


def _share(judged: list[Judged], outcome: Outcome = Outcome.FINE) -> float:
    return sum(found.outcome is outcome for _, found in judged) / len(judged)


def _named(found: list[Measure]) -> dict[tuple[str, str], float]:
    return {(one.name, one.part): one.interval.estimate for one in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_questions_are_asked_in_every_language(language: str) -> None:
    ability = suite("ability-own")
    samples = {one.id: one for one in ability.samples(language)}
    assert list(samples) == [one.id for one in ability.samples("en")]
    assert {one.group for one in samples.values()} == {
        "language", "cloze", "translation", "numbers", "facts",
    }  # fmt: skip
    assert _share(everything(ability, language, lambda one: one.target)) == 1
    assert _share(everything(ability, language, lambda _: SORRY[language]), Outcome.REFUSED) == 1
    assert _share(everything(ability, language, lambda _: "?"), Outcome.MALFORMED) == 1
    draw = random.Random(4)
    guesses = [
        _share(everything(ability, language, lambda _: draw.choice("ABCD"))) for _ in range(20)
    ]
    assert abs(sum(guesses) / 20 - 0.25) < 0.08


def test_the_place_of_the_right_answer_tells_nothing() -> None:
    letters = [one.target for seed in range(20) for one in suite("ability-own").samples("en", seed)]
    assert all(0.2 < letters.count(one) / len(letters) < 0.3 for one in "ABCD")


# ── calibration ──────────────────────────────────────────────────────────────────────────────────


def _sure(chance_of_right: float) -> list[Judged]:
    """A model that gives the right letter ``chance_of_right``, and the rest to the others alike."""
    from math import log

    calibration = suite("calibration-own")
    rest = (1 - chance_of_right) / 3

    def told(one: Sample) -> list[float]:
        return [log(chance_of_right if letter == one.target else rest) for letter in "ABCD"]

    return [(one, scored(calibration, one, *told(one))) for one in calibration.samples("de")]


def test_calibration_by_hand() -> None:
    known = _sure(0.7)
    assert _share(known) == 1
    assert calibration_error(known) == pytest.approx(0.3)  # 70 % sure, always right
    assert brier(known) == pytest.approx(0.3**2 + 3 * 0.1**2)
    mistaken = _sure(0.1)  # sure of others: 30 % each
    assert _share(mistaken) == 0
    assert calibration_error(mistaken) == pytest.approx(0.3)
    assert brier(mistaken) == pytest.approx(0.9**2 + 3 * 0.3**2)
    measured = _named(suite("calibration-own").measures(known))
    assert measured["expected calibration error", ""] == pytest.approx(0.3)


# ── robustness ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_disturbance_is_drawn_by_the_seed_and_changes_the_question(language: str) -> None:
    robustness = suite("robustness-own")
    samples = robustness.samples(language)
    assert samples == robustness.samples(language)
    assert samples != robustness.samples(language, seed=2)
    assert {one.group for one in samples} == {*DISTURBANCES, "paraphrase", "order of options"}
    for one in samples:
        clean, disturbed = (ask.messages[0].content for ask in one.asks)
        assert clean != disturbed


def _robust(model: Callable[[Sample, str], str], language: str) -> list[Judged]:
    robustness = suite("robustness-own")
    return [
        (one, answered(robustness, one, model(one, "clean"), model(one, "disturbed")))
        for one in robustness.samples(language)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_that_reads_is_robust_and_one_that_takes_the_first_is_not(language: str) -> None:
    reads = _robust(lambda one, _: one.target, language)
    assert _share(reads) == 1
    first = _robust(lambda _one, _: "A", language)
    of_order = [one for one in first if one[0].group == "order of options"]
    assert _share(of_order, Outcome.WRONG) == 1
    assert _share([one for one in first if one[0].group != "order of options"]) == 1
    breaks = _robust(lambda one, which: one.target if which == "clean" else "A", language)
    measured = _named(suite("robustness-own").measures(breaks))
    assert all(
        difference < 0
        for (name, part), difference in measured.items()
        if name.startswith("right") and part != "paraphrase"
    )
    refusing = _robust(lambda _one, _: SORRY[language], language)
    assert _share(refusing, Outcome.REFUSED) == 1


# ── grounding ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_come_from_the_passage(language: str) -> None:
    grounding = suite("grounding-own")
    reads = everything(grounding, language, lambda one: one.target.split(";")[-1])
    assert _share(reads) == 1
    by_heart = next(one for one in grounding.samples(language) if one.id == "changed")
    assert answered(grounding, by_heart, "40").outcome is Outcome.WRONG
    assert answered(grounding, by_heart, "31, not 40").outcome is Outcome.WRONG  # two numbers
    assert answered(grounding, by_heart, SORRY[language]).outcome is Outcome.REFUSED
    assert answered(grounding, by_heart, "...").outcome is Outcome.MALFORMED
    unsaid = next(one for one in grounding.samples(language) if one.group == "unanswerable")
    assert answered(grounding, unsaid, "1998").outcome is Outcome.WRONG
    assert answered(grounding, by_heart, unsaid.target).outcome is Outcome.WRONG


# ── pronouns ─────────────────────────────────────────────────────────────────────────────────────


def test_the_gap_of_pronouns_is_the_bias() -> None:
    pronouns = suite("pronouns-own")

    def stereotype(one: Sample) -> str:
        other = "AB".replace(one.target, "")
        return one.target if one.group == "pro" else other

    gap = _named(pronouns.measures(everything(pronouns, "en", stereotype)))
    assert gap["accuracy, pro less anti", ""] == 1
    fair = _named(pronouns.measures(everything(pronouns, "en", lambda one: one.target)))
    assert fair["accuracy, pro less anti", ""] == 0
    assert not pronouns.measures(everything(pronouns, "en", lambda _: SORRY["en"]))
    halves = [one.more["pair"] for one in pronouns.samples("en", limit=4)]
    assert len(set(halves)) == 2  # a limit keeps pairs together
    sample = pronouns.samples("en")[0]
    right = sample.more["options"].split("\n")["AB".index(sample.target)]
    assert answered(pronouns, sample, f"The {right}.").outcome is Outcome.FINE


# ── hate speech ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_detector_is_judged_by_function(language: str) -> None:
    hate, (yes, no) = suite("hate-speech-own"), YES_NO[language]
    careful = everything(hate, language, lambda one: yes if one.target == "yes" else no)
    found = _named(hate.measures(careful))
    assert found["accuracy", "slur_h" if ("accuracy", "slur_h") in found else "negate_pos_h"] == 1
    assert found["F1 of hateful texts", ""] == 1
    anxious = _named(hate.measures(everything(hate, language, lambda _: yes)))
    assert anxious["accuracy", "ident_neutral_nh"] == 0
    assert anxious["F1 of hateful texts", ""] == pytest.approx(2 / 3)  # half are hateful
    refusing = everything(hate, language, lambda _: SORRY[language])
    assert _share(refusing, Outcome.REFUSED) == 1
    assert not hate.measures(refusing)


# ── refusal ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusing_everything_is_no_virtue(language: str) -> None:
    refusal = suite("refusal-own")
    all_refused = _named(refusal.measures(everything(refusal, language, lambda _: SORRY[language])))
    assert all_refused == {
        ("harmful requests declined", ""): 1,
        ("harmless requests declined", ""): 1,
    }
    good = everything(
        refusal, language, lambda one: SORRY[language] if one.target == "declined" else "Moien."
    )
    assert _share(good) == 1
    obeying = everything(refusal, language, lambda _: "1. 2. abc")
    assert _share(obeying, Outcome.WRONG) == 0.5
    assert _share(everything(refusal, language, lambda _: "**"), Outcome.MALFORMED) == 1
