"""Records in the form of other registers: valid by the standard's schema, or every gap is named."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from register_world import POLICE, WHOLE

from casemate.errors import BadInput
from casemate.register.embargo import Section, standing
from casemate.register.exports import Export, export, export_standards, schema
from casemate.register.records import every_field, fields, read_record, standards

STANDARDS = sorted(export_standards())
SPOKEN = ("en", "fr", "de", "lb", "nl")
KNOWN: dict[str, Any] = {
    "@algorithm": "algorithm-abc",
    "@uuid": "6f1a1c3e-0d8f-5c46-9a57-0d6f5a0d8b11",
    "@published_on": "2026-11-30",
    "@changed_on": "2026-11-30",
    "@impact_tests": [],
    "@datasets": dict.fromkeys(SPOKEN, "clinic"),
}
IN_EVERY_LANGUAGE = dict.fromkeys(SPOKEN, "It is so.")
FORMS: dict[str, Any] = {
    "text": IN_EVERY_LANGUAGE,
    "word": "one",
    "words": ["one"],
    "link": "https://town.example/a",
    "links": ["https://town.example/a"],
    "date": "2026-12-02",
}
TAKES_CLASS = {
    "annex-viii-a": "high_risk",
    "annex-viii-b": "not_high_risk_6_3",
    "annex-viii-c": "high_risk",
}


def whole(standard: str) -> dict[str, Any]:
    """A record with something in every field, of a class that the standard is for."""
    record = {
        name: one.values[0] if one.values else FORMS[one.kind]
        for name, one in every_field().items()
    }
    for name in ("annex_iii_points", "tags", "member_states", "language"):
        record[name] = ["none"] if name == "annex_iii_points" else ["one", "two"]
    return record | {
        "contact": "mailto:desk@town.example",
        "status": "in_use",
        "ai_act_class": TAKES_CLASS.get(standard, "minimal"),
        "technical_operation": {"en": "It adds. " * 60},
        "uuid": KNOWN["@uuid"],
    }


def exported(record: dict[str, Any], standard: str, **options: Any) -> Export:
    return export(read_record(record), standard, KNOWN, **options)


def accepts(found: Export, *, hidden: bool = False) -> bool:
    form = export_standards()[found.standard]
    checker = Draft202012Validator(schema(form, hidden=hidden))
    return bool(checker.is_valid(found.document))


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_whole_record_is_valid_everywhere(standard: str) -> None:
    found = exported(whole(standard), standard)
    assert found.gaps == ()
    assert found.is_valid
    assert accepts(found)


@pytest.mark.parametrize("standard", STANDARDS)
def test_each_schema_is_one_and_the_mapping_reads_fields_that_there_are(standard: str) -> None:
    form = export_standards()[standard]
    Draft202012Validator.check_schema(schema(form))
    assert form.union in standards()
    named = {name for one in form.targets for name in one.source if name[0] != "@"}
    assert named <= every_field().keys()
    assert len({one.to for one in form.targets}) == len(form.targets)
    for one in form.targets:
        assert set(one.dutch or {}) <= set(one.words)
        taken = (
            every_field()[one.source[0]].values if one.values and one.source[0][0] != "@" else ()
        )
        assert set(one.values or {}) <= set(taken) | {"dpia_summary", "fria_summary"}


@pytest.mark.parametrize("standard", STANDARDS)
def test_all_that_a_standard_asks_for_without_fail_is_in_its_mapping(standard: str) -> None:
    form = export_standards()[standard]
    mapped = {name for one in form.targets for name in one.source}
    asked = {name for name, one in fields().items() if one.asked.get(form.union) == "m"}
    elsewhere = {
        "language",
        "publication_date",
        "certificate",
        "ai_act_class",
    }  # @, or where applicable
    elsewhere |= {"source_registration", "impact_tests"} | {"area", "organisation", "contact"}
    if standard.startswith("annex"):
        elsewhere |= {"short_description", "goal_and_impact", "data_used", "technical_operation"}
    assert asked - mapped <= elsewhere


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(STANDARDS))
def test_any_record_is_valid_or_its_gaps_are_named(data: st.DataObject, standard: str) -> None:
    every = whole(standard)
    told = data.draw(st.sets(st.sampled_from(sorted(every))))
    record = {name: every[name] for name in told}
    for name in data.draw(st.sets(st.sampled_from(sorted(told)), max_size=3)) if told else ():
        if every_field()[name].kind == "text":
            record[name] = {"lb": data.draw(st.text(min_size=1, max_size=400)).strip() or "x"}
    found = exported(record, standard)
    assert found.is_valid is (not found.gaps)
    if found.is_valid:
        assert accepts(found)
    for gap in found.gaps:
        assert gap.fault
        assert gap.why
        assert gap.field.lstrip("@") in every_field() or gap.field[0] == "@"
        assert "\n" not in gap.sentence
    missing = {one.field for one in found.gaps}
    form = export_standards()[standard]
    for one in form.targets:
        if one.mandatory and not one.constant and not set(one.source) & (told | KNOWN.keys()):
            assert one.source[0] in missing or one.source[0] == "@language" or one.also


def test_values_are_of_the_standards_own_words() -> None:
    dutch = exported(
        whole("nl-1.0") | {"start_date": "2026-03-17", "domain": "health"}, "nl-1.0"
    ).document
    assert dutch["status"] == "In gebruik"
    assert dutch["publication_category"] == "Hoog-risico AI-systeem"
    assert dutch["begin_date"] == "2026-03"
    assert dutch["contact_email"] == "desk@town.example"
    assert dutch["category"] == ["Zorg en gezondheid"]
    assert (dutch["lang"], dutch["standard_version"]) == ("nld", "1.0")
    assert dutch["source_data"] == "It is so.\nclinic"
    british = exported(whole("uk-atrs"), "uk-atrs").document
    assert (british["phase"], british["source_data_name"]) == ("production", "clinic")
    cities = exported(whole("ats-0.3.1"), "ats-0.3.1").document
    assert (cities["risk_category"], cities["lang"]) == ("minimal risk", "en")
    inside = exported(whole("ats-0.3.1"), "ats-0.3.1", language="nl").document
    assert (inside["risk_category"], inside["algorithm_type"]) == ("minimaal risico", "zelflerend")


@pytest.mark.parametrize(
    ("change", "standard", "sentence"),
    [
        (
            {"short_description": "x" * 351},
            "nl-1.0",
            "short_description is told in English, not in Dutch",
        ),
        ({"short_description": {"nl": "x" * 351}}, "nl-1.0", "has 351 characters; 350 at most"),
        ({"short_description": "x" * 151}, "ats-0.3.1", "has 151 characters; 150 at most"),
        ({"contact": "the town hall"}, "uk-atrs", "contact holds no e-mail address"),
        ({"contact": "https://town.example"}, "ats-0.3.1", "contact holds no e-mail address"),
        ({"ai_act_class": "gpai"}, "ats-0.3.1", "for which the standard has no word"),
        (
            {"ai_act_class": "minimal"},
            "annex-viii-a",
            "ai_act_class is minimal: this section is for",
        ),
        (
            {"status": "development"},
            "annex-viii-a",
            "status is development, for which the standard",
        ),
    ],
)
def test_a_gap_says_what_is_wrong_and_why_it_matters(
    change: dict[str, Any], standard: str, sentence: str
) -> None:
    found = exported(whole(standard) | change, standard)
    assert not found.is_valid
    assert any(sentence in one.sentence for one in found.gaps), [one.sentence for one in found.gaps]
    assert found.draft()["_draft"] == [one.sentence for one in found.gaps]
    assert not Draft202012Validator(schema(export_standards()[standard])).is_valid(found.draft())


def test_the_section_that_is_not_public_has_fewer_fields_and_no_public_register_has_it() -> None:
    record = whole("annex-viii-a") | {"annex_iii_points": ["6(a)"]}
    section = standing(read_record(record), date(2026, 11, 30)).section
    found = exported(record, "annex-viii-a", section=section)
    assert found.is_valid
    assert accepts(found, hidden=True)
    assert (
        not {"instructions_for_use", "certificate", "further_information"} & found.document.keys()
    )
    deployer = exported(record, "annex-viii-c", section=section).document
    assert deployer.keys() == {"deployer", "deployer_contact", "submitter", "provider_entry_url"}
    for public in ("nl-1.0", "uk-atrs", "ats-0.3.1"):
        (gap,) = exported(record | {"ai_act_class": "high_risk"}, public, section=section).gaps
        assert "49(4)" in gap.why
    (gap,) = exported(whole("nl-1.0"), "nl-1.0", section=Section.NATIONAL).gaps
    assert "49(5)" in gap.why


def test_a_standard_or_language_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match=r"there are nl-1\.0"):
        exported(dict(WHOLE), "iso-1")
    with pytest.raises(BadInput, match="not written in 'lb'"):
        exported(dict(POLICE), "annex-viii-a", language="lb")
