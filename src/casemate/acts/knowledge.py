"""Collections of texts: load them, and read what held on a day. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from casemate.acts.part import Part
from casemate.errors import IntegrityFailure, NotFound

if TYPE_CHECKING:
    from casemate.knowledge.answers import Answer
    from casemate.knowledge.answers.finding import IndexFinder
    from casemate.knowledge.documents import Library, Loaded, Standing, Stored
    from casemate.knowledge.documents.library import Reader, State, Version
    from casemate.knowledge.encoding import TextEncoder
    from casemate.knowledge.keeping import Corpora, KeptCorpus
    from casemate.knowledge.searching import SearchHit
    from casemate.knowledge.sharing import SharedVectors


class KnowledgeActs(Part):
    """The acts on collections of texts."""

    @cached_property
    def corpora_kept(self) -> Corpora:
        """The room of collections."""
        from casemate.knowledge.keeping import Corpora

        return Corpora(self.ledger, self.clock)

    def load_corpus(
        self,
        actor: str,
        name: str,
        folder: Path,
        files: Sequence[Path],
        reader: Reader,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> tuple[KeptCorpus, Loaded]:
        """Read the ``files`` of ``folder`` that are new or changed into the collection ``name``.

        Killed at any moment it goes on where it was, and until it has ended nobody reads from what the
        ledger does not know. Bad files are told in what comes back, and the others are read.
        """
        from casemate.knowledge.documents import Library
        from casemate.knowledge.keeping import require_name

        require_name(name)
        with self._look(actor, "corpus.load", self.facts.corpus, actor, name):
            pass
        with Library(self._library_file(name)) as library:
            loaded = library.load(folder, files, reader, progress)
            with self._act(actor, "corpus.load", self.facts.corpus, actor, name) as tx:
                own = self.identity.account(tx, actor).organisation
                return self.corpora_kept.keep(tx, actor, own, name, library.state()), loaded

    def index_corpus(
        self,
        actor: str,
        name: str,
        names: Mapping[str, str] | None = None,
        progress: Callable[[str, int, int], None] = lambda what, done, of: None,
    ) -> str:
        """Build the index that answers are found in, or what of it is new; its digest.

        ``names`` are short names of works. Killed at any moment it goes on where it was.
        """
        from casemate.knowledge.passaging import passages_of
        from casemate.knowledge.retrieval import KnowledgeIndex

        with self._look(actor, "corpus.load", self.facts.corpus, actor, name):
            pass
        with self._library(name) as library:
            index = KnowledgeIndex.build(
                passages_of(library), self._index_folder(name), self._encoder, names=names,
                told=progress, shared=self._shared_vectors,
            )  # fmt: skip
        with self._act(actor, "corpus.load", self.facts.corpus, actor, name) as tx:
            self.corpora_kept.index(tx, actor, name, index.digest)
        return index.digest

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
        """Quotes that answer, from the words in force ``on`` a day, or a refusal, with what comes near; for
        anyone.

        ``works`` asks those alone. Nothing is kept of who asks what.
        """
        from casemate.knowledge.answers import Answers
        from casemate.knowledge.answers.calibration import shipped
        from casemate.knowledge.answers.finding import likeness_by

        with self._library(name) as library:
            finder, likeness = self._finder(name, library), likeness_by(self._encoder)
            rule = replace(shipped(), strictness=self.home.answers.strictness)
            answers = Answers(library, finder, likeness=likeness, calibration=rule)
            return answers.ask(question, language, on, known=known, quotes=quotes, works=works)

    def search_corpus(
        self, name: str, words: str, language: str, on: date | None, limit: int = 10
    ) -> Sequence[SearchHit]:
        """The provisions in force ``on`` a day that ``words`` mean, the best first; for anyone."""
        from casemate.knowledge.searching import search

        with self._library(name) as library:
            return search(self._finder(name, library), words, language, on, limit)

    def corpora(self) -> Sequence[KeptCorpus]:
        """Every collection of texts, for anyone: they are open data."""
        with self.store.read() as tx:
            return self.corpora_kept.all(tx)

    def works_of_corpus(self, name: str) -> Sequence[Version]:
        """The newest version of each work in each of its languages, for anyone."""
        with self._library(name) as library:
            return library.newest()

    def versions_in_corpus(
        self, name: str, work: str, language: str | None = None
    ) -> Sequence[Version]:
        """The versions of a work, the oldest first, for anyone."""
        with self._library(name) as library:
            return library.versions(work, language)

    def provision_on(
        self, name: str, work: str, key: str, language: str, on: date, *, known: date | None = None
    ) -> Standing:
        """A provision as in force ``on`` a day, as ``known`` on another; for anyone."""
        with self._library(name) as library:
            return library.at(library.work(work), key, language, on, known)

    def provisions_on(
        self, name: str, work: str, language: str, on: date, *, known: date | None = None
    ) -> tuple[Version | None, str, Sequence[Stored]]:
        """The version of a work that had begun ``on`` a day, why it was in force no more, and all of it."""
        with self._library(name) as library:
            version, why = library.version_on(library.work(work), language, on, known)
            return version, why, library.provisions(version) if version else ()

    def provision_in_languages(
        self, name: str, work: str, key: str, on: date
    ) -> Mapping[str, Standing]:
        """A provision in every language that the work is in, for anyone: official texts, side by side."""
        with self._library(name) as library:
            return library.in_languages(library.work(work), key, on)

    def provision_history(self, name: str, work: str, key: str, language: str) -> Sequence[State]:
        """How a provision read over time, the oldest wording first; for anyone."""
        with self._library(name) as library:
            return library.history(library.work(work), key, language)

    @cached_property
    def _encoder(self) -> TextEncoder:
        """Texts to vectors: the server's that the settings name, or else this machine's own."""
        from casemate.knowledge.encoding import Encoder
        from casemate.knowledge.encoding.served import ServedEncoder

        served = self.home.embedding
        return Encoder() if served is None else ServedEncoder(served)

    @cached_property
    def _shared_vectors(self) -> SharedVectors | None:
        """The database that keeps vectors for several processes, where the settings name one."""
        if self.home.vectors is None:
            return None
        from casemate.knowledge.sharing import SharedVectors

        return SharedVectors(self.home.vectors)

    def _close_vectors(self) -> None:
        """Let go of that database, where it was opened."""
        if (shared := vars(self).get("_shared_vectors")) is not None:
            shared.close()

    @cached_property
    def _finders(self) -> dict[str, IndexFinder]:
        """Open indexes: opening one reads all of its words."""
        return {}

    def _finder(self, name: str, library: Library) -> IndexFinder:
        """The finder over a collection's index as it was built last."""
        from casemate.knowledge.answers.finding import IndexFinder, built_index
        from casemate.knowledge.passaging import passages_of

        with self.store.read() as tx:
            kept = self.corpora_kept.get(tx, name)
        if not kept.index:
            raise NotFound(f"the texts of {name!r} have no index yet: build it with `law index`")
        known = self._finders.get(name)
        if known is None or known.digest != kept.index:
            index = built_index(self._index_folder(name), self._encoder, self._shared_vectors)
            if index.digest != kept.index:
                raise IntegrityFailure(f"the index of {name!r} is not the one that was built last")
            known = self._finders[name] = IndexFinder(index, passages_of(library))
        return known

    def _index_folder(self, name: str) -> Path:
        return self.home.knowledge / name / "index"

    def _library_file(self, name: str) -> Path:
        return self.home.knowledge / name / "library.sqlite"

    @contextmanager
    def _library(self, name: str) -> Iterator[Library]:
        """The library of a collection, if it is what the ledger knows."""
        from casemate.knowledge.documents import Library

        with self.store.read() as tx:
            kept = self.corpora_kept.get(tx, name)
        with Library(self._library_file(name)) as library:
            if library.digest() != kept.digest:
                raise IntegrityFailure(
                    f"the collection {name!r} is not as it was loaded last: load it again"
                )
            yield library
