"""Models that come as files: never opened in this process, scanned, and listed with their parts."""

import json
import pickle
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
from assurance_world import people, table
from format_files import onnx_logistic, safetensors
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from casemate.assurance.files import bill_of_materials, scan
from casemate.assurance.files.bom import require_valid
from casemate.assurance.tabular import evaluate, from_estimator, from_file, table_of
from casemate.errors import BadInput, NotFound

NUMBERS = ["skill", "age"]


class Bomb:
    """Leaves a file where it is loaded, as the worst of pickles would do worse."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def __reduce__(self) -> Any:
        return (exec, (f"open({str(self.where)!r}, 'w').write('loaded')",))


def fitted() -> Any:
    rows = people()
    return LogisticRegression().fit(rows.select(NUMBERS).to_pandas(), rows["hired"].to_numpy())


def test_a_pickle_in_the_sandbox_says_what_it_says_in_the_open(tmp_path: Path) -> None:
    model, given = fitted(), table(features=NUMBERS)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    boxed, open_ = from_file(path, "true"), from_estimator(model, "true")
    rows = given.rows.select(given.features)
    inside, outside = boxed.says(rows), open_.says(rows)
    assert (inside.decided == outside.decided).all()
    assert inside.scores is not None
    assert outside.scores is not None
    assert np.allclose(inside.scores, outside.scores)
    assert not boxed.at_hand
    assert boxed.estimator is None


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_bomb_goes_off_in_the_sandbox_and_nowhere_else(
    tmp_path: Path, protocol: int
) -> None:
    mark, path = tmp_path / "loaded", tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Bomb(mark), protocol=protocol))
    scanned = scan(path)
    assert scanned.runs_code
    assert {one["state"] for one in scanned.scans if one["scanner"] != "casemate"} == {"found"}
    with pytest.raises(BadInput, match=r"ended in the sandbox|no fitted classifier"):
        from_file(path, "true").says(table(features=NUMBERS).rows.select(NUMBERS))
    assert not mark.exists()


def test_a_pickle_that_is_no_classifier_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"not": "a model"}))
    with pytest.raises(BadInput, match="no fitted classifier"):
        from_file(path, "true").says(people().select(NUMBERS))


def test_a_pickle_that_reads_other_columns_names_them(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(fitted(), path)
    with pytest.raises(BadInput, match="not among the features: 'age'"):
        from_file(path, "true").says(people().select("skill"))
    with pytest.raises(BadInput, match="no class 'yes'"):
        from_file(path, "yes").says(people().select(NUMBERS))


def test_an_onnx_model_is_carried_out_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_logistic(-1.0, [2.0, 0.01]))
    rows = people().select(NUMBERS)
    said = from_file(path, "true").says(rows)
    line = -1.0 + rows.to_numpy() @ np.array([2.0, 0.01])
    assert said.scores is not None
    assert np.allclose(said.scores, 1 / (1 + np.exp(-line)), atol=1e-5)
    assert (from_file(path, "true", threshold=0.9).says(rows).decided == (said.scores >= 0.9)).all()
    with pytest.raises(BadInput, match="'sex' is text"):
        from_file(path, "true").says(people().select("skill", "sex"))
    assert scan(path).operators == ("LinearClassifier",)


def test_files_that_are_no_models_to_try_are_refused(tmp_path: Path) -> None:
    weights, text = tmp_path / "w.safetensors", tmp_path / "w.txt"
    weights.write_bytes(safetensors({"w": np.ones((3, 2), dtype="<f4")}))
    text.write_text("a,b\n1,2\n")
    assert scan(weights).parameters == 6
    for path in (weights, text):
        with pytest.raises(BadInput, match="no model that can be tried"):
            from_file(path, "true")
    with pytest.raises(BadInput, match="no model's file"):
        scan(text)
    with pytest.raises(NotFound, match="there is no file"):
        scan(tmp_path / "nothing.onnx")


def test_the_bill_of_materials_is_valid_whole_and_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_logistic(-1.0, [2.0, 0.01]))
    given = table_of(people(), target="hired", protected=["sex"], features=NUMBERS)
    found = evaluate(from_file(path, "true"), given, checks=("performance",))
    written = bill_of_materials(found, scan(path))
    assert written == bill_of_materials(found, scan(path))
    document = json.loads(written)
    model = document["metadata"]["component"]
    assert model["type"] == "machine-learning-model"
    assert f"sha256:{model['hashes'][0]['content']}" == found.model.digest
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert any("accuracy" in one["type"] and one["slice"] == "sex = F" for one in metrics)
    assert "scikit-learn" in {one["name"] for one in document["components"]}
    assert any(
        "not tested" in one for one in model["modelCard"]["considerations"]["technicalLimitations"]
    )
    model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]["luck"] = 1
    with pytest.raises(BadInput, match="not valid CycloneDX"):
        require_valid(json.dumps(document))
