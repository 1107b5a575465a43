"""Whether a quote says what a sentence says: the rules that a model's words are held against.

A measure of likeness does not tell one digit, one "not" or who owes whom. So a sentence stands only where
everything that decides its meaning is its source's:

* its letters are of the scripts of its source, with nothing invisible among them;
* its numbers with their units, days, negations, duties and names are in one sentence of one quote, and so
  are its words on scope (all, some, only, at least, before, unless), none added, none left out;
* in the quote's own language, its words stand in the order in which they stand there, few of them are new
  and few are left out: who does what to whom is told by order;
* and it is as near in meaning as sentences that say the same were measured to be (``support.json``).

What is the words of the law themselves, with at most connecting words added, is told as such (``quote``).
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from casemate.knowledge.answers.answering import Likeness
from casemate.knowledge.answers.records import Quote
from casemate.knowledge.answers.scope import quantities, scope
from casemate.knowledge.marks import unsupported
from casemate.knowledge.sentences import Span, sentences
from casemate.search_words import words as words_of

Kind = Literal["quote", "reworded", "translated"]
"""Words of the law; other words, its own language; another language."""

_JOINED = 3
"""So many sentences of a quote, one after the other, may be what a sentence says."""
_LEAD = re.compile(r"^[^,:]{1,160}[,:]\s+")
_SIGNS = re.compile(r"[%€$£§°<>≤≥±]|\d+(?:[.,]\d+)+|[^\W_]+")
_FREE = frozenset(
    word
    for words_that_decide_nothing in (
        "le la les l un une du de des d et est sont que qu",
        "ainsi donc aussi egalement enfin ensuite selon conformement effet outre ailleurs",
        "the a an of and is are that also thus therefore further moreover according",
        "der die das den dem des ein eine einen einem einer und ist sind dass",
        "demnach daher ferner ausserdem zudem laut",
        "eng en ass sinn dofir ausserdeem",
    )
    for word in words_that_decide_nothing.split()
)
"""Articles, "and", "is", connecting words: what is left, and its order, says who does what."""
_WHERE = frozenset(["par", "texte", "loi", "art", "article", "law", "artikel", "gesetz"])


@dataclass(frozen=True)
class Bounds:
    """Where sentences that say the same are told from those that do not (``benchmarks.knowledge.support``).

    ``like`` and ``like_across`` are cosines, in one language and across two; ``new`` the most of a
    sentence's words that its source lacks, ``kept`` the least of the source's that it has.
    """

    like: float
    like_across: float
    new: float
    kept: float
    made_of: str = ""


@cache
def shipped_bounds() -> Bounds:
    """Those that come with the project; ``made_of`` says what they were measured on."""
    text = files(__package__).joinpath("support.json").read_text(encoding="utf-8")
    return Bounds(**json.loads(text))


@dataclass(frozen=True)
class Judge:
    """What holds sentences against quotes. ``across``: whether another language than a quote's is read.

    Without ``likeness`` only words of the law stand.
    """

    likeness: Likeness | None = None
    bounds: Bounds | None = None
    across: bool = False

    def objection(self, sentence: str, quote: Quote, language: str) -> tuple[str, Kind]:
        """Why ``sentence`` is not what ``quote`` says, empty where it is, and what kind of words it is."""
        if odd := _odd_letters(sentence, quote.text):
            return odd, "reworded"
        said = without_lead(sentence, quote)
        runs = _runs(quote.text)
        if any(_same_words(said, run) for run in runs):
            return "", "quote"
        if self.likeness is None:
            return "nothing here can tell whether its quotes say so", "reworded"
        same = quote.language == language
        if not same and not self.across:
            return (
                "it is in another language than its quote, and is not the law's words",
                "translated",
            )
        kind: Kind = "reworded" if same else "translated"
        whys = [self._why(said, run, quote.language, language) for run in runs]
        return min(whys, key=lambda why: (bool(why), why.startswith(_FAR))), kind

    def _why(self, said: str, run: str, of: str, language: str) -> str:
        bounds = self.bounds or shipped_bounds()
        missing = unsupported(said, run, language, of) or _scope_differs(said, run, language, of)
        if missing:
            lacks = missing[0].startswith("no ")
            return f"it has {missing[0]}" if lacks else f"its quotes do not have {missing[0]}"
        if of == language and (moved := _moved(said, run, bounds)):
            return moved
        assert self.likeness is not None
        least = bounds.like if of == language else bounds.like_across
        return _FAR if max(self.likeness(said, [run])) < least else ""


_FAR = "it says something else than its quotes"


def without_lead(sentence: str, quote: Quote) -> str:
    """``sentence`` without "According to article 2 of the law of …,": words on where its quote stands."""
    lead = _LEAD.match(sentence)
    if lead is None:
        return sentence
    where = set(words_of(f"{quote.number} {quote.title} {quote.heading} {quote.provision}"))
    return sentence[lead.end() :] if set(words_of(lead[0])) <= where | _FREE | _WHERE else sentence


def _runs(text: str) -> list[str]:
    """Each sentence of a quote, and each few that follow one another."""
    spans = sentences(text)
    return [
        Span(spans[low].start, spans[low + more].end).cut(text)
        for more in range(min(_JOINED, len(spans)))
        for low in range(len(spans) - more)
    ]


def _same_words(said: str, run: str) -> bool:
    told, known = _tokens(said), _tokens(run)
    return bool(told) and _telling(told) == _telling(known)


def _telling(tokens: Sequence[str]) -> list[str]:
    return [one for one in tokens if one not in _FREE]


@lru_cache(4096)
def _tokens(text: str) -> tuple[str, ...]:
    """Words folded and without their plural; signs and numbers as they are."""
    found: list[str] = []
    for one in _SIGNS.findall(text):
        if one[0].isdigit() or not one[0].isalpha():
            found.append(one)
        else:
            found += [_singular(word) for word in words_of(one)]
    return tuple(found)


def _singular(word: str) -> str:
    return re.sub(r"(?<=\w{3})(?:e?s|x)$", "", word) if not word.isdigit() else word


@dataclass(frozen=True, slots=True)
class Held:
    """How the words of a sentence stand in its source: shares from 0 to 1, and the first that is new."""

    new: float
    kept: float
    ordered: bool
    first_new: str


def held(said: str, run: str) -> Held:
    """Of the words of ``said`` that tell something; those of ``run`` are counted the same way."""
    told, known = _telling(_tokens(said)), _telling(_tokens(run))
    there = set(known)
    common = [one for one in told if one in there]
    new = [one for one in told if one not in there]
    return Held(
        new=len(new) / max(1, len(told)),
        kept=len(common) / max(1, len(known)),
        ordered=_in_order(common, known) == len(common),
        first_new=new[0] if new else "",
    )


def _moved(said: str, run: str, bounds: Bounds) -> str:
    """What is wrong with the words of ``said``, which should be those of ``run`` in their order."""
    found = held(said, run)
    if found.new > bounds.new:
        return f"its quotes do not have the word “{found.first_new}”"
    if not found.ordered:
        return "its words stand in another order than in its quotes"
    return "it leaves out much of what its quotes say" if found.kept < bounds.kept else ""


def _in_order(told: Sequence[str], known: Sequence[str]) -> int:
    """How many of ``told`` are found one after the other in ``known``."""
    rows = [0] * (len(known) + 1)
    for one in told:
        before = 0
        for place, other in enumerate(known, 1):
            before, rows[place] = rows[place], (
                before + 1 if one == other else max(rows[place], rows[place - 1])
            )  # fmt: skip
    return rows[-1]


def _scope_differs(said: str, run: str, language: str, of: str) -> list[str]:
    """Words on scope, and numbers with units, that one has and the other has not."""
    told, known = scope(said, language), scope(run, of)
    found = [f"“{one}”" for one in sorted(told - known)]
    found += [f"no “{one}”, where the source has it" for one in sorted(known - told)]
    units = quantities(said, language) - quantities(run, of)
    return found + [f"“{number} {unit}”" for number, unit in sorted(units)]


def _odd_letters(sentence: str, source: str) -> str:
    """What is wrong with the letters: another script's, made to look alike, or invisible."""
    for one in sentence:
        kind = unicodedata.category(one)
        if kind in {"Cf", "Cc", "Co", "Cn", "Cs"} and one not in source and not one.isspace():
            return "it has signs that cannot be seen"
        if kind == "Nd" and not one.isascii() and one not in source:
            return "it has digits of another script"
    scripts = {_script(one) for one in source if one.isalpha()}
    odd = next((one for one in sentence if one.isalpha() and _script(one) not in scripts), "")
    if odd:
        return "it has letters of another script than its quotes"
    address = re.search(r"https?:|www\.|@|<|\]\(", sentence)
    return (
        "it names an address or has marks of a page" if address and address[0] not in source else ""
    )


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").partition(" ")[0]
