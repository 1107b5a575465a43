"""Provisions in plain words, and glossaries."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.knowledge.glossary import Glossary
    from casemate.knowledge.plain.telling import PlainProvision


class PlainLanguage(Part):
    """Plain words."""

    def plain_provision(
        self, name: str, work: str, key: str, language: str, on: date, *, known: date | None = None
    ) -> PlainProvision:
        """A provision in force ``on`` a day in plain words, sentence by sentence, by rules; for anyone."""
        return self._plain(f"/corpora/{segment(name)}/plain", work, key, language, on, known)

    def plain_provision_by_model(
        self, name: str, work: str, key: str, language: str, on: date, *, known: date | None = None
    ) -> PlainProvision:
        """The same, each sentence proposed by the house's language model first."""
        where = f"/corpora/{segment(name)}/plain-by-model"
        return self._plain(where, work, key, language, on, known)

    def glossary_of_work(
        self, name: str, work: str, language: str, on: date, *, known: date | None = None
    ) -> Glossary:
        """What a work in force ``on`` a day defines, by term; for anyone."""
        from casemate.knowledge.glossary import Glossary

        asked = {"work": work, "lang": language, "on": on.isoformat()}
        if known is not None:
            asked["known"] = known.isoformat()
        return decoded(Glossary, self._wire.get(f"/corpora/{segment(name)}/work-glossary", **asked))

    def glossary_of_corpus(
        self, name: str, language: str, *, term: str = "", start: int = 0, most: int = 100
    ) -> Glossary:
        """What the newest versions of a collection's works define, by term; for anyone."""
        from casemate.knowledge.glossary import Glossary

        asked: dict[str, str | int] = {"lang": language, "term": term, "start": start, "most": most}
        return decoded(Glossary, self._wire.get(f"/corpora/{segment(name)}/glossary", **asked))

    def _plain(
        self, where: str, work: str, key: str, language: str, on: date, known: date | None
    ) -> PlainProvision:
        from casemate.knowledge.plain.telling import PlainProvision

        asked = {"work": work, "key": key, "lang": language, "on": on.isoformat()}
        if known is not None:
            asked["known"] = known.isoformat()
        return decoded(PlainProvision, self._wire.get(where, **asked))
