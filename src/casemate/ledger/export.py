"""The ledger as a file that the stand-alone verifier, or any other program, can check."""

import base64
import json
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.errors import IntegrityFailure
from casemate.ledger.note import VerifierKey, open_checkpoint
from casemate.ledger.tables import BODY, LEAF, LedgerEntryRow

FORMAT = "casemate-ledger-1"
_READ_AHEAD = 5_000


def write_export(tx: Session, stream: IO[str], *, checkpoint: str, key: VerifierKey) -> int:
    """See ``Ledger.export``. Bodies are written as exact text, so that they hash again."""
    size = open_checkpoint(checkpoint, key).size
    header = {"format": FORMAT, "origin": key.name, "vkey": str(key), "size": size}
    _write(stream, {**header, "checkpoint": checkpoint})
    query = (
        select(LedgerEntryRow.index, BODY, LEAF)
        .where(LedgerEntryRow.index < size)
        .order_by(LedgerEntryRow.index)
        .execution_options(yield_per=_READ_AHEAD)
    )
    written = 0
    for index, body, leaf in tx.connection().execute(query):
        line = {"index": index, "leaf": base64.b64encode(leaf).decode(), "body": _text(index, body)}
        _write(stream, line)
        written += 1
    return written


def _text(index: int, body: bytes) -> str:
    try:
        return bytes(body).decode()
    except UnicodeDecodeError:
        raise IntegrityFailure(f"entry {index} was altered: its body is not text") from None


def _write(stream: IO[str], line: dict[str, Any]) -> None:
    stream.write(json.dumps(line, separators=(",", ":")) + "\n")
