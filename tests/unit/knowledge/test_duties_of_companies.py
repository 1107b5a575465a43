"""What binds a company: three days, unknown answers, files of every form, status as of a day."""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obligations_world import COMPANY, read_dogs, write_dogs, write_instrument
from oscal_bindings import OscalDocument

from casemate.errors import BadInput
from casemate.knowledge.documents import Library
from casemate.knowledge.obligations.binding import CompanyDuty, Overview, overview
from casemate.knowledge.obligations.companies import read_company
from casemate.knowledge.obligations.comparing import changes_between
from casemate.knowledge.obligations.exports import FORMS, Exported, export
from casemate.knowledge.obligations.instruments import (
    Instruments,
    applicability,
    read_instruments,
)
from casemate.knowledge.obligations.keeping import (
    DutyState,
    EvidenceKind,
    Step,
    StepForm,
    require_step,
    statuses,
)
from casemate.knowledge.obligations.legalruleml import LRML
from casemate.register.law.companies import AiSystem, ai_facts

OURS = files("casemate.register.law") / "instruments"
SHARED = Path(__file__).parents[4] / "shared/data/law/eu-law/provisions.en-fr.jsonl.gz"
RECRUITER = AiSystem(
    "CVs", {"role": "deployer", "purpose": "rank_candidates", "sector": "employment"}, closed=True
)
MAKER = AiSystem(
    "CVs", {"role": "provider", "purpose": "rank_candidates", "sector": "employment"}, closed=True
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, Instruments]]:
    folder = tmp_path_factory.mktemp("dogs")
    file = write_dogs(folder / "texts")
    with Library(folder / "library.sqlite") as library:
        library.load(file.parent, [file], read_dogs)
        yield library, read_instruments(OURS, write_instrument(folder).parent)


def asked(world: tuple[Library, Instruments], on: date, **answers: Any) -> Overview:
    library, instruments = world
    company = read_company(COMPANY | {"answers": COMPANY["answers"] | answers}, instruments)
    return overview(library, "dogs", instruments, company.answers, on, "en", only="dogs")


def named(found: Overview) -> list[str]:
    return [one.id.removeprefix("dogs/") for one in found.duties]


@pytest.mark.parametrize(
    ("on", "duties", "coming"),
    [
        (date(2025, 3, 1), [], ["2025-05-01", "2026-06-01"]),
        (date(2026, 3, 1), ["art_2/1/obligation/1"], ["2026-06-01"]),
        (date(2026, 6, 15), ["art_2/1/obligation/1", "art_3//obligation/1"], []),
        (date(2026, 9, 1), ["art_2/1/obligation/1"], ["2028-06-01"]),
        (date(2028, 9, 1), ["art_2/1/obligation/1", "art_3//obligation/1"], []),
    ],
)
def test_duties_begin_when_the_text_of_the_day_says(
    world: tuple[Library, Instruments], on: date, duties: list[str], coming: list[str]
) -> None:
    found = asked(world, on)
    assert named(found) == duties
    assert [str(one.since) for one in found.coming] == coming
    assert all("apply from" in one.since_words for one in found.coming)


def test_another_case_begins_on_another_day(world: tuple[Library, Instruments]) -> None:
    found = asked(world, date(2026, 3, 1), uses_ai=False)
    assert [one.since for one in found.coming] == [date(2027, 6, 1)]


def test_a_duty_has_its_quote_its_time_its_fine_and_its_source(
    world: tuple[Library, Instruments],
) -> None:
    (duty,) = asked(world, date(2026, 3, 1)).duties
    assert duty.quote == "Keepers shall register each dog within 72 hours."
    assert (duty.deadlines[0].hours, duty.sanctions[0].provision) == (72, "art_8")
    assert (duty.source.provision, duty.source.version) == ("art_2", date(2025, 1, 1))
    library, _ = world
    stored = library.at("dog-regulation", "art_2", "en", date(2026, 3, 1)).provision
    assert stored is not None
    assert duty.source.digest == stored.digest
    assert [stored.text[a:b] for a, b in duty.spans] == [duty.quote]


def test_the_deciding_provision_is_quoted(world: tuple[Library, Instruments]) -> None:
    (state,) = asked(world, date(2026, 3, 1)).instruments
    assert state.applies is True
    assert state.because[0].quote == "This Regulation applies to whoever keeps a dog in the Union."
    (large,) = asked(world, date(2026, 3, 1), employees=400).instruments
    assert large.applies is False
    assert "Art. 1(2)" in large.because[-1].says


def test_an_open_question_is_told_and_hides_no_duty(world: tuple[Library, Instruments]) -> None:
    found = asked(world, date(2026, 3, 1), employees=None, serves_union=None)
    assert found.instruments[0].applies is None
    assert set(found.instruments[0].questions) == {"employees", "serves_union"}
    assert "art_2/1/obligation/1" in named(found)
    assert all(one.open_questions for one in found.duties)


def test_a_text_that_is_not_here_is_told(world: tuple[Library, Instruments]) -> None:
    library, instruments = world
    found = overview(library, "dogs", instruments, {"personal_data": True}, date(2026, 1, 1), "en")
    assert "is in this collection" in next(
        one.missing for one in found.instruments if one.instrument == "gdpr"
    )


_FLAGS = ["in_union", "serves_union", "personal_data", "household_only", "decides_purposes", "uses_ai",
          "ict_for_finance", "small_aif_manager", "names_or_networks", "sole_or_critical"]  # fmt: skip
_KNOWN = st.fixed_dictionaries(
    {},
    optional={name: st.booleans() for name in _FLAGS}
    | {
        "sector": st.sampled_from(["energy", "food", "other"]),
        "employees": st.sampled_from(["3", "60", "400"]),
        "turnover": st.sampled_from(["1", "60"]),
        "balance": st.sampled_from(["1", "60"]),
        "financial_kind": st.sampled_from(["none", "aif_manager", "insurer"]),
        "trust_services": st.sampled_from(["none", "qualified"]),
    },
)
_ALL = read_instruments(OURS)


@given(_KNOWN, _KNOWN)
def test_no_answer_that_is_missing_ever_decides(
    some: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    """What is decided on some answers stays so whatever else is answered: silence decided nothing."""
    first = _ALL.read_answers(some)
    fuller = _ALL.read_answers({**more, **some})
    for one in _ALL.by_id.values():
        before, after = applicability(one, first), applicability(one, fuller)
        if before.applies is not None:
            assert after.applies is before.applies
        for role, known in before.roles.items():
            assert known is None or after.roles[role] is known
        if before.applies is None:
            assert before.open_questions


def test_words_that_changed_are_to_be_looked_at_again(world: tuple[Library, Instruments]) -> None:
    (duty,) = asked(world, date(2026, 3, 1)).duties
    said = Step(1, duty.id, DutyState.DONE, duty.words, duty.quote, EvidenceKind.TEXT, "the book", "",
                "acct-a", datetime(2026, 3, 2, tzinfo=UTC))  # fmt: skip
    same, _ = statuses(asked(world, date(2026, 4, 1)), [said])
    assert (same[duty.id].state, same[duty.id].again) == (DutyState.DONE, False)
    later, _ = statuses(asked(world, date(2026, 9, 1)), [said])
    assert later[duty.id].again
    assert [one.text for one in later[duty.id].changes if one.change != "same"] == ["72", "24"]
    _, gone = statuses(asked(world, date(2026, 9, 1)), [replace(said, duty="dogs/art_7//x/1")])
    assert [one.duty for one in gone] == ["dogs/art_7//x/1"]


def test_two_days_differ_by_what_began_and_what_was_reworded(
    world: tuple[Library, Instruments],
) -> None:
    found = changes_between(asked(world, date(2026, 3, 1)), asked(world, date(2028, 9, 1)))
    assert [(one.change, one.duty.source.provision) for one in found] == [
        ("new", "art_3"), ("changed", "art_2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        StepForm("d", "done"), StepForm("d", "not_applicable"), StepForm("d", "nearly"),
        StepForm("d", "done", "url", "javascript:alert(1)"), StepForm("d", "done", "file", "sha256:1"),
        StepForm("d", "done", "text", "x" * 501), StepForm("d", "open", "text", "", "x" * 2001),
        StepForm("d", "done", "url", 'https://a.example/"><script>'),
    ],
)  # fmt: skip
def test_what_claims_without_saying_why_is_bad_input(form: StepForm) -> None:
    with pytest.raises(BadInput):
        require_step(form)


@pytest.mark.parametrize(
    "document",
    [
        {}, {"name": " "}, {"name": "A", "answers": {"nobody": True}}, {"name": "A", "more": 1},
        {"name": "A", "answers": {"employees": "many"}}, {"name": "A", "answers": {"in_union": "yes"}},
        {"name": "A", "answers": {"employees": "1e999"}}, {"name": "A", "systems": [{"name": "x", "y": 1}]},
        {"name": "A", "systems": [{"name": "x", "facts": {"role": "nobody at all"}}]}, {"name": "x" * 201},
        {"name": "A", "systems": [{"name": "x"}] * 51},
    ],
)  # fmt: skip
def test_a_profile_that_is_none_is_bad_input(document: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        read_company(document, _ALL)


def test_a_file_of_rules_that_names_what_is_not_there_is_bad_input(tmp_path: Path) -> None:
    write_instrument(tmp_path).write_text(
        'id = "x"\nworks = ["y"]\ntitle = { en = "X" }\n[[role]]\nid = "r"\nwhen = "nothing_known"\n'
    )
    with pytest.raises(BadInput, match=r"dogs\.toml: nothing_known is neither a fact nor a rule"):
        read_instruments(OURS, tmp_path / "instruments")


# ── files ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def exported(world: tuple[Library, Instruments]) -> Exported:
    found = asked(world, date(2026, 3, 1))
    status, _ = statuses(found, ())
    return Exported("=Kennel", found, status)


@pytest.mark.parametrize("form", [one for one in FORMS if one.startswith("oscal")])
def test_oscal_is_valid_and_the_same_twice(exported: Exported, form: str) -> None:
    content = export(exported, form, "en")
    assert content == export(exported, form, "en")
    OscalDocument.model_validate(json.loads(content))


def test_oscal_chooses_what_applies_out_of_its_catalog(exported: Exported) -> None:
    catalog = json.loads(export(exported, "oscal", "en"))["catalog"]
    controls = {one["id"]: one for group in catalog["groups"] for one in group["controls"]}
    chosen = json.loads(export(exported, "oscal-profile", "en"))["profile"]["imports"][0]
    assert set(chosen["include-controls"][0]["with-ids"]) == {"dogs_art_2_1_obligation_1"}
    control = controls["dogs_art_2_1_obligation_1"]
    assert control["parts"][0]["prose"] == "Keepers shall register each dog within 72 hours."
    assert len(controls) == 2, "what is to come is in the catalog too"


def noted(duty: CompanyDuty, **told: Any) -> Step:
    """Something that was said of a duty."""
    step = Step(1, duty.id, DutyState.DONE, duty.words, duty.quote, EvidenceKind.TEXT, "the book", "",
                "acct-a", datetime(2026, 3, 2, tzinfo=UTC))  # fmt: skip
    return replace(step, **told)


def test_an_assessment_tells_each_duty_with_its_evidence_by_digest(
    world: tuple[Library, Instruments],
) -> None:
    found = asked(world, date(2026, 4, 1))
    (duty,) = found.duties
    said = [
        noted(
            duty, state=DutyState.EVIDENCE, kind=EvidenceKind.URL, reference="https://a.example/b"
        ),
        noted(duty, number=2, note="Looked at.", noted_at=datetime(2026, 3, 9, tzinfo=UTC)),
    ]
    exported = Exported("Kennel", found, statuses(found, said)[0])
    content = export(exported, "oscal-assessment-results", "en")
    document = json.loads(content)
    OscalDocument.model_validate(document)
    (result,) = document["assessment-results"]["results"]
    assert (result["start"][:10], result["end"][:10]) == ("2026-03-02", "2026-04-01")
    first, second = result["observations"]
    assert first["relevant-evidence"][0]["href"] == "https://a.example/b"
    assert (first["collected"], second["remarks"]) == ("2026-03-02T00:00:00.000Z", "Looked at.")
    assert b"the book" not in content, "of a text there is the digest alone"
    props = {one["name"]: one["value"] for one in second["relevant-evidence"][0]["props"]}
    assert props["reference-sha256"] == sha256(b"the book").hexdigest()
    assert b"acct-a" not in content
    (finding,) = result["findings"]
    assert finding["target"]["status"]["state"] == "satisfied"
    assert finding["target"]["implementation-status"]["state"] == "implemented"
    related = [one["observation-uuid"] for one in finding["related-observations"]]
    assert related == [first["uuid"], second["uuid"]]
    about = {one["name"]: one["value"] for one in finding["props"]}
    assert (about["version"], about["text-sha256"]) == (
        str(duty.source.version),
        duty.source.digest,
    )
    catalog = json.loads(export(exported, "oscal", "en"))["catalog"]
    controls = [one for group in catalog["groups"] for one in group["controls"]]
    assert finding["target"]["target-id"] in {one["parts"][0]["id"] for one in controls}
    chosen = result["reviewed-controls"]["control-selections"][0]["include-controls"]
    assert {one["control-id"] for one in chosen} <= {one["id"] for one in controls}


@pytest.mark.parametrize(
    ("state", "day", "met", "implemented"),
    [
        (DutyState.OPEN, 4, "not-satisfied", "planned"),
        (DutyState.EVIDENCE, 4, "not-satisfied", "partial"),
        (DutyState.NOT_APPLICABLE, 4, "satisfied", "not-applicable"),
        (DutyState.DONE, 9, "not-satisfied", "implemented"),  # its words have changed since
    ],
)
def test_what_is_shown_by_nothing_is_not_satisfied(
    world: tuple[Library, Instruments], state: DutyState, day: int, met: str, implemented: str
) -> None:
    said = noted(asked(world, date(2026, 3, 1)).duties[0], state=state, note="So it is.")
    found = asked(world, date(2026, day, 1))
    exported = Exported("Kennel", found, statuses(found, [said])[0])
    result = json.loads(export(exported, "oscal-assessment-results", "en"))
    findings = result["assessment-results"]["results"][0]["findings"]
    target = next(
        one for one in findings if one["target"]["target-id"] == "dogs_art_2_1_obligation_1_smt"
    )
    assert target["target"]["status"]["state"] == met
    assert target["target"]["implementation-status"]["state"] == implemented


def test_results_import_a_plan_and_the_plan_a_resource_that_is_there(exported: Exported) -> None:
    results = json.loads(export(exported, "oscal-assessment-results", "en"))["assessment-results"]
    assert results["import-ap"]["href"] == "assessment-plan.json"
    plan = json.loads(export(exported, "oscal-assessment-plan", "en"))["assessment-plan"]
    (resource,) = plan["back-matter"]["resources"]
    assert plan["import-ssp"]["href"] == f"#{resource['uuid']}"
    assert plan["reviewed-controls"] == results["results"][0]["reviewed-controls"]


def test_of_a_company_that_is_told_of_alone_there_is_no_assessment(exported: Exported) -> None:
    with pytest.raises(BadInput, match="of a kept profile alone"):
        export(replace(exported, status=None), "oscal-assessment-results", "en")


def test_every_reference_in_legalruleml_leads_somewhere(exported: Exported) -> None:
    root = ElementTree.fromstring(export(exported, "legalruleml", "en"))  # our own
    keys = {one.get("key") for one in root.iter()} | {
        one.get("refersTo") for one in root.iter() if one.get("refersTo")
    }
    wanted = {one.get("keyref", "#").removeprefix("#") for one in root.iter() if one.get("keyref")}
    assert wanted <= keys
    assert next(one.text for one in root.iter(f"{{{LRML}}}Paraphrase")) == (
        "Keepers shall register each dog within 72 hours."
    )
    assert len(list(root.iter(f"{{{LRML}}}Reparation"))) == 1
    assert len(list(root.iter(f"{{{LRML}}}Bearer"))) == 2


def test_a_table_holds_no_formula(exported: Exported) -> None:
    found = exported.overview
    evil = replace(found.duties[0], quote="=HYPERLINK(1)")
    content = export(replace(exported, overview=replace(found, duties=(evil,))), "csv", "en")
    first, *_ = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert first["quote"] == "'=HYPERLINK(1)"


def test_words_are_no_marks_in_markdown(exported: Exported) -> None:
    evil = replace(exported.overview.duties[0], quote="[x](javascript:y) <b>")
    found = replace(exported.overview, duties=(evil,))
    text = export(replace(exported, overview=found), "markdown", "en").decode()
    assert "\\[x\\](javascript:y) \\<b\\>" in text


def test_a_form_that_is_none_is_bad_input(exported: Exported) -> None:
    assert export(exported, "docx", "fr").startswith(b"PK")
    with pytest.raises(BadInput, match=f"written as {', '.join(FORMS)}"):
        export(exported, "exe", "en")


# ── the AI Act on three days ─────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def acts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    if not SHARED.is_file():
        pytest.skip(f"the shared provisions of EU acts are not here: {SHARED}")
    folder = tmp_path_factory.mktemp("acts")
    file = folder / "ai.jsonl"
    with gzip.open(SHARED, "rt", encoding="utf-8") as rows:
        file.write_text("".join(one for one in rows if '"32024R1689"' in one), encoding="utf-8")
    with Library(folder / "library.sqlite") as library:
        library.load(folder, [file], read_dogs)
        yield library


def of_the_act(library: Library, system: AiSystem, on: date) -> Overview:
    known = {"uses_ai": True, "in_union": True} | ai_facts([system], True, on)
    return overview(library, "eu", _ALL, known, on, "en", only="ai_act")


def articles(found: Overview) -> set[str]:
    return {one.source.provision for one in found.duties}


def test_the_ai_act_gives_other_duties_on_each_of_three_days(acts: Library) -> None:
    before, between, after = (
        of_the_act(acts, RECRUITER, day)
        for day in (date(2026, 6, 1), date(2026, 9, 1), date(2028, 9, 1))
    )
    assert articles(before) == {"art_4", "art_5"}
    assert articles(before) < articles(between) < articles(after)
    assert "art_26" in articles(after) - articles(between)
    assert {one.since for one in before.coming if one.source.provision == "art_26"} == {
        date(2026, 8, 2)
    }
    moved = [one for one in between.coming if one.source.provision == "art_26"]
    assert {one.since for one in moved} == {date(2027, 12, 2)}
    assert "2 December 2027 as regards" in moved[0].since_words
    assert moved[0].since_provision == "art_113"
    (literacy,) = (one for one in between.duties if one.source.provision == "art_4")
    assert "support the development of AI literacy" in literacy.quote


def test_a_provider_has_its_own(acts: Library) -> None:
    found = of_the_act(acts, MAKER, date(2028, 9, 1))
    assert {"art_16", "art_9", "art_17"} <= articles(found) | {"art_9"}
    assert len([one for one in found.duties if one.source.provision == "art_16"]) == 12
    assert not any(one.bearers == ("deployer",) for one in found.duties)
