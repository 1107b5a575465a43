"""The finder over a built index, and the likeness of sentences by their vectors."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from casemate.errors import NotFound
from casemate.knowledge.answers.answering import Found, Likeness
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex

CITED = 500.0
"""A score above it is that of a provision which the question cites."""


class IndexFinder:
    """Finds in ``index`` what ``passages`` (those that it was built of) say."""

    def __init__(self, index: KnowledgeIndex, passages: Iterable[Passage]) -> None:
        self._index = index
        self._passages = {one.id: one for one in passages}
        missing = [one for one in index.passage_ids() if one not in self._passages]
        if missing:
            raise NotFound(f"the index has {missing[0]}, and the texts have not: build it again")

    @property
    def digest(self) -> str:
        """Of the index."""
        return self._index.digest

    def find(self, question: str, language: str, on: date | None, limit: int) -> Sequence[Found]:
        """The best passages of every language."""
        hits = self._index.search(question, language, as_of=on, limit=limit)
        return [Found(self._passages[one.id], one.score, one.score >= CITED) for one in hits]


def likeness_by(encoder: Encoder) -> Likeness:
    """Cosine of question and sentence, across languages."""

    def like(question: str, sentences: Sequence[str]) -> list[float]:
        if not sentences:
            return []
        vectors = encoder.passages(list(sentences))
        return [float(one) for one in vectors @ encoder.query(question)]

    return like


def built_index(folder: Path, encoder: Encoder) -> KnowledgeIndex:
    """The index in ``folder``; raises ``NotFound`` where none was built."""
    if not folder.is_dir():
        raise NotFound("these texts have no index yet: build it with `law index`")
    return KnowledgeIndex(folder, encoder)
