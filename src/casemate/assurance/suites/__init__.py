"""Suites: what is put to a language model, in which language, and how an answer is judged.

A suite is a class with ``about``, ``samples`` and ``score`` (see ``contract``), in a module of its own; its
instance stands in ``registry.PLACES``. Whatever runs it (our runner, Inspect AI) needs nothing else.
"""

from casemate.assurance.suites.contract import (
    SEED,
    About,
    Answer,
    Ask,
    Judgement,
    Likelihood,
    Message,
    Outcome,
    Reply,
    Sample,
    Suite,
    digest,
    drawn,
    question,
)
from casemate.assurance.suites.registry import names, suite, suites

__all__ = [
    "SEED",
    "About",
    "Answer",
    "Ask",
    "Judgement",
    "Likelihood",
    "Message",
    "Outcome",
    "Reply",
    "Sample",
    "Suite",
    "digest",
    "drawn",
    "names",
    "question",
    "suite",
    "suites",
]
