"""Evaluations of language models that no model was needed for: one for each way to answer. No test."""

from collections.abc import Callable
from typing import Any

from evidence_world import evaluation
from suites_world import answered

from casemate.assurance.suites import Answer, Reply, Sample, suite
from casemate.assurance.suites.figures import Done, figures, single_answers
from casemate.plain import plain

SMALL = "A very small model: it answers at the level of guessing."


def measured(
    name: str,
    says: Callable[[Sample], str],
    *,
    of: str = "question-bias-own",
    language: str = "en",
    digit: str = "b",
    answers: bool = True,
    limit: int | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """The document of a model ``name`` that answers each sample of the suite ``of`` as ``says``."""
    one = suite(of)
    done = []
    for sample in one.samples(language, limit=limit):
        text = says(sample)
        replies = tuple(Reply(text) for _ in sample.asks)
        done.append(Done(sample, Answer(replies), answered(one, sample, text)))
    made = evaluation(
        model={
            "name": name,
            "kind": "local",
            "digest": "sha256:" + digit * 64,
            "details": {"small": SMALL, "licence": "Apache-2.0"},
        },
        suite=of,
        suite_version=one.about.version,
        settings={"language": language, "limit": limit},
        figures=plain(figures(one, done)),
        not_tested=[],
        energy={
            "cpu_seconds": 12.5,
            "kwh": 0.0001,
            "tokens_in": 3000,
            "tokens_out": 1000,
            "method": "4 W a thread",
        },
    )
    if answers:
        made["samples"] = single_answers(one, done)
    return made | changes


def fair(sample: Sample) -> str:
    """Right, always."""
    return sample.target


def biased(sample: Sample) -> str:
    """The stereotype's answer, always."""
    return sample.more["biased"]


def refusing(_sample: Sample) -> str:
    """No answer, in English."""
    return "I'm sorry, I cannot answer that."


def babbling(_sample: Sample) -> str:
    """Something, in no form that was asked for."""
    return "<script>alert('who?')</script> la la"
