#!/usr/bin/env python3
"""Checks an exported ledger with nothing but its public key: needs Python 3.11 and `cryptography`.

    python verifier.py EXPORT --key VKEY [--checkpoint OLD]

EXPORT is the file that `casemate ledger export` writes: a header with a signed checkpoint
(c2sp.org/tlog-checkpoint), then one line an entry. VKEY is the public key (c2sp.org/signed-note),
got from the operator by another way than the export. OLD is any checkpoint kept from earlier; with
it, a ledger that was cut, rolled back or rewritten by the holder of the key itself is found out.
Where the ledger's key was changed, any of its keys will do: the entries lead from one to the others.
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


class Keys:
    """The keys that are believed: the one that was given, and those that it leads to.

    The entry ``key.rotated`` names the ledger's key before and after, and both signed these words.
    """

    def __init__(self, vkey: str) -> None:
        self.known = [vkey]
        self._changes: list[tuple[str, str]] = []

    def learn(self, body: str) -> None:
        """Take up a change of keys, where ``body`` is one that both keys signed."""
        if '"act":"key.rotated"' not in body:
            return
        detail = json.loads(body)["detail"]
        sides = {side: detail[side] for side in ("current", "former")}
        said = json.dumps(sides, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        for side, keys in sides.items():
            signature = base64.b64decode(detail["signatures"][side], validate=True)
            public_key(keys["ledger"])[2].verify(signature, said)
        self._changes.append((sides["former"]["ledger"], sides["current"]["ledger"]))

    def follow(self) -> None:
        """Believe every key that a chain of changes connects with one that is believed."""
        for _ in self._changes:
            for pair in self._changes:
                if set(pair) & set(self.known):
                    self.known += sorted(set(pair) - set(self.known))


def public_key(vkey: str) -> tuple[str, bytes, Ed25519PublicKey]:
    """Name, id and key of ``vkey``."""
    name, key_id, key_text = vkey.split("+", 2)
    material = base64.b64decode(key_text, validate=True)
    identity = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if material[:1] != b"\x01" or identity.hex() != key_id:
        raise Broken(f"the key {vkey} is not an Ed25519 verifier key, or was altered")
    return name, identity, Ed25519PublicKey.from_public_bytes(material[1:])


def read_checkpoint(note: str, what: str) -> tuple[int, bytes]:
    """The size and root that ``note`` states; ``require_signed`` says whether to believe it."""
    lines = note.split("\n")
    if len(lines) < 3:
        raise Broken(f"{what} is no checkpoint, and not signed by any key")
    _, size, root = lines[:3]
    return int(size), base64.b64decode(root, validate=True)


def require_signed(note: str, vkeys: list[str], what: str) -> None:
    """Raise ``Broken`` where none of ``vkeys`` signed ``note``; ``InvalidSignature`` if it was altered."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for vkey in vkeys:
        name, identity, public = public_key(vkey)
        for line in signatures.split("\n"):
            if line.startswith(f"— {name} "):
                signature = base64.b64decode(line.rsplit(" ", 1)[1], validate=True)
                if signature[:4] == identity:
                    public.verify(signature[4:], text.encode())
                    if (origin := text.split("\n")[0]) != name:
                        raise Broken(f"{what} is of another ledger, {origin}")
                    return
    raise Broken(f"{what} is not signed by {'+'.join(vkeys[0].split('+')[:2])}")


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


def leaves(lines: Iterator[str], keys: Keys) -> Iterator[bytes]:
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
        keys.learn(entry["body"])
        yield leaf


def verify(lines: Iterator[str], vkey: str, old_note: str | None) -> str:
    """What holds, in a sentence; raises ``Broken`` with what does not."""
    header: dict[str, Any] = json.loads(next(lines))
    notes = {"the export's checkpoint": header["checkpoint"], "the older checkpoint": old_note}
    keys = Keys(vkey)
    size, root = read_checkpoint(header["checkpoint"], "the export's checkpoint")
    old = read_checkpoint(old_note, "the older checkpoint") if old_note else (0, root_of([]))
    peaks: list[bytes] = []
    count, rewritten = 0, False
    for leaf in leaves(lines, keys):
        push(peaks, count, leaf)
        count += 1
        rewritten |= count == old[0] and root_of(peaks) != old[1]
    keys.follow()
    for what, note in notes.items():
        if note:
            require_signed(note, keys.known, what)
    if rewritten:
        raise Broken(f"history was rewritten before entry {old[0]}: the older checkpoint differs")
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
