"""The release receipt: a document that travels with a released file and proves where it came from.

The *statement* says what was released, from which data, under which permit and rules, and who decided.
It is made in the transaction that releases; its digest stands in the ledger's entry of the release, and
so under every later checkpoint. The *document* adds that entry, its inclusion proof and a signed
checkpoint; ``receipt_verifier`` checks all of it with nothing but the ledger's public key.
"""

import json
import re
from base64 import b64encode
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casemate.access import Permit
from casemate.canonical import canonical_json, digest
from casemate.clock import timestamp
from casemate.enclave import watermark
from casemate.enclave.receipt_verifier import FORMAT, render
from casemate.enclave.records import SYSTEM, Decision, Output, Run
from casemate.errors import IntegrityFailure
from casemate.ledger import Ledger
from casemate.ledger.merkle import leaf_hash


def leaving(data: bytes, mark: str | None) -> bytes:
    """The bytes that leave: ``data`` as it was checked, with its mark where it carries one."""
    return data if mark is None else watermark.marked(data, mark)


def mark_for(data: bytes, output: str, ledger: str) -> str | None:
    """What a released file carries in its metadata; ``None`` where its format has no place for it."""
    if not watermark.can_be_marked(data):
        return None
    return f"{output} {re.sub(r'[^A-Za-z0-9.:/_-]', '-', ledger)[:100]}"


def statement_of(
    output: Output,
    data: bytes,
    *,
    run: Run,
    permit: Permit,
    decisions: tuple[Decision, ...],
    released_by: str,
    released_at: datetime,
    ledger: str,
) -> dict[str, Any]:
    """What is stated of a release. Accounts and digests only: no name of a person, no reason's words."""
    mark = mark_for(data, output.id, ledger)
    leaves = leaving(data, mark)
    opened = {(view["dataset"], view["version"]) for view in run.inputs.values()}
    return {
        "output": output.id,
        "file": output.name,
        "digest": digest(leaves),
        "size": len(leaves),
        "checked": digest(data),
        "watermark": mark,
        "run": run.id,
        "script": run.script_digest,
        "datasets": [{"dataset": name, "version": version} for name, version in sorted(opened)],
        "permit": {"id": permit.id, "digest": permit.digest},
        "rules": digest(canonical_json(permit.output_rules.model_dump(mode="json"))),
        "recipe": output.recipe,
        "verdict": output.decision,
        "decisions": [_told(decision) for decision in decisions],
        "released_by": {"account": released_by, "role": _role(released_by)},
        "released_at": timestamp(released_at),
    }


def document(
    tx: Session, ledger: Ledger, statement: dict[str, Any], ledger_index: int
) -> dict[str, Any]:
    """The whole receipt, proven against the ledger as ``tx`` sees it.

    Call it in a transaction that appends nothing: its checkpoint must be one that stands.
    Raises ``IntegrityFailure`` where the ledger's entry is not that of this statement.
    """
    entry = ledger.entry(tx, ledger_index)
    if entry.detail.get("receipt") != digest(canonical_json(statement)):
        raise IntegrityFailure(
            f"the receipt of output {statement['output']} is not the one that entry {ledger_index} of "
            "the ledger fixes: it was altered"
        )
    body = canonical_json(
        {name: getattr(entry, name) for name in ("time", "actor", "act", "subject", "detail")}
    )
    proof = ledger.prove_inclusion(tx, ledger_index)
    if leaf_hash(body) != proof.leaf:
        raise IntegrityFailure(f"entry {ledger_index} of the ledger is not in canonical form")
    return {
        "format": FORMAT,
        "statement": statement,
        "ledger": {
            "key": ledger.vkey,
            "index": proof.index,
            "entry": body.decode(),
            "path": [b64encode(node).decode() for node in proof.path],
            "checkpoint": ledger.checkpoint(tx),
        },
    }


def as_bytes(receipt: dict[str, Any]) -> bytes:
    """The receipt as the one file that it may be."""
    return render(json.loads(canonical_json(receipt)))


def _told(decision: Decision) -> dict[str, Any]:
    return {
        "account": decision.checker,
        "role": _role(decision.checker),
        "decision": "clear" if decision.clear else "refuse",
        "reason": digest(decision.reason.encode()),
        "at": timestamp(decision.decided_at),
    }


def _role(account: str) -> str:
    return "machine" if account == SYSTEM else "output_checker"
