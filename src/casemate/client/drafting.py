"""The drafting office: drafts are sent, looked at and kept nowhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.knowledge.drafting import Report
    from casemate.knowledge.drafting.amending.consolidating import Consolidated
    from casemate.knowledge.drafting.transposing import Table


class Drafting(Part):
    """Checks of drafts, consolidated texts, transposition tables."""

    def check_draft(
        self,
        content: bytes,
        name: str,
        corpus: str | None = None,
        *,
        begins: date | None = None,
        published: date | None = None,
    ) -> Report:
        """What is amiss in a draft, held against the laws of ``corpus``.

        Raises ``BadInput`` without one: a check that needs no laws is done where the draft is.
        """
        from casemate.knowledge.drafting import Report

        if corpus is None:
            raise BadInput(
                "name the collection of laws; without one, casemate.knowledge.drafting checks here"
            )

        asked = _file(content, name) | {"begins": _day(begins), "published": _day(published)}
        return decoded(Report, self._wire.post(f"/corpora/{segment(corpus)}/draft-check", asked))

    def consolidate(
        self,
        content: bytes,
        name: str,
        corpus: str,
        *,
        work: str | None = None,
        on: date | None = None,
    ) -> Consolidated:
        """The law that an amending text changes, as it reads once that is carried out."""
        from casemate.knowledge.drafting.amending.consolidating import Consolidated

        asked = _file(content, name) | {"work": work, "on": _day(on)}
        told = self._wire.post(f"/corpora/{segment(corpus)}/consolidation", asked)
        return decoded(Consolidated, told)

    def transpose(
        self,
        corpus: str,
        directive: str,
        *,
        act: str | None = None,
        content: bytes | None = None,
        name: str = "draft",
        on: date | None = None,
        decisions: Mapping[str, Any] | None = None,
    ) -> Table:
        """Each paragraph of ``directive`` beside what transposes it, in ``act`` or in a file."""
        from casemate.knowledge.drafting.transposing import Table

        asked = {"directive": directive, "act": act, "on": _day(on), "decisions": decisions}
        if content is not None:
            asked |= _file(content, name)
        return decoded(Table, self._wire.post(f"/corpora/{segment(corpus)}/transposition", asked))


def _file(content: bytes, name: str) -> dict[str, Any]:
    return {"name": name, "content": b64encode(content).decode("ascii")}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
