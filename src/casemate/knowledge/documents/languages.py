"""Which language a text is in, held against what its file says: some files hold another one."""

from functools import cache
from typing import Any

KNOWN = ("lb", "fr", "de", "en")
"""What is told apart by default; a file that says it is in another is believed."""
LEAST = 200
"""Characters below which nothing is said."""
SURE = 0.9
"""How likely the other language has to be."""


def language_of(text: str, among: tuple[str, ...] = KNOWN) -> tuple[str, float]:
    """The likeliest language of ``text`` and its probability among those named."""
    language, probability = _identifier(tuple(sorted(among))).classify(text[:20_000])
    return str(language), float(probability)


def contradiction(told: str, text: str) -> str | None:
    """What language ``text`` is in where that is surely not ``told``, else ``None``."""
    if len(text) < LEAST or told not in KNOWN:
        return None
    found, probability = language_of(text)
    return found if found != told and probability >= SURE else None


@cache
def _identifier(among: tuple[str, ...]) -> Any:
    """py3langid knows Luxembourgish, which most such libraries do not."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(among))
    return identifier
