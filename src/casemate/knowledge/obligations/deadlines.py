"""Times that a duty names: spans of hours, days and months, days of the calendar, and at once."""

import re
from collections.abc import Iterator
from datetime import date

from casemate.knowledge.marks import marks
from casemate.knowledge.obligations.model import Deadline

_HOURS = {"hour": 1, "day": 24, "week": 168, "month": 720, "year": 8760}
_UNITS = {
    "hour": "hours?|heures?|Stunden?|Stonnen?",
    "day": "(?:calendar |working )?days?|jours?(?: (?:ouvrables|calendaires))?|Tagen?|Tage|Deeg",
    "week": "weeks?|semaines?|Wochen?",
    "month": "months?|mois|Monaten?|Monate|Méint",
    "year": "years?|ans?|années?|Jahren?|Jahre|Joer",
}
_SMALL = (
    "one|two|three|four|five|six|seven|ten|un|une|deux|trois|quatre|cinq|dix|"
    "ein|eine|einem|einer|zwei|drei"
)
_COUNT = {
    word: number
    for number, words in {
        1: "one un une ein eine einem einer a", 2: "two deux zwei", 3: "three trois drei", 4: "four quatre",
        5: "five cinq", 6: "six", 7: "seven", 10: "ten dix",
    }.items()
    for word in words.split()
}  # fmt: skip
_ANY_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
_SPAN = re.compile(
    rf"(?:within|no(?:t)? later than|at the latest|at least every|for (?:a period of )?at least|"
    rf"au plus tard|dans (?:un délai (?:maximal |d['’])?|les?)(?:\s?de)?|endéans|tous les|pendant|"
    rf"binnen|innerhalb(?: von)?|spätestens|bannent|spéitstens)\s*"
    rf"(?:(?:dans|after|les|a|every|the)\s+)?(?P<count>\d+|{_SMALL}|a)\s+(?:{_ANY_UNIT})\b[^,;.:(]*",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"(?:\bby|\bbefore|\bfrom|\bnot later than|\bno later than|au plus tard le|avant le|à partir du|"
    r"bis zum|spätestens am|bis den|bis de)\s+(\d{1,2}(?:er|\.)?\s+[^\W\d_]{3,10}\s+\d{4})",
    re.IGNORECASE,
)
_AT_ONCE = re.compile(
    r"without (?:undue|further|any) (?:further )?delay|without delay|\bimmediately\b|\bforthwith\b|"
    r"as soon as possible|sans (?:retard(?: injustifié)?|délai(?: indu)?)|\bimmédiatement\b|"
    r"dans les (?:meilleurs|plus brefs) délais|"
    r"dès que possible|\bunverzüglich\b|\bsofort\b|ouni Verzuch|direkt duerno",
    re.IGNORECASE,
)


def deadlines_in(words: str, language: str) -> tuple[Deadline, ...]:
    """The times that ``words`` name, in order."""
    found = sorted(_found(words, language), key=lambda one: one[0])
    return tuple(deadline for _, deadline in found)


def _found(words: str, language: str) -> Iterator[tuple[int, Deadline]]:
    for one in _SPAN.finditer(words):
        unit = next(name for name in _UNITS if one[name])
        count = one["count"].casefold()
        number = int(count) if count.isdigit() else _COUNT[count]
        yield one.start(), Deadline(one[0].strip(), hours=number * _HOURS[unit])
    for one in _DAY.finditer(words):
        named = next(iter(marks(one[1], language).days), None)
        if named is not None:
            yield one.start(), Deadline(one[0], day=date.fromisoformat(named))
    for one in _AT_ONCE.finditer(words):
        yield one.start(), Deadline(one[0], at_once=True)
