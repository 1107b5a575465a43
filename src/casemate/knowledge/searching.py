"""Looking for provisions by words, without asking a question: a list, the best first, nothing refused.

Each comes with the sentence that has most of the words, cut from its text, and with which of its words
were meant; a page marks them.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from casemate.errors import BadInput
from casemate.knowledge.passages import Passage
from casemate.knowledge.sentences import sentences

if TYPE_CHECKING:
    from casemate.knowledge.answers.answering import Finder

LONGEST_SEARCH = 300
"""Characters that are looked for: what is longer is a question."""
LONGEST_EXCERPT = 260
MOST_HITS = 50
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of an excerpt, and whether it is one of the words that were looked for."""

    text: str
    meant: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A provision that was found, as in force on [``valid_from``, ``valid_to``)."""

    work: str
    title: str
    provision: str
    number: str
    heading: str
    language: str
    excerpt: tuple[Piece, ...]
    valid_from: date | None
    valid_to: date | None


def search(
    finder: "Finder", words: str, language: str, on: date | None, limit: int = 10
) -> list[SearchHit]:
    """The provisions in force ``on`` a day that ``words`` mean, the best first; ``None``: on any day.

    Raises ``BadInput`` where there is nothing to look for, or too much.
    """
    if not _WORD.search(words):
        raise BadInput("there is no word to look for: type one")
    if len(words) > LONGEST_SEARCH:
        raise BadInput(f"a search has at most {LONGEST_SEARCH} characters, this one {len(words):,}")
    if not 1 <= limit <= MOST_HITS:
        raise BadInput(f"a search gives 1 to {MOST_HITS} provisions, not {limit}")
    return [_hit(one.passage, words) for one in finder.find(words, language, on, limit)]


def _hit(passage: Passage, words: str) -> SearchHit:
    key = passage.provision.rpartition("#")[2]  # a library's passages name their work before it
    return SearchHit(
        passage.work, passage.title, key, passage.number, passage.heading, passage.language,
        excerpt(passage.text, words, passage.language), passage.valid_from, passage.valid_to,
    )  # fmt: skip


def excerpt(text: str, words: str, language: str) -> tuple[Piece, ...]:
    """The sentence of ``text`` that has most of ``words``, in pieces; cut where it is long."""
    from casemate.knowledge.retrieval.analysis import stems

    asked = set(stems(words, language))
    cut = [one.cut(text) for one in sentences(text)] or [text]
    found = [len(asked & set(stems(one, language))) for one in cut]
    chosen = cut[max(range(len(cut)), key=lambda place: (found[place], -place))]
    return tuple(_pieces(_shortened(chosen, asked, language), asked, language))


def _shortened(sentence: str, asked: Collection[str], language: str) -> str:
    """At most ``LONGEST_EXCERPT`` characters of a sentence, around the first word that was meant."""
    if len(sentence) <= LONGEST_EXCERPT:
        return sentence
    meant = (one.start() for one in _WORD.finditer(sentence) if _is_meant(one[0], asked, language))
    first = max(0, next(meant, 0) - LONGEST_EXCERPT // 3)
    start = 0 if first == 0 else sentence.find(" ", first) + 1
    kept = sentence[start : start + LONGEST_EXCERPT]
    whole = start + len(kept) == len(sentence)
    kept = kept if whole else kept.rpartition(" ")[0] or kept
    return f"{'… ' if start else ''}{kept}{'' if whole else ' …'}"


def _pieces(text: str, asked: Collection[str], language: str) -> Iterator[Piece]:
    done = 0
    for one in _WORD.finditer(text):
        if _is_meant(one[0], asked, language):
            if one.start() > done:
                yield Piece(text[done : one.start()], meant=False)
            yield Piece(one[0], meant=True)
            done = one.end()
    if done < len(text):
        yield Piece(text[done:], meant=False)


def _is_meant(word: str, asked: Collection[str], language: str) -> bool:
    from casemate.knowledge.retrieval.analysis import stems

    return any(stem in asked for stem in stems(word, language))


def plain_excerpt(pieces: Sequence[Piece]) -> str:
    """An excerpt as one text."""
    return "".join(one.text for one in pieces)
