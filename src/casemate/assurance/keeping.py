"""Evaluations as a home keeps them: tied to the model's bytes, the suite's version and who measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.assurance.evidence import read_evidence
from casemate.assurance.tables import EvaluationRow
from casemate.clock import Clock
from casemate.errors import Conflict, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger


@dataclass(frozen=True)
class KeptEvaluation:
    """One evaluation. ``document`` is as it was handed in, less its single answers (``samples``)."""

    id: str
    algorithm: str | None
    """The register's id of what was evaluated; ``None`` where the register does not know it."""
    organisation: str
    model_name: str
    model_kind: str
    model_digest: str
    suite: str
    suite_version: str
    document: Mapping[str, Any]
    digest: str
    recorded_by: str
    recorded_at: datetime
    published_at: datetime | None
    run: str | None
    """The enclave's run that measured it; ``None`` where it was measured elsewhere and handed in."""

    @property
    def seed(self) -> int:
        """What chance started from."""
        return int(self.document["seed"])

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the suite was set to."""
        return dict(self.document["settings"])

    @property
    def machine(self) -> Mapping[str, Any]:
        """Where it was measured: what may change the last digits."""
        return dict(self.document["machine"])

    @property
    def figures(self) -> Sequence[Mapping[str, Any]]:
        """The measured numbers."""
        return list(self.document["figures"])

    @property
    def is_public(self) -> bool:
        """Whether it was published."""
        return self.published_at is not None


class Evaluations:
    """The evaluations of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def record(
        self,
        tx: Session,
        actor: str,
        document: Any,
        organisation: str,
        algorithm: str | None = None,
        run: str | None = None,
    ) -> KeptEvaluation:
        """Keep ``document``, of ``organisation``; raises ``BadInput`` where it is none.

        The same document of the same algorithm twice is ``Conflict``: evidence does not grow by copying.
        """
        told = read_evidence(document)
        self._require_new(tx, told.digest, organisation, algorithm)
        row = EvaluationRow(
            id=new_id("evaluation"), algorithm=algorithm, organisation=organisation, run=run,
            model_name=told.model_name, model_kind=told.model_kind, model_digest=told.model_digest,
            suite=told.suite, suite_version=told.suite_version, document=told.document,
            samples=told.samples, digest=told.digest, recorded_by=actor, recorded_at=self._clock(),
        )  # fmt: skip
        tx.add(row)
        tx.flush()
        about = {"algorithm": algorithm, "run": run}
        self._ledger.append(
            tx, actor=actor, act="evaluation.recorded", subject=row.id,
            evaluation=row.digest, model=row.model_digest, suite=row.suite,
            suite_version=row.suite_version,
            **{name: one for name, one in about.items() if one is not None},
        )  # fmt: skip
        return _kept(row)

    @staticmethod
    def _require_new(tx: Session, digest: str, organisation: str, algorithm: str | None) -> None:
        known = tx.scalars(
            select(EvaluationRow.id).where(
                EvaluationRow.digest == digest,
                EvaluationRow.organisation == organisation,
                EvaluationRow.algorithm == algorithm
                if algorithm is not None
                else EvaluationRow.algorithm.is_(None),
            )
        ).first()
        if known is not None:
            raise Conflict(f"this evaluation is kept already: it is {known}")

    def publish(self, tx: Session, actor: str, evaluation: str) -> KeptEvaluation:
        """Make an evaluation public; raises ``Conflict`` where it is."""
        row = self._row(tx, evaluation)
        if row.published_at is not None:
            raise Conflict(f"{evaluation} is public already")
        row.published_at = self._clock()
        self._ledger.append(
            tx, actor=actor, act="evaluation.published", subject=evaluation,
            evaluation=row.digest, model=row.model_digest, suite=row.suite,
            suite_version=row.suite_version,
        )  # fmt: skip
        return _kept(row)

    def get(self, tx: Session, evaluation: str) -> KeptEvaluation:
        """One evaluation; raises ``NotFound``."""
        return _kept(self._row(tx, evaluation))

    def samples(self, tx: Session, evaluation: str) -> Sequence[Mapping[str, Any]]:
        """The single answers that an evaluation came with; none where it came with none."""
        told = self._row(tx, evaluation).samples
        return [] if told is None else list(json.loads(told))

    def find(
        self,
        tx: Session,
        *,
        algorithm: str | None = None,
        suite: str | None = None,
        model: str | None = None,
        public: bool = False,
    ) -> Sequence[KeptEvaluation]:
        """The newest first; of one algorithm, suite and model (its digest) where they are named."""
        wanted = select(EvaluationRow)
        named = {"algorithm": algorithm, "suite": suite, "model_digest": model}
        wanted = wanted.filter_by(**{name: one for name, one in named.items() if one is not None})
        if public:
            wanted = wanted.where(EvaluationRow.published_at.is_not(None))
        newest = wanted.order_by(EvaluationRow.recorded_at.desc(), EvaluationRow.id)
        return [_kept(row) for row in tx.scalars(newest)]

    @staticmethod
    def algorithms_of(tx: Session, model: str) -> set[str]:
        """The entries on which evaluations of the model with this digest are kept."""
        wanted = select(EvaluationRow.algorithm).where(EvaluationRow.model_digest == model)
        return {one for one in tx.scalars(wanted) if one is not None}

    @staticmethod
    def _row(tx: Session, evaluation: str) -> EvaluationRow:
        row = tx.get(EvaluationRow, evaluation)
        if row is None:
            raise NotFound(f"there is no evaluation {evaluation!r}")
        return row


def _kept(row: EvaluationRow) -> KeptEvaluation:
    return KeptEvaluation(
        id=row.id,
        algorithm=row.algorithm,
        organisation=row.organisation,
        model_name=row.model_name,
        model_kind=row.model_kind,
        model_digest=row.model_digest,
        suite=row.suite,
        suite_version=row.suite_version,
        document=json.loads(row.document),
        digest=row.digest,
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
        published_at=row.published_at,
        run=row.run,
    )
