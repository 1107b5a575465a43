"""The master key is exchanged: everything opens as before, what was signed before still counts, and whoever
has the old key has nothing more by it. On both databases."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answers_world import AUTHORITY, HOLDER, RESEARCHER, AnswersWorld, count, make_answers_world
from conftest import MovableClock
from sqlalchemy import LargeBinary, select, text

import casemate
from casemate.access.claims import sign, verify_jws
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, Unavailable
from casemate.home import create_home, open_home
from casemate.ledger.note import VerifierKey, open_checkpoint
from casemate.platform import Platform
from casemate.store import Base, wrapped
from casemate.store.keys import Keyring, load_keyring, next_file

OPERATOR = "acct-operator"
VERIFIER = Path(casemate.__file__).parent / "ledger" / "verifier.py"


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock
) -> Iterator[AnswersWorld]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    yield from make_answers_world(tmp_path, clock, url)


@pytest.fixture
def embedded(tmp_path: Path, clock: MovableClock) -> Iterator[AnswersWorld]:
    yield from make_answers_world(tmp_path, clock)


def master(world: AnswersWorld) -> Keyring:
    return load_keyring(world.platform.home.master_key, environ={})


def pseudonyms(world: AnswersWorld, permit: str) -> list[Any]:
    platform = world.platform
    (view,) = platform.protect(RESEARCHER, permit)
    with platform.store.read() as tx:
        frame = platform.enclave.views.frame(tx, view.id)
    return sorted(frame["pid"].to_list())


def reopen(world: AnswersWorld) -> Platform:
    world.platform.close()
    world.platform = Platform(open_home(world.root / "home"), clock=world.clock)
    return world.platform


def test_everything_opens_as_before_in_this_process_and_in_the_next(world: AnswersWorld) -> None:
    platform = world.platform
    permit = world.permit()
    names, spent = pseudonyms(world, permit), world.spent(permit)
    answer = platform.ask(RESEARCHER, permit, count(sex="f"))
    spent = world.spent(permit)
    old = master(world)
    done = platform.rotate_keys(OPERATOR)
    assert done.rewrapped >= 5  # the table, the view and whose its rows are, question and answer
    for _ in range(2):
        platform = world.platform
        assert pseudonyms(world, permit) == names
        assert platform.ask(RESEARCHER, permit, count(sex="f")) == answer
        assert world.spent(permit) == spent  # asked before, so it cost nothing
        assert platform.verify_protection(RESEARCHER, permit)
        assert platform.verify_permit(platform.permit(AUTHORITY, permit).jws).jti == permit
        assert platform.verify_ledger().ok
        reopen(world)
    renewed = world.platform.renew(AUTHORITY, permit, 30, "goes on").id
    assert pseudonyms(world, renewed) == names  # made anew, under today's master key
    assert master(world).derive("wrap") != old.derive("wrap")
    assert not next_file(world.platform.home.master_key).exists()


def test_the_old_key_opens_nothing_that_the_database_holds(world: AnswersWorld) -> None:
    permit = world.permit()
    pseudonyms(world, permit)
    world.platform.ask(RESEARCHER, permit, count())
    old = master(world)
    assert set(opened_by(world, old).values()) == {True}
    first = world.platform.rotate_keys(OPERATOR)
    second = world.platform.rotate_keys(OPERATOR)  # what was retained is encrypted anew too
    assert second.rewrapped == first.rewrapped + first.retained
    assert second.retained == 1
    assert set(opened_by(world, old).values()) == {False}
    assert set(opened_by(world, master(world)).values()) == {True}


def opened_by(world: AnswersWorld, keyring: Keyring) -> dict[tuple[str, str], bool]:
    """For every encrypted value: whether ``keyring`` opens it."""
    found = {}
    with world.platform.store.read() as tx:
        for table in Base.metadata.sorted_tables:
            for column in wrapped._columns(table):
                kind, template = column.info[wrapped._INFO]
                for row in tx.execute(select(table).where(column.is_not(None))).mappings():
                    context = template.format_map(wrapped._named(row))
                    place = f"{table.name}.{column.name}", context
                    found[place] = keyring.opens(kind, row[column], context)
    return found


def test_every_column_of_bytes_says_how_it_is_encrypted() -> None:
    open_ones = {"ledger_entry.body", "ledger_entry.leaf", "ledger_node.hash"} | {
        "ledger_head.frontier", "passkey.credential", "passkey.public_key",
        "passkey.user_handle",
    }  # fmt: skip
    silent = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and wrapped._INFO not in column.info
    }
    assert silent <= open_ones


def test_every_key_that_follows_from_the_master_key_has_been_thought_of() -> None:
    """``derive`` gives another key after an exchange: where that matters it is ``lasting`` or ``every``."""
    root = Path(casemate.__file__).parent
    calls = re.compile(r"""\.derive\((.+?)\)(?=[\s.,):]|$)""", re.MULTILINE)
    derived = {
        (file.relative_to(root).as_posix(), label)
        for file in root.rglob("*.py")
        if "Keyring" in file.read_text()
        for label in calls.findall(file.read_text())
    }
    assert derived == {
        ("store/keys.py", '"wrap"'), ("store/keys.py", '"seal"'), ("store/keys.py", "label"),
        ("store/keys.py", 'f"sign/{label}"'), ("store/keys.py", "self._master"),
        ("rotation.py", "label"),
        ("enclave/outputs.py", '"output-commitment"'),
        ("enclave/recipes/exchange.py", '"output-commitment"'),
        ("enclave/differencing/releases.py", '"statements-commitment"'),
        ("register/feedback.py", '"feedback-senders"'),
        ("acts/writing.py", "_CONVERSATION"),  # one that was open ends, and says to begin anew
    }  # fmt: skip


def test_what_was_signed_before_still_counts_and_leads_to_the_new_key(
    world: AnswersWorld, tmp_path: Path
) -> None:
    platform = world.platform
    old_note, old_vkey = platform.checkpoint(), platform.ledger.vkey
    for _ in range(2):
        platform.rotate_keys(OPERATOR)
    new_vkey = platform.ledger.vkey
    assert new_vkey != old_vkey
    assert open_checkpoint(old_note, VerifierKey.parse(old_vkey)).size
    with pytest.raises(IntegrityFailure):
        open_checkpoint(platform.checkpoint(), VerifierKey.parse(old_vkey))
    assert platform.verify_ledger(checkpoint=old_note).ok
    public = platform.home.public
    assert (public / "ledger.vkey").read_text().strip() == new_vkey
    formers = {file.read_text().strip() for file in (public / "former").glob("ledger-*.vkey")}
    assert old_vkey in formers
    assert len(list((public / "former").iterdir())) == 6
    listed = platform.keys()
    assert [one.until is None for one in listed] == [True] * 3 + [False] * 6
    assert (listed[0].key, listed[-3].key) == (new_vkey, old_vkey)
    export, kept = tmp_path / "ledger.jsonl", tmp_path / "old.txt"
    with export.open("w") as stream:
        platform.export_ledger(stream)
    kept.write_text(old_note)
    for key in (old_vkey, new_vkey):
        said = verifier(export, key, kept)
        assert said.returncode == 0, said.stderr
    stranger = str(VerifierKey.of("casemate", Keyring(b"x" * 32).signing_key("ledger")))
    assert verifier(export, stranger, kept).returncode == 4


def verifier(export: Path, key: str, kept: Path) -> "subprocess.CompletedProcess[str]":
    command = [
        sys.executable,
        "-I",
        str(VERIFIER),
        str(export),
        "--key",
        key,
        "--checkpoint",
        str(kept),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_permit_made_with_the_old_key_after_the_change_opens_nothing(world: AnswersWorld) -> None:
    platform = world.platform
    permit = world.permit()
    old = master(world)
    platform.rotate_keys(OPERATOR)
    assert platform.permit_in_force(permit)
    jws = platform.permit(AUTHORITY, permit).jws
    claims = verify_jws(jws, old.signing_key("permit").public_key())
    people = tuple(sorted({*claims.people, "acct-outsider"}))
    forged = sign(claims.model_copy(update={"people": people}), old.signing_key("permit"))
    with platform.store.engine.begin() as connection:
        connection.execute(
            text("UPDATE permit SET jws = :jws WHERE id = :id"), {"jws": forged, "id": permit}
        )
        connection.execute(
            text("INSERT INTO permit_person VALUES (:id, 'acct-outsider')"), {"id": permit}
        )
    with pytest.raises(IntegrityFailure, match="made by somebody else"):
        platform.protect("acct-outsider", permit)
    with pytest.raises(IntegrityFailure, match="made by somebody else"):
        platform.permit_in_force(permit)


def test_another_process_is_told_once_and_goes_on_with_the_new_key(world: AnswersWorld) -> None:
    permit = world.permit()
    with Platform(open_home(world.root / "home"), clock=world.clock) as other:
        world.platform.rotate_keys(OPERATOR)
        with pytest.raises(Unavailable, match="try again"):
            other.add_organisation(OPERATOR, "Late")
        assert other.add_organisation(OPERATOR, "Late").id == "org-late"
        assert other.protect(RESEARCHER, permit)
    assert world.platform.verify_ledger().ok


def test_what_was_sealed_before_and_is_recorded_after_is_not_lost_but_refused(
    world: AnswersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = world.platform
    entered = platform._enter

    def rotates_first(actor: str, staged: Any) -> Any:
        monkeypatch.undo()
        platform.rotate_keys(OPERATOR)
        return entered(actor, staged)

    monkeypatch.setattr(platform, "_enter", rotates_first)
    with pytest.raises(Unavailable, match="try again"):
        world.publish(id="others")
    assert [one.id for one in platform.datasets()] == ["people"]
    world.publish(id="others")
    assert platform.dataset("others").version == 1


def test_it_waits_for_runs_and_takes_an_operator(embedded: AnswersWorld) -> None:
    platform = embedded.platform
    for somebody in (HOLDER, RESEARCHER, AUTHORITY):
        with pytest.raises(NotAllowed, match=r"key\.rotate"):
            platform.rotate_keys(somebody)
    run = platform.run(RESEARCHER, embedded.permit(), b"print(1)")
    before = platform.home.master_key.read_text()
    with pytest.raises(Conflict, match="1 runs wait or are at work"):
        platform.rotate_keys(OPERATOR)
    assert platform.home.master_key.read_text() == before
    platform.cancel(OPERATOR, run.id, "the key is changed")
    assert platform.rotate_keys(OPERATOR).rewrapped


def test_a_process_that_works_on_runs_is_not_pulled_the_key_from_under(
    embedded: AnswersWorld,
) -> None:
    with Platform(open_home(embedded.root / "home"), clock=embedded.clock) as server:
        assert server.work()
        with pytest.raises(Conflict, match="works on runs"):
            embedded.platform.rotate_keys(OPERATOR)
        assert server.rotate_keys(OPERATOR).rewrapped


def test_the_key_of_before_is_told_apart_from_a_strangers(embedded: AnswersWorld) -> None:
    file = embedded.platform.home.master_key
    before = file.read_text()
    embedded.platform.rotate_keys(OPERATOR)
    now = file.read_text()
    embedded.platform.close()
    for wrong, said in ((before, "the one of before"), ("ab" * 32, "another home's")):
        file.write_text(wrong)
        with pytest.raises(IntegrityFailure, match=said):
            Platform(open_home(embedded.root / "home"))
    file.write_text(now)
    reopen(embedded)


def test_a_key_from_outside_is_exchanged_for_another_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEMATE_MASTER_KEY", "0a" * 32)
    home = create_home(tmp_path / "home")
    with Platform(home) as platform:
        platform.found("Operator")
        with pytest.raises(BadInput, match="CASEMATE_NEXT_MASTER_KEY"):
            platform.rotate_keys(OPERATOR)
        monkeypatch.setenv("CASEMATE_NEXT_MASTER_KEY", "0a" * 32)
        with pytest.raises(BadInput):
            platform.rotate_keys(OPERATOR)
        monkeypatch.setenv("CASEMATE_NEXT_MASTER_KEY", "0b" * 32)
        platform.rotate_keys(OPERATOR)
    with Platform(home) as platform:  # both are there: the ledger says which counts
        assert platform.verify_ledger().ok
    monkeypatch.delenv("CASEMATE_NEXT_MASTER_KEY")
    with pytest.raises(IntegrityFailure, match="the one of before"):
        Platform(home)
    monkeypatch.setenv("CASEMATE_MASTER_KEY", "0b" * 32)
    with Platform(home) as platform:
        assert platform.verify_ledger().ok
    assert not (home.root / "keys").exists()


@pytest.mark.parametrize("side", ["former", "current"])
def test_a_change_of_keys_that_one_side_did_not_sign_leads_nowhere(
    embedded: AnswersWorld, side: str
) -> None:
    platform = embedded.platform
    platform.rotate_keys(OPERATOR)
    entry = next(one for one in platform.entries() if one.act == "key.rotated")
    detail = entry.detail
    detail["signatures"][side] = detail["signatures"]["current" if side == "former" else "former"]
    body = json.dumps(
        {"time": entry.time, "actor": entry.actor, "act": entry.act, "subject": entry.subject,
         "detail": detail}
    )  # fmt: skip
    with platform.store.engine.begin() as connection:
        connection.execute(
            text('UPDATE ledger_entry SET body = :body WHERE "index" = :at'),
            {"body": body.encode(), "at": entry.index},
        )
    with pytest.raises(IntegrityFailure, match="without the signature of both"):
        platform.keys()


def test_the_new_key_file_is_private(embedded: AnswersWorld) -> None:
    os.umask(0)
    try:
        embedded.platform.rotate_keys(OPERATOR)
    finally:
        os.umask(0o022)
    assert embedded.platform.home.master_key.stat().st_mode & 0o777 == 0o600
