"""Claims: who looks at an output now, so that two checkers do not do the same work twice.

A claim keeps others from clearing and releasing; it never keeps anyone from refusing, since that only
closes. It ends by itself, so that nobody who went home holds up a researcher.
"""

from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from casemate.clock import Clock, timestamp
from casemate.enclave.records import Claim
from casemate.enclave.tables import ClaimRow
from casemate.errors import BadInput, Conflict
from casemate.ledger import Ledger

CLAIM_SECONDS = 3600
MOST_SECONDS = 24 * 3600


class Claims:
    """Take, end and respect claims. The caller has locked the output's row."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def take(self, tx: Session, checker: str, output: str, seconds: int) -> Claim:
        """``checker``'s claim from now on; raises ``Conflict`` where another's still runs."""
        if not 1 <= seconds <= MOST_SECONDS:
            raise BadInput(f"a claim lasts 1 to {MOST_SECONDS} seconds, not {seconds}")
        now = self._clock()
        claim = Claim(output, checker, now + timedelta(seconds=seconds))
        free = or_(ClaimRow.checker.is_(None), ClaimRow.checker == checker, ClaimRow.until <= now)
        taken = tx.execute(
            update(ClaimRow)
            .where(ClaimRow.output == output, free)
            .values(checker=checker, until=claim.until)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            self.require_free(tx, output, checker)
            tx.add(ClaimRow(output=output, checker=checker, until=claim.until))
            tx.flush()
        self._ledger.append(
            tx, actor=checker, act="output.claimed", subject=output, until=timestamp(claim.until)
        )
        return claim

    def give_back(self, tx: Session, checker: str, output: str) -> None:
        """End ``checker``'s claim; raises ``Conflict`` where they hold none."""
        claim = self.of(tx, output)
        if claim is None or claim.checker != checker:
            raise Conflict(f"{checker} has no claim on output {output} to give back")
        self.end(tx, output)
        self._ledger.append(tx, actor=checker, act="output.given_back", subject=output)

    def end(self, tx: Session, output: str) -> None:
        """Nobody is at ``output`` any more."""
        tx.execute(
            update(ClaimRow)
            .where(ClaimRow.output == output)
            .values(checker=None, until=None)
            .execution_options(synchronize_session=False)
        )

    def require_free(self, tx: Session, output: str, checker: str) -> None:
        """Raise ``Conflict`` where somebody else than ``checker`` is at ``output``."""
        claim = self.of(tx, output)
        if claim is not None and claim.checker != checker:
            raise Conflict(
                f"{claim.checker} is looking at output {output} until {timestamp(claim.until)}: take "
                "another, or come back then"
            )

    def of(self, tx: Session, output: str) -> Claim | None:
        """Who is at ``output``, if anybody is."""
        query = select(ClaimRow.checker, ClaimRow.until).where(ClaimRow.output == output)
        row = tx.execute(query).first()
        if row is None or row.checker is None or row.until <= self._clock():
            return None
        return Claim(output, row.checker, row.until)
