"""The references in one provision as links: for a page, without the graph."""

from dataclasses import dataclass

from casemate.knowledge.citing.resolving import Resolver
from casemate.knowledge.citing.scanning import references_in
from casemate.knowledge.documents.library import Library, Stored


@dataclass(frozen=True, slots=True)
class TextLink:
    """Characters of a text that lead to a provision, or to a work as a whole (an empty ``key``)."""

    start: int
    end: int
    work: str
    key: str
    title: str


def links_in(library: Library, resolver: Resolver, provision: Stored) -> list[TextLink]:
    """What of a provision's text leads to something that is held, in order, none within another."""
    found, end = [], 0
    version = provision.version
    for cited in references_in(provision.text, version.language):
        if cited.kind in {"within", "this"} or cited.start < end:
            continue
        target = resolver.resolve(library, cited, version.work, provision.key)
        if not target.resolved:
            continue
        end = cited.end
        key = target.keys[0] if target.keys else ""
        found.append(
            TextLink(cited.start, cited.end, target.work, key, resolver.title(target.work))
        )
    return found
