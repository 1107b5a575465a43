"""How good answers are, over questions whose sources are known: the figures that are published.

Citation F1 is over provisions; refusal F1 is over questions whose answer is not in the texts (the same
questions, with it taken out), as Banar et al. measure on Belgian law (bLLeQA).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from casemate.errors import BadInput
from casemate.knowledge.answers.answering import Answers
from casemate.knowledge.answers.records import Answer, Quote
from casemate.knowledge.documents import Library


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the provisions (``work#key``) that answer it."""

    question: str
    language: str
    on: date
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Shares from 0 to 1 over ``questions`` questions, each asked with and without its answer there."""

    questions: int
    quote_exists: float
    right_version: float
    citation_precision: float
    citation_recall: float
    citation_f1: float
    refusal_precision: float
    refusal_recall: float
    refusal_f1: float


def measure(
    answers: Answers, library: Library, asked: Sequence[Asked], quotes: int = 3
) -> AnswerFigures:
    """The figures; what is shown as near only is a refusal to answer. Raises ``BadInput`` where nothing is
    asked."""
    if not asked:
        raise BadInput("there are no questions to measure answers by")
    given = [answers.ask(one.question, one.language, one.on, quotes=quotes) for one in asked]
    taken_out = [
        answers.ask(one.question, one.language, one.on, quotes=quotes, without=one.relevant)
        for one in asked
    ]
    all_quotes = [
        (one, quote) for one in (*given, *taken_out) for quote in (*one.quotes, *one.near)
    ]
    existing = sum(_exists(library, quote, answer.on) for answer, quote in all_quotes)
    versions = sum(not quote.why and _holds(quote, answer.on) for answer, quote in all_quotes)
    precision, recall = _citations(asked, given)
    refused_rightly = sum(bool(one.refusal) for one in taken_out)
    refusals = refused_rightly + sum(bool(one.refusal) for one in given)
    refusal_precision = refused_rightly / refusals if refusals else 0.0
    refusal_recall = refused_rightly / len(asked)
    return AnswerFigures(
        questions=len(asked),
        quote_exists=existing / max(1, len(all_quotes)),
        right_version=versions / max(1, len(all_quotes)),
        citation_precision=precision,
        citation_recall=recall,
        citation_f1=_f1(precision, recall),
        refusal_precision=refusal_precision,
        refusal_recall=refusal_recall,
        refusal_f1=_f1(refusal_precision, refusal_recall),
    )


def _citations(asked: Sequence[Asked], given: Sequence[Answer]) -> tuple[float, float]:
    precisions, recalls = [], []
    for one, answer in zip(asked, given, strict=True):
        cited = {f"{quote.work}#{quote.provision}" for quote in answer.quotes}
        right = len(cited & one.relevant)
        precisions.append(right / len(cited) if cited else 0.0)
        recalls.append(right / len(one.relevant))
    return sum(precisions) / len(asked), sum(recalls) / len(asked)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _exists(library: Library, quote: Quote, on: date) -> bool:
    day = quote.valid_from or on
    stored = library.at(quote.work, quote.provision, quote.language, day).provision
    return stored is not None and stored.text[quote.start : quote.end] == quote.text


def _holds(quote: Quote, on: date) -> bool:
    begun = quote.valid_from is None or quote.valid_from <= on
    return begun and (quote.valid_to is None or on < quote.valid_to)
