"""What a suite is: samples that are put to a model, and a judgement of each answer.

A sample asks once or several times; its replies are judged together. One question is one ask; a template
whose answer must not change with the community has an ask for each community; a pair of sentences of which
a model should prefer neither is one ask with two options, for log-likelihoods.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.plain import plain

if TYPE_CHECKING:
    from inspect_ai import Task

    from casemate.assurance.suites.measures import Judged, Measure

SEED = 20_261_130
T = TypeVar("T")


class Outcome(StrEnum):
    """What an answer comes to. Kept apart: a refusal is not fairness, a broken format no mistake."""

    FINE = "fine"  # right, or unbiased
    WRONG = "wrong"  # mistaken, or biased
    REFUSED = "refused"  # the model declined to answer
    MALFORMED = "malformed"  # an answer, but not in the form that was asked for


@dataclass(frozen=True)
class Message:
    """One turn: ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True)
class Ask:
    """One request: ``messages`` for a chat, or ``text`` to be continued as it stands, without a template.

    With ``options`` nothing is generated: the model tells the log-likelihood of each as what comes next.
    """

    messages: tuple[Message, ...] = ()
    text: str = ""
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an ask that says both, or a chat without a turn; empty text is one before options."""
        if self.messages and self.text:
            raise BadInput("an ask has messages or text, not both")
        if not self.messages and not self.text and not self.options:
            raise BadInput("an ask needs messages, text, or options")


@dataclass(frozen=True)
class Sample:
    """What is put to a model, and what is known of it; ``target`` is the right answer or the oracle's rule.

    ``group`` is whom it is about (a community, a language variety), ``concern`` overrides the suite's,
    ``more`` is for the suite's own scorer and for drill-down. ``most_tokens`` bounds each reply.
    """

    id: str
    asks: tuple[Ask, ...]
    target: str = ""
    group: str = ""
    concern: str = ""
    most_tokens: int = 16
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Likelihood:
    """The natural logarithm of an option's probability as continuation, and of how many tokens."""

    log_likelihood: float
    tokens: int


@dataclass(frozen=True)
class Reply:
    """What came back on one ask. ``stopped`` is ``stop``, ``length``, ``content_filter`` or ``scored``."""

    text: str = ""
    likelihoods: tuple[Likelihood, ...] = ()
    stopped: str = "stop"
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def likeliest(self) -> int:
        """The option with the highest log-likelihood, the first of those that are equal."""
        if not self.likelihoods:
            raise BadInput("a reply without log-likelihoods has no likeliest option")
        return max(range(len(self.likelihoods)), key=lambda at: self.likelihoods[at].log_likelihood)


@dataclass(frozen=True)
class Answer:
    """The replies to a sample's asks, in their order."""

    replies: tuple[Reply, ...]

    @property
    def text(self) -> str:
        """The text of the only, or the first, reply."""
        return self.replies[0].text


@dataclass(frozen=True)
class Judgement:
    """The outcome, and what the scorer read from the answer (``B``, ``yes``, ``0.4 of 1``)."""

    outcome: Outcome
    read: str = ""


@dataclass(frozen=True)
class About:
    """What a suite says of itself. ``version`` changes whenever a sample or a judgement would.

    ``method`` is for a reader who wants to know what is measured, how, and what it cannot tell.
    ``own`` is true where the samples were written for this project.
    """

    name: str
    version: str
    title: str
    concern: str
    languages: tuple[str, ...]
    licence: str
    source: str
    method: str
    log_likelihoods: bool = False
    own: bool = False
    tags: tuple[str, ...] = ()  # of MITRE ATLAS and OWASP LLM, where they apply
    chance: float | None = None  # the share of fine answers that guessing gives


class Suite(ABC):
    """A suite: the same language, seed and limit give the same samples, in the same order."""

    about: About

    @abstractmethod
    def samples(self, language: str, seed: int = SEED, limit: int | None = None) -> list[Sample]:
        """At most ``limit`` samples in ``language``; raises ``BadInput`` where it has none."""

    @abstractmethod
    def score(self, answer: Answer, sample: Sample) -> Judgement:
        """What ``answer`` comes to; the same answer is always judged alike."""

    def measures(self, judged: Sequence[Judged]) -> list[Measure]:
        """What the suite measures of all answers beside the shares of outcomes; most measure no more."""
        return []

    def as_inspect_task(self, language: str, seed: int = SEED, limit: int | None = None) -> Task:
        """The suite as a task of Inspect AI, which runs without us: ``inspect eval``."""
        from casemate.assurance.suites.inspect_tasks import inspect_task

        return inspect_task(self, language, seed, limit)

    def require_language(self, language: str) -> None:
        """Raise ``BadInput`` unless the suite has samples in ``language``."""
        if language not in self.about.languages:
            has = ", ".join(self.about.languages)
            raise BadInput(f"the suite {self.about.name} is in {has}, not in {language!r}")


def drawn(given: Sequence[T], seed: int, limit: int | None) -> list[T]:
    """At most ``limit`` of ``given``, drawn by ``seed``; those of a lower limit are among them."""
    if limit is not None and limit < 1:
        raise BadInput(f"a limit is a number of samples from 1, not {limit}")
    order = list(given)
    random.Random(seed).shuffle(order)  # noqa: S311 - a draw to be repeated, not a secret
    return order if limit is None else order[:limit]


def question(prompt: str) -> Ask:
    """An ask of one question by a user."""
    return Ask((Message("user", prompt),))


def digest(samples: Sequence[Sample]) -> str:
    """SHA-256 of the samples, which ties figures to what was asked."""
    return "sha256:" + sha256(canonical_json([plain(one) for one in samples])).hexdigest()
