"""Texts in other languages: official ones, what was translated before, machines. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from casemate.acts.knowledge import KnowledgeActs
from casemate.errors import BadInput, IntegrityFailure, NotFound

if TYPE_CHECKING:
    from casemate.knowledge.documents import Library, Standing, Stored
    from casemate.knowledge.models import LanguageModel
    from casemate.knowledge.translation import Memory, Term, Termbase, Translation
    from casemate.knowledge.translation.checking import Glossary
    from casemate.knowledge.translation.keeping import KeptMemory, TranslationMemories
    from casemate.knowledge.translation.machine import Translator
    from casemate.knowledge.translation.recall import Recall
    from casemate.knowledge.translation.translating import Helpers

_MOST_AT_HAND = 16
"""Directions of memories that a process keeps ready."""


class TranslatingActs(KnowledgeActs):
    """The acts on translations."""

    if TYPE_CHECKING:

        def language_model(self) -> LanguageModel | None: ...

    @cached_property
    def translation_memories(self) -> TranslationMemories:
        """The room of translation memories."""
        from casemate.knowledge.translation.keeping import TranslationMemories

        return TranslationMemories(self.ledger, self.clock)

    def build_memory(
        self, actor: str, name: str, progress: Callable[[int], None] = lambda done: None
    ) -> KeptMemory:
        """Align what the collection holds in two languages, or what of it is new; draw its terms.

        A memory that was changed past the ledger is made anew, and what files had brought is let go of.
        """
        with self._look(actor, "corpus.load", self.facts.corpus, actor, name):
            pass
        with self._library(name) as library, self._memory_files(name) as (memory, terms):
            self._forget_what_changed(name, memory)
            memory.build(library, progress)
            return self._keep_memory(actor, "corpus.load", name, memory, terms, library)

    def import_memory(self, actor: str, name: str, content: bytes, file: str) -> KeptMemory:
        """Take the pairs of a TMX file into a collection's memory: all of them, or none."""
        from casemate.canonical import digest
        from casemate.knowledge.translation import tmx

        with self._look(actor, "memory.import", self.facts.corpus, actor, name):
            pass
        units = tmx.read(content, file)
        if not units:
            raise BadInput(f"{file} holds no sentence in two languages")
        with self._library(name) as library, self._memory_files(name) as (memory, terms):
            self._forget_what_changed(name, memory)
            brought = memory.bring(units, file), digest(content)
            return self._keep_memory(actor, "memory.import", name, memory, terms, library, brought)

    def _keep_memory(
        self,
        actor: str,
        action: str,
        name: str,
        memory: Memory,
        terms: Termbase,
        library: Library,
        brought: tuple[int, str] | None = None,
    ) -> KeptMemory:
        """Record what is held by now; what a file ``brought`` makes no memory of older texts new."""
        count = terms.build(library, memory)
        held, texts = (count, terms.digest()), library.digest()
        aligned = texts if brought is None else None
        with self._act(actor, action, self.facts.corpus, actor, name) as tx:
            kept = self.translation_memories.keep(
                tx, actor, name, aligned, memory.state(), held, brought=brought
            )
            return self.translation_memories.find(tx, name, texts) or kept

    def memory_of_corpus(self, name: str) -> KeptMemory | None:
        """What the translation memory of a collection holds, and whether the texts have changed since it
        was built, for anyone; ``None`` where there is none."""
        with self.store.read() as tx:
            texts = self.corpora_kept.get(tx, name).digest
            return self.translation_memories.find(tx, name, texts)

    def translate_provision(
        self,
        name: str,
        work: str,
        key: str,
        source: str,
        target: str,
        on: date,
        *,
        machine: bool = True,
    ) -> Translation:
        """A provision as in force ``on`` a day in another language, for anyone: the official version where
        there is one, else sentences of the memory, else, where ``machine``, what a machine makes of it.

        Nothing is kept of who asks for what.
        """
        from casemate.knowledge.translation import assembled, official

        _require_two(source, target)
        with self._library(name) as library:
            everywhere = library.in_languages(library.work(work), key, on)
        ours, theirs = _provision(everywhere.get(source), work, key, source), everywhere.get(target)
        if theirs is not None and theirs.provision is not None and theirs.in_force:
            return official(ours, theirs.provision, on)
        helpers = self._helpers(name, source, target, machine=machine)
        return self._told_of(name, assembled(ours.text, (source, target), helpers, on, ours))

    def translate_text(
        self, actor: str, name: str, text: str, source: str, target: str, *, machine: bool = True
    ) -> Translation:
        """A text of one's own, by the memory of a collection and by machines; nothing of it is kept."""
        from casemate.knowledge.translation import assembled
        from casemate.knowledge.translation.translating import LONGEST_TEXT

        with self._look(actor, "text.translate", self.facts.home):
            pass
        _require_two(source, target)
        if not text.strip():
            raise BadInput("there is no text to translate")
        if len(text) > LONGEST_TEXT:
            raise BadInput(
                f"the text has {len(text)} letters; at most {LONGEST_TEXT} are translated"
            )
        with self.store.read() as tx:
            self.corpora_kept.get(tx, name)
        helpers = self._helpers(name, source, target, machine=machine)
        return self._told_of(name, assembled(text, (source, target), helpers))

    def _told_of(self, name: str, found: Translation) -> Translation:
        """With whether the memory that was asked is older than the texts."""
        kept = self.memory_of_corpus(name)
        return replace(found, memory_is_stale=kept is not None and kept.stale)

    def terms_of_corpus(
        self, name: str, source: str, target: str, text: str = "", *, most: int = 200
    ) -> Sequence[Term]:
        """Terms of a collection in two languages that have the words of ``text``, for anyone."""
        _require_two(source, target)
        with self._built_memory(name) as (_, terms):
            return terms.terms(source, target, text, most)

    def export_memory(self, name: str, source: str, target: str) -> bytes:
        """The pairs of two languages as TMX 1.4b, for anyone: the texts are open data."""
        from casemate.knowledge.translation import tmx

        _require_two(source, target)
        with self._built_memory(name) as (memory, _):
            return tmx.written(memory.units(source, target), source, version("casemate"))

    def export_terms(self, name: str, source: str, target: str) -> bytes:
        """The terms of two languages as TBX-Basic, for anyone."""
        from casemate.knowledge.translation import tbx

        _require_two(source, target)
        with self._built_memory(name) as (_, terms):
            return tbx.written(terms.terms(source, target), name)

    def translators(self) -> Sequence[Translator]:
        """The machines that translate here: the models in the home's folder, then the language model."""
        from casemate.knowledge.translation.machine import ByLanguageModel

        model = self.language_model()
        return [*self._models_put_in, *([] if model is None else [ByLanguageModel(model)])]

    @cached_property
    def _models_put_in(self) -> Sequence[Translator]:
        from casemate.knowledge.translation.machine import translators_in

        return translators_in(self.home.root / "translators")

    def _helpers(self, name: str, source: str, target: str, *, machine: bool) -> Helpers:
        from casemate.knowledge.translation.machine import way
        from casemate.knowledge.translation.translating import Helpers

        recall, glossary = self._at_hand(name, source, target)
        found = way(self.translators(), source, target) if machine else None
        return Helpers(recall, glossary, found)

    @cached_property
    def _directions(self) -> dict[tuple[str, ...], tuple[Recall, Glossary]]:
        """Memories that were read: reading one holds it against its digest."""
        return {}

    def _at_hand(self, name: str, source: str, target: str) -> tuple[Recall, Glossary]:
        from casemate.knowledge.translation.checking import Glossary
        from casemate.knowledge.translation.recall import Recall

        kept = self.memory_of_corpus(name)
        if kept is None:
            return Recall(()), Glossary((), source, target)
        key = (name, kept.digest, kept.terms_digest, source, target)
        found = self._directions.get(key)
        if found is None:
            with self._built_memory(name) as (memory, terms):
                recall = Recall(memory.units(source, target))
                found = recall, Glossary(terms.terms(source, target), source, target)
            while len(self._directions) >= _MOST_AT_HAND:
                self._directions.pop(next(iter(self._directions)), None)
            self._directions[key] = found
        return found

    def _memory_file(self, name: str, what: str) -> Path:
        return self.home.knowledge / name / f"{what}.sqlite"

    @contextmanager
    def _memory_files(self, name: str) -> Iterator[tuple[Memory, Termbase]]:
        from casemate.knowledge.translation import Memory, Termbase

        with (
            Memory(self._memory_file(name, "memory")) as memory,
            Termbase(self._memory_file(name, "terms")) as terms,
        ):
            yield memory, terms

    @contextmanager
    def _built_memory(self, name: str) -> Iterator[tuple[Memory, Termbase]]:
        """Memory and termbase of a collection, if they are what the ledger knows."""
        kept = self.memory_of_corpus(name)
        if kept is None:
            raise NotFound(
                f"the texts of {name!r} have no translation memory yet: build it with `law memory build`"
            )
        with self._memory_files(name) as (memory, terms):
            if (memory.digest(), terms.digest()) != (kept.digest, kept.terms_digest):
                raise IntegrityFailure(
                    f"the translation memory of {name!r} is not as it was built last: build it again"
                )
            yield memory, terms

    def _forget_what_changed(self, name: str, memory: Memory) -> None:
        """Let go of pairs that are not those of the last building: anybody may have put them there."""
        kept = self.memory_of_corpus(name)
        if memory.brought_digest() != (kept.brought_digest if kept else _NOTHING):
            memory.forget(brought=True)
        if kept is not None and memory.digest() != kept.digest:
            memory.forget(brought=False)


_NOTHING = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""Of no pair at all."""


def _require_two(source: str, target: str) -> None:
    if source == target:
        raise BadInput(f"both languages are {source!r}: name the one to translate into")


def _provision(standing: Standing | None, work: str, key: str, language: str) -> Stored:
    if standing is None:
        raise NotFound(f"{work} is not in the library in {language!r}")
    if standing.provision is None:
        raise NotFound(standing.why or f"{work} has no provision {key!r} on that day")
    return standing.provision
