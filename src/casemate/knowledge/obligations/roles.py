"""Who can be bound: roles, by the words that texts have for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_APOSTROPHE = re.compile("['’]")


@dataclass(frozen=True)
class Roles:
    """Roles by name, each with its words in one language. One word may stand for several roles."""

    words: Mapping[str, Sequence[str]]

    @cached_property
    def pattern(self) -> str:
        """What matches any role's words, the longest first; plurals too, but no possessive."""
        phrases = sorted(
            {one for many in self.words.values() for one in many}, key=len, reverse=True
        )
        if not phrases:
            return r"(?!)"
        return rf"\b(?:{'|'.join(_pattern(one) for one in phrases)})\b(?!['’]s\b)"

    @cached_property
    def _exact(self) -> Sequence[tuple[re.Pattern[str], str]]:
        return [
            (re.compile(_pattern(phrase), re.IGNORECASE), role)
            for role, phrases in self.words.items()
            for phrase in phrases
        ]

    def named(self, words: str) -> tuple[str, ...]:
        """The roles that ``words``, matched by ``pattern``, stand for, in order of the table."""
        return tuple(
            dict.fromkeys(role for pattern, role in self._exact if pattern.fullmatch(words))
        )


def _pattern(phrase: str) -> str:
    """The phrase with any white space and apostrophe, each of its words in the plural or not."""
    found = []
    for word in phrase.split():
        escaped = "['’]".join(re.escape(part) for part in _APOSTROPHE.split(word))
        plural = escaped[:-1] + "(?:y|ies)" if word.endswith("y") else escaped + "(?:s|x)?"
        found.append(plural if word[-1].isalpha() else escaped)
    return r"\s+".join(found).replace(r"(?:s|x)?\s+", r"(?:s|x)?\s+")
