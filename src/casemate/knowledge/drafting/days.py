"""Days of a draft: impossible ones, limits before the entry into force, ends before beginnings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from casemate.knowledge.drafting.draft import Draft, Place
from casemate.knowledge.drafting.findings import Finding, Severity
from casemate.knowledge.marks import MONTHS
from casemate.knowledge.sentences import sentences
from casemate.search_words import words

_DAY = re.compile(
    r"\b(?P<d>\d{1,2})(?:er|\.|st|nd|rd|th)?\s+(?:de\s+)?(?P<m>[^\W\d_]{3,10})\s+(?P<y>\d{4})\b"
    r"|\b(?P<d2>\d{1,2})[./](?P<m2>\d{1,2})[./](?P<y2>\d{4})\b|\b(?P<y3>\d{4})-(?P<m3>\d{2})-(?P<d3>\d{2})\b"
)
_DAY_WITHOUT_YEAR = re.compile(r"\b(?P<d>\d{1,2})(?:er|\.)?\s+(?P<m>[^\W\d_]{3,10})\b(?!\s+\d{4})")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BEGINS = re.compile(
    r"entr(?:e|ent|era|eront|ée)\s+en\s+vigueur|prend(?:ra)?\s+effet|produi(?:t|sent)\s+(?:ses|leurs)\s+effets"
    r"|enters?\s+into\s+force|shall\s+apply\s+from|applies\s+from|\btritt\b|\btreten\b|in\s+Kraft",
    re.I,
)
_OWN = re.compile(
    r"\b(?:la|le|l['’])\s*présente?\s+(?:loi|règlement|arrêté|directive|décret|convention)"
    r"|\bprésent\s+(?:règlement|arrêté|décret)|\bthis\s+(?:act|law|regulation|directive|decision)"
    r"|\bdiese[srm]?\s+(?:gesetz|verordnung|satzung)",
    re.I,
)
_LIMIT = re.compile(
    r"au\s+plus\s+tard|avant\s+le|jusqu['’]au|by\s+\d|no\s+later\s+than|not\s+later\s+than|until\b|before\b"
    r"|spätestens|\bbis\s+zum\b|vor\s+dem",
    re.I,
)
_FROM = re.compile(
    r"\b(?:du|à\s+partir\s+du|à\s+compter\s+du|dès\s+le|from|vom|ab\s+dem|von)\s*$", re.I
)
_TO = re.compile(r"\b(?:au|jusqu['’]au|to|until|bis\s+zum|bis)\s*$", re.I)


@dataclass(frozen=True, slots=True)
class Told:
    """A day where it is written; ``day`` is none for one that no calendar has."""

    start: int
    end: int
    printed: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A clause that says when the draft enters into force."""

    place: Place
    told: Told


def days_in(text: str) -> list[Told]:
    """Every day of ``text`` with a year, in order; months in four languages."""
    return [one for found in _DAY.finditer(text) if (one := _told(found)) is not None]


def _told(found: re.Match[str]) -> Told | None:
    if found["y"]:
        month = MONTHS.get(" ".join(words(found["m"])))
        if month is None:
            return None
        year, day = found["y"], found["d"]
    else:
        year = found["y2"] or found["y3"]
        month, day = int(found["m2"] or found["m3"]), found["d2"] or found["d3"]
    try:
        when = date(int(year), month, int(day))
    except ValueError:
        return Told(*found.span(), found[0], None)
    return Told(*found.span(), found[0], when)


def entries_into_force(draft: Draft) -> list[Entry]:
    """The clauses that say from which day the whole draft holds."""
    found = []
    for place in draft.articles():
        for span in sentences(place.text):
            sentence = span.cut(place.text)
            if not (_BEGINS.search(sentence) and _OWN.search(sentence)):
                continue
            days = [one for one in days_in(sentence) if one.day and not _is_a_title(sentence, one)]
            if days:
                one = days[-1]
                told = Told(span.start + one.start, span.start + one.end, one.printed, one.day)
                found.append(Entry(place, told))
    return found


_TITLE = re.compile(
    r"(?:loi|règlement(?:\s+grand-ducal)?|arrêté|directive|act|regulation|law|gesetz\w*|verordnung)"
    r"(?:\s+\S{1,20}){0,3}\s+(?:du|of|vom)\s*$",
    re.I,
)


def _is_a_title(text: str, told: Told) -> bool:
    """Whether a day is part of a law's title and no day of its own ("loi du 12 mars 2020")."""
    return bool(_TITLE.search(text[max(0, told.start - 120) : told.start]))


def check_days(
    draft: Draft, begins: date | None, published: date | None = None
) -> Iterator[Finding]:
    """What is amiss with days; ``begins`` is the entry into force where it is known from elsewhere."""
    clauses = entries_into_force(draft)
    begins = begins or (clauses[0].told.day if clauses else None)
    yield from _conflicts(clauses, published)
    for place in draft.places:
        yield from _impossible(place)
        for span in sentences(place.text):
            sentence = span.cut(place.text)
            days = [one for one in days_in(sentence) if one.day and not _is_a_title(sentence, one)]
            yield from _reversed(place, span.start, sentence, days)
            if begins is not None:
                yield from _limits(place, span.start, sentence, days, begins)


def _conflicts(clauses: Sequence[Entry], published: date | None) -> Iterator[Finding]:
    for one in clauses:
        place, told = one.place, one.told
        assert told.day is not None  # an entry has a day of the calendar
        at = (place.key, told.start, told.end, told.printed)
        if published is not None and told.day < published:
            values = {"day": told.day.isoformat(), "published": published.isoformat()}
            yield Finding("day.before_publication", Severity.WARNING, *at, values)
        first = clauses[0]
        if first.told.day is not None and told.day != first.told.day:
            values = {
                "day": told.day.isoformat(),
                "other": first.place.provision.number.strip(" .") or first.place.key,
                "otherday": first.told.day.isoformat(),
            }
            yield Finding("day.conflict", Severity.ERROR, *at, values)


def _impossible(place: Place) -> Iterator[Finding]:
    for told in days_in(place.text):
        if told.day is None:
            at = (place.key, told.start, told.end, told.printed)
            yield Finding("day.impossible", Severity.ERROR, *at, {"day": told.printed})
    for found in _DAY_WITHOUT_YEAR.finditer(place.text):
        month = MONTHS.get(" ".join(words(found["m"])))
        if month is not None and not 1 <= int(found["d"]) <= _LONGEST_MONTHS[month - 1]:
            at = (place.key, *found.span(), found[0])
            yield Finding("day.impossible", Severity.ERROR, *at, {"day": found[0]})


def _limits(
    place: Place, offset: int, sentence: str, days: Sequence[Told], begins: date
) -> Iterator[Finding]:
    """Time limits that have run out when the draft begins to hold."""
    if _BEGINS.search(sentence):
        return
    for told in days:
        before = sentence[max(0, told.start - 40) : told.start]
        if told.day is not None and told.day < begins and _LIMIT.search(before):
            at = (place.key, offset + told.start, offset + told.end, told.printed)
            values = {"day": told.day.isoformat(), "begins": begins.isoformat()}
            yield Finding("day.deadline_before", Severity.WARNING, *at, values)


def _reversed(place: Place, offset: int, sentence: str, days: Sequence[Told]) -> Iterator[Finding]:
    for first, second in pairwise(days):
        if first.day is None or second.day is None or second.day >= first.day:
            continue
        opens = _FROM.search(sentence[max(0, first.start - 30) : first.start])
        closes = _TO.search(sentence[first.end : second.start])
        if opens and closes:
            start, end = offset + first.start, offset + second.end
            values = {"begin": first.day.isoformat(), "end": second.day.isoformat()}
            yield Finding(
                "day.reversed", Severity.ERROR, place.key, start, end, place.text[start:end], values
            )
