"""Words that widen or narrow what a sentence says, and numbers with their units, in four languages.

"All" for "some", "at least" for "at most", "before" for "after", "days" for "months", an "unless" that is
left out: each turns a rule into another one and changes hardly any measure of likeness.
"""

import re
from functools import lru_cache

_SCOPE = {
    "all": {
        "fr": r"tou(?:t|te|s|tes)|chaque|quiconque|toujours|n['’]importe",
        "en": r"all|every(?:one|body)?|each|any(?:one|body)?|whoever|always",
        "de": r"alle[rsmn]?|jede[rsmn]?|jegliche\w*|sämtliche\w*|immer|stets",
        "lb": r"all|alle|jidder\w*|ëmmer",
    },
    "some": {
        "fr": r"certaine?s?|quelques?|plusieurs|parfois|la plupart|notamment|généralement|en principe",
        "en": r"some|certain|several|sometimes|most|in particular|generally|usually",
        "de": r"einige[rsmn]?|manche[rsmn]?|bestimmte[rsmn]?|mehrere[rn]?|insbesondere|grundsätzlich",
        "lb": r"e puer|verschidde\w*|bestëmmte\w*|méi(?:erer)?",
    },
    "only": {
        "fr": r"seule?s?|seulement|uniquement|exclusivement|que si|que lorsque|(?:ne|n['’]) ?\w+ que",
        "en": r"only|solely|exclusively",
        "de": r"nur|ausschließlich|lediglich|erst",
        "lb": r"nëmmen|eleng|eréischt",
    },
    "at least": {
        "fr": r"au moins|minimum|minimale?s?|inférieure?s? à|moins de",
        "en": r"at least|minimum|minimal|(?:not |no )?less than|fewer than|below",
        "de": r"mindestens|minimum|mindest\w*|weniger als|unter",
        "lb": r"op d['’]mannst|mindestens|minimum|manner wéi",
    },
    "at most": {
        "fr": r"au plus|maximum|maximale?s?|supérieure?s? à|plus de|excède\w*|excéder|dépasse\w*",
        "en": r"at most|maximum|maximal|(?:not |no )?more than|up to|exceed\w*|above",
        "de": r"höchstens|maximum|höchst\w*|mehr als|über(?:steig\w*|schreit\w*)",
        "lb": r"héchstens|maximum|méi wéi",
    },
    "before": {
        "fr": r"avant|préalable\w*|antérieur\w*|au plus tard",
        "en": r"before|prior|earlier|previous\w*|at the latest|no later than",
        "de": r"vor|vorher\w*|zuvor|spätestens|bevor",
        "lb": r"virun|virdrun|viru|spéitstens|éier",
    },
    "after": {
        "fr": r"après|postérieur\w*|ultérieur\w*|à partir|à compter|dès|depuis",
        "en": r"after|following|later|from|since|subsequent\w*|as of",
        "de": r"nach|nachdem|später|ab|seit",
        "lb": r"no|nodeem|spéider|ab|zanter|vun .* un",
    },
    "unless": {
        "fr": r"sauf|excepté\w*|hormis|à l['’]exception|à moins que|sous réserve|toutefois|cependant"
        r"|néanmoins|par dérogation|à l['’]exclusion|exclu\w*|exempt\w*|dispens\w*",
        "en": r"unless|except\w*|save|subject to|however|nevertheless|notwithstanding"
        r"|by way of derogation|exclud\w*|exempt\w*|without prejudice|excluding",
        "de": r"außer|ausgenommen|es sei denn|vorbehaltlich|jedoch|abweichend|ausschluss|befreit\w*",
        "lb": r"ausser|mat ausnam|et sief|allerdéngs|ofwäichend|befreit\w*",
    },
    "if": {
        "fr": r"si|s['’]ils?|lorsqu\w*|quand|en cas|à condition|pourvu|dès lors|dans le cas",
        "en": r"if|where|when|whenever|in case|provided|on condition|in the event|as long as",
        "de": r"wenn|falls|sofern|soweit|im falle?|unter der bedingung|bei",
        "lb": r"wann|falls|souwäit|am fall|ënner der bedéngung",
    },
    "or": {"fr": r"ou|soit", "en": r"or|either", "de": r"oder|entweder", "lb": r"oder|entweder"},
}
_UNITS = {
    "second": r"secondes?|seconds?|sekunden?|sekonnen?",
    "minute": r"minutes?|minuten?",
    "hour": r"heures?|hours?|stunden?|stonnen?",
    "day": r"jours?|journées?|days?|tage?n?|deeg",
    "week": r"semaines?|weeks?|wochen?|wochen",
    "month": r"mois|months?|monate?n?|méint",
    "year": r"ans?|années?|years?|jahre?n?|joer",
    "euro": r"euros?|eur|€",
    "franc": r"francs?|franken",
    "percent": r"%|pour ?cent|per ?cent|prozent",
    "metre": r"mètres?|m|metres?|meters?|metern?",
    "kilometre": r"kilomètres?|km|kilometres?|kilometers?|kilometern?",
    "kilogram": r"kilogrammes?|kg|kilos?|kilograms?|kilogramm",
    "tonne": r"tonnes?|t|tonnen",
    "million": r"millions?|millionen?|milliounen?",
    "thousand": r"mille|thousand|tausend|dausend",
}
_QUANTITY = re.compile(
    r"(?<![\w.,])(\d+(?:[ .'’\u202f\xa0]\d{3})*(?:[.,]\d+)?)\s*(?:\w+\s+){0,1}?("
    + "|".join(f"(?:{one})" for one in _UNITS.values())
    + r")(?!\w)",
    re.IGNORECASE,
)


@lru_cache(4096)
def scope(text: str, language: str) -> frozenset[str]:
    """Which kinds of words on scope ``text`` has, by their English names."""
    return frozenset(
        name
        for name, words in _SCOPE.items()
        if (found := words.get(language)) and _has(found, text)
    )


@lru_cache(4096)
def quantities(text: str, language: str) -> frozenset[tuple[str, str]]:
    """Numbers with the unit that follows them, units by their English names."""
    found = set()
    for number, unit in _QUANTITY.findall(text):
        name = next(
            name for name, words in _UNITS.items() if re.fullmatch(words, unit, re.IGNORECASE)
        )
        found.add((re.sub(r"[ .'’\u202f\xa0](?=\d{3}\b)", "", number).replace(",", "."), name))
    return frozenset(found)


def _has(pattern: str, text: str) -> bool:
    return re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE) is not None
