"""Bytes that trusted code made, in the place of those that the researcher's program left."""

import hmac

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casemate.enclave.outputs import Sealed
from casemate.enclave.records import SYSTEM, OutputState
from casemate.enclave.tables import OriginalRow, OutputRow
from casemate.errors import Conflict
from casemate.ledger import Ledger
from casemate.store.keys import Keyring


def exchange(tx: Session, ledger: Ledger, keyring: Keyring, output: str, made: Sealed) -> None:
    """Let ``made`` (sealed, named by no record yet) be the content of ``output`` from now on.

    Call it in the transaction that records the verdict on these bytes. What it replaces stays sealed,
    for an audit: no method gives it to anybody. Raises ``Conflict`` where the output was checked meanwhile.
    """
    columns = (OutputRow.blob, OutputRow.wrapped_key, OutputRow.digest, OutputRow.size)
    before = tx.execute(select(*columns).where(OutputRow.id == output)).one()
    done = tx.execute(
        update(OutputRow)
        .where(OutputRow.id == output, OutputRow.state == OutputState.held.value)
        .where(OutputRow.decision.is_(None))
        .values(blob=made.id, wrapped_key=made.wrapped_key, digest=made.digest, size=made.size)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(f"output {output} was checked meanwhile: its content stays")
    tx.add(OriginalRow(output=output, **before._asdict()))
    key = keyring.derive("output-commitment")  # as for every output that is not released yet
    commitment = "hmac-sha256:" + hmac.new(key, made.digest.encode(), "sha256").hexdigest()
    ledger.append(tx, actor=SYSTEM, act="output.made_anew", subject=output, commitment=commitment)
    keyring.unwrap(
        made.wrapped_key, made.id
    )  # sealed a while ago: is the master key still the same?
