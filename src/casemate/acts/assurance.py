"""Evaluations as evidence: recorded, read, published. Part of ``Platform``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casemate.acts.register import RegisterActs
from casemate.errors import NotFound

if TYPE_CHECKING:
    from casemate.assurance.keeping import Evaluations, KeptEvaluation
    from casemate.enclave import Enclave, Run

REQUEST = "model.evaluate"


class AssuranceActs(RegisterActs):
    """The acts on evaluations, which may be of entries of the register."""

    if TYPE_CHECKING:
        run: Callable[..., Run]

        @property
        def enclave(self) -> Enclave: ...

    @cached_property
    def evaluations_kept(self) -> Evaluations:
        """The room of evaluations."""
        from casemate.assurance.keeping import Evaluations

        return Evaluations(self.ledger, self.clock)

    def record_evaluation(
        self, actor: str, document: Mapping[str, Any], algorithm: str | None = None
    ) -> KeptEvaluation:
        """Keep an evaluation that was measured elsewhere, as evidence on ``algorithm`` or on no entry.

        ``document``: as ``casemate.assurance.results.Evaluation`` is written. Raises ``BadInput``.
        """
        if algorithm is not None:
            self._require_known(actor, algorithm)
        about = (actor, algorithm)
        with self._act(actor, "evaluation.record", self.facts.new_evaluation, *about) as tx:
            own = self.identity.account(tx, actor).organisation
            return self.evaluations_kept.record(tx, actor, document, own, algorithm)

    def evaluate_in_place(
        self, actor: str, permit: str, request: bytes, *, purpose: str | None = None
    ) -> Run:
        """Have a model tried on the view of ``permit``: a run like any, whose figures are checked.

        ``request`` is as ``casemate.enclave.evaluating`` reads it. Where it names an algorithm, the
        evaluation becomes evidence on it when its output is released. Raises ``NotAllowed`` for another's.
        """
        from casemate.enclave.evaluating import read_request

        algorithm = read_request(request).algorithm
        if algorithm is not None:
            self._require_known(actor, algorithm)
            with self._look(
                actor, "evaluation.record", self.facts.new_evaluation, actor, algorithm
            ):
                pass  # asked before any record is read
        return self.run(actor, permit, request, REQUEST, purpose=purpose)

    def _keep_measured(self, tx: Session, output: str) -> None:
        """Keep what was measured in the enclave as evidence, in the transaction that lets it out."""
        from casemate.enclave.evaluating import read_request
        from casemate.enclave.kinds import kind_of

        run = self.enclave.runs.get(tx, self.enclave.outputs.get(tx, output).run)
        if kind_of(run.filename) != "evaluation":
            return
        algorithm = read_request(self.enclave.runs.script(tx, run.id)).algorithm
        document = json.loads(self.enclave.outputs.data(tx, output))
        own = self.identity.account(tx, run.submitted_by).organisation
        self.evaluations_kept.record(tx, run.submitted_by, document, own, algorithm, run.id)

    def evaluation(self, evaluation: str, actor: str | None = None) -> KeptEvaluation:
        """One evaluation: a public one for anyone."""
        with self._reading_evaluation(actor, evaluation) as tx:
            return self.evaluations_kept.get(tx, evaluation)

    def evaluation_samples(
        self, evaluation: str, actor: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """The single answers that an evaluation came with."""
        with self._reading_evaluation(actor, evaluation) as tx:
            return self.evaluations_kept.samples(tx, evaluation)

    def evaluations(
        self,
        actor: str,
        algorithm: str | None = None,
        suite: str | None = None,
        model: str | None = None,
    ) -> Sequence[KeptEvaluation]:
        """Those that ``actor`` may read, the newest first; ``model`` is a digest."""
        with self._look(actor, "evaluation.list", self.facts.home) as tx:
            account = self._account(tx, actor)
            found = self.evaluations_kept.find(tx, algorithm=algorithm, suite=suite, model=model)
            return [
                one
                for one in found
                if self.policies.is_allowed(
                    account, "evaluation.read", self.facts.evaluation_record(tx, one)
                )
            ]

    def publish_evaluation(self, actor: str, evaluation: str) -> KeptEvaluation:
        """Let anyone read an evaluation: from here on it stands in the observatory."""
        self._require_visible(actor, evaluation)
        with self._act(actor, "evaluation.publish", self.facts.evaluation, evaluation) as tx:
            return self.evaluations_kept.publish(tx, actor, evaluation)

    def published_evaluations(
        self, suite: str | None = None, model: str | None = None
    ) -> Sequence[KeptEvaluation]:
        """What the observatory shows to anyone, the newest first."""
        with self._look(None, "evaluation.list", self.facts.home) as tx:
            found = self.evaluations_kept.find(tx, suite=suite, model=model, public=True)
            return [
                one
                for one in found
                if self.policies.is_allowed(
                    None, "evaluation.read", self.facts.evaluation_record(tx, one)
                )
            ]

    @contextmanager
    def _reading_evaluation(self, actor: str | None, evaluation: str) -> Iterator[Session]:
        self._require_visible(actor, evaluation)
        with self._look(actor, "evaluation.read", self.facts.evaluation, evaluation) as tx:
            yield tx

    def _require_visible(self, actor: str | None, evaluation: str) -> None:
        """Raise ``NotFound`` for an evaluation of an entry that ``actor`` may not know of, and record no
        refusal: as for the entry itself."""
        with self.store.read() as tx:
            facts = self.facts.evaluation(tx, evaluation)
            if facts.attrs["section"] != "public" and not self.policies.is_allowed(
                self._account(tx, actor), "evaluation.read", facts
            ):
                raise NotFound(f"there is no evaluation {evaluation!r}")
