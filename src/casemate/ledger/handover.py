"""From one signing key to the next: the entry in which both keys say so, and the chain of such entries.

The entry ``key.rotated`` names the public keys of before and after and carries two signatures over these
words, one by each ledger key. Whoever trusts any key of the chain can therefore come to all others, with
nothing but the entries: a checkpoint kept from before a rotation stays as good as it was.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.canonical import canonical_json
from casemate.errors import BadInput, IntegrityFailure
from casemate.ledger.note import Checkpoint, VerifierKey, open_checkpoint
from casemate.ledger.tables import BODY, LedgerEntryRow

ACT, SUBJECT = "key.rotated", "keys"


@dataclass(frozen=True)
class Handover:
    """One change of keys: the public keys by what they sign for, before and after it."""

    index: int
    time: str
    former: dict[str, str]
    current: dict[str, str]


def detail(
    former: dict[str, str],
    current: dict[str, str],
    keys: tuple[Ed25519PrivateKey, Ed25519PrivateKey],
) -> dict[str, Any]:
    """What the entry says: both sets of public keys, signed by both of ``keys`` (old, new)."""
    said = canonical_json({"former": former, "current": current})
    by_former, by_current = (base64.b64encode(key.sign(said)).decode() for key in keys)
    signatures = {"former": by_former, "current": by_current}
    return {"former": former, "current": current, "signatures": signatures}


def newest(tx: Session) -> Handover | None:
    """The last change of keys that the ledger tells of, unproven; ``None`` where there was none."""
    found = _entries(tx)
    return None if not found else _read(*found[-1])


def history(tx: Session, key: VerifierKey) -> tuple[Handover, ...]:
    """Every change of keys up to ``key``, the newest first, each proven by both its signatures.

    Raises ``IntegrityFailure`` where one does not lead to the next.
    """
    expected = str(key)
    proven = []
    for index, body in reversed(_entries(tx)):
        one = _read(index, body)
        if one.current["ledger"] != expected:
            raise IntegrityFailure(
                f"entry {index} of the ledger hands over to a key that is not the next one's: run "
                "`casemate ledger verify`"
            )
        _require_signed(one, json.loads(body)["detail"])
        proven.append(one)
        expected = one.former["ledger"]
    return tuple(proven)


def open_by_any(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint in ``note``, signed by one of ``keys``; raises as ``open_checkpoint`` does."""
    failure: IntegrityFailure | None = None
    for key in keys:
        try:
            return open_checkpoint(note, key)
        except IntegrityFailure as refused:
            failure = failure or refused
    raise failure or IntegrityFailure("there is no key to open the checkpoint with")


def _entries(tx: Session) -> list[tuple[int, bytes]]:
    query = (
        select(LedgerEntryRow.index, BODY)
        .where(LedgerEntryRow.subject == SUBJECT)
        .order_by(LedgerEntryRow.index)
    )
    return [(at, bytes(body)) for at, body in tx.execute(query) if _is_handover(body)]


def _is_handover(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["act"] == ACT)
    except (ValueError, KeyError, TypeError):
        return False


def _read(index: int, body: bytes) -> Handover:
    said = json.loads(body)
    try:
        told = said["detail"]
        former, current = dict(told["former"]), dict(told["current"])
        return Handover(index, said["time"], former, current)
    except (KeyError, TypeError, ValueError):
        raise IntegrityFailure(
            f"entry {index} was altered: it is no change of keys any more"
        ) from None


def _require_signed(one: Handover, told: dict[str, Any]) -> None:
    said = canonical_json({"former": one.former, "current": one.current})
    try:
        for side, keys in (("former", one.former), ("current", one.current)):
            signature = base64.b64decode(told["signatures"][side], validate=True)
            VerifierKey.parse(keys["ledger"]).key.verify(signature, said)
    except (BadInput, InvalidSignature, KeyError, TypeError, ValueError):
        raise IntegrityFailure(
            f"entry {one.index} of the ledger changes the keys without the signature of both"
        ) from None
