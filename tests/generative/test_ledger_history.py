"""Random histories of transactions, savepoints and failures: the ledger holds what was committed."""

import tempfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from casemate.ledger import Act, Ledger
from casemate.ledger.note import VerifierKey, open_checkpoint
from casemate.store import Base, Store

KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)

# A step appends so many entries, looks at the checkpoint, or runs steps in a savepoint.
appends = st.one_of(st.integers(1, 3), st.sampled_from([100, 255, 256, 257]))
steps: st.SearchStrategy[Any] = st.recursive(
    st.one_of(appends, st.just("look")),
    lambda inner: st.tuples(st.lists(inner, max_size=3), st.booleans()),
    max_leaves=6,
)
transactions = st.lists(st.tuples(st.lists(steps, max_size=4), st.booleans()), max_size=5)


class Undo(Exception):
    """Raised inside a transaction to make it fail."""


def run(tx: Session, ledger: Ledger, step: Any, done: list[str]) -> None:
    if step == "look":
        note = ledger.checkpoint(tx)
        assert open_checkpoint(note, VerifierKey.parse(ledger.vkey)).size == len(done)
    elif isinstance(step, int):
        names = [f"entry-{len(done) + at}" for at in range(step)]
        ledger.append_many(tx, [Act("a", "tested", name) for name in names])
        done.extend(names)
    else:
        inner, kept = step
        savepoint, before = tx.begin_nested(), len(done)
        for each in inner:
            run(tx, ledger, each, done)
        if kept:
            savepoint.commit()
        else:
            savepoint.rollback()
            del done[before:]


@settings(max_examples=40, deadline=None)
@given(transactions)
def test_what_was_committed_is_there_in_order_and_provable(history: list[Any]) -> None:
    committed: list[str] = []
    checkpoints: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        store, ledger = Store(f"sqlite:///{Path(folder) / 'casemate.db'}"), Ledger(KEY)
        Base.metadata.create_all(store.engine)
        for inner, fails in history:
            done = list(committed)
            try:
                with store.transaction() as tx:
                    for step in inner:
                        run(tx, ledger, step, done)
                    if fails:
                        raise Undo
                committed = done
            except Undo:
                pass
            with store.read() as tx:
                checkpoints.append(ledger.checkpoint(tx))
        with store.read() as tx:
            assert [entry.subject for entry in ledger.entries(tx)] == committed
            for checkpoint in checkpoints:
                assert ledger.verify(tx, checkpoint=checkpoint).problems == ()
            for index in {0, len(committed) // 2, len(committed) - 1} & set(range(len(committed))):
                assert ledger.prove_inclusion(tx, index).holds()
        store.close()
