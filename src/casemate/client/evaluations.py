"""Evaluations of models: recorded, read, published."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.assurance.keeping import KeptEvaluation
    from casemate.enclave import Run


class Evaluations(Part):
    """Evaluations."""

    def record_evaluation(
        self, document: Mapping[str, Any], algorithm: str | None = None
    ) -> KeptEvaluation:
        """Keep an evaluation that was measured elsewhere, as evidence on ``algorithm`` or on no entry."""
        asked = {"document": dict(document), "algorithm": algorithm}
        return _kept(self._wire.post("/evaluations", asked))

    def evaluate_in_place(self, permit: str, request: bytes, *, purpose: str | None = None) -> Run:
        """Have a model tried on the view of ``permit``: a run like any, whose figures are checked."""
        from casemate.enclave.records import Run

        try:
            told = json.loads(request)
        except ValueError as failure:
            raise BadInput(f"the request is no JSON: {failure}") from None
        asked = {"permit": permit, "request": told, "purpose": purpose}
        return decoded(Run, self._wire.post("/evaluations/in-place", asked))

    def evaluation(self, evaluation: str) -> KeptEvaluation:
        """One evaluation: a public one for anyone."""
        return _kept(self._wire.get(f"/evaluations/{segment(evaluation)}"))

    def evaluation_samples(self, evaluation: str) -> Sequence[Mapping[str, Any]]:
        """The single answers that an evaluation came with."""
        return list(self._wire.get(f"/evaluations/{segment(evaluation)}/samples"))

    def evaluations(
        self, algorithm: str | None = None, suite: str | None = None, model: str | None = None
    ) -> Sequence[KeptEvaluation]:
        """Those that you may read, the newest first; ``model`` is a digest."""
        named = _named(algorithm=algorithm, suite=suite, model=model)
        return [_kept(one) for one in self._wire.get("/evaluations", **named)]

    def publish_evaluation(self, evaluation: str) -> KeptEvaluation:
        """Let anyone read an evaluation: from here on it stands in the observatory."""
        return _kept(self._wire.post(f"/evaluations/{segment(evaluation)}/publish"))

    def published_evaluations(
        self, suite: str | None = None, model: str | None = None
    ) -> Sequence[KeptEvaluation]:
        """What the observatory shows to anyone, the newest first."""
        named = _named(suite=suite, model=model)
        return [_kept(one) for one in self._wire.get("/evaluations/published", **named)]


def _named(**filters: str | None) -> dict[str, str]:
    return {name: one for name, one in filters.items() if one is not None}


def _kept(document: Any) -> KeptEvaluation:
    from casemate.assurance.keeping import KeptEvaluation

    return decoded(KeptEvaluation, document)
