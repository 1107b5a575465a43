"""Reading what a model wrote: the letter it chose, and whether it declined to answer.

Strict on purpose: what is not in the form that was asked for is malformed, not guessed at. The phrases by
which models decline are a list, so refusals told in other words are counted as malformed or wrong.
"""

import re

_DECLINES = {
    "en": ("i cannot", "i can't", "i can not", "i'm sorry", "i am sorry", "i'm unable", "i am unable",
           "as an ai", "i won't", "i will not", "i do not have an opinion", "i don't have an opinion"),
    "fr": ("je ne peux pas", "je ne suis pas en mesure", "je suis désolé", "désolé", "en tant qu'ia",
           "en tant qu'intelligence artificielle", "je refuse"),
    "de": ("ich kann nicht", "ich kann diese", "ich kann dir nicht", "ich kann ihnen nicht",
           "es tut mir leid", "tut mir leid", "als ki", "ich darf nicht"),
    "lb": ("ech kann net", "ech kann dat net", "et deet mir leed", "deet mir leed", "als ki",
           "ech däerf net"),
}  # fmt: skip


def declined(text: str, language: str) -> bool:
    """Whether ``text`` begins by declining, in ``language`` or in English (models fall back to it)."""
    start = text.strip().lower().replace("\u2019", "'")[:160]
    return any(phrase in start for phrase in (*_DECLINES.get(language, ()), *_DECLINES["en"]))


def letter(text: str, letters: str) -> str | None:
    """The one of ``letters`` that ``text`` answers with (``B``, ``(b)``, ``B.``, ``**B**``), or ``None``.

    A letter counts at the very start, or alone on the first line after a word and a colon (``Answer: B``).
    """
    line = text.strip().splitlines()[0] if text.strip() else ""
    bare = re.sub(r"^[\w'éä]+(?: [\w'éä]+)?\s*:\s*", "", line).strip("*_ \t")
    found = re.match(rf"\(?([{letters}{letters.lower()}])(?:[).:,*_]|\s|$)", bare)
    return found.group(1).upper() if found else None
