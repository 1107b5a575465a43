"""Evaluations as evidence: tied to bytes, on the ledger, read by whom they are for, public when told."""

import json
from pathlib import Path
from typing import Any

import pytest
from assurance_world import people
from evidence_world import MODEL, evaluation
from format_files import onnx_logistic
from functional.clinic import (
    AUDITOR,
    AUTHORITY,
    CHECKER,
    HOLDER,
    OUTSIDER,
    RESEARCHER,
    Clinic,
)

from casemate.canonical import digest
from casemate.errors import NotAllowed
from casemate.home import open_home
from casemate.platform import Platform

pytest_plugins = ("functional.clinic_fixtures",)


def record(clinic: Clinic, document: Any, *more: str, by: str = RESEARCHER) -> Any:
    file = clinic.file("evaluation.json", json.dumps(document))
    return clinic.ask("evaluation", "record", file, *more, by=by)


def algorithm_of(clinic: Clinic) -> str:
    added = clinic.ask("register", "add", clinic.file("a.toml", 'name = "Sorter"\n'), by=RESEARCHER)
    return str(added["algorithm"])


def test_the_ledger_has_the_digests_and_the_document_is_kept_as_it_was(founded: Clinic) -> None:
    algorithm = algorithm_of(founded)
    given = evaluation(samples=[{"prompt": "Do women drive?", "answer": "Yes."}])
    kept = record(founded, given, "--algorithm", algorithm)
    shown = founded.ask("evaluation", "show", kept["id"], "--samples", by=RESEARCHER)
    assert shown["evaluation"]["document"] | {"samples": shown["samples"]} == given
    assert "samples" not in shown["evaluation"]["document"]
    text = json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert kept["digest"] == digest(text.encode())
    with Platform(open_home(founded.home)) as platform:
        (entry,) = platform.entries(subject=kept["id"])
    assert entry.act == "evaluation.recorded"
    assert entry.detail == {
        "algorithm": algorithm,
        "evaluation": kept["digest"],
        "model": MODEL,
        "suite": "casemate-tabular",
        "suite_version": "1",
    }


def test_who_reads_it_before_and_after_it_is_public(founded: Clinic) -> None:
    kept = record(founded, evaluation())
    show = ("evaluation", "show", kept["id"], "--json")
    told = {
        by: founded.say(*show, by=by).code
        for by in (RESEARCHER, OUTSIDER, AUTHORITY, AUDITOR, HOLDER, CHECKER, None)
    }
    colleagues = {RESEARCHER, OUTSIDER, AUTHORITY, AUDITOR}
    assert told == {by: 0 if by in colleagues else 3 for by in told}
    assert founded.ask("evaluation", "list", by=HOLDER) == []
    assert founded.ask("evaluation", "list", "--public", by=RESEARCHER) == []
    assert founded.say("evaluation", "publish", kept["id"], by=HOLDER).code == 3
    published = founded.ask("evaluation", "publish", kept["id"], by=RESEARCHER)
    assert published["published_at"] is not None
    assert founded.say(*show).code == 0
    assert [one["id"] for one in founded.ask("evaluation", "list")] == [kept["id"]]
    assert founded.say("evaluation", "publish", kept["id"], by=RESEARCHER).code == 2
    listed = founded.ask("evaluation", "list", "--suite", "another", "--public")
    assert listed == []


def test_evidence_on_an_algorithm_comes_from_its_own_people_and_hides_with_it(
    founded: Clinic,
) -> None:
    algorithm = algorithm_of(founded)
    file = founded.file("evaluation.json", json.dumps(evaluation()))
    for by in (HOLDER, AUTHORITY):
        said = founded.say("evaluation", "record", file, "--algorithm", algorithm, by=by)
        assert said.code == 3, said
    kept = record(founded, evaluation(seed=3), "--algorithm", algorithm)
    for by in (RESEARCHER, AUTHORITY):
        said = founded.say("evaluation", "publish", kept["id"], by=by)
        assert said.code == 3
        assert "its algorithm's entry in the register is public" in said.err
    with Platform(open_home(founded.home)) as platform:
        assert kept["id"] not in {one.id for one in platform.published_evaluations()}
        with pytest.raises(NotAllowed):
            platform.evaluation_samples(kept["id"])


def test_the_same_evidence_is_kept_once_and_found_by_what_it_is_of(founded: Clinic) -> None:
    model = "sha256:" + "c" * 64
    given = evaluation(model={"name": "c", "kind": "rules", "digest": model})
    kept = record(founded, given)
    file = founded.file("again.json", json.dumps(given))
    said = founded.say("evaluation", "record", file, by=OUTSIDER)
    assert (said.code, kept["id"] in said.err) == (2, True)
    other = record(founded, given | {"seed": 8})
    listed = founded.ask("evaluation", "list", "--model", model, by=AUDITOR)
    assert [one["id"] for one in listed] == [other["id"], kept["id"]]
    assert founded.ask("evaluation", "list", "--model", "sha256:" + "b" * 64, by=AUDITOR) == []


NUMBER = {"check": "performance", "measure": "accuracy", "estimate": 0.5}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"name": "m", "kind": "onnx"}}, "at model.digest, Field required"),
        ({"model": {"name": "m", "kind": "onnx", "digest": "md5:1"}}, "at model.digest"),
        ({"suite": "A suite\nwith free text"}, "at suite"),
        ({"seed": "seven"}, "at seed"),
        ({"figures": [NUMBER | {"estimate": "good"}]}, "at figures.0.estimate"),
        ({"figures": [NUMBER | {"estimate": float("nan")}]}, "no JSON"),
        ({"figures": [NUMBER | {"estimate": True}]}, "at figures.0.estimate"),
        ({"machine": None}, "at machine"),
        ({"settings": {"name": "\ud800"}}, "no JSON"),
    ],
)
def test_what_is_no_evaluation_is_refused_where_it_is_none(
    founded: Clinic, changes: dict[str, Any], message: str
) -> None:
    before = founded.ask("evaluation", "list", by=AUDITOR)
    file = founded.file("bad.json", json.dumps(evaluation(**changes)))
    said = founded.say("evaluation", "record", file, by=RESEARCHER)
    assert (said.code, said.is_one_line) == (2, True)
    assert message in said.err
    assert founded.ask("evaluation", "list", by=AUDITOR) == before


def test_a_model_on_a_table_is_assessed_and_kept(founded: Clinic, tmp_path: Path) -> None:
    algorithm = algorithm_of(founded)
    rows = people(300)
    rows.with_columns(woman=(rows["sex"] == "F").cast(int)).write_csv(tmp_path / "people.csv")
    model = tmp_path / "model.onnx"
    model.write_bytes(onnx_logistic(0.0, [2.0, -1.6]))
    words = ["assess-model", str(model), "--data", str(tmp_path / "people.csv"), "--target"]
    words += ["hired", "--protected", "sex", "--feature", "skill", "--feature", "woman"]
    words += ["--check", "performance", "--check", "fairness", "--algorithm", algorithm]
    said = founded.say(*words, by=RESEARCHER)
    assert (said.code, "add --record" in said.err) == (2, True)
    found = founded.ask(*words, "--record", by=RESEARCHER)
    (kept,) = founded.ask("evaluation", "list", "--algorithm", algorithm, by=AUDITOR)
    assert kept["id"] == found["evaluation"]
    assert kept["model_digest"] == digest(model.read_bytes())
    assert kept["document"]["figures"] == found["figures"]
