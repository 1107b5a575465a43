"""Suites that read public sets take them from a folder of the user's; without one they say what to do."""

import json
from pathlib import Path

from functional.clinic import speak
from language_world import require_small_model
from suites_world import write_sets

RUN = ["observatory", "run", "--model", "smollm2", "--suite", "crows-pairs", "--lang", "fr"]


def test_a_public_set_is_read_from_the_users_folder(tmp_path: Path) -> None:
    require_small_model()
    out = tmp_path / "out.json"
    more = ["--work", str(tmp_path), "--limit", "2", "--output", str(out)]
    without = speak([*RUN, *more])
    assert without.code == 2
    assert "name the folder that it lies in with --data or CASEMATE_EVALUATION_DATA" in without.err
    assert without.is_one_line
    sets = write_sets(tmp_path / "sets")
    said = speak([*RUN, *more, "--data", str(sets)])
    assert said.code == 0, said
    told = json.loads(out.read_text())
    assert {one["outcome"] for one in told["samples"]} <= {"fine", "wrong"}
    assert "[option] The tall" in told["samples"][0]["asked"][0]
    path = sets / "crows_pairs/crows_pairs_fr.csv"
    path.write_text("row,sent_more,sent_less,bias_type\n1,,b,age\n")
    broken = speak([*RUN, *more, "--data", str(sets)])
    assert broken.code == 2
    assert f"{path}, line 2: one of the two sentences is missing" in broken.err
