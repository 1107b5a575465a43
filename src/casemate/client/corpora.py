"""Collections of texts: what held on a day, as known on another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.knowledge.answers import Answer
    from casemate.knowledge.documents import Standing
    from casemate.knowledge.documents.library import State, Version
    from casemate.knowledge.keeping import KeptCorpus
    from casemate.knowledge.searching import SearchHit


class Corpora(Part):
    """Collections of texts."""

    def corpora(self) -> Sequence[KeptCorpus]:
        """Every collection of texts, for anyone: they are open data."""
        from casemate.knowledge.keeping import KeptCorpus

        return [decoded(KeptCorpus, one) for one in self._wire.get("/corpora")]

    def works_of_corpus(self, name: str) -> Sequence[Version]:
        """The newest version of each work in each of its languages, for anyone."""
        from casemate.knowledge.documents.library import Version

        return [decoded(Version, one) for one in self._wire.get(f"/corpora/{segment(name)}/works")]

    def versions_in_corpus(
        self, name: str, work: str, language: str | None = None
    ) -> Sequence[Version]:
        """The versions of a work, the oldest first, for anyone."""
        from casemate.knowledge.documents.library import Version

        asked = {"work": work} if language is None else {"work": work, "lang": language}
        found = self._wire.get(f"/corpora/{segment(name)}/versions", **asked)
        return [decoded(Version, one) for one in found]

    def provision_on(
        self, name: str, work: str, key: str, language: str, on: date, *, known: date | None = None
    ) -> Standing:
        """A provision as in force ``on`` a day, as ``known`` on another; for anyone."""
        from casemate.knowledge.documents import Standing

        asked = {"work": work, "key": key, "lang": language, "on": on.isoformat()}
        if known is not None:
            asked["known"] = known.isoformat()
        return decoded(Standing, self._wire.get(f"/corpora/{segment(name)}/provision", **asked))

    def search_corpus(
        self, name: str, words: str, language: str, on: date | None, limit: int = 10
    ) -> Sequence[SearchHit]:
        """The provisions in force ``on`` a day that ``words`` mean, the best first; for anyone.

        Without a day the server takes today.
        """
        from casemate.knowledge.searching import SearchHit

        asked = {"q": words, "lang": language, "limit": str(limit)}
        if on is not None:
            asked["on"] = on.isoformat()
        found = self._wire.get(f"/corpora/{segment(name)}/search", **asked)
        return [decoded(SearchHit, one) for one in found]

    def ask_corpus(
        self,
        name: str,
        question: str,
        language: str,
        on: date,
        *,
        known: date | None = None,
        quotes: int = 3,
        works: Sequence[str] = (),
    ) -> Answer:
        """Quotes that answer, from the words in force ``on`` a day, or a refusal; for anyone."""
        from casemate.knowledge.answers import Answer

        asked: dict[str, str | int | list[str]] = {
            "question": question, "lang": language, "on": on.isoformat(), "quotes": quotes,
        }  # fmt: skip
        if known is not None:
            asked["known"] = known.isoformat()
        if works:
            asked["works"] = list(works)
        return Answer.from_dict(self._wire.get(f"/corpora/{segment(name)}/answer", **asked))

    def provision_history(self, name: str, work: str, key: str, language: str) -> Sequence[State]:
        """How a provision read over time, the oldest wording first; for anyone."""
        from casemate.knowledge.documents.library import State

        asked = {"work": work, "key": key, "lang": language}
        found = self._wire.get(f"/corpora/{segment(name)}/history", **asked)
        return [decoded(State, one) for one in found]
