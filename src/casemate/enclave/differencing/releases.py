"""The memory of releases in the database: sealed statements, one counter a dataset version.

What an output says is kept when it is checked, and counts from its release on. A release locks its
dataset version's counter, decides again where others were released since the check, and adds itself,
all in the transaction that lets the output out: so two releases never pass on the same state.

An output that nothing can be read off, or not all of it, is remembered too, as an opaque release: the
memory cannot compare with it, and says so.
"""

import hmac
import threading
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import digest
from casemate.catalogue import Catalogue
from casemate.clock import Clock
from casemate.enclave.checks_model import Reason
from casemate.enclave.differencing.decision import Decision, DifferencingRules, decide
from casemate.enclave.differencing.memory import Memory
from casemate.enclave.differencing.persons import Persons, decide_by_person
from casemate.enclave.differencing.statements import Statement, decode, encode
from casemate.enclave.differencing.tables import MemoryRow, PersonsRow, StatementsRow
from casemate.enclave.records import SYSTEM
from casemate.errors import Conflict, IntegrityFailure, NotAllowed
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

REMEMBERED = "differencing.remembered"
PUBLIC = 0
"""The line of a statement that everybody knows whatever is released: how many records a view has."""
_QUICKLY = DifferencingRules(seconds=1.0)


class WouldDisclose(NotAllowed):
    """An output may not be released with what is out by now; ``reasons`` are for its verdict."""

    def __init__(self, output: str, decision: Decision) -> None:
        self.reasons = reasons_of(decision)
        super().__init__(f"output {output} cannot be released: {self.reasons[0].message}")


def reasons_of(decision: Decision) -> tuple[Reason, ...]:
    """Why it does not pass; the evidence says which rows nobody could decide on, and with how many
    releases, so that a person's consent covers these and no others."""
    evidence = {"undecided": list(decision.undecided), "released": decision.counter}
    return tuple(replace(one, evidence={**one.evidence, **evidence}) for one in decision.reasons)


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
        self,
        tx: Session,
        output: str,
        dataset: str,
        version: int,
        statements: Sequence[Statement],
        *,
        opaque: bool = False,
        persons: Persons | None = None,
    ) -> None:
        """Keep what ``output`` says, for its release; ``opaque`` where it may say more than that.

        ``persons`` tells which person each record is of, where some have several. Raises ``Conflict``
        where something was kept of the output before.
        """
        records = self._catalogue.get(tx, dataset, version=version).rows
        if tx.get(StatementsRow, (output, dataset, version)) is not None:
            raise Conflict(f"what {output} says of {dataset} version {version} is kept already")
        data = encode(statements, records)
        blob, wrapped = self._sealed("statements", data)
        tx.add(
            StatementsRow(
                output=output, dataset=dataset, version=version, number=None, blob=blob,
                wrapped_key=wrapped, opaque=opaque, remembered_at=None,
            )
        )  # fmt: skip
        tx.flush()
        if persons is not None:
            self._keep_persons(tx, dataset, version, persons)
        self._ledger.append(
            tx, actor=SYSTEM, act="output.stated", subject=output, dataset=dataset,
            version=version, commitment=self._commitment(data),
        )  # fmt: skip

    def lock(self, tx: Session, versions: Iterable[tuple[str, int]]) -> None:
        """Let nobody else release anything of these dataset versions until this transaction ends. Always
        in one order, so that two that release of several never wait for each other."""
        for dataset, version in sorted(versions):
            self._locked(tx, dataset, version)

    def is_kept(self, tx: Session, output: str) -> bool:
        """Whether anything was kept of what ``output`` says."""
        query = select(StatementsRow.output).where(StatementsRow.output == output)
        return tx.scalars(query.limit(1)).first() is not None

    def count(self, tx: Session, dataset: str, version: int) -> int:
        """How many releases of the dataset version are remembered."""
        mine = (MemoryRow.dataset == dataset, MemoryRow.version == version)
        return tx.scalar(select(MemoryRow.counter).where(*mine)) or 0

    def opaque(self, tx: Session, dataset: str, version: int) -> tuple[str, ...]:
        """The released outputs that the memory could not read, or not all of, in order."""
        query = select(StatementsRow.output).where(
            StatementsRow.dataset == dataset, StatementsRow.version == version,
            StatementsRow.number.is_not(None), StatementsRow.opaque,
        )  # fmt: skip
        return tuple(tx.scalars(query.order_by(StatementsRow.number)))

    def would_disclose(
        self, tx: Session, dataset: str, version: int, statements: Sequence[Statement],
        rules: DifferencingRules, persons: Persons | None = None,
    ) -> Decision:  # fmt: skip
        """Whether the statements, with all that is out of the dataset version, tell of a small group.

        Thresholds are on people where ``persons``, or what was kept, tells whose the records are.
        Changes nothing; another output may be released right after, so ``remember`` asks again.
        Raises ``IntegrityFailure`` where the memory was altered.
        """
        with self._lock:
            known = self._memory(tx, dataset, version)
            statements = known.without_public(statements)
            decision = decide(known.memory, statements, rules)
            kept = self._persons(tx, dataset, version)
            persons = persons if kept is None else kept
            if decision.passes and persons is not None:
                if known.said is None:
                    known.said = self._said(tx, (dataset, version), known.counter)
                told = known.memory.has_disclosed
                out = [*known.public, *known.said]
                decision = decide_by_person(out, statements, persons, rules, has_disclosed=told)
            return replace(decision, counter=known.counter)

    def remember(
        self, tx: Session, output: str, rules: DifferencingRules, *, actor: str = SYSTEM,
        accepted: Collection[int] = (),
    ) -> None:  # fmt: skip
        """Count what was kept of ``output`` among what is out; called in the transaction that lets it
        out. Does nothing for an output that says nothing exact, or is remembered already.

        Decides again. Raises ``WouldDisclose`` where it surely discloses together with what is out by
        now, whoever accepted what; and where rows are undecided that are not among those that a person
        ``accepted`` as undecided. With such rows it is remembered as one that discloses.
        """
        query = select(StatementsRow).where(
            StatementsRow.output == output, StatementsRow.number.is_(None)
        )
        for row in tx.scalars(query.order_by(StatementsRow.dataset, StatementsRow.version)).all():
            counter = self._locked(tx, row.dataset, row.version)
            statements = self._read(row)[1]
            decision = self.would_disclose(tx, row.dataset, row.version, statements, rules)
            if decision.discloses or not set(decision.undecided) <= set(accepted):
                raise WouldDisclose(output, decision)
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
            output=row.output, accepted=discloses, opaque=row.opaque,
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
            statements = known.without_public(self._read(row)[1])
            known.memory.has_disclosed |= row.discloses
            known.memory.add(statements)
            if known.said is not None:
                known.said += statements
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

    def _said(self, tx: Session, name: tuple[str, int], last: int) -> list[Statement]:
        """All that is out, as it was kept: what is counted by person is decided on it anew each time."""
        rows = tx.scalars(self._from(name, 1, last))
        return [one for row in rows for one in self._read(row)[1] if one.line != PUBLIC]

    def _keep_persons(self, tx: Session, dataset: str, version: int, persons: Persons) -> None:
        if tx.get(PersonsRow, (dataset, version)) is not None:
            return
        blob, wrapped = self._sealed("persons", zlib.compress(persons.astype("<u4").tobytes()))
        try:
            with tx.begin_nested():
                row = PersonsRow(dataset=dataset, version=version, blob=blob, wrapped_key=wrapped)
                tx.add(row)
        except IntegrityError:  # another transaction was first, with the same
            self._vault.delete(blob)

    def _persons(self, tx: Session, dataset: str, version: int) -> Persons | None:
        row = tx.get(PersonsRow, (dataset, version))
        if row is None:
            return None
        data = self._vault.read_bytes(row.blob, self._keyring.unwrap(row.wrapped_key, row.blob))
        return np.frombuffer(zlib.decompress(data), dtype="<u4")

    def _sealed(self, prefix: str, data: bytes) -> tuple[str, bytes]:
        """(name, wrapped key) of ``data`` in the vault, under a key of its own."""
        blob = new_id(prefix)
        key, wrapped = self._keyring.new_data_key(blob)
        self._vault.write_bytes(blob, data, key)
        return blob, wrapped

    def _commitment(self, data: bytes) -> str:
        """A keyed digest: a plain one of few possible sets of people could be guessed."""
        key = self._keyring.derive("statements-commitment")
        return "hmac-sha256:" + hmac.new(key, digest(data).encode(), "sha256").hexdigest()


class _Known:
    """The memory that this process has read, up to release ``counter``, which lies in ``blob``; what is
    out word for word (``said``) only where persons are counted."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.public: list[Statement] = []
        self.said: list[Statement] | None = None
        self.counter = 0
        self.blob = ""

    def without_public(self, statements: Sequence[Statement]) -> list[Statement]:
        """The statements that an output makes, those that everybody knows learnt first.

        How many records a view has stands on the ledger, and so how many protection left out: that these
        few follow from a total is no news of any output. What is said of them beyond that is.
        """
        for one in statements:
            if one.line == PUBLIC and not any(_alike(one, other) for other in self.public):
                self.public.append(one)
                self.memory.has_disclosed |= not decide(self.memory, [one], _QUICKLY).passes
                self.memory.add([one])
        return [one for one in statements if one.line != PUBLIC]


def _name(dataset: str, version: int) -> str:
    return f"differencing/{dataset}/{version}"


def _alike(one: Statement, other: Statement) -> bool:
    return np.array_equal(one.records, other.records)
