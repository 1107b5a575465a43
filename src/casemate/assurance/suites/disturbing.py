"""Disturbances of a question that leave its meaning: typing errors, bad OCR, spoken spelling, order.

Each is drawn from a seed and the question's name. The rules for spelling are ours, and stand for nobody's
dialect in particular.
"""

import re
from collections.abc import Callable, Mapping
from random import Random

_OCR = {
    "l": "1",
    "o": "0",
    "rn": "m",
    "m": "rn",
    "e": "c",
    "i": "l",
    "é": "e",
    "ä": "a",
    "ß": "B",
    "S": "5",
}
_SPOKEN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "en": ((r"\bwhat is\b", "wots"), (r"\bWhat is\b", "Wots"), (r"ing\b", "in'"), (r"\bth", "d"),
           (r"\byou\b", "ya"), (r"\bwhich\b", "wich"), (r"\bWhich\b", "Wich"), (r"\bdoes\b", "dus")),
    "fr": ((r"[Qq]uelle?s?\b", "kel"), (r"[Qq]u[e']", "ke "), (r"[éèê]", "e"), (r"à", "a"), (r"ç", "c"),
           (r"\bil y a\b", "ya"), (r"est-il\b", "est ti")),
    "de": ((r"\b([Ii])ch\b", r"\1sch"), (r"\bist\b", "is"), (r"\b([Dd])as\b", r"\1at"),
           (r"\b([Ww])as\b", r"\1at"), (r"\bnicht\b", "net"), (r"ein(e?)\b", r"en\1"), (r"\bauf\b", "uff")),
    "lb": ((r"ë", "e"), (r"éi", "ei"), (r"ä", "ae"), (r"\b([Ww])éi\b", r"\1ei"), (r"\b([Aa])n\b", r"\1nn"),
           (r"\b([Ww])at\b", r"\1aat")),
}  # fmt: skip


def typos(text: str, language: str, draw: Random) -> str:
    """In one long word of three two letters are swapped, one is left out, or one is doubled."""

    def change(found: re.Match[str]) -> str:
        word = found[0]
        if draw.random() > 1 / 3:
            return word
        at = draw.randrange(1, len(word) - 2)
        kind = draw.randrange(3)
        if kind == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + word[at] + word[at:]

    return re.sub(r"[^\W\d_]{4,}", change, text)


def ocr(text: str, language: str, draw: Random) -> str:
    """One in twelve of the signs that scanners take for others is taken for another."""
    signs = "|".join(sorted(map(re.escape, _OCR), key=len, reverse=True))
    return re.sub(signs, lambda one: _OCR[one[0]] if draw.random() < 1 / 12 else one[0], text)


def spoken(text: str, language: str, draw: Random) -> str:
    """Spelled as people speak."""
    for pattern, instead in _SPOKEN[language]:
        text = re.sub(pattern, instead, text)
    return text


DISTURBANCES: Mapping[str, Callable[[str, str, Random], str]] = {
    "typing errors": typos,
    "OCR noise": ocr,
    "spoken spelling": spoken,
}
