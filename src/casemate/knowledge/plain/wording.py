"""Words of the law put into plain ones, by a table a language (``words.*.toml``).

The sections of a table say where an entry holds: ``phrases`` anywhere, ``start`` where a sentence begins,
``infinitive`` before a verb, ``participle`` before an auxiliary, ``de`` and ``a`` with the French article
that follows, ``nominal`` for a noun that hides a verb ("procéder à la vérification de" → "vérifier").
An entry whose small words (``signs``) differ is a mistake, and a test finds it.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("fr", "de", "en", "lb")
_APOSTROPHE = "['’]"
_NO_VERB = (
    r"(?!titre|ordre|autre|membre|ministre|centre|chambre|nombre|registre|lettre|cadre|offre)"
)
_INFINITIVE = (
    r"(?=\s+(?:ne pas\s+|n['’]y\s+|y\s+|en\s+|se\s+|s['’]|les?\s+|la\s+|l['’]|lui\s+|leur\s+)*"
    rf"{_NO_VERB}\w+(?:er|ir|re|oir)\b)"
)
_INFINITIVE_AFTER_D = rf"(?={_NO_VERB}\w+(?:er|ir|re|oir)\b)"
_AUXILIARY = {
    "de": r"(?=\s+(?:werden|wird|wurden?|worden|sind|ist|war|waren|hat|haben|sein)\b|[.;,])",
    "lb": r"(?=\s+(?:ginn|gëtt|gi|gouf|goufen|ginn|sinn|ass)\b)",
}
_AFTER_DE = {"de la": "la", "de l": "l'", "du": "le", "des": "les", "de": "", "d": ""}
_AFTER_A = {"à la": "la", "à l": "l'", "au": "le", "aux": "les", "à": ""}
_VOWEL = re.compile(r"[aeiouyhàâéèêëîïôûœ]", re.I)
_ELIDED = re.compile(r"(?:^|\W)(?:[ldnsjmtc]|qu|lorsqu|puisqu|jusqu)['’]$", re.I)
_ELIDES = re.compile(r"(?:^|\W)(?:le|la|de|ne|que|se|je|me|te|ce|du|au)\s$", re.I)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A piece of text that was put into other words."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    to: Callable[[re.Match[str]], str]


def plain_words(text: str, language: str) -> tuple[str, list[Replaced]]:
    """``text`` in plain words, and what was replaced; longer entries go first."""
    rules = _rules(language)
    if not rules:
        return text, []
    done: list[Replaced] = []

    def put(one: re.Match[str]) -> str:
        told = _cased(rules[int((one.lastgroup or "r0")[1:])].to(one), one[0])
        if language == "fr" and not _fits(one.string[: one.start()], one[0], told):
            return one[0]
        if told != one[0]:
            done.append(Replaced(one[0], told))
        return told

    return _compiled(language).sub(put, text), done


def table(language: str) -> Mapping[str, Mapping[str, Any]]:
    """The entries of a language, by section."""
    name = f"words.{language}.toml"
    return tomllib.loads(
        files("casemate.knowledge.plain").joinpath(name).read_text(encoding="utf-8")
    )


@cache
def _rules(language: str) -> tuple[_Rule, ...]:
    if language not in LANGUAGES:
        return ()
    found = [rule for section, entries in table(language).items()
             for rule in _of_section(section, entries, language)]  # fmt: skip
    return tuple(sorted(found, key=lambda rule: -len(rule.pattern)))


@cache
def _compiled(language: str) -> re.Pattern[str]:
    """All rules as one alternation; the group that matched says which."""
    each = (f"(?P<r{place}>{rule.pattern})" for place, rule in enumerate(_rules(language)))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(each)})", re.IGNORECASE | re.MULTILINE)


def _of_section(section: str, entries: Mapping[str, Any], language: str) -> Iterator[_Rule]:
    for words, to in entries.items():
        match section:
            case "phrases":
                yield _Rule(_literal(words), _always(to))
            case "start":
                yield _Rule(rf"^{_literal(words)}", _always(to))
            case "infinitive":
                follows = _INFINITIVE_AFTER_D if words.endswith("'") else _INFINITIVE
                yield _Rule(_literal(words) + follows, _always(to))
            case "participle":
                yield _Rule(_literal(words) + _AUXILIARY[language], _always(to))
            case "de":
                yield _Rule(
                    _literal(words, open_end=True) + _ARTICLE_DE, _contracted(to, _AFTER_DE)
                )
            case "a":
                yield _Rule(_literal(words, open_end=True) + _ARTICLE_A, _contracted(to, _AFTER_A))
            case "nominal":
                yield from _nominal(words, to)
            case _:
                raise ValueError(f"the table of {language} has an unknown section {section!r}")


_ARTICLE_DE = r"\s+(?:de la\b|de l['’]|du\b|des\b|de\b|d['’])\s*"
_ARTICLE_A = r"\s+(?:à la\b|à l['’]|aux\b|au\b|à(?!\w))\s*"


def _nominal(name: str, verbs: list[str]) -> Iterator[_Rule]:
    """``procéder à la NAME de``: three forms of the verb that carries it, each with its own."""
    for carrier, verb in zip(("procéder", "procède", "procèdent"), verbs, strict=True):
        pattern = (
            rf"{carrier} (?:à la |à l['’]|au |aux ){_literal(name, open_end=True)}{_ARTICLE_DE}"
        )
        yield _Rule(pattern, _contracted(verb, _AFTER_DE))


def _contracted(to: str, articles: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    """The word, with what the preposition that was joined to an article leaves of it."""

    def told(one: re.Match[str]) -> str:
        ends = r"(de la|de l['’]|du|des|de|d['’]|à la|à l['’]|aux|au|à)\s*$"
        last = re.search(ends, one[0], re.IGNORECASE)
        words = last[1] if last else ""
        article = articles.get(re.sub(_APOSTROPHE, "", words).casefold(), "")
        if article == "l'":
            return f"{to} l{words[-1]}"  # the text's own apostrophe
        return f"{to} {article} " if article else f"{to} "

    return told


def _always(to: str) -> Callable[[re.Match[str]], str]:
    return lambda _: to


def _literal(words: str, *, open_end: bool = False) -> str:
    """A phrase as a pattern: any white space, either apostrophe, whole words."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    pattern = pattern.replace("'", _APOSTROPHE)
    whole = words[-1].isalnum() and not open_end
    return pattern + (r"(?![\w-])" if whole else "")


def _cased(told: str, before: str) -> str:
    return told[:1].upper() + told[1:] if before[:1].isupper() else told


def _fits(before: str, old: str, new: str) -> bool:
    """Whether French takes the new word where the old one was: elision before vowels alone."""
    vowel = bool(_VOWEL.match(new))
    if vowel == bool(_VOWEL.match(old)):
        return True
    return not (_ELIDES.search(before) if vowel else _ELIDED.search(before))
