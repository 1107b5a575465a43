"""The pages of EUR-Lex: acts of the Official Journal and consolidated texts, as XHTML.

Provisions are the elements whose id says so (``art_5``, ``rct_12``, ``anx_III``, ``cpt_I.sct_2``); this
naming is that of the European Legislation Identifier on EUR-Lex.
"""

import re
from datetime import date

from lxml import etree, html

from casemate.knowledge.documents import xml
from casemate.knowledge.documents.grammar import with_own_keys
from casemate.knowledge.documents.tree import Document, Kind, Provision, Reference

_KINDS = {
    "prt": Kind.PART, "tis": Kind.TITLE, "cpt": Kind.CHAPTER, "sct": Kind.SECTION,
    "sbs": Kind.SUBSECTION, "art": Kind.ARTICLE, "rct": Kind.RECITAL, "anx": Kind.ANNEX,
}  # fmt: skip
_NAMED = re.compile(r"(?:.*\.)?(prt|tis|cpt|sct|sbs|art|rct|anx)_([^._]+)$")
_BLOCKS = frozenset(["p", "div", "td", "tr", "table", "li", "br", "h1", "h2", "h3"])
_NUMBERS = {
    "oj-ti-art",
    "title-article-norm",
    "oj-ti-section-1",
    "title-division-1",
    "ti-art",
    "oj-doc-ti",
}
_HEADINGS = {"oj-sti-art", "stitle-article-norm", "oj-ti-section-2", "title-division-2", "sti-art"}
_NOTE = re.compile(r"nt[cr]\d")
"""Ids of the call of a footnote and of the way back from it."""
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def is_eurlex(root: html.HtmlElement) -> bool:
    """Whether a page has provisions named as EUR-Lex names them."""
    return any(_NAMED.match(str(one.get("id"))) for one in root.iter("div") if one.get("id"))


def read(root: html.HtmlElement) -> Document:
    """The document of a page of EUR-Lex."""
    for link in list(root.iter("a")):
        if _NOTE.match(str(link.get("id") or "")):
            link.drop_tree()
    own, problems = with_own_keys(_provisions(root))
    titles = [
        xml.words(one) for one in root.iter("p") if _is(one, {"oj-doc-ti", "title-doc-first"})
    ]
    return Document(
        work=_work(root), title=" ".join(titles[:3]), language=_language(root), provisions=own,
        valid_from=_day(root), problems=problems,
    )  # fmt: skip


def _provisions(element: etree._Element) -> tuple[Provision, ...]:
    found: list[Provision] = []
    for child in element:
        named = _NAMED.match(str(child.get("id") or "")) if isinstance(child.tag, str) else None
        if named:
            found.append(_provision(child, _KINDS[named[1]]))
        else:
            found.extend(_provisions(child))
    return tuple(found)


def _provision(element: etree._Element, kind: Kind) -> Provision:
    inner = () if kind in {Kind.ARTICLE, Kind.RECITAL} else _provisions(element)
    number, heading = (_first(element, names) for names in (_NUMBERS, _HEADINGS))
    whole = "\n".join(part for part in (number, heading) if part)
    return Provision(
        key=str(element.get("id")), kind=kind, number=number, heading=heading,
        text=whole if inner else "\n".join(xml.lines(element, _BLOCKS)),
        parts=inner, references=() if inner else _references(element),
        as_filed="" if inner else xml.digest_as_filed(element, _BLOCKS),
    )  # fmt: skip


def _references(element: etree._Element) -> tuple[Reference, ...]:
    links = ((str(one.get("href") or ""), xml.words(one)) for one in xml.within(element, "a"))
    return tuple(
        Reference(where, told) for where, told in links if where and not where.startswith("#")
    )


def _first(element: etree._Element, classes: set[str]) -> str:
    return next((xml.words(one) for one in xml.within(element, "p") if _is(one, classes)), "")


def _is(element: etree._Element, classes: set[str]) -> bool:
    return not classes.isdisjoint(str(element.get("class") or "").split())


def _work(root: etree._Element) -> str:
    return _first(root, {"oj-hd-uniq"})


def _language(root: etree._Element) -> str:
    return (str(root.get("lang") or "") or _first(root, {"oj-hd-lg", "hd-lg"})).casefold()[:2]


def _day(root: etree._Element) -> date | None:
    told = _DAY.search(_first(root, {"oj-hd-date", "hd-date"}))
    return None if told is None else date(int(told[3]), int(told[2]), int(told[1]))
