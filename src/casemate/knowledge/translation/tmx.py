"""Translation memories as TMX 1.4b (LISA OSCAR, 2005), which every translator's tool reads and writes.

Ours, on lxml: the maintained library of the form (hypomnema) needs a newer Python. Nothing in a file is
looked up: no entity, no document type of its own, no address.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations

from lxml import etree

from casemate.errors import BadInput
from casemate.knowledge.documents.xml import child, children, local, namespace, parse
from casemate.knowledge.translation.memory import Origin, Unit

LARGEST = 64 * 2**20
"""Bytes of a file that is read."""
MOST_UNITS = 500_000
LONGEST = 10_000
"""Letters of one sentence."""
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
_CODES_WITHIN = {"bpt", "ept", "it", "ph", "ut"}
"""Elements that hold a format's own codes, no words."""
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(units: Iterable[Unit], source: str, version: str) -> bytes:
    """``units`` as TMX; ``source`` is the language that they are to be translated from."""
    root = etree.Element("tmx", version="1.4")
    etree.SubElement(
        root, "header", creationtool="Casemate", creationtoolversion=version, segtype="sentence",
        **{"o-tmf": "Casemate", "adminlang": "en", "srclang": source, "datatype": "plaintext"},
    )  # fmt: skip
    body = etree.SubElement(root, "body")
    for unit in units:
        _write(body, unit)
    told = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True,
        doctype='<!DOCTYPE tmx SYSTEM "tmx14.dtd">',
    )  # fmt: skip
    return bytes(told)


def _write(body: etree._Element, unit: Unit) -> None:
    element = etree.SubElement(body, "tu", srclang=unit.source_language)
    origin = unit.origin
    properties = {
        "x-work": origin.work, "x-title": origin.title, "x-key": origin.key,
        "x-version": origin.version.isoformat() if origin.version else "", "x-eli": origin.eli,
        "x-licence": origin.licence, "x-attribution": origin.attribution, "x-brought": origin.brought,
    }  # fmt: skip
    for name, value in properties.items():
        if value:
            etree.SubElement(element, "prop", type=name).text = _NOT_IN_XML.sub(" ", value)
    for language, text in (
        (unit.source_language, unit.source),
        (unit.target_language, unit.target),
    ):
        variant = etree.SubElement(element, "tuv", {_LANG: language})
        etree.SubElement(variant, "seg").text = _NOT_IN_XML.sub(" ", text)


def read(content: bytes, name: str) -> list[Unit]:
    """The pairs of a TMX file; a unit of three languages is three pairs.

    Raises ``BadInput`` for what is no TMX, is too large, or defines entities.
    """
    if len(content) > LARGEST:
        raise BadInput(f"{name} has {len(content)} bytes: a TMX file has at most {LARGEST}")
    if b"<!ENTITY" in content or b"<!E\x00N\x00T\x00I\x00T\x00Y" in content:
        raise BadInput(f"{name} defines entities, which no TMX file needs: it is not read")
    root = parse(content, name)
    document = root.getroottree().docinfo.internalDTD
    if document is not None and any(True for _ in document.iterentities()):
        raise BadInput(f"{name} defines entities, which no TMX file needs: it is not read")
    body = child(root, "body")
    if local(root) != "tmx" or namespace(root) or body is None:
        raise BadInput(f"{name} is no TMX file: its first element is <tmx> and holds a <body>")
    found: list[Unit] = []
    for number, unit in enumerate(children(body, "tu"), 1):
        found += _units(unit, f"{name}, unit {number}")
        if len(found) > MOST_UNITS:
            raise BadInput(f"{name} holds more than {MOST_UNITS} pairs: split it")
    return found


def _units(element: etree._Element, where: str) -> Iterator[Unit]:
    origin = _origin(element)
    variants = dict(_variants(element, where))
    first = _language(element.get("srclang", ""))
    ordered = sorted(variants.items(), key=lambda one: one[0] != first)
    for (language, text), (other, translation) in combinations(ordered, 2):
        yield Unit(language, other, text, translation, origin)


def _variants(element: etree._Element, where: str) -> Iterator[tuple[str, str]]:
    for variant in children(element, "tuv"):
        told = variant.get(_LANG) or variant.get("lang") or ""
        language = _language(told)
        if not language:
            raise BadInput(f"{where}: {told!r} is no language code such as fr")
        text = _said(child(variant, "seg"))
        if len(text) > LONGEST:
            raise BadInput(f"{where}: a sentence of {len(text)} letters; at most {LONGEST}")
        if text:
            yield language, text


def _said(segment: etree._Element | None) -> str:
    """The words of a segment; codes of a format between them are left out."""
    return " ".join("".join(_words(segment)).split()) if segment is not None else ""


def _words(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        if local(inner) not in _CODES_WITHIN:
            yield from _words(inner)
        yield inner.tail or ""


def _origin(element: etree._Element) -> Origin:
    told = {one.get("type"): (one.text or "").strip() for one in children(element, "prop")}
    try:
        day = date.fromisoformat(told.get("x-version", "")) if told.get("x-version") else None
    except ValueError:  # another tool's property of that name
        day = None
    return Origin(
        told.get("x-work", ""), told.get("x-title", ""), told.get("x-key", ""), day,
        told.get("x-eli", ""), told.get("x-licence", ""), told.get("x-attribution", ""),
    )  # fmt: skip


def _language(told: str) -> str:
    found = _CODE.fullmatch(told.strip())
    return found[1].lower() if found else ""
