"""The desk of the output checkers: their queue, four eyes, and the receipt that travels with a file."""

import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from enclave_world import CHECKER, COUNTS, RESEARCHER, World, make_world
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from casemate.access import OutputRules
from casemate.canonical import canonical_json, digest
from casemate.enclave import (
    Output,
    OutputState,
    QueueItem,
    RunState,
    receipt_document,
    review_queue,
)
from casemate.enclave import receipt_verifier as verifier
from casemate.enclave.checks import Reason, Verdict
from casemate.enclave.receipts import as_bytes
from casemate.enclave.records import OutputKind
from casemate.enclave.tables import OutputRow
from casemate.enclave.watermark import can_be_marked, marked, unmarked
from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.ledger.merkle import check_inclusion
from casemate.store import Base, Store

SECOND, THIRD = "acct-second", "acct-third"
TABLE = b"smoker,count\nno,200\nyes,100\n"
TWO = OutputRules(review="four-eyes")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = (
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\x7f")) + chunk(b"IEND", b"")
)  # fmt: skip
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10"><path d="M0 0"/></svg>'


@pytest.fixture
def world(tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    """A world on SQLite, for what does not depend on the database."""
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, clock)
    store.close()


@pytest.fixture
def on_both(store: Store, tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    yield from make_world(store, tmp_path, clock)


def checked(
    world: World, rules: OutputRules | None = None, data: bytes = TABLE, name: str = "table.csv"
) -> Output:
    """An output of a run, checked and held, without a sandbox."""
    enclave = world.enclave
    run_id = world.submit(world.permit(rules), COUNTS)
    kind = OutputKind.log if name.endswith(".log") else OutputKind.file
    sealed = [enclave.outputs.seal(name, kind, data)]
    with world.store.transaction() as tx:
        run = enclave.runs.lock(tx, run_id)
        inputs = {"people": {"view": "view-x", "dataset": "people", "version": 1}}
        run = enclave.runs.move(tx, run, RunState.running, actor="test", changes={"inputs": inputs})
        enclave.outputs.keep(tx, run, sealed)
        enclave.runs.move(tx, run, RunState.checking, actor="test")
        enclave.outputs.record_verdict(
            tx, sealed[0].id, data, Verdict("pass", (Reason("test", "for the test"),)), {}
        )
        run = enclave.runs.lock(tx, run_id)
        if rules is not None and rules.review == "automatic":
            enclave.outputs.clear_by_machine(tx, run)
        enclave.runs.move(tx, run, enclave.outputs.verdict_of_run(tx, run_id), actor="test")
        return enclave.outputs.get(tx, sealed[0].id)


def clear(world: World, output: Output, checker: str = CHECKER, *, refuse: bool = False) -> Output:
    with world.store.transaction() as tx:
        return world.enclave.outputs.review(
            tx, checker, output.id, clear=not refuse, reason="as the rules say"
        )


def release(world: World, output: Output, checker: str = CHECKER) -> None:
    with world.store.transaction() as tx:
        world.enclave.outputs.release(tx, checker, output.id)


def claim(world: World, output: Output, checker: str, seconds: int = 600) -> None:
    with world.store.transaction() as tx:
        world.enclave.outputs.claim(tx, checker, output.id, seconds=seconds)


def waiting(world: World) -> dict[str, QueueItem]:
    enclave = world.enclave
    with world.store.read() as tx:
        items = review_queue(tx, enclave.outputs, enclave.runs, world.permits, enclave.memory)
    return {item.output.id: item for item in items}


def taken_home(world: World, output: Output) -> tuple[bytes, bytes]:
    """What the researcher gets: the file, and its receipt."""
    with world.store.transaction() as tx:
        file = world.enclave.outputs.fetch(tx, RESEARCHER, output.id)
    with world.store.read() as tx:
        known = world.enclave.outputs.receipt(tx, output.id)
        document = receipt_document(tx, world.ledger, known.statement, known.ledger_index)
    return file, as_bytes(document)


# ---- four eyes


def test_where_four_eyes_are_asked_for_two_people_clear_before_anything_leaves(
    on_both: World,
) -> None:
    world = on_both
    output = checked(world, TWO)
    first = clear(world, output)
    assert (first.state, first.cleared_by) == (OutputState.held, (CHECKER,))
    with pytest.raises(Conflict, match="not cleared"):
        release(world, output)
    with pytest.raises(NotAllowed, match="second pair of eyes"):
        clear(world, output)
    second = clear(world, output, SECOND)
    assert (second.state, second.cleared_by) == (OutputState.cleared, (CHECKER, SECOND))
    release(world, output, THIRD)
    assert world.acts(output.id)[2:] == [
        "output.cleared_first", "output.cleared", "output.stated", "output.released"
    ]  # fmt: skip


@pytest.mark.parametrize("who", [CHECKER, SECOND])
def test_either_of_the_two_may_refuse_until_it_is_out(world: World, who: str) -> None:
    output = checked(world, TWO)
    clear(world, output)
    assert clear(world, output, who, refuse=True).state is OutputState.refused
    with pytest.raises(Conflict):
        clear(world, output, THIRD)


def test_a_row_that_was_set_to_cleared_does_not_pass_for_two_people(world: World) -> None:
    output = checked(world, TWO)
    clear(world, output)
    with world.store.engine.begin() as connection:
        connection.execute(update(OutputRow).values(state="cleared"))
    with pytest.raises(NotAllowed, match="after two checkers cleared it: 1 did"):
        release(world, output)


def test_four_eyes_for_one_kind_of_file_hold_under_automatic_release_too(world: World) -> None:
    rules = OutputRules(review="automatic", four_eyes=("png", "log"))
    assert checked(world, rules).state is OutputState.released
    image = checked(world, rules, PNG, "figure.PNG")
    assert image.state is OutputState.held
    assert clear(world, image).state is OutputState.held
    assert clear(world, image, SECOND).state is OutputState.cleared
    log = checked(world, rules, b"text", "stdout.log")
    assert clear(world, log).state is OutputState.held
    note = checked(world, OutputRules(four_eyes=("png",)), b"text", "note.md")
    assert clear(world, note).state is OutputState.cleared


def test_permits_from_before_four_eyes_keep_their_text() -> None:
    old = {"min_cell", "review", "max_output_bytes", "max_files", "allowed_types", "rows"}
    assert set(OutputRules().model_dump(mode="json")) == old
    assert OutputRules(four_eyes=("png",)).model_dump(mode="json")["four_eyes"] == ["png"]
    with pytest.raises(ValueError, match="String should match"):
        OutputRules(four_eyes=(".PNG",))


# ---- the queue


def test_the_queue_says_what_awaits_whom_oldest_first(world: World, clock: MovableClock) -> None:
    older = checked(world)
    clock.advance(seconds=60)
    newer = checked(world, TWO, PNG, "figure.png")
    items = waiting(world)
    assert list(items) == [older.id, newer.id]
    assert (items[older.id].awaits, items[older.id].four_eyes) == ("a decision", False)
    assert items[older.id].datasets == ("people",)
    assert (items[older.id].due - items[older.id].since).days == 5
    assert not items[older.id].has_recipe
    clear(world, older)
    clear(world, newer)
    items = waiting(world)
    assert items[older.id].awaits == "release"
    assert items[newer.id].awaits == "a second decision"
    release(world, older)
    clear(world, newer, SECOND, refuse=True)
    assert waiting(world) == {}


def test_what_is_claimed_is_left_to_whoever_claimed_it_until_the_claim_ends(
    on_both: World, clock: MovableClock
) -> None:
    world = on_both
    output = checked(world)
    claim(world, output, CHECKER)
    for act in (claim, clear, release):
        with pytest.raises(Conflict, match=f"{CHECKER} is looking at"):
            act(world, output, SECOND)
    held = waiting(world)[output.id].claim
    assert held is not None
    assert held.checker == CHECKER
    claim(world, output, CHECKER)  # extends
    clock.advance(seconds=601)
    assert waiting(world)[output.id].claim is None
    claim(world, output, SECOND)
    assert clear(world, output, SECOND).state is OutputState.cleared
    assert waiting(world)[output.id].claim is None, "who decided is done with it"
    assert "output.claimed" in world.acts(output.id)


def test_a_claim_does_not_keep_anyone_from_refusing(world: World) -> None:
    output = checked(world)
    claim(world, output, CHECKER)
    assert clear(world, output, SECOND, refuse=True).state is OutputState.refused
    with pytest.raises(Conflict, match="nothing is left to do"):
        claim(world, output, CHECKER)


def test_claims_are_given_back_by_who_has_them_and_kept_from_who_ran_it(world: World) -> None:
    output = checked(world)
    outputs = world.enclave.outputs
    with pytest.raises(NotAllowed, match="never decides"):
        claim(world, output, RESEARCHER)
    with pytest.raises(BadInput):
        claim(world, output, CHECKER, 0)
    claim(world, output, CHECKER)
    with pytest.raises(Conflict, match="no claim"), world.store.transaction() as tx:
        outputs.give_back(tx, SECOND, output.id)
    with world.store.transaction() as tx:
        outputs.give_back(tx, CHECKER, output.id)
    claim(world, output, SECOND)


# ---- the receipt


def test_the_receipt_tells_where_a_file_came_from_and_is_checked_with_a_key_alone(
    world: World, tmp_path: Path
) -> None:
    output = checked(world, TWO)
    clear(world, output)
    clear(world, output, SECOND)
    release(world, output)
    file, receipt = taken_home(world, output)
    stated = verifier.verify(file, receipt, world.ledger.vkey)
    assert stated["digest"] == digest(file)
    assert stated["datasets"] == [{"dataset": "people", "version": 1}]
    assert [one["account"] for one in stated["decisions"]] == [CHECKER, SECOND]
    assert {one["role"] for one in stated["decisions"]} == {"output_checker"}
    assert "as the rules say" not in receipt.decode()
    with world.store.read() as tx:
        permit = world.permits.get(tx, stated["permit"]["id"])
    assert stated["permit"]["digest"] == permit.digest
    assert stated["rules"] == digest(canonical_json(TWO.model_dump(mode="json")))
    (tmp_path / "table.csv").write_bytes(file)
    (tmp_path / "table.csv.receipt.json").write_bytes(receipt)
    (tmp_path / "key").write_text(world.ledger.vkey)
    words = [sys.executable, "-I", verifier.__file__, "table.csv", "table.csv.receipt.json"]
    done = subprocess.run(
        [*words, "--key", "key"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "table.csv").write_bytes(file + b"\n")
    done = subprocess.run(
        [*words, "--key", "key"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (4, "")


def test_a_receipt_holds_under_every_later_checkpoint(world: World) -> None:
    one, two = checked(world), checked(world)
    for output in (one, two):
        clear(world, output)
        release(world, output)
    early = taken_home(world, one)
    for _ in range(3):
        later = taken_home(world, one)  # each fetch is an entry more
        verifier.verify(*later, world.ledger.vkey)
    verifier.verify(*early, world.ledger.vkey)
    assert early[1] != later[1]


def test_what_was_not_released_has_no_receipt(world: World) -> None:
    output = checked(world)
    with pytest.raises(NotFound, match="no receipt"), world.store.read() as tx:
        world.enclave.outputs.receipt(tx, output.id)


@given(st.integers(1, 40), st.data())
def test_the_verifiers_walk_up_the_tree_is_the_ledgers(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(-1, size))
    node = st.binary(min_size=32, max_size=32)
    leaf, root = data.draw(node), data.draw(node)
    path = data.draw(st.lists(node, max_size=7))
    assert verifier.is_included(leaf, index, size, path, root) == check_inclusion(
        leaf, index, size, path, root
    )


# ---- the mark


def test_a_released_image_carries_its_mark_and_nothing_of_the_picture_changes(
    world: World,
) -> None:
    output = checked(world, None, PNG, "figure.png")
    clear(world, output)
    release(world, output)
    file, receipt = taken_home(world, output)
    stated = verifier.verify(file, receipt, world.ledger.vkey)
    assert output.id.encode() in file
    assert stated["watermark"].startswith(output.id)
    assert unmarked(file, stated["watermark"]) == PNG
    assert (stated["checked"], stated["digest"]) == (digest(PNG), digest(file))
    assert stated["checked"] != stated["digest"]


@pytest.mark.parametrize(
    ("data", "takes"),
    [
        (PNG, True),
        (SVG, True),
        (TABLE, False),
        (json.dumps({"a": 1}).encode(), False),
        (b"\x89PNG\r\n\x1a\n", False),
        (b'<svg onload="a>b">', False),
        (b"<?xml version='1.0'?><svg>", False),
    ],
)
def test_only_formats_with_a_place_for_it_are_marked(data: bytes, takes: bool) -> None:
    assert can_be_marked(data) == takes
    if takes:
        assert unmarked(marked(data, "output-a ledger"), "output-a ledger") == data
        with pytest.raises(ValueError, match="takes no mark"):
            marked(data, "</metadata><script>")


def test_a_table_leaves_as_it_was_checked(world: World) -> None:
    output = checked(world)
    clear(world, output)
    release(world, output)
    file, receipt = taken_home(world, output)
    assert file == TABLE
    assert verifier.verify(file, receipt, world.ledger.vkey)["watermark"] is None
