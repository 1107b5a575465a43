"""The whole ledger, recomputed from its bodies and held against everything that was signed."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, Select, cast, func, select
from sqlalchemy.orm import Session

from casemate.errors import BadInput, IntegrityFailure
from casemate.ledger.handover import open_by_any
from casemate.ledger.merkle import Frontier, leaf_hash
from casemate.ledger.note import Checkpoint, VerifierKey
from casemate.ledger.tables import BODY, LEAF, LedgerEntryRow, LedgerHeadRow, LedgerNodeRow

_READ_AHEAD = 5_000
_MOST_PROBLEMS = 20
_LAST = func.max(LedgerEntryRow.index)


@dataclass(frozen=True)
class Report:
    """What a verification found. ``problems`` are sentences, the first bad entry first."""

    size: int
    root: str
    ok: bool
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Snapshot:
    """Head and counts as one statement saw them: writers may go on while we read the rest."""

    size: int
    frontier: bytes
    checkpoint: str | None
    last_index: int
    nodes: int


def verify(
    tx: Session,
    keys: Sequence[VerifierKey],
    older: str | None,
    progress: Callable[[int, int], None] | None,
) -> Report:
    """See ``Ledger.verify``; the first of ``keys`` signs today, the others signed before it."""
    audit = _Audit(tx, _snapshot(tx), keys, older)
    audit.read_entries(progress)
    audit.compare_head()
    root = base64.b64encode(audit.tree.root()).decode()
    return Report(audit.tree.size, root, not audit.problems, tuple(audit.problems))


class _Audit:
    def __init__(
        self, tx: Session, head: _Snapshot, keys: Sequence[VerifierKey], older: str | None
    ) -> None:
        self.problems: list[str] = []
        self.tree = Frontier()
        self._tx = tx
        self._head = head
        current = keys[:1]
        self._signed = (
            self._opened(head.checkpoint, "the head", current) if head.checkpoint else None
        )
        self._older = (
            self._opened(older, "the older checkpoint", keys) if older is not None else None
        )
        self._nodes = _kept_nodes(tx, head.size)

    def read_entries(self, progress: Callable[[int, int], None] | None) -> None:
        """Stream all entries through the tree, comparing every derived value on the way."""
        expected = 0
        self._compare_older()
        for index, body, leaf, *filed in self._tx.connection().execute(_entries(self._head.size)):
            if index != expected:
                self._report(_gap(expected, index))
                expected = max(index, 0)
            self._read_entry(index, body, leaf, (filed[0], filed[1]))
            expected += 1
            if progress is not None and expected % _READ_AHEAD == 0:
                progress(expected, self._head.size)
        if progress is not None:
            progress(expected, self._head.size)
        if expected < self._head.size:
            self._report(
                f"entry {expected} is missing, and all after it: the signed head counts "
                f"{self._head.size} entries"
            )

    def _read_entry(self, index: int, body: bytes, leaf: bytes, filed: tuple[str, str]) -> None:
        computed = leaf_hash(body)
        if computed != leaf:
            self._report(f"entry {index} was altered: its body does not hash to its leaf")
        else:
            self._compare_filing(index, body, filed)
        for level, at, node in self.tree.push(computed):
            if self._nodes.pop((level, at), None) != node and not self.problems:
                span = 256**level
                self._report(
                    f"one of the entries {at * span} to {(at + 1) * span - 1} was altered, or the "
                    f"hash kept for them (level {level}, number {at})"
                )
        self._compare_older()

    def _compare_filing(self, index: int, body: bytes, filed: tuple[str, str]) -> None:
        for name, value in zip(("subject", "act"), filed, strict=True):
            if _said(body, name) != value:
                self._report(
                    f"entry {index} is filed under the {name} {value!r}, which is not the one in its body"
                )

    def _compare_older(self) -> None:
        older = self._older
        if older is None or older.size != self.tree.size:
            return
        if older.root != self.tree.root():
            self._report(
                f"history was rewritten: the first {older.size} entries are not those that the older "
                "checkpoint fixed"
            )

    def compare_head(self) -> None:
        """Hold the recomputed tree against head, checkpoints and counts."""
        head, tree = self._head, self.tree
        if head.last_index >= head.size:
            self._report(
                f"entry {head.size} is not covered by the head, which counts {head.size} entries: "
                "rows were added, or the head rolled back, behind the program's back"
            )
        if head.checkpoint is None:
            if head.last_index >= 0:
                self._report("the ledger's head is gone, or unreadable, though entries are there")
        elif (tree.size, bytes(tree)) != (head.size, head.frontier):
            self._report(f"the entries are not those of the head, which counts {head.size}")
        self._compare_signed()
        if self._nodes or head.nodes != sum(head.size >> shift for shift in range(8, 64, 8)):
            self._report(
                "hashes are kept for entries that the ledger does not have, or are missing"
            )
        if self._older is not None and self._older.size > tree.size:
            self._report(
                f"the ledger was rolled back or cut off: the older checkpoint fixed {self._older.size} "
                f"entries, here are {tree.size}"
            )

    def _compare_signed(self) -> None:
        signed, tree = self._signed, self.tree
        if signed is not None and (signed.size, signed.root) != (tree.size, tree.root()):
            self._report(
                f"the {tree.size} entries here do not lead to the root that the ledger's key signed "
                f"for {signed.size} entries"
            )

    def _opened(self, note: str, what: str, keys: Sequence[VerifierKey]) -> Checkpoint | None:
        try:
            return open_by_any(note, keys)
        except IntegrityFailure as failure:
            self._report(f"{what} is not signed by this ledger's key: {failure}")
        except BadInput as failure:
            if what != "the head":
                raise  # the caller's own file is no checkpoint: say so, accuse nobody
            self._report(f"{what} carries no signed checkpoint: {failure}")
        return None

    def _report(self, problem: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


def _snapshot(tx: Session) -> _Snapshot:
    head = LedgerHeadRow
    wanted: tuple[Any, ...] = (head.size, cast(head.frontier, LargeBinary), head.checkpoint)
    columns: list[Any] = [select(column).scalar_subquery() for column in (*wanted, _LAST)]
    columns.append(select(func.count()).select_from(LedgerNodeRow).scalar_subquery())
    size, frontier, checkpoint, last, count = tx.execute(select(*columns)).one()
    last_index = -1 if last is None else last
    if not isinstance(size, int) or not isinstance(checkpoint, str):  # no head, or a forged one
        return _Snapshot(last_index + 1, b"", None, last_index, count)
    return _Snapshot(size, frontier, checkpoint, last_index, count)


def _entries(size: int) -> Select[int, bytes, bytes, str, str]:
    entry = LedgerEntryRow
    return (
        select(entry.index, BODY, LEAF, entry.subject, entry.act)
        .where(entry.index < size)
        .order_by(entry.index)
        .execution_options(yield_per=_READ_AHEAD)
    )


def _kept_nodes(tx: Session, size: int) -> dict[tuple[int, int], bytes]:
    query = select(LedgerNodeRow.level, LedgerNodeRow.index, LedgerNodeRow.hash)
    rows = tx.connection().execute(query)
    return {(level, at): bytes(kept) for level, at, kept in rows if (at + 1) << (8 * level) <= size}


def _said(body: bytes, name: str) -> str | None:
    try:
        value = json.loads(body)[name]
    except (ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) else None


def _gap(expected: int, index: int) -> str:
    if index < expected:
        return f"a row with the impossible index {index} was added behind the program's back"
    missing = (
        f"entry {expected} is missing"
        if index == expected + 1
        else (f"entries {expected} to {index - 1} are missing")
    )
    return f"{missing}: entry {index} follows entry {expected - 1}"
