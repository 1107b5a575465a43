"""Models tried inside the enclave: neither model nor data leave, and no figure tells of one person."""

import base64
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hiring_world import (
    AUDITOR,
    CHECKER,
    EMPLOYER,
    FAIR,
    PROVIDER,
    UNFAIR,
    asked,
    candidates,
    ended,
    hiring,
    permitted,
    trained,
)
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from casemate.canonical import digest
from casemate.enclave import Output, Run
from casemate.errors import Conflict, NotAllowed, NotFound
from casemate.platform import Platform
from casemate.register.records import read_record

ABOVE = {
    "op": "gt",
    "left": {"op": "column", "name": "skill"},
    "right": {"op": "value", "value": 0},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with hiring(tmp_path_factory.mktemp("hiring") / "home") as made:
        yield made


@pytest.fixture(scope="module")
def permit(place: Platform) -> str:
    return permitted(place)


def tried(place: Platform, permit: str, **changes: Any) -> Run:
    return ended(place, place.evaluate_in_place(PROVIDER, permit, asked(**changes)))


def figures_of(place: Platform, run: Run) -> Output:
    (output,) = place.outputs(CHECKER, run.id)
    return output


def test_a_models_figures_become_evidence_when_a_checker_lets_them_out(
    place: Platform, permit: str
) -> None:
    record = read_record({"name": "Screening"})
    algorithm = place.record_algorithm(PROVIDER, record).algorithm
    model = trained(place, permit, UNFAIR)
    run = tried(place, permit, model={"output": model}, algorithm=algorithm)
    output = figures_of(place, run)
    assert (output.name, output.decision) == ("evaluation.json", "review")
    assert place.evaluations(AUDITOR, algorithm) == []
    place.review(CHECKER, output.id, clear=True, reason="Rates of hundreds of people.")
    place.release(CHECKER, output.id)
    (kept,) = place.evaluations(AUDITOR, algorithm)
    assert (kept.run, kept.recorded_by) == (run.id, PROVIDER)
    assert kept.document == json.loads(place.fetch(PROVIDER, output.id))
    assert kept.model_digest == digest(place.evidence(CHECKER, model)[1])
    ratio = next(one for one in kept.figures if one["measure"] == "demographic parity ratio")
    assert ratio["verdict"] == "below four fifths"
    (entry,) = place.entries(subject=kept.id)
    assert (entry.detail["run"], entry.detail["model"]) == (run.id, kept.model_digest)
    with pytest.raises(Conflict, match="the check did it again"):
        place.replay(PROVIDER, run.id)


def test_a_model_is_tried_once_a_checker_cleared_it_and_under_its_own_permit(
    place: Platform, permit: str
) -> None:
    run = ended(place, place.run(PROVIDER, permit, FAIR.encode()))
    held = next(one.id for one in place.outputs(CHECKER, run.id) if one.ending == "onnx")
    early = tried(place, permit, model={"output": held})
    assert early.state == "cancelled"
    assert "once a checker has cleared it" in str(early.reason)
    place.review(CHECKER, held, clear=True, reason="A model of two numbers.")
    other = tried(place, permitted(place), model={"output": held}, features=["skill"])
    assert other.state == "failed"
    assert "no program of permit" in str(other.reason)
    own = tried(place, permit, model={"output": held}, features=["skill"])
    assert own.state == "awaiting_review", own.reason


def test_a_rule_system_and_a_pickle_are_tried_too(place: Platform, permit: str) -> None:
    by_rule = tried(place, permit, model={"rule": ABOVE}, features=["skill"])
    rows = candidates()
    fitted = LogisticRegression().fit(rows.select("skill").to_numpy(), rows["invited"].to_list())
    by_pickle = tried(place, permit, model=file_of(pickle.dumps(fitted)), features=["skill"])
    for run, kind in ((by_rule, "rule system"), (by_pickle, "scikit-learn pickle")):
        assert run.state == "awaiting_review", run.reason
        document = json.loads(place.evidence(CHECKER, figures_of(place, run).id)[1])
        assert document["model"]["kind"] == kind
        assert {one["group"] for one in document["figures"]} >= {"sex = F", "sex = M"}


def file_of(data: bytes) -> dict[str, Any]:
    return {"file": {"name": "model.pkl", "base64": base64.b64encode(data).decode()}}


class Bomb:
    """Writes a file where it is loaded."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __reduce__(self) -> Any:
        return (exec, (f"open({str(self._target)!r}, 'w').write('boom')",))


def test_a_pickle_that_is_a_bomb_goes_off_in_the_sandbox_and_nothing_comes_of_it(
    place: Platform, permit: str, tmp_path: Path
) -> None:
    target = tmp_path / "exploded"
    run = tried(place, permit, model=file_of(pickle.dumps(Bomb(target))))
    assert run.state == "failed"
    assert not target.exists()
    assert not place.outputs(CHECKER, run.id)


def one_person() -> dict[str, Any]:
    """A rule that decides for a single person of the table."""
    row = candidates().row(7, named=True)
    is_it = [
        {
            "op": "eq",
            "left": {"op": "column", "name": name},
            "right": {"op": "value", "value": row[name]},
        }
        for name in ("skill", "gap", "sex")
    ]
    return {"op": "all_of", "of": is_it}


def test_a_rule_that_picks_out_one_person_tells_nothing(place: Platform, permit: str) -> None:
    picked = tried(place, permit, model={"rule": one_person()}, features=["skill", "gap", "sex"])
    assert picked.state == "failed"
    assert "nothing can be told of this model here" in str(picked.reason)


def test_two_rules_that_differ_by_one_person_are_not_both_let_out(place: Platform) -> None:
    permit, read = permitted(place), ["skill", "gap", "sex"]
    first = figures_of(place, tried(place, permit, model={"rule": ABOVE}, features=read))
    place.review(CHECKER, first.id, clear=True, reason="Rates of hundreds of people.")
    place.release(CHECKER, first.id)
    but_one = {"op": "all_of", "of": [ABOVE, {"op": "not", "of": one_person()}]}
    below = {"op": "any_of", "of": [ABOVE, one_person()]}
    above = candidates().row(7, named=True)["skill"] > 0
    run = tried(place, permit, model={"rule": but_one if above else below}, features=read)
    second = figures_of(place, run)
    assert second.decision == "refuse"
    assert {one["rule"] for one in (second.verdict or {})["reasons"]} >= {"differencing"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "hired"}, "the target 'hired' is not in the view of this permit"),
        ({"features": ["age"]}, "a column 'age' is not in the view"),
        ({"protected": []}, "name the protected columns"),
        ({"target": "skill"}, "the target needs a value in every row"),
        ({"data": "people"}, "say which dataset of the permit"),
        ({"model": {"rule": {"op": "column", "name": "sex"}}}, "the model cannot be tried"),
        ({"model": {"output": "output-aaaaaaaaaaaa"}}, "no program of permit"),
    ],
)
def test_what_does_not_fit_is_said_without_a_value_of_the_data(
    place: Platform, permit: str, changes: dict[str, Any], message: str
) -> None:
    run = tried(place, permit, **({"model": {"rule": ABOVE}} | changes))
    assert run.state == "failed"
    assert message in str(run.reason)
    assert "true" not in str(run.reason).lower().replace("true where", "")


def test_nobody_makes_evidence_on_anothers_algorithm_or_under_anothers_permit(
    place: Platform, permit: str
) -> None:
    other = place.record_algorithm(EMPLOYER, read_record({"name": "Not yours"})).algorithm
    with pytest.raises(NotAllowed):
        place.evaluate_in_place(PROVIDER, permit, asked(model={"rule": ABOVE}, algorithm=other))
    with pytest.raises(NotAllowed):
        place.evaluate_in_place(EMPLOYER, permit, asked(model={"rule": ABOVE}))
    with pytest.raises(NotFound):
        place.evaluate_in_place(
            PROVIDER, permit, asked(model={"rule": ABOVE}, algorithm="algorithm-aaaaaaaaaaaa")
        )
