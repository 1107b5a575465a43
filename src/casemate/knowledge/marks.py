"""What may not change when words are said again: numbers, days, negations, duties, names.

Two sentences may be as near as any measure of likeness tells and say the opposite: one digit, one "not".
So what a sentence claims is held against its source mark by mark, and what has no source is told.
"""

import re
from collections import Counter
from dataclasses import dataclass

from casemate.search_words import words as words_of

MONTHS = {
    month: number
    for names in (
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "januar februar marz april mai juni juli august september oktober november dezember",
        "januar februar maerz abrell mee juni juli august september oktober november dezember",
        "january february march april may june july august september october november december",
    )
    for number, month in enumerate(names.split(), 1)
}
_NUMBER_WORDS = {
    word: str(number)
    for words in (
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
        "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
        "null eent zwee drai veier fennef sechs siwen aacht neng zeng eelef zwielef",
        "zero one two three four five six seven eight nine ten eleven twelve",
    )
    for number, word in enumerate(words.split())
    if number > 1 or word in {"eins", "eent", "zero", "null"}
}
_DAY = re.compile(
    r"\b(\d{1,2})(?:er|\.|st|nd|rd|th)?\s+(?:de\s+)?([^\W\d_]{3,10})\s+(\d{4})\b"
    r"|\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b|\b(\d{4})-(\d{2})-(\d{2})\b"
)
_NUMBER = re.compile(r"\d+(?:[ .'’\u202f\xa0]\d{3})*(?:,\d+|\.\d+)?|\d+")
_NEGATIONS = {
    "fr": r"\b(?:ne|n['’]|non|sans|aucun\w*|jamais|ni|nul(?:le)?)\b|n['’]",
    "de": r"\b(?:nicht|kein\w*|ohne|nie|niemals|weder|un(?:zulässig|wirksam|befugt)\w*)\b",
    "lb": r"\b(?:net|kee(?:ng?|n)?|keng\w*|ouni|ni|weeder)\b",
    "en": r"\b(?:not|no|never|without|neither|nor|none|cannot)\b|n['’]t\b",
}
_DUTIES = {
    "must": {
        "fr": r"\b(?:doi(?:t|vent)|devra(?:it|ient)?|devront|tenue?s?|oblig\w+|incombe\w*)\b",
        "de": r"\b(?:muss|müssen|musst?e\w*|hat|haben|verpflicht\w*|pflicht\w*|soll\w*)\b",
        "lb": r"\b(?:muss|mussen|huet|hunn|verflicht\w*|flicht\w*|soll\w*)\b",
        "en": r"\b(?:must|shall|has to|have to|required?|obliged?|duty|obligation)\b",
    },
    "may": {
        "fr": r"\b(?:peu(?:t|vent)|pourra(?:it|ient)?|pourront|facult\w+|droit)\b",
        "de": r"\b(?:kann|können|darf|dürfen|berechtigt|recht)\b",
        "lb": r"\b(?:kann|kënnen|däerf|däerfen|dierf\w*|recht)\b",
        "en": r"\b(?:may|can|entitled|right|allowed|permitted)\b",
    },
    "forbidden": {
        "fr": r"\b(?:interdi\w+|défend\w+|prohib\w+)\b",
        "de": r"\b(?:verbot\w*|untersag\w*|unzulässig\w*)\b",
        "lb": r"\b(?:verbued\w*|verbuet\w*|ënnersot\w*)\b",
        "en": r"\b(?:prohibit\w*|forbid\w*|forbidden|unlawful)\b",
    },
}
_NAME = re.compile(r"(?<![.!?»:;\n]\s)(?<!^)\b[A-ZÀ-ÖØ-Þ][\w’'-]{2,}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a text says that may not change; ``duties`` counts each of must, may and forbidden."""

    numbers: Counter[str]
    days: Counter[str]
    negations: int
    duties: dict[str, int]
    names: frozenset[str]


def marks(text: str, language: str) -> Marks:
    """The marks of ``text``. A language without words of its own here has numbers, days and names only."""
    days, rest = _days(text)
    return Marks(
        numbers=_numbers(rest),
        days=days,
        negations=_count(_NEGATIONS.get(language), text),
        duties={name: _count(words.get(language), text) for name, words in _DUTIES.items()},
        # German has a capital on every noun: what is a name cannot be told by it.
        names=frozenset() if language in {"de", "lb"} else _names(text),
    )


def unsupported(claim: str, source: str, language: str) -> list[str]:
    """What ``claim`` says that ``source`` does not, a phrase each; empty where all of it has a source."""
    told, known = marks(claim, language), marks(source, language)
    found = [f"the number {one}" for one in told.numbers if one not in known.numbers]
    found += [f"the day {one}" for one in told.days if one not in known.days]
    if bool(told.negations) != bool(known.negations):
        found.append("a negation" if told.negations else "no negation, where the source has one")
    duties = (one for one, count in told.duties.items() if count and not known.duties[one])
    found += [f"the word for {_SAID[one]}" for one in duties]
    source_words = folded(source)
    found += [f"the name {one}" for one in sorted(told.names) if one not in source_words]
    return found


def changed(before: str, after: str, language: str) -> list[str]:
    """What a rewording lost, gained or turned, a phrase each; empty where every mark is kept."""
    old, new = marks(before, language), marks(after, language)
    found = []
    for kind, was, now in (("number", old.numbers, new.numbers), ("day", old.days, new.days)):
        found += [f"the {kind} {one} is missing" for one in was if one not in now]
        found += [f"the {kind} {one} is new" for one in now if one not in was]
    if bool(old.negations) != bool(new.negations):
        found.append("a negation is missing" if old.negations else "a negation is new")
    for name, count in old.duties.items():
        if bool(count) != bool(new.duties[name]):
            found.append(f"the word for {_SAID[name]} is {'missing' if count else 'new'}")
    return found


def folded(text: str) -> str:
    """The words of ``text`` without case and accents."""
    return " ".join(words_of(text))


_SAID = {"must": "a duty", "may": "a permission", "forbidden": "a prohibition"}


def _names(text: str) -> frozenset[str]:
    return frozenset(folded(one) for one in _NAME.findall(text))


def _days(text: str) -> tuple[Counter[str], str]:
    """The days of ``text`` as ISO 8601, and the text without them."""
    found: Counter[str] = Counter()

    def take(one: re.Match[str]) -> str:
        day = _iso(one)
        if day is None:
            return one[0]
        found[day] += 1
        return " "

    return found, _DAY.sub(take, text)


def _iso(one: re.Match[str]) -> str | None:
    if one[7]:
        return one[0]
    if one[4]:
        return f"{one[6]}-{int(one[5]):02}-{int(one[4]):02}"
    month = MONTHS.get(folded(one[2]))
    return None if month is None else f"{one[3]}-{month:02}-{int(one[1]):02}"


def _numbers(text: str) -> Counter[str]:
    """Each number as digits with a point; words for small ones too."""
    found = Counter(_digits(one) for one in _NUMBER.findall(text))
    found.update(_NUMBER_WORDS[word] for word in folded(text).split() if word in _NUMBER_WORDS)
    return found


def _digits(told: str) -> str:
    whole = re.sub(r"[ '’\u202f\xa0]", "", told)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", whole):
        whole = whole.replace(".", "")
    return whole.replace(",", ".")


def _count(pattern: str | None, text: str) -> int:
    return 0 if pattern is None else len(re.findall(pattern, text, re.IGNORECASE))
