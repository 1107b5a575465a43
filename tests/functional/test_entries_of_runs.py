"""Every program that runs has an entry in the register; nothing of it leaves before that is complete."""

from collections.abc import Iterator
from typing import Any

import pytest
from functional.clinic import AUDITOR, CHECKER, OUTSIDER, RESEARCHER, Clinic, copy_of
from register_world import STATED

from casemate import open as opened
from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.platform import Platform
from casemate.register.records import read_record
from casemate.register.release import EntryIncomplete

pytest_plugins = ("functional.clinic_fixtures",)

TABLE = b"""
from casemate.analysis import read
read("clinic").table("n.csv", ["diagnosis"], n="count")
"""


@pytest.fixture(scope="module")
def worked(
    permitted: Clinic, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Platform, str, str]]:
    """A home, its permit, and a run of a program of which nobody said anything, done."""
    clinic = copy_of(permitted, tmp_path_factory.mktemp("worked"))
    permit = clinic.only("permit", by=RESEARCHER)
    with opened(clinic.home) as place:
        run = place.run(RESEARCHER, permit, TABLE, "table.py")
        yield place, permit, place.wait(RESEARCHER, run.id).id


def entry_of(place: Platform, run: str) -> Any:
    entry = place.algorithm_of_run(RESEARCHER, run)
    assert entry is not None
    return entry


def cleared(place: Platform, run: str) -> str:
    (output,) = [one for one in place.outputs(CHECKER, run) if one.name == "n.csv"]
    if output.state.value == "held":
        place.review(CHECKER, output.id, clear=True, reason="Aggregates only.")
    return output.id


# First those that work on a home of their own: a process works on one at a time.


def test_what_the_machine_kept_back_leaves_once_the_entry_is_complete(
    open_clinic: Clinic,
) -> None:
    asked = open_clinic.apply()
    permit = open_clinic.approve(asked, "--review", "automatic")
    with opened(open_clinic.home) as place:
        run = place.run(RESEARCHER, permit, TABLE, "table.py")
        done = place.wait(RESEARCHER, run.id)
        assert done.state.value == "awaiting_review"
        assert "register's entry" in (done.reason or "")
        complete(place, run.id, {**entry_of(place, run.id).record.told, **STATED})
        assert place.run_status(RESEARCHER, run.id).state.value == "released"
        (output,) = [one for one in place.outputs(CHECKER, run.id) if one.name == "n.csv"]
        assert output.state.value == "released"
        assert place.fetch(RESEARCHER, output.id)


def test_the_commands_complete_an_entry(open_clinic: Clinic) -> None:
    permit = open_clinic.only("permit", by=RESEARCHER)
    script = open_clinic.file("table.py", TABLE.decode())
    words = ("run", "submit", "--permit", permit, "--script", script)
    run = open_clinic.ask(*words, "--set", "tags=counts", by=RESEARCHER)["id"]
    (listed,) = open_clinic.ask("register", "list", by=RESEARCHER)
    algorithm = listed["algorithm"]
    assert listed["record"]["tags"] == ["counts"]
    assert listed["untold"] == ["short_description", "publication_category", "ai_act_class"]
    shown = open_clinic.say("register", "complete", algorithm, by=RESEARCHER)
    assert "ai_act_class is not told: every duty" in shown.out
    output = open_clinic.outputs(run)["n.csv"]["id"]
    open_clinic.ask("output", "review", output, "--clear", "--reason", "Aggregates.", by=CHECKER)
    held = open_clinic.say("output", "release", output, by=CHECKER)
    assert (held.code, held.is_one_line) == (3, True)
    assert algorithm in held.err
    said = ("--describe", "Counts visits.", "--no-ai", "--set", "tags=health,counts")
    done = open_clinic.ask("register", "complete", algorithm, *said, by=RESEARCHER)
    assert (done["untold"], done["record"]["tags"]) == ([], ["health", "counts"])
    open_clinic.ask("output", "release", output, by=CHECKER)
    both = ("--no-ai", "--ai-class", "minimal")
    assert open_clinic.say("register", "complete", algorithm, *both, by=RESEARCHER).code == 2


def test_a_first_run_makes_an_entry_of_what_the_platform_knows(
    worked: tuple[Platform, str, str],
) -> None:
    place, _permit, run = worked
    entry = entry_of(place, run)
    told = entry.record.told
    assert (entry.version, entry.organisation) == (1, "org-university")
    assert (told["name"], told["status"]) == ({"en": "table"}, "in_use")
    assert told["organisation"] == {"en": "University"}
    assert set(told["contact"]) == {"en", "fr", "de", "lb"}
    assert not {"short_description", "ai_act_class"} & told.keys()
    (ran,) = [one for one in place.entries(subject=entry.algorithm) if one.act == "algorithm.ran"]
    (handed,) = [one for one in place.entries(subject=run) if one.act == "run.submitted"]
    assert ran.detail["run"] == run
    assert ran.detail["code"] == handed.detail["script"]
    assert ran.index > handed.index


def test_the_same_program_is_the_same_algorithm_and_another_is_another(
    worked: tuple[Platform, str, str],
) -> None:
    place, permit, run = worked
    first = entry_of(place, run).algorithm
    again = place.run(RESEARCHER, permit, TABLE, "renamed.py")
    assert entry_of(place, again.id).algorithm == first
    other = place.run(RESEARCHER, permit, TABLE + b"\n", "table.py")
    assert entry_of(place, other.id).algorithm != first
    named = place.run(RESEARCHER, permit, TABLE + b"\n\n", "table.py", algorithm=first)
    assert entry_of(place, named.id).algorithm == first
    for one in (again, other, named):
        place.cancel(RESEARCHER, one.id, "enough")


def test_nothing_is_released_before_the_entry_is_complete(
    worked: tuple[Platform, str, str],
) -> None:
    place, _permit, run = worked
    output, entry = cleared(place, run), entry_of(place, run)
    with pytest.raises(EntryIncomplete) as held:
        place.release(CHECKER, output)
    sentence = str(held.value)
    assert "short_description, publication_category, ai_act_class" in sentence
    assert f"casemate register complete {entry.algorithm}" in sentence
    with pytest.raises(NotAllowed):
        place.fetch(RESEARCHER, output)
    almost = {**entry.record.told, **read_record({"short_description": "Counts."}).told}
    complete(place, run, almost)
    with pytest.raises(EntryIncomplete, match="tells publication_category, ai_act_class"):
        place.release(CHECKER, output)
    complete(place, run, {**almost, **STATED, "ai_act_class": "prohibited"})
    with pytest.raises(EntryIncomplete, match="prohibited practice"):
        place.release(CHECKER, output)
    complete(place, run, {**almost, **STATED})
    assert place.release(CHECKER, output).output == output
    assert place.fetch(RESEARCHER, output)


def complete(place: Platform, run: str, told: dict[str, Any]) -> None:
    entry = entry_of(place, run)
    record = read_record(told)
    place.revise_algorithm(
        RESEARCHER, entry.algorithm, record, seen=entry.version, reason="completed"
    )


def test_what_is_said_as_it_is_handed_in_is_told_once(worked: tuple[Platform, str, str]) -> None:
    place, permit, _run = worked
    script = b"print('said')"
    first = place.run(RESEARCHER, permit, script, entry={"short_description": "Prints."})
    later = place.run(RESEARCHER, permit, script, entry={**STATED, "name": "Another"})
    entry = entry_of(place, later.id)
    assert (entry.version, entry.algorithm) == (2, entry_of(place, first.id).algorithm)
    assert entry.record.told["short_description"] == {"en": "Prints."}  # nothing is overwritten
    assert entry.record.told["ai_act_class"] == "out_of_scope"
    assert entry.record.name == "script"
    for one in (first, later):
        place.cancel(RESEARCHER, one.id, "enough")


def test_a_run_is_of_nobody_elses_algorithm(worked: tuple[Platform, str, str]) -> None:
    place, permit, run = worked
    size = len(place.list_runs(RESEARCHER))
    holders = place.record_algorithm("acct-holder", read_record({"name": "Theirs"})).algorithm
    hidden = place.record_algorithm(
        "acct-holder", read_record({"name": "Hidden", "annex_iii_points": ["6(a)"]})
    ).algorithm
    with pytest.raises(NotAllowed):
        place.run(RESEARCHER, permit, b"print(2)", algorithm=holders)
    for nobody in (hidden, "algorithm-aaaaaaaaaaaa"):
        with pytest.raises(NotFound):
            place.run(RESEARCHER, permit, b"print(2)", algorithm=nobody)
    with pytest.raises(BadInput, match="no field 'nmae'"):
        place.run(RESEARCHER, permit, b"print(2)", entry={"nmae": "x"})
    assert len(place.list_runs(RESEARCHER)) == size
    with pytest.raises(Conflict, match="belongs to an algorithm"):
        place.enter_run(RESEARCHER, run)


def test_the_entry_of_a_run_is_for_those_who_may_read_it(
    worked: tuple[Platform, str, str],
) -> None:
    place, _permit, run = worked
    assert place.algorithm_of_run(AUDITOR, run) is not None
    assert place.algorithm_of_run(CHECKER, run) is None  # may read the run, and not the entry
    with pytest.raises(NotAllowed):
        place.algorithm_of_run(OUTSIDER, run)
