"""What a language model makes of quotes, sentence by sentence: supported, or dropped and shown as dropped.

A model may order and connect. Each sentence names its quotes as ``[1]``; it stands only if it is words of
a quote, or if every number, day, negation, duty and name in it is in the quotes that it names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from casemate.knowledge.answers.answering import Likeness
from casemate.knowledge.answers.records import Quote
from casemate.knowledge.marks import unsupported
from casemate.knowledge.sentences import sentences

_CITED = re.compile(r"\s*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
LEAST_LIKE = 0.84
"""Likeness (cosine of multilingual-e5-small) below which a sentence says something else than its quotes."""


@dataclass(frozen=True, slots=True)
class Supported:
    """A sentence that stands, with the places of its quotes, from 1."""

    text: str
    quotes: tuple[int, ...]
    verbatim: bool


@dataclass(frozen=True, slots=True)
class DroppedSentence:
    """A sentence that nobody is shown as an answer, and why."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """What is left of a model's text, and what is not."""

    sentences: tuple[Supported, ...]
    dropped: tuple[DroppedSentence, ...]


def checked_writing(
    text: str, quotes: Sequence[Quote], language: str, likeness: Likeness | None = None
) -> Written:
    """Hold ``text`` against ``quotes``. A number of a quote that is not there drops the sentence."""
    kept: list[Supported] = []
    dropped: list[DroppedSentence] = []
    for cited, sentence in _cited_sentences(text):
        why = _objection(cited, sentence, quotes, language, likeness)
        if why:
            dropped.append(DroppedSentence(sentence, why))
        else:
            source = " ".join(quotes[place - 1].text for place in cited)
            kept.append(Supported(sentence, cited, _flat(sentence) in _flat(source)))
    return Written(tuple(kept), tuple(dropped))


def _cited_sentences(text: str) -> list[tuple[tuple[int, ...], str]]:
    """Each sentence with what it cites; a citation may stand after its full stop."""
    moved = re.sub(r"([.!?;])((?:\s*\[[\d\s,;]+\])+)", r"\2\1", text)
    found = []
    for span in sentences(moved):
        sentence = span.cut(moved)
        cited = [
            int(one) for group in _CITED.findall(sentence) for one in re.findall(r"\d+", group)
        ]
        found.append((tuple(dict.fromkeys(cited)), _CITED.sub("", sentence).strip()))
    return [(cited, sentence) for cited, sentence in found if any(map(str.isalnum, sentence))]


def _objection(
    cited: tuple[int, ...],
    sentence: str,
    quotes: Sequence[Quote],
    language: str,
    likeness: Likeness | None,
) -> str:
    if not cited:
        return "it names no quote"
    unknown = [place for place in cited if not 1 <= place <= len(quotes)]
    if unknown:
        return f"it names quote {unknown[0]}, and there are {len(quotes)}"
    source = " ".join(quotes[place - 1].text for place in cited)
    if _flat(sentence).rstrip(".") in _flat(source):
        return ""
    missing = unsupported(sentence, source, language)
    if missing:
        return f"its quotes do not have {missing[0]}"
    if likeness is not None and max(likeness(sentence, [source])) < LEAST_LIKE:
        return "it says something else than its quotes"
    return "" if likeness is not None else "nothing here can tell whether its quotes say so"


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())
