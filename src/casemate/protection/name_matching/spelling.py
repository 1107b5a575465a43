"""One spelling of a name for comparison, and one sound, across French, German, Luxembourgish, Portuguese.

Both are for comparing only: they lose what people care for in their names, and are never shown.

*Spelling*: Unicode NFKC, lower case, ß as ss, no diacritics; ae, oe and ue as the plain vowel, so
that Müller, Mueller and Muller agree (ue after g and q stays: Miguel, Henrique); hyphens part the
names of a double name; d' and l' are particles and other apostrophes go; particles (de, van der, dos)
go where something else remains, also one that was written into the name (Vandenberg).

*Sound*: no well-kept library covers these four languages. The Kölner Phonetik (Postel, IBM-Nachrichten
19, 1969) knows German spelling only, Soundex and Metaphone English. The key here is built like
Postel's, one letter for a group of consonants, vowels only in front, with what the other spellings
ask for: ph as f, ç and c before e and i as s, gn and nh as n, lh as l, qu and gu as k.
"""

import re
import unicodedata
from collections.abc import Iterable

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "ng"}
)
_APOSTROPHES = "'’‘ʼ`´′＇"
_ELIDED = re.compile(rf"(?<![^\W\d_])([dl])[{_APOSTROPHES}]")  # "d'", "l'" at the start of a word
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_APART = re.compile(r"[^a-z0-9]+")
_WRITTEN_TOGETHER = re.compile(r"^van(?:der|den|de)(?=.{3})")
_UMLAUT = re.compile(r"([ao]|(?<![gq])u)e+")
_PARTICLE = re.compile(
    "d|l|de|da|do|dos|das|du|des|del|della|di|dal|la|le|les|el|van|von|vom|vun|der|den|ter|ten|zu|"
    "zum|zur|op"
)
_GROUPS = (  # the first that fits at a place counts
    ("KS", "(?:ck|c|k|qu|q)s(?!ch)|chs(?!ch)|x"),
    ("S", "t?sch|sh|ch(?![lr])|c(?=[eiy])|[sz]"),
    ("F", "ph|pf|[fvw]"),
    ("N", "gn|nh|n"),
    ("L", "lh|l"),
    ("K", "qu|gu(?=[ei])|ch|ck|[ckqg]"),
    ("T", "dt|th|[dt]"),
    ("P", "[bp]"),
    ("M", "m"),
    ("R", "r"),
    ("J", "j"),
)
_GROUP = re.compile("|".join(f"(?P<{letter}>{spelt})" for letter, spelt in _GROUPS))
_SILENT = re.compile("[a-z]")
_TWICE = re.compile(r"([A-Z])\1+")


def spelling_of(name: str) -> str:
    """The comparable spelling of ``name``: words of a to z and digits with one blank between.

    Letters of other scripts are left out: transliterate them first. May be empty. Applying it
    twice changes nothing.
    """
    words = _words(name)
    while (fewer := _settled(words)) != words:
        words = fewer
    return " ".join(words)


def _words(name: str) -> list[str]:
    text = name.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
        text = text.translate(_LETTERS)
        text = _ELIDED.sub(r"\1 ", text)
        text = unicodedata.normalize("NFD", text)
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    else:
        text = _ELIDED.sub(r"\1 ", text)
    return [word for word in _APART.split(_APOSTROPHE.sub("", text)) if word]


def _settled(words: list[str]) -> list[str]:
    """Words without particles, as long as something remains, and with plain vowels."""
    words = [_UMLAUT.sub(r"\1", _WRITTEN_TOGETHER.sub("", word)) for word in words]
    return [word for word in words if not _PARTICLE.fullmatch(word)] or words


def sound_of(name: str) -> str:
    """The sound of ``name``, a capital for each group of consonants; a digit stays as it is.

    The words of a double name run together in order. Names of vowels alone sound "A".
    """
    return _sound_of_spelling(spelling_of(name))


def _sound_of_spelling(spelling: str) -> str:
    return "".join(map(_sound_of_word, spelling.split()))


def _sound_of_word(word: str) -> str:
    heard = _GROUP.sub(lambda found: found.lastgroup or "", word)
    heard = _TWICE.sub(r"\1", heard)  # before vowels go: Sousa has two s, Weiss one
    vowel = "A" if word[0] in "aeiouy" else ""
    return vowel + _SILENT.sub("", heard) or "H"  # nothing but h


def spelled(names: Iterable[str | None]) -> dict[str, tuple[str, str]]:
    """Spelling and sound of each distinct name."""
    found = {}
    for name in set(names):
        if name is not None:
            spelling = spelling_of(name)
            found[name] = (spelling, _sound_of_spelling(spelling))
    return found
