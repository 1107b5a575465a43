"""Reading what a model wrote: the letter it chose, and whether it declined to answer.

Strict on purpose: what is not in the form that was asked for is malformed, not guessed at. The phrases by
which models decline are a list, so refusals told in other words are counted as malformed or wrong.
"""

import re

from casemate.assurance.suites.parsing import refuses


def declined(text: str, language: str) -> bool:
    """Whether ``text`` begins by declining, in ``language`` or in English (models fall back to it)."""
    return refuses(text, language)


def letter(text: str, letters: str) -> str | None:
    """The one of ``letters`` that ``text`` answers with (``B``, ``(b)``, ``B.``, ``**B**``), or ``None``.

    A letter counts at the very start, or alone on the first line after a word and a colon (``Answer: B``).
    """
    line = text.strip().splitlines()[0] if text.strip() else ""
    bare = re.sub(r"^[\w'éä]+(?: [\w'éä]+)?\s*:\s*", "", line).strip("*_ \t")
    found = re.match(rf"\(?([{letters}{letters.lower()}])(?:[).:,*_]|\s|$)", bare)
    return found.group(1).upper() if found else None
