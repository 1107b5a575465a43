"""A termbase as TBX-Basic (ISO 30042:2019, style DCA), which tools for terminology read."""

from collections.abc import Iterable, Mapping

from lxml import etree

from casemate.knowledge.translation.terms import Kind, Term

_NAMESPACE = "urn:iso:std:iso:30042:ed-2"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RELIABILITY: Mapping[Kind, str] = {"defined": "10", "heading": "8", "found": "5"}
"""From 1 to 10 (ISO 30042, reliabilityCode): what a law itself defines is the surest."""


def written(terms: Iterable[Term], name: str) -> bytes:
    """``terms`` as TBX; each tells how it was found, how often, and which provisions show it."""
    root = etree.Element(
        f"{{{_NAMESPACE}}}tbx", {_LANG: "en", "style": "dca", "type": "TBX-Basic"},
        nsmap={None: _NAMESPACE},
    )  # fmt: skip
    description = _under(_under(_under(root, "tbxHeader"), "fileDesc"), "sourceDesc")
    _under(description, "p").text = f"Terms of the collection {name}, found by alignment"
    body = _under(_under(root, "text"), "body")
    for number, term in enumerate(terms, 1):
        _write(body, term, number)
    told = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return bytes(told)


def _write(body: etree._Element, term: Term, number: int) -> None:
    entry = _under(body, "conceptEntry", id=f"c{number}")
    for one in term.evidence:
        day = f" ({one.version})" if one.version else ""
        _under(
            entry, "xref", type="externalCrossReference", target=f"{one.work}#{one.key}"
        ).text = f"{one.work}, {one.key}{day}"
    _under(entry, "note").text = f"{term.kind}; {term.count} times; score {term.score:g}"
    sides = ((term.source_language, term.source), (term.target_language, term.target))
    for language, words in sides:
        section = etree.SubElement(entry, f"{{{_NAMESPACE}}}langSec", {_LANG: language})
        inner = _under(section, "termSec")
        _under(inner, "term").text = words
        _under(inner, "descrip", type="reliabilityCode").text = _RELIABILITY[term.kind]


def _under(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
