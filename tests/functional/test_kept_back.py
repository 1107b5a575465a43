"""A system that selects people is kept back while a group is selected at another rate, by every door."""

from collections.abc import Iterator
from typing import Any

import pytest
from evidence_world import evaluation
from hiring_world import (
    AUTHORITY,
    CHECKER,
    FAIR,
    PROVIDER,
    UNFAIR,
    asked,
    ended,
    hiring,
    permitted,
    trained,
    training,
)
from register_world import WHOLE

from casemate.assurance.gate import KeptBack, gate
from casemate.errors import BadInput, NotAllowed
from casemate.platform import Platform
from casemate.register.records import read_record

SCREENING = {
    **WHOLE,
    "name": "Screening",
    "ai_act_class": "high_risk",
    "annex_iii_points": ["4(a)"],
}
OUTSIDE = "sha256:" + "d" * 64


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with hiring(tmp_path_factory.mktemp("kept-back") / "home") as made:
        yield made


def entry(place: Platform, **changes: Any) -> str:
    record = read_record(SCREENING | changes)
    return place.record_algorithm(PROVIDER, record).algorithm


def measured(place: Platform, permit: str, algorithm: str, model: str, *features: str) -> None:
    request = asked(model={"output": model}, features=list(features), algorithm=algorithm)
    run = ended(place, place.evaluate_in_place(PROVIDER, permit, request))
    (output,) = place.outputs(CHECKER, run.id)
    place.review(CHECKER, output.id, clear=True, reason="Rates of hundreds of people.")
    place.release(CHECKER, output.id)


def test_an_unfair_model_is_kept_back_a_fair_one_goes_out_and_a_swapped_one_does_not(
    place: Platform,
) -> None:
    permit, algorithm = permitted(place), entry(place)
    with pytest.raises(KeptBack, match="names no model"):
        place.publish_algorithm(PROVIDER, algorithm, "it is used")
    unfair = trained(place, permit, UNFAIR, algorithm)
    with pytest.raises(KeptBack, match="names no model"):
        place.release(CHECKER, unfair)
    place.name_model(PROVIDER, algorithm, output=unfair)
    for by_any_door in (
        lambda: place.publish_algorithm(PROVIDER, algorithm, "it is used"),
        lambda: place.release(CHECKER, unfair),
    ):
        with pytest.raises(KeptBack, match="no evaluation in the enclave of its model"):
            by_any_door()
    measured(place, permit, algorithm, unfair, "skill", "gap")
    with pytest.raises(KeptBack, match=r"by sex is 4\d\.\d%.*below four fifths.*train it anew"):
        place.release(CHECKER, unfair)
    with pytest.raises(KeptBack, match="differs from that of sex = M"):
        place.publish_algorithm(PROVIDER, algorithm, "it is used")
    fair = trained(place, permit, FAIR, algorithm)
    place.name_model(PROVIDER, algorithm, output=fair)
    with pytest.raises(KeptBack, match="the newest is of another one"):
        place.publish_algorithm(PROVIDER, algorithm, "it is used")
    measured(place, permit, algorithm, fair, "skill")
    assert place.model_standing(PROVIDER, algorithm).passes
    assert place.release(CHECKER, fair).output == fair
    assert place.publish_algorithm(PROVIDER, algorithm, "it is used").published == 1
    place.name_model(PROVIDER, algorithm, output=unfair)
    assert place.model_standing(PROVIDER, algorithm).passes is False
    with pytest.raises(KeptBack):
        place.release(CHECKER, unfair)


def figures(verdict: str, told: str = "no difference told") -> list[dict[str, Any]]:
    ratio = {"check": "fairness", "measure": "demographic parity ratio", "group": "by sex"}
    apart = {"check": "fairness", "measure": "selection rate, difference", "group": "sex = F"}
    return [
        ratio | {"estimate": 0.7, "low": 0.6, "high": 0.79, "verdict": verdict},
        apart | {"estimate": -0.2, "baseline_of": "as sex = M", "verdict": told},
    ]


def told(place: Platform, algorithm: str, *, seed: int, **changes: Any) -> None:
    model = {"name": "m", "kind": "onnx", "digest": OUTSIDE}
    document = evaluation(model=model, seed=seed, **changes)
    place.record_evaluation(PROVIDER, document, algorithm)


def test_a_failure_is_not_outvoted_and_an_authority_alone_decides_otherwise(
    place: Platform,
) -> None:
    algorithm = entry(place, name="Bought")
    place.name_model(PROVIDER, algorithm, digest=OUTSIDE)
    told(place, algorithm, seed=1)
    assert "compares how groups are selected" in place.model_standing(PROVIDER, algorithm).why
    told(place, algorithm, seed=2, figures=figures("below four fifths"))
    told(place, algorithm, seed=3, figures=figures("at least four fifths"))
    with pytest.raises(KeptBack, match="below four fifths"):
        place.publish_algorithm(PROVIDER, algorithm, "it is used")
    with pytest.raises(NotAllowed):
        place.allow_model(PROVIDER, algorithm, OUTSIDE, "we like it")
    with pytest.raises(BadInput, match="say why"):
        place.allow_model(AUTHORITY, algorithm, OUTSIDE, "  ")
    place.allow_model(AUTHORITY, algorithm, OUTSIDE, "Women are what it is made to find.")
    standing = place.model_standing(PROVIDER, algorithm)
    assert (standing.passes, standing.excepted) == (True, True)
    assert place.publish_algorithm(PROVIDER, algorithm, "it is used").published
    acts = [one.act for one in place.entries(subject=algorithm)]
    assert acts[-2:] == ["model.excepted", "algorithm.published"]


def test_what_is_only_told_does_not_count_for_a_model_that_lies_here(place: Platform) -> None:
    permit, algorithm = permitted(place), entry(place, name="Claimed")
    model = trained(place, permit, training("claimed", "skill"), algorithm)
    digest = place.name_model(PROVIDER, algorithm, output=model).digest
    claimed = evaluation(
        model={"name": "m", "kind": "onnx", "digest": digest},
        figures=figures("at least four fifths"),
    )
    place.record_evaluation(PROVIDER, claimed, algorithm)
    with pytest.raises(KeptBack, match="no evaluation in the enclave"):
        place.release(CHECKER, model)
    place.name_model(PROVIDER, algorithm, digest=digest)  # as if it had never been here
    with pytest.raises(KeptBack, match="no evaluation in the enclave"):
        place.release(CHECKER, model)
    with pytest.raises(KeptBack, match="no evaluation in the enclave"):
        place.publish_algorithm(PROVIDER, algorithm, "it is used")


def test_a_refusal_is_on_the_ledger_and_what_selects_nobody_is_not_held(place: Platform) -> None:
    algorithm = entry(place, name="Silent")
    with pytest.raises(KeptBack):
        place.publish_algorithm(PROVIDER, algorithm, "it is used")
    assert place.entries()[-1].act == "act.refused"
    other = entry(place, name="Sorter", ai_act_class="minimal", annex_iii_points=["none"])
    assert place.model_standing(PROVIDER, other).passes is None
    assert place.publish_algorithm(PROVIDER, other, "everyone may see it").published == 1


def test_each_rule_of_the_house_says_why_it_is_one() -> None:
    assert all(one.reason and one.fails for one in gate().rules)
    assert "4(a)" in gate().points
