"""What a data user and a checker are told of runs and outputs: the live account, drafts, what changed."""

import threading
from collections.abc import Iterator

import pytest
from outputs_world import CHECKER, FIRST, PRINTED, RESEARCHER, SECOND, Done, done, let_out
from portal_world import Portal, served

from casemate.errors import BadInput, Conflict, NotAllowed, NotFound

OTHERS = ("acct-holder", "acct-outsider", "acct-authority", "acct-checker", "acct-auditor")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("workspace")) as portal:
        portal.publish()
        yield portal


@pytest.fixture(scope="module")
def permit(portal: Portal) -> str:
    return str(portal.permit()["id"])


@pytest.fixture(scope="module")
def first(portal: Portal, permit: str) -> Done:
    """A run whose table has left."""
    ended = done(portal, permit, FIRST)
    let_out(portal, ended.outputs["by_diagnosis.csv"])
    return ended


@pytest.fixture(scope="module")
def second(portal: Portal, permit: str, first: Done) -> Done:
    return done(portal, permit, SECOND)


# ── the live account ─────────────────────────────────────────────────────────────────────────────────


def test_a_run_is_told_from_its_hand_in_to_its_release_in_order(
    portal: Portal, first: Done
) -> None:
    told = portal.platform.follow(RESEARCHER, first.run.id)
    acts = [event.act for event in told.events]
    milestones = ["run.submitted", "data.protected", "run.running", "run.checking",
                  "run.awaiting_review", "output.released"]  # fmt: skip
    assert [act for act in acts if act in milestones] == milestones
    assert [event.number for event in told.events] == sorted(event.number for event in told.events)
    assert (told.outputs, told.checked) == (3, 3)
    assert acts.count("output.checked") == 3
    assert told.wall_limit == 900
    assert told.last == told.events[-1].number


def test_asked_from_the_last_event_only_what_is_new_is_told(portal: Portal, first: Done) -> None:
    told = portal.platform.follow(RESEARCHER, first.run.id)
    middle = told.events[4].number
    again = portal.platform.follow(RESEARCHER, first.run.id, middle)
    assert again.events == told.events[5:]
    assert portal.platform.follow(RESEARCHER, first.run.id, told.last).events == ()


def test_nothing_that_the_program_steers_is_in_its_live_account(
    portal: Portal, first: Done
) -> None:
    body = portal.ask(RESEARCHER, "GET", f"/runs/{first.run.id}/events").text
    assert PRINTED not in body
    assert "by_diagnosis" not in body
    for figure in ("cpu_ms", "max_rss_bytes", "stdout_bytes", "wall_ms"):
        assert figure not in body


def test_a_request_waits_for_the_next_event_and_no_longer_than_it_said(
    portal: Portal, permit: str, first: Done
) -> None:
    run = portal.platform.run(RESEARCHER, permit, b"import time\ntime.sleep(2)\n")
    queued = portal.platform.follow(RESEARCHER, run.id)
    assert queued.ahead in (0, None)
    seen, rounds = queued.last, 0
    while not portal.must(RESEARCHER, "GET", f"/runs/{run.id}/events", params={"after": seen})[
        "run"
    ]["ended_at"]:
        told = portal.must(
            RESEARCHER, "GET", f"/runs/{run.id}/events", params={"after": seen, "wait": 5}
        )
        if told["run"]["state"] == "running":
            assert told["run"]["resources"] == {}
        seen, rounds = told["last"], rounds + 1
        assert rounds < 20
    acts = [event.act for event in portal.platform.follow(RESEARCHER, run.id).events]
    assert acts[-1] == "run.failed"


def test_who_waits_behind_another_run_is_told_how_many_come_first(
    portal: Portal, permit: str
) -> None:
    sleeper = portal.platform.run(RESEARCHER, permit, b"import time\ntime.sleep(30)\n")
    behind = portal.platform.run(RESEARCHER, permit, b"print(1)\n")
    assert portal.platform.follow(RESEARCHER, behind.id).ahead == 1
    portal.platform.cancel(RESEARCHER, sleeper.id, "enough")
    portal.platform.cancel(RESEARCHER, behind.id, "enough")
    assert portal.platform.follow(RESEARCHER, behind.id).ahead is None


def test_a_stranger_follows_no_run_and_an_unknown_one_is_not_found(
    portal: Portal, first: Done
) -> None:
    with pytest.raises(NotAllowed):
        portal.platform.follow("acct-outsider", first.run.id)
    with pytest.raises(NotFound):
        portal.platform.follow(RESEARCHER, "run-aaaaaaaaaaaa")


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_typed_is_kept_in_versions_and_the_run_takes_it(
    portal: Portal, permit: str
) -> None:
    platform = portal.platform
    one = platform.save_draft(RESEARCHER, permit, "print(1)", after=0)
    same = platform.save_draft(RESEARCHER, permit, "print(1)")
    two = platform.save_draft(RESEARCHER, permit, "print(2) # é", after=1)
    assert (one.number, same.number, two.number) == (1, 1, 2)
    assert platform.program_draft(RESEARCHER, permit, 1).text == "print(1)"
    assert platform.program_draft(RESEARCHER, permit).text == "print(2) # é"
    assert [kept.number for kept in platform.draft_versions(RESEARCHER, permit)] == [2, 1]
    run = platform.run_draft(RESEARCHER, permit)
    with platform.store.read() as tx:
        assert platform.enclave.runs.script(tx, run.id) == "print(2) # é".encode()
    platform.cancel(RESEARCHER, run.id, "enough")


def test_two_windows_do_not_overwrite_each_other(portal: Portal, permit: str) -> None:
    newest = portal.platform.save_draft(RESEARCHER, permit, "print('one window')").number
    with pytest.raises(Conflict, match="another window"):
        portal.platform.save_draft(RESEARCHER, permit, "print('the other')", after=newest - 1)
    assert portal.platform.program_draft(RESEARCHER, permit).text == "print('one window')"


def test_old_versions_go_and_the_newest_fifty_stay(portal: Portal, permit: str) -> None:
    for number in range(55):
        newest = portal.platform.save_draft(RESEARCHER, permit, f"print({number}, 'many')")
    kept = [one.number for one in portal.platform.draft_versions(RESEARCHER, permit)]
    assert kept == list(range(newest.number, newest.number - 50, -1))
    with pytest.raises(NotFound, match="version 1 "):
        portal.platform.program_draft(RESEARCHER, permit, 1)


def test_a_draft_is_its_authors_alone_and_sealed(portal: Portal, permit: str) -> None:
    portal.platform.save_draft(RESEARCHER, permit, "password = 'zq-a-secret-zq'")
    for other in OTHERS:
        with pytest.raises(NotAllowed):
            portal.platform.program_draft(other, permit)
        with pytest.raises(NotAllowed):
            portal.platform.save_draft(other, permit, "print(1)")
    for file in portal.platform.home.root.rglob("*"):
        assert not file.is_file() or b"zq-a-secret-zq" not in file.read_bytes()


@pytest.mark.parametrize(
    ("text", "filename"),
    [
        ("x" * 1_048_577, "script.py"),
        ("\ud800", "script.py"),
        ("1", "../script.py"),
        ("1", "a.exe"),
    ],
)
def test_what_is_no_program_is_no_draft(
    portal: Portal, permit: str, text: str, filename: str
) -> None:
    with pytest.raises(BadInput):
        portal.platform.save_draft(RESEARCHER, permit, text, filename)


def test_a_race_of_two_saves_keeps_both_or_says_so(portal: Portal, permit: str) -> None:
    portal.platform.save_draft(RESEARCHER, permit, "print('before')")
    before = portal.platform.program_draft(RESEARCHER, permit).number
    told: list[str] = []

    def save(text: str) -> None:
        try:
            told.append(portal.platform.save_draft(RESEARCHER, permit, text, after=before).text)
        except Conflict:
            told.append("conflict")

    windows = [threading.Thread(target=save, args=(f"print({one})",)) for one in range(2)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert told.count("conflict") == 1
    assert portal.platform.program_draft(RESEARCHER, permit).text in told


# ── what a checker is shown ──────────────────────────────────────────────────────────────────────────


def test_a_table_is_held_against_the_earlier_release_cell_by_cell(
    portal: Portal, first: Done, second: Done
) -> None:
    found = portal.platform.compare_release(CHECKER, second.outputs["by_diagnosis.csv"].id)
    (earlier,) = found.earlier
    assert earlier.output == first.outputs["by_diagnosis.csv"].id
    table = earlier.difference.table
    assert table is not None
    assert table.keys == ("diagnosis",)
    assert table.counts == {"same": 0, "changed": 3, "added": 0, "removed": 0}
    for line in table.lines:
        word, count = line.cells
        assert word.state == "same"
        assert count.by == int(count.new or 0) - int(count.old or 0) < 0
    assert [(one.dataset, one.releases) for one in found.memory] == [("clinic", 1)]


def test_that_a_checker_compared_is_on_the_ledger(portal: Portal, second: Done) -> None:
    output = second.outputs["by_diagnosis.csv"].id
    portal.must(CHECKER, "GET", f"/outputs/{output}/comparison")
    acts = [entry.act for entry in portal.platform.entries(subject=output)]
    assert acts[-1] == "output.compared"


@pytest.mark.parametrize("who", [RESEARCHER, "acct-authority", "acct-auditor", "acct-holder"])
def test_nobody_but_a_checker_compares_or_examines(portal: Portal, second: Done, who: str) -> None:
    output = second.outputs["by_diagnosis.csv"].id
    with pytest.raises(NotAllowed):
        portal.platform.compare_release(who, output)
    with pytest.raises(NotAllowed):
        portal.platform.examine(who, output)


def test_an_output_is_compared_with_nothing_that_has_not_left(portal: Portal, second: Done) -> None:
    one, other = (second.outputs[name].id for name in ("by_diagnosis.csv", "cells.csv"))
    with pytest.raises(BadInput, match="released"):
        portal.platform.compare_release(CHECKER, one, other)


def test_each_output_is_shown_in_a_form_that_does_nothing(
    portal: Portal, first: Done, second: Done
) -> None:
    outputs = first.outputs | second.outputs
    shown = {name: portal.platform.examine(CHECKER, one.id)[1] for name, one in outputs.items()}
    assert shown["formula.csv"].rows == (("=1+1", "200"),)
    assert shown["page.html"].form == "text"
    assert shown["words.txt"].text.splitlines()[0] == "Nothing\\u202e to see."
    assert shown["marker.svg"].picture == "image/svg+xml"
    assert shown["stdout.log"].text == PRINTED
