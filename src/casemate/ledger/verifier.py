#!/usr/bin/env python3
"""Checks an exported ledger with nothing but its public key: needs Python 3.11 and `cryptography`.

    python verifier.py EXPORT --key VKEY [--checkpoint OLD]

EXPORT is the file that `casemate ledger export` writes: a header with a signed checkpoint
(c2sp.org/tlog-checkpoint), then one line an entry. VKEY is the public key (c2sp.org/signed-note),
got from the operator by another way than the export. OLD is any checkpoint kept from earlier; with
it, a ledger that was cut, rolled back or rewritten by the holder of the key itself is found out.
The tree is that of RFC 6962. Exit code 0: all holds. 4: it does not. 2: the files cannot be read.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Broken(Exception):
    """Says in one sentence what does not hold."""


def open_checkpoint(note: str, vkey: str, what: str) -> tuple[int, bytes]:
    """The size and root that ``vkey`` signed in ``note``."""
    name, key_id, key_text = vkey.split("+", 2)
    material = base64.b64decode(key_text, validate=True)
    identity = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if material[:1] != b"\x01" or identity.hex() != key_id:
        raise Broken(f"the key {vkey} is not an Ed25519 verifier key, or was altered")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.split("\n"):
        if line.startswith(f"— {name} "):
            signature = base64.b64decode(line.rsplit(" ", 1)[1], validate=True)
            if signature[:4] == identity:
                public = Ed25519PublicKey.from_public_bytes(material[1:])
                public.verify(signature[4:], text.encode())
                break
    else:
        raise Broken(f"{what} is not signed by {name}+{key_id}")
    origin, size, root = text.split("\n")[:3]
    if origin != name:
        raise Broken(f"{what} is of another ledger, {origin}")
    return int(size), base64.b64decode(root, validate=True)


def push(peaks: list[bytes], size: int, leaf: bytes) -> None:
    """Add a leaf to the roots of the complete subtrees of ``size`` leaves."""
    while size & 1:
        leaf, size = hashlib.sha256(b"\1" + peaks.pop() + leaf).digest(), size >> 1
    peaks.append(leaf)


def root_of(peaks: list[bytes]) -> bytes:
    """The root over the complete subtrees."""
    root = peaks[-1] if peaks else hashlib.sha256(b"").digest()
    for peak in reversed(peaks[:-1]):
        root = hashlib.sha256(b"\1" + peak + root).digest()
    return root


def leaves(lines: Iterator[str]) -> Iterator[bytes]:
    """The leaf hash of each entry, recomputed from its body; stops at the first that is wrong."""
    for expected, line in enumerate(lines):
        entry: dict[str, Any] = json.loads(line)
        if entry["index"] != expected:
            raise Broken(
                f"entry {expected} is missing or out of order: {entry['index']} stands there"
            )
        leaf = hashlib.sha256(b"\0" + entry["body"].encode()).digest()
        if base64.b64encode(leaf).decode() != entry["leaf"]:
            raise Broken(f"entry {expected} was altered: its body does not hash to its leaf")
        yield leaf


def verify(lines: Iterator[str], vkey: str, old_note: str | None) -> str:
    """What holds, in a sentence; raises ``Broken`` with what does not."""
    header: dict[str, Any] = json.loads(next(lines))
    size, root = open_checkpoint(header["checkpoint"], vkey, "the export's checkpoint")
    old = open_checkpoint(old_note, vkey, "the older checkpoint") if old_note else (0, root_of([]))
    peaks: list[bytes] = []
    count = 0
    for leaf in leaves(lines):
        push(peaks, count, leaf)
        count += 1
        if count == old[0] and root_of(peaks) != old[1]:
            raise Broken(
                f"history was rewritten before entry {count}: the older checkpoint differs"
            )
    if count != size:
        raise Broken(f"{count} entries are here, but the checkpoint was signed for {size}")
    if root_of(peaks) != root:
        raise Broken(f"some of the entries {old[0]} to {size - 1} are not those that were signed")
    if count < old[0]:
        raise Broken(f"rolled back: {old[0]} entries were signed before, only {count} are here")
    return f"{count} entries hold, root {base64.b64encode(root).decode()}"


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Check an exported ledger.")
    parser.add_argument("export", type=Path, help="file written by `casemate ledger export`")
    parser.add_argument("--key", required=True, help="the ledger's public key: name+id+base64")
    parser.add_argument("--checkpoint", type=Path, help="file with a checkpoint kept from earlier")
    options = parser.parse_args()
    try:
        old_note = options.checkpoint.read_text("utf-8") if options.checkpoint else None
        with options.export.open(encoding="utf-8", newline="\n") as file:
            print("OK:", verify(file, options.key, old_note))
    except OSError as failure:
        print(f"cannot read: {failure}", file=sys.stderr)
        return 2
    except InvalidSignature:
        print("BROKEN: a checkpoint was altered: its signature does not hold", file=sys.stderr)
        return 4
    except Broken as failure:
        print(f"BROKEN: {failure}", file=sys.stderr)
        return 4
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as failure:
        print(f"BROKEN: this is not a ledger's export, or not a key: {failure!r}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
