"""Whoever alters a released file, its receipt or the proof in it by one byte is found out."""

import json
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casemate.canonical import canonical_json, digest
from casemate.enclave.receipt_verifier import Broken, render, verify
from casemate.enclave.receipts import as_bytes, document
from casemate.ledger import Ledger
from casemate.store import Base, Store

FILE = b"sex,count\n1,542\n2,621\n"
OUTPUT = "output-aaaaaaaaaaaa"


def receipts(entries: int = 7, at: int = 3) -> tuple[dict[str, Any], str]:
    """A receipt on a ledger of so many entries, and the ledger's key."""
    store = Store("sqlite://")
    Base.metadata.create_all(store.engine)
    ledger = Ledger(Ed25519PrivateKey.from_private_bytes(b"\x05" * 32), "example.org/ledger")
    stated = {"output": OUTPUT, "digest": digest(FILE), "size": len(FILE), "decisions": []}
    with store.transaction() as tx:
        for number in range(entries):
            if number == at:
                ledger.append(
                    tx, actor="acct-c", act="output.released", subject=OUTPUT,
                    digest=digest(FILE), receipt=digest(canonical_json(stated)),
                )  # fmt: skip
            else:
                ledger.append(tx, actor="acct-x", act="test.noise", subject=f"noise-{number}")
    with store.read() as tx:
        return document(tx, ledger, stated, at), ledger.vkey


@pytest.fixture(scope="module")
def issued() -> tuple[dict[str, Any], str]:
    return receipts()


def test_the_honest_receipt_holds(issued: tuple[dict[str, Any], str]) -> None:
    receipt, key = issued
    assert verify(FILE, as_bytes(receipt), key)["output"] == OUTPUT


@pytest.mark.parametrize("entries", [1, 2, 3, 4, 5, 8, 9])
def test_a_receipt_holds_wherever_its_entry_stands(entries: int) -> None:
    for at in range(entries):
        receipt, key = receipts(entries, at)
        verify(FILE, as_bytes(receipt), key)


def test_every_changed_byte_of_the_receipt_fails(issued: tuple[dict[str, Any], str]) -> None:
    receipt, key = issued
    text, chance = as_bytes(receipt), random.Random(11)
    for place in range(len(text)):
        for bit in (1, 1 << chance.randrange(1, 8)):
            changed = bytearray(text)
            changed[place] ^= bit
            with pytest.raises(Broken):
                verify(FILE, bytes(changed), key)


def test_every_byte_that_is_cut_or_added_fails(issued: tuple[dict[str, Any], str]) -> None:
    receipt, key = issued
    text = as_bytes(receipt)
    for place in range(len(text) + 1):
        for changed in (text[:place], text[:place] + b" " + text[place:]):
            if changed != text:
                with pytest.raises(Broken):
                    verify(FILE, changed, key)


def test_every_changed_byte_of_the_file_fails(issued: tuple[dict[str, Any], str]) -> None:
    receipt, key = issued
    for place in range(len(FILE)):
        changed = bytearray(FILE)
        changed[place] ^= 1
        with pytest.raises(Broken, match="not the one that was released"):
            verify(bytes(changed), as_bytes(receipt), key)


def test_a_receipt_of_another_key_fails_also_where_it_names_ours(
    issued: tuple[dict[str, Any], str],
) -> None:
    receipt, key = issued
    other = Ledger(Ed25519PrivateKey.from_private_bytes(b"\x06" * 32), "example.org/ledger").vkey
    with pytest.raises(Broken, match="another key"):
        verify(FILE, as_bytes(receipt), other)
    forged = {**receipt, "ledger": {**receipt["ledger"], "key": other}}
    with pytest.raises(Broken, match="not signed by"):
        verify(FILE, as_bytes(forged), other)
    assert key != other


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["statement"].update(digest=digest(b"mine"), size=4),
        lambda r: r["statement"].update(decisions=[{"account": "acct-honest"}]),
        lambda r: r["ledger"].update(path=[*r["ledger"]["path"], r["ledger"]["path"][0]]),
        lambda r: r["ledger"].update(path=[]),
        lambda r: r["ledger"].update(index=r["ledger"]["index"] + 1),
        lambda r: r["ledger"].update(index=float(r["ledger"]["index"])),
        lambda r: r["ledger"].update(index=True),
        lambda r: r["ledger"].update(entry=r["ledger"]["entry"].replace("released", "fetched")),
        lambda r: r["ledger"].update(checkpoint=r["ledger"]["checkpoint"] * 2),
        lambda r: r["ledger"].update(checkpoint=r["ledger"]["checkpoint"] + "— witness AAAAAAAA\n"),
        lambda r: r.update(note="also true"),
        lambda r: r["ledger"].update(second=[]),
        lambda r: r.update(statement=[r["statement"]]),
        lambda r: r.update(ledger=None),
    ],
)
def test_a_forged_receipt_written_as_receipts_are_fails(
    change: Any, issued: tuple[dict[str, Any], str]
) -> None:
    receipt, key = json.loads(json.dumps(issued[0])), issued[1]
    change(receipt)
    with pytest.raises(Broken):
        verify(b"mine", render(receipt), key)
    with pytest.raises(Broken):
        verify(FILE, render(receipt), key)


def test_a_receipt_of_another_file_does_not_speak_for_this_one() -> None:
    (one, key), (other, _) = receipts(5, 2), receipts(5, 4)
    mixed = {**one, "ledger": {**one["ledger"], "path": other["ledger"]["path"]}}
    with pytest.raises(Broken, match="not under the signed checkpoint"):
        verify(FILE, as_bytes(mixed), key)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"1e999", b'{"a":' * 9999]
)
def test_what_is_no_receipt_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(Broken):
        verify(FILE, text, "a+b+c")
    with pytest.raises(Broken):
        verify(FILE, bytes(2 << 20), "a+b+c")
