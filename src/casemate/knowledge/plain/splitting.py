"""A long sentence as short ones, where its punctuation alone shows the way.

Nothing is guessed about grammar: a list is cut at its numbers, independent clauses at a semicolon or at a
comma with "and" before a subject and its verb, a condition that comes first at the one comma after it.
What is in brackets and what only says where another rule stands goes into a note. No word is dropped but
an "and" between clauses that became sentences.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casemate.knowledge.citing import references_in

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LONG = 15
"""Words: what Leichte Sprache lets a sentence have."""
_BRACKETS = re.compile(r"\s*\((?P<in>[^()«»‘’„“”\"]{20,})\)")
_FEWEST_IN_A_NOTE = 4
_MARKER = re.compile(
    r"(?:(?<=[\s:;,|])|(?<=\bor)|(?<=\bet)|(?<=\bou)|(?<=\band)|(?<=\boder)"
    r"|(?<=\bund)|^)\(?(?P<m>[a-z]|[ivx]{2,4}|\d{1,2})(?:\)|°)\s*(?=\w|"
    r"«|‘|„)"
)


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What a language's clauses look like; all patterns are ours."""

    condition: re.Pattern[str]
    """A condition where a sentence begins."""
    bound: re.Pattern[str]
    """Words after which a clause may depend on what comes before: then nothing is cut at a comma."""
    clause: re.Pattern[str]
    """A comma and a word for "and" before a subject with its verb."""
    joins: re.Pattern[str]
    """Words that tie what follows a semicolon to what is before it."""
    where: re.Pattern[str]
    """Words before a reference that make it an aside; at the end of what is before it."""
    main: re.Pattern[str]
    """How a main clause begins after its condition."""
    then: str = ""
    """What a main clause begins with after its condition became a line of its own."""


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_GRAMMARS = {
    "fr": _Grammar(
        condition=_of(
            r"^(?:\W*\d+[.)]\W*)?(?:lorsqu\w*|quand|si|s['’]ils?|au cas où|"
            r"dans le cas où|en cas d)\b"
        ),
        bound=_of(r"\b(?:qu[ei]?|qu['’]|lorsqu\w*|quand|si|s['’]il|dont|où|sauf|à moins|soit)\b"),
        clause=_of(
            r",\s+(?P<and>et|mais)\s+(?=(?:(?:le|la|les|il|elle|ils|elles|cette?|ces|aucun)\s|l['’])"
            r"[^,;:]{0,60}?\b(?:doit|doivent|peut|peuvent|est|sont)\b)"
        ),
        joins=_of(r"^(?:et|ou|soit|ni|puis|qui|que|dont|à savoir|ainsi que|toutefois lorsqu)\b"),
        main=_of(
            r"^(?:(?:le|la|les|il|elle|ils|elles|cette?|ces|tou(?:t|te)|aucune?|un|une)\s|l['’])"
            r"[^,;:]{0,80}?\b(?:doit|doivent|peut|peuvent|est|sont|a|ont|ne)\b"
        ),
        where=_of(
            r"(?:,?\s)(?:conformément|(?:tels?|telles?) que (?:visée?s?|prévue?s?|définie?s?) |"
            r"visée?s?|prévue?s?|mentionnée?s?|définie?s?|énumérée?s?|fixée?s?|énoncée?s?|au sens|"
            r"en vertu|en application|en exécution|selon)"
            r"\s+(?:à\s|aux?\s|de\s|du\s|des\s|par\s|dans\s|d['’])?(?:l['’]|la\s|les?\s)?$"
        ),
    ),
    "en": _Grammar(
        condition=_of(
            r"^(?:\W*\d+[.)]\W*)?(?:where|if|when|in the event that|in the case where|"
            r"provided that)\b"
        ),
        bound=_of(
            r"\b(?:that|which|who|whom|whose|where|if|when|unless|provided|"
            r"except|until|either|both)\b"
        ),
        clause=_of(
            r",\s+(?P<and>and|but)\s+(?=(?:the|an?|any|each|every|it|they|such|this|these|no)\s"
            r"[^,;:]{0,60}?\b(?:shall|must|may)\b)"
        ),
        joins=_of(r"^(?:and|or|nor|which|that|namely|as well as|including|either)\b"),
        main=_of(
            r"^(?:the|an?|any|each|every|it|they|such|this|these|that|those|no|member states)\s"
            r"[^,;:]{0,80}?\b(?:shall|must|may)\b"
        ),
        where=_of(
            r"(?:,?\s)(?:pursuant to|in accordance with|referred to in|as referred to in|as defined in|"
            r"laid down in|set out in|provided for in|within the meaning of|listed in|under|"
            r"as specified in)\s(?:the\s)?$"
        ),
    ),
    "de": _Grammar(
        condition=_of(r"^(?:\W*\d+[.)]\W*)?(?:wenn|falls|sofern|soweit|sobald|im falle?)\b"),
        bound=_of(
            r"\b(?:dass|weil|damit|ob|wenn|falls|sofern|soweit|sobald|indem|"
            r"bevor|nachdem|wer|was)\b"
        ),
        clause=_of(
            r",\s+(?P<and>und|aber)\s+(?=(?:der|die|das|eine?|er|sie|es|diese[rs]?|jede[rs]?|niemand)\s"
            r"[^,;:]{0,60}?\b(?:muss|müssen|kann|können|darf|dürfen|ist|sind)\b)"
        ),
        joins=_of(r"^(?:und|oder|sowie|noch|nämlich|der|die|das|welche[rs]?)\b"),
        main=_of(
            r"^(?:muss|müssen|kann|können|darf|dürfen|ist|sind|hat|haben|wird|"
            r"werden|gilt|gelten)\b"
        ),
        where=_of(
            r"(?:,?\s)(?:gemäß|nach|im Sinne|aufgrund|nach Maßgabe|entsprechend)"
            r"\s(?:von\s|des\s|der\s|dem\s|den\s)?$"
        ),
        then="Dann ",
    ),
    "lb": _Grammar(
        condition=_of(r"^(?:\W*\d+[.)]\W*)?(?:wann|wa|falls|am fall)\b"),
        bound=_of(r"\b(?:datt|well|wann|wa|falls|ob|ier|nodeem|wien|wat|deen|déi|dat|deem|där)\b"),
        clause=_of(
            r",\s+(?P<and>an|a|mee)\s+(?=(?:den?|dat|déi|eng?|hien|si|et|dëse[nr]?|dës|all|keen)\s"
            r"[^,;:]{0,60}?\b(?:muss|mussen|kann|kënnen|däerf|däerfen|ass|sinn)\b)"
        ),
        joins=_of(r"^(?:an|oder|souwéi|respektiv|nämlech|deen|déi|dat)\b"),
        main=_of(r"^(?:muss|mussen|kann|kënnen|däerf|däerfen|ass|sinn|huet|hunn|gëtt|ginn|gëllt)\b"),
        where=_of(r"(?:,?\s)(?:gemäss|no|am Sënn vun?|opgrond vun?|laut)\s(?:dem\s|der\s|den\s)?$"),
        then="Dann ",
    ),
}  # fmt: skip


@dataclass(slots=True)
class Parted:
    """A sentence in parts: its lines, what went into notes, and how many "and" were dropped."""

    lines: list[str]
    notes: list[str]
    dropped: list[str]


def parted(sentence: str, language: str, first_note: int) -> Parted:
    """``sentence`` in short lines; notes are numbered from ``first_note``."""
    grammar = _GRAMMARS[language]
    notes: list[str] = []
    text = _without_asides(sentence, language, grammar, notes, first_note)
    dropped: list[str] = []
    lines = _items(text)
    if len(lines) == 1:
        lines = _clauses(text, grammar, dropped)
        lines = [part for line in lines for part in _condition_first(line, grammar)]
    return Parted([line for line in lines if line], notes, dropped)


def mark(number: int) -> str:
    """A note's number, raised, as it stands in a sentence: a thin space parts it from its word."""
    return "\u202f" + str(number).translate(_RAISED)


# ── notes ────────────────────────────────────────────────────────────────────────────────────────


def _without_asides(
    text: str, language: str, grammar: _Grammar, notes: list[str], first: int
) -> str:
    """The sentence with marks where brackets and references were."""
    cut = [(one.start(), one.end(), one["in"].strip()) for one in _BRACKETS.finditer(text)
           if len(one["in"].split()) >= _FEWEST_IN_A_NOTE]  # fmt: skip
    cut += _references(text, language, grammar)
    place, kept = 0, []
    for start, end, note in sorted(cut):
        if start < place:
            continue
        notes.append(note)
        kept += [text[place:start], mark(first + len(notes) - 1)]
        place = end
    kept.append(text[place:])
    return "".join(kept)


def _references(text: str, language: str, grammar: _Grammar) -> list[tuple[int, int, str]]:
    """Asides that name another rule: long enough to be in the way, and not at the beginning."""
    found = []
    for cited in references_in(text, language):
        before = grammar.where.search(text[: cited.start])
        if before is None or before.start() == 0:
            continue
        start, end = before.start(), cited.end
        told = text[start:end].strip(" ,")
        if text[end : end + 1].isalnum() or _goes_on(text[end:]):
            continue
        if len(told.split()) < _FEWEST_IN_A_NOTE:
            continue
        if (text[start] == "," or "," in told) and text[end : end + 1] == ",":
            end += 1  # "…, conformément à l'article 5, le …": the last comma was the aside's
        found.append((start, end, told))
    return found


def _goes_on(after: str) -> bool:
    """Whether a reference is only the first of several, or more of its name follows."""
    return bool(re.match(r"\s+[A-ZÀ-ÖØ-Þ]", after)) or bool(
        re.match(
            r"\s*,?\s*(?:et|ou|and|or|und|oder|an|to|à|bis|de|du|des|d['’]|of|der|vun|relati\w+|"
            r"portant|concernant|sur|on|concerning|laying|modifiée?|\(|\d)",
            after,
            re.IGNORECASE,
        )
    )


# ── lists ────────────────────────────────────────────────────────────────────────────────────────


def _items(text: str, begins: int = 0) -> list[str]:
    """A lead and the items of a numbered list within it, and of lists within those; else one line."""
    starts: list[int] = []
    expected: Iterator[str] = iter(())
    awaited = ""
    for one in _MARKER.finditer(text, begins):
        told = one["m"]
        opens = text[: one.start()].rstrip().endswith((":", "–"))
        if not starts and told in _SEQUENCES and opens:
            starts, expected = [one.start()], iter(_SEQUENCES[told][1:])
            awaited = next(expected)
        elif starts and told == awaited:
            starts.append(one.start())
            awaited = next(expected, "")
    if len(starts) < 2:
        return [text]
    ends = [*starts[1:], len(text)]
    lead = text[: starts[0]].strip()
    items = [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    items = [*(item.rstrip(" ;,") for item in items[:-1]), items[-1]]
    within = [part for item in items for part in _items(item, _MARKER.match(item).end())]  # type: ignore[union-attr]  # each begins with its marker
    return [*([lead] if lead else []), *within]


_SEQUENCES = {
    "a": "abcdefghijklmnopqrstuvwxyz",
    "i": ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii"],
    "1": [str(number) for number in range(1, 100)],
}


# ── clauses ──────────────────────────────────────────────────────────────────────────────────────


def _clauses(text: str, grammar: _Grammar, dropped: list[str]) -> list[str]:
    parts = _at_semicolons(text, grammar)
    return [piece for part in parts for piece in _at_and(part, grammar, dropped)]


def _at_semicolons(text: str, grammar: _Grammar) -> list[str]:
    pieces = re.split(r"\s*;\s+", text)
    if len(pieces) == 1 or ":" in text or grammar.condition.search(text):
        return [text]
    if any(_depth(piece) for piece in pieces) or any(
        grammar.joins.search(one) for one in pieces[1:]
    ):
        return [text]
    if any(len(piece.split()) < 4 for piece in pieces):
        return [text]
    return [*(_ended(piece) for piece in pieces[:-1]), _capital(pieces[-1])]


def _at_and(text: str, grammar: _Grammar, dropped: list[str]) -> list[str]:
    found = grammar.clause.search(text)
    if found is None or len(text.split()) <= LONG or grammar.bound.search(text):
        return [text]
    first, rest = text[: found.start()], text[found.end() :]
    if len(first.split()) < 4 or _depth(first) or "," in first:
        return [text]
    but = found["and"].casefold() in {"mais", "but", "aber", "mee"}
    if but:
        return [_ended(first), _capital(f"{found['and']} {rest}")]
    dropped.append(found["and"].casefold())
    return [_ended(first), *_at_and(_capital(rest), grammar, dropped)]


def _condition_first(text: str, grammar: _Grammar) -> list[str]:
    """A condition as a line, what follows from it as the next: where a main clause begins after a comma."""
    if (
        not grammar.condition.search(text)
        or len(text.split()) <= LONG
        or _depth(text)
        or ":" in text
    ):
        return [text]
    for comma in re.finditer(r",\s+", text):
        condition, rest = text[: comma.start()], text[comma.end() :]
        if not _depth(condition) and grammar.main.search(rest) and len(condition.split()) >= 4:
            return [
                _capital(condition) + ":",
                grammar.then + rest if grammar.then else _capital(rest),
            ]
    return [text]


def _depth(text: str) -> bool:
    """Whether a bracket or a quotation is open in it."""
    return any(
        text.count(left) != text.count(right)
        for left, right in (("(", ")"), ("«", "»"), ("„", "“"))
    )


def _ended(text: str) -> str:
    return _capital(text.rstrip(" ,;")) + (
        "" if text.rstrip().endswith((".", ":", "!", "?")) else "."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
