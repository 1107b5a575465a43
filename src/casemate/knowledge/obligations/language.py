"""How a language says must and may: patterns, read once."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.errors import BadInput


@dataclass(frozen=True)
class Speech:
    """The patterns of one language; what each is for stands in ``words.toml``."""

    must: re.Pattern[str]
    may: re.Pattern[str]
    not_: re.Pattern[str]
    before_not: re.Pattern[str]
    forbidden: re.Pattern[str]
    right: re.Pattern[str]
    no_duty: re.Pattern[str]
    relieved: re.Pattern[str]
    determiners: str
    subordinate: re.Pattern[str]
    modifier: re.Pattern[str]
    anaphora: re.Pattern[str]
    pronoun: re.Pattern[str]
    ensure: re.Pattern[str]
    impersonal: re.Pattern[str]
    passive: re.Pattern[str]
    condition: re.Pattern[str]
    by_agent: str
    present: re.Pattern[str] | None
    """Verbs of the present tense that lay a duty on a role; ``None`` where the language has none such."""


@cache
def languages() -> tuple[str, ...]:
    """The languages that duties are found in."""
    return tuple(_words())


@cache
def speech(language: str) -> Speech:
    """How ``language`` speaks; raises ``BadInput`` for one that is not known."""
    if language not in languages():
        raise BadInput(f"duties are found in {', '.join(languages())}, not in {language!r}")
    table = _words()[language]
    plain = {"determiners", "by_agent", "plural", "no_verb", "singular", "like_adverbs"}
    patterns = {
        "not_" if name == "not" else name: re.compile(text, re.IGNORECASE)
        for name, text in table.items()
        if name not in plain
    }
    return Speech(
        **patterns, determiners=table["determiners"], by_agent=table["by_agent"],
        present=_present(table),
    )  # fmt: skip


def _present(table: dict[str, Any]) -> re.Pattern[str] | None:
    """Third persons: any word with the plural's ending but those listed, and the singulars listed."""
    if "plural" not in table:
        return None
    names = ("no_verb", "singular", "like_adverbs")
    out, single, alike = ("|".join(one) for one in map(table.get, names) if isinstance(one, list))
    return re.compile(
        rf"(?<![\w'’])(?:(?:{alike})|(?!(?:{out})\b|\w*ment\b)(?:{table['plural']}|{single}|ont|sont|mettent|font))\b"
    )


@cache
def _words() -> dict[str, dict[str, Any]]:
    text = (files(__package__) / "words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
