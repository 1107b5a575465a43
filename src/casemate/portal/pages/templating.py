"""Templates, one environment a language: everything is escaped, and what is missing is an error."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from casemate.portal.pages import assets, language, words
from casemate.portal.pages.language import LANGUAGES, OWN_NAMES, Language, translations


@cache
def environment(lang: Language) -> Environment:
    """The templates as they speak ``lang``."""
    made = Environment(
        loader=PackageLoader("casemate.portal.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    texts = translations(lang)
    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "day": partial(_day, lang),
        "moment": partial(_moment, lang),
        "span": lambda span: language.format_span(span, lang),
        "number": lambda number, digits=2: language.format_number(number, lang, digits),
        "percent": lambda share, digits=0: language.format_percent(share, lang, digits),
        "size": lambda octets: language.format_size(octets, lang),
        "own": partial(_own, lang),
        "word": lambda value: words.word(value, texts),
    }
    made.globals |= {
        "asset": assets.address,
        "languages": [(one, OWN_NAMES[one]) for one in LANGUAGES],
    }
    return made


def _day(lang: Language, moment: datetime | date) -> Markup:
    machine = moment.date().isoformat() if isinstance(moment, datetime) else moment.isoformat()
    return _time(machine, language.format_date(moment, lang))


def _moment(lang: Language, moment: datetime) -> Markup:
    return _time(moment.isoformat(timespec="seconds"), language.format_moment(moment, lang))


def _own(lang: Language, texts: Mapping[str, str]) -> str:
    """What a data holder wrote in several languages, in the page's; else in English, else as it is."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")


def _time(machine: str, people: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(machine, escape(people))
