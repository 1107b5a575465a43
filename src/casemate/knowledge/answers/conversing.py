"""Questions that go on from earlier ones: the day, the language and the laws stay, and a change is told.

"And for cats?", "et après 2030 ?": what a question leaves out is taken from the one before. No model is
asked; the rules are few, and what they make of a question is shown with its answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from casemate.errors import BadInput
from casemate.knowledge.answers.answering import LONGEST_QUESTION, require_question
from casemate.knowledge.marks import marks
from casemate.search_words import EMPTY, words

MOST_TURNS = 8
"""Earlier questions that are remembered, and then forgotten, the oldest first."""
_GOES_ON = re.compile(
    r"^\W*(?:et|and|und|an|mais|but|aber|mee|ou|or|oder|alors|so|also|sinon|otherwise|"
    r"what about|how about|was ist mit|wat ass mat|qu['’]en est-il)\b",
    re.IGNORECASE,
)
_POINTS_BACK = frozenset(
    [
        "il",
        "elle",
        "ils",
        "elles",
        "cela",
        "celui",
        "celle",
        "ceux",
        "celles",
        "ce",
        "cette",
        "ces",
        "y",
        "en",
        "le",
        "leur",
        "leurs",
        "son",
        "sa",
        "ses",
        "it",
        "they",
        "them",
        "this",
        "that",
        "these",
        "those",
        "its",
        "their",
        "he",
        "she",
        "es",
        "er",
        "sie",
        "dies",
        "diese",
        "dieser",
        "dieses",
        "das",
        "davon",
        "dazu",
        "hien",
        "si",
        "dat",
        "dee",
        "dess",
        "dovun",
    ]
)
_FEW = 3
"""A question of at most so many telling words says too little to stand alone."""
_SOME = 5
"""Of at most so many, one that points back ("is it due?") does not stand alone either."""
_YEAR = re.compile(
    r"\b(?P<after>après|apres|after|nach|no)\s+(?P<a>\d{4})\b"
    r"|\b(?P<before>avant|before|vor|virun)\s+(?P<b>\d{4})\b"
    r"|\b(?:en|in|im jahr|am joer|depuis|since|seit|zanter|dès|from|ab)\s+(?P<c>\d{4})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question: as it was understood, its day, and the works that answered it."""

    question: str
    on: date
    works: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is asked of the texts. ``day`` tells where its day is from; ``before`` is the day of
    the turn before, where it was another."""

    question: str
    asked: str
    on: date
    day: Literal["given", "kept", "named", "today"]
    before: date | None
    works: tuple[str, ...]

    @property
    def goes_on(self) -> bool:
        """Whether something was taken from the question before."""
        return self.asked != self.question


def understood(
    question: str, language: str, on: date | None, turns: Sequence[Turn], today: date
) -> Understood:
    """What ``question`` asks after ``turns``, the oldest first. Raises ``BadInput``."""
    require_question(question)
    for one in turns:
        require_question(one.question)
    turns = turns[-MOST_TURNS:]
    if not turns:
        return Understood(question, question, on or today, "given" if on else "today", None, ())
    last = turns[-1]
    named = _named_day(question, language)
    day = on or named or last.on
    asked = _completed(question, last.question, language)
    return Understood(
        question=question,
        asked=asked,
        on=day,
        day="given" if on and on != last.on else ("named" if named and not on else "kept"),
        before=last.on if day != last.on else None,
        works=last.works if asked != question else (),
    )


def _completed(question: str, before: str, language: str) -> str:
    """With what it leaves out, from the question before, at most as long as a question may be."""
    bare = _YEAR.sub(" ", _GOES_ON.sub(" ", question))
    told = [one for one in words(bare) if one not in EMPTY and not _is_day(one, bare, language)]
    points_back = len(told) <= _SOME and bool(_POINTS_BACK & set(words(question)))
    if not (_GOES_ON.match(question) or len(told) <= _FEW or points_back):
        return question
    if not told or not any(one not in _POINTS_BACK for one in told):
        return before
    joined = f"{bare.strip(' ?!.,')}, {before}"
    if len(joined) > LONGEST_QUESTION:
        raise BadInput("the question and the one that it goes on from are too long together")
    return joined


def _is_day(word: str, text: str, language: str) -> bool:
    return word.isdigit() and bool(marks(text, language).days)


def _named_day(question: str, language: str) -> date | None:
    """The day that a question names: a date, or "in 2030", "after 2030", "before 2024"."""
    days = sorted(marks(question, language).days)
    if len(days) == 1:
        return _iso(days[0])
    found = _YEAR.search(question)
    if found is None:
        return None
    if found["after"]:
        return _iso(f"{int(found['a']) + 1:04}-01-01")
    if found["before"]:
        first = _iso(f"{found['b']}-01-01")
        return first and first - timedelta(days=1)
    return _iso(f"{found['c']}-01-01")


def _iso(told: str) -> date | None:
    try:
        day = date.fromisoformat(told)
    except ValueError:
        return None
    return day if date(1700, 1, 1) < day < date(2300, 1, 1) else None
