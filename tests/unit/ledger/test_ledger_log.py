"""Appending, reading and proving, on each database."""

import io
import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, IntegrityFailure, NotFound
from casemate.ledger import Act, Ledger, merkle
from casemate.ledger.note import Checkpoint, VerifierKey, open_checkpoint
from casemate.ledger.tables import LedgerEntryRow, LedgerHeadRow
from casemate.store import OffLedger, Store


def append(ledger: Ledger, store: Store, count: int = 1, start: int = 0) -> None:
    with store.transaction() as tx:
        ledger.append_many(
            tx, [Act("acct-a", "tested", f"thing-{start + at}", {"n": at}) for at in range(count)]
        )


def signed(ledger: Ledger, store: Store) -> Checkpoint:
    with store.read() as tx:
        return open_checkpoint(ledger.checkpoint(tx), VerifierKey.parse(ledger.vkey))


def test_an_entry_says_who_did_what_to_what_and_when(
    store: Store, ledger: Ledger, clock: Clock
) -> None:
    with store.transaction() as tx:
        entry = ledger.append(tx, actor="acct-a", act="permit.granted", subject="p-1", days=30)
    with store.read() as tx:
        assert list(ledger.entries(tx)) == [entry]
        assert ledger.entry(tx, 0) == entry
    assert (entry.index, entry.time, entry.detail) == (0, "2026-03-02T09:00:00.000Z", {"days": 30})


def test_entries_are_read_from_a_start_and_by_subject(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 5)
    append(ledger, store, 5)
    with store.read() as tx:
        assert [entry.index for entry in ledger.entries(tx, start=7)] == [7, 8, 9]
        assert [entry.index for entry in ledger.entries(tx, subject="thing-3")] == [3, 8]
        assert [entry.index for entry in ledger.entries(tx, start=4, subject="thing-3")] == [8]


def test_the_checkpoint_is_signed_in_the_transaction_of_the_entries(
    store: Store, ledger: Ledger
) -> None:
    empty = signed(ledger, store)
    assert (empty.size, empty.root) == (0, merkle.EMPTY_ROOT)
    for size in (1, 2, 3):
        append(ledger, store)
        assert signed(ledger, store).size == size
        with store.read() as tx:
            assert ledger.size(tx) == size
            bodies = tx.query(LedgerEntryRow.body).order_by(LedgerEntryRow.index)
            leaves = [merkle.leaf_hash(body) for (body,) in bodies]
        assert signed(ledger, store).root == merkle.root_of_leaves(leaves)


def test_a_checkpoint_taken_inside_a_transaction_covers_its_entries(
    store: Store, ledger: Ledger
) -> None:
    key = VerifierKey.parse(ledger.vkey)
    with store.transaction() as tx:
        ledger.append(tx, actor="a", act="b", subject="c")
        inside = open_checkpoint(ledger.checkpoint(tx), key)
        ledger.append(tx, actor="a", act="b", subject="c")
    assert inside.size == 1
    assert signed(ledger, store).size == 2


def test_a_failed_transaction_leaves_nothing(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 3)
    before = signed(ledger, store)
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        ledger.append(tx, actor="a", act="b", subject="c")
        _ = 1 // 0
    assert signed(ledger, store) == before
    append(ledger, store)
    with store.read() as tx:
        assert ledger.verify(tx).ok


@pytest.mark.parametrize("look_inside", [False, True])
def test_a_rolled_back_savepoint_takes_its_entries_with_it(
    store: Store, ledger: Ledger, look_inside: bool
) -> None:
    with store.transaction() as tx:
        ledger.append(tx, actor="a", act="kept", subject="c")
        for _ in range(2):
            savepoint = tx.begin_nested()
            ledger.append(tx, actor="a", act="dropped", subject="c")
            if look_inside:
                ledger.checkpoint(tx)
            savepoint.rollback()
        with tx.begin_nested():
            ledger.append(tx, actor="a", act="kept", subject="c")
    with store.read() as tx:
        assert [entry.act for entry in ledger.entries(tx)] == ["kept", "kept"]
        assert ledger.verify(tx).ok


def test_a_first_entry_in_a_rolled_back_savepoint(store: Store, ledger: Ledger) -> None:
    with store.transaction() as tx:
        savepoint = tx.begin_nested()
        ledger.append(tx, actor="a", act="dropped", subject="c")
        savepoint.rollback()
        ledger.append(tx, actor="a", act="kept", subject="c")
    with store.read() as tx:
        assert [entry.act for entry in ledger.entries(tx)] == ["kept"]
        assert ledger.verify(tx).ok


def test_a_session_can_commit_twice(store: Store, ledger: Ledger) -> None:
    with Session(store.engine) as session:
        for _ in range(2):
            if store.is_sqlite:
                session.connection(execution_options={"write": True})
            ledger.append(session, actor="a", act="b", subject="c")
            session.commit()
    with store.read() as tx:
        assert ledger.verify(tx).size == 2
        assert ledger.verify(tx).ok


def test_two_ledgers_with_one_key_take_turns(store: Store, ledger: Ledger, keyring: Any) -> None:
    other = Ledger(keyring.signing_key("ledger"))
    for _ in range(3):
        append(ledger, store)
        append(other, store, 2)
    with store.read() as tx:
        assert ledger.verify(tx).size == 9
        assert ledger.verify(tx).ok


def test_nothing_is_appended_in_a_read_session(store: Store, ledger: Ledger) -> None:
    with store.read() as tx, pytest.raises(OffLedger):
        ledger.append(tx, actor="a", act="b", subject="c")


def test_appending_no_acts_changes_nothing(store: Store, ledger: Ledger) -> None:
    with store.transaction() as tx:
        assert ledger.append_many(tx, []) == []
    assert signed(ledger, store).size == 0


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (Act("", "b", "c"), "needs an actor"),
        (Act("a", "b", ""), "needs an actor"),
        (Act("a", "b", "c" * 201), "over 200 characters"),
        (Act("a", "b", "c", {"text": "x" * 70_000}), "its digest on the ledger"),
    ],
)
def test_an_entry_that_is_none_is_refused(
    store: Store, ledger: Ledger, act: Act, reason: str
) -> None:
    with pytest.raises(BadInput, match=reason), store.transaction() as tx:
        ledger.append_many(tx, [Act("a", "b", "c"), act])
    assert signed(ledger, store).size == 0


def test_a_float_is_refused(store: Store, ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="float"), store.transaction() as tx:
        ledger.append(tx, actor="a", act="b", subject="c", share=0.5)


def test_any_text_survives(store: Store, ledger: Ledger) -> None:
    odd = 'Lëtzebuerg\u2028 \0 \n " 𝔸'
    with store.transaction() as tx:
        ledger.append(tx, actor="a", act="b", subject="c", odd=odd)
    stream = io.StringIO()
    with store.read() as tx:
        assert ledger.entry(tx, 0).detail == {"odd": odd}
        assert ledger.verify(tx).ok
        ledger.export(tx, stream)
    assert json.loads(json.loads(stream.getvalue().splitlines()[1])["body"])["detail"]["odd"] == odd


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_every_entry_is_proved_at_sizes_around_a_tile(
    store: Store, ledger: Ledger, size: int
) -> None:
    append(ledger, store, size)
    root = signed(ledger, store).root
    with store.read() as tx:
        for index in {0, 1, size // 2, size - 1, 254, 255, 256} & set(range(size)):
            proof = ledger.prove_inclusion(tx, index)
            assert proof.root == root
            assert proof.holds()
            body = tx.query(LedgerEntryRow.body).filter_by(index=index).scalar()
            assert proof.leaf == merkle.leaf_hash(body)


def test_proofs_reach_back_to_every_older_size(store: Store, ledger: Ledger) -> None:
    roots = {0: merkle.EMPTY_ROOT}
    for size in (1, 200, 256, 300, 600):
        append(ledger, store, size - max(roots))
        roots[size] = signed(ledger, store).root
    with store.read() as tx:
        for old in roots:
            for new in (size for size in roots if size >= max(old, 1)):
                proof = ledger.prove_consistency(tx, old, new)
                assert (proof.old_root, proof.new_root) == (roots[old], roots[new])
                assert proof.holds()
        assert ledger.prove_inclusion(tx, 150, 200).root == roots[200]
        assert ledger.prove_consistency(tx, 256).new_size == 600


def test_what_is_not_there_is_not_proved(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 3)
    with store.read() as tx:
        for call in (
            lambda: ledger.prove_inclusion(tx, 3),
            lambda: ledger.prove_inclusion(tx, -1),
            lambda: ledger.prove_inclusion(tx, 2, 2),
            lambda: ledger.prove_inclusion(tx, 0, 4),
            lambda: ledger.prove_consistency(tx, 4),
            lambda: ledger.prove_consistency(tx, 2, 1),
            lambda: ledger.entry(tx, 3),
        ):
            with pytest.raises(NotFound):
                call()


def test_a_proof_is_written_as_other_logs_write_it(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 3)
    with store.read() as tx:
        proof, checkpoint = ledger.prove_inclusion(tx, 1), ledger.checkpoint(tx)
        older = ledger.prove_inclusion(tx, 1, 2)
    lines = proof.with_checkpoint(checkpoint).split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 1"]
    assert lines[2 : lines.index("")] == proof.to_dict()["path"]
    assert "\n".join(lines[lines.index("") + 1 :]) == checkpoint
    with pytest.raises(BadInput, match="not the one"):
        older.with_checkpoint(checkpoint)


def test_progress_is_told_to_the_end(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 5)
    told: list[tuple[int, int]] = []
    with store.read() as tx:
        report = ledger.verify(tx, progress=lambda *at: told.append(at))
    assert told[-1] == (5, 5)
    assert (report.ok, report.size) == (True, 5)


def test_verify_sees_one_state_while_others_append(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 300)

    def interfere(_done: int, _size: int) -> None:
        append(ledger, store, 300)

    with store.read() as tx:
        assert ledger.verify(tx, progress=interfere).ok


def test_a_checkpoint_that_is_none_is_the_caller_s_mistake(store: Store, ledger: Ledger) -> None:
    with store.read() as tx, pytest.raises(BadInput):
        ledger.verify(tx, checkpoint="not a checkpoint")


def test_an_altered_head_is_neither_extended_nor_vouched_for(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 3)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_head SET size = 2, frontier = frontier"))
        connection.execute(text('DELETE FROM ledger_entry WHERE "index" = 2'))
    with store.read() as tx, pytest.raises(IntegrityFailure):
        ledger.checkpoint(tx)
    with pytest.raises(IntegrityFailure):
        append(ledger, store)


def test_a_missing_head_is_not_made_anew(store: Store, ledger: Ledger) -> None:
    append(ledger, store, 3)
    with store.engine.begin() as connection:
        connection.execute(LedgerHeadRow.__table__.delete())  # type: ignore[attr-defined]
    with pytest.raises(IntegrityFailure, match="head is gone though 3 entries"):
        append(ledger, store)


def test_another_key_does_not_go_on_with_the_ledger(
    store: Store, ledger: Ledger, keyring: Any
) -> None:
    append(ledger, store, 3)
    with pytest.raises(IntegrityFailure, match="not signed by its key"):
        append(Ledger(keyring.signing_key("other")), store)
