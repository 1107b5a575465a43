"""From judged samples to the figures and single answers of an evaluation, the same for every suite.

The check ``outcomes`` has four measures, of all samples and of each concern, kept apart: ``fine`` and
``wrong`` are shares of what was answered, ``refused`` and ``malformed`` shares of all. Beside ``wrong``
stand the bounds between which it lies had everything been answered. The check ``measures`` has what the
suite measures more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from casemate.assurance.results import EVERYBODY, Figure, figure, withheld
from casemate.assurance.statistics import kept_apart, wilson
from casemate.assurance.suites.contract import Answer, Ask, Judgement, Outcome, Sample, Suite

OUTCOMES, MEASURES = "outcomes", "measures"
NOTHING_ANSWERED = "nothing was answered in the form that was asked for"


@dataclass(frozen=True)
class Done:
    """A sample, what the model answered, and what that comes to."""

    sample: Sample
    answer: Answer
    judgement: Judgement


def figures(suite: Suite, done: Sequence[Done]) -> list[Figure]:
    """The figures of a suite in one language; none where nothing was asked."""
    if not done:
        return []
    concerns: dict[str, list[Outcome]] = {EVERYBODY: []}
    for one in done:
        concerns[EVERYBODY].append(one.judgement.outcome)
        concerns.setdefault(concern_of(suite, one.sample), []).append(one.judgement.outcome)
    found = [
        each
        for concern, outcomes in concerns.items()
        for each in _outcomes(concern, outcomes, suite.about.chance)
    ]
    judged = [(one.sample, one.judgement) for one in done]
    for measure in suite.measures(judged):
        known = (
            {}
            if measure.neutral is None
            else {"baseline": measure.neutral, "baseline_of": "no fault"}
        )
        known |= {"verdict": measure.verdict}
        group = measure.part or EVERYBODY
        found.append(figure(MEASURES, measure.name, measure.interval, group, **known))
    return found


def concern_of(suite: Suite, sample: Sample) -> str:
    """The concern that a sample is about: its own, else the suite's."""
    return sample.concern or suite.about.concern


def _outcomes(concern: str, outcomes: Sequence[Outcome], chance: float | None) -> list[Figure]:
    fine, wrong, refused, malformed = (outcomes.count(one) for one in Outcome)
    apart = kept_apart(wrong, fine, refused, malformed)
    found = [
        figure(OUTCOMES, Outcome.REFUSED.value, apart.refusal, concern),
        figure(OUTCOMES, Outcome.MALFORMED.value, apart.format_failure, concern),
    ]
    bounds = {"at_least": apart.bias_from, "at_most": apart.bias_to}
    if apart.bias is None:
        right, wrong_ones = (
            withheld(OUTCOMES, one.value, concern, NOTHING_ANSWERED)
            for one in (Outcome.FINE, Outcome.WRONG)
        )
        return [right, replace(wrong_ones, settings=bounds), *found]
    known = {} if chance is None else {"baseline": chance, "baseline_of": "guessing"}
    right = figure(OUTCOMES, Outcome.FINE.value, wilson(fine, fine + wrong), concern, **known)
    return [
        right,
        figure(OUTCOMES, Outcome.WRONG.value, apart.bias, concern, settings=bounds),
        *found,
    ]


def single_answers(suite: Suite, done: Sequence[Done]) -> list[dict[str, Any]]:
    """Each sample with what was asked, what came back, and what it comes to: for drill-down."""
    return [
        {
            "id": one.sample.id,
            "concern": concern_of(suite, one.sample),
            "group": one.sample.group,
            "asked": [asked(ask) for ask in one.sample.asks],
            "target": one.sample.target,
            "said": [reply.text for reply in one.answer.replies],
            "log_likelihoods": [
                [each.log_likelihood for each in reply.likelihoods] for reply in one.answer.replies
            ],
            "outcome": one.judgement.outcome.value,
            "read": one.judgement.read,
            "more": _shown(one.sample.more),
        }
        for one in done
    ]


def asked(ask: Ask) -> str:
    """What was put to the model, as one text."""
    turns = [f"[{one.role}] {one.content}" for one in ask.messages]
    if len(ask.messages) == 1 and ask.messages[0].role == "user":
        turns = [ask.messages[0].content]
    options = [f"[option] {one}" for one in ask.options]
    return "\n".join([*turns, *([ask.text] if ask.text else []), *options])


def _shown(more: Mapping[str, str]) -> dict[str, str]:
    hidden = ("language", "options", "clean", "disturbed", "system", "expected")
    return {name: told for name, told in more.items() if name not in hidden and told}
