"""The plain version of a text: sentence by sentence, each held against its original.

Three steps are tried, the boldest first: parted and in plain words, in plain words alone, parted alone.
The first that keeps every mark of its original stands; where none does, the original stands and what was
refused is told. A language model's sentence goes before all of them, under the same check.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casemate.knowledge.definitions import Definition, uses
from casemate.knowledge.marks import differences, folded
from casemate.knowledge.plain.hints import hints
from casemate.knowledge.plain.records import (
    By,
    Note,
    PlainSentence,
    PlainVersion,
    Refused,
    Why,
    printed,
)
from casemate.knowledge.plain.splitting import parted
from casemate.knowledge.plain.wording import LANGUAGES, Replaced, plain_words
from casemate.knowledge.plain.writing import Writer
from casemate.knowledge.sentences import Span, sentences
from casemate.readability import Reading, measure

_RULE = re.compile(r"^[\s|:-]*$")
"""A line of a table that parts its rows."""
_MARKS = re.compile(r"\u202f[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
"""Numbers of notes in a line; a formula would take them for letters."""
_FEWEST_WORDS = 4
_WORD = re.compile(r"[^\W\d_]+")
_HEADING = re.compile(
    r"^(?:art(?:icle|ikel)?|§|chapitre|chapter|kapitel|annexe?|section|sektioun|titre)\b", re.I
)


def plain_version(
    text: str,
    language: str,
    *,
    definitions: Sequence[Definition] = (),
    writer: Writer | None = None,
) -> PlainVersion:
    """``text`` in plain words; ``definitions`` are linked, a ``writer`` proposes before the rules do.

    A language without rules comes back as it is, and each sentence says so.
    """
    found: list[PlainSentence] = []
    notes = 0
    for span in sentences(text):
        if _RULE.fullmatch(span.cut(text)):
            continue
        one = _sentence(span, span.cut(text), language, notes + 1, definitions, writer)
        notes += len(one.notes)
        found.append(one)
    return PlainVersion(
        language=language,
        sentences=tuple(found),
        before=_reading("\n".join(printed(one.original) for one in found), language),
        after=_reading(_MARKS.sub("", "\n".join(one.whole for one in found)), language),
        model="" if writer is None else writer.name,
        model_digest="" if writer is None else writer.digest,
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    replaced: tuple[Replaced, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        return "\n".join((*self.lines, *self.notes))


def _sentence(
    span: Span,
    original: str,
    language: str,
    first_note: int,
    definitions: Sequence[Definition],
    writer: Writer | None,
) -> PlainSentence:
    shown = printed(original)
    why = _no_reason_to_try(shown, language)
    refused: list[Refused] = []
    if not why and writer is not None:
        proposed = writer.propose(shown, language)
        if isinstance(proposed, Refused):
            refused.append(proposed)
        else:
            return _made(
                span, original, language, (proposed,), (), "model", "", refused, definitions, 0
            )
    if not why:
        for candidate in _candidates(shown, language, first_note):
            objection = _objection(shown, candidate, language)
            if objection is None:
                return _made(span, original, language, candidate.lines, candidate.notes, "rules", "",
                             refused, definitions, first_note)  # fmt: skip
            refused.append(objection)
        why = "not_the_same" if refused else "nothing_to_change"
    return _made(span, original, language, (shown,), (), "original", why, refused, definitions, 0)


def _no_reason_to_try(shown: str, language: str) -> Why:
    if language not in LANGUAGES:
        return "no_language"
    words = _WORD.findall(shown)
    is_label = len(words) < _FEWEST_WORDS or (
        _HEADING.match(shown) and not shown.endswith((".", ";", ":"))
    )
    return "label" if is_label else ""


def _candidates(shown: str, language: str, first_note: int) -> Iterator[_Candidate]:
    """What the rules propose, the boldest first; none that is the sentence as it was."""
    parts = parted(shown, language, first_note)
    worded = [plain_words(line, language) for line in parts.lines]
    lines = tuple(_capital(line) if place else line for place, (line, _) in enumerate(worded))
    replaced = tuple(each for _, group in worded for each in group)
    alone, replaced_alone = plain_words(shown, language)
    tried = [
        _Candidate(lines, tuple(parts.notes), replaced, tuple(parts.dropped)),
        _Candidate((alone,), (), tuple(replaced_alone)),
        _Candidate(tuple(parts.lines), tuple(parts.notes), (), tuple(parts.dropped)),
    ]
    seen: set[tuple[str, ...]] = {(shown,)}
    for one in tried:
        if one.lines not in seen:
            seen.add(one.lines)
            yield one


def _objection(shown: str, candidate: _Candidate, language: str) -> Refused | None:
    """What the check finds against a candidate of the rules: a mark changed, or a word gone."""
    found = differences(shown, candidate.whole, language)
    if found:
        return Refused("rules", "\n".join(candidate.lines), tuple(dict.fromkeys(found)))
    lost = _lost(shown, candidate)
    return Refused("rules", "\n".join(candidate.lines), (), f"words_lost: {lost}") if lost else None


def _lost(shown: str, candidate: _Candidate) -> str:
    """Words of the original that are neither kept nor replaced by an entry of the table."""
    left = Counter(folded(shown).split())
    for one in candidate.replaced:
        left.subtract(Counter(folded(one.before).split()))
        left.update(Counter(folded(one.after).split()))
    left.subtract(Counter(candidate.dropped))
    left.subtract(Counter(folded(candidate.whole).split()))
    return " ".join(sorted(word for word, many in left.items() if many > 0))


def _made(
    span: Span, original: str, language: str, lines: Sequence[str], notes: Sequence[str], by: By, why: Why,
    refused: Sequence[Refused], definitions: Sequence[Definition], first_note: int,
) -> PlainSentence:  # fmt: skip
    told = () if why == "label" else tuple(one for line in lines for one in hints(line, language))
    linked = tuple(
        (place, use)
        for place, line in enumerate(lines)
        for use in (uses(line, definitions, language) if definitions else ())
    )
    return PlainSentence(
        span=span, original=original, lines=tuple(lines), by=by, why=why,
        notes=tuple(Note(first_note + place, note) for place, note in enumerate(notes)),
        refused=tuple(refused), hints=told, uses=linked,
    )  # fmt: skip


def _capital(text: str) -> str:
    return text if re.match(r"\W|\w\)|\w{1,4}\)", text) else text[:1].upper() + text[1:]


def _reading(text: str, language: str) -> Reading | None:
    return measure(text, language) if language in LANGUAGES else None
