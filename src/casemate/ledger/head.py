"""The head: size, right edge and signed checkpoint, in one row that every writer locks.

Two promises are kept here. Indexes have no gaps and no doubles, because the row moves only by
compare-and-set from the exact state that the writer extended. And the key signs nothing but
continuations of what it signed before: a head that was altered behind the program's back is refused,
not extended.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    Connection,
    bindparam,
    event,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from casemate.errors import BadInput, IntegrityFailure
from casemate.ledger.merkle import Frontier
from casemate.ledger.note import Checkpoint, VerifierKey, attach, open_checkpoint
from casemate.ledger.prepared import Prepared
from casemate.ledger.tables import LedgerEntryRow, LedgerHeadRow, LedgerNodeRow
from casemate.store import OffLedger

_entries: Any = LedgerEntryRow.__table__
_nodes: Any = LedgerNodeRow.__table__
_head: Any = LedgerHeadRow.__table__

_THE_ONE = _head.c.id == literal_column("1")
_READ = select(_head.c.size, _head.c.frontier, _head.c.checkpoint).where(_THE_ONE)
_read = Prepared(_READ)
_lock = Prepared(_READ.with_for_update())  # SQLite has no such clause: its writers come one by one
_create = Prepared(
    text(
        "INSERT INTO ledger_head (id, size, frontier, checkpoint) VALUES (1, 0, :frontier, '') "
        "ON CONFLICT DO NOTHING"
    )
)
_UNCHANGED = (
    _THE_ONE
    & (_head.c.size == bindparam("old_size"))
    & (_head.c.frontier == bindparam("old_frontier"))
)
_move = Prepared(
    update(_head)
    .where(_UNCHANGED)
    .values(size=bindparam("new_size"), frontier=bindparam("new_frontier"))
)
_sign = Prepared(update(_head).where(_UNCHANGED).values(checkpoint=bindparam("new_checkpoint")))
_insert_entries = Prepared(insert(_entries))
_insert_nodes = Prepared(insert(_nodes))
_STATE = "ledger"
_BATCH_PART = "ledger_batch_part"


@dataclass
class PendingHead:
    """What one open transaction knows of the head; lives in ``Session.info``.

    ``extended`` remembers every head that this transaction made, so that it is trusted again after
    a savepoint was rolled back, though no checkpoint of it is signed yet.
    """

    head: Frontier | None = None
    extended: set[bytes] = field(default_factory=set)
    signer: "Head | None" = None


class Head:
    """Moves and signs the head for one ledger."""

    def __init__(self, key: Ed25519PrivateKey, origin: str) -> None:
        self.key = VerifierKey.of(origin, key)
        self._private = key
        self._last_checkpoint = ""  # the last one that this object signed or verified

    def advance(self, tx: Session, leaves: list[bytes]) -> tuple[int, list[dict[str, Any]]]:
        """Extend the tree by ``leaves``: gives the index of the first, and the node rows to keep.

        Holds the head's lock until the transaction ends. Raises ``IntegrityFailure`` where the
        head, or its absence, is not this ledger's own doing.
        """
        if tx.info.get("read_only"):
            raise OffLedger("a read-only session tried to append to the ledger")
        pending = pending_head(tx)
        connection = tx.connection()
        for old in self._heads(connection, pending):
            new = old.copy()
            completed = [node for leaf in leaves for node in new.push(leaf)]
            values = {"new_size": new.size, "new_frontier": bytes(new)}
            if _move.run(connection, {**_state(old), **values}).rowcount == 1:
                break
        else:
            raise IntegrityFailure(
                "the ledger's head changed under its own lock: nothing was recorded"
            )
        pending.head = new
        pending.extended.add(_fingerprint(new))
        pending.signer = self
        return old.size, [
            {"level": level, "index": at, "hash": node} for level, at, node in completed
        ]

    def hold(self, tx: Session) -> None:
        """Lock the head now: from here to the end of ``tx`` nobody else appends, and all who did have
        committed. Raises as ``advance`` does."""
        next(self._heads(tx.connection(), pending_head(tx)))

    def pass_on(self, tx: Session, successor: "Head") -> None:
        """Let ``successor`` sign what this transaction appended, at its commit."""
        pending_head(tx).signer = successor

    def sign(self, tx: Session) -> str:
        """Sign the head as this transaction has it so far; its commit signs again what it then is."""
        pending = pending_head(tx)
        connection = tx.connection()
        for head in self._heads(connection, pending):
            checkpoint = self._signed(head)
            values = {**_state(head), "new_checkpoint": checkpoint}
            if _sign.run(connection, values).rowcount == 1:
                self._last_checkpoint = checkpoint
                return checkpoint
        raise IntegrityFailure("the ledger's head changed under its own lock: nothing was recorded")

    def read(self, tx: Session) -> tuple[Frontier, str]:
        """The head and its checkpoint, once they hold.

        Raises ``IntegrityFailure`` where the checkpoint is not this ledger's or does not fit.
        """
        pending = pending_head(tx)
        if pending.signer is not None:
            self.sign(tx)
        row = _read.run(tx.connection()).one_or_none()
        if row is None:
            self._require_no_entries(tx.connection())
            return Frontier(), self._signed(Frontier())
        head = _frontier(row.size, row.frontier)
        self._require_signed(head, row.checkpoint)
        return head, row.checkpoint

    def _signed(self, head: Frontier) -> str:
        checkpoint = str(Checkpoint(self.key.name, head.size, head.root()))
        return attach(checkpoint, self.key, self._private.sign(checkpoint.encode()))

    def _heads(self, connection: Connection, pending: PendingHead) -> Iterator[Frontier]:
        """The head as this transaction left it; should a rollback have undone that, as it is now."""
        if pending.head is not None:
            yield pending.head
        yield self._locked(connection, pending)

    def _locked(self, connection: Connection, pending: PendingHead) -> Frontier:
        row = _lock.run(connection).one_or_none()
        if row is None:
            # Waits for another first writer; who creates the head must be the very first.
            if _create.run(connection, {"frontier": b""}).rowcount == 1:
                self._require_no_entries(connection)
            row = _lock.run(connection).one()
        head = _frontier(row.size, row.frontier)
        is_new = not head.size and not row.checkpoint
        if not is_new and _fingerprint(head) not in pending.extended:
            self._require_signed(head, row.checkpoint)
        return head

    def _require_signed(self, head: Frontier, note: str) -> None:
        # Root and size are always compared; the signature only on text not seen before (100 µs).
        try:
            if note == self._last_checkpoint:
                signed = Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")
            else:
                signed = open_checkpoint(note, self.key)
        except (BadInput, IntegrityFailure) as failure:
            raise IntegrityFailure(
                f"the ledger's head is not signed by its key: {failure}"
            ) from failure
        if (signed.size, signed.root) != (head.size, head.root()):
            raise IntegrityFailure(
                f"the ledger's head was altered: it counts {head.size} entries, its checkpoint fixes "
                f"{signed.size}; run `casemate ledger verify`"
            )
        self._last_checkpoint = note

    @staticmethod
    def _require_no_entries(connection: Connection) -> None:
        count = connection.execute(select(func.count()).select_from(_entries)).scalar_one()
        if count:
            raise IntegrityFailure(
                f"the ledger's head is gone though {count} entries are there; run `casemate ledger verify`"
            )


def write_entries(tx: Session, entries: list[dict[str, Any]], nodes: list[dict[str, Any]]) -> None:
    """Insert the rows of new entries and of the tiles that they complete."""
    connection = tx.connection()
    _insert_entries.run_many(connection, entries)
    if nodes:
        _insert_nodes.run_many(connection, nodes)


def pending_head(tx: Session) -> PendingHead:
    """What ``tx`` knows of the head so far."""
    pending: PendingHead = tx.info.setdefault(_STATE, PendingHead())
    return pending


def share_pending_head(whole: Session, part: Session) -> None:
    """Let a part of a batch append to the same head as the whole, which signs at its commit."""
    part.info[_STATE] = pending_head(whole)
    part.info[_BATCH_PART] = True


def _state(head: Frontier) -> dict[str, Any]:
    return {"old_size": head.size, "old_frontier": bytes(head)}


def _frontier(size: Any, joined: Any) -> Frontier:
    # SQLite keeps whatever type is written behind our back, so types are checked like the rest.
    try:
        return Frontier.from_bytes(int(size), bytes(joined))
    except (TypeError, ValueError) as failure:
        raise IntegrityFailure(f"the ledger's head was altered: {failure}") from failure


def _fingerprint(head: Frontier) -> bytes:
    return hashlib.sha256(b"%d:" % head.size + bytes(head)).digest()


@event.listens_for(Session, "before_commit")
def _sign_before_commit(session: Session) -> None:
    pending: PendingHead | None = session.info.get(_STATE)
    if pending is None or pending.signer is None:
        return
    # A part of a batch and a savepoint are followed by the commit that counts, which signs.
    if not session.info.get(_BATCH_PART) and not session.in_nested_transaction():
        pending.signer.sign(session)
        del session.info[_STATE]
