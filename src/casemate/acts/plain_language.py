"""Provisions in plain words, and glossaries. Part of ``Platform``.

Rules alone make a plain version for anyone: the texts are open, and nothing is kept of who asks what. A
language model works long: it is asked for those with an account, and nothing is kept of that either.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from casemate.acts.writing import WritingActs
from casemate.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from casemate.knowledge.documents import Library
    from casemate.knowledge.glossary import Glossary, GlossaryEntry
    from casemate.knowledge.plain import Writer
    from casemate.knowledge.plain.telling import PlainProvision

MOST_ENTRIES = 500
"""Of a glossary, at once."""
_COLLECTIONS_KEPT = 4
_LONGEST_TERM = 200


class PlainLanguageActs(WritingActs):
    """The acts on plain language."""

    def plain_provision(
        self, name: str, work: str, key: str, language: str, on: date, *, known: date | None = None
    ) -> PlainProvision:
        """A provision in force ``on`` a day in plain words, sentence by sentence, by rules; for anyone."""
        return self._plainly(name, work, key, language, on, known, None)

    def plain_provision_by_model(
        self,
        actor: str,
        name: str,
        work: str,
        key: str,
        language: str,
        on: date,
        *,
        known: date | None = None,
    ) -> PlainProvision:
        """The same, each sentence proposed by the home's language model first and held against its own.

        Raises ``Unavailable`` where the home's settings name no model.
        """
        from casemate.knowledge.answers.finding import likeness_by
        from casemate.knowledge.plain import Writer

        with self._look(actor, "corpus.reword", self.facts.home):
            pass
        with self._library(name) as library:  # what is not there is told before what cannot be done
            library.work(work)
        model = self.language_model()
        if model is None:
            raise Unavailable("no language model is named in the home's settings: [language_model]")
        writer = Writer(model, likeness_by(self._encoder))
        return self._plainly(name, work, key, language, on, known, writer)

    def glossary_of_work(
        self, name: str, work: str, language: str, on: date, *, known: date | None = None
    ) -> Glossary:
        """What a work in force ``on`` a day defines, by term; for anyone."""
        from casemate.knowledge.glossary import asked_for, entries_of

        with self._library(name) as library:
            version, _ = library.version_on(library.work(work), language, on, known)
            found = entries_of(library.provisions(version), language) if version else []
        return asked_for(found, "", 0, MOST_ENTRIES)

    def glossary_of_corpus(
        self, name: str, language: str, *, term: str = "", start: int = 0, most: int = 100
    ) -> Glossary:
        """What the newest versions of a collection's works define, by term; for anyone.

        Only terms that have the words of ``term``, or words that begin so; ``most`` of them from ``start``.
        """
        from casemate.knowledge.glossary import asked_for

        if len(term) > _LONGEST_TERM:
            raise BadInput(f"a term has {_LONGEST_TERM} characters at most")
        if not (0 < most <= MOST_ENTRIES and start >= 0):
            raise BadInput(f"from 1 to {MOST_ENTRIES} entries are asked for at once, from 0 on")
        return asked_for(self._all_defined(name, language), term, start, most)

    def _plainly(
        self, name: str, work: str, key: str, language: str, on: date, known: date | None,
        writer: Writer | None,
    ) -> PlainProvision:  # fmt: skip
        from casemate.knowledge.definitions import definitions_in
        from casemate.knowledge.plain import plain_version
        from casemate.knowledge.plain.telling import told

        with self._library(name) as library:
            work = library.work(work)
            standing = library.at(work, key, language, on, known)
            version, found = standing.version, standing.provision
            around = library.provisions(version) if version is not None and found else []
        # A definitions' article would link each term to itself.
        defined = [
            one for one in definitions_in(around, language) if found and one.key != found.key
        ]
        plain = None
        if found is not None:
            plain = plain_version(found.text, language, definitions=defined, writer=writer)
        where = {one.key: one for one in reversed(around)}
        return told(standing, on, work, key, language, plain, where)

    def _all_defined(self, name: str, language: str) -> list[GlossaryEntry]:
        """Every entry of a collection, read once as long as it stays as it is."""
        with self._library(name) as library, self._glossary_lock:
            which = (library.digest(), language)
            if which not in self._glossaries:
                self._glossaries[which] = _defined_in(library, language)
                while len(self._glossaries) > _COLLECTIONS_KEPT:
                    self._glossaries.popitem(last=False)
            return self._glossaries[which]

    @cached_property
    def _glossaries(self) -> OrderedDict[tuple[str, str], list[GlossaryEntry]]:
        return OrderedDict()

    @cached_property
    def _glossary_lock(self) -> Lock:
        """One reads a collection; who comes meanwhile waits, and reads nothing twice."""
        return Lock()


def _defined_in(library: Library, language: str) -> list[GlossaryEntry]:
    from casemate.knowledge.glossary import entries_of

    return [
        one
        for version in library.newest()
        if version.language == language
        for one in entries_of(library.provisions(version), language)
    ]
