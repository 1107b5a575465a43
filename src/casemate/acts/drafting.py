"""The drafting office: drafts are looked at in memory and kept nowhere. Part of ``Platform``.

A draft is its author's alone. So nothing of it, and nothing of who had it looked at, is kept or goes on the
ledger, as nothing is kept of who asks what of the texts; these acts read open data and change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from casemate.acts.knowledge import KnowledgeActs
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.knowledge.documents import Library
    from casemate.knowledge.drafting import Draft, Report
    from casemate.knowledge.drafting.amending.consolidating import Consolidated
    from casemate.knowledge.drafting.similar import Candidates
    from casemate.knowledge.drafting.transposing import Side, Table, Unit


class DraftingActs(KnowledgeActs):
    """The acts on drafts."""

    def check_draft(
        self,
        actor: str,
        content: bytes,
        name: str,
        corpus: str | None = None,
        *,
        begins: date | None = None,
        published: date | None = None,
    ) -> Report:
        """What is amiss in a draft: structure, numbers, annexes, terms, references, days, style.

        With a ``corpus`` references to its laws are held against what is in force on the day on which the
        draft begins (today, where neither it nor ``begins`` says), and what is in force already is told.

        ``name`` is the file's, ``begins`` the day of entry into force where the draft does not say it,
        ``published`` the day on which it is to be published. Raises ``TooLarge`` or ``BadInput`` for what
        cannot be read.
        """
        from casemate.knowledge.drafting import read_draft, report_on
        from casemate.knowledge.drafting.checking import against, begins_on

        with self._look(actor, "draft.check", self.facts.home):
            pass
        draft = read_draft(content, name)
        if corpus is None:
            return report_on(draft, begins=begins, published=published)
        on = begins or begins_on(draft) or self.clock().date()
        with self._library(corpus) as library:
            candidates, without = self._candidates(corpus, library, draft.language, on)
            found, unchecked = against(draft, library, on, candidates)
        return report_on(
            draft, begins=begins, published=published, more=found, unchecked=(*unchecked, *without)
        )

    def _candidates(
        self, corpus: str, library: Library, language: str, on: date
    ) -> tuple[Candidates, tuple[str, ...]]:
        """Where like provisions are looked for: in the index, else among all words, else nowhere."""
        from casemate.knowledge.drafting.similar import InForce, by_index

        with self.store.read() as tx:
            indexed = bool(self.corpora_kept.get(tx, corpus).index)
        if indexed:
            return by_index(self._finder(corpus, library), library, language, on), ()
        all_of_it = InForce.of(library, language, on)
        if all_of_it is None:
            return lambda text: (), (
                "Similar provisions: the collection is large and has no index; `law index` builds it",
            )  # fmt: skip
        return all_of_it.like, ()

    def consolidate(
        self,
        actor: str,
        content: bytes,
        name: str,
        corpus: str,
        *,
        work: str | None = None,
        on: date | None = None,
    ) -> Consolidated:
        """The law that an amending text changes, as it reads once that is carried out.

        The version in force ``on`` the day (today, if none) of ``work``, or of the only law that the text
        names. What was not read, or cannot be carried out for certain, is listed and changes nothing.
        """
        from casemate.knowledge.drafting import read_draft
        from casemate.knowledge.drafting.amending.consolidating import consolidate

        with self._look(actor, "draft.check", self.facts.home):
            pass
        draft = read_draft(content, name)
        with self._library(corpus) as library:
            return consolidate(draft, library, on or self.clock().date(), work)

    def transpose(
        self,
        actor: str,
        corpus: str,
        directive: str,
        *,
        act: str | None = None,
        content: bytes | None = None,
        name: str = "draft",
        on: date | None = None,
        decisions: Mapping[str, Any] | None = None,
    ) -> Table:
        """Each paragraph of ``directive`` beside what transposes it: in ``act`` of the same collection, or
        in a draft, whose file is ``content`` and ``name``.

        Both as in force ``on`` the day (today, if none); of the directive the draft's language is taken,
        where it is there. ``decisions`` are a person's words on rows (``read_decisions``), and stand.
        """
        from casemate.knowledge.drafting import read_draft
        from casemate.knowledge.drafting.transposing import Side, read_decisions, transpose

        with self._look(actor, "draft.check", self.facts.home):
            pass
        if (act is None) is (content is None):
            raise BadInput("name the act that transposes, or give its file: one of the two")
        said = read_decisions(decisions or {})
        day = on or self.clock().date()
        with self._library(corpus) as library:
            if content is not None:
                draft = read_draft(content, name)
                own = Side(name, draft.document.title, draft.language, _units(draft))
            else:
                assert act is not None  # one of the two
                own = _side(library, act, "", day)
            return transpose(
                _side(library, directive, own.language, day), own, self._encoder.passages, said
            )


def _units(draft: Draft) -> Sequence[Unit]:
    from casemate.knowledge.drafting.amending.applying import Wording
    from casemate.knowledge.drafting.transposing import units_of

    found = (one.provision for one in draft.places)
    return units_of(
        Wording(one.key, one.number, one.heading, one.text, one.kind.value) for one in found
    )


def _side(library: Library, work: str, language: str, on: date) -> Side:
    """A work in force on a day, in ``language`` where it is there, else in French or what it is in."""
    from casemate.knowledge.drafting.transposing import Side, units_of

    there = sorted({one.language for one in library.versions(work)})
    chosen = language if language in there else ("fr" if "fr" in there else there[0])
    version, why = library.version_on(work, chosen, on)
    if version is None:
        raise BadInput(f"{work} cannot be compared on {on}: {why}")
    return Side(version.work, version.title, chosen, units_of(library.provisions(version)))
