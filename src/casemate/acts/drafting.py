"""The drafting office: drafts are looked at in memory and kept nowhere. Part of ``Platform``.

A draft is its author's alone. So nothing of it, and nothing of who had it looked at, is kept or goes on the
ledger, as nothing is kept of who asks what of the texts; these acts read open data and change nothing.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from casemate.acts.part import Part

if TYPE_CHECKING:
    from casemate.knowledge.drafting import Report


class DraftingActs(Part):
    """The acts on drafts."""

    def check_draft(
        self,
        actor: str,
        content: bytes,
        name: str,
        *,
        begins: date | None = None,
        published: date | None = None,
    ) -> Report:
        """What is amiss in a draft: structure, numbers, annexes, days, style.

        ``name`` is the file's, ``begins`` the day of entry into force where the draft does not say it,
        ``published`` the day on which it is to be published. Raises ``TooLarge`` or ``BadInput`` for what
        cannot be read.
        """
        from casemate.knowledge.drafting import read_draft, report_on

        with self._look(actor, "draft.check", self.facts.home):
            pass
        return report_on(read_draft(content, name), begins=begins, published=published)
