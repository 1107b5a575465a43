"""The passages of a library: each wording of each provision, with the days on which it held."""

from collections.abc import Iterator

from casemate.knowledge.documents import Library
from casemate.knowledge.documents.library import State
from casemate.knowledge.passages import Passage


def passages_of(library: Library, language: str | None = None) -> Iterator[Passage]:
    """Every wording in ``library`` that has words, in the order of the texts."""
    for state in library.wordings(language):
        if state.provision.text.strip():
            yield passage_of(state)


def passage_of(state: State) -> Passage:
    """One wording; its id names work, provision, language and first day."""
    found, version = state.provision, state.provision.version
    return Passage(
        id=f"{version.work}#{found.key}@{version.language}:{state.begins or ''}",
        language=version.language,
        work=version.work,
        title=version.title,
        text=found.text,
        path=found.path,
        number=found.number,
        heading=found.heading,
        valid_from=state.begins,
        valid_to=state.ends,
        provision=f"{version.work}#{found.key}",
    )
