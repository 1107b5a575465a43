"""Which model an entry of the register is about, and what an authority decided on one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.assurance.tables import AlgorithmModelRow, ModelExceptionRow
from casemate.canonical import digest as digest_of
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict
from casemate.ledger import Ledger

LONGEST_REASON = 2000
"""Characters."""


@dataclass(frozen=True)
class NamedModel:
    """The model that an entry is about from ``named_at`` on: its digest, and the output that holds it."""

    algorithm: str
    number: int
    digest: str
    output: str | None
    named_by: str
    named_at: datetime


@dataclass(frozen=True)
class ModelException:
    """An authority's decision that a model may go out although it was kept back."""

    algorithm: str
    digest: str
    reason: str
    decided_by: str
    decided_at: datetime


class NamedModels:
    """The models of one home's entries."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def name(
        self, tx: Session, actor: str, algorithm: str, digest: str, output: str | None
    ) -> NamedModel:
        """Say that ``algorithm`` is about the model with this digest from now on."""
        _require_digest(digest)
        newest = self.newest(tx, algorithm)
        if newest is not None and (newest.digest, newest.output) == (digest, output):
            raise Conflict(f"{algorithm} is about this model already")
        row = AlgorithmModelRow(
            algorithm=algorithm, number=1 if newest is None else newest.number + 1,
            digest=digest, output=output, named_by=actor, named_at=self._clock(),
        )  # fmt: skip
        tx.add(row)
        tx.flush()
        where = {} if output is None else {"output": output}
        self._ledger.append(
            tx, actor=actor, act="algorithm.model_named", subject=algorithm, number=row.number,
            model=digest, **where,
        )  # fmt: skip
        return _named(row)

    def newest(self, tx: Session, algorithm: str) -> NamedModel | None:
        """The model that an entry is about now; ``None`` where none was named."""
        return next(iter(self.of(tx, algorithm)), None)

    def of(self, tx: Session, algorithm: str) -> Sequence[NamedModel]:
        """Every model that an entry was about, the newest first."""
        wanted = select(AlgorithmModelRow).where(AlgorithmModelRow.algorithm == algorithm)
        return [_named(row) for row in tx.scalars(wanted.order_by(AlgorithmModelRow.number.desc()))]

    def entries_of(self, tx: Session, digest: str) -> set[str]:
        """The entries that are or were about the model with this digest."""
        wanted = select(AlgorithmModelRow.algorithm).where(AlgorithmModelRow.digest == digest)
        return set(tx.scalars(wanted))

    def allow(
        self, tx: Session, actor: str, algorithm: str, digest: str, reason: str
    ) -> ModelException:
        """Let the model go out, whatever was measured; raises ``Conflict`` where that was decided."""
        _require_digest(digest)
        if not reason.strip() or len(reason) > LONGEST_REASON:
            raise BadInput(f"say why it may go out, in {LONGEST_REASON} characters at most")
        if self.exception(tx, algorithm, digest) is not None:
            raise Conflict("this was decided already")
        row = ModelExceptionRow(
            algorithm=algorithm, digest=digest, reason=reason.strip(), decided_by=actor,
            decided_at=self._clock(),
        )  # fmt: skip
        tx.add(row)
        tx.flush()
        self._ledger.append(
            tx, actor=actor, act="model.excepted", subject=algorithm, model=digest,
            reason=digest_of(row.reason.encode()),
        )  # fmt: skip
        return _excepted(row)

    def exception(self, tx: Session, algorithm: str, digest: str) -> ModelException | None:
        """What was decided on a model of an entry."""
        row = tx.get(ModelExceptionRow, (algorithm, digest))
        return None if row is None else _excepted(row)


def _require_digest(digest: str) -> None:
    head, _, rest = digest.partition(":")
    if head != "sha256" or len(rest) != 64 or not set(rest) <= set("0123456789abcdef"):
        raise BadInput(f"{digest[:80]!r} is no digest: it is sha256: and 64 hexadecimal digits")


def _named(row: AlgorithmModelRow) -> NamedModel:
    return NamedModel(row.algorithm, row.number, row.digest, row.output, row.named_by, row.named_at)


def _excepted(row: ModelExceptionRow) -> ModelException:
    return ModelException(row.algorithm, row.digest, row.reason, row.decided_by, row.decided_at)
