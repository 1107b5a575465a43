"""Looking round in a long ledger: the newest first, by act, record and time, and how much of what.

A page costs the same at a hundred entries as at a million: each filter is an index, and a span of time
is turned into a span of entries by halving, since entries stand in the order in which they were written.
"""

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from casemate.clock import timestamp
from casemate.ledger.prepared import Prepared
from casemate.ledger.tables import BODY, LedgerEntryRow

_ROW = LedgerEntryRow
_BODY_AT = Prepared(select(BODY).where(_ROW.index == bindparam("at")))
_NEXT_ACT = Prepared(select(func.min(_ROW.act)).where(_ROW.act > bindparam("after")))
_HOW_MANY = Prepared(
    select(func.count()).where(
        _ROW.act == bindparam("act"),
        _ROW.index >= bindparam("first"),
        _ROW.index < bindparam("end"),
    )
)


@dataclass(frozen=True)
class Wanted:
    """Which entries. ``since`` is the first moment that counts, ``until`` the first that does not."""

    act: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def newest_first(
    tx: Session, wanted: Wanted, *, before: int | None, limit: int
) -> list[tuple[int, bytes]]:
    """Up to ``limit`` entries, (index, body), the newest first; those below ``before`` if given."""
    first, end = _span(tx, wanted)
    end = end if before is None else min(end, before)
    query = _filtered(select(LedgerEntryRow.index, BODY), wanted)
    query = query.where(LedgerEntryRow.index >= first, LedgerEntryRow.index < end)
    rows = tx.execute(query.order_by(LedgerEntryRow.index.desc()).limit(limit))
    return [(index, bytes(body)) for index, body in rows]


def _filtered(query: Select[int, bytes], wanted: Wanted) -> Select[int, bytes]:
    if wanted.subject is not None:
        query = query.where(LedgerEntryRow.subject == wanted.subject)
        if wanted.act is not None:  # few entries are of one record: its index, not that of acts
            return query.where(func.coalesce(LedgerEntryRow.act, "") == wanted.act)
    if wanted.act is not None:
        query = query.where(LedgerEntryRow.act == wanted.act)
    return query


def _span(tx: Session, wanted: Wanted) -> tuple[int, int]:
    """The first entry of the span of time, and the one after its last."""
    size = _count(tx)
    first = 0 if wanted.since is None else first_since(tx, wanted.since, size)
    end = size if wanted.until is None else first_since(tx, wanted.until, size)
    return first, end


def _count(tx: Session) -> int:
    last = tx.scalar(select(func.max(LedgerEntryRow.index)))
    return 0 if last is None else last + 1


def first_since(tx: Session, moment: datetime, size: int) -> int:
    """The first of ``size`` entries written at ``moment`` or after; ``size`` where there is none."""
    wanted, low, high = timestamp(moment), 0, size
    while low < high:
        middle = (low + high) // 2
        if _time_of(tx, middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def _time_of(tx: Session, index: int) -> str:
    # Where an entry is gone or is none any more, which an audit tells, the halving just goes on below.
    body = _BODY_AT.run(tx.connection(), {"at": index}).scalar()
    try:
        return str(json.loads(bytes(body or b"{}"))["time"])
    except (ValueError, KeyError, TypeError):
        return ""


class Activity:
    """How many entries of each act there are in each month.

    Counted once a process and then carried on from where the count ended: entries never change.
    """

    def __init__(self) -> None:
        self._counted = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def by_month(self, tx: Session) -> Mapping[tuple[str, str], int]:
        """(month as 2026-03, act): entries."""
        size = _count(tx)
        with self._lock:
            if size > self._counted:
                self._counts.update(_counts(tx, self._counted, size))
                self._counted = size
            return dict(self._counts)


def _counts(tx: Session, first: int, size: int) -> Counter[tuple[str, str]]:
    """Each act's entries between two months' starts: counted in its index, which holds nothing else."""
    months = _months(_time_of(tx, first), _time_of(tx, size - 1))
    starts = [first, *(first_since(tx, month, size) for month in months[1:]), size]
    connection = tx.connection()
    found: Counter[tuple[str, str]] = Counter()
    act: str | None = ""
    while (act := _NEXT_ACT.run(connection, {"after": act}).scalar()) is not None:
        for month, start, end in zip(months, starts, starts[1:], strict=False):
            span = {"act": act, "first": start, "end": end}
            if count := _HOW_MANY.run(connection, span).scalar_one():
                found[month.strftime("%Y-%m"), act] = count
    return found


def _months(first: str, last: str) -> Sequence[datetime]:
    """The first moment of each month from ``first`` to ``last``, both RFC 3339."""
    try:
        at, end = (datetime.fromisoformat(one).astimezone(UTC) for one in (first, last))
    except ValueError:  # an altered entry: its month is not known, an audit tells why
        return [datetime(1970, 1, 1, tzinfo=UTC)]
    at = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [at]
    while (following := _after(found[-1])) <= end:
        found.append(following)
    return found


def _after(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
