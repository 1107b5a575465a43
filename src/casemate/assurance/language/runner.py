"""Puts a suite to a model: goes on where it stopped, says how far it is, sees that the model stays.

Ours, and not Inspect's loop, for speed and for going on after a kill; the log it writes is Inspect's, and
the same suite runs in Inspect alone (``suites.inspect_tasks``).
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from casemate.assurance.language.endpoint import ModelChanged
from casemate.assurance.language.journal import Journal
from casemate.assurance.language.models import LanguageModel
from casemate.assurance.language.trial import Done, Plan, Trial
from casemate.assurance.suites.contract import Answer, Sample
from casemate.errors import BadInput

LOOK_AGAIN = 200
"""After so many answers an endpoint is asked the probes again."""


@dataclass(frozen=True)
class Progress:
    """How far a run is. ``seconds_left`` is ``None`` until the first answer."""

    done: int
    of: int
    seconds_left: float | None


Hears = Callable[[Progress], None]


def run(plan: Plan, model: LanguageModel, journal: Journal, hears: Hears | None = None) -> Trial:
    """Every sample of ``plan``, each ``plan.repeats`` times; those that the journal has are not asked."""
    if plan.suite.about.log_likelihoods and not model.card.log_likelihoods:
        raise BadInput(
            f"the suite {plan.suite.about.name} needs log-likelihoods, which {model.card.name} does not "
            "tell: local models do (--model smollm2)"
        )
    samples = plan.samples()
    every = [(one, repeat) for repeat in range(plan.repeats) for one in samples]
    missing = [(one, at) for one, at in every if (one.id, at) not in journal.done]
    invalid = ""
    try:
        _ask_all(plan, model, journal, missing, len(every), hears)
        if model.identity() != model.card.digest:
            invalid = (
                "the model answered fixed probes otherwise, or its file is another, at the end"
            )
    except ModelChanged as error:
        invalid = str(error)
    done = tuple(journal.done[one.id, at] for one, at in every if (one.id, at) in journal.done)
    return Trial(plan, model.card, tuple(samples), done, len(every) - len(missing), invalid)


def _ask_all(
    plan: Plan,
    model: LanguageModel,
    journal: Journal,
    missing: list[tuple[Sample, int]],
    of: int,
    hears: Hears | None,
) -> None:
    started, before = time.monotonic(), of - len(missing)
    _tell(hears, before, of, None)
    for count, done in enumerate(_answers(plan, model, missing), start=1):
        journal.add(done)
        each = (time.monotonic() - started) / count
        _tell(hears, before + count, of, each * (len(missing) - count))
        if count % LOOK_AGAIN == 0 and model.card.kind == "endpoint":
            _require_same(model)


def _require_same(model: LanguageModel) -> None:
    if model.identity() != model.card.digest:
        raise ModelChanged("the endpoint answered fixed probes otherwise while it was tried")


def _answers(plan: Plan, model: LanguageModel, missing: list[tuple[Sample, int]]) -> Iterator[Done]:
    """As they come: in order from one connection, in any order from several."""
    if model.connections == 1:
        for sample, repeat in missing:
            yield _answer(plan, model, sample, repeat)
        return
    waiting = iter(missing)
    with ThreadPoolExecutor(model.connections) as pool:
        try:
            under_way: set[Future[Done]] = set()
            while True:
                for sample, repeat in islice(waiting, model.connections - len(under_way)):
                    under_way.add(pool.submit(_answer, plan, model, sample, repeat))
                if not under_way:
                    return
                finished, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in finished)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _answer(plan: Plan, model: LanguageModel, sample: Sample, repeat: int) -> Done:
    wall, cpu = time.monotonic(), time.process_time()
    sampling = plan.sampling(sample, repeat)
    answer = Answer(tuple(model.reply(one, sample.most_tokens, sampling) for one in sample.asks))
    judgement = plan.suite.score(answer, sample)
    return Done(
        sample.id,
        repeat,
        answer,
        judgement,
        round(time.process_time() - cpu, 6),
        round(time.monotonic() - wall, 6),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def _tell(hears: Hears | None, done: int, of: int, left: float | None) -> None:
    if hears is not None:
        hears(Progress(done, of, left))
