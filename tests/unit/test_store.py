"""The store holds the third law: no change without an entry."""

import pytest

from casemate.ledger import Ledger
from casemate.ledger.log import LedgerEntryRow
from casemate.store import OffLedger, Store


def test_a_change_without_an_entry_is_refused(store: Store) -> None:
    with pytest.raises(OffLedger), store.transaction() as tx:
        tx.add(LedgerEntryRow(index=0, body=b"{}", leaf=b"0" * 32, subject="x"))
    with store.read() as tx:
        assert tx.query(LedgerEntryRow).count() == 0


def test_a_change_with_an_entry_is_kept(store: Store, ledger: Ledger) -> None:
    with store.transaction() as tx:
        ledger.append(tx, actor="acct-a", act="tested", subject="x")
    with store.read() as tx:
        assert [entry.act for entry in ledger.entries(tx)] == ["tested"]


def test_a_read_session_changes_nothing(store: Store) -> None:
    with pytest.raises(OffLedger), store.read() as tx:
        tx.add(LedgerEntryRow(index=0, body=b"{}", leaf=b"0" * 32, subject="x"))
        tx.flush()
