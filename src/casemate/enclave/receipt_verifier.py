#!/usr/bin/env python3
"""Checks a released file against its receipt: needs Python 3.11 and `cryptography`, nothing else.

    python receipt_verifier.py FILE RECEIPT --key VKEY

RECEIPT is the file that `casemate output fetch` writes beside FILE. VKEY is the public key of the
ledger (c2sp.org/signed-note), or a file that holds it, got from the data space by another way than the
receipt. What is shown: FILE is byte for byte what was released; the receipt's statement is the one whose
digest an entry of the ledger fixes; that entry is in the log (RFC 9162) under a checkpoint
(c2sp.org/tlog-checkpoint) that the key signed. A receipt has one valid text: any changed byte of
it fails. Exit code 0: all holds. 4: it does not. 2: a file cannot be read.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "casemate-release-receipt-1"
MOST_BYTES = 1 << 20
"""Of a receipt; what is larger is none."""


class Broken(Exception):
    """Says in one sentence what does not hold."""


def render(receipt: dict[str, Any]) -> bytes:
    """The one valid text of a receipt."""
    text = json.dumps(receipt, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return text.encode() + b"\n"


def verify(file: bytes, receipt: bytes, vkey: str) -> dict[str, Any]:
    """The statement of ``receipt`` once everything holds; raises ``Broken`` with what does not."""
    try:
        document = _read(receipt)
        statement, ledger = document["statement"], document["ledger"]
        entry = json.loads(ledger["entry"])
        _require_known_entry(ledger, vkey)
        _require_release(statement, entry)
        _require_file(file, statement)
    except Broken:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as failure:
        raise Broken(f"this is no release receipt: {failure!r}") from failure
    return dict(statement)


def _read(receipt: bytes) -> dict[str, Any]:
    if len(receipt) > MOST_BYTES:
        raise Broken(f"this is no release receipt: it has {len(receipt)} bytes")
    document = json.loads(receipt)
    if document["format"] != FORMAT or set(document) != {"format", "statement", "ledger"}:
        raise Broken(f"this is no release receipt of the form {FORMAT}")
    if set(document["ledger"]) != {"key", "index", "entry", "path", "checkpoint"}:
        raise Broken("the receipt's proof is not complete, or more than one")
    if render(document) != receipt:
        raise Broken("the receipt was altered: it is not written as receipts are")
    return dict(document)


def _require_known_entry(ledger: dict[str, Any], vkey: str) -> None:
    if ledger["key"] != vkey:
        raise Broken("the receipt names another key than the one given: it is of another ledger")
    size, root = open_checkpoint(ledger["checkpoint"], vkey)
    leaf = hashlib.sha256(b"\0" + ledger["entry"].encode()).digest()
    path = [_unbase64(node) for node in ledger["path"]]
    if type(ledger["index"]) is not int or not is_included(leaf, ledger["index"], size, path, root):
        raise Broken(f"the ledger's entry {ledger['index']} is not under the signed checkpoint")


def _require_release(statement: dict[str, Any], entry: dict[str, Any]) -> None:
    if (entry["act"], entry["subject"]) != ("output.released", statement["output"]):
        raise Broken("the ledger's entry is not of the release of this output")
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if entry["detail"]["receipt"] != _digest(text.encode()):
        raise Broken("the receipt's statement was altered: the ledger fixed another one")


def _require_file(file: bytes, statement: dict[str, Any]) -> None:
    if _digest(file) != statement["digest"] or len(file) != statement["size"]:
        raise Broken(
            f"the file is not the one that was released: {statement['digest']} left, as "
            f"{statement['output']}"
        )


def open_checkpoint(note: str, vkey: str) -> tuple[int, bytes]:
    """The size and root that ``vkey``, and nobody else, signed in ``note``."""
    name, identity, public = _key(vkey)
    text, _, signature = note.partition("\n\n")
    head, _, encoded = signature.rstrip("\n").rpartition(" ")
    signed = _unbase64(encoded)
    if head != f"— {name}" or signed[:4] != identity or not signature.endswith("\n"):
        raise Broken(f"the checkpoint is not signed by {name}+{identity.hex()}")
    try:
        public.verify(signed[4:], f"{text}\n".encode())
    except InvalidSignature:
        raise Broken("the checkpoint was altered: its signature does not hold") from None
    origin, size, root = text.split("\n")
    if origin != name or not (size.isascii() and size.isdigit()):
        raise Broken(f"the checkpoint is of another ledger, {origin}")
    if note != f"{text}\n\n{head} {encoded}\n":
        raise Broken("the checkpoint was altered: it is not written as checkpoints are")
    return int(size), _unbase64(root)


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether ``path`` leads from ``leaf`` at ``index`` to ``root`` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, at = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            at = hashlib.sha256(b"\1" + sibling + at).digest()
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            at = hashlib.sha256(b"\1" + at + sibling).digest()
        first, last = first >> 1, last >> 1
    return last == 0 and at == root


def _key(vkey: str) -> tuple[str, bytes, Ed25519PublicKey]:
    name, key_id, encoded = vkey.split("+", 2)
    material = _unbase64(encoded)
    identity = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if material[:1] != b"\x01" or identity.hex() != key_id:
        raise Broken(f"the key {vkey} is not an Ed25519 verifier key, or was altered")
    return name, identity, Ed25519PublicKey.from_public_bytes(material[1:])


def _unbase64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:  # two spellings of one hash would be two receipts
        raise Broken(f"{text!r} is not in canonical base64")
    return data


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def read_key(given: str) -> str:
    """The verifier key that ``given`` is, or that lies in the file of that name."""
    if given.count("+") >= 2 and "\n" not in given:
        return given.strip()
    return Path(given).read_text("utf-8").strip()


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Check a released file against its receipt.")
    parser.add_argument("file", type=Path, help="the released file")
    parser.add_argument("receipt", type=Path, help="its receipt (FILE.receipt.json)")
    parser.add_argument("--key", required=True, help="the ledger's public key, or a file of it")
    options = parser.parse_args()
    try:
        key = read_key(options.key)
        stated = verify(options.file.read_bytes(), options.receipt.read_bytes(), key)
    except (OSError, UnicodeDecodeError) as failure:
        print(f"cannot read: {failure}", file=sys.stderr)
        return 2
    except Broken as failure:
        print(f"BROKEN: {failure}", file=sys.stderr)
        return 4
    print(f"OK: {stated['output']} was released at {stated['released_at']}, {stated['digest']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
