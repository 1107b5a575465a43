"""From when each part of a work applies, as its own last article says on the day that is asked about.

Laws apply in stages, and an amendment moves them: so the days are read from the words each time, never
from a table. A day that is not said in words (the application of another act) stays unknown, and is told.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from casemate.knowledge.documents.library import Stored
from casemate.knowledge.marks import marks
from casemate.knowledge.obligations.parts import clauses
from casemate.knowledge.obligations.targets import Target, targets_in

_DAY = r"\d{1,2}(?:er|\.)?\s+[^\W\d_]{3,10}\s+\d{4}"
_APPLIES = re.compile(
    r"\b(?:shall\s+(?:only\s+)?apply|apply|applies|s['’]appliqu(?:e|ent)|(?:est|sont)\s+applicables?|appliquent|"
    r"gilt|gelten|gëllt|gëllen)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"(?:from|as of|à partir du|à compter du|\bdu|ab dem|vum|\)|:)\s*(?:\(?i+\)\s*)?"
    rf"({_DAY})",
    re.IGNORECASE,
)
_EXCEPT = re.compile(
    r"\b(?:with the exception of|except for|à l['’]exception d|mit Ausnahme)", re.IGNORECASE
)
_AS_REGARDS = re.compile(
    r"\b(?:as regards|en ce qui concerne|with regard to|hinsichtlich)\b", re.IGNORECASE
)
_CORRESPONDING = re.compile(r"corresponding obligations|obligations correspondantes", re.IGNORECASE)
_OPENS = re.compile(
    r"(?:enters? into force|entre en vigueur|tritt .{0,80}in Kraft|a Kraaft|adopt and publish|"
    r"adoptent et publient)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """From when something applies, by which words; ``since`` is ``None`` where they name no day."""

    since: date | None
    only_for: tuple[str, ...]
    """References that narrow it, as ``annex_3``: "as regards systems classified pursuant to ..."."""
    words: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of the article: for which parts, which not, from when."""

    targets: tuple[Target, ...]
    excepted: tuple[Target, ...]
    begins: Beginning

    def depth(self, where: Target) -> int | None:
        """How narrowly it speaks of ``where``; ``None`` where it does not."""
        if any(one.covers(where) for one in self.excepted):
            return None
        if not self.targets:
            return 0
        return max((one.depth for one in self.targets if one.covers(where)), default=None)


@dataclass(frozen=True, slots=True)
class Application:
    """What a version says of its own application; ``digest`` is that of the article's words."""

    provision: str
    digest: str
    rules: tuple[Rule, ...]

    def begins(self, where: Target) -> tuple[Beginning, ...]:
        """When the part ``where`` begins to apply: of the rules that speak of it the narrowest."""
        depths = [(one.depth(where), one) for one in self.rules]
        found = [depth for depth, _ in depths if depth is not None]
        if not found:
            return ()
        best = max(found)
        return tuple(one.begins for depth, one in depths if depth == best)


def application_of(provisions: Sequence[Stored]) -> Application | None:
    """What the last article that says so says; ``None`` where none says from when the work applies."""
    for provision in reversed(provisions):
        if _OPENS.search(provision.text) and (rules := tuple(_rules(provision.text))):
            return Application(provision.key, provision.digest, rules)
    return None


def _rules(text: str) -> Iterator[Rule]:
    for clause in clauses(text):
        lead = clause.span.cut(text)
        yield from _of(lead.rstrip(": "), lead)
        for point in clause.points:
            yield from _of(point.span.cut(text), point.span.cut(text))


def _of(words: str, quote: str) -> Iterator[Rule]:
    verb = _APPLIES.search(words)
    if verb is None:
        return
    before, after = words[: verb.start()], words[verb.end() :]
    base, *out = _EXCEPT.split(before, maxsplit=1)
    main, *out_after = _EXCEPT.split(after, maxsplit=1)
    left_out = map(_before_verb, (*out, *out_after))
    excepted = [one for words_out in left_out for one in targets_in(words_out)]
    targets = tuple(targets_in(base))
    begins = list(_beginnings(main, quote))
    if not begins and (targets or excepted):
        begins = [Beginning(None, (), quote)]
    for one in begins:
        yield Rule(targets, tuple(excepted), one)
        if _CORRESPONDING.search(base):
            only = tuple(str(target) for target in targets)
            yield Rule((), (), Beginning(one.since, only, quote))
    for words_out in out_after:
        yield from _else(words_out, quote)


def _before_verb(words: str) -> str:
    verb = _APPLIES.search(words)
    return words if verb is None else words[: verb.start()]


def _else(words: str, quote: str) -> Iterator[Rule]:
    """What is excepted and has a day of its own: "except Article 5, which shall apply from"."""
    verb = _APPLIES.search(words)
    if verb is None:
        return
    targets = tuple(targets_in(words[: verb.start()]))
    for one in _beginnings(words[verb.end() :], quote):
        yield Rule(targets, (), one)


def _beginnings(words: str, quote: str) -> Iterator[Beginning]:
    """Each day in ``words`` with what it is said to be for."""
    found = list(_SINCE.finditer(words))
    for number, one in enumerate(found):
        told = next(iter(marks(one[1], "en").days), None)
        if told is None:
            continue
        tail = words[one.end() : found[number + 1].start() if number + 1 < len(found) else None]
        regards = _AS_REGARDS.search(tail)
        only = tuple(str(target) for target in targets_in(tail[regards.end() :])) if regards else ()
        yield Beginning(date.fromisoformat(told), only, quote)
