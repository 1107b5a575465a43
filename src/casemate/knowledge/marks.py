"""What may not change when words are said again: numbers, days, negations, duties, names.

Two sentences may be as near as any measure of likeness tells and say the opposite: one digit, one "not".
So what a sentence claims is held against its source mark by mark, and what has no source is told.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from casemate.knowledge.signs import Kind, signs
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
_TENS = {
    word: str(number)
    for words in (
        "vingt trente quarante cinquante soixante",
        "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig",
        "zwanzeg dressig veierzeg foffzeg sechzeg siwwenzeg achtzeg nonzeg",
        "zwanzeg dresseg",
        "twenty thirty forty fifty sixty seventy eighty ninety",
    )
    for number, word in zip(range(20, 100, 10), words.split(), strict=False)
}
_LARGE = {
    word: number
    for number, words in {
        "13": "dreizehn thirteen drazeng",
        "14": "vierzehn fourteen veierzeng",
        "15": "funfzehn fifteen foffzeng",
        "16": "sechzehn sixteen siechzeng",
        "17": "siebzehn seventeen siwwenzeng",
        "18": "achtzehn eighteen uechtzeng",
        "19": "neunzehn nineteen nonzeng",
        "20": "vingts",
        "100": "cent cents hundert honnert hundred",
        "1000": "mille tausend dausend thousand",
        "1000000": "million millions millionen milliounen",
        "1000000000": "milliard milliards milliarden billion",
    }.items()
    for word in words.split()
}
_NUMBER_WORDS |= _TENS | _LARGE
_JOINED_NUMBER = re.compile(rf"(ein|een|{'|'.join(_NUMBER_WORDS)})(?:und|an)({'|'.join(_TENS)})")
"""``vierundzwanzig`` and ``veieranzwanzeg``: units before tens, in one word."""
_ONES = {
    "fr": "un deux trois quatre cinq six sept huit neuf",
    "en": "one two three four five six seven eight nine",
}
_BY_TENS = {
    "fr": "vingt trente quarante cinquante soixante",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
}


def _in_several_words() -> Iterator[tuple[str, str]]:
    """Numbers below a hundred that French and English write in several words, folded."""
    for language, tens in _BY_TENS.items():
        for place, ten in enumerate(tens.split(), 2):
            for one, word in enumerate(_ONES[language].split(), 1):
                yield f"{ten} {word}", str(10 * place + one)
                yield f"{ten} et {word}", str(10 * place + one)
    small = dict(enumerate(_ONES["fr"].split(), 1))
    teens = ["dix", "onze", "douze", "treize", "quatorze", "quinze", "seize"]
    small |= dict(enumerate([*teens, "dix sept", "dix huit", "dix neuf"], 10))
    yield from ((small[number], str(number)) for number in (17, 18, 19))
    yield from (("quatre vingts", "80"), ("soixante et onze", "71"))
    for number, word in small.items():  # seventy is sixty and ten, eighty is four times twenty
        yield f"quatre vingt {word}", str(80 + number)
        if number >= 10:
            yield f"soixante {word}", str(60 + number)


_PHRASES = dict(_in_several_words())
_PHRASE = re.compile(
    r"\b(?:" + "|".join(sorted(map(re.escape, _PHRASES), key=len, reverse=True)) + r")\b"
)
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
_Mark = TypeVar("_Mark")
_SHORTENED = re.compile(r"\b[A-ZÀ-ÖØ-Þ]{2,}\b")


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
        numbers=_numbers(rest, language),
        days=days,
        negations=_count(_NEGATIONS.get(language), text),
        duties={name: _count(words.get(language), text) for name, words in _DUTIES.items()},
        # German has a capital on every noun: what is a name cannot be told by it, but for abbreviations.
        names=_names(rest, _SHORTENED if language in {"de", "lb"} else _NAME),
    )


def unsupported(claim: str, source: str, language: str, of: str | None = None) -> list[str]:
    """What ``claim`` says that ``source`` does not, a phrase each; empty where all of it has a source.

    ``of`` is the source's language, where it is another.
    """
    told, known = marks(claim, language), marks(source, of or language)
    found = [f"the number {one}" for one in told.numbers if one not in known.numbers]
    found += [f"the day {one}" for one in told.days if one not in known.days]
    if bool(told.negations) != bool(known.negations):
        found.append("a negation" if told.negations else "no negation, where the source has one")
    for one, count in told.duties.items():
        if bool(count) != bool(known.duties[one]):
            found.append(
                f"the word for {_SAID[one]}"
                if count
                else f"no word for {_SAID[one]}, where the source has one"
            )
    source_words = folded(source)
    found += [f"the name {one}" for one in sorted(told.names) if one not in source_words]
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """A mark that a rewording lost, or that it has and its source has not."""

    kind: Kind | Literal["number", "day", "name"]
    mark: str
    is_new: bool

    def __str__(self) -> str:
        said = _TOLD.get(self.kind, f"the {self.kind} {self.mark}").format(self.mark)
        return f"{said} is {'new' if self.is_new else 'missing'}"


def differences(before: str, after: str, language: str) -> list[Difference]:
    """Every mark that is not as often in ``after`` as in ``before``, counted one by one.

    Words of one sense count alike ("shall", "must"). Names are held against all words of the other text,
    since a word that begins a sentence has a capital anyway.
    """
    old, new = marks(before, language), marks(after, language)
    found = [Difference("number", *one) for one in _apart(old.numbers, new.numbers)]
    found += [Difference("day", *one) for one in _apart(old.days, new.days)]
    told, now = signs(before, language), signs(after, language)
    found += [Difference(kind, sense, is_new) for (kind, sense), is_new in _apart(told, now)]
    old_words, new_words = f" {folded(before)} ", f" {folded(after)} "
    found += [
        Difference("name", one, False) for one in sorted(old.names) if f" {one} " not in new_words
    ]
    found += [
        Difference("name", one, True) for one in sorted(new.names) if f" {one} " not in old_words
    ]
    return found


def changed(before: str, after: str, language: str) -> list[str]:
    """What a rewording lost, gained or turned, a phrase each; empty where every mark is kept."""
    return list(dict.fromkeys(map(str, differences(before, after, language))))


def _apart(old: Counter[_Mark], new: Counter[_Mark]) -> list[tuple[_Mark, bool]]:
    """What one has more often than the other, with whether that is the new one."""
    return [(one, False) for one in old - new] + [(one, True) for one in new - old]


def folded(text: str) -> str:
    """The words of ``text`` without case and accents."""
    return " ".join(words_of(text))


_TOLD = {
    "negation": "a negation",
    "duty": "the word for a duty",
    "permission": "the word for a permission",
    "prohibition": "the word for a prohibition",
    "exception": "an exception",
    "only": "the word “only”",
    "bound": "the bound “{}”",
    "order": "the word “{}”",
    "condition": "a condition",
    "quantity": "the word for “{}”",
    "choice": "an “or”",
    "unit": "the unit “{}”",
    "place": "the ordinal {}",
    "point": "the point {}",
}
_SAID = {"must": "a duty", "may": "a permission", "forbidden": "a prohibition"}


def _names(text: str, pattern: re.Pattern[str]) -> frozenset[str]:
    return frozenset(folded(one) for one in pattern.findall(text))


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


def _numbers(text: str, language: str) -> Counter[str]:
    """Each number as digits with a point; words for small ones too."""
    if language == "en":  # elsewhere a comma begins decimals
        text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    found = Counter(_digits(one) for one in _NUMBER.findall(text))
    plain = folded(text)
    found.update(_PHRASES[phrase] for phrase in _PHRASE.findall(plain))
    for word in _PHRASE.sub(" ", plain).split():
        if word in _NUMBER_WORDS:
            found[_NUMBER_WORDS[word]] += 1
        elif joined := _JOINED_NUMBER.fullmatch(word):
            found[str(int(_NUMBER_WORDS[joined[2]]) + int(_NUMBER_WORDS.get(joined[1], "1")))] += 1
    return found


def _digits(told: str) -> str:
    whole = re.sub(r"[ '’\u202f\xa0]", "", told)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", whole):
        whole = whole.replace(".", "")
    return whole.replace(",", ".")


def _count(pattern: str | None, text: str) -> int:
    return 0 if pattern is None else len(re.findall(pattern, text, re.IGNORECASE))
