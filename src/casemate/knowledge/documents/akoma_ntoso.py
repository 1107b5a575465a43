"""Akoma Ntoso 3 (OASIS LegalDocML) as published in Luxembourg, the EU, Italy, Finland; LegalDocML.de.

Legilux puts JOLux into it, the ontology that says from when to when a version and each article apply.
Sources: Akoma Ntoso Version 1.0 (OASIS, 2018); JOLux as documented with the ontology; LegalDocML.de 1.8.2.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from lxml import etree

from casemate.knowledge.documents import xml
from casemate.knowledge.documents.grammar import Grammar, provisions, with_own_keys
from casemate.knowledge.documents.tree import Change, Document, Kind, Provision

_CONTAINERS = {
    "book": Kind.BOOK, "part": Kind.PART, "title": Kind.TITLE, "chapter": Kind.CHAPTER,
    "section": Kind.SECTION, "subsection": Kind.SUBSECTION, "subchapter": Kind.SECTION,
    "subpart": Kind.SECTION, "division": Kind.DIVISION, "hcontainer": Kind.DIVISION,
    "attachment": Kind.ANNEX, "component": Kind.ANNEX,
}  # fmt: skip
_BLOCKS = frozenset({
    "p", "num", "heading", "subheading", "content", "alinea", "paragraph", "subparagraph", "point",
    "intro", "list", "wrapUp", "wrap", "li", "item", "block", "blockList", "listIntroduction",
    "listWrapUp", "tr", "td", "th", "table", "br",
})  # fmt: skip
_LEAVE_OUT = frozenset({
    "meta", "JOLUXWork", "JOLUXExpression", "JOLUXManifestation", "authorialNote", "toc", "coverPage",
})  # fmt: skip
_LANGUAGES = {
    "FRA": "fr", "DEU": "de", "LTZ": "lb", "ENG": "en", "ITA": "it", "FIN": "fi", "SWE": "sv",
}  # fmt: skip
_MAIN_LANGUAGE = {"it": "it", "fi": "fi", "lu": "fr", "eu": "en"}


def is_akoma_ntoso(root: etree._Element) -> bool:
    """Whether this is the root of a file in Akoma Ntoso of any version and country."""
    return xml.local(root) == "akomaNtoso"


def read(root: etree._Element) -> Document:
    """The document of an Akoma Ntoso file; its language and days are as the file tells them."""
    act = next(iter(root), None)
    body = next(xml.within(root, "body", "mainBody"), None)
    if act is None or body is None:
        return Document(work=_work(root), title="", language=_language(root), provisions=())
    found = (*_recitals(root), *provisions(_GRAMMAR, body), *_attached(act))
    own, problems = with_own_keys(found)
    return Document(
        work=_work(root), title=_title(act), language=_language(root), provisions=own,
        kind=_tail(_jolux(root, "typeDocument")), eli=_eli(root),
        valid_from=_first_day(root), valid_to=_end(root),
        known_from=_day(_jolux(root, "publicationDate")), problems=problems,
        licence=_jolux(root, "license"), changes=_changes(root),
    )  # fmt: skip


def _changes(root: etree._Element) -> tuple[Change, ...]:
    """What other acts did to this one (``passiveModifications``), each with the day of its event."""
    acts = {
        str(one.get("id") or one.get("eId")): one for one in xml.within(root, "passiveRef")
    }  # fmt: skip
    titles = {str(one.get("href")): str(one.get("showAs") or "") for one in acts.values()}
    days: dict[str, set[date | None]] = {}
    for event in xml.within(root, "eventRef"):
        act = acts.get(str(event.get("source") or "").removeprefix("#"))
        if act is not None and event.get("type") == "amendment":
            days.setdefault(str(act.get("href")), set()).add(_day(str(event.get("date") or "")))
    return tuple(dict.fromkeys(_each_change(root, titles, days)))


def _each_change(
    root: etree._Element, titles: dict[str, str], days: dict[str, set[date | None]]
) -> Iterator[Change]:
    for one in xml.within(root, "textualMod"):
        source, destination = xml.child(one, "source"), xml.child(one, "destination")
        if source is None or destination is None:
            continue
        act = str(source.get("href") or "")
        key = str(destination.get("href") or "").rpartition("#")[2]
        if act and key and xml.local(one.getparent()) == "passiveModifications":
            told = days.get(act, set())
            day = next(iter(told)) if len(told) == 1 else None
            yield Change(key, act, str(one.get("type") or ""), titles.get(act, ""), day)


def _recitals(root: etree._Element) -> tuple[Provision, ...]:
    holder = next(xml.within(root, "recitals"), None)
    return () if holder is None else provisions(_GRAMMAR, holder)


def _attached(act: etree._Element) -> tuple[Provision, ...]:
    found: tuple[Provision, ...] = ()
    for holder in xml.children(act, "attachments", "components"):
        found += provisions(_GRAMMAR, holder)
    for holder in xml.children(act.getparent(), "attachments", "components"):
        found += provisions(_GRAMMAR, holder)
    return found


def _key(element: etree._Element) -> str:
    named = element.get("name") if xml.local(element) == "hcontainer" else None
    return str(element.get("eId") or element.get("id") or named or "")


def _own_jolux(element: etree._Element, name: str) -> str:
    """What JOLux says of this element itself, not of the whole file."""
    holder = xml.child(element, "JOLUXWork")
    return "" if holder is None else _named(holder, name)


def _jolux(root: etree._Element, name: str) -> str:
    """What JOLux says of the whole file."""
    identification = next(xml.within(root, "identification"), None)
    return "" if identification is None else _named(identification, name)


def _named(holder: etree._Element, name: str) -> str:
    for one in xml.within(holder, "jolux"):
        if any(key.rpartition("}")[2] == "name" and value == name for key, value in one.items()):
            return xml.words(one)
    return ""


def _terms(element: etree._Element) -> tuple[str, ...]:
    """The editors' index terms (``scl:indexterms``), each a path from general to special."""
    found: list[str] = []
    for holder in xml.within(element, "indexterms", "indexterm"):
        parts = [xml.words(one) for one in holder] or [xml.words(holder)]
        found.extend(part for part in parts if part)
    return tuple(dict.fromkeys(found))


def _eli_of(element: etree._Element) -> str:
    work = xml.child(element, "JOLUXWork")
    resource = None if work is None else xml.child(work, "JOLUXLegalResource")
    return "" if resource is None else _named(resource, "uriThis")


_GRAMMAR = Grammar(
    containers=_CONTAINERS,
    units={"article": Kind.ARTICLE, "recital": Kind.RECITAL},
    parts={"paragraph": Kind.PARAGRAPH},
    numbers=("num",),
    headings=("heading",),
    blocks=_BLOCKS,
    leave_out=_LEAVE_OUT,
    quoted=frozenset({"quotedStructure", "embeddedStructure", "quotedText", "embeddedText"}),
    links=("ref", "affectedDocument"),
    key=_key,
    target=lambda one: str(one.get("href") or ""),
    since=lambda one: _day(_own_jolux(one, "dateApplicability")),
    eli=_eli_of,
    terms=_terms,
)


def _work(root: etree._Element) -> str:
    """The work's name: JOLux's complex work, else what FRBR says of it."""
    complex_work = next(xml.within(root, "JOLUXComplexWork"), None)
    named = "" if complex_work is None else _named(complex_work, "uriThis")
    holder = next(xml.within(root, "FRBRWork"), None)
    if named or holder is None:
        return named.removesuffix("/jo")
    celex = [
        str(one.get("value"))
        for one in xml.children(holder, "FRBRalias")
        if one.get("name") == "CELEX"
    ]
    told = [*celex, _value(holder, "FRBRuri"), _value(holder, "FRBRthis")]
    return next((one.rstrip("/").removesuffix("/jo") for one in told if one), "")


def _eli(root: etree._Element) -> str:
    told = _jolux(root, "uriThis")
    aliases = (one for one in xml.within(root, "FRBRalias") if one.get("name") == "eli")
    named = next((str(one.get("value")) for one in aliases), "")
    return told or named


def _value(holder: etree._Element, name: str) -> str:
    one = xml.child(holder, name)
    return "" if one is None else str(one.get("value") or "")


def _language(root: etree._Element) -> str:
    """Two letters (ISO 639-1), empty where the file does not say."""
    one = next(xml.within(root, "FRBRlanguage"), None)
    told = "" if one is None else _tail(str(one.get("language") or ""))
    told = _LANGUAGES.get(told.upper(), told.partition("-")[0].casefold())
    if told:
        return told
    country = next(xml.within(root, "FRBRcountry"), None)
    value = "" if country is None else str(country.get("value") or "").casefold()
    return _MAIN_LANGUAGE.get(value, "fr" if "luxembourg" in value or value.endswith("lux") else "")


def _title(act: etree._Element) -> str:
    for name in ("docTitle", "longTitle", "shortTitle"):
        told = xml.words(next(xml.within(act, name), None), _LEAVE_OUT)
        if told:
            return told
    preface = next(xml.within(act, "preface"), None)
    return xml.words(preface, _LEAVE_OUT)


def _first_day(root: etree._Element) -> date | None:
    told = _day(_jolux(root, "dateApplicability")) or _consolidated(root)
    if told:
        return told
    expression = next(xml.within(root, "FRBRExpression"), None)
    one = None if expression is None else xml.child(expression, "FRBRdate")
    return None if one is None else _day(str(one.get("date") or ""))


def _consolidated(root: etree._Element) -> date | None:
    """The day that Normattiva puts into the name of a consolidated text."""
    for alias in xml.within(root, "FRBRalias"):
        named = re.search(r"/CONSOLIDATED/(\d{4})(\d{2})(\d{2})", str(alias.get("value") or ""))
        if named:
            return _day("-".join(named.groups()))
    return None


def _end(root: etree._Element) -> date | None:
    """The first day on which the version is in force no more; JOLux tells the last one on which it is."""
    last = _day(_jolux(root, "dateEndApplicability"))
    return None if last is None else last + timedelta(days=1)


def _day(told: str) -> date | None:
    """A day, or none: files hold 2999-01-01 where it is not known yet."""
    try:
        day = date.fromisoformat(told[:10])
    except ValueError:
        return None
    return None if day.year >= 2900 else day


def _tail(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]
