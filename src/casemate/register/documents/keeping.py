"""Answers as a home keeps them: in versions beside the record, none ever changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import canonical_json, digest
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict
from casemate.ledger import Ledger
from casemate.register.documents.questionnaire import Questionnaire, read_questionnaire
from casemate.register.tables import AlgorithmAnswersRow as Row


@dataclass(frozen=True)
class KeptAnswers:
    """One version of the answers on an algorithm; version 0 is that there are none yet."""

    algorithm: str
    version: int
    questionnaire: Questionnaire
    digest: str
    kept_by: str
    kept_at: datetime | None


class Answers:
    """The answers of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def keep(
        self, tx: Session, actor: str, algorithm: str, given: Questionnaire, seen: int
    ) -> KeptAnswers:
        """The next version after ``seen`` (0 for the first); ``Conflict`` where another came first."""
        newest = self.newest(tx, algorithm)
        if newest.version != seen:
            raise Conflict(
                f"the answers on {algorithm} are at version {newest.version} by now, and {seen} was "
                "looked at: look again"
            )
        document = given.document()
        row = Row(
            algorithm=algorithm, version=seen + 1, document=document,
            digest=digest(canonical_json(document)), kept_by=actor, kept_at=self._clock(),
        )  # fmt: skip
        if row.digest == newest.digest:
            raise BadInput(f"nothing differs from version {seen} of the answers on {algorithm}")
        try:
            with tx.begin_nested():
                tx.add(row)
        except IntegrityError as failure:
            raise Conflict(f"{algorithm} was answered on just now: look again") from failure
        self._ledger.append(
            tx, actor=actor, act="algorithm.answered", subject=algorithm,
            version=row.version, answers=row.digest,
        )  # fmt: skip
        return _kept(row)

    def newest(self, tx: Session, algorithm: str) -> KeptAnswers:
        """The newest version; version 0, with nothing answered, where there is none."""
        wanted = select(Row).where(Row.algorithm == algorithm).order_by(Row.version.desc())
        row = tx.scalars(wanted.limit(1)).first()
        if row is None:
            return KeptAnswers(algorithm, 0, Questionnaire(), "", "", None)
        return _kept(row)


def _kept(row: Row) -> KeptAnswers:
    given = read_questionnaire(row.document)
    return KeptAnswers(row.algorithm, row.version, given, row.digest, row.kept_by, row.kept_at)
