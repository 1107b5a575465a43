"""Formex 4 and 6, the XML in which the Publications Office of the EU keeps the Official Journal.

Source: Formex manual, Publications Office of the European Union (versions 05.56 and 06.00 of the schema).
"""

from datetime import date

from lxml import etree

from casemate.knowledge.documents import xml
from casemate.knowledge.documents.grammar import Grammar, provisions, with_own_keys
from casemate.knowledge.documents.tree import Document, Kind, Provision

_ROOTS = {
    "ACT",
    "ANNEX",
    "CONS.ACT",
    "CONS.DOC",
    "CONS.ANNEX",
    "CONS.LIST",
    "GENERAL",
    "AGR",
    "LETTER",
}
_BLOCKS = frozenset({
    "P", "TXT", "NO.P", "NP", "ALINEA", "PARAG", "ITEM", "TI", "STI", "TI.ART", "STI.ART", "NO.PARAG",
    "CELL", "ROW", "LIST",
})  # fmt: skip
_LEAVE_OUT = frozenset({"BIB.INSTANCE", "NOTE", "TOC", "BIB.DATA"})


def is_formex(root: etree._Element) -> bool:
    """Whether this is the root of a Formex document."""
    schema = " ".join(value for value in root.attrib.values())
    return "formex" in schema.casefold() or xml.local(root) in _ROOTS


def read(root: etree._Element) -> Document:
    """The document of a Formex file, recitals and annexes included."""
    _print_quotation_marks(root)
    own, problems = with_own_keys(_found(root))
    bibliography = next(xml.within(root, "BIB.INSTANCE", "BIB.DATA"), None)
    return Document(
        work=_work(bibliography), title=xml.words(xml.child(root, "TITLE"), _LEAVE_OUT),
        language=_language(root), provisions=own, kind=xml.local(root).casefold(),
        valid_from=_day(bibliography), problems=problems,
    )  # fmt: skip


def _print_quotation_marks(root: etree._Element) -> None:
    """They are elements that name a character: without them, nobody sees which word is defined.

    One that names none is printed as a straight mark: that there is one is what counts.
    """
    for mark in xml.within(root, "QUOT.START", "QUOT.END"):
        try:
            mark.text = chr(int(str(mark.get("CODE")), 16))
        except (ValueError, OverflowError):
            mark.text = '"'


def _found(root: etree._Element) -> tuple[Provision, ...]:
    found = provisions(_GRAMMAR, root)
    if found or xml.local(root) == "ACT":
        return found
    return provisions(_GRAMMAR, _wrapped(root))


def _wrapped(root: etree._Element) -> etree._Element:
    """An annex by itself is one provision: its root is within something."""
    above = etree.Element("FILE")
    above.append(root)
    return above


def _key(element: etree._Element) -> str:
    """As EUR-Lex names it in its pages: ``art_5``, ``rct_12``."""
    name, told = xml.local(element), str(element.get("IDENTIFIER") or "")
    if name == "ARTICLE" and told:
        return "art_" + (told.lstrip("0") or "0").casefold()
    if name == "CONSID":
        number = "".join(
            one for one in xml.words(next(xml.within(element, "NO.P"), None)) if one.isalnum()
        )
        return f"rct_{number}" if number else ""
    return ""


_GRAMMAR = Grammar(
    containers={
        "DIVISION": Kind.DIVISION, "GR.SEQ": Kind.DIVISION, "ANNEX": Kind.ANNEX, "CONS.ANNEX": Kind.ANNEX,
    },
    units={"ARTICLE": Kind.ARTICLE, "CONSID": Kind.RECITAL},
    parts={"PARAG": Kind.PARAGRAPH},
    numbers=("TI.ART", "NO.PARAG", "TI"),
    headings=("STI.ART", "STI"),
    titles=("TITLE",),
    blocks=_BLOCKS,
    leave_out=_LEAVE_OUT,
    quoted=frozenset({"QUOT.S"}),
    links=("REF.DOC.OJ", "REF.DOC"),
    key=_key,
    target=lambda one: " ".join(
        str(one.get(name)) for name in ("COLL", "NO.OJ", "DATE.PUB", "PAGE.FIRST") if one.get(name)
    ),
)  # fmt: skip


def _work(bibliography: etree._Element | None) -> str:
    """The act's number where one stands, else the page of the journal."""
    if bibliography is None:
        return ""
    number = next(xml.within(bibliography, "NO.DOC"), None)
    if number is not None:
        parts = (xml.words(xml.child(number, name)) for name in ("COM", "YEAR", "NO.CURRENT"))
        return "/".join(part for part in parts if part)
    reference = next(xml.within(bibliography, "DOCUMENT.REF"), None)
    if reference is None:
        return ""
    parts = (
        xml.words(xml.child(reference, name)) for name in ("COLL", "YEAR", "NO.OJ", "PAGE.FIRST")
    )
    return "OJ/" + "/".join(part for part in parts if part)


def _language(root: etree._Element) -> str:
    return xml.words(next(xml.within(root, "LG.DOC", "LG.OJ"), None)).casefold()[:2]


def _day(bibliography: etree._Element | None) -> date | None:
    told = None if bibliography is None else next(xml.within(bibliography, "DATE"), None)
    iso = "" if told is None else str(told.get("ISO") or "")
    try:
        return date(int(iso[:4]), int(iso[4:6]), int(iso[6:8]))
    except ValueError:
        return None
