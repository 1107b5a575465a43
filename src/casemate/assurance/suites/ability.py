"""Ability in four languages, by the same questions in each: words, meanings, numbers, facts.

Parallel questions let languages be compared: what a model can in English and cannot in Luxembourgish is the
language's doing. By log-likelihood the same questions give calibration: is a model that is 80 % sure
right in 80 % of the cases? (Guo et al.: "On Calibration of Modern Neural Networks", ICML 2017: expected
calibration error; Brier 1950.)
"""

from collections.abc import Sequence
from dataclasses import replace
from math import exp

from casemate.assurance.suites import data
from casemate.assurance.suites.choosing import LETTERS, choosing, options_of, order
from casemate.assurance.suites.contract import (
    SEED,
    About,
    Answer,
    Judgement,
    Outcome,
    Sample,
    Suite,
    drawn,
)
from casemate.assurance.suites.measures import Judged, Measure, by_part, resampled, share
from casemate.assurance.suites.parsing import choice
from casemate.errors import BadInput

BINS = 5
_SHARED = (
    "Twenty questions, the same in four languages, each with four answers in an order drawn by the seed: "
    "which language a sentence is in, which word fits, what a word means, numbers and dates, plain facts. "
)


class Ability(Suite):
    """The model writes the letter of its answer."""

    about = About(
        name="ability-own",
        version="1",
        title="Ability in four languages",
        concern="ability",
        languages=("en", "fr", "de", "lb"),
        licence="CC0-1.0",
        source="written for this project; not validated by native speakers",
        method=_SHARED
        + "Guessing is right in a quarter. So few questions tell a language that a model cannot from one "
        "that it can; they rank no two good models, and say nothing of how well it writes.",
        own=True,
        chance=0.25,
    )
    by_likelihood = False

    def samples(self, language: str, seed: int = SEED, limit: int | None = None) -> list[Sample]:
        """A sample a question."""
        self.require_language(language)
        every = [
            _sample(row["id"], row["task"], row[language], language, seed, self.by_likelihood)
            for row in data.own("own/ability.tsv")
        ]
        return drawn(every, seed, limit)

    def score(self, answer: Answer, sample: Sample) -> Judgement:
        """Fine where the right letter was chosen."""
        read = choice(answer.text, options_of(sample), sample.more["language"])
        return read.judged(read.value == sample.target)

    def measures(self, judged: Sequence[Judged]) -> list[Measure]:
        """The share right, in all and by kind of question."""
        return share("right", judged) + by_part("right", judged, lambda one: one.group)


class Calibration(Ability):
    """How sure the model is, by the log-likelihoods of the letters, against how often it is right."""

    about = replace(
        Ability.about,
        name="calibration-own",
        title="Calibration",
        concern="calibration",
        method=_SHARED
        + "The log-likelihoods of the four letters, made to sum to one, say how sure the model "
        "is. Expected "
        f"calibration error over {BINS} bins of equal width (Guo et al. 2017) and the Brier "
        f"score; 0 is best "
        "in both. With twenty questions the error is above 0 by chance alone; read its interval. It cannot "
        "tell how sure a model sounds in what it writes.",
        log_likelihoods=True,
    )
    by_likelihood = True

    def score(self, answer: Answer, sample: Sample) -> Judgement:
        """Fine where the right letter is the likeliest; what is read says how likely each is."""
        told = [one.log_likelihood for one in answer.replies[0].likelihoods]
        highest = max(told)
        weights = [exp(one - highest) for one in told]
        chances = [one / sum(weights) for one in weights]
        best = LETTERS[told.index(highest)]
        outcome = Outcome.FINE if best == sample.target else Outcome.WRONG
        return Judgement(outcome, " ".join(f"{one:.4f}" for one in chances))

    def measures(self, judged: Sequence[Judged]) -> list[Measure]:
        """The share right, expected calibration error, and the Brier score."""
        return [
            *share("right", judged),
            *resampled("expected calibration error", judged, calibration_error, neutral=0.0),
            *resampled("Brier score", judged, brier, neutral=0.0),
        ]


def calibration_error(judged: Sequence[Judged]) -> float:
    """The mean gap between how sure and how often right, over bins weighed by their items."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for _, found in judged:
        sure = max(float(one) for one in found.read.split())
        bins.setdefault(min(int(sure * BINS), BINS - 1), []).append(
            (sure, found.outcome is Outcome.FINE)
        )
    gaps = (abs(sum(sure - right for sure, right in some)) for some in bins.values())
    return sum(gaps) / len(judged)


def brier(judged: Sequence[Judged]) -> float:
    """The mean squared distance of the four chances from the truth, from 0 to 2 (Brier 1950)."""
    total = 0.0
    for sample, found in judged:
        for letter, chance in zip(LETTERS, found.read.split(), strict=False):
            total += (float(chance) - (letter == sample.target)) ** 2
    return total / len(judged)


def parts(row_id: str, told: str) -> tuple[str, list[str]]:
    """A question and its four answers, the right one first."""
    asked, *answers = (part.strip() for part in told.split(" # "))
    if len(answers) != 4:
        raise BadInput(f"own/ability.tsv, {row_id}: four answers are needed, not {len(answers)}")
    return asked, answers


def _sample(
    ident: str, task: str, told: str, language: str, seed: int, likelihoods: bool
) -> Sample:
    asked, answers = parts(ident, told)
    options = order(answers, seed, ident)
    return choosing(
        ident, asked, options, answers[0], language, group=task, likelihoods=likelihoods
    )


ABILITY = Ability()
CALIBRATION = Calibration()
