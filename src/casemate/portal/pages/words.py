"""What states, roles and other fixed words of the rooms are called on pages."""

from enum import Enum
from gettext import NullTranslations

from casemate.portal.pages.language import mark

WORDS: dict[str, str] = {
    # roles
    "data_holder": mark("Data holder"),
    "data_user": mark("Data user"),
    "authority": mark("Authority"),
    "output_checker": mark("Output checker"),
    "operator": mark("Operator"),
    "auditor": mark("Auditor"),
    "public": mark("Public"),
}
"""By the value as the rooms write it. An area adds its own words here, under a comment."""


def word(value: object, texts: NullTranslations) -> str:
    """``value`` (an enumeration's member or its text) in words; as it is where it has none."""
    plain = str(value.value if isinstance(value, Enum) else value)
    return texts.gettext(WORDS[plain]) if plain in WORDS else plain.replace("_", " ")
