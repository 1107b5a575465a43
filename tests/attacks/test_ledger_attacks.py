"""Who holds the database, the export or even the signing key, and what gives them away.

Each attack on the database goes round the program by SQL and is put before ``Ledger.verify`` and,
through an export, before the stand-alone verifier. Each attack on an export is put before the
stand-alone verifier, run as its users run it.
"""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from casemate.errors import IntegrityFailure
from casemate.ledger import Act, Ledger, Report, verifier
from casemate.ledger.merkle import Frontier, leaf_hash
from casemate.ledger.note import Checkpoint, sign
from casemate.store import Base, Store

SIZE = 300  # one complete tile, and some
OLD = 100
BAD = 270


class Witness:
    """Filled with honest entries, and remembered from outside: a key and an older checkpoint."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self.store, self.ledger = store, ledger
        fill(store, ledger, OLD)
        with store.read() as tx:
            self.older = ledger.checkpoint(tx)
        fill(store, ledger, SIZE - OLD)
        with store.read() as tx:
            self.newest = ledger.checkpoint(tx)

    def verify(self, checkpoint: str | None = None) -> Report:
        with self.store.read() as tx:
            return self.ledger.verify(tx, checkpoint=checkpoint)

    def export(self) -> list[str]:
        stream = io.StringIO()
        with self.store.read() as tx:
            self.ledger.export(tx, stream)
        return stream.getvalue().splitlines(keepends=True)

    def stand_alone(self, lines: list[str], checkpoint: str | None = None) -> str:
        return verifier.verify(iter(lines), self.ledger.vkey, checkpoint)


def fill(store: Store, ledger: Ledger, count: int, word: str = "tested") -> None:
    with store.transaction() as tx:
        ledger.append_many(
            tx, [Act("acct-a", word, f"thing-{at}", {"n": at}) for at in range(count)]
        )


@pytest.fixture
def witness(store: Store, ledger: Ledger) -> Witness:
    return Witness(store, ledger)


@pytest.fixture
def fork(tmp_path: Path, ledger: Ledger) -> Callable[..., Witness]:
    """Another history of this ledger, on a database of its own."""

    def make(key: Ed25519PrivateKey | None = None, honest: int = 0) -> Witness:
        store = Store(f"sqlite:///{tmp_path / 'fork.db'}")
        Base.metadata.create_all(store.engine)
        forger = ledger if key is None else Ledger(key, clock=ledger._clock)
        if honest:
            fill(store, forger, OLD)
            fill(store, forger, honest - OLD)
        fill(store, forger, SIZE - honest, "forged")
        other = Witness.__new__(Witness)
        other.store, other.ledger = store, forger
        return other

    return make


Attack = Callable[[Connection], None]


def sql(*statements: str, **values: Any) -> Attack:
    def attack(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement), values)

    return attack


def entry(connection: Connection, index: int) -> bytes:
    found = connection.execute(
        text('SELECT body FROM ledger_entry WHERE "index" = :at'), {"at": index}
    )
    return bytes(found.scalar_one())


def edited_body(connection: Connection, *, also_leaf: bool) -> None:
    body = entry(connection, BAD).replace(b"acct-a", b"acct-b")
    leaf = ", leaf = :leaf" if also_leaf else ""
    connection.execute(
        text(f'UPDATE ledger_entry SET body = :body{leaf} WHERE "index" = :at'),
        {"body": body, "at": BAD} | ({"leaf": leaf_hash(body)} if also_leaf else {}),
    )


def swapped(connection: Connection) -> None:
    move = text('UPDATE ledger_entry SET "index" = :to WHERE "index" = :at')
    for at, to in ((BAD, 10_000), (BAD + 1, BAD), (10_000, BAD + 1)):
        connection.execute(move, {"at": at, "to": to})


def rebuilt(change: Callable[[list[bytes]], list[bytes]], key: Any = None) -> Attack:
    """The best that can be done without the ledger's key: every derived value is made to fit."""

    def attack(connection: Connection) -> None:
        rows = connection.execute(text('SELECT body FROM ledger_entry ORDER BY "index"'))
        bodies = change([bytes(body) for (body,) in rows])
        connection.execute(text("DELETE FROM ledger_entry"))
        connection.execute(text("DELETE FROM ledger_node"))
        tree = Frontier()
        for at, body in enumerate(bodies):
            completed = tree.push(leaf_hash(body))
            said = json.loads(body)
            filed = {"subject": said["subject"], "act": said["act"]}
            connection.execute(
                text("INSERT INTO ledger_entry VALUES (:at, :body, :leaf, :subject, :act)"),
                {"at": at, "body": body, "leaf": leaf_hash(body), **filed},
            )
            for level, number, node in completed:
                connection.execute(
                    text("INSERT INTO ledger_node VALUES (:level, :number, :node)"),
                    {"level": level, "number": number, "node": node},
                )
        head = {"size": tree.size, "frontier": bytes(tree)}
        connection.execute(text("UPDATE ledger_head SET size = :size, frontier = :frontier"), head)
        if key is not None:
            checkpoint = sign(str(Checkpoint("casemate", tree.size, tree.root())), "casemate", key)
            connection.execute(
                text("UPDATE ledger_head SET checkpoint = :note"), {"note": checkpoint}
            )

    return attack


def edit_one(bodies: list[bytes]) -> list[bytes]:
    edited = bodies[BAD].replace(b"acct-a", b"acct-b")
    return [*bodies[:BAD], edited, *bodies[BAD + 1 :]]


OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
DROP_TAIL = 'DELETE FROM ledger_entry WHERE "index" >= 290'

# name: (attack, what the report says, whether an export gives it away too)
ATTACKS: dict[str, tuple[Attack, str, bool]] = {
    "edit a body": (
        lambda connection: edited_body(connection, also_leaf=False),
        f"entry {BAD} was altered",
        True,
    ),
    "edit a body and its leaf": (
        lambda connection: edited_body(connection, also_leaf=True),
        "do not lead to the root that the ledger's key signed",
        True,
    ),
    "edit a body, turning it into text": (
        sql(f"UPDATE ledger_entry SET body = 'text' WHERE \"index\" = {BAD}"),
        f"entry {BAD} was altered",
        True,
    ),
    "edit a leaf": (
        sql(f'UPDATE ledger_entry SET leaf = :leaf WHERE "index" = {BAD}', leaf=b"\0" * 32),
        f"entry {BAD} was altered",
        True,
    ),
    "file an entry under another subject": (
        sql(f"UPDATE ledger_entry SET subject = 'other' WHERE \"index\" = {BAD}"),
        f"entry {BAD} is filed under the subject 'other'",
        False,  # an export carries no subject beside the body's own
    ),
    "delete one": (
        sql(f'DELETE FROM ledger_entry WHERE "index" = {BAD}'),
        f"entry {BAD} is missing: entry {BAD + 1} follows entry {BAD - 1}",
        True,
    ),
    "delete some": (
        sql('DELETE FROM ledger_entry WHERE "index" BETWEEN 20 AND 29'),
        "entries 20 to 29 are missing",
        True,
    ),
    "delete one and close the gap": (
        rebuilt(lambda bodies: bodies[:BAD] + bodies[BAD + 1 :]),
        "do not lead to the root",
        True,
    ),
    "delete all": (sql("DELETE FROM ledger_entry"), "entry 0 is missing", True),
    "swap two": (swapped, "do not lead to the root", True),
    "swap two, all derived values redone": (
        rebuilt(lambda bodies: [bodies[1], bodies[0], *bodies[2:]]),
        "do not lead to the root",
        True,
    ),
    "cut the tail": (sql(DROP_TAIL), "entry 290 is missing, and all after it", True),
    "cut the tail, all derived values redone": (
        rebuilt(lambda bodies: bodies[:290]),
        "do not lead to the root",
        True,
    ),
    "repeat an entry at the end": (
        rebuilt(lambda bodies: [*bodies, bodies[BAD]]),
        "do not lead to the root",
        True,
    ),
    "add an entry": (
        sql("INSERT INTO ledger_entry VALUES (300, :body, :body, 'x', 'x')", body=b"{}"),
        "entry 300 is not covered by the head",
        False,  # an export ends where the signed head does
    ),
    "add an entry before the first": (
        sql("INSERT INTO ledger_entry VALUES (-1, :body, :body, 'x', 'x')", body=b"{}"),
        "impossible index -1",
        True,
    ),
    "edit one, all derived values redone": (rebuilt(edit_one), "do not lead to the root", True),
    "edit one, all redone, signed by another key": (
        rebuilt(edit_one, key=OTHER_KEY),
        "the head is not signed by this ledger's key",
        True,
    ),
    "replace the tail, signed by another key": (
        rebuilt(lambda bodies: bodies[:200] + bodies[:100], key=OTHER_KEY),
        "the head is not signed by this ledger's key",
        True,
    ),
    "forge the head's size": (
        sql("UPDATE ledger_head SET size = 299"),
        "entry 299 is not covered by the head",
        True,
    ),
    "forge the head's edge": (
        sql("UPDATE ledger_head SET frontier = :edge", edge=b"\0" * 32 * 4),
        "the entries are not those of the head",
        True,
    ),
    "forge the checkpoint": (
        sql("UPDATE ledger_head SET checkpoint = 'nothing'"),
        "the head carries no signed checkpoint",
        True,
    ),
    "drop the head": (sql("DELETE FROM ledger_head"), "the ledger's head is gone", True),
    "forge a kept hash": (
        sql("UPDATE ledger_node SET hash = :hash", hash=b"\0" * 32),
        "one of the entries 0 to 255 was altered, or the hash kept for them (level 1, number 0)",
        False,  # kept hashes only speed proofs up; no export carries them
    ),
    "drop a kept hash": (sql("DELETE FROM ledger_node"), "hash kept for them", False),
    "add a kept hash": (
        sql("INSERT INTO ledger_node VALUES (1, 1, :hash)", hash=b"\0" * 32),
        "hashes are kept for entries that the ledger does not have",
        False,
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_the_database_is_found(witness: Witness, name: str) -> None:
    attack, says, in_export = ATTACKS[name]
    with witness.store.engine.begin() as connection:
        attack(connection)
    report = witness.verify()
    assert not report.ok
    assert says in "\n".join(report.problems)
    if in_export:
        with pytest.raises((IntegrityFailure, verifier.Broken)):
            witness.stand_alone(witness.export())
    else:
        witness.stand_alone(witness.export())


@pytest.mark.parametrize(
    "name", [name for name in ATTACKS if "head" in name or "redone" in name or "key" in name]
)
def test_a_forged_head_is_never_extended(witness: Witness, name: str) -> None:
    with witness.store.engine.begin() as connection:
        ATTACKS[name][0](connection)
    with pytest.raises(IntegrityFailure):
        fill(witness.store, witness.ledger, 1)


def test_the_first_bad_entry_comes_first(witness: Witness) -> None:
    with witness.store.engine.begin() as connection:
        for at in (290, 7, 50):
            connection.execute(
                text('UPDATE ledger_entry SET leaf = :leaf WHERE "index" = :at'),
                {"leaf": b"\0" * 32, "at": at},
            )
    assert witness.verify().problems[0].startswith("entry 7 was altered")


def test_a_thousand_problems_are_not_all_told(witness: Witness) -> None:
    with witness.store.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_entry SET subject = 'other'"))
    assert 10 < len(witness.verify().problems) < 30


def test_the_honest_ledger_holds(witness: Witness) -> None:
    assert witness.verify(witness.older).problems == ()
    assert witness.verify(witness.newest).ok
    lines = witness.export()
    for checkpoint in (None, witness.older, witness.newest):
        assert witness.stand_alone(lines, checkpoint).startswith("300 entries hold")


def test_a_roll_back_to_an_honest_older_state_is_found_by_a_later_checkpoint(
    witness: Witness, fork: Callable[..., Witness]
) -> None:
    with witness.store.engine.begin() as connection:
        rebuilt(lambda bodies: bodies[:OLD])(connection)
        connection.execute(
            text("UPDATE ledger_head SET checkpoint = :note"), {"note": witness.older}
        )
    assert witness.verify().ok  # no one can tell without having seen more: hand checkpoints out
    assert "rolled back or cut off" in witness.verify(witness.newest).problems[0]
    with pytest.raises(verifier.Broken, match="rolled back"):
        witness.stand_alone(witness.export(), witness.newest)


def test_a_fork_by_the_holder_of_the_key_is_found_by_an_older_checkpoint(
    witness: Witness, fork: Callable[..., Witness]
) -> None:
    forged = fork()
    assert forged.verify().ok
    assert "history was rewritten" in forged.verify(witness.older).problems[0]
    with pytest.raises(verifier.Broken, match="history was rewritten"):
        witness.stand_alone(forged.export(), witness.older)


def test_a_fork_after_the_older_checkpoint_needs_the_later_one(
    witness: Witness, fork: Callable[..., Witness]
) -> None:
    forged = fork(honest=200)
    assert forged.verify(witness.older).ok
    assert not forged.verify(witness.newest).ok
    with pytest.raises(verifier.Broken):
        witness.stand_alone(forged.export(), witness.newest)


def test_a_whole_ledger_by_another_key_is_found_at_once(
    witness: Witness, fork: Callable[..., Witness]
) -> None:
    with pytest.raises(verifier.Broken, match="not signed by"):
        witness.stand_alone(fork(OTHER_KEY).export())


def test_a_checkpoint_of_another_ledger_is_not_taken_for_an_older_one(witness: Witness) -> None:
    foreign = sign(str(Checkpoint("casemate", 1, b"\0" * 32)), "casemate", OTHER_KEY)
    assert "the older checkpoint is not signed" in witness.verify(foreign).problems[0]
    with pytest.raises(verifier.Broken, match="the older checkpoint is not signed"):
        witness.stand_alone(witness.export(), foreign)


def prove_bad(ledger: Ledger, tx: Session) -> object:
    return ledger.prove_inclusion(tx, BAD)


def prove_old(ledger: Ledger, tx: Session) -> object:
    return ledger.prove_consistency(tx, BAD)


@pytest.mark.parametrize(
    ("name", "prove"),
    [
        ("edit a body", prove_bad),
        ("edit a body and its leaf", prove_bad),
        ("delete one", prove_bad),
        ("delete some", lambda ledger, tx: ledger.prove_inclusion(tx, 10)),
        ("forge a kept hash", prove_bad),
        ("drop a kept hash", prove_bad),
        ("forge a kept hash", prove_old),
        ("edit a leaf", prove_old),
        ("edit one, all derived values redone", prove_bad),
    ],
)
def test_no_proof_is_built_on_altered_rows(
    witness: Witness, name: str, prove: Callable[[Ledger, Session], object]
) -> None:
    with witness.store.read() as tx:
        prove(witness.ledger, tx)
    with witness.store.engine.begin() as connection:
        ATTACKS[name][0](connection)
    with witness.store.read() as tx, pytest.raises(IntegrityFailure):
        prove(witness.ledger, tx)


Lines = Callable[[list[str]], list[str]]


def with_entry(change: Callable[[dict[str, Any]], None], at: int = BAD) -> Lines:
    def attack(lines: list[str]) -> list[str]:
        changed = json.loads(lines[at + 1])
        change(changed)
        return [*lines[: at + 1], json.dumps(changed) + "\n", *lines[at + 2 :]]

    return attack


def edit(changed: dict[str, Any]) -> None:
    changed["body"] = changed["body"].replace("acct-a", "acct-b")


def edit_with_leaf(changed: dict[str, Any]) -> None:
    edit(changed)
    changed["leaf"] = base64.b64encode(leaf_hash(changed["body"].encode())).decode()


def renumbered(lines: list[str]) -> list[str]:
    entries = [json.loads(line) for line in lines[1:]]
    return [
        lines[0],
        *(json.dumps({**each, "index": at}) + "\n" for at, each in enumerate(entries)),
    ]


def header(**changes: Any) -> Lines:
    return lambda lines: [json.dumps({**json.loads(lines[0]), **changes}) + "\n", *lines[1:]]


# name: (attack, what the verifier says)
EXPORT_ATTACKS: dict[str, tuple[Lines, str]] = {
    "edit": (with_entry(edit), f"entry {BAD} was altered"),
    "edit with leaf": (with_entry(edit_with_leaf), "are not those that were signed"),
    "delete": (lambda lines: lines[:50] + lines[51:], "entry 49 is missing or out of order"),
    "delete and renumber": (lambda lines: renumbered(lines[:50] + lines[51:]), "signed for 300"),
    "swap": (lambda lines: [*lines[:50], lines[51], lines[50], *lines[52:]], "entry 49 is missing"),
    "swap and renumber": (
        lambda lines: renumbered([*lines[:50], lines[51], lines[50], *lines[52:]]),
        "are not those that were signed",
    ),
    "repeat": (lambda lines: [*lines[:50], lines[49], *lines[50:]], "entry 49 is missing"),
    "repeat and renumber": (
        lambda lines: renumbered([*lines[:50], lines[49], *lines[50:]]),
        "signed for 300",
    ),
    "repeat the last": (lambda lines: renumbered([*lines, lines[-1]]), "signed for 300"),
    "truncate": (lambda lines: lines[:-10], "290 entries are here, but the checkpoint"),
    "truncate to nothing": (lambda lines: lines[:1], "0 entries are here"),
    "cut inside a line": (lambda lines: [*lines[:-1], lines[-1][:20]], "not a ledger's export"),
    "an empty file": (lambda lines: [], "not a ledger's export"),
    "no checkpoint": (header(checkpoint=""), "not signed by"),
    "an altered checkpoint": (
        lambda lines: [lines[0].replace("\\n300\\n", "\\n301\\n"), *lines[1:]],
        "its signature does not hold",
    ),
    "another key in the header": (header(vkey="x+00000000+AAAA"), ""),  # never looked at
    "signed by another key": (
        header(
            checkpoint=sign(str(Checkpoint("casemate", 300, b"\0" * 32)), "casemate", OTHER_KEY)
        ),
        "not signed by",
    ),
}


@pytest.mark.parametrize("name", EXPORT_ATTACKS)
def test_an_attack_on_an_export_is_found_by_the_program_run_alone(
    name: str, tmp_path: Path, ledger: Ledger
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    attack, says = EXPORT_ATTACKS[name]
    lines = attack(Witness(store, ledger).export())
    code, told = run_verifier(tmp_path, lines, ledger.vkey)
    assert says in told
    assert code == (4 if says else 0)


def test_the_program_run_alone_says_what_holds(tmp_path: Path, ledger: Ledger) -> None:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    witness = Witness(store, ledger)
    code, told = run_verifier(tmp_path, witness.export(), ledger.vkey, witness.older)
    assert (code, told.startswith("OK: 300 entries hold")) == (0, True)
    code, told = run_verifier(tmp_path, witness.export(), ledger.vkey[:-8] + "AAAAAAA=")
    assert (code, "BROKEN" in told) == (4, True)
    assert run_verifier(tmp_path, None, ledger.vkey)[0] == 2


def run_verifier(
    folder: Path, lines: list[str] | None, key: str, checkpoint: str | None = None
) -> tuple[int, str]:
    """Run a copy of the file where nothing of ours can be imported (``-I``: isolated)."""
    program, export, older = folder / "verifier.py", folder / "export.jsonl", folder / "older.txt"
    program.write_bytes(Path(verifier.__file__).read_bytes())
    export.unlink(missing_ok=True)
    if lines is not None:
        export.write_text("".join(lines), "utf-8")
    command = [sys.executable, "-I", str(program), str(export), "--key", key]
    if checkpoint is not None:
        older.write_text(checkpoint, "utf-8")
        command += ["--checkpoint", str(older)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    return done.returncode, done.stdout + done.stderr
