"""Who cites whom in a collection of texts, and which act changed what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.knowledge.citing import Amendment, Neighbourhood, Page


class Citing(Part):
    """Citations and amendments."""

    def citations_of(
        self, name: str, work: str, key: str | None = None, *, on: date | None = None, after: int = 0,
        most: int = 100,
    ) -> Page:  # fmt: skip
        """What a work, or one provision of it, cites: ``on`` a day, or ever; for anyone."""
        return self._page(name, "citations", work, key, on, after, most)

    def cited_by(
        self, name: str, work: str, key: str | None = None, *, on: date | None = None, after: int = 0,
        most: int = 100,
    ) -> Page:  # fmt: skip
        """Who cites a provision, or a work from outside: ``on`` a day, or ever; for anyone."""
        return self._page(name, "cited-by", work, key, on, after, most)

    def amendments_of(
        self, name: str, work: str, key: str | None = None, language: str | None = None
    ) -> Sequence[Amendment]:
        """Which acts changed a work, or one provision of it, the oldest first; for anyone."""
        from casemate.knowledge.citing import Amendment

        asked = _given(work=work, key=key, lang=language)
        found = self._wire.get(f"/corpora/{segment(name)}/amendments", **asked)
        return [decoded(Amendment, one) for one in found]

    def amendments_by(self, name: str, work: str) -> Sequence[Amendment]:
        """What an act changes in others, as its own words say; for anyone."""
        from casemate.knowledge.citing import Amendment

        found = self._wire.get(f"/corpora/{segment(name)}/amended-by", work=work)
        return [decoded(Amendment, one) for one in found]

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
        from casemate.knowledge.citing import Neighbourhood

        asked = _given(work=work, key=key, on=on, steps=steps)
        return decoded(
            Neighbourhood, self._wire.get(f"/corpora/{segment(name)}/citation-graph", **asked)
        )

    def _page(
        self,
        name: str,
        what: str,
        work: str,
        key: str | None,
        on: date | None,
        after: int,
        most: int,
    ) -> Page:
        from casemate.knowledge.citing import Page

        asked = _given(work=work, key=key, on=on, after=after, most=most)
        return decoded(Page, self._wire.get(f"/corpora/{segment(name)}/{what}", **asked))


def _given(**asked: str | int | date | None) -> dict[str, str | int]:
    """What is asked, without what was left out."""
    return {
        name: one.isoformat() if isinstance(one, date) else one
        for name, one in asked.items()
        if one is not None
    }
