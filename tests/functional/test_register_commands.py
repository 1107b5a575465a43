"""The register of a home: records in versions, kept by one's own organisation, on the ledger."""

import json

import pytest
from functional.clinic import (
    AUDITOR,
    AUTHORITY,
    CHECKER,
    HOLDER,
    OPERATOR,
    OUTSIDER,
    RESEARCHER,
    Clinic,
    Said,
)

pytest_plugins = ("functional.clinic_fixtures",)

RECORD = """
name = { en = "Triage", fr = "Triage" }
short_description = "Sorts calls."
status = "development"
tags = ["health"]
"""
PRIVATE = "Nobody but us may read this sentence."


@pytest.fixture
def algorithm(founded: Clinic) -> str:
    record = founded.file("record.toml", RECORD + f'appeal = "{PRIVATE}"\n')
    added: str = founded.ask("register", "add", record, by=RESEARCHER)["algorithm"]
    return added


def revise(
    clinic: Clinic, algorithm: str, text: str, *, seen: int = 1, by: str = RESEARCHER
) -> Said:
    record = clinic.file("next.toml", text)
    words = (
        "register",
        "revise",
        algorithm,
        record,
        "--seen",
        str(seen),
        "--reason",
        "It moved on.",
    )
    return clinic.say(*words, "--json", by=by)


def test_each_version_tells_what_it_changed(founded: Clinic, algorithm: str) -> None:
    said = revise(founded, algorithm, RECORD.replace("development", "in_use"))
    assert said.json["version"] == 2
    second, first = founded.ask("register", "history", algorithm, by=RESEARCHER)
    assert (second["reason"], second["kept_by"]) == ("It moved on.", RESEARCHER)
    changes = {one["field"]: (one["before"], one["after"]) for one in second["changes"]}
    assert changes == {"status": ("development", "in_use"), "appeal": ({"en": PRIVATE}, None)}
    assert {one["field"] for one in first["changes"]} == set(first["record"])
    shown = founded.ask("register", "show", algorithm, "--version", "1", by=RESEARCHER)
    assert (shown["version"], shown["record"]["status"]) == (1, "development")
    assert shown["record"]["tags"] == ["health"]
    assert {one["standard"] for one in shown["completeness"]} >= {"NL", "ATRS", "A8A"}
    assert "It moved on." in founded.say("register", "history", algorithm, by=AUDITOR).out


def test_the_ledger_has_the_act_and_no_word_of_the_record(founded: Clinic, algorithm: str) -> None:
    entries = founded.say("ledger", "export", by=AUDITOR).out
    assert "algorithm.recorded" in entries
    assert algorithm in entries
    assert PRIVATE not in entries
    assert "Triage" not in entries


def test_whoever_comes_second_is_told(founded: Clinic, algorithm: str) -> None:
    revise(founded, algorithm, RECORD.replace("development", "in_use"))
    late = revise(founded, algorithm, RECORD.replace("development", "withdrawn"))
    assert late.code == 2
    assert "version 2 by now" in late.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RECORD + f'appeal = "{PRIVATE}"\n', "nothing differs"),
        ('status = "in_use"\n', "has a name"),
    ],
)
def test_what_is_no_new_version_is_refused(
    founded: Clinic, algorithm: str, text: str, message: str
) -> None:
    with founded.unchanged():
        said = revise(founded, algorithm, text)
    assert said.code == 2
    assert message in said.err


def test_a_change_without_a_reason_is_refused(founded: Clinic, algorithm: str) -> None:
    record = founded.file("next.toml", 'name = "Other"\n')
    words = ("register", "revise", algorithm, record, "--seen", "1", "--reason", " ")
    said = founded.say(*words, by=RESEARCHER)
    assert (said.code, said.is_one_line) == (2, True)


@pytest.mark.parametrize(
    ("by", "may_read", "may_write"),
    [
        (RESEARCHER, True, True),
        (OUTSIDER, True, True),  # of the same university
        (HOLDER, False, False),
        (OPERATOR, False, False),
        (CHECKER, False, False),
        (AUTHORITY, True, False),
        (AUDITOR, True, False),
    ],
)
def test_who_reads_and_who_writes(
    founded: Clinic, algorithm: str, by: str, may_read: bool, may_write: bool
) -> None:
    for command in ("show", "history"):
        said = founded.say("register", command, algorithm, "--json", by=by)
        assert said.code == (0 if may_read else 3)
        assert (PRIVATE in said.out) is may_read
    listed = founded.ask("register", "list", by=by)
    assert (algorithm in {one["algorithm"] for one in listed}) is may_read
    assert bool(listed) is may_read
    written = revise(founded, algorithm, RECORD.replace("development", "in_use"), by=by)
    assert written.code == (0 if may_write else 3)


def test_nobody_signed_in_sees_nothing(founded: Clinic, algorithm: str) -> None:
    for words in (("list",), ("show", algorithm)):
        said = founded.say("register", *words)
        assert (said.code, said.out) == (2, "")


def test_an_export_is_written_or_each_gap_is_named_in_a_line(founded: Clinic) -> None:
    dutch = 'short_description = { nl = "Telt bezoeken.", en = "Counts visits." }\n'
    brief = (
        'name = "Means"\norganisation = "U"\ncontact = "mailto:a@u.example"\nstatus = "in_use"\n'
    )
    record = founded.file("entry.toml", brief + dutch + 'publication_category = "other"\n')
    algorithm = founded.ask("register", "add", record, by=RESEARCHER)["algorithm"]
    words = ("register", "export", algorithm, "--standard")
    target = founded.folder / "export.json"
    said = founded.say(*words, "nl-1.0", "--output", str(target), by=RESEARCHER)
    assert said.code == 0
    assert "in Dutch" in said.out
    assert json.loads(target.read_text())["description_short"] == "Telt bezoeken."
    lacking = founded.say(*words, "uk-atrs", by=RESEARCHER)
    *gaps, last = lacking.err.strip().splitlines()
    assert (lacking.code, lacking.out) == (2, "")
    assert any(one.startswith("appeal is not told: without it") for one in gaps)
    assert f"the {len(gaps)} gaps above" in last
    told = founded.say(*words, "uk-atrs", "--json", by=RESEARCHER)
    assert (told.code, told.json["valid"], len(told.json["gaps"])) == (2, False, len(gaps))
    draft = founded.ask(*words, "uk-atrs", "--draft", by=RESEARCHER)
    assert (draft["valid"], len(draft["document"]["_draft"])) == (False, len(gaps))
    assert founded.say(*words, "nl-1.0", by=HOLDER).code == 3
    assert founded.say(*words, "nl-2.0", by=RESEARCHER).code == 2
