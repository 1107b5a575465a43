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
_APART = re.compile(r"[^a-z0-9]+")
_WRITTEN_TOGETHER = re.compile(r"^van(?:der|den|de)(?=.{3})")
_UMLAUT = re.compile(r"([ao]|(?<![gq])u)e+")
_PARTICLE = re.compile(
    "d|l|de|da|do|dos|das|du|des|del|della|di|dal|la|le|les|el|van|von|vom|vun|der|den|ter|ten|zu|"
    "zum|zur|op"
)
_GROUPS = (
    (re.compile(r"(?:c|ck|k|q|qu)s|chs|x"), "KS"),
    (re.compile(r"sch|tsch|sh|ch(?![lr])"), "S"),
    (re.compile(r"ph|pf|[fvw]"), "F"),
    (re.compile(r"gn|nh"), "N"),
    (re.compile(r"lh"), "L"),
    (re.compile(r"c(?=[eiy])|[sz]"), "S"),
    (re.compile(r"qu|gu(?=[ei])|ch|ck|[ckqg]"), "K"),
    (re.compile(r"dt|th|[dt]"), "T"),
    (re.compile(r"[bp]"), "P"),
    (re.compile(r"l"), "L"),
    (re.compile(r"m"), "M"),
    (re.compile(r"n"), "N"),
    (re.compile(r"r"), "R"),
    (re.compile(r"j"), "J"),
)
_TWICE = re.compile(r"([A-Z])\1+")


def spelling_of(name: str) -> str:
    """The comparable spelling of ``name``: words of a to z and digits with one blank between.

    Letters of other scripts are left out: transliterate them first. May be empty. Applying it
    twice changes nothing.
    """
    text = _once(name)
    while (again := _once(text)) != text:
        text = again
    return text


def _once(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold()
    text = _ELIDED.sub(r"\1 ", text)
    text = text.translate(dict.fromkeys(map(ord, _APOSTROPHES)))
    text = unicodedata.normalize("NFD", text.translate(_LETTERS))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    words = [_WRITTEN_TOGETHER.sub("", word) for word in _APART.split(text) if word]
    words = [_UMLAUT.sub(r"\1", word) for word in words]
    kept = [word for word in words if not _PARTICLE.fullmatch(word)]
    return " ".join(kept or words)


def sound_of(name: str) -> str:
    """The sound of ``name``, a capital for each group of consonants; a digit stays as it is.

    The words of a double name run together in order. Names of vowels alone sound "A".
    """
    return "".join(map(_sound_of_word, spelling_of(name).split()))


def _sound_of_word(word: str) -> str:
    vowel = "A" if word[0] in "aeiouy" else ""
    for group, letter in _GROUPS:
        word = group.sub(letter, word)
    word = _TWICE.sub(r"\1", word)  # before vowels go: Sousa has two s, Weiss one
    return vowel + re.sub(r"[a-z]", "", word) or "H"  # nothing but h


def spelled(names: Iterable[str | None]) -> dict[str, tuple[str, str]]:
    """Spelling and sound of each distinct name."""
    return {name: (spelling_of(name), sound_of(name)) for name in set(names) if name is not None}
