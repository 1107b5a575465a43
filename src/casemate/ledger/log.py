"""The log: entries, appended inside the transaction of the act that they record."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import canonical_json
from casemate.clock import Clock, system_clock, timestamp
from casemate.errors import BadInput, IntegrityFailure, NotFound
from casemate.ledger import audit, explore, handover, proofs
from casemate.ledger.audit import Report
from casemate.ledger.explore import Wanted
from casemate.ledger.export import write_export
from casemate.ledger.handover import Handover
from casemate.ledger.head import Head, write_entries
from casemate.ledger.merkle import Frontier, leaf_hash
from casemate.ledger.note import VerifierKey
from casemate.ledger.proofs import ConsistencyProof, InclusionProof
from casemate.ledger.tables import ACT_CHARACTERS, BODY, SUBJECT_CHARACTERS, LedgerEntryRow
from casemate.store import mark_recorded

MOST_BODY_BYTES = 65_536
_READ_AHEAD = 2_000
_READ_BACK = 20
_NAMED = 500  # subjects in one query


@dataclass(frozen=True)
class Act:
    """One act to record: who did what to which record. See ``Ledger.append``."""

    actor: str
    act: str
    subject: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One act: who did what to which record, when. Holds no personal data beyond account ids."""

    index: int
    time: str
    actor: str
    act: str
    subject: str
    detail: dict[str, Any]


class Ledger:
    """Appends, proves and checks entries. One instance a home; safe to share between threads."""

    def __init__(
        self, signing_key: Ed25519PrivateKey, origin: str = "casemate", clock: Clock = system_clock
    ) -> None:
        """``origin`` names this log to the world: a schema-less address, no spaces, no plus sign."""
        self._head = Head(signing_key, origin)
        self._former: tuple[VerifierKey, ...] = ()
        self._signing_key = signing_key
        self.origin = origin
        self._clock = clock
        self._activity = explore.Activity()

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key that checks this ledger's checkpoints."""
        return self._head.key.key

    @property
    def vkey(self) -> str:
        """The public key as C2SP signed-note writes it: ``origin+key id+base64``."""
        return str(self._head.key)

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The key that signs today, and before it those that signed earlier, the newest first."""
        return (self._head.key, *self._former)

    # Changing the signing key

    def adopt(self, signing_key: Ed25519PrivateKey, former: Iterable[str]) -> None:
        """Sign by ``signing_key`` from now on; ``former`` are the vkeys that signed before it."""
        self._former = tuple(VerifierKey.parse(vkey) for vkey in former)
        self._signing_key = signing_key
        self._head = Head(signing_key, self.origin)

    def key_history(self, tx: Session) -> tuple[Handover, ...]:
        """Every change of keys, the newest first, proven up to the key that signs today.

        Raises ``IntegrityFailure`` where the chain is broken.
        """
        return handover.history(tx, self._head.key)

    def hold(self, tx: Session) -> None:
        """From here to the end of ``tx``, nobody else records anything."""
        self._head.hold(tx)

    def hand_over(
        self,
        tx: Session,
        actor: str,
        successor: Ed25519PrivateKey,
        former: dict[str, str],
        current: dict[str, str],
        **more: Any,
    ) -> Entry:
        """Record that ``current`` are the public keys from here on, signed by both ledger keys.

        The checkpoint over that entry is ``successor``'s; call ``adopt`` once ``tx`` is committed.
        """
        told = handover.detail(former, current, (self._signing_key, successor))
        entry = self.append(
            tx, actor=actor, act=handover.ACT, subject=handover.SUBJECT, **told, **more
        )
        self._head.pass_on(tx, Head(successor, self.origin))
        return entry

    def append(self, tx: Session, *, actor: str, act: str, subject: str, **detail: Any) -> Entry:
        """Record one act in transaction ``tx``; it stands or falls with the rows changed in it.

        ``detail`` is JSON without floats, personal data and data values. Other writers wait from
        here to the end of the transaction. Raises ``BadInput`` for an entry over 64 KiB or a
        subject over 200 characters, ``IntegrityFailure`` where the ledger was altered.
        """
        return self.append_many(tx, [Act(actor, act, subject, detail)])[0]

    def append_many(self, tx: Session, acts: Iterable[Act]) -> list[Entry]:
        """Record many acts, in order, as ``append`` does one; several times cheaper an act."""
        time = timestamp(self._clock())
        acts = list(acts)
        bodies = [_body(time, act) for act in acts]
        if not acts:
            return []
        leaves = [leaf_hash(body) for body in bodies]
        start, nodes = self._head.advance(tx, leaves)
        rows = [
            {
                "index": start + at,
                "body": body,
                "leaf": leaf,
                "subject": act.subject,
                "act": act.act,
            }
            for at, (body, leaf, act) in enumerate(zip(bodies, leaves, acts, strict=True))
        ]
        try:
            write_entries(tx, rows, nodes)
        except IntegrityError as failure:
            raise IntegrityFailure(
                f"the ledger's head counts {start} entries but entry {start} or a later one is "
                "there already: run `casemate ledger verify`"
            ) from failure
        mark_recorded(tx, len(acts))
        return [
            Entry(start + at, time, act.actor, act.act, act.subject, act.detail)
            for at, act in enumerate(acts)
        ]

    def entries(
        self, tx: Session, *, start: int = 0, subject: str | None = None
    ) -> Iterator[Entry]:
        """Entries from ``start`` on, in order; of one ``subject`` if given."""
        query = (
            select(LedgerEntryRow.index, BODY)
            .where(LedgerEntryRow.index >= start)
            .order_by(LedgerEntryRow.index)
        )
        if subject is not None:
            query = query.where(LedgerEntryRow.subject == subject)
        for index, body in tx.execute(query).yield_per(_READ_AHEAD):
            yield _entry(index, body)

    def entries_of(
        self, tx: Session, subjects: Iterable[str], *, start: int = 0
    ) -> Iterator[Entry]:
        """Entries of any of ``subjects`` from ``start`` on, in order."""
        named = sorted(set(subjects))
        found: list[Entry] = []
        for first in range(0, len(named), _NAMED):
            query = select(LedgerEntryRow.index, BODY).where(
                LedgerEntryRow.index >= start,
                LedgerEntryRow.subject.in_(named[first : first + _NAMED]),
            )
            found += [_entry(index, body) for index, body in tx.execute(query)]
        yield from sorted(found, key=lambda entry: entry.index)

    def newest(self, tx: Session, subject: str, *, act: str) -> Entry | None:
        """The last entry of ``subject`` that records ``act``; ``None`` where there is none."""
        query = (
            select(LedgerEntryRow.index, BODY)
            .where(LedgerEntryRow.subject == subject)
            .order_by(LedgerEntryRow.index.desc())
        )
        for index, body in tx.execute(query).yield_per(_READ_BACK):
            if (entry := _entry(index, body)).act == act:
                return entry
        return None

    def newest_first(
        self, tx: Session, wanted: Wanted, *, before: int | None = None, limit: int
    ) -> list[Entry]:
        """Up to ``limit`` entries as ``wanted``, the newest first; of those below ``before`` if given."""
        found = explore.newest_first(tx, wanted, before=before, limit=limit)
        return [_entry(index, body) for index, body in found]

    def activity(self, tx: Session) -> Mapping[tuple[str, str], int]:
        """How many entries of each act in each month: {("2026-03", "permit.granted"): 4}."""
        return self._activity.by_month(tx)

    def body(self, tx: Session, index: int) -> bytes:
        """The exact bytes of entry ``index``, whose hash is its leaf; raises ``NotFound``."""
        body = tx.scalar(select(BODY).where(LedgerEntryRow.index == index))
        if body is None:
            raise NotFound(f"the ledger has no entry {index}; it holds {self.size(tx)}")
        return bytes(body)

    def entry(self, tx: Session, index: int) -> Entry:
        """Entry ``index``; raises ``NotFound`` where there is none."""
        return _entry(index, self.body(tx, index))

    def size(self, tx: Session) -> int:
        """How many entries the signed head counts. Raises ``IntegrityFailure`` if it was altered."""
        return self._read_head(tx).size

    def checkpoint(self, tx: Session) -> str:
        """The signed checkpoint (c2sp.org/tlog-checkpoint) of the ledger as ``tx`` sees it.

        It was signed in the transaction of its last entry. Whoever keeps it can later prove any
        change before it. Raises ``IntegrityFailure`` where the head was altered.
        """
        return self._head.read(tx)[1]

    def prove_inclusion(self, tx: Session, index: int, size: int | None = None) -> InclusionProof:
        """The proof that entry ``index`` is in the ledger of ``size`` entries (default: all).

        Raises ``NotFound`` for an entry or a size that is not there, ``IntegrityFailure`` where the
        entry or the hashes kept do not lead to the signed root.
        """
        return proofs.inclusion(tx, self._read_head(tx), index, size)

    def prove_consistency(
        self, tx: Session, old_size: int, new_size: int | None = None
    ) -> ConsistencyProof:
        """The proof that the first ``old_size`` of ``new_size`` entries (default: all) are unchanged.

        Raises as ``prove_inclusion`` does.
        """
        return proofs.consistency(tx, self._read_head(tx), old_size, new_size)

    def continues(self, tx: Session, checkpoint: str) -> bool:
        """Whether the ledger still begins with what ``checkpoint``, signed by it, fixed.

        Raises as ``open_checkpoint`` does where none of this ledger's keys signed it.
        """
        return self.compare(tx, checkpoint) is not None

    def compare(self, tx: Session, checkpoint: str) -> ConsistencyProof | None:
        """As ``continues``, with the proof; ``None`` where history was cut or rewritten since."""
        fixed = handover.open_by_any(checkpoint, self.keys)
        if fixed.size > self.size(tx):
            return None
        proof = self.prove_consistency(tx, fixed.size)
        return proof if proof.old_root == fixed.root else None

    def verify(
        self,
        tx: Session,
        *,
        checkpoint: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Report:
        """Recompute the whole ledger from its bodies and compare it with all that was signed.

        ``checkpoint``, an older signed note, also shows rollback, fork and rewritten history by
        someone who has the key. ``progress`` is called with entries done and entries in all.
        Raises ``BadInput`` where ``checkpoint`` is no signed note.
        """
        return audit.verify(tx, self.keys, checkpoint, progress)

    def export(self, tx: Session, stream: IO[str]) -> int:
        """Write the ledger to ``stream`` for the stand-alone verifier; gives the number of entries.

        JSON lines in ASCII: a header with origin, vkey and checkpoint, then one line an entry.
        """
        checkpoint = self.checkpoint(tx)
        return write_export(tx, stream, checkpoint=checkpoint, key=self._head.key)

    def _read_head(self, tx: Session) -> Frontier:
        return self._head.read(tx)[0]


def _entry(index: int, body: bytes) -> Entry:
    try:
        return Entry(index=index, **json.loads(body))
    except (TypeError, ValueError):
        raise IntegrityFailure(
            f"entry {index} was altered: it is no entry any more; run `casemate ledger verify`"
        ) from None


def _body(time: str, act: Act) -> bytes:
    if not (act.actor and act.act and act.subject):
        raise BadInput(f"an entry needs an actor, an act and a subject; got {act!r}")
    if len(act.act) > ACT_CHARACTERS:
        raise BadInput(f"the act {act.act[:40]!r}… is over {ACT_CHARACTERS} characters")
    if len(act.subject) > SUBJECT_CHARACTERS:
        raise BadInput(f"the subject {act.subject[:40]!r}… is over {SUBJECT_CHARACTERS} characters")
    document = {
        "time": time,
        "actor": act.actor,
        "act": act.act,
        "subject": act.subject,
        "detail": act.detail,
    }
    body = canonical_json(document)
    if len(body) > MOST_BODY_BYTES:
        raise BadInput(
            f"the entry {act.act!r} on {act.subject!r} has {len(body)} bytes, over {MOST_BODY_BYTES}: "
            "keep the text in a table and its digest on the ledger"
        )
    return body


__all__ = ["Act", "Entry", "Ledger", "LedgerEntryRow"]
