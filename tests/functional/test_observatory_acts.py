"""``casemate observatory`` on the command line, where no home is needed."""

import json
from pathlib import Path

import pytest
from functional.clinic import speak
from hostile_model import hostile
from language_world import require_small_model


def test_models_and_suites_are_listed_with_their_licences() -> None:
    models = {one["name"]: one for one in speak(["observatory", "models", "--json"]).json}
    assert models["smollm2"]["licence"] == "Apache-2.0"
    assert "very small" in models["smollm2"]["note"]
    assert "Gemma Terms" in models["gemma3-270m"]["licence"]
    suites = {one["name"]: one for one in speak(["observatory", "suites", "--json"]).json}
    assert suites["basics"]["languages"] == ["en", "fr", "de", "lb"]
    assert all(one["licence"] and one["method"] for one in suites.values())


def test_the_small_model_is_tried_and_its_smallness_said(tmp_path: Path) -> None:
    require_small_model()
    words = ["observatory", "run", "--model", "smollm2", "--suite", "basics", "--lang", "lb"]
    more = ["--limit", "2", "--work", str(tmp_path), "--log", str(tmp_path / "logs")]
    said = speak([*words, *more, "--output", str(tmp_path / "out.json")], COLUMNS="200")
    assert said.code == 0, said
    assert "A very small model" in said.out
    assert "licence Apache-2.0" in said.out
    assert "its fixed 20 W for memory are" in said.out
    told = json.loads((tmp_path / "out.json").read_text())
    assert [one["language"] for one in told["samples"]] == ["lb", "lb"]
    assert not list(tmp_path.glob("journals/*"))
    assert len(list(tmp_path.glob("logs/*.eval"))) == 1


def test_a_run_whose_model_changed_is_told_and_ends_with_its_own_code(tmp_path: Path) -> None:
    with hostile() as server:
        server.after = 8
        words = ["observatory", "run", "--model", "renames", "--endpoint", server.url]
        said = speak([*words, "--suite", "basics", "--work", str(tmp_path), "--json"])
    assert said.code == 4
    assert "changed its model while it was tried" in said.err
    assert said.json["valid"] is False
    assert len(said.json["samples"]) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--model", "gpt", "--suite", "basics"], "no packaged model 'gpt'"),
        (["--model", "smollm2", "--suite", "none"], "there is no suite 'none'"),
        (["--model", "smollm2", "--suite", "basics", "--lang", "es"], "not in 'es'"),
        (["--model", "smollm2", "--suite", "basics", "--country", "ATL"], "no factor for 'ATL'"),
        (["--model", "x.gguf", "--suite", "basics"], "there is no model file x.gguf"),
        (
            ["--model", "m", "--suite", "basics", "--endpoint", "http://example.org"],
            "over https only",
        ),
        (["--model", "smollm2", "--suite", "basics", "--key-env", "A"], "add --endpoint"),
        (["--model", "smollm2", "--suite", "basics", "--publish"], "add --record"),
        (["--model", "smollm2", "--suite", "basics", "--repeats", "2"], "at temperature 0"),
    ],
)
def test_what_cannot_be_tried_is_one_line(words: list[str], says: str, tmp_path: Path) -> None:
    said = speak(["observatory", "run", *words, "--work", str(tmp_path)])
    assert said.code == 2
    assert says in said.err
    assert said.is_one_line
