"""The patterns of one language, made once; each is tried at a place and never searched with."""

import re
from dataclasses import dataclass
from functools import cache

from casemate.knowledge.citing.words import (
    LATIN,
    WORDS,
    Words,
    compiled,
    number_pattern,
    short_names,
    spaced,
)

_VALUE = (
    rf"(?:\(\s?(?:\d{{1,3}}(?:er|bis|ter|[a-z])?|(?-i:[a-z]{{1,3}}|[A-Z]{{1,2}}|[IVX]{{1,5}}))\s?\)"
    rf"|\d{{1,3}}(?:\s?er(?!\w)|bis|ter|ème|e|[a-z])?(?:\s?[°º)])?(?![\w/]|[-–]\d|\s?{LATIN})"
    r"|(?-i:[a-z]{1,2}|[ivx]{1,5})\))"
)
"""What tells one part from the others: "2", "1er", "b)", "(f)", "ii)"."""
_FIRST_VALUE = rf"(?:{_VALUE}|(?-i:[a-z]|[A-Z]|[IVX]{{1,5}})(?![\w’']))"


@dataclass(frozen=True)
class Grammar:
    """A language's patterns, compiled."""

    trigger: re.Pattern[str]
    article: re.Pattern[str]
    annex: re.Pattern[str]
    number: re.Pattern[str]
    joint: re.Pattern[str]
    to: re.Pattern[str]
    bracketed: re.Pattern[str]
    part: re.Pattern[str]
    """A part with what tells it apart, after a provision's number."""
    part_of_several: re.Pattern[str]
    """The same after "articles", where a number behind a comma is the next article's."""
    parts_alone: re.Pattern[str]
    of: re.Pattern[str]
    again: re.Pattern[str]
    this: re.Pattern[str]
    same: re.Pattern[str]
    itself: re.Pattern[str]
    neighbour: re.Pattern[str]
    union: re.Pattern[str]
    dated: re.Pattern[str]
    codes: re.Pattern[str]
    constitution: re.Pattern[str]
    others: re.Pattern[str]
    names: re.Pattern[str]
    letters: re.Pattern[str]
    """An abbreviation of a text right after a number: "§ 3 BGB"."""
    heading: re.Pattern[str]
    """What follows a number that is a provision's own title."""
    amended: re.Pattern[str]
    amends: re.Pattern[str]
    kinds: tuple[tuple[re.Pattern[str], str], ...]


@cache
def grammar_of(language: str) -> Grammar | None:
    """The patterns of a language; ``None`` where its words are not known here."""
    words = WORDS.get(language)
    return None if words is None else _grammar(words)


def _grammar(words: Words) -> Grammar:
    number = number_pattern(words)
    kinds = "|".join(pattern for pattern, _ in words.kinds)
    names = "|".join(re.escape(one) for one in sorted(short_names(), key=len, reverse=True))
    joint = rf"(?:\s?,\s(?:(?:{words.and_})\s)?|\s(?:{words.and_})\s)"
    return Grammar(
        trigger=compiled(spaced(_trigger(words, kinds, names))),
        article=compiled(spaced(rf"(?:{words.article}|§§?)\s?")),
        annex=compiled(spaced(rf"(?:{words.annex})\s?")),
        number=compiled(spaced(number)),
        joint=compiled(spaced(joint)),
        to=compiled(spaced(rf"\s?(?:{words.to})\s?(?={number})")),
        bracketed=compiled(
            r"(?:\s?\((?:\d{1,3}[a-z]?|[a-z]{1,2}|[ivx]{1,5})\)){1,5}|\s(?:et\ssuivants|et\ss\.|ff?\.|et\sseq\.)"
        ),
        heading=compiled(r"\s{0,3}(?:[.:–—](?!\d)|-\s|\n)"),
        amended=compiled(spaced(rf"\s?,?\s?(?:{words.amended})")),
        amends=compiled(spaced(rf"[^;:.»”]{{0,300}}?\s(?:{words.amended})")),
        part=compiled(spaced(_part(words, _values(words)))),
        part_of_several=compiled(spaced(_part(words, _fewer_values(words)))),
        parts_alone=compiled(spaced(_parts_alone(words))),
        of=compiled(spaced(rf"\s?,?\s?(?:{words.of})\s?")),
        again=compiled(spaced(rf"{joint}(?:{words.again})?\s?(?=(?:{words.article}|§))")),
        this=compiled(spaced(rf"\s?(?:{words.this})(?!\w)")),
        same=compiled(spaced(rf"(?:{words.same})\s(?:{kinds}|{words.union}|{words.others})(?!\w)")),
        itself=compiled(spaced(words.itself)),
        neighbour=compiled(spaced(rf"(?P<before>{words.before})|(?P<after>{words.after})")),
        union=compiled(spaced(_union(words))),
        dated=compiled(spaced(_dated(words, kinds))),
        codes=compiled(spaced(rf"(?:(?:le|la|the|den|das)\s)?(?:nouveau\s)?(?:{words.codes})(?!\w)")),
        constitution=compiled(r"(?:la\s|the\s|der\s)?(?:constitution|verfassung)(?!\w)"),
        others=compiled(spaced(rf"(?:[\w’'-]{{1,20}}\s)?(?:{words.others})(?!\w)")),
        names=compiled(rf"(?:the\s|der\s|le\s)?(?-i:{names})(?!\w)"),
        letters=compiled(r"\s?(?-i:(?=[A-Z][\w.-]{0,12}[A-Z])[A-ZÄÖÜ][A-Za-zÄÖÜ.-]{1,11})(?!\w)"),
        kinds=tuple((compiled(spaced(rf"(?:{pattern})(?!\w)")), kind) for pattern, kind in words.kinds),
    )  # fmt: skip


def _trigger(words: Words, kinds: str, names: str) -> str:
    """What a reference may begin with; what it is, is tried afterwards."""
    plain = r"(?!\w)"
    return (
        rf"(?<![\w-])(?:(?P<near>(?:{words.before}|{words.after}|{words.itself}){plain})"
        rf"|(?P<art>{words.article})|(?P<sec>§)|(?P<annex>{words.annex})"
        rf"|(?P<part>(?:{words.part})(?![\w]))|(?P<name>(?-i:{names}){plain})"
        rf"|(?P<work>(?:{kinds}|{words.union}){plain})|(?P<code>(?:{words.codes}){plain})"
        rf"|(?P<constitution>(?:constitution|verfassung){plain}))"
    )


def _part(words: Words, values: str) -> str:
    named = rf"(?:{words.part})\s?(?:{values}|(?:{words.ordinal})(?!\w))"
    ordered = rf"(?:{words.ordinal})\s(?:{words.part})(?!\w)"
    return rf"\s?,?\s?(?:(?:{words.and_})\s)?(?:(?:{words.of})\s?)?(?:{named}|{ordered})"


def _values(words: Words) -> str:
    joint = rf"\s?(?:,|{words.and_}|{words.to})?\s?"
    return rf"{_FIRST_VALUE}(?:{joint}{_VALUE}){{0,20}}"


def _fewer_values(words: Words) -> str:
    joint = rf"\s?(?:{words.and_}|{words.to})?\s?"
    return rf"{_FIRST_VALUE}(?:{joint}{_VALUE}(?!\s?,?\s?(?:{words.part}))){{0,20}}"


def _parts_alone(words: Words) -> str:
    return rf"(?:{words.part})(?:\s?(?:{_values(words)}|(?:{words.ordinal})(?!\w)))?"


def _union(words: Words) -> str:
    """ "règlement (UE) n° 910/2014", "Directive 95/46/EC", "Verordnung (EU) 2016/679"."""
    group = r"(?:UE|CE|CEE|EU|EC|EEC|EG|EWG|JAI|JHA|Euratom|PESC|CFSP|GASP)"
    return (
        rf"(?P<kind>{words.union})\s?(?:\((?P<group>{group}(?:,\s?{group})?)\)\s?)?"
        rf"(?P<n>n\s?[°ºo]\.?|no\.?|nr\.?)?\s?(?P<a>\d{{1,4}})/(?P<b>\d{{1,4}})(?:/{group})?(?![\w/])"
    )


def _dated(words: Words, kinds: str) -> str:
    return (
        rf"(?P<kind>{kinds}){words.dated}"
        rf"(?P<day>\d{{1,2}})\s?(?:er|\.|st|nd|rd|th)?\s(?P<month>{words.months})\s(?P<year>\d{{4}})(?!\w)"
    )
