"""What the platform tells of an algorithm by itself: runs, permits, outputs, evaluations, incidents."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from functional.clinic import AUDITOR, AUTHORITY, CHECKER, HOLDER, RESEARCHER, Clinic, copy_of
from functional.test_entries_of_runs import TABLE, cleared, entry_of
from register_world import STATED

from casemate import open as opened
from casemate.errors import BadInput, NotAllowed, NotFound
from casemate.platform import Platform
from casemate.register.known import CPU_WATTS, Fact, energy
from casemate.register.records import read_record

pytest_plugins = ("functional.clinic_fixtures",)

BROKEN = b"raise SystemExit(3)\n"
TYPED = {**STATED, "data_used": "Nothing at all.", "scale_of_use": "Never."}


@pytest.fixture(scope="module")
def worked(
    permitted: Clinic, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Platform, str, str]]:
    """A home, a permit, and an algorithm with two runs: one released, one that failed."""
    clinic = copy_of(permitted, tmp_path_factory.mktemp("known"))
    permit = clinic.only("permit", by=RESEARCHER)
    with opened(clinic.home) as place:
        run = place.run(RESEARCHER, permit, TABLE, "table.py", entry=TYPED).id
        place.wait(RESEARCHER, run)
        algorithm = entry_of(place, run).algorithm
        place.release(CHECKER, cleared(place, run))
        bad = place.run(RESEARCHER, permit, BROKEN, "table.py", algorithm=algorithm).id
        assert place.wait(RESEARCHER, bad).state.value == "failed"
        place.report_algorithm_incident(
            RESEARCHER, algorithm, "A wrong year.", on=date(2026, 1, 15)
        )
        yield place, permit, algorithm


def facts(place: Platform, algorithm: str, by: str = RESEARCHER) -> dict[str, Fact]:
    return {one.name: one for one in place.algorithm_facts(by, algorithm)}


def test_each_fact_is_what_happened_and_names_its_entries(
    worked: tuple[Platform, str, str],
) -> None:
    place, permit, algorithm = worked
    known = facts(place, algorithm)
    assert known["datasets"].value == [{"dataset": "clinic", "version": 1}]
    assert known["permits"].value == [permit]
    runs = [one for one in place.list_runs(RESEARCHER) if one.permit == permit]
    assert known["runs"].value["count"] == len(runs) == 2
    assert set(known["code"].value) == {one.script_digest for one in runs}
    assert known["decisions"].value == {"granted": 1, "cleared": 1, "refused": 0}
    assert known["incidents"].value == {"failed": 1, "held": 0, "revoked": 0, "reported": 1}
    acts = {
        name: {place.ledger_entry(index)[0].act for index in one.entries}
        for name, one in known.items()
    }
    assert acts == {
        "datasets": {"run.running"},
        "permits": {"permit.granted"},
        "code": {"algorithm.ran"},
        "runs": {"algorithm.ran"},
        "decisions": {"permit.granted", "output.cleared"},
        "incidents": {"run.failed", "algorithm.incident"},
        "energy": {"run.checking", "run.failed"},
    }
    for one in known.values():
        assert one.says.keys() == {"en", "fr", "de", "lb", "nl"}
        assert not any("{" in text for text in one.says.values())


def test_energy_is_computing_time_in_whole_seconds_with_its_constant(
    worked: tuple[Platform, str, str],
) -> None:
    place, _permit, algorithm = worked
    told = facts(place, algorithm)["energy"].value
    runs = [place.run_status(AUTHORITY, one.id) for one in place.list_runs(AUTHORITY)]
    seconds = sum(-(-one.resources["used"]["cpu_ms"] // 1000) for one in runs)
    assert told == energy(seconds)
    assert told["watts_per_thread"] == str(CPU_WATTS)
    assert energy(900_000)["kwh"] == "1.000000"  # 4 W for 250 hours
    assert "memory" in told["method"]


def test_nothing_that_is_typed_takes_the_place_of_what_is_known(
    worked: tuple[Platform, str, str],
) -> None:
    place, _permit, algorithm = worked
    made = place.export_algorithm(RESEARCHER, algorithm, "uk-atrs").document
    assert made["source_data_name"] == "Data sets read on this platform: clinic (1)."
    assert made["frequency_usage"].startswith("Never.\nRuns on this platform: 2, ")
    inside = place.export_algorithm(RESEARCHER, algorithm, "ats-0.3.1", language="nl").document
    # The typed text is in English alone; what the platform knows, it says in every language.
    assert inside["source_data"] == "Op dit platform gelezen gegevensbestanden: clinic (1)."


def test_what_the_public_is_told_has_no_permit_and_no_words_of_incidents(
    worked: tuple[Platform, str, str],
) -> None:
    place, permit, algorithm = worked
    with pytest.raises(NotFound):
        place.public_algorithm_facts(algorithm)
    place.publish_algorithm(RESEARCHER, algorithm, "everyone may see it")
    told = json.dumps([vars(one) for one in place.public_algorithm_facts(algorithm)], default=str)
    assert permit not in told
    assert "A wrong year." not in told
    assert '"reported": 1' in told
    assert facts(place, algorithm, HOLDER)["permits"].value == 1  # who reads what is public
    assert facts(place, algorithm, AUDITOR)["permits"].value == [permit]


def test_an_incident_is_reported_by_its_organisation_of_a_day_that_was(
    worked: tuple[Platform, str, str],
) -> None:
    place, _permit, algorithm = worked
    (kept,) = place.algorithm_incidents(AUDITOR, algorithm)
    assert (kept.says, kept.happened_on, kept.serious) == (
        "A wrong year.",
        date(2026, 1, 15),
        False,
    )
    entry = place.ledger_entry(kept.ledger_index)[0]
    assert (entry.act, "A wrong year." in str(entry.detail)) == ("algorithm.incident", False)
    wrong: list[tuple[str, date]] = [("Later.", date(2999, 1, 1)), (" ", date(2026, 1, 1))]
    for says, day in wrong:
        with pytest.raises(BadInput):
            place.report_algorithm_incident(RESEARCHER, algorithm, says, on=day)
    with pytest.raises(NotAllowed):
        place.report_algorithm_incident(HOLDER, algorithm, "Mine.", on=date(2026, 1, 1))
    with pytest.raises(NotAllowed):
        place.algorithm_incidents(HOLDER, algorithm)


def test_an_algorithm_that_never_ran_is_known_for_nothing(
    worked: tuple[Platform, str, str],
) -> None:
    place = worked[0]
    record: dict[str, Any] = {"name": "Idle"}
    algorithm = place.record_algorithm(RESEARCHER, read_record(record)).algorithm
    assert facts(place, algorithm) == {}
