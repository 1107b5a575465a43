"""The observatory: published evaluations of language models side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part

if TYPE_CHECKING:
    from casemate.assurance.observatory import Compared, Line


class Observatory(Part):
    """The observatory."""

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
        from casemate.assurance.observatory import Line

        named = {"suite": suite, "language": language, "concern": concern}
        asked = {name: one for name, one in named.items() if one is not None}
        found = self._wire.get("/observatory/leaderboard", **asked, every=str(every).lower())
        return [decoded(Line, one) for one in found]

    def compare_evaluations(self, first: str, second: str) -> Sequence[Compared]:
        """Two evaluations of the same suite and language, item by item."""
        from casemate.assurance.observatory import Compared

        found = self._wire.get("/observatory/comparison", first=first, second=second)
        return [decoded(Compared, one) for one in found]
