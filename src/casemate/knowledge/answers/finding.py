"""The finder over a built index, and the likeness of sentences by their vectors."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from casemate.errors import NotFound
from casemate.knowledge.answers.answering import Found, Likeness
from casemate.knowledge.encoding import TextEncoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex

if TYPE_CHECKING:
    from casemate.knowledge.sharing import SharedVectors

CITED = 500.0
"""A score above it is that of a provision which the question cites."""


class IndexFinder:
    """Finds in ``index`` what ``passages`` (those that it was built of) say.

    The ranker's scores order one language's passages and cannot be held against another's. So languages
    are laid together by how near in meaning their best passages are to the question, which can.
    """

    def __init__(self, index: KnowledgeIndex, passages: Iterable[Passage]) -> None:
        self._index = index
        self._passages = {one.id: one for one in passages}
        missing = [one for one in index.passage_ids() if one not in self._passages]
        if missing:
            raise NotFound(f"the index has {missing[0]}, and the texts have not: build it again")
        self._places = {
            language: {one: place for place, one in enumerate(index.ids(language))}
            for language in index.languages
        }

    @property
    def digest(self) -> str:
        """Of the index."""
        return self._index.digest

    def find(
        self,
        question: str,
        language: str,
        on: date | None,
        limit: int,
        without: Collection[str] = (),
    ) -> Sequence[Found]:
        """The best passages of every language, each language's in the ranker's order."""
        ids = self._ids_of(without)
        vector = self._index.vector(question)
        found: list[Found] = []
        for of in self._index.languages:
            hits = self._index.search(
                question, language, as_of=on, limit=limit, languages=[of], without=ids
            )
            near = [self._near(of, one.id, vector) for one in hits[:_FIRST]]
            best = max(near, default=0.0)
            for rank, hit in enumerate(hits):
                cited = hit.score >= CITED
                score = (1.0 if cited else best) - _STEP * rank
                found.append(Found(self._passages[hit.id], score, cited, hit.route, hit.lead))
        return sorted(found, key=lambda one: -one.score)[:limit]

    def _ids_of(self, provisions: Collection[str]) -> Collection[str]:
        """The passages of these provisions, in every version and language; passages may be named too."""
        if not provisions:
            return ()
        return [
            one.id for one in self._passages.values() if {one.id, one.provision} & {*provisions}
        ]

    def _near(self, language: str, passage: str, vector: Any) -> float:
        """Cosine of the question and the nearest piece of a passage."""
        place = self._places[language][passage]
        nearness = self._index.side(language).nearness
        return float(nearness.best(np.array([place]), vector[None, :])[0, 0])


_FIRST = 3
"""So many of a language's best passages say how near it is."""
_STEP = 0.01


def likeness_by(encoder: TextEncoder) -> Likeness:
    """Cosine of question and sentence, across languages."""

    def like(question: str, sentences: Sequence[str]) -> list[float]:
        if not sentences:
            return []
        vectors = encoder.passages(list(sentences))
        return [float(one) for one in vectors @ encoder.query(question)]

    return like


def built_index(
    folder: Path, encoder: TextEncoder, shared: "SharedVectors | None" = None
) -> KnowledgeIndex:
    """The index in ``folder``; ``shared`` is the database of its vectors, where it was built with one.

    Raises ``NotFound`` where none was built.
    """
    if not folder.is_dir():
        raise NotFound("these texts have no index yet: build it with `law index`")
    return KnowledgeIndex(folder, encoder, shared=shared)
