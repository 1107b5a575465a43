"""A citation in words, as lawyers of Luxembourg, the EU or France write it.

Sources: Luxembourg, the Mémorial's own way of naming acts, and Legilux' ELI; EU, Interinstitutional Style
Guide, 3.1 and 5.9; France, the way of Légifrance. Only what is known is said: an issue of a journal that
does not follow from the act's own name is left out and never guessed.
"""

from collections.abc import Callable, Mapping
from datetime import date

from babel.dates import format_date

from casemate.errors import BadInput
from casemate.knowledge.citations.cited import Cited


def citation(cited: Cited, style: str) -> str:
    """The citation, in one line: act, provision, journal, version, day asked about, address."""
    if style not in _STYLES:
        raise BadInput(f"citations are written as {', '.join(_STYLES)}, not as {style!r}")
    return " ".join(", ".join(one for one in _STYLES[style](cited) if one).split()) + "."


def provenance(cited: Cited) -> str:
    """The digest of the words, and what their licence asks to be said."""
    said = [f"SHA-256 {cited.digest}", cited.licence, cited.attribution]
    if cited.receipt:
        said.append(f"receipt {cited.receipt}")
    return "; ".join(" ".join(one.split()) for one in said if one)


def _luxembourg(cited: Cited) -> list[str]:
    return [
        cited.title, _number(cited), cited.memorial,
        (cited.valid_from and f"version applicable au {_day(cited.valid_from, 'fr')}") or "",
        f"telle qu'en vigueur le {_day(cited.on, 'fr')}",
        f"ELI : {cited.link}" if cited.link else "",
    ]  # fmt: skip


def _eu(cited: Cited) -> list[str]:
    return [
        cited.title, _number(cited), cited.official_journal,
        (cited.valid_from and f"version of {_day(cited.valid_from, 'en_GB')}") or "",
        f"as in force on {_day(cited.on, 'en_GB')}",
        f"CELEX: {cited.celex}" if cited.celex else "",
        f"ELI: {cited.link}" if cited.link else "",
    ]  # fmt: skip


def _french(cited: Cited) -> list[str]:
    since = (cited.valid_from and f" (en vigueur depuis le {_day(cited.valid_from, 'fr')})") or ""
    return [
        cited.title, _number(cited), f"version au {_day(cited.on, 'fr')}{since}",
        f"disponible à l'adresse {cited.link}" if cited.link else "",
    ]  # fmt: skip


_STYLES: Mapping[str, Callable[[Cited], list[str]]] = {
    "luxembourg": _luxembourg,
    "eu": _eu,
    "french": _french,
}
STYLES = tuple(_STYLES)


def _number(cited: Cited) -> str:
    """The provision's number as print has it, without the stop; its key where it has none."""
    return " ".join((cited.number or cited.key).split()).rstrip(".")


def _day(day: date, place: str) -> str:
    said = str(format_date(day, "long", locale=place))
    return f"1er{said[1:]}" if place == "fr" and day.day == 1 else said
