"""Words as search compares them, and a user's text as a query that cannot be anything else.

Letters lose case and accents; everything that is not a letter or a digit separates words. So what
reaches a database's query language is made of letters and digits alone, whatever was typed.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from casemate.errors import BadInput

MAX_TEXT = 1_000
"""Characters in a search text, at most."""
MAX_TERMS = 20
MAX_WORD = 64
MAX_COLUMN = 100_000
"""Characters that search keeps of one part of a description; PostgreSQL holds 1 MB in all."""

_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
"""Letters that Unicode does not take apart and keyboards lack: ``cœur`` is looked for as ``coeur``."""
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)
"""An article that lost its vowel, in French or Luxembourgish: who asks for ``l'eau`` means ``eau``."""
EMPTY = frozenset(
    word
    for words_of_a_language in (
        "a an and for in of on or the to with by",
        "au aux d de des du en et l la le les ou par pour sur un une",
        "am an auf aus bei das dem den der des die ein eine im in mit oder und von zu zum zur",
        "a am an de dei den der dem deen eng fir mat oder op vun vum",
    )
    for word in words_of_a_language.split()
)
"""Words that say nothing, in four languages: a search asks for them only where nothing else is asked."""
_PIECE = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True)
class Term:
    """Words that must follow each other; with ``prefix`` the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def words(text: str) -> list[str]:
    """The words of ``text``, folded: ``Santé_2`` gives ``sante`` and ``2``."""
    # Taking letters apart can give capitals (of a script H, say) and folding new marks: hence twice.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()
    plain = plain.translate(_LIGATURES)
    return [word[:MAX_WORD] for word in _WORD.findall(plain)]


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a search: words, ``"phrases"`` and ``beginnings*``; all must be found, but for the
    small words of the four languages (``EMPTY``) beside others.

    The last word also finds words that begin with it, as a person who is still typing expects.
    Raises ``BadInput`` for a text that is over-long.
    """
    if len(text) > MAX_TEXT:
        raise BadInput(f"the search text has {len(text):,} characters; the most is {MAX_TEXT:,}")
    terms: list[Term] = []
    for phrase, bare in _PIECE.findall(_ELISION.sub("", text)):
        if phrase:
            found = words(phrase)
            terms += [Term(tuple(found))] if found else []
        else:
            found = words(bare)
            terms += [Term((word,)) for word in found]
            if found and bare.endswith("*"):
                terms[-1] = Term((found[-1],), prefix=True)
    if terms and len(terms[-1].words) == 1 and not text[-1:].isspace():
        last = terms[-1].words
        terms[-1] = Term(last, prefix=len(last[0]) > 2 or terms[-1].prefix)
    if len(terms) > MAX_TERMS:
        raise BadInput(f"the search text has {len(terms)} words; the most is {MAX_TERMS}")
    telling = [term for term in terms if term.prefix or not EMPTY.issuperset(term.words)]
    return tuple(dict.fromkeys(telling or terms))


def joined_words(texts: Iterable[str]) -> str:
    """The words of ``texts`` as an index holds them, cut at ``MAX_COLUMN``."""
    joined = " ".join(word for text in texts for word in words(text))
    return joined if len(joined) <= MAX_COLUMN else joined[:MAX_COLUMN].rpartition(" ")[0]
