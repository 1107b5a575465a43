"""Which entries the law keeps from the public (AI Act Art. 49(4), (5)), and what publishing asks."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from register_world import GRID, KEEPER, POLICE, WHOLE, entered, town

from casemate.errors import BadInput, Conflict
from casemate.register.embargo import HIDDEN_AREAS, Section, standing
from casemate.register.minimum import minimum, untold
from casemate.register.records import every_field, read_record

TODAY = date(2026, 11, 30)
POINTS = every_field()["annex_iii_points"].values
AREAS = every_field()["area_of_use"].values


def section(*points: str, area: str | None = None) -> Section:
    told: dict[str, Any] = {"name": "x", "annex_iii_points": list(points)}
    if area is not None:
        told["area_of_use"] = area
    return standing(read_record(told), TODAY).section


@pytest.mark.parametrize(
    ("points", "area", "expected"),
    [
        (["6(a)"], None, Section.NON_PUBLIC),
        (
            ["7(c)"],
            "health",
            Section.NON_PUBLIC,
        ),  # point 7 is migration, whatever is told beside it
        (["1(a)"], None, Section.NON_PUBLIC),  # what is not told hides
        (["1(a)"], "law_enforcement", Section.NON_PUBLIC),
        (["1(a)"], "workplace", Section.PUBLIC),
        (["2"], None, Section.NATIONAL),
        (["2", "6(e)"], None, Section.NON_PUBLIC),
        (["4(a)", "5(b)"], None, Section.PUBLIC),
        (["none"], "law_enforcement", Section.PUBLIC),
        ([], None, Section.PUBLIC),
    ],
)
def test_the_points_of_annex_iii_decide(
    points: list[str], area: str | None, expected: Section
) -> None:
    assert section(*points, area=area) is expected


@given(st.lists(st.sampled_from(POINTS), max_size=4), st.sampled_from([None, *AREAS]))
def test_a_point_of_police_or_border_hides_whatever_stands_beside_it(
    points: list[str], area: str | None
) -> None:
    found = section(*points, area=area)
    hiding = "167" if area in HIDDEN_AREAS else "67"
    if any(one[0] in hiding for one in points):
        assert found is Section.NON_PUBLIC
    elif not any(one[0] in "12" for one in points):
        assert found is Section.PUBLIC


def test_the_minimum_is_what_the_dutch_standard_asks_and_the_class() -> None:
    asked = {name for name, one in every_field().items() if one.asked.get("NL") == "m"}
    assert {one.field for one in minimum() if not one.where} == asked | {"ai_act_class"}
    assert all(one.why and one.field in every_field() for one in minimum())


@given(st.sets(st.sampled_from(sorted(WHOLE))))
def test_what_is_not_told_is_named(left_out: set[str]) -> None:
    record = read_record({name: value for name, value in WHOLE.items() if name not in left_out})
    assert {one.field for one in untold(record)} == left_out


def test_a_high_risk_entry_tells_its_points_and_biometrics_their_area() -> None:
    high = read_record({**WHOLE, "ai_act_class": "high_risk"})
    assert [one.field for one in untold(high)] == ["annex_iii_points"]
    face = read_record({**WHOLE, "ai_act_class": "high_risk", "annex_iii_points": ["1(a)"]})
    assert [one.field for one in untold(face)] == ["area_of_use"]
    exempt = {**WHOLE, "ai_act_class": "not_high_risk_6_3", "annex_iii_points": ["4(a)"]}
    assert [one.field for one in untold(read_record(exempt))] == ["exemption_ground"]


def test_the_public_sees_the_version_that_was_published(tmp_path: Path) -> None:
    with town(tmp_path / "home") as place:
        algorithm = entered(place)
        assert place.public_algorithms() == []
        place.publish_algorithm(KEEPER, algorithm, "everyone may see it")
        changed = read_record({**WHOLE, "short_description": "Not for you yet."})
        place.revise_algorithm(KEEPER, algorithm, changed, seen=1, reason="we are writing")
        (seen,) = place.public_algorithms()
        assert (seen.version, seen.record.name) == (1, "Sorter")
        assert place.public_algorithm(algorithm).version == 1
        assert [one.kept.version for one in place.public_algorithm_history(algorithm)] == [1]
        place.publish_algorithm(KEEPER, algorithm, "now it is right")
        newest, first = place.public_algorithm_history(algorithm)
        assert (newest.kept.version, first.kept.version) == (2, 1)
        assert [one.field for one in newest.changes] == ["short_description"]
        assert place.figures().systems == 1
        with pytest.raises(Conflict, match="published already"):
            place.publish_algorithm(KEEPER, algorithm, "again")
        place.withdraw_algorithm(KEEPER, algorithm, "out of use")
        assert (place.public_algorithms(), place.figures().systems) == ([], 0)
        with pytest.raises(Conflict, match="nothing to withdraw"):
            place.withdraw_algorithm(KEEPER, algorithm, "again")
        acts = [one.act for one in place.entries(subject=algorithm)]
        assert acts.count("algorithm.published") == 2
        assert acts[-1] == "algorithm.withdrawn"


@pytest.mark.parametrize("record", [POLICE, GRID])
def test_what_the_law_hides_is_not_published(tmp_path: Path, record: dict[str, Any]) -> None:
    with town(tmp_path / "home") as place:
        algorithm = entered(place, record)
        with pytest.raises(BadInput, match=r"AI Act Art\. 49\([45]\)"):
            place.publish_algorithm(KEEPER, algorithm, "everyone may see it")
        brief = entered(place, {"name": "Sorter"})
        with pytest.raises(BadInput, match="short_description"):
            place.publish_algorithm(KEEPER, brief, "everyone may see it")
