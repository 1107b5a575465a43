"""Sentences that say the same as real ones, and sentences that were turned to say something else."""

import random
import re
from collections.abc import Callable, Iterator

from casemate.knowledge.answers.scope import quantities

PLAIN = {
    "fr": (
        ("afin de", "pour"), ("en vue de", "pour"), ("lors de", "pendant"), ("conformément à", "selon"),
        ("en application de", "selon"), ("est tenu de", "doit"), ("sont tenus de", "doivent"),
        ("veille à ce que", "s'assure que"), ("procède à", "fait"), ("sans délai", "immédiatement"),
        ("visé à", "mentionné à"), ("visés à", "mentionnés à"), ("visées à", "mentionnées à"),
        ("visée à", "mentionnée à"), ("dans les meilleurs délais", "aussi vite que possible"),
    ),
    "en": (
        ("in order to", "to"), ("pursuant to", "under"), ("in accordance with", "under"),
        ("referred to in", "mentioned in"), ("without undue delay", "as soon as possible"),
        ("with regard to", "about"), ("for the purpose of", "for"), ("shall", "must"),
        ("concerning", "about"), ("carry out", "do"), ("ensure that", "make sure that"),
        ("in respect of", "about"), ("prior to", "before"), ("obtain", "get"), ("provide", "give"),
    ),
}  # fmt: skip
_LEADS = {"fr": ("En outre, ", "Ainsi, "), "en": ("Moreover, ", "Therefore, ")}
_TURNED: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "must_may": {
        "fr": (
            (r"\bdoit\b", "peut"),
            (r"\bdoivent\b", "peuvent"),
            (r"\bpeut\b", "doit"),
            (r"\bpeuvent\b", "doivent"),
        ),
        "en": ((r"\bshall\b", "may"), (r"\bmust\b", "may"), (r"\bmay\b", "shall")),
    },
    "scope": {
        "fr": (
            (r"\btoute?\b", "certaine"),
            (r"\btou(?:te)?s les\b", "certains"),
            (r"\bcertaine?s\b", "toutes les"),
            (r"\bau moins\b", "au plus"),
        ),
        "en": (
            (r"\ball\b", "some"),
            (r"\bany\b", "certain"),
            (r"\beach\b", "some"),
            (r"\bcertain\b", "all"),
            (r"\bat least\b", "at most"),
        ),
    },
    "negation": {
        "fr": (
            (r"\bne ([\w'’]+) pas\b", r"\1"),
            (r"\b(est|sont|peut|peuvent|doit|doivent)\b", r"ne \1 pas"),
        ),
        "en": (
            (r"\b(shall|may|must|is|are) not\b", r"\1"),
            (r"\b(shall|may|must|is|are)\b", r"\1 not"),
        ),
    },
    "other_negation": {
        "fr": (
            (r"\b(peut|peuvent)\b", "est incapable de"),
            (r"\b(est|sont)\b", r"\1 loin d'être"),
            (r"\bdoit\b", "s'abstient de"),
        ),
        "en": (
            (r"\b(shall|must)\b", "refuses to"),
            (r"\b(is|are)\b", r"\1 far from being"),
            (r"\bmay\b", "fails to"),
        ),
    },
    "unit": {
        "fr": (
            (r"\bjours?\b", "mois"),
            (r"\bmois\b", "jours"),
            (r"\bans?\b", "mois"),
            (r"\bheures?\b", "jours"),
            (r"%", "euros"),
            (r"\b(?:EUR|euros?)\b", "%"),
        ),
        "en": (
            (r"\bdays?\b", "months"),
            (r"\bmonths?\b", "days"),
            (r"\byears?\b", "months"),
            (r"\bhours?\b", "days"),
            (r"%", "euros"),
            (r"\b(?:EUR|euros?)\b", "%"),
        ),
    },
    "condition_left_out": {
        "fr": (
            (r"^(?:lorsqu|si|en cas)[^,]+, ", ""),
            (r", (?:sauf|à moins|sous réserve|lorsqu|si)[^,;.]+", ""),
        ),
        "en": (
            (r"^(?:where|if|when|in the event)[^,]+, ", ""),
            (r",? (?:unless|except|subject to|where|if|provided)[^,;.]+", ""),
        ),
    },
    "before_after": {
        "fr": ((r"\bavant\b", "après"), (r"\baprès\b", "avant")),
        "en": ((r"\bbefore\b", "after"), (r"\bafter\b", "before")),
    },
}
_CONTENT = re.compile(r"[^\W\d_]{5,}")


def same(sentence: str, language: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Kinds and sentences that say what ``sentence`` says."""
    yield "connected", chance.choice(_LEADS[language]) + sentence[0].lower() + sentence[1:]
    plain = sentence
    for old, new in PLAIN[language]:
        plain = re.sub(rf"\b{re.escape(old)}(?!\w)", new, plain)
    if plain != sentence:
        yield "plain", plain
    bare = re.sub(r"\s*\([^()]{3,}\)", "", sentence)
    if bare != sentence and len(bare) > 40:
        yield "brackets_left_out", bare


def turned(
    sentence: str, language: str, others: list[str], chance: random.Random
) -> Iterator[tuple[str, str]]:
    """Kinds and sentences that say something else; ``others`` are of the same law."""
    for kind, tables in _TURNED.items():
        for pattern, new in tables[language]:
            told, count = re.subn(pattern, new, sentence, count=1, flags=re.IGNORECASE)
            if count and told != sentence:
                yield kind, told[:1].upper() + told[1:]
                break
    yield from _numbers(sentence, language, chance)
    for kind, made in (("swapped", _swapped), ("word_left_out", _left_out), ("homoglyph", _alike)):
        if told := made(sentence, chance):
            yield kind, told
    other = chance.choice(others)
    yield "neighbour", other
    yield "merged", _merged(sentence, other)
    yield "widened", _widened(sentence, language)


def _numbers(sentence: str, language: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    found = re.search(r"\d+", sentence)
    if found:
        other = str(int(found[0]) + chance.randint(1, 9))
        yield "number", sentence[: found.start()] + other + sentence[found.end() :]
    if len(units := sorted(quantities(sentence, language))) > 1 and units[0][0] != units[1][0]:
        first, second = units[0][0], units[1][0]
        marked = re.sub(rf"\b{first}\b", "\x00", sentence)
        yield "numbers_swapped", re.sub(rf"\b{second}\b", first, marked).replace("\x00", second)


def _swapped(sentence: str, chance: random.Random) -> str:
    """Two of its longer words in each other's place: who does what to whom is another."""
    found = list(_CONTENT.finditer(sentence))
    if len(found) < 2:
        return ""
    one, other = sorted(chance.sample(found, 2), key=lambda at: at.start())
    if one[0].casefold() == other[0].casefold():
        return ""
    middle = sentence[one.end() : other.start()]
    return f"{sentence[: one.start()]}{other[0]}{middle}{one[0]}{sentence[other.end() :]}"


def _left_out(sentence: str, chance: random.Random) -> str:
    """Without one of its longer words: an adjective that is gone widens a rule."""
    found = list(_CONTENT.finditer(sentence))
    if len(found) < 4:
        return ""
    one = chance.choice(found[1:])
    return re.sub(r"\s+", " ", sentence[: one.start()] + sentence[one.end() :])


def _alike(sentence: str, chance: random.Random) -> str:
    """With a letter of another script that looks the same."""
    del chance
    return sentence.replace("e", "\u0435", 1) if "e" in sentence else ""


def _merged(sentence: str, other: str) -> str:
    one, two = sentence.split(), other.split()
    return " ".join([*one[: len(one) // 2], *two[len(two) // 2 :]])


def _widened(sentence: str, language: str) -> str:
    word = {"fr": "et toute autre personne", "en": "and any other person"}[language]
    first = re.search(r"\b(?:doi\w+|peu\w+|est|sont|shall|may|must|is|are)\b", sentence)
    at = first.start() if first else len(sentence) - 1
    return f"{sentence[:at]}{word} {sentence[at:]}"


Made = Callable[[str, random.Random], str]
