"""A provision, or a text, in another language: what is official first, then what was translated before,
then what a machine makes of it, and else the sentence as it is. Each says which of these it is.

Text that a machine made is told to people and to programs (Regulation (EU) 2024/1689, Art. 50(2)): a flag,
the IPTC's kind of source for what a trained model made, and, in HTML, a language tag of RFC 6497
(``de-t-fr-t0-und``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from casemate.errors import BadInput, Unavailable
from casemate.knowledge.documents import Stored
from casemate.knowledge.redline import Piece, redline
from casemate.knowledge.translation.checking import Glossary, Objection, objections
from casemate.knowledge.translation.machine import Translator
from casemate.knowledge.translation.memory import Origin, facing
from casemate.knowledge.translation.recall import Match, Recall
from casemate.knowledge.translation.segments import Segment, segments

How = Literal["official", "memory", "near", "machine", "untranslated"]
MADE_BY_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC digital source type of what a trained model made."""
LONGEST_TEXT = 20_000
MOST_BY_MACHINE = 100
"""Sentences that a machine is asked for in one text."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or point with its translation. ``mark`` is the point's mark, the same in both.

    ``language`` is that of ``text``: the one asked for, or the source's where nothing translates it.
    ``origin`` says where a translation stands, and ``remembered`` which sentence it translates there;
    ``difference`` leads from that one to this. ``objections`` are what the checks found.
    """

    mark: str
    source: str
    text: str
    language: str
    how: How
    like: float = 1.0
    origin: Origin | None = None
    others: int = 0
    remembered: str = ""
    difference: tuple[Piece, ...] = ()
    made_by: str = ""
    made_by_digest: str = ""
    ai_generated: bool = False
    digital_source_type: str = ""
    objections: tuple[Objection, ...] = ()
    why: str = ""
    """Why a sentence is left as it is."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in another language, sentence by sentence.

    ``source`` and ``official`` are the provision in both languages, where there is one; the words of
    ``official`` are its publisher's. ``ai_generated`` tells whether a machine made any of it.
    """

    source_language: str
    target_language: str
    on: date | None
    source: Stored | None
    official: Stored | None
    lines: tuple[Line, ...]
    ai_generated: bool
    words: str
    """The whole of it, marks and paragraphs as in the source; each sentence of a machine's says so."""
    memory_is_stale: bool = False
    """The memory that was asked was built before the texts changed: newer wordings may be missing in it."""


@dataclass(frozen=True)
class Helpers:
    """What translates one direction where nothing official does."""

    recall: Recall
    glossary: Glossary
    translator: Translator | None = None


def official(source: Stored, target: Stored, on: date) -> Translation:
    """Two official versions, sentence against sentence; every word of both is the publisher's."""
    languages = source.version.language, target.version.language
    origin = Origin(
        target.version.work, target.version.title, target.key, target.version.valid_from,
        target.eli or target.version.eli, target.version.licence, target.version.attribution,
    )  # fmt: skip
    try:
        beads = facing(source.text, target.text, languages)
        both = [(one.source.cut(source.text), one.target.cut(target.text)) for one in beads]
    except BadInput:  # too long to set sentence against sentence: whole against whole
        both = [(source.text, target.text)]
    lines = tuple(
        Line("", one, other, languages[1], "official", origin=origin) for one, other in both
    )
    return Translation(*languages, on, source, target, lines, ai_generated=False, words=target.text)


def assembled(
    text: str,
    languages: tuple[str, str],
    helpers: Helpers,
    on: date | None = None,
    source: Stored | None = None,
) -> Translation:
    """``text`` sentence by sentence, from the memory and the machine."""
    found = segments(text)
    work = source.version.work if source else ""
    lines = [_remembered(text, one, languages, helpers.recall, work) for one in found]
    _fill(lines, languages, helpers)
    ready = tuple(_checked(one, languages, helpers) for one in lines)
    by_machine = any(one.ai_generated for one in ready)
    return Translation(
        *languages,
        on,
        source,
        None,
        ready,
        ai_generated=by_machine,
        words=_words(text, found, ready),
    )


def _remembered(
    text: str, segment: Segment, languages: tuple[str, str], recall: Recall, work: str
) -> Line:
    mark, said = segment.mark.cut(text), segment.said.cut(text)
    if not any(map(str.isalpha, said)):  # a number is the same in every language
        return Line(mark, said, said, languages[1], "memory")
    match = recall.exact(said, work)
    how: How = "memory"
    if match is None:
        match, how = recall.near(said, work), "near"
    if match is None:
        return Line(mark, said, said, languages[0], "untranslated", like=0.0)
    return _from_memory(mark, said, languages[1], how, match)


def _from_memory(mark: str, said: str, language: str, how: How, match: Match) -> Line:
    unit = match.unit
    difference = tuple(redline(unit.source, said)) if how == "near" else ()
    return Line(
        mark, said, unit.target, language, how, match.like, unit.origin, match.others, unit.source,
        difference,
    )  # fmt: skip


def _fill(lines: list[Line], languages: tuple[str, str], helpers: Helpers) -> None:
    """Have the machine translate what the memory does not."""
    open_places = [n for n, one in enumerate(lines) if one.how == "untranslated"]
    machine = helpers.translator
    if machine is None:
        why = "no machine that translates these languages was put in here"
        for place in open_places:
            lines[place] = replace(lines[place], why=why)
        return
    given, left = open_places[:MOST_BY_MACHINE], open_places[MOST_BY_MACHINE:]
    for place in left:
        why = f"a machine is asked for {MOST_BY_MACHINE} sentences at a time"
        lines[place] = replace(lines[place], why=why)
    if given:
        _by_machine(lines, given, languages, machine, helpers.glossary)


def _by_machine(
    lines: list[Line],
    places: Sequence[int],
    languages: tuple[str, str],
    machine: Translator,
    glossary: Glossary,
) -> None:
    sentences = [lines[place].source for place in places]
    terms = [_called(glossary, one) for one in sentences]
    try:
        made = machine.translate(sentences, *languages, terms)
    except Unavailable as failure:
        for place in places:
            lines[place] = replace(lines[place], why=str(failure))
        return
    for place, text in zip(places, made, strict=True):
        lines[place] = _made(lines[place], text, languages, machine)


def _made(line: Line, text: str | None, languages: tuple[str, str], machine: Translator) -> Line:
    if text is None:
        return replace(line, why=f"the time for {machine.name} was up before its turn")
    if not text.strip():
        return replace(line, why=f"{machine.name} gave no words for it")
    if any(one.kind == "length" for one in objections(line.source, text, languages)):
        return replace(line, why=f"what {machine.name} wrote is far longer or shorter than it")
    return replace(
        line, text=text, language=languages[1], how="machine", made_by=machine.name,
        made_by_digest=machine.digest, ai_generated=True, digital_source_type=MADE_BY_MODEL,
    )  # fmt: skip


def _called(glossary: Glossary, sentence: str) -> Mapping[str, str]:
    return {
        found[0].source: found[0].target
        for found in glossary.within(sentence)
        if found[0].kind != "found"
    }


def _checked(line: Line, languages: tuple[str, str], helpers: Helpers) -> Line:
    """With what the translation does not keep. What an official text says is not doubted."""
    if line.how not in ("near", "machine"):
        return line
    found = objections(line.source, line.text, languages)
    found += helpers.glossary.missing(line.source, line.text)
    return replace(line, objections=tuple(found))


def _words(text: str, found: Iterable[Segment], lines: Sequence[Line]) -> str:
    """The text with each sentence in its place, and a machine's marked as such."""
    written, end = [], 0
    for segment, line in zip(found, lines, strict=True):
        written.append(text[end : segment.said.start])
        written.append(f"[AI: {line.made_by}] {line.text}" if line.ai_generated else line.text)
        end = segment.said.end
    return "".join([*written, text[end:]])
