"""The terms that a text defines, each with the words that define it, and where a text uses them.

Nothing is generated: a definition is a span of the provision that holds it. Three ways of defining are
read, in French, German, English and Luxembourgish:

- *means*: a point or a sentence says what a term means (``‘processing’ means …``, ``on entend par
  « salarié » …``, ``Beschäftigter im Sinne dieses Gesetzes ist …``);
- *counts_as*: something is held to be the term (``Est considéré comme …``);
- *named*: a shorter name for what was just said (``ci-après « ministre »``, ``(‘data subject’)``).

    found = definitions_in(library.provisions(version), "en")
    for use in uses(text, found, "en"):
        print(use.span.cut(text), "→", use.definition.text)
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from casemate.knowledge import defining
from casemate.knowledge.retrieval.analysis import stems
from casemate.knowledge.sentences import Span

How = Literal["means", "counts_as", "named"]
MOST_WORDS = 14
"""Words of a term; what is longer in quotation marks is a quotation."""


class Text(Protocol):
    """What has a key, a heading and words: a ``Provision``, a ``Stored`` one."""

    @property
    def key(self) -> str: ...

    @property
    def heading(self) -> str: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Definition:
    """A term with the words that define it; spans are of the text of the provision ``key``."""

    term: str
    text: str
    """What it means, cut from the provision: ``span``."""
    key: str
    span: Span
    term_span: Span
    language: str
    how: How = "means"
    number: str = ""
    """The point's own number, such as ``5a``, where it has one."""
    also: tuple[str, ...] = ()
    """Other names that the same point gives."""


@dataclass(frozen=True, slots=True)
class Use:
    """Where a text uses a defined term, inflected as it may be."""

    span: Span
    definition: Definition


def definitions_in(provisions: Iterable[Text], language: str) -> list[Definition]:
    """What the provisions of one version define, in their order; a language without patterns gives none.

    A term may be defined twice, for different parts: both are given.
    """
    patterns = defining.PATTERNS.get(language)
    if patterns is None:
        return []
    found: list[Definition] = []
    for provision in provisions:
        here = [
            Definition(
                term=one.term, text=one.span.cut(provision.text), key=provision.key, span=one.span,
                term_span=one.term_span, language=language, how=one.how, number=one.number, also=one.also,
            )
            for one in defining.defined_in(provision.text, patterns, provision.heading)
            if one.span.cut(provision.text) and len(one.term.split()) <= MOST_WORDS
        ]  # fmt: skip
        found += sorted(here, key=lambda one: one.term_span.start)
    return found


def uses(text: str, definitions: Sequence[Definition], language: str) -> list[Use]:
    """Where ``text`` uses the terms, in order and without overlaps: the longest term goes first.

    Words are compared by their stems (``retrieval.analysis``); a term of capitals, such as ``AIF``, only as
    it is written. Of two definitions of a term the first is meant.
    """
    words = list(_words(text, language))
    by_first = _by_first_stem(definitions, language)
    found: list[Use] = []
    place = 0
    while place < len(words):
        took = next(
            (
                (len(needle), one)
                for needle, name, one in by_first.get(words[place].stem, ())
                if _is_here(text, words, place, needle, name)
            ),
            None,
        )
        if took is None:
            place += 1
            continue
        many, definition = took
        span = Span(words[place].start, words[place + many - 1].end)
        found.append(Use(span, definition))
        place += many
    return found


# ── uses ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Word:
    stem: str
    start: int
    end: int


_WORD = re.compile(r"[^\W_]+")
_APART = re.compile(r"[^\w\s'’‑-]")
"""Signs that part a term: a comma, a bracket, the end of a sentence."""


def _words(text: str, language: str) -> Iterator[_Word]:
    """The words of ``text`` that have a stem, with their places: stop words have none."""
    for one in _WORD.finditer(text):
        stem = _stem(one[0], language)
        if stem:
            yield _Word(stem, one.start(), one.end())


@lru_cache(maxsize=50_000)
def _stem(word: str, language: str) -> str:
    return "".join(stems(word, language))


def _by_first_stem(
    definitions: Sequence[Definition], language: str
) -> dict[str, list[tuple[tuple[str, ...], str, Definition]]]:
    """Terms as stems, by their first one; the longest before the others."""
    found: defaultdict[str, list[tuple[tuple[str, ...], str, Definition]]] = defaultdict(list)
    for one in definitions:
        for name in (one.term, *one.also):
            needle = tuple(word.stem for word in _words(name, language))
            if needle:
                found[needle[0]].append((needle, name, one))
    for group in found.values():
        group.sort(key=lambda entry: -len(entry[0]))
    return dict(found)


def _is_here(
    text: str, words: Sequence[_Word], place: int, needle: tuple[str, ...], name: str
) -> bool:
    here = words[place : place + len(needle)]
    if tuple(word.stem for word in here) != needle:
        return False
    told = text[here[0].start : here[-1].end]
    if name.isupper() and told != name:
        return False
    return bool(_APART.search(name)) or not _APART.search(told)
