"""``casemate knowledge evaluate`` on small files of the three shapes, and on files that are wrong."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import speak

ARTICLES = {
    "L1": (
        "Le bail d'un logement dure au moins un an.",
        "A lease of a dwelling lasts a year at least.",
    ),
    "L2": (
        "Le loyer est payé le premier jour du mois.",
        "Rent is paid on the first day of the month.",
    ),
    "L3": ("Le locataire peut avoir un chat ou un chien.", "A tenant may keep a cat or a dog."),
    "L4": (
        "Le bailleur maintient le chauffage en hiver.",
        "The landlord keeps the heating in winter.",
    ),
}
QUESTIONS = {"Durée du bail ?": "L1", "Quand payer le loyer ?": "L2", "Un chat ?": "L3"}


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def corpus(folder: Path) -> Path:
    rows = [
        {
            "id": name,
            "path": ["Titre I : Du bail"],
            "text": french,
            "in_force_from_ms": 1_000_000_000_000,
        }
        for name, (french, _) in ARTICLES.items()
    ]
    return written(folder / "corpus.jsonl.gz", rows)


def questions(folder: Path) -> Path:
    rows = [
        {"qid": f"q{number}", "question": text, "relevant": [answer]}
        for number, (text, answer) in enumerate(QUESTIONS.items())
    ]
    return written(folder / "questions.jsonl", rows)


def evaluated(folder: Path, passages: Path, asked: Path) -> dict[str, Any]:
    where = ["--where", str(folder / "index")]
    said = speak(
        [
            "knowledge",
            "evaluate",
            "--corpus",
            str(passages),
            "--questions",
            str(asked),
            *where,
            "--json",
        ]
    )
    assert said.code == 0, said.err
    return dict(json.loads(said.out))


def test_every_measure_of_every_engine_has_its_interval(tmp_path: Path) -> None:
    document = evaluated(tmp_path, corpus(tmp_path), questions(tmp_path))
    [task] = document["tasks"]
    assert (task["task"], task["questions"], document["passages"]) == ("fr>fr", 3, 4)
    assert set(task["engines"]) == {"lexical", "dense", "full"}
    for engine in task["engines"].values():
        assert set(engine) == {"nDCG@10", "MRR@10", "R@10", "R@100"}
        assert all(0 <= figure["value"] <= 100 for figure in engine.values())
        assert engine["R@100"]["value"] == 100 or engine["R@100"]["low"] is not None
    assert task["engines"]["full"]["R@100"] == {"value": 100.0, "low": None, "high": None}
    assert 0 < task["milliseconds"]["p50"] <= task["milliseconds"]["p95"]
    assert document["index"]["disk_mib"] > 0


def test_questions_in_two_languages_are_asked_of_both(tmp_path: Path) -> None:
    passages: list[dict[str, Any]] = [
        {
            "id": f"x:{day}:{language}#{name}", "celex": "x", "version": day, "lang": language,
            "work_title": "Housing", "anchor": name, "heading": f"Heading {name}", "path": [],
            "text": texts[place], "num": None, "valid_to": None,
        }
        for day in ("2020-01-01", "2024-01-01")
        for place, language in enumerate(("fr", "en"))
        for name, texts in ARTICLES.items()
    ]  # fmt: skip
    asked = [
        {
            "qid": "q1", "celex": "x", "version": "2024-01-01", "query_en": "Cats and dogs",
            "query_fr": "Chats et chiens", "relevant_en": "x:2024-01-01:en#L3",
            "relevant_fr": "x:2024-01-01:fr#L3",
        }
    ]  # fmt: skip
    document = evaluated(
        tmp_path, written(tmp_path / "c.jsonl", passages), written(tmp_path / "q.jsonl", asked)
    )
    assert [task["task"] for task in document["tasks"]] == ["en>en", "en>fr", "fr>en", "fr>fr"]
    assert document["passages"] == 8, "the other version is not searched"
    for task in document["tasks"]:
        assert task["engines"]["dense"]["R@100"]["value"] == 100


def test_the_table_is_printed_for_people(tmp_path: Path) -> None:
    said = speak(
        ["knowledge", "evaluate", "--corpus", str(corpus(tmp_path)), "--questions",
         str(questions(tmp_path)), "--where", str(tmp_path / "index")]
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "nDCG@10" in said.out
    assert "p95" in said.out


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{", "line 2: this is no JSON"),
        ("[1]", "line 2: this is no JSON object"),
        ("[" * 100_000, "line 2: this is no JSON"),
        ('{"id": "a"}', "line 2: a passage needs an `id` and a `text`"),
        ('{"id": "a", "text": "x", "path": "y"}', "line 2: `path` is no list"),
        ('{"id": "a", "text": "x", "version": "soon"}', "line 2: 'soon' is no day"),
        ('{"id": "a", "text": "x", "lang": "français"}', "line 2: 'français' is no language code"),
        ('{"id": "L9", "text": "x"}', "two passages have the id 'L9'"),
    ],
)
def test_a_wrong_passage_is_told_with_its_line(tmp_path: Path, row: str, told: str) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"id": "L9", "text": "Le chat dort."}\n' + row + "\n")
    asked = written(tmp_path / "q.jsonl", [{"question": "Un chat ?", "relevant": ["L9"]}])
    said = speak(["knowledge", "evaluate", "--corpus", str(path), "--questions", str(asked)])
    assert said.code == 2
    assert told in said.err
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("nothing", "line 1: this is no JSON"),
        ('{"question": "", "relevant": ["L1"]}', "line 1: there is no `question`"),
        ('{"question": "x", "relevant": []}', "line 1: `relevant` is no list of ids"),
        ('{"question": "x", "relevant": ["L7"]}', "line 1: the corpus has no passage 'L7'"),
        ('{"query_en": "x", "relevant_en": "L7"}', "line 1: the corpus has no passage 'L7'"),
        ("", "there are no questions"),
    ],
)
def test_a_wrong_question_is_told_with_its_line(tmp_path: Path, row: str, told: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(row)
    said = speak(
        ["knowledge", "evaluate", "--corpus", str(corpus(tmp_path)), "--questions", str(path)]
    )
    assert said.code == 2
    assert told in said.err


def test_files_that_are_not_there_or_damaged_or_empty_are_told(tmp_path: Path) -> None:
    asked = questions(tmp_path)
    damaged = tmp_path / "damaged.jsonl.gz"
    damaged.write_bytes(corpus(tmp_path).read_bytes()[:40])
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    for path, told in (
        (tmp_path / "none", "cannot be read"),
        (damaged, "cannot be read"),
        (empty, "the corpus is empty"),
    ):
        said = speak(["knowledge", "evaluate", "--corpus", str(path), "--questions", str(asked)])
        assert said.code == 2
        assert told in said.err


def test_a_question_of_a_hundred_thousand_characters_is_answered(tmp_path: Path) -> None:
    asked = [{"question": "Le loyer du mois ? " * 5300, "relevant": ["L2"]}]
    document = evaluated(tmp_path, corpus(tmp_path), written(tmp_path / "long.jsonl", asked))
    assert document["tasks"][0]["engines"]["full"]["R@10"]["value"] == 100
