"""The master key of a home: found at opening, exchanged for another, its public halves laid out.

An exchange is one transaction. Before it, the new key lies beside the old one on the disk
(``keys/master.key.next``); in it, everything that the old key encrypted is encrypted by the new one, and
the entry ``key.rotated``, signed by both, says so; after it, the new file takes the old one's place.
Whoever opens the home asks the ledger which of the two counts: killed before the commit, nothing has
happened; killed after it, the next to open the home finishes.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import insert
from sqlalchemy.orm import Session

from casemate.access.claims import public_jwk
from casemate.errors import BadInput, Conflict, IntegrityFailure
from casemate.ledger import handover
from casemate.ledger.handover import Handover
from casemate.ledger.note import VerifierKey
from casemate.store import Store, wrapped
from casemate.store.keys import (
    Keyring,
    comes_from_outside,
    create_key_file,
    load_keyring,
    next_file,
    next_keyring,
    sync_folder,
)

if TYPE_CHECKING:
    from casemate.enclave import Enclave
    from casemate.home import Home
    from casemate.ledger import Ledger

SIGNING = ("ledger", "permit", "certificate")
_RECOGNISED = ("output-commitment",)
"""Keys of before that only have to recognise what they made."""
_LASTING = ("answer-commitment",)
"""Keys that stay the same for ever, besides those of pseudonyms: see ``Keyring.lasting``."""
_ROTATING = threading.Lock()


@dataclass(frozen=True)
class Rotation:
    """What an exchange of the master key did. Keys are named by the ids of the ledger's public keys."""

    index: int
    former: str
    current: str
    rewrapped: int
    retained: int


@dataclass(frozen=True)
class PublicKey:
    """A public key of the home: ``since`` when, and ``until`` when (``None``: today), it signed."""

    purpose: str
    key: str
    since: str | None
    until: str | None


def open_keyring(home: Home, store: Store) -> Keyring:
    """The keyring that the ledger's newest change of keys names; finishes a change that was cut short.

    Raises ``IntegrityFailure`` where the master key that was brought is not the one of today.
    """
    found = load_keyring(home.master_key)
    with store.read() as tx:
        newest = handover.newest(tx)
    if newest is None or public_keys(home, found)["ledger"] == newest.current["ledger"]:
        return found
    coming = next_keyring(home.master_key)
    if coming is not None and public_keys(home, coming)["ledger"] == newest.current["ledger"]:
        put_in_place(home)
        return coming
    if public_keys(home, found)["ledger"] == newest.former["ledger"]:
        raise IntegrityFailure(
            f"the master key was changed at {newest.time}, and this is the one of before: bring the new one"
        )
    raise IntegrityFailure(
        "the master key is not the one that the ledger names: it is another home's, or of an older backup"
    )


def public_keys(home: Home, keyring: Keyring) -> dict[str, str]:
    """The public halves of what signs: for the ledger a vkey, for the others raw bytes in base64."""
    keys = {label: keyring.signing_key(label) for label in SIGNING}
    told = {
        label: base64.b64encode(key.public_key().public_bytes_raw()).decode()
        for label, key in keys.items()
    }
    return told | {"ledger": str(VerifierKey.of(home.name, keys["ledger"]))}


def key_in(told: str) -> Ed25519PublicKey:
    """The key that ``public_keys`` told of, other than the ledger's."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(told))


@contextmanager
def alone(home: Home, enclave: Enclave) -> Iterator[None]:
    """In the block no other process of this home works on runs, nor changes the master key.

    Raises ``Conflict`` where one does.
    """
    from casemate.enclave.locks import WorkerLock

    if not _ROTATING.acquire(blocking=False):
        raise Conflict("the master key is being changed already: wait for that to end")
    lock = WorkerLock(home.root / "worker.lock")
    try:
        if not enclave.worker.is_working and not lock.acquire():
            raise Conflict(
                "another process of this home works on runs: change the key on its Administration page, "
                "or stop it (`casemate serve`) first"
            )
        yield
    finally:
        lock.release()
        _ROTATING.release()


def coming_keyring(home: Home, current: Keyring) -> Keyring:
    """The keyring that is to come: a new file beside the old one, or what was brought from outside.

    Raises ``BadInput`` where the key comes from outside and no other was brought.
    """
    if not comes_from_outside():
        file = next_file(home.master_key)
        file.unlink(missing_ok=True)  # of an exchange that ended before anything had changed
        create_key_file(file)
    coming = next_keyring(home.master_key)
    if coming is None or public_keys(home, coming) == public_keys(home, current):
        raise BadInput(
            "the master key comes from outside this home: bring the new one in CASEMATE_NEXT_MASTER_KEY, "
            "or name its command in CASEMATE_NEXT_MASTER_KEY_COMMAND, beside the old one"
        )
    return coming


def put_in_place(home: Home) -> None:
    """Let the new key's file take the old one's place."""
    if not comes_from_outside():
        with suppress(FileNotFoundError):  # another process was first
            next_file(home.master_key).replace(home.master_key)
        sync_folder(home.master_key.parent)


def carry_out(
    tx: Session,
    actor: str,
    rooms: tuple[Home, Ledger, Enclave],
    keys: tuple[Keyring, Keyring],
    lasting: Iterable[str],
) -> Rotation:
    """In ``tx``, in which the ledger is held, let the second of ``keys`` take the place of the first
    everywhere; ``lasting`` are the labels of keys that are retained.

    Raises ``Conflict`` where runs are under way: what they hold was encrypted by the old key.
    """
    home, ledger, enclave = rooms
    old, new = keys
    if active := enclave.runs.count_active(tx):
        raise Conflict(
            f"{active} runs wait or are at work: let them end, or cancel them, then try again"
        )
    known = wrapped.retained(tx)
    once = [label for label in (*_LASTING, *lasting) if label not in known]
    kept = [(label, old.derive(label)) for label in (*once, *_RECOGNISED)]
    count = wrapped.rewrap(tx, old, new)
    for label, key in kept:
        number = len(known.get(label, ())) + 1
        row = {"label": label, "number": number, "wrapped_key": new.retain(label, number, key)}
        tx.execute(insert(wrapped.RetainedKeyRow).values(row))
    former, current = public_keys(home, old), public_keys(home, new)
    entry = ledger.hand_over(
        tx, actor, new.signing_key("ledger"), former, current, rewrapped=count, retained=len(kept)
    )
    was, is_now = (VerifierKey.parse(one["ledger"]).id.hex() for one in (former, current))
    return Rotation(entry.index, was, is_now, rewrapped=count, retained=len(kept))


def former_keys(history: Sequence[Handover]) -> dict[str, list[Ed25519PublicKey]]:
    """The keys that signed before, by what for, the newest first; not the ledger's."""
    labels = [label for label in SIGNING if label != "ledger"]
    return {label: [key_in(one.former[label]) for one in history] for label in labels}


def listed(
    current: Mapping[str, str], history: Sequence[Handover], begun: str | None
) -> list[PublicKey]:
    """Every public key, those of today first. ``begun`` is the moment of the ledger's first entry."""
    sinces = [*(one.time for one in history), begun]
    found = []
    for at, keys in enumerate([current, *(one.former for one in history)]):
        until = history[at - 1].time if at else None
        found += [PublicKey(label, keys[label], sinces[at], until) for label in SIGNING]
    return found


def publish(home: Home, current: Mapping[str, str], history: Sequence[Handover]) -> None:
    """Lay out what anyone needs to check the ledger and the permits without this program.

    Keys of before lie in ``former/``. Raises ``IntegrityFailure`` where a file holds a key that was never
    this home's.
    """
    home.public.mkdir(exist_ok=True)
    for one in history:
        (home.public / "former").mkdir(exist_ok=True)
        for name, text in _files(one.former):
            stem, dot, ending = name.partition(".")
            of = _short(_LABELS[name], one.former)
            file = home.public / "former" / f"{stem}-{of}{dot}{ending}"
            file.write_text(text, encoding="utf-8")
    before = {text for one in history for _, text in _files(one.former)}
    for name, text in _files(current):
        file = home.public / name
        shown = file.read_text(encoding="utf-8") if file.exists() else None
        if shown not in {None, text, *before}:
            raise IntegrityFailure(
                f"{file} is not of this home's master key: the key is another home's, or the file "
                "was altered; nothing was opened"
            )
        if shown != text:
            fresh = file.with_name(name + ".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(file)


_LABELS = {
    "ledger.vkey": "ledger",
    "permit-key.json": "permit",
    "certificate-key.pem": "certificate",
}


def _files(keys: Mapping[str, str]) -> list[tuple[str, str]]:
    permit = json.dumps(public_jwk(key_in(keys["permit"])), indent=1)
    pem = key_in(keys["certificate"]).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    texts = (keys["ledger"], permit, pem.decode().rstrip("\n"))
    return [(name, text + "\n") for name, text in zip(_LABELS, texts, strict=True)]


def _short(label: str, keys: Mapping[str, str]) -> str:
    """Eight letters that tell a key from its fellows, good for a file's name."""
    if label == "ledger":
        return VerifierKey.parse(keys[label]).id.hex()
    return base64.b64decode(keys[label]).hex()[:8]
