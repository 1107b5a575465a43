"""Documents on an algorithm by command line: from the whole platform, by whoever may, on the ledger."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest
from evidence_world import MODEL, evaluation
from functional.clinic import AUDITOR, AUTHORITY, CHECKER, HOLDER, OUTSIDER, RESEARCHER, Clinic
from functional.sandbox_acts import through_the_sandbox

from casemate.canonical import digest
from casemate.errors import Conflict, NotAllowed
from casemate.home import open_home
from casemate.platform import Platform
from casemate.register.documents import KINDS, read_questionnaire

pytest_plugins = ("functional.clinic_fixtures",)

RECORD = """
name = "Sorter"
organisation = "University"
contact = "mailto:sorter@university.example"
intended_purpose = "Ranks candidates."
ai_act_class = "high_risk"
annex_iii_points = ["4(a)"]
"""
ANSWERS = """
closed = true
[facts]
role = "deployer"
purpose = "rank_candidates"
sector = "public_services"
[answers]
affected_people = "Applicants."
"""


def entered(clinic: Clinic, record: str = RECORD) -> str:
    added = clinic.ask("register", "add", clinic.file("sorter.toml", record), by=RESEARCHER)
    return str(added["algorithm"])


def answered(clinic: Clinic, algorithm: str, answers: str, seen: int = 0) -> Any:
    file = clinic.file("answers.toml", answers)
    return clinic.ask("register", "answer", algorithm, file, "--seen", str(seen), by=RESEARCHER)


def made(clinic: Clinic, algorithm: str, kind: str, *more: str, by: str = RESEARCHER) -> Any:
    words = ("--kind", kind, "--output", str(clinic.file("paper", "")), *more)
    (told,) = clinic.ask("register", "document", algorithm, *words, by=by)
    return told | {"content": Path(told["file"]).read_bytes()}


def keys(told: Any) -> set[str]:
    return {one["key"] for one in told["gaps"]}


def test_a_document_is_on_the_ledger_by_its_digest_and_made_anew_is_the_same(
    clinic: Clinic,
) -> None:
    algorithm = entered(clinic)
    answered(clinic, algorithm, ANSWERS)
    told = made(clinic, algorithm, "fria", "--as-of", "2027-12-03", "--format", "pdf")
    assert told["digest"] == digest(told["content"])
    assert (
        told["content"]
        == made(clinic, algorithm, "fria", "--as-of", "2027-12-03", "--format", "pdf")["content"]
    )
    with Platform(open_home(clinic.home)) as platform:
        entries = [one for one in platform.entries(subject=algorithm) if one.act == "document.made"]
    assert len(entries) == 2
    assert entries[0].detail == {
        "kind": "fria", "form": "pdf", "language": "en", "as_of": "2027-12-03", "version": 1,
        "answers": 1, "gaps": len(told["gaps"]), "document": told["digest"],
    }  # fmt: skip
    assert clinic.verifies()


def test_an_evaluation_and_a_permit_fill_what_they_are_evidence_of(open_clinic: Clinic) -> None:
    algorithm = entered(open_clinic)
    before = {kind: made(open_clinic, algorithm, kind) for kind in ("annex-iv", "dpia")}
    assert {"validation", "datasets"} <= keys(before["annex-iv"])
    assert {"permits", "protection", "reidentification"} <= keys(before["dpia"])
    document = open_clinic.file("evaluation.json", json.dumps(evaluation()))
    kept = open_clinic.ask(
        "evaluation", "record", document, "--algorithm", algorithm, by=RESEARCHER
    )
    (permit,) = open_clinic.ask("permit", "list", by=RESEARCHER)
    answered(open_clinic, algorithm, f'permits = ["{permit["id"]}"]')
    after = {kind: made(open_clinic, algorithm, kind) for kind in ("annex-iv", "dpia")}
    assert keys(before["annex-iv"]) - keys(after["annex-iv"]) == {"validation", "datasets"}
    closed = {"permits", "datasets", "protection", "reidentification"}
    assert keys(before["dpia"]) - keys(after["dpia"]) == closed
    page = after["annex-iv"]["content"].decode()
    assert "0.812" in page
    assert MODEL in page
    assert f"evaluation {kept['id']}" in page
    assert permit["id"] in after["dpia"]["content"].decode()
    assert "k-anonymity" in after["dpia"]["content"].decode()


def test_a_run_tells_its_permit_and_data_without_anybody_naming_them(open_clinic: Clinic) -> None:
    algorithm = entered(open_clinic)
    (permit,) = open_clinic.ask("permit", "list", by=RESEARCHER)
    assert {"architecture", "datasets"} <= keys(made(open_clinic, algorithm, "annex-iv"))
    run = open_clinic.run(permit["id"], "means.py", "--algorithm", algorithm)
    told = made(open_clinic, algorithm, "annex-iv")
    assert not {"architecture", "datasets"} & keys(told)
    page = told["content"].decode()
    assert run["id"] in page
    assert "kWh" in page
    papers = made(open_clinic, algorithm, "dpia")
    assert not {"permits", "datasets", "processing_room"} & keys(papers)
    assert permit["id"] in papers["content"].decode()


def test_a_permit_that_the_reader_may_not_read_is_a_gap_and_nothing_of_it_is_told(
    open_clinic: Clinic,
) -> None:
    algorithm = entered(open_clinic)
    (permit,) = open_clinic.ask("permit", "list", by=RESEARCHER)
    answered(open_clinic, algorithm, f'permits = ["{permit["id"]}"]')
    seen = made(open_clinic, algorithm, "dpia", by=RESEARCHER)["content"].decode()
    told = made(open_clinic, algorithm, "dpia", by=OUTSIDER)  # of the same university
    by_role = open_clinic.say("permit", "show", permit["id"], by=OUTSIDER).code == 0
    assert (f"permits.{permit['id']}" in keys(told)) is not by_role
    assert permit["purpose"] in seen
    file = open_clinic.file("answers.toml", f'permits = ["{permit["id"]}"]\nclosed = true')
    said = open_clinic.say("register", "answer", algorithm, file, "--seen", "1", by=HOLDER)
    assert said.code in (2, 3)
    none = open_clinic.file("answers.toml", 'permits = ["permit-none"]')
    assert (
        open_clinic.say("register", "answer", algorithm, none, "--seen", "1", by=RESEARCHER).code
        == 2
    )


def test_the_exit_report_is_filled_by_the_procedure_of_the_sandbox(clinic: Clinic) -> None:
    said = through_the_sandbox(clinic)
    algorithm = said["report"]["facts"]["participation"]["algorithm"]
    told = made(clinic, algorithm, "exit-report", by=AUTHORITY)
    assert not {
        one for one in keys(told) if one.startswith("sandbox") and one != "sandbox_personal_data"
    }
    page = told["content"].decode()
    words = said["report"]["facts"]["words"]
    assert words["learning"][0] in page
    assert said["report"]["digest"] in page
    fresh = entered(clinic)
    assert "sandbox_learning" in keys(made(clinic, fresh, "exit-report"))


def test_who_may_have_a_document_made(clinic: Clinic) -> None:
    algorithm = entered(clinic)
    for by, code in (
        (RESEARCHER, 0),
        (OUTSIDER, 0),
        (AUTHORITY, 0),
        (HOLDER, 3),
        (CHECKER, 3),
        (AUDITOR, 3),
    ):
        words = ("--kind", "fria", "--output", clinic.file("paper", ""))
        assert clinic.say("register", "document", algorithm, *words, by=by).code == code, by
    for by in (HOLDER, AUTHORITY):
        file = clinic.file("answers.toml", ANSWERS)
        assert clinic.say("register", "answer", algorithm, file, by=by).code == 3


def test_of_an_entry_that_is_not_public_a_stranger_learns_nothing(clinic: Clinic) -> None:
    hidden = entered(clinic, RECORD.replace("4(a)", "6(a)") + 'area_of_use = "law_enforcement"\n')
    words = ("--kind", "fria", "--output", clinic.file("paper", ""))
    for command in (("register", "document", hidden, *words), ("register", "answer", hidden)):
        said = clinic.say(*command, by=HOLDER)
        assert said.code == 2
        assert "there is no algorithm" in said.err
    assert clinic.say("register", "document", hidden, *words, by=AUTHORITY).code == 0


def test_answers_are_kept_in_versions_and_nobody_overwrites_anothers(clinic: Clinic) -> None:
    algorithm = entered(clinic)
    assert clinic.ask("register", "answer", algorithm, by=RESEARCHER)["version"] == 0
    answered(clinic, algorithm, ANSWERS)
    again = clinic.file("answers.toml", ANSWERS)
    assert (
        clinic.say("register", "answer", algorithm, again, "--seen", "1", by=RESEARCHER).code == 2
    )
    with Platform(open_home(clinic.home)) as platform:
        other = read_questionnaire({"answers": {"review": "Each spring."}})
        with pytest.raises(Conflict, match="at version 1 by now, and 0 was looked at"):
            platform.answer_for_documents(RESEARCHER, algorithm, other, seen=0)
        with pytest.raises(NotAllowed):
            platform.answer_for_documents(AUDITOR, algorithm, other, seen=1)
        kept = platform.answer_for_documents(RESEARCHER, algorithm, other, seen=1)
        (_, entry) = [
            one for one in platform.entries(subject=algorithm) if one.act == "algorithm.answered"
        ]
    assert entry.detail == {"version": 2, "answers": kept.digest}


def test_all_documents_at_once_in_every_format(clinic: Clinic) -> None:
    algorithm = entered(clinic)
    for form in ("pdf", "docx"):
        folder = clinic.folder / f"papers-{form}"
        words = ("--output", str(folder), "--format", form, "--lang", "lb")
        told = clinic.ask("register", "document", algorithm, *words, by=RESEARCHER)
        assert [one["kind"] for one in told] == list(KINDS)
        for one in told:
            data = Path(one["file"]).read_bytes()
            if form == "pdf":
                assert pypdfium2.raw.FPDFCatalog_IsTagged(pypdfium2.PdfDocument(data).raw)
            else:
                assert docx.Document(BytesIO(data)).core_properties.language == "lb"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--kind", "annex-v"), "there are annex-iv"),
        (("--kind", "fria", "--format", "odt"), "html, pdf, docx"),
        (("--kind", "fria", "--lang", "es"), "en, fr, de, lb"),
        (("--kind", "fria", "--as-of", "soon"), "--as-of"),
        (("--kind", "fria", "--as-of", "2020-01-01"), "2024"),
        (("--kind", "fria", "--output", "/none/there/paper"), "cannot be written"),
    ],
)
def test_what_cannot_be_made_says_why(founded: Clinic, words: tuple[str, ...], says: str) -> None:
    algorithm = entered(founded)
    output = () if "--output" in words else ("--output", founded.file("paper", ""))
    said = founded.say("register", "document", algorithm, *output, *words, by=RESEARCHER)
    assert (said.code, says in said.err) == (2, True), said
