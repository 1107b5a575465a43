"""Who cites whom, and which act changed what: read from collections of texts, open to everyone.

Part of ``Platform``. What is read is beside the texts and made of them alone; building it is an act of
whoever loads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from casemate.acts.knowledge import KnowledgeActs
from casemate.errors import NotFound

if TYPE_CHECKING:
    from casemate.knowledge.citing import (
        Amendment,
        CitationGraph,
        GraphState,
        Neighbourhood,
        Page,
        Resolver,
        TextLink,
    )
    from casemate.knowledge.definitions import Definition, Use
    from casemate.knowledge.documents import Library, Stored
    from casemate.knowledge.documents.library import Version

_MOST_DEFINING = 16
"""Versions whose definitions are kept at hand."""


class CitingActs(KnowledgeActs):
    """The acts on citations."""

    def link_corpus(
        self, actor: str, name: str, progress: Callable[[int, int], None] = lambda done, of: None
    ) -> GraphState:
        """Read who cites whom in a collection, or what of it is new.

        Killed at any moment it goes on where it was.
        """
        from casemate.knowledge.citing import CitationGraph

        with self._look(actor, "corpus.load", self.facts.corpus, actor, name):
            pass
        with self._library(name) as library, CitationGraph(self._graph_file(name)) as graph:
            state = graph.build(library, progress)
        with self._act(actor, "corpus.load", self.facts.corpus, actor, name) as tx:
            self.corpora_kept.cite(tx, actor, name, state.digest)
        return state

    def citations_of(
        self, name: str, work: str, key: str | None = None, *, on: date | None = None, after: int = 0,
        most: int = 100,
    ) -> Page:  # fmt: skip
        """What a work, or one provision of it, cites: ``on`` a day, or ever; for anyone."""
        with self._graph(name) as (library, graph):
            return graph.cites(library, library.work(work), key, on, after=after, most=most)

    def cited_by(
        self, name: str, work: str, key: str | None = None, *, on: date | None = None, after: int = 0,
        most: int = 100,
    ) -> Page:  # fmt: skip
        """Who cites a provision, or a work from outside: ``on`` a day, or ever; for anyone.

        The work need not be held: acts that texts cite have names too, such as ``32009L0065``.
        """
        with self._graph(name) as (library, graph):
            return graph.cited_by(library, _held(library, work), key, on, after=after, most=most)

    def amendments_of(
        self, name: str, work: str, key: str | None = None, language: str | None = None
    ) -> Sequence[Amendment]:
        """Which acts changed a work, or one provision of it, the oldest first; for anyone."""
        from casemate.knowledge.citing import amendments_of

        with self._graph(name) as (library, graph):
            work = library.work(work)
            tongue = language or library.versions(work)[-1].language
            return amendments_of(library, graph, self._resolver(name, library), work, key, tongue)

    def amendments_by(self, name: str, work: str) -> Sequence[Amendment]:
        """What an act changes in others, as its own words say; for anyone."""
        from casemate.knowledge.citing import amendments_by

        with self._graph(name) as (library, graph):
            return amendments_by(library, graph, library.work(work))

    def citation_graph(
        self,
        name: str,
        work: str,
        key: str | None = None,
        *,
        on: date | None = None,
        steps: int = 1,
    ) -> Neighbourhood:
        """What cites a work or a provision and what it cites, one or two ``steps`` away; for anyone."""
        from casemate.knowledge.citing import neighbourhood

        with self._graph(name) as (library, graph):
            return neighbourhood(
                graph, self._resolver(name, library), library.work(work), key, on, steps
            )

    def links_of_provision(self, name: str, provision: Stored) -> Sequence[TextLink]:
        """The references in a provision's text that lead to something held; for anyone."""
        from casemate.knowledge.citing import links_in

        with self._library(name) as library:
            return links_in(library, self._resolver(name, library), provision)

    def terms_of_provision(self, name: str, provision: Stored) -> Sequence[Use]:
        """Where a provision uses terms that its own version defines; for anyone."""
        from casemate.knowledge.definitions import uses

        with self._library(name) as library:
            defined = self._defined(name, library, provision.version)
        return uses(provision.text, defined, provision.version.language)

    def _defined(self, name: str, library: Library, version: Version) -> Sequence[Definition]:
        """What a version defines; of the last versions asked for it is kept, since all of one is read."""
        from casemate.knowledge.definitions import definitions_in

        of = (name, library.digest(), version.id)
        known = self._definitions.pop(of, None)
        if known is None:
            known = definitions_in(library.provisions(version), version.language)
        self._definitions[of] = known
        while len(self._definitions) > _MOST_DEFINING:
            self._definitions.pop(next(iter(self._definitions)), None)
        return known

    @cached_property
    def _definitions(self) -> dict[tuple[str, str, int], Sequence[Definition]]:
        return {}

    def title_in_corpus(self, name: str, work: str) -> str:
        """What a work is called; empty where it is cited but not held. For anyone."""
        with self._library(name) as library:
            return self._resolver(name, library).title(work)

    @cached_property
    def _resolvers(self) -> dict[str, tuple[str, Resolver]]:
        """Open resolvers, each with the digest of the library whose titles it holds."""
        return {}

    def _resolver(self, name: str, library: Library) -> Resolver:
        from casemate.knowledge.citing import Resolver

        digest, known = self._resolvers.get(name, ("", None))
        now = library.digest()
        if known is None or digest != now:
            known = Resolver(library)
            self._resolvers[name] = (now, known)
        return known

    @contextmanager
    def _graph(self, name: str) -> Iterator[tuple[Library, CitationGraph]]:
        """A collection's library and its graph, if both are what the ledger knows."""
        from casemate.knowledge.citing import built_graph

        with self._library(name) as library:
            with self.store.read() as tx:
                kept = self.corpora_kept.get(tx, name)
            if not kept.citations:
                raise NotFound(
                    f"who cites whom in {name!r} has not been read since it was loaded: "
                    "read it with `law link`"
                )
            with built_graph(self._graph_file(name), kept.citations) as graph:
                yield library, graph

    def _graph_file(self, name: str) -> Path:
        return self.home.knowledge / name / "citations.sqlite"


def _held(library: Library, work: str) -> str:
    """The work that a name means, or the name itself: what is cited need not be held."""
    try:
        return library.work(work)
    except NotFound:
        return work
