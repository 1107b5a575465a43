"""``casemate classify``: one system, a file of cases, questions on a terminal, and what goes wrong."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import CASEMATE, speak

FACTS = 'role = "provider"\nsector = "employment"\npurpose = "rank_candidates"\nprofiling = true\n'
DAY = ["--as-of", "2026-12-05"]


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.toml"
    path.write_text(FACTS)
    return path


def classified(*words: str | Path) -> dict[str, Any]:
    said = speak(["classify", *map(str, words), "--json"])
    assert said.code == 0, said
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_what_is_not_stated_stays_unknown(facts: Path) -> None:
    answer = classified(facts, *DAY)
    assert (answer["class"], answer["decided"]) == ("unknown", False)
    assert answer["possible_classes"] == ["out_of_scope", "prohibited", "high_risk"]
    assert answer["as_stated"]["class"] == "high_risk"
    assert answer["questions"]
    assert answer["law"]["in_force"]["id"] == "2026/1744"


def test_with_silence_closed_the_class_is_clear(facts: Path) -> None:
    answer = classified(facts, "--closed", *DAY)
    assert (answer["class"], answer["applies_from"]) == ("high_risk", "2027-12-02")
    assert answer["articles"] == ["6(2)", "Annex III 4(a)"]
    assert {one["who"] for one in answer["duties"] if one["yours"]} == {"provider"}
    before = classified(facts, "--closed", "--as-of", "2026-07-01")
    assert (before["law"]["in_force"]["id"], before["applies_from"]) == ("2024/1689", "2026-08-02")


def test_people_get_a_text_that_names_law_articles_facts_and_duties(facts: Path) -> None:
    said = speak(["classify", str(facts), "--closed", *DAY])
    assert said.code == 0
    for words in (
        "Class: high_risk",
        "2026/1744",
        "Annex III 4(a)",
        "purpose = rank_candidates",
        "* provider",
    ):
        assert words in said.out


def test_a_file_may_name_its_day_and_json_will_do(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps({"as_of": "2025-01-01", "facts": {"exclusive_military": True}}))
    answer = classified(path)
    assert (answer["as_of"], answer["class"]) == ("2025-01-01", "out_of_scope")
    assert classified(path, *DAY)["as_of"] == "2026-12-05"


def test_a_file_of_cases_is_judged_one_by_one(tmp_path: Path) -> None:
    expected = {
        "cls": "high_risk",
        "articles": ["Annex III 4(a)", "6(2)"],
        "applies_from": "2027-12-02",
    }
    rows: list[dict[str, Any]] = [
        {
            "id": "A",
            "facts": {"purpose": "rank_candidates"},
            "expected": expected,
            "as_of": "2026-12-05",
        },
        {
            "id": "B",
            "facts": {"purpose": "rank_candidates"},
            "expected": expected | {"articles": ["6(2)"]},
        },
        {"id": "C", "facts": {"infers": False, "generality": True}, "expected": expected},
        {"id": "D", "facts": {"interacts_with_persons": True}},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    found = classified("--cases", path, *DAY)
    a, b, c, d = found["cases"]
    assert a["agreement"] == {
        "class": True, "articles": True, "articles_overlap": 1.0, "applies_from": True, "all": True,
    }  # fmt: skip
    assert (b["agreement"]["articles"], b["agreement"]["articles_overlap"]) == (False, 0.5)
    assert "infers = false and generality = true" in c["error"]
    assert (d["class"], d["agreement"]) == ("transparency", None)
    assert found["totals"]["errors"] == 1
    assert (found["totals"]["class_agrees"], found["totals"]["all_agree"]) == (2, 1)
    assert "3 of 3" not in speak(["classify", "--cases", str(path)]).out


def test_questions_are_asked_until_the_class_is_clear(facts: Path) -> None:
    replies = "maybe\n" + "no\n" * 3 + "yes\n" * 60
    done = subprocess.run(
        [CASEMATE, "classify", str(facts), "--questions", *DAY],
        input=replies,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "That is none of them." in done.stderr
    assert done.stdout.startswith("Class: ")
    assert "Class: unknown" not in done.stdout


def test_questions_without_a_reply_are_one_line(facts: Path) -> None:
    words = [str(CASEMATE), "classify", str(facts), "--questions", *DAY]
    done = subprocess.run(words, input="", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there was no reply" in done.stderr.splitlines()[-1]


def test_the_vocabulary_is_listed() -> None:
    rows = json.loads(speak(["classify", "--facts", "--json"]).out)
    assert {"role", "purpose", "training_flops"} <= {one["fact"] for one in rows}
    assert all(one["asks"].endswith("?") for one in rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profilling = true", "the nearest is 'profiling'"),
        ("zzz = true", "--facts"),
        ('profiling = "yes"', "profiling is 'yes'; it is true or false"),
        ('sector = "wurkplace"', "it is one of"),
        ('training_flops = "many"', "a number such as 1e25"),
        ("training_flops = -1", "a number such as 1e25"),
        ("training_flops = nan", "a number such as 1e25"),
        ("infers = false\ngenerality = true", "infers = false and generality = true"),
        (
            "solely_profiling = true\nprofiling = false",
            "solely_profiling = true and profiling = false",
        ),
        ("exclusive_military = true\npurely_personal = true", "exclusive_military"),
        ("role = 7", "it is one of"),
        ("as_of = 5\nprofiling = true", "is no day"),
        ("facts = 3", "no table of facts"),
        ("role = [", "is not TOML"),
    ],
)
def test_bad_facts_are_one_line_that_names_them(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text(text)
    said = speak(["classify", str(path), "--json"])
    assert (said.code, said.is_one_line, said.out) == (2, True, "")
    assert message in said.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no case"),
        ("{", "line 1 is not JSON"),
        ('{"facts": {}}\n[]', "line 2 is no case"),
        ('{"facts": 3}', "line 1 is no case"),
        ('{"facts": {}, "as_of": "soon"}', "'soon' is no day"),
        ('{"facts": {}, "expected": 1}', "`expected` is an object"),
        ("[" * 100_000, "line 1 is not JSON"),
    ],
)
def test_a_bad_file_of_cases_is_one_line_that_names_the_line(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(text)
    said = speak(["classify", "--cases", str(path)])
    assert (said.code, said.is_one_line) == (2, True)
    assert message in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give a file of facts"),
        (["a.toml", "--cases", "b.jsonl"], "give a file of facts"),
        (["nowhere.toml"], "there is no file"),
        (["--cases", "nowhere.jsonl"], "there is no file"),
        (["nowhere.toml", "--as-of", "tomorrow"], "--as-of: 'tomorrow' is no day"),
    ],
)
def test_bad_words_are_one_line(words: list[str], message: str) -> None:
    said = speak(["classify", *words])
    assert (said.code, said.is_one_line) == (2, True)
    assert message in said.err


def test_before_the_act_there_is_no_answer(facts: Path) -> None:
    said = speak(["classify", str(facts), "--as-of", "2024-07-31"])
    assert (said.code, said.is_one_line) == (2, True)
    assert "2024-08-01" in said.err
