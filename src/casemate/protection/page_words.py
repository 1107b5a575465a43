"""The words and the numbers of a page in English, French, German and Luxembourgish."""

import tomllib
from functools import cache
from importlib.resources import files

from casemate.errors import BadInput

LANGUAGES = ("en", "fr", "de", "lb")
# thousands, decimal point, what stands before a per cent sign: the usage of each language
_SIGNS = {
    "en": (",", ".", ""),
    "fr": ("\u202f", ",", "\u202f"),
    "de": (".", ",", "\u00a0"),
    "lb": (".", ",", "\u00a0"),
}


def require_language(language: str) -> None:
    """Raise BadInput unless pages can be written in ``language``."""
    if language not in LANGUAGES:
        raise BadInput(f"a page is in one of {', '.join(LANGUAGES)}, not {language!r}")


class Words:
    """The words of one language as attributes, and numbers as it writes them."""

    def __init__(self, language: str) -> None:
        require_language(language)
        self._texts = _texts(language)
        self._thousands, self._point, self._before_percent = _SIGNS[language]

    def __getattr__(self, name: str) -> str:
        try:
            return self._texts[name]
        except KeyError:
            raise AttributeError(f"no page has the word {name!r}") from None

    def say(self, name: str, **parts: str) -> str:
        """The text ``name`` with its places filled in."""
        return self._texts[name].format(**parts)

    def whole(self, number: int) -> str:
        """A whole number with its thousands apart."""
        return f"{number:,}".replace(",", self._thousands)

    def exact(self, number: str) -> str:
        """A number in plain decimal digits, with the point of the language."""
        return number.replace(".", self._point)

    def decimal(self, number: float, places: int) -> str:
        """A number with ``places`` after its point."""
        whole, sign, rest = f"{number:_.{places}f}".partition(".")
        return whole.replace("_", self._thousands) + (self._point if sign else "") + rest

    def percent(self, share: float, places: int = 1) -> str:
        """A share of 0 to 1 as a percentage."""
        return f"{self.decimal(100 * share, places)}{self._before_percent}%"


@cache
def _texts(language: str) -> dict[str, str]:
    path = files(__package__).joinpath("pages", f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
