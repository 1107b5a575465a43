"""Looking round in the ledger: filters and pages give exactly what a plain look through gives."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import MovableClock
from sqlalchemy import text

from casemate.errors import BadInput
from casemate.ledger import Act, Entry, Ledger, Wanted
from casemate.store import Base, Store

START = datetime(2025, 11, 20, tzinfo=UTC)
ACTS = ("permit.granted", "run.submitted", "output.released")


@pytest.fixture
def written(ledger: Ledger, store: Store, clock: MovableClock) -> list[Entry]:
    """Two hundred entries of three acts on seven records, eight hours apart: over three months."""
    clock.now = START
    entries = []
    for at in range(200):
        with store.transaction() as tx:
            entries.append(
                ledger.append(tx, actor="acct-a", act=ACTS[at % 3], subject=f"record-{at % 7}")
            )
        clock.advance(hours=8)
    return entries


WANTED = [
    Wanted(),
    Wanted(act="run.submitted"),
    Wanted(subject="record-3"),
    Wanted(act="output.released", subject="record-2"),
    Wanted(since=START + timedelta(days=30)),
    Wanted(until=START + timedelta(days=3, hours=1)),
    Wanted("permit.granted", None, START + timedelta(days=9), START + timedelta(days=33)),
    Wanted(since=START + timedelta(days=999)),
    Wanted(until=START - timedelta(days=1)),
    Wanted(act="no.such_act"),
]


def plainly(entries: list[Entry], wanted: Wanted) -> list[int]:
    return [
        one.index
        for one in reversed(entries)
        if wanted.act in (None, one.act)
        and wanted.subject in (None, one.subject)
        and (wanted.since is None or datetime.fromisoformat(one.time) >= wanted.since)
        and (wanted.until is None or datetime.fromisoformat(one.time) < wanted.until)
    ]


def test_pages_backwards_hold_what_a_plain_look_through_finds(
    ledger: Ledger, store: Store, written: list[Entry]
) -> None:
    with store.read() as tx:
        for wanted in WANTED:
            found: list[int] = []
            before: int | None = None
            while page := ledger.newest_first(tx, wanted, before=before, limit=11):
                found += [one.index for one in page]
                before = page[-1].index
            assert found == plainly(written, wanted), wanted


def test_activity_counts_each_act_of_each_month_and_goes_on(
    ledger: Ledger, store: Store, written: list[Entry], clock: MovableClock
) -> None:
    def plain() -> Counter[tuple[str, str]]:
        return Counter((one.time[:7], one.act) for one in written)

    with store.read() as tx:
        assert ledger.activity(tx) == plain()
    clock.advance(days=40)
    with store.transaction() as tx:
        written.append(ledger.append(tx, actor="acct-a", act=ACTS[0], subject="record-0"))
    with store.read() as tx:
        assert ledger.activity(tx) == plain()
        assert len({month for month, _ in ledger.activity(tx)}) == 4


def test_an_empty_ledger_has_no_entries_and_no_activity(ledger: Ledger, store: Store) -> None:
    with store.read() as tx:
        assert ledger.newest_first(tx, Wanted(), limit=5) == []
        assert ledger.activity(tx) == {}


def test_a_page_asks_an_index_and_sorts_nothing(tmp_path: Path) -> None:
    """What makes a page cost the same in a ledger of a million, as SQLite itself says it."""
    store = Store(f"sqlite:///{tmp_path / 'plan.db'}")
    Base.metadata.create_all(store.engine)
    query = (
        'EXPLAIN QUERY PLAN SELECT "index", body FROM ledger_entry WHERE {} AND "index" < 100 '
        'AND "index" >= 0 ORDER BY "index" DESC LIMIT 20'
    )
    with store.engine.connect() as connection:
        for column in ("act", "subject"):
            plan = connection.execute(text(query.format(f"{column} = 'x'"))).mappings().all()
            assert [step["detail"] for step in plan] == [
                f"SEARCH ledger_entry USING INDEX ix_ledger_entry_{column} "
                f"({column}=? AND {'index' if column == 'act' else 'rowid'}>? AND "
                f"{'index' if column == 'act' else 'rowid'}<?)"
            ]


def test_an_entry_filed_under_another_act_is_found_by_the_audit(
    ledger: Ledger, store: Store, written: list[Entry]
) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_entry SET act = 'other' WHERE \"index\" = 7"))
    with store.read() as tx:
        report = ledger.verify(tx)
    assert report.problems == (
        "entry 7 is filed under the act 'other', which is not the one in its body",
    )


def test_an_act_too_long_to_be_filed_is_refused(ledger: Ledger, store: Store) -> None:
    with pytest.raises(BadInput, match="over 64"), store.transaction() as tx:
        ledger.append_many(tx, [Act("acct-a", "x" * 65, "record-1")])
