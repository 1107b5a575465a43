"""Alerts as an Atom feed (RFC 4287). No secret is in its address: a reader shows a token."""

from collections.abc import Sequence
from xml.etree import ElementTree

from casemate.clock import timestamp
from casemate.knowledge.casefiles.records import Alert, CaseFile
from casemate.papers import plain

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
_SAID = {
    "words": "other words are in force",
    "coming": "a wording to come is known",
    "repealed": "it ends, and no later words are known",
    "corrected": "the words of the day that was pinned were corrected",
    "gone": "it is no longer in the collection",
    "cited": "the words that were pinned cite it, and it has changed",
    "found": "it is new among the first results of a saved search",
}


def atom(case_file: CaseFile, alerts: Sequence[Alert]) -> bytes:
    """The feed of one case file; equal alerts give equal bytes."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    newest = max((one.found_at for one in alerts), default=case_file.made_at)
    _put(feed, "id", f"urn:casemate:{case_file.id}")
    _put(feed, "title", case_file.title)
    _put(feed, "updated", timestamp(newest))
    _put(ElementTree.SubElement(feed, f"{{{ATOM}}}author"), "name", "Casemate")
    for one in alerts:
        entry = ElementTree.SubElement(feed, f"{{{ATOM}}}entry")
        _put(entry, "id", f"urn:casemate:{one.id}")
        _put(entry, "title", f"{one.number or one.key}: {_SAID[one.kind]}")
        _put(entry, "updated", timestamp(one.found_at))
        days = [f"from {one.begins}"] * bool(one.begins) + [f"ends on {one.ends}"] * bool(one.ends)
        _put(entry, "summary", "; ".join([one.title, one.work, *days]))
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _put(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = plain(text)
