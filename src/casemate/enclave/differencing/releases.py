"""The memory of releases in the database: sealed statements, one counter a dataset version.

What an output says is kept when it is checked, and counts from its release on. A release locks its
dataset version's counter, decides again where others were released since the check, and adds itself,
all in the transaction that lets the output out: so two releases never pass on the same state.
"""

import hmac
import threading
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import digest
from casemate.catalogue import Catalogue
from casemate.clock import Clock
from casemate.enclave.differencing.decision import Decision, DifferencingRules, decide
from casemate.enclave.differencing.memory import Memory
from casemate.enclave.differencing.statements import Statement, decode, encode
from casemate.enclave.differencing.tables import MemoryRow, StatementsRow
from casemate.enclave.records import SYSTEM
from casemate.errors import Conflict, IntegrityFailure, NotAllowed
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

REMEMBERED = "differencing.remembered"


class Releases:
    """Keeps what outputs say of the records, decides whether more may be said, and remembers it."""

    def __init__(
        self, vault: Vault, keyring: Keyring, ledger: Ledger, catalogue: Catalogue, clock: Clock
    ) -> None:
        self._vault = vault
        self._keyring = keyring
        self._ledger = ledger
        self._catalogue = catalogue
        self._clock = clock
        self._known: dict[tuple[str, int], _Known] = {}
        self._lock = threading.Lock()

    def keep(
        self, tx: Session, output: str, dataset: str, version: int, statements: Sequence[Statement]
    ) -> None:
        """Keep what ``output`` says, for its release. Raises ``Conflict`` where that was kept before."""
        records = self._catalogue.get(tx, dataset, version=version).rows
        if tx.get(StatementsRow, (output, dataset, version)) is not None:
            raise Conflict(f"what {output} says of {dataset} version {version} is kept already")
        blob, data = new_id("statements"), encode(statements, records)
        key, wrapped = self._keyring.new_data_key(blob)
        self._vault.write_bytes(blob, data, key)
        tx.add(
            StatementsRow(
                output=output, dataset=dataset, version=version, number=None, blob=blob,
                wrapped_key=wrapped, remembered_at=None,
            )
        )  # fmt: skip
        tx.flush()
        self._ledger.append(
            tx, actor=SYSTEM, act="output.stated", subject=output, dataset=dataset,
            version=version, commitment=self._commitment(data),
        )  # fmt: skip

    def would_disclose(
        self, tx: Session, dataset: str, version: int, statements: Sequence[Statement],
        rules: DifferencingRules,
    ) -> Decision:  # fmt: skip
        """Whether the statements, with all that is out of the dataset version, tell of a small group.

        Changes nothing; another output may be released right after, so ``remember`` asks again.
        Raises ``IntegrityFailure`` where the memory was altered.
        """
        with self._lock:
            memory = self._memory(tx, dataset, version)
            decision = decide(memory.memory, statements, rules)
            return replace(decision, counter=memory.counter)

    def remember(
        self, tx: Session, output: str, rules: DifferencingRules, *, actor: str = SYSTEM,
        accepted: bool = False,
    ) -> None:  # fmt: skip
        """Count what was kept of ``output`` among what is out; called in the transaction that lets it
        out. Does nothing for an output that says nothing exact, or is remembered already.

        Raises ``NotAllowed`` where it would disclose together with what is out by now, unless a person
        ``accepted`` that: it is then remembered as one that discloses.
        """
        query = select(StatementsRow).where(
            StatementsRow.output == output, StatementsRow.number.is_(None)
        )
        for row in tx.scalars(query.order_by(StatementsRow.dataset, StatementsRow.version)).all():
            counter = self._locked(tx, row.dataset, row.version)
            statements = self._read(row)[1]
            decision = self.would_disclose(tx, row.dataset, row.version, statements, rules)
            if not (decision.passes or accepted):
                raise NotAllowed(
                    f"output {output} cannot be released: {decision.reasons[0].message}"
                )
            self._count(tx, row, counter + 1, actor, discloses=not decision.passes)

    def _count(
        self, tx: Session, row: StatementsRow, number: int, actor: str, *, discloses: bool
    ) -> None:
        row.number, row.remembered_at, row.discloses = number, self._clock(), discloses
        tx.flush()
        tx.execute(
            update(MemoryRow)
            .where(MemoryRow.dataset == row.dataset, MemoryRow.version == row.version)
            .values(counter=number)
        )
        self._ledger.append(
            tx, actor=actor, act=REMEMBERED, subject=_name(row.dataset, row.version), number=number,
            output=row.output, accepted=discloses,
        )  # fmt: skip

    def _locked(self, tx: Session, dataset: str, version: int) -> int:
        """The counter, which no one else changes until this transaction ends."""
        query = select(MemoryRow.counter).where(
            MemoryRow.dataset == dataset, MemoryRow.version == version
        )
        if (found := tx.scalar(query.with_for_update())) is not None:
            return found
        try:
            with tx.begin_nested():
                tx.execute(insert(MemoryRow).values(dataset=dataset, version=version, counter=0))
        except IntegrityError:  # another transaction was first
            return self._locked(tx, dataset, version)
        return 0

    def _memory(self, tx: Session, dataset: str, version: int) -> "_Known":
        """The memory up to the counter; what this process knows already is not read again."""
        name = (dataset, version)
        last = self._ledger.newest(tx, _name(*name), act=REMEMBERED)
        mine = (MemoryRow.dataset == dataset, MemoryRow.version == version)
        counter = tx.scalar(select(MemoryRow.counter).where(*mine)) or 0
        if last is not None and last.detail["number"] > counter:
            raise IntegrityFailure(
                f"the ledger tells of {last.detail['number']} releases of {dataset} version {version}, "
                f"their memory of {counter}: it was altered, and nothing more is released"
            )
        known = self._known.get(name)
        if known is None or not self._is_so(tx, name, known):
            records = self._catalogue.get(tx, dataset, version=version).rows
            known = self._known[name] = _Known(Memory(records))
        for row in tx.scalars(self._from(name, known.counter + 1, counter)):
            if row.number != known.counter + 1:
                break
            known.memory.has_disclosed |= row.discloses
            known.memory.add(self._read(row)[1])
            known.counter, known.blob = row.number, row.blob
        if known.counter != counter:
            raise IntegrityFailure(
                f"release {known.counter + 1} of {dataset} version {version} is missing from the memory: "
                "it was altered, and nothing more is released"
            )
        return known

    def _is_so(self, tx: Session, name: tuple[str, int], known: "_Known") -> bool:
        """Whether what this process read was committed: a release may have been undone since."""
        if known.counter == 0:
            return True
        rows = tx.scalars(self._from(name, known.counter, known.counter)).all()
        return [row.blob for row in rows] == [known.blob]

    def _from(self, name: tuple[str, int], first: int, last: int) -> Select[StatementsRow]:
        return (
            select(StatementsRow)
            .where(StatementsRow.dataset == name[0], StatementsRow.version == name[1])
            .where(StatementsRow.number >= first, StatementsRow.number <= last)
            .order_by(StatementsRow.number)
            .execution_options(populate_existing=True)
        )

    def _read(self, row: StatementsRow) -> tuple[int, tuple[Statement, ...]]:
        key = self._keyring.unwrap(row.wrapped_key, row.blob)
        return decode(self._vault.read_bytes(row.blob, key))

    def _commitment(self, data: bytes) -> str:
        """A keyed digest: a plain one of few possible sets of people could be guessed."""
        key = self._keyring.derive("statements-commitment")
        return "hmac-sha256:" + hmac.new(key, digest(data).encode(), "sha256").hexdigest()


class _Known:
    """The memory that this process has read, up to release ``counter``, which lies in ``blob``."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.counter = 0
        self.blob = ""


def _name(dataset: str, version: int) -> str:
    return f"differencing/{dataset}/{version}"
