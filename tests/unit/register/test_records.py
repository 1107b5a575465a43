"""Records of algorithms: their fields, and how complete they are for each standard."""

import csv
from typing import Any

import pytest
from conftest import SHARED
from functional.clinic import speak
from hypothesis import given
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.register.records import Completeness, completeness, fields, read_record, standards

UNION = SHARED / "data" / "assurance" / "algorithm_register" / "union_fields.csv"
BRIEF: dict[str, Any] = {
    "name": "Sorter",
    "short_description": {"en": "Sorts letters.", "fr": "Trie le courrier.", "de": " "},
    "organisation": "Town",
    "status": "in_use",
    "contact": "mail@town.example",
    "publication_category": "other",
}


def held(record: dict[str, Any], standard: str) -> Completeness:
    return next(one for one in completeness(read_record(record)) if one.standard == standard)


def whole() -> dict[str, Any]:
    """A record with something in every field."""
    filled = {
        "text": "It is so.",
        "word": "one",
        "words": ["one"],
        "link": "https://town.example/a",
        "links": ["https://town.example/a"],
        "date": "2026-12-02",
    }
    return {
        name: one.values[0] if one.values else filled[one.kind] for name, one in fields().items()
    }


def test_there_are_66_fields_and_each_is_asked_by_somebody_for_a_reason() -> None:
    assert len(fields()) == 66
    assert all(one.asked.keys() <= standards().keys() and one.asked for one in fields().values())
    assert len({one.why for one in fields().values()}) == 66


def test_what_each_standard_asks_for_is_what_the_shared_table_says() -> None:
    if not UNION.exists():
        pytest.skip(
            "the shared table of register fields is not on this machine (shared/data/assurance)"
        )
    with UNION.open(encoding="utf-8") as lines:
        rows = {row["field_id"]: row for row in csv.DictReader(lines)}
    theirs = {
        name: {one: row[one] for one in standards() if row[one]} for name, row in rows.items()
    }
    assert theirs.pop("exemption_ground") == {"A8C": "m"}  # Annex VIII asks it in Section B
    ours = {name: dict(one.asked) for name, one in fields().items()}
    assert ours.pop("exemption_ground") == {"A8B": "m"}
    assert ours == theirs


def test_six_fields_are_enough_for_one_standard_and_not_for_another() -> None:
    assert held(BRIEF, "NL").is_complete
    assert (held(BRIEF, "NL").mandatory_told, held(BRIEF, "NL").asked) == (6, 36)
    duty = held(BRIEF, "A8B")
    assert not duty.is_complete
    gap = next(one for one in duty.missing if one.field == "exemption_ground")
    assert (gap.need, gap.fault) == ("mandatory", "missing")
    assert "6(3)" in gap.why


def test_what_is_mandatory_is_listed_first() -> None:
    needs = [one.need for one in held({}, "ATRS").missing]
    assert needs == sorted(needs, key=lambda need: need != "mandatory")
    assert {"mandatory", "asked for"} == set(needs)


def test_text_that_is_too_long_for_a_standard_does_not_count() -> None:
    long = BRIEF | {"name": "x" * 101}
    (gap,) = [one for one in held(long, "NL").missing if one.field == "name"]
    assert gap.fault == "101 characters; 100 at most"
    assert not held(long, "NL").is_complete
    assert "name" not in {one.field for one in held(long, "ATRS").missing}


def test_languages_are_counted_and_blank_text_is_none() -> None:
    shares = held(BRIEF, "NL").languages
    assert shares == {"en": 1.0, "fr": 0.25, "de": 0.0, "lb": 0.0}  # of four texts
    assert "appeal" not in read_record({"appeal": {"en": "  "}}).told


def test_a_whole_record_is_complete_for_all() -> None:
    for one in completeness(read_record(whole())):
        assert (one.is_complete, one.missing, one.asked_share) == (True, (), 1.0)


@given(st.sets(st.sampled_from(sorted(fields()))), st.sampled_from(sorted(fields())))
def test_telling_more_never_makes_a_record_less_complete(told: set[str], more: str) -> None:
    every = whole()
    before = completeness(read_record({name: every[name] for name in told}))
    after = completeness(read_record({name: every[name] for name in told | {more}}))
    for one, two in zip(before, after, strict=True):
        assert (two.mandatory_told, two.asked_told) >= (one.mandatory_told, one.asked_told)
        assert len(two.missing) == two.asked - two.asked_told


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"nmae": "x"}, "the nearest is 'name'"),
        ({"name": 3}, "name is text"),
        ({"name": {"es": "x"}}, "by en, fr, de, lb, nl"),
        ({"name": "x" * 20_001}, "20000 characters at most"),
        ({"status": "maybe"}, "it is one of development, in_use, withdrawn"),
        ({"start_date": "soon"}, "start_date is 'soon'; it is a day"),
        ({"start_date": 5}, "it is a day"),
        ({"source_code_link": "javascript:alert(1)"}, "no http, https or mailto link"),
        ({"source_data_links": "https://a.example"}, "is a list"),
        ({"tags": ["x"] * 201}, "200 entries at most"),
    ],
)
def test_a_wrong_record_is_refused_by_name(record: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_record(record)


def test_the_commands_tell_what_is_missing_and_why(tmp_path: Any) -> None:
    path = tmp_path / "record.toml"
    path.write_text('name = "Sorter"\nstatus = "in_use"\nstart_date = 2026-12-02\n')
    said = speak(["register", "check", str(path), "--json"])
    assert [one["standard"] for one in said.json] == list(standards())
    one = speak(["register", "check", str(path), "--standard", "A8A", "--json"]).json[0]
    assert (one["mandatory"]["told"], one["complete"]) == (2, False)
    assert {"field", "need", "why"} <= one["missing"][0].keys()
    assert "Why it matters" in speak(["register", "check", str(path), "--standard", "A8A"]).out
    assert "Mandatory" in speak(["register", "check", str(path)]).out
    assert len(speak(["register", "fields", "--json"]).json) == 66
    assert "exemption_ground" in speak(["register", "fields"]).out
    wrong = speak(["register", "check", str(path), "--standard", "ISO"])
    assert (wrong.code, wrong.is_one_line) == (2, True)
