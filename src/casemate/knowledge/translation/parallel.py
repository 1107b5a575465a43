"""Provisions that a library holds in two languages: one key, versions that begin on one day."""

from collections.abc import Iterator

from casemate.knowledge.documents import Library, Stored
from casemate.knowledge.documents.library import Version, number_in


def parallel_provisions(
    library: Library, source: str, target: str
) -> Iterator[tuple[Stored, Stored]]:
    """Each provision of each version that begins on the same day in both languages, in order."""
    for work in library.works():
        theirs = {one.valid_from: one for one in library.versions(work, target)}
        for version in library.versions(work, source):
            if (other := theirs.get(version.valid_from)) is not None:
                yield from _of_versions(library, version, other)


def _of_versions(
    library: Library, version: Version, other: Version
) -> Iterator[tuple[Stored, Stored]]:
    """By key; where a publisher keys one article otherwise in the other language, by its number."""
    theirs = library.provisions(other)
    by_key = {one.key: one for one in theirs}
    by_number: dict[str, Stored] = {}
    for one in theirs:
        by_number.setdefault(number_in(one.key), one)
    for ours in library.provisions(version):
        number = number_in(ours.key)
        found = by_key.get(ours.key) or (by_number.get(number) if number else None)
        if found is not None:
            yield ours, found
