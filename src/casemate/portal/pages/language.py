"""The portal's four languages: its texts by gettext, its dates and numbers by Babel.

English is the language of the source. The others lie in ``locale/<language>/<area>.po``, one file an area,
read as they are: a wheel needs no build step, and a translator sees the change at the next start.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["en", "fr", "de", "lb"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
OWN_NAMES: dict[Language, str] = {
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
    "lb": "Lëtzebuergesch",
}
FOLDER = Path(__file__).with_name("locale")


def mark(text: str) -> str:
    """``text``, found by whoever collects what is to be translated, and translated later."""
    return text


@cache
def translations(language: Language) -> NullTranslations:
    """The texts of ``language``: every area's file in one."""
    if language == "en":
        return NullTranslations()
    whole = Catalog(locale=language)
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as opened:
            part = read_po(opened, locale=language)
        for message in part:
            if message.id and message.string:
                whole.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return GNUTranslations(compiled)


def preferred(accept: str) -> Language:
    """The language that ``accept`` (``Accept-Language``) likes most of those there are; else English."""
    wanted: list[tuple[float, str]] = []
    for part in accept.split(","):
        tag, _, parameter = part.strip().partition(";")
        with suppress(ValueError):  # a quality that is no number: whoever sent it gets English
            quality = float(parameter.strip().removeprefix("q=") or "1")
            wanted.append((quality, tag.split("-")[0].lower()))
    for quality, tag in sorted(wanted, key=lambda one: -one[0]):  # of two alike, the first
        for language in LANGUAGES:
            if tag == language and quality > 0:
                return language
    return "en"


def _local(moment: datetime) -> datetime:
    return moment.astimezone()  # the time zone of the machine that serves


def format_date(moment: datetime | date, language: Language) -> str:
    """A day, as people write it: 30 November 2026."""
    day = _local(moment) if isinstance(moment, datetime) else moment
    return dates.format_date(day, "long", locale=language)


def format_moment(moment: datetime, language: Language) -> str:
    """A day and a time: 30 Nov 2026, 14:05."""
    return dates.format_datetime(
        _local(moment), "medium", tzinfo=_local(moment).tzinfo, locale=language
    )


def format_span(span: timedelta, language: Language) -> str:
    """A length of time in its largest unit: 3 days."""
    return dates.format_timedelta(span, threshold=2, locale=language)


def format_number(number: float, language: Language, digits: int = 2) -> str:
    """A number with at most ``digits`` decimals: 1,629 or 0.25."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return numbers.format_decimal(number, format=pattern, locale=language)


def format_percent(share: float, language: Language, digits: int = 0) -> str:
    """A share of one as a percentage."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "") + "%"
    return numbers.format_percent(share, format=pattern, locale=language)


def format_size(octets: int, language: Language) -> str:
    """A size in bytes, kB, MB or GB (powers of 1,000)."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if octets >= scale:
            return f"{format_number(octets / scale, language, 1)} {unit}"
    return f"{format_number(octets, language)} B"


def locale_of(language: Language) -> Locale:
    """Babel's own record of ``language``."""
    return Locale.parse(language)
