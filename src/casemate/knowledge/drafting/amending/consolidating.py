"""The text that a law has once an amending text is carried out, as data and as Akoma Ntoso."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from lxml import etree

from casemate.errors import BadInput
from casemate.knowledge.citing import NamedWork, Resolver
from casemate.knowledge.documents import Kind, Library
from casemate.knowledge.documents.library import Stored, Version
from casemate.knowledge.drafting.amending.applying import Applied, Wording, apply
from casemate.knowledge.drafting.amending.parsing import Instructions, instructions_in
from casemate.knowledge.drafting.draft import Draft

_AKN = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
_LANGUAGES = {"fr": "fra", "de": "deu", "en": "eng", "lb": "ltz"}


@dataclass(frozen=True, slots=True)
class Consolidated:
    """A law with an amending text carried out on the version in force on a day."""

    work: str
    title: str
    language: str
    on: date
    version_from: date | None
    source: str
    """The amending text's name."""
    applied: Applied
    paths: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The headings above each provision, by its key."""

    @property
    def is_whole(self) -> bool:
        """Whether every instruction on this law was read and carried out."""
        return not (self.applied.failed or self.applied.unread)


def consolidate(draft: Draft, library: Library, on: date, work: str | None = None) -> Consolidated:
    """Carry ``draft`` out on the version of ``work`` in force ``on`` the day.

    Without ``work`` it is the one that the instructions name. Raises ``BadInput`` where there is none or
    several, or no version in force on the day.
    """
    found = instructions_in(draft)
    resolver = Resolver(library)
    held = library.work(work) if work else _only_work(found, resolver, draft)
    version, why = library.version_on(held, draft.language, on)
    if version is None or why:
        raise BadInput(f"{held} cannot be changed on {on}: {why}")
    provisions = library.provisions(version)
    done = apply(
        found.operations, provisions, on=on, is_the_work=lambda named: _is(resolver, named, held)
    )
    return _consolidated(replace(done, unread=tuple(found.unread)), version, provisions, draft, on)


def _is(resolver: Resolver, named: NamedWork, work: str) -> bool:
    """What cannot be told ("the same law") is the law that is worked on."""
    found, why = resolver.work_of(named)
    return found == work or why == "other"


def _only_work(found: Instructions, resolver: Resolver, draft: Draft) -> str:
    named: dict[str, None] = {}
    for one in found.operations:
        if one.work is not None:
            work, why = resolver.work_of(one.work)
            if not why:
                named[work] = None
    if len(named) != 1:
        told = "no law that is held here" if not named else "several laws: " + ", ".join(named)
        raise BadInput(f"{draft.name} changes {told}; name the one that is meant (`--work`)")
    return next(iter(named))


def _consolidated(
    done: Applied, version: Version, provisions: Sequence[Stored], draft: Draft, on: date
) -> Consolidated:
    return Consolidated(
        version.work, version.title, version.language, on, version.valid_from, draft.name, done,
        tuple((one.key, one.path) for one in provisions if one.path),
    )  # fmt: skip


def akoma_ntoso(given: Consolidated) -> bytes:
    """The consolidated text as Akoma Ntoso 3, headings as containers; it reads back to the same texts."""
    root = etree.Element(f"{{{_AKN}}}akomaNtoso", nsmap={None: _AKN})
    act = _in(root, "act", name="consolidated", contains="singleVersion")
    _meta(_in(act, "meta"), given)
    _in(_in(_in(act, "preface"), "longTitle"), "p").text = _xml(given.title)
    body = _in(act, "body")
    paths = dict(given.paths)
    rows: list[tuple[tuple[str, ...], Wording]] = []
    for one in given.applied.after:
        before = rows[-1][0] if rows else ()
        rows.append((paths.get(one.key, before if one.key not in paths else ()), one))
    _nested(body, rows)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _meta(meta: etree._Element, given: Consolidated) -> None:
    identification = _in(meta, "identification", source="#casemate")
    work = _in(identification, "FRBRWork")
    _in(work, "FRBRthis", value=_xml(given.work))
    _in(work, "FRBRuri", value=_xml(given.work))
    expression = _in(identification, "FRBRExpression")
    _in(expression, "FRBRthis", value=_xml(f"{given.work}/{given.on.isoformat()}"))
    _in(expression, "FRBRdate", date=given.on.isoformat(), name="consolidation")
    _in(expression, "FRBRlanguage", language=_LANGUAGES.get(given.language, given.language))


def _nested(parent: etree._Element, rows: Sequence[tuple[tuple[str, ...], Wording]]) -> None:
    for heading, group in groupby(rows, key=lambda row: row[0][:1]):
        if not heading:
            for _, one in group:
                _article(parent, one)
            continue
        container = _in(parent, "hcontainer", name="division")
        _in(container, "heading").text = _xml(heading[0])
        _nested(container, [(path[1:], one) for path, one in group])


def _article(parent: etree._Element, one: Wording) -> None:
    element = _in(parent, "attachment" if one.kind == Kind.ANNEX else "article", eId=_xml(one.key))
    rest = one.text
    if one.number and rest.startswith(one.number):
        _in(element, "num").text = _xml(one.number)
        rest = rest[len(one.number) :].lstrip(" \n")
    if one.heading and rest.startswith(one.heading):
        _in(element, "heading").text = _xml(one.heading)
        rest = rest[len(one.heading) :].lstrip("\n")
    content = _in(_in(element, "paragraph"), "content")
    for line in rest.split("\n"):
        if line.strip():
            _in(content, "p").text = _xml(line)


def _in(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_AKN}}}{tag}", attributes)


def _xml(text: str) -> str:
    """``text`` without what XML cannot hold."""
    return "".join(one for one in text if one in "\t\n" or ord(one) >= 32)
