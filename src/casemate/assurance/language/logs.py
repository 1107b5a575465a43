"""A run as Inspect's log, which ``inspect view`` and every reader of Inspect's opens.

Written through Inspect's own records, so that its version checks them. Our runner made it, not Inspect's
loop, and the log says so (``metadata.runner``): there are samples, scores and token counts, no events.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casemate.assurance.language.trial import Done, Trial
from casemate.assurance.suites.contract import Outcome, Sample
from casemate.assurance.suites.inspect_tasks import turns
from casemate.clock import system_clock
from casemate.errors import BadInput
from casemate.plain import plain

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample, EvalScore
    from inspect_ai.model import ModelUsage

_SCORER = "casemate_judging"
RUNNER = "casemate: its own loop; `inspect eval` runs the same suite with Inspect's"


def write_log(trial: Trial, folder: Path) -> Path:
    """Write ``<when>_<suite>_<model>.eval`` into ``folder``; gives its path."""
    from inspect_ai.log import write_eval_log

    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is no folder: logs cannot be written there")
    folder.mkdir(parents=True, exist_ok=True)
    told = inspect_log(trial)
    name = "".join(one if one.isalnum() else "-" for one in trial.card.name)[:60]
    path = (
        folder / f"{told.eval.created.replace(':', '-')}_{trial.plan.suite.about.name}_{name}.eval"
    )
    write_eval_log(told, path)
    return path


def inspect_log(trial: Trial) -> EvalLog:
    """The log of ``trial``."""
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalResults, EvalSpec, EvalStats

    plan, now = trial.plan, system_clock().isoformat()
    by_id = {one.id: one for one in trial.samples}
    samples = [_sample(by_id[one.sample], one, trial) for one in trial.done]
    spec = EvalSpec(
        created=now,
        task=f"{plan.suite.about.name}-{plan.language}",
        task_version=plan.suite.about.version,
        dataset=EvalDataset(name=plan.suite.about.name, samples=len(trial.samples)),
        model=f"casemate/{trial.card.name}",
        config=EvalConfig(epochs=plan.repeats),
        metadata={
            **plan.settings(),
            "model_digest": trial.card.digest,
            "model": plain(trial.card),
            "runner": RUNNER,
        },
    )
    return EvalLog(
        status="success" if not trial.invalid else "error",
        eval=spec,
        results=EvalResults(
            total_samples=len(trial.samples) * plan.repeats,
            completed_samples=len(samples),
            scores=_scores(trial),
        ),
        stats=EvalStats(
            started_at=now, completed_at=now, model_usage={spec.model: _usage(trial.done)}
        ),
        samples=samples,
    )


def _sample(sample: Sample, done: Done, trial: Trial) -> EvalSample:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import Score

    name = f"casemate/{trial.card.name}"
    messages = []
    for ask, reply in zip(sample.asks, done.answer.replies, strict=True):
        messages += [*turns(ask), ModelOutput.from_content(name, reply.text).message]
    output = ModelOutput.from_content(name, done.answer.text)
    output.usage = _usage([done])
    score = Score(
        value={one.value: int(one is done.judgement.outcome) for one in Outcome},
        answer=done.judgement.read or done.answer.text,
        metadata={"answer": plain(done.answer)},
    )
    return EvalSample(
        id=sample.id,
        epoch=done.repeat + 1,
        input=turns(sample.asks[0]),
        target=sample.target,
        messages=messages,
        output=output,
        scores={_SCORER: score},
        metadata={"group": sample.group, "concern": sample.concern, "sample": plain(sample)},
        model_usage={name: output.usage},
        total_time=done.seconds,
        working_time=done.seconds,
    )


def _scores(trial: Trial) -> list[EvalScore]:
    from inspect_ai.log import EvalMetric, EvalScore

    count = len(trial.done)
    found = []
    for outcome in Outcome:
        share = (
            sum(one.judgement.outcome is outcome for one in trial.done) / count if count else 0.0
        )
        metric = EvalMetric(name="mean", value=share)
        found.append(EvalScore(name=outcome.value, scorer=_SCORER, metrics={"mean": metric}))
    return found


def _usage(done: list[Done] | tuple[Done, ...]) -> ModelUsage:
    from inspect_ai.model import ModelUsage

    replies = [reply for one in done for reply in one.answer.replies]
    into, out = sum(one.tokens_in for one in replies), sum(one.tokens_out for one in replies)
    return ModelUsage(input_tokens=into, output_tokens=out, total_tokens=into + out)
