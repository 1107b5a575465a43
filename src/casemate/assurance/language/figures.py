"""From answers to an evaluation's document: shares with intervals, three things kept apart, what it took.

What depends on the model, suite and settings alone (figures, single answers) has a digest of its own, so
that who runs it again can see at once whether the same came out; energy and times are never the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from casemate.assurance.language.calibration import CALIBRATION_ERROR, calibration, sure
from casemate.assurance.language.energy import Grid, account
from casemate.assurance.language.trial import Done, Trial
from casemate.assurance.results import Figure, NotTested, figure, machine
from casemate.assurance.statistics import repeated_runs
from casemate.assurance.statistics.intervals import LEVEL, wilson
from casemate.assurance.suites.contract import Outcome, digest
from casemate.assurance.suites.figures import Done as Judged
from casemate.assurance.suites.figures import figures as suite_figures
from casemate.assurance.suites.figures import single_answers
from casemate.canonical import digest as digest_of
from casemate.plain import as_json, plain

_RUNTIME = ("xllamacpp", "openai", "inspect-ai", "codecarbon")


def document(trial: Trial, grid: Grid, *, level: float = LEVEL) -> dict[str, Any]:
    """The evaluation as it is kept: ``figures``, ``samples``, ``energy`` and all that ties them down."""
    about, plan = trial.plan.suite.about, trial.plan
    told = figures(trial, level=level)
    each = answers(trial)
    whole = len(trial.done) == len(trial.samples) * plan.repeats
    settings = {**plan.settings(), "limit": plan.limit, "repeats": plan.repeats, "level": level}
    threads = trial.card.settings.get("threads")
    return {
        "suite": about.name,
        "suite_version": about.version,
        "about": plain(about),
        "model": _model(trial),
        "data": {
            "name": f"{about.name} {plan.language}",
            "kind": "samples",
            "digest": digest(trial.samples),
            "details": {
                "samples": len(trial.samples),
                "licence": about.licence,
                "source": about.source,
            },
        },
        "seed": plan.seed,
        "settings": settings,
        "machine": _machine(),
        "figures": plain(told),
        "not_tested": plain(_not_tested(trial)),
        "samples": each,
        "results_digest": digest_of(as_json([told, each])),
        "valid": not trial.invalid and whole,
        "invalid_because": trial.invalid or ("" if whole else "not every sample was answered"),
        "energy": account(
            trial.done,
            threads if isinstance(threads, int) else 1,
            os.cpu_count() or 1,
            grid,
            local=trial.card.kind == "local",
        ),
    }


def figures(trial: Trial, *, level: float = LEVEL) -> list[Figure]:
    """The suite's of the first run, how far runs agree where there are several, and calibration."""
    first = [one for one in trial.done if one.repeat == 0]
    found = suite_figures(trial.plan.suite, _judged(trial, first))
    if trial.plan.repeats > 1:
        found += _repeated(trial, level)
    if any(one.measure == CALIBRATION_ERROR for one in found):
        return found  # a suite that is about it measures it itself
    by_id = {one.id: one for one in trial.samples}
    given = [
        told
        for one in first
        if (told := sure(by_id[one.sample], one.answer.replies[0])) is not None
    ]
    return [*found, *calibration(given, seed=trial.plan.seed, level=level)]


def answers(trial: Trial) -> list[dict[str, Any]]:
    """The single answers in the order of samples and repeats, without times: for drill-down."""
    told = single_answers(trial.plan.suite, _judged(trial, trial.done))
    language = trial.plan.language
    return [
        {**each, "repeat": one.repeat, "language": language}
        for each, one in zip(told, trial.done, strict=True)
    ]


def _judged(trial: Trial, done: Iterable[Done]) -> list[Judged]:
    by_id = {one.id: one for one in trial.samples}
    return [Judged(by_id[one.sample], one.answer, one.judgement) for one in done]


def _repeated(trial: Trial, level: float) -> list[Figure]:
    """Shares of all samples over all runs: what items and what runs add to their spread is told apart."""
    table = _table(trial.done)
    if len(table) < 2:
        return []
    found = []
    for outcome in Outcome:
        told = repeated_runs((table == outcome.value).astype(float), level=level)
        spread = {
            "runs": told.runs,
            "between_items": told.between_items,
            "between_runs": told.between_runs,
            "rest": told.rest,
        }
        measure = f"{outcome.value}, of all samples in all runs"
        found.append(figure("repeated runs", measure, told.mean, settings=spread))
    alike = int((table == table[:, :1]).all(axis=1).sum())
    share = wilson(alike, len(table), level=level)
    return [*found, figure("repeated runs", "samples with one outcome in every run", share)]


def _table(done: Iterable[Done]) -> Any:
    """A row for each sample that has every repeat, a column for each repeat."""
    rows: dict[str, dict[int, str]] = {}
    for one in done:
        rows.setdefault(one.sample, {})[one.repeat] = one.judgement.outcome.value
    repeats = max((len(one) for one in rows.values()), default=0)
    return np.array(
        [[row[at] for at in range(repeats)] for row in rows.values() if len(row) == repeats]
    )


def _model(trial: Trial) -> dict[str, Any]:
    card = trial.card
    details = {
        name: value for name, value in plain(card).items() if name not in ("name", "kind", "digest")
    }
    return {"name": card.name, "kind": card.kind, "digest": card.digest, "details": details}


def _not_tested(trial: Trial) -> list[NotTested]:
    found = [
        NotTested(
            "other wordings", "a model may answer the same question otherwise, asked otherwise"
        )
    ]
    if trial.card.kind == "endpoint":
        found.append(
            NotTested(
                "which weights answered",
                "an endpoint tells a name and answers to probes, no digest",
            )
        )
        if not trial.card.repeatable:
            found.append(
                NotTested(
                    "whether the model stayed the same",
                    "its answers to fixed probes differ of themselves: only its own word was compared",
                )
            )
    return found


def _machine() -> dict[str, Any]:
    told = dict(machine())
    packages = dict(told["packages"])
    for name in _RUNTIME:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {**told, "packages": packages}
