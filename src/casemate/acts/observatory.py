"""The observatory: what is published on language models, side by side. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casemate.acts.assurance import AssuranceActs

if TYPE_CHECKING:
    from casemate.assurance.observatory import Compared, Line


class ObservatoryActs(AssuranceActs):
    """Looks at published evaluations; they change no record."""

    def leaderboard(
        self,
        suite: str | None = None,
        language: str | None = None,
        concern: str = "everybody",
        every: bool = False,
    ) -> Sequence[Line]:
        """Published evaluations side by side, the least wrong first; of each model the newest.

        ``every``: with those that newer ones of the same model, suite and language have replaced.
        """
        from casemate.assurance.observatory import language_of, lines, newest

        kept = self.published_evaluations(suite)
        shown = [
            one
            for one in (kept if every else newest(kept))
            if language is None or language_of(one) == language
        ]
        return lines(shown, concern)

    def compare_evaluations(
        self, first: str, second: str, actor: str | None = None
    ) -> Sequence[Compared]:
        """Two evaluations of the same suite and language, item by item; raises ``BadInput``."""
        from casemate.assurance.observatory import compare

        one, two = (self.evaluation(each, actor) for each in (first, second))
        return compare(
            one,
            two,
            self.evaluation_samples(first, actor),
            self.evaluation_samples(second, actor),
        )
