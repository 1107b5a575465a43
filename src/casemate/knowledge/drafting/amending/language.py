"""How instructions are worded in French (Luxembourg), German and English (European Union)."""

import re
from dataclasses import dataclass
from functools import cache

from casemate.errors import BadInput
from casemate.knowledge.drafting.numbers import LATIN


@dataclass(frozen=True)
class Wording:
    """The words of one language.

    ``verbs``: what is done. ``units``: what a part is called. ``opens``: ends the sentence under which
    instructions stand. Before a quotation, ``after``, ``before`` and ``between`` say that it is an anchor,
    ``words`` that it is words and no part; before a part, ``made`` says that it is new, ``follows`` and
    ``precedes`` that it is an anchor.
    """

    verbs: dict[str, re.Pattern[str]]
    opens: re.Pattern[str]
    units: dict[str, str]
    after: re.Pattern[str]
    before: re.Pattern[str]
    words: re.Pattern[str]
    made: re.Pattern[str]
    follows: re.Pattern[str]
    precedes: re.Pattern[str]
    everywhere: re.Pattern[str]
    effective: re.Pattern[str]
    new_after: re.Pattern[str]
    """After a part: it is new ("la phrase suivante")."""
    inside: re.Pattern[str]
    """Between two parts: the one before lies within the one after."""
    ordinals: dict[str, str]
    lists: str
    """What joins numbers of a list."""


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _ordinals(*tables: str) -> dict[str, str]:
    return {word: str(number) for table in tables for number, word in enumerate(table.split(), 1)}


_BE = r"\b(?:est|sont|il\s+est)\s+(?:également\s+)?"
_FRENCH = Wording(
    verbs={
        "replace": _of(
            rf"{_BE}remplacée?s?\b|{_BE}modifiée?s?\s+comme\s+suit\b|\bprend(?:ra)?\s+la\s+teneur\s+suivante"
            rf"|{_BE}libellée?s?\s+comme\s+suit"
        ),
        "complete": _of(rf"{_BE}complétée?s?\b"),
        "delete": _of(rf"{_BE}(?:supprimé|abrogé|biffé)e?s?\b"),
        "insert": _of(rf"{_BE}(?:inséré|ajouté|introduit|intercalé)e?s?\b"),
    },
    opens=_of(
        r"(?:modifiée?s?|complétée?s?|amendée?s?)\s+(?:comme\s+suit|ainsi\s+qu['’]il\s+suit)\s*:$"
        r"|subi(?:t|ssent)\s+les\s+modifications\s+suivantes\s*:$"
        r"|modifications\s+suivantes\s+sont\s+apportées[^:]{0,200}:$"
    ),
    units={
        "articles?": "article", "paragraphes?": "paragraph", "alinéas?": "alinea", "points?": "point",
        "numéros?": "point", "lettres?": "letter", "phrases?": "sentence", "tirets?": "indent",
        "annexes?": "annex",
    },
    after=_of(r"(?:après|à\s+la\s+suite\s+(?:de|du|des)|entre|derrière)\s+[^\ue000]{0,40}$"),
    before=_of(r"(?:avant|devant)\s+[^\ue000]{0,40}$"),
    words=_of(r"\b(?:termes?|mots?|mentions?|chiffres?|montants?|nombres?|expressions?|dates?"
              r"|références?|passages?|intitulés?|bouts?\s+de\s+phrases?)\b"),
    made=_of(r"\b(?:une?|des|deux|trois)\s+(?:(?:nouve(?:au|l|lle|lles|aux))\s+)?$|\bnouve(?:au|l|lle)\s+$"),
    follows=_of(r"(?:après|à\s+la\s+suite\s+de|entre)\s+(?:l['’]|les?\s+|la\s+)$|à\s+la\s+suite\s+du\s+$"),
    precedes=_of(r"avant\s+(?:l['’]|les?\s+|la\s+)$"),
    everywhere=_of(r"\bchaque\s+fois|\bà\s+toutes\s+les\s+occurrences|\bchaque\s+occurrence"),
    effective=_of(r"avec\s+effet\s+(?:au|à\s+partir\s+du)\s+"),
    new_after=_of(r"^\s*(?:\S{1,20}\s+)?(?:suivante?s?|nouve(?:au|lle)s?)\b"),
    inside=_of(r"\s*(?:de\s+l['’]|du\s+|de\s+la\s+)\s*(?:même\s+)?"),
    ordinals=_ordinals(
        "premier deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième",
        "première seconde",
    ) | {"second": "2", "dernier": "-1", "dernière": "-1"},
    lists=r"\s*(?:,|et|ou|à)\s*",
)  # fmt: skip
_GERMAN = Wording(
    verbs={
        "replace": _of(r"\bersetzt\b|\bwie\s+folgt\s+gefasst\b|\bfolgende\s+Fassung\b|\berhält\s+folgende"),
        "delete": _of(r"\b(?:gestrichen|aufgehoben)\b|\bentfällt\b"),
        "insert": _of(r"\b(?:eingefügt|angefügt)\b"),
    },
    opens=_of(r"wie\s+folgt\s+geändert\s*:$|wird\s+geändert\s*:$"),
    units={
        "Artikels?": "article", "§§?": "article", "Abs(?:atz|atzes|ätze|\\.)?": "paragraph",
        "Unterabsatz(?:es)?": "alinea", "(?:Nummern?|Nr\\.)": "point",
        "Buchstaben?": "letter", "(?:Satz(?:es)?|Sätze)": "sentence", "Halbsatz(?:es)?": "half",
        "(?:Anlagen?|Anhangs?)": "annex",
    },
    after=_of(r"\bnach\s+(?:de[mnr]\s+)?[^\ue000]{0,30}$"),
    before=_of(r"\bvor\s+(?:de[mnr]\s+)?[^\ue000]{0,30}$"),
    words=_of(r"\b(?:Wort(?:es)?|Wörtern?|Angaben?|Zahl|Datum|Bezeichnung)\b"),
    made=_of(r"\bfolgende[rsn]?\s+(?:neue[rsn]?\s+)?$|\bfolgende\s+$"),
    follows=_of(r"\bnach\s+(?:de[mr]\s+)?$"),
    precedes=_of(r"\bvor\s+(?:de[mr]\s+)?$"),
    everywhere=_of(r"\bjeweils\b|\bjedes\s+Mal\b"),
    effective=_of(r"mit\s+Wirkung\s+vom\s+"),
    new_after=_of(r"^\s*neu\b"),
    inside=_of(r"\s*(?:des|der)\s+"),
    ordinals=_ordinals(
        "erster zweiter dritter vierter fünfter", "erste zweite dritte vierte fünfte",
        "ersten zweiten dritten vierten fünften",
    ),
    lists=r"\s*(?:,|und|bis|oder)\s*",
)  # fmt: skip
_ARE = r"\b(?:is|are|shall\s+be)\s+(?:hereby\s+)?"
_ENGLISH = Wording(
    verbs={
        "replace": _of(rf"{_ARE}replaced\b|{_ARE}substituted\b"),
        "delete": _of(rf"{_ARE}(?:deleted|repealed)\b"),
        "insert": _of(rf"{_ARE}(?:inserted|added)\b"),
    },
    opens=_of(rf"{_ARE}amended\s+as\s+follows\s*:$"),
    units={
        "articles?": "article", "paragraphs?": "paragraph", "subparagraphs?": "alinea", "points?": "point",
        "sentences?": "sentence", "indents?": "indent", "annex(?:es)?": "annex",
    },
    after=_of(r"\bafter\s+[^\ue000]{0,40}$"),
    before=_of(r"\bbefore\s+[^\ue000]{0,40}$"),
    words=_of(r"\b(?:words?|terms?|phrases?|figures?|date|number|reference)\b"),
    made=_of(r"\b(?:the\s+following|a\s+new|an?)\s+(?:new\s+)?$"),
    follows=_of(r"\bafter\s+(?:the\s+)?$"),
    precedes=_of(r"\bbefore\s+(?:the\s+)?$"),
    everywhere=_of(r"\b(?:wherever|each\s+time|in\s+each\s+place)\b"),
    effective=_of(r"with\s+effect\s+from\s+"),
    new_after=_of(r"^\s*as\s+follows\b"),
    inside=_of(r"\s*of\s+(?:the\s+)?"),
    ordinals=_ordinals("first second third fourth fifth sixth seventh eighth ninth tenth") | {"last": "-1"},
    lists=r"\s*(?:,|and|to|or)\s*",
)  # fmt: skip
WORDINGS = {"fr": _FRENCH, "de": _GERMAN, "en": _ENGLISH}


def wording_of(language: str) -> Wording:
    """Raises ``BadInput`` for a language whose instructions are not read."""
    if language not in WORDINGS:
        raise BadInput(f"instructions are read in {', '.join(WORDINGS)}, not in {language!r}")
    return WORDINGS[language]


@cache
def part_pattern(language: str) -> re.Pattern[str]:
    """A part as it is named: an ordinal or numbers, beside its unit."""
    wording = wording_of(language)
    units = "|".join(wording.units)
    ordinals = "|".join(sorted(wording.ordinals, key=len, reverse=True))
    one = (
        r"(?:\(?(?:[LRD]\.\s?)?\d{1,4}(?:[-.]\d{1,4}){0,3}(?:er|re)?"
        rf"(?:\s?(?:{'|'.join(sorted(filter(None, LATIN), key=len, reverse=True))})|[a-z](?![a-z]))?"
        r"(?![^\W\d_])[°)]{0,2}"
        r"|\(?(?:[ivx]{1,5}|[a-z]{1,2})\)|(?<=lettre\s)[a-z]\b|(?<=[bB]uchstabe\s)[a-z]{1,2}\b|[IVX]{1,5}\b)"
    )
    return re.compile(
        rf"(?:(?:(?P<ordinal>{ordinals})|(?P<nth>\d{{1,3}})(?:er|re|e|ème|\.|st|nd|rd|th))\s+)?(?<![^\W_])(?P<unit>{units})(?![^\W\d_])"
        rf"(?:\s?(?P<numbers>{one}(?:{wording.lists}{one}){{0,20}})"
        rf"(?P<deeper>(?:\s?\((?:\d{{1,3}}[a-z]?|[a-z]{{1,2}}|[ivx]{{1,5}})\)){{0,3}})"
        rf"|\s(?P<word>{ordinals})(?!\w))?",
        re.IGNORECASE,
    )
