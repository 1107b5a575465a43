"""What a language model makes of quotes, sentence by sentence: supported, or dropped and shown as dropped.

A model may order and connect. Each sentence names its quotes as ``[1]``; it stands only if it is words of
a quote, or if ``support`` finds everything that decides its meaning in the quotes that it names. A sentence
that names none and is the very words of one quote is given that quote's number by the server.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from casemate.knowledge.answers.answering import Likeness
from casemate.knowledge.answers.records import Quote
from casemate.knowledge.answers.support import Judge, Kind
from casemate.knowledge.sentences import sentences

_CITED = re.compile(r"\s*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_AFTER_STOP = re.compile(r"([.!?;])((?:\s*\[[\d\s,;]+\])+)")
_MARKUP = re.compile(r"^\s*(?:[-*•#>]+|\d{1,2}[.)])\s+|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
MOST_SENTENCES = 30
MOST_DROPPED = 12
"""After so many that do not stand, a model is stopped."""
MOST_CHARACTERS = 12_000


@dataclass(frozen=True, slots=True)
class Supported:
    """A sentence that stands, with the places of its quotes, from 1, and what kind of words it is."""

    text: str
    quotes: tuple[int, ...]
    kind: Kind

    @property
    def verbatim(self) -> bool:
        """Whether it is words of the law."""
        return self.kind == "quote"


@dataclass(frozen=True, slots=True)
class DroppedSentence:
    """A sentence that nobody is shown as an answer, and why. ``error``: it named no such quote."""

    text: str
    why: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What is left of a model's text, and what is not."""

    sentences: tuple[Supported, ...]
    dropped: tuple[DroppedSentence, ...]


def checked_writing(
    text: str,
    quotes: Sequence[Quote],
    language: str,
    likeness: Likeness | None = None,
    *,
    across: bool = False,
) -> Written:
    """Hold ``text`` against ``quotes``. A number of a quote that is not there drops the sentence."""
    judge = Judge(likeness, across=across)
    told = list(checked_stream([text], quotes, language, judge))
    return Written(
        tuple(one for one in told if isinstance(one, Supported)),
        tuple(one for one in told if isinstance(one, DroppedSentence)),
    )


def checked_stream(
    pieces: Iterable[str], quotes: Sequence[Quote], language: str, judge: Judge
) -> Iterator[Supported | DroppedSentence]:
    """Each sentence as soon as it is whole and checked.

    Ends early where a model repeats itself, goes on for ever, or writes much that does not stand.
    """
    said: set[str] = set()
    dropped = 0
    for number, (cited, sentence) in enumerate(_whole_sentences(pieces)):
        flat = " ".join(sentence.casefold().split())
        if flat in said:
            continue
        said.add(flat)
        told = _judged(cited, sentence, quotes, language, judge)
        yield told
        dropped += isinstance(told, DroppedSentence)
        if dropped >= MOST_DROPPED or number >= MOST_SENTENCES:
            return


def _judged(
    cited: tuple[int, ...], sentence: str, quotes: Sequence[Quote], language: str, judge: Judge
) -> Supported | DroppedSentence:
    unknown = [place for place in cited if not 1 <= place <= len(quotes)]
    if unknown:
        why = f"it names quote {unknown[0]}, and there are {len(quotes)}"
        return DroppedSentence(sentence, why, error=True)
    for place in cited or range(1, len(quotes) + 1):
        why, kind = judge.objection(sentence, quotes[place - 1], language)
        if not why and (cited or kind == "quote"):
            return Supported(sentence, (place,), kind)
    if not cited:
        return DroppedSentence(sentence, "it names no quote")
    whys = [judge.objection(sentence, quotes[place - 1], language)[0] for place in cited]
    return DroppedSentence(sentence, whys[0])


def _whole_sentences(pieces: Iterable[str]) -> Iterator[tuple[tuple[int, ...], str]]:
    """Each sentence with what it cites, when the next has begun or nothing more comes."""
    text, given = "", 0
    for piece in pieces:
        text += piece
        found = _cited_sentences(text)
        # The last may go on; and a citation may still follow the full stop of the one before.
        for one in found[given : len(found) - 1 if _begun(text) else given]:
            given += 1
            yield one
        if len(text) > MOST_CHARACTERS:
            break
    yield from _cited_sentences(text)[given:]


def _begun(text: str) -> bool:
    """Whether the last sentence has letters of its own, and is no beginning of a citation."""
    last = re.split(r"[.!?;]\s|\n", _AFTER_STOP.sub(r"\2\1", text))[-1]
    return len(re.findall(r"[^\W\d_]", last)) > 1


def _cited_sentences(text: str) -> list[tuple[tuple[int, ...], str]]:
    """Each sentence with what it cites; a citation may stand after its full stop."""
    moved = _AFTER_STOP.sub(r"\2\1", text)
    found = []
    for span in sentences(moved):
        sentence = span.cut(moved)
        cited = [
            int(one) for group in _CITED.findall(sentence) for one in re.findall(r"\d+", group)
        ]
        bare = _MARKUP.sub("", _CITED.sub("", sentence)).strip()
        found.append((tuple(dict.fromkeys(cited)), bare))
    return [(cited, sentence) for cited, sentence in found if any(map(str.isalnum, sentence))]
