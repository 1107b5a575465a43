"""What makes a sentence hard, by the rules of Leichte Sprache (DIN SPEC 33429; Netzwerk Leichte Sprache).

Rules see forms, not meanings: a passive is an auxiliary before a participle, a genitive an article of that
case before a noun. A hint is a hint.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from casemate.knowledge.plain.records import Hint, Told

MOST_WORDS = 15
_LONG_WORD = {"de": 18, "lb": 18, "fr": 15, "en": 14}
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MOST_LINKS = {"fr": 1, "de": 1, "lb": 2, "en": 1}
_ABBREVIATION = re.compile(
    r"\b(?:[A-ZÄÖÜ]{2,5}|(?:z\. ?B|bzw|ggf|usw|cf|al|e\.g|i\.e|etc|Abs|lit)\.)(?!\w)"
)
_FORMS: tuple[Hint, ...] = ("passive", "genitive", "subjunctive")


def hints(line: str, language: str) -> Iterator[Told]:
    """What is hard in one line."""
    words = _WORD.findall(line)
    if len(words) > MOST_WORDS:
        yield Told("long", str(len(words)))
    for hint in _FORMS:
        if found := _pattern(hint, language).search(line):
            yield Told(hint, " ".join(found[0].split()))
    links = [one[0].strip(" ,") for one in _pattern("links", language).finditer(line)]
    if len(links) > _MOST_LINKS.get(language, 0) or ";" in line:
        yield Told("many_ideas", ", ".join(links[:4]) or ";")
    longest = max(words, key=len, default="")
    if len(longest) >= _LONG_WORD.get(language, 99):
        yield Told("long_word", longest)
    negations = [one[0] for one in _pattern("negation", language).finditer(line)]
    if len(negations) > 1:
        yield Told("two_negations", ", ".join(negations[:4]))
    if shortened := _ABBREVIATION.search(line):
        yield Told("abbreviation", shortened[0])


@cache
def _pattern(name: str, language: str) -> re.Pattern[str]:
    """The pattern of a form; one that is nowhere where a language has no such form."""
    return re.compile(_table()[name].get(language, r"(?!)"), re.IGNORECASE)


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(
        files("casemate.knowledge.plain").joinpath("hints.toml").read_text(encoding="utf-8")
    )
