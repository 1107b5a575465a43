"""Outputs: kept sealed, checked by trusted code, decided by people, released once.

Law 2 is held here, below every policy: ``release`` lets nothing out without a verdict on exactly the
bytes that leave, never what the machine refused, and never by the hand of somebody who works under
the permit.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.canonical import canonical_json, digest
from casemate.clock import Clock, timestamp
from casemate.enclave import receipts
from casemate.enclave.checks import Reason, Verdict
from casemate.enclave.claims import CLAIM_SECONDS, Claims
from casemate.enclave.differencing.releases import WouldDisclose
from casemate.enclave.evaluating import ModelBytes
from casemate.enclave.guard import current_permit
from casemate.enclave.recipes.tables import RecipeRow
from casemate.enclave.records import (
    OUTPUT_TRANSITIONS,
    SYSTEM,
    Claim,
    Decision,
    Output,
    OutputKind,
    OutputState,
    ReleaseReceipt,
    Run,
    RunState,
)
from casemate.enclave.runs import Runs
from casemate.enclave.tables import DecisionRow, OriginalRow, OutputRow, ReceiptRow
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.register.release import EntryIncomplete
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

BeforeRelease = Callable[[Session, Output, Run, bytes], None]
"""Asked in the transaction that releases an output, with its run and output rows locked: returns to let
it go, raises ``NotAllowed`` to keep it inside. What it writes stands or falls with the release."""


MOST_NAMED = 500
"""Outputs named in one query; for more, all decisions are read."""


@dataclass(frozen=True)
class Sealed:
    """An output that is in the vault but that no record names yet."""

    id: str
    name: str
    name_is_known: bool
    kind: OutputKind
    wrapped_key: bytes
    digest: str
    size: int


class Outputs:
    """Keep, check, review, release and fetch what runs leave."""

    def __init__(
        self,
        vault: Vault,
        keyring: Keyring,
        ledger: Ledger,
        permits: Permits,
        runs: Runs,
        clock: Clock,
        *,
        before_release: Iterable[BeforeRelease] = (),
    ) -> None:
        """``before_release``: further guards, asked last of all about each output that is to leave."""
        self._vault = vault
        self._keyring = keyring
        self._ledger = ledger
        self._permits = permits
        self._runs = runs
        self._clock = clock
        self._before_release = tuple(before_release)
        self.claims = Claims(ledger, clock)

    # ---- what the workflow does

    def seal(
        self, name: str, kind: OutputKind, data: bytes, *, name_is_known: bool = True
    ) -> Sealed:
        """Put ``data`` in the vault under a key of its own; needs no transaction."""
        output_id = new_id("output")
        key, wrapped = self._keyring.new_data_key(output_id)
        self._vault.write_bytes(output_id, data, key)
        return Sealed(output_id, name, name_is_known, kind, wrapped, digest(data), len(data))

    def discard(self, sealed: Iterable[Sealed]) -> None:
        """Remove files that no record will ever name."""
        for output in sealed:
            self._vault.delete(output.id)

    def keep(
        self, tx: Session, run: Run, sealed: Iterable[Sealed], *, repaired_from: str | None = None
    ) -> None:
        """Record what ``run`` left, all of it held; or what was made of one of its outputs."""
        lineage = {} if repaired_from is None else {"repaired_from": repaired_from}
        for output in sealed:
            row = OutputRow(
                id=output.id, run=run.id, name_is_known=output.name_is_known,
                name=output.name if output.name_is_known else output.id,
                sealed_name=None if output.name_is_known else self._keyring.seal(output.name, output.id),
                kind=output.kind, state=OutputState.held, blob=output.id,
                wrapped_key=output.wrapped_key, digest=output.digest, size=output.size,
                **lineage,
            )  # fmt: skip
            tx.add(row)
            self._ledger.append(
                tx, actor=SYSTEM, act="output.kept", subject=output.id, run=run.id,
                kind=output.kind.value, commitment=self._commitment(output.digest), **lineage,
            )  # fmt: skip

    def data(self, tx: Session, output_id: str) -> bytes:
        """The output's bytes, for the check alone; people have ``evidence`` and ``fetch``.

        Raises ``IntegrityFailure`` where they are not what the run left.
        """
        return self._open(self._row(tx, output_id))

    def record_verdict(
        self,
        tx: Session,
        output_id: str,
        checked: bytes,
        verdict: Verdict,
        rules: dict[str, Any],
        *,
        recipe: str | None = None,
    ) -> Output:
        """Keep the check's ``verdict`` on the bytes ``checked``; what it refuses is refused at once.

        ``recipe`` is the digest of the recipe that they were recomputed from; of one that lies beside
        the output if not given. Does nothing where a verdict was recorded before (a step that ran twice).
        """
        row = self._row(tx, output_id, lock=True)
        if row.decision is not None:
            return self.get(tx, output_id)
        reasons = _documents(verdict.reasons)
        row.decision = verdict.decision
        row.verdict = {"decision": verdict.decision, "reasons": reasons, "rules": rules}
        beside = select(RecipeRow.digest).where(RecipeRow.output == row.id)
        recipe = recipe or tx.scalar(beside)
        if recipe is not None:
            row.verdict = {**row.verdict, "recipe": recipe}
        row.checked_digest, row.checked_at = digest(checked), self._clock()
        tx.flush()
        self._ledger.append(
            tx, actor=SYSTEM, act="output.checked", subject=row.id,
            commitment=self._commitment(row.checked_digest), decision=verdict.decision,
            rules=sorted({r.rule for r in verdict.reasons}),
        )  # fmt: skip
        if verdict.decision == "refuse":
            self._move(tx, row, OutputState.refused, actor=SYSTEM)
        return self.get(tx, output_id)

    def clear_by_machine(self, tx: Session, run: Run) -> str | None:
        """Release each file that passed, where the permit leaves the decision to the machine.

        What a guard does not let go stays held, for a person to see, and so does what the permit
        wants two people to see. Gives what is missing in the register, where that is what holds one.
        """
        lacking = [self._clear_passed(tx, row, run) for row in self._rows(tx, run.id, lock=True)]
        return next(filter(None, lacking), None)

    def clear_one_by_machine(self, tx: Session, run: Run, output_id: str) -> None:
        """The same for one output of ``run``, which the caller has locked."""
        self._clear_passed(tx, self._row(tx, output_id, lock=True), run)

    def _clear_passed(self, tx: Session, row: OutputRow, run: Run) -> str | None:
        waits = row.state in (OutputState.held, OutputState.cleared)
        passed = waits and row.decision == "pass" and row.kind == OutputKind.file
        if passed and not self.asks_for_two(tx, self._record(tx, row)):
            return self._release_unless_kept_back(tx, row, run)
        return None

    def _release_unless_kept_back(self, tx: Session, row: OutputRow, run: Run) -> str | None:
        try:
            with tx.begin_nested():
                if row.state == OutputState.held:
                    self._move(tx, row, OutputState.cleared, actor=SYSTEM)
                if row.state == OutputState.cleared:
                    self._release(tx, row, run, SYSTEM)
        except NotAllowed as kept:
            # Its words are for the checker, who meets them again; a digest of them could be guessed.
            tx.refresh(row)
            if isinstance(kept, WouldDisclose):
                self._tell(tx, row, kept.reasons)
            self._ledger.append(
                tx, actor=SYSTEM, act="output.kept_back", subject=row.id, run=row.run,
                commitment=self._commitment(row.digest),
            )  # fmt: skip
            return str(kept) if isinstance(kept, EntryIncomplete) else None
        return None

    def drop(self, tx: Session, run: Run) -> None:
        """Refuse all that a cancelled run left undecided."""
        for row in self._rows(tx, run.id, lock=True):
            if row.state in {OutputState.held, OutputState.cleared}:
                self._move(tx, row, OutputState.refused, actor=SYSTEM)

    def verdict_of_run(self, tx: Session, run_id: str) -> RunState:
        """What the states of the outputs make of their run: its files decide, or, where it left no
        file, its logs (a log goes to review on its own, and does not hold up the files)."""
        rows = self._rows(tx, run_id)
        deciding = [row for row in rows if row.kind == OutputKind.file] or rows
        states = {OutputState(row.state) for row in deciding}
        if not states:
            return RunState.failed
        if states & {OutputState.held, OutputState.cleared}:
            return RunState.awaiting_review
        return RunState.released if OutputState.released in states else RunState.refused

    # ---- what people do

    def get(self, tx: Session, output_id: str) -> Output:
        """The output's record, without its data; raises ``NotFound``."""
        return self._record(tx, self._row(tx, output_id))

    def list(
        self, tx: Session, *, run: str | None = None, state: OutputState | None = None
    ) -> tuple[Output, ...]:
        """Outputs by run and name; of one run or state where given."""
        query = select(OutputRow).order_by(OutputRow.run, OutputRow.name)
        if run is not None:
            query = query.where(OutputRow.run == run)
        if state is not None:
            query = query.where(OutputRow.state == state.value)
        rows = tuple(tx.scalars(query))
        cleared_by = self._cleared_by(tx, {row.id for row in rows})
        return tuple(self._record(tx, row, cleared_by.get(row.id, ())) for row in rows)

    def asks_for_two(self, tx: Session, output: Output) -> bool:
        """Whether the output's permit lets it out only after two different checkers cleared it."""
        permit = self._runs.get(tx, output.run).permit
        return self._permits.get(tx, permit).output_rules.asks_for_two(output.ending)

    def decisions(self, tx: Session, output_id: str) -> tuple[Decision, ...]:
        """What people decided on the output, in order."""
        query = select(DecisionRow).where(DecisionRow.output == output_id)
        return tuple(
            Decision(row.checker, row.clear, row.reason, row.decided_at)
            for row in tx.scalars(query.order_by(DecisionRow.number))
        )

    def review(
        self, tx: Session, checker: str, output_id: str, *, clear: bool, reason: str
    ) -> Output:
        """A person's decision on a held output: cleared for release, or refused. What is cleared can
        still be refused until it is released; of two who look at it, either may refuse.

        Where the permit asks for four eyes, the first who clears it leaves it held for a second.
        Raises ``NotAllowed`` to those who work under the permit, to who cleared it already and for
        what the machine refused, ``Conflict`` where it is decided already or somebody else has
        claimed it, ``BadInput`` without a reason.
        """
        if not reason.strip():
            raise BadInput("a decision on an output needs a written reason")
        run, row = self._lock_both(tx, output_id)
        self._require_independent(tx, run, checker)
        if row.state != OutputState.held and (clear or row.state != OutputState.cleared):
            raise Conflict(f"output {output_id} is {row.state} already: it awaits no review")
        if row.decision is None:
            raise NotAllowed(
                f"output {output_id} has not been checked: no one decides before the check"
            )
        before = self._record(tx, row)
        if clear:
            self._require_another(before, checker)
            self.claims.require_free(tx, output_id, checker)
        self._enter(tx, row, Decision(checker, clear, reason, self._clock()))
        if clear and not before.cleared_by and self.asks_for_two(tx, before):
            self._ledger.append(
                tx, actor=checker, act="output.cleared_first", subject=output_id, run=row.run,
                commitment=self._commitment(row.digest), reason=digest(reason.encode()),
            )  # fmt: skip
        else:
            to = OutputState.cleared if clear else OutputState.refused
            self._move(tx, row, to, actor=checker, review_reason=reason)
        self._settle_reviewed(tx, run)
        return self.get(tx, output_id)

    def release(self, tx: Session, checker: str, output_id: str) -> ReleaseReceipt:
        """Let a cleared output leave. Raises ``NotAllowed`` where law 2 forbids it,
        ``Conflict`` where it is not cleared, ``IntegrityFailure`` where its bytes were altered."""
        run, row = self._lock_both(tx, output_id)
        self._require_independent(tx, run, checker)
        self.claims.require_free(tx, output_id, checker)
        receipt = self._release(tx, row, run, checker)
        self._settle_reviewed(tx, run)
        return receipt

    def hold_again(self, tx: Session, output_id: str, reasons: Iterable[Reason]) -> Output:
        """Hold what was cleared, because of ``reasons`` that are true only by now: of the releases
        meanwhile. What people decided before does not count for it any more."""
        run, row = self._lock_both(tx, output_id)
        if row.state == OutputState.cleared:
            self._tell(tx, row, reasons)
            self._compare_and_set(
                tx, row, OutputState.held, reviewed_by=None, reviewed_at=None, review_reason=None
            )
            self.claims.end(tx, output_id)
            self._ledger.append(
                tx, actor=SYSTEM, act="output.held_again", subject=output_id, run=run.id,
                commitment=self._commitment(row.digest),
            )  # fmt: skip
        return self.get(tx, output_id)

    def _tell(self, tx: Session, row: OutputRow, reasons: Iterable[Reason]) -> None:
        """Put ``reasons`` into the verdict, in the place of older ones of these rules: for a person."""
        new = _documents(reasons)
        old = (row.verdict or {}).get("reasons", [])
        rules = {one["rule"] for one in new}
        row.decision = "review"
        row.verdict = {
            **(row.verdict or {}),
            "decision": "review",
            "reasons": [*(one for one in old if one["rule"] not in rules), *new],
            "decided_before": len(self.decisions(tx, row.id)),
        }
        row.checked_at = self._clock()
        tx.flush()

    def claim(
        self, tx: Session, checker: str, output_id: str, *, seconds: int = CLAIM_SECONDS
    ) -> Claim:
        """Say that ``checker`` looks at a held or cleared output now: for ``seconds`` nobody else
        clears or releases it. Again extends it.

        Raises ``NotAllowed`` to those who work under the permit, ``Conflict`` where somebody else
        was first or nothing is left to do, ``BadInput`` for a time of no measure.
        """
        run, row = self._lock_both(tx, output_id)
        self._require_independent(tx, run, checker)
        if row.state not in (OutputState.held, OutputState.cleared):
            raise Conflict(f"output {output_id} is {row.state} already: nothing is left to do")
        return self.claims.take(tx, checker, output_id, seconds)

    def give_back(self, tx: Session, checker: str, output_id: str) -> None:
        """End ``checker``'s claim; raises ``Conflict`` where they have none."""
        self._lock_both(tx, output_id)
        self.claims.give_back(tx, checker, output_id)

    def evidence(self, tx: Session, checker: str, output_id: str) -> bytes:
        """The bytes of a checked output, to decide on. Raises ``NotAllowed`` to those who work under
        the permit and before the check, ``IntegrityFailure`` as ``data``. Entered on the ledger."""
        run, row = self._lock_both(tx, output_id)
        self._require_independent(tx, run, checker)
        if row.decision is None:
            raise NotAllowed(f"output {output_id} has not been checked: the check comes first")
        data = self._open(row)
        self._ledger.append(
            tx,
            actor=checker,
            act="output.examined",
            subject=output_id,
            commitment=self._commitment(row.digest),
        )
        return data

    def compare(
        self, tx: Session, checker: str, output_id: str, earlier: Iterable[str]
    ) -> dict[str, bytes]:
        """The bytes of a checked output and of ``earlier`` released ones, to hold one against the others.

        Raises as ``evidence``, for each of them. Entered on the ledger, once.
        """
        named = (output_id, *earlier)
        rows = [self._row(tx, one) for one in named]
        for row in rows:
            self._require_independent(tx, self._runs.get(tx, row.run), checker)
        if rows[0].decision is None:
            raise NotAllowed(f"output {output_id} has not been checked: the check comes first")
        if kept := [row.id for row in rows[1:] if row.state != OutputState.released]:
            raise NotAllowed(f"output {kept[0]} was not released: it is compared with nothing")
        self._ledger.append(
            tx, actor=checker, act="output.compared", subject=output_id, earlier=list(named[1:])
        )
        return {row.id: self._open(row) for row in rows}

    def model(self, tx: Session, output_id: str, run: Run) -> ModelBytes:
        """The bytes of a model that a program left under the permit of ``run``, to be tried in place.

        A checker has cleared it before: its digest stands in the evaluation, and a digest can be made to
        say something. Raises ``NotFound`` where no program of this permit left it, ``NotAllowed`` before.
        """
        row = tx.get(OutputRow, output_id)
        made_by = None if row is None else self._runs.get(tx, row.run)
        if row is None or made_by is None or self._now_of(tx, made_by) != self._now_of(tx, run):
            raise NotFound(f"no program of permit {run.permit} left an output {output_id!r}")
        if row.state not in (OutputState.cleared.value, OutputState.released.value):
            raise NotAllowed(
                f"output {output_id} is {row.state}: a model is tried in place once a checker has cleared "
                "it"
            )
        return ModelBytes(row.name, self._open(row))

    def holding(self, tx: Session, digest: str) -> str | None:
        """An output with these bytes; ``None`` where none lies or lay here."""
        return tx.scalars(select(OutputRow.id).where(OutputRow.digest == digest).limit(1)).first()

    def cleared_digest(self, tx: Session, output_id: str) -> str:
        """The digest of an output that a checker has cleared; raises ``NotAllowed`` before that."""
        row = self._row(tx, output_id)
        if row.state not in (OutputState.cleared.value, OutputState.released.value):
            raise NotAllowed(
                f"output {output_id} is {row.state}: its digest is told once a checker has cleared it"
            )
        return row.digest

    def _now_of(self, tx: Session, run: Run) -> str:
        """The permit of ``run``, or what it was renewed to."""
        return current_permit(self._permits, tx, run.permit)

    def is_redrawn(self, tx: Session, output_id: str) -> bool:
        """Whether its bytes were made by trusted code, in the place of what the program wrote."""
        return tx.get(OriginalRow, output_id) is not None

    def newest_released(self, tx: Session, most: int) -> tuple[Output, ...]:
        """The ``most`` outputs that were released last, the newest first."""
        query = select(OutputRow).where(OutputRow.state == OutputState.released.value)
        rows = tuple(tx.scalars(query.order_by(OutputRow.released_at.desc()).limit(most)))
        cleared_by = self._cleared_by(tx, {row.id for row in rows})
        return tuple(self._record(tx, row, cleared_by.get(row.id, ())) for row in rows)

    def fetch(self, tx: Session, person: str, output_id: str) -> bytes:
        """The bytes of a released output, for those who work under the permit.

        Raises ``NotAllowed`` for anything not released and for anybody else, ``IntegrityFailure``
        where the bytes are not those that were released. The caller's transaction gets an entry.
        """
        row = self._row(tx, output_id)
        run = self._runs.get(tx, row.run)
        if row.state != OutputState.released:
            raise NotAllowed(
                f"output {output_id} is {row.state}, not released: it stays in the enclave"
            )
        if person not in self._people(tx, run):
            raise NotAllowed(
                f"{person} does not work under permit {run.permit}, which this output is of"
            )
        data = self._open(row)
        receipt = tx.get(ReceiptRow, output_id)
        if receipt is not None:
            data = receipts.leaving(data, receipt.statement["watermark"])
            if digest(data) != receipt.statement["digest"]:
                raise IntegrityFailure(
                    f"output {output_id} or its receipt is not what was released"
                )
        self._ledger.append(
            tx, actor=person, act="output.fetched", subject=output_id, digest=digest(data)
        )
        return data

    def receipt(self, tx: Session, output_id: str) -> ReleaseReceipt:
        """What was stated of a released output. Raises ``NotFound`` for one that was not released, or
        was before releases had receipts."""
        row, kept = self._row(tx, output_id), tx.get(ReceiptRow, output_id)
        if kept is None or row.ledger_index is None:
            raise NotFound(
                f"there is no receipt of output {output_id}: it is {row.state}, or was released before "
                "releases had receipts"
            )
        stated = dict(kept.statement)
        return ReleaseReceipt(output_id, stated["digest"], row.ledger_index, stated)

    # ---- the guard

    def _release(self, tx: Session, row: OutputRow, run: Run, actor: str) -> ReleaseReceipt:
        if row.decision is None or row.checked_digest is None:
            raise NotAllowed(f"output {row.id} has not been checked: nothing leaves unchecked")
        if row.decision == "refuse":
            raise NotAllowed(f"the check refused output {row.id}: no one can release it")
        if row.state != OutputState.cleared:
            raise Conflict(f"output {row.id} is {row.state}, not cleared: it cannot be released")
        permit = self._permits.newest_of(
            tx, run.permit
        )  # a renewal's end is the end of all before it
        if permit.revoked_at is not None:
            raise NotAllowed(
                f"permit {permit.id} was revoked at {timestamp(permit.revoked_at)}: nothing more leaves"
            )
        data = self._open(row)
        if digest(data) != row.checked_digest:
            raise IntegrityFailure(
                f"output {row.id} is not the file that was checked: it stays inside"
            )
        output = self._record(tx, row)
        if permit.output_rules.asks_for_two(output.ending) and len(output.cleared_by) < 2:
            raise NotAllowed(
                f"permit {permit.id} lets output {row.id} out after two checkers cleared it: "
                f"{len(output.cleared_by)} did"
            )
        for guard in self._before_release:
            guard(tx, output, run, data)
        return self._let_out(tx, row, data, actor)

    def _let_out(self, tx: Session, row: OutputRow, data: bytes, actor: str) -> ReleaseReceipt:
        now = self._clock()
        self._compare_and_set(tx, row, OutputState.released, released_by=actor, released_at=now)
        run = self._runs.get(tx, row.run)
        stated = receipts.statement_of(
            self._record(tx, row), data, run=run, permit=self._permits.get(tx, run.permit),
            decisions=self.decisions(tx, row.id), released_by=actor, released_at=now,
            ledger=self._ledger.origin,
        )  # fmt: skip
        tx.add(ReceiptRow(output=row.id, statement=stated))
        entry = self._ledger.append(
            tx, actor=actor, act="output.released", subject=row.id, run=row.run,
            digest=stated["digest"], receipt=digest(canonical_json(stated)),
        )  # fmt: skip
        tx.execute(update(OutputRow).where(OutputRow.id == row.id).values(ledger_index=entry.index))
        return ReleaseReceipt(row.id, stated["digest"], entry.index, stated)

    def _record(
        self, tx: Session, row: OutputRow, cleared_by: tuple[str, ...] | None = None
    ) -> Output:
        sealed = row.sealed_name
        name = row.name if sealed is None else self._keyring.unseal(sealed, row.id)
        if cleared_by is None:
            cleared_by = self._cleared_by(tx, {row.id}).get(row.id, ())
        return _record(row, name, cleared_by)

    def _cleared_by(self, tx: Session, outputs: set[str]) -> dict[str, tuple[str, ...]]:
        """Who cleared each of ``outputs`` since it was last held, each person once, in order."""
        query = (
            select(DecisionRow.output, DecisionRow.checker, DecisionRow.number, OutputRow.verdict)
            .join(OutputRow, OutputRow.id == DecisionRow.output)
            .where(DecisionRow.clear)
        )
        if len(outputs) <= MOST_NAMED:
            query = query.where(DecisionRow.output.in_(outputs))
        found: dict[str, tuple[str, ...]] = {}
        ordered = query.order_by(DecisionRow.output, DecisionRow.number)
        for output, checker, number, verdict in tx.execute(ordered):
            if number <= (verdict or {}).get("decided_before", 0):
                continue
            if output in outputs and checker not in found.get(output, ()):
                found[output] = (*found.get(output, ()), checker)
        return found

    def _enter(self, tx: Session, row: OutputRow, decision: Decision) -> None:
        """Keep ``decision``; the output's row shows the newest, and who decided is done with it."""
        number = len(self.decisions(tx, row.id)) + 1
        tx.add(DecisionRow(output=row.id, number=number, **vars(decision)))
        row.reviewed_by, row.review_reason = decision.checker, decision.reason
        row.reviewed_at = decision.decided_at
        self.claims.end(tx, row.id)
        tx.flush()

    @staticmethod
    def _require_another(output: Output, checker: str) -> None:
        if checker in output.cleared_by:
            raise NotAllowed(
                f"{checker} cleared output {output.id} already: the second pair of eyes is another's"
            )

    @staticmethod
    def count_released(tx: Session, since: datetime) -> int:
        """How many outputs were released at ``since`` or after."""
        query = select(func.count()).select_from(OutputRow).where(OutputRow.released_at >= since)
        return tx.scalar(query) or 0

    def _commitment(self, of: str) -> str:
        """A keyed digest: until its release, an entry must not say which bytes an output holds.

        A plain digest of a short file can be guessed, and the ledger is there for anyone to read.
        """
        key = self._keyring.derive("output-commitment")
        return "hmac-sha256:" + hmac.new(key, of.encode(), "sha256").hexdigest()

    def _require_independent(self, tx: Session, run: Run, checker: str) -> None:
        if checker in self._people(tx, run):
            raise NotAllowed(
                f"{checker} works under permit {run.permit}: who runs an analysis never decides "
                "on its outputs"
            )

    def _people(self, tx: Session, run: Run) -> frozenset[str]:
        return frozenset(self._permits.get(tx, run.permit).people) | {run.submitted_by}

    def _settle_reviewed(self, tx: Session, run: Run) -> None:
        if run.state is RunState.awaiting_review:
            to = self.verdict_of_run(tx, run.id)
            if to is not RunState.awaiting_review:
                self._runs.move(tx, run, to, actor=SYSTEM)

    # ---- rows

    def _move(
        self, tx: Session, row: OutputRow, to: OutputState, *, actor: str, **changes: Any
    ) -> None:
        detail = {}
        if reason := changes.get("review_reason"):
            detail["reason"] = digest(reason.encode())
        self._compare_and_set(tx, row, to, **changes)
        self._ledger.append(
            tx, actor=actor, act=f"output.{to.value}", subject=row.id, run=row.run,
            commitment=self._commitment(row.digest), **detail,
        )  # fmt: skip

    def _compare_and_set(
        self, tx: Session, row: OutputRow, to: OutputState, **changes: Any
    ) -> None:
        seen = OutputState(row.state)
        if to not in OUTPUT_TRANSITIONS[seen]:
            raise Conflict(f"output {row.id} cannot go from {seen} to {to}")
        done = tx.execute(
            update(OutputRow)
            .where(OutputRow.id == row.id, OutputRow.state == seen.value)
            .values(state=to.value, **changes)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict(f"output {row.id} is no longer {seen}: read it again")
        tx.refresh(row)

    def _lock_both(self, tx: Session, output_id: str) -> tuple[Run, OutputRow]:
        run = self._runs.lock(tx, self._row(tx, output_id).run)
        return run, self._row(tx, output_id, lock=True)

    def _row(self, tx: Session, output_id: str, *, lock: bool = False) -> OutputRow:
        query = select(OutputRow).where(OutputRow.id == output_id)
        query = query.execution_options(populate_existing=True)
        row = tx.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound(f"there is no output {output_id}")
        return row

    def _rows(self, tx: Session, run_id: str, *, lock: bool = False) -> tuple[OutputRow, ...]:
        query = select(OutputRow).where(OutputRow.run == run_id).order_by(OutputRow.name)
        query = query.execution_options(populate_existing=True)
        return tuple(tx.scalars(query.with_for_update() if lock else query))

    def _open(self, row: OutputRow) -> bytes:
        data = self._vault.read_bytes(row.blob, self._keyring.unwrap(row.wrapped_key, row.blob))
        if digest(data) != row.digest:
            raise IntegrityFailure(f"output {row.id} is not what its run left: it was altered")
        return data


def _record(row: OutputRow, name: str, cleared_by: tuple[str, ...]) -> Output:
    return Output(
        id=row.id, run=row.run, name=name, name_is_known=row.name_is_known, kind=OutputKind(row.kind),
        state=OutputState(row.state), digest=row.digest, size=row.size, decision=row.decision,
        verdict=row.verdict, checked_at=row.checked_at, reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at, review_reason=row.review_reason, released_by=row.released_by,
        released_at=row.released_at, ledger_index=row.ledger_index,
        cleared_by=cleared_by, repaired_from=row.repaired_from,
    )  # fmt: skip


def _documents(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [{"rule": r.rule, "message": r.message, "evidence": r.evidence} for r in reasons]
