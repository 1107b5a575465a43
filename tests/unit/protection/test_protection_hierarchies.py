"""Hierarchies: what each kind makes of values, and what it refuses."""

from pathlib import Path

import pytest

from casemate.errors import BadInput
from casemate.protection import (
    from_csv,
    groups,
    hierarchy_from_dict,
    intervals,
    ordered,
    suppressible,
)
from casemate.protection.ladders import build_ladder


def test_intervals_count_from_the_anchor_and_clip_at_bottom_and_top() -> None:
    bands = intervals(5, 10, anchor=5, bottom=18, top=70)
    assert bands.lines("age", [17, 18, 44, 69, 70, None]) == {
        "17": ("< 18", "< 18", "*"),
        "18": ("[18, 20)", "[18, 25)", "*"),
        "44": ("[40, 45)", "[35, 45)", "*"),
        "69": ("[65, 70)", "[65, 70)", "*"),
        "70": (">= 70", ">= 70", "*"),
        None: (None, None, "*"),
    }


def test_decimal_widths_are_exact() -> None:
    assert intervals("0.1", 0.3).lines("x", [0.3, 0.30000000001, -0.1])["0.3"] == (
        "[0.3, 0.4)",
        "[0.3, 0.6)",
        "*",
    )
    assert intervals("0.1").lines("x", [-0.1])["-0.1"] == ("[-0.1, 0)", "*")


def test_a_band_says_its_bounds_and_midpoint() -> None:
    bands = intervals(5, 10, top=85)
    meaning = bands.meaning("[40, 45)", 1)
    assert (meaning.lower, meaning.upper, meaning.midpoint) == ("40", "45", "42.5")
    assert meaning.text == "from 40 to below 45"
    assert bands.meaning(">= 85", 1).text == "85 or more"
    assert bands.meaning(">= 85", 1).midpoint is None
    assert bands.meaning(None, 1).text == "missing"
    assert bands.meaning("*", 3).text == "any value"


def test_groups_climb_a_tree_and_name_their_members() -> None:
    tree = groups(
        {"low": [1, 2], "high": [3]},
        {"any schooling": ["low", "high"]},
        names={1: "primary", 2: "secondary", 3: "university"},
    )
    assert tree.lines("education", [1, 3.0, "2"]) == {
        "1": ("low", "any schooling", "*"),
        "2": ("low", "any schooling", "*"),
        "3": ("high", "any schooling", "*"),
    }
    assert tree.meaning("low", 1).text == "primary; secondary"
    assert tree.meaning("any schooling", 2).text == "primary; secondary; university"
    assert tree.meaning("3", 0).text == "university"


def test_ordered_joins_neighbours() -> None:
    rank = ordered(["none", "low", "middle", "high", "top"], 2, 4)
    lines = rank.lines("rank", ["low"])
    assert lines["low"] == ("none to low", "none to high", "*")
    assert lines["top"] == ("top", "top", "*")


def test_null_is_a_value_of_its_own_unless_a_group_names_it() -> None:
    assert groups({"g": ["a"]}).lines("x", ["a", None])[None] == (None, "*")
    assert groups({"g": ["a"], "unknown": [None]}).lines("x", [None])[None] == ("unknown", "*")
    ladder = build_ladder("x", suppressible(), [None, "a"])
    assert ladder.lines == 2
    assert ladder.labels == ((None, "a"), ("*",))


def test_shares_count_lines_declared_or_else_values_present() -> None:
    declared = build_ladder("x", intervals(10, domain=(0, 39)), [3, 25])
    assert declared.lines == 40
    assert declared.shares[1].tolist() == [0.25, 0.25]
    present = build_ladder("x", intervals(10), [3, 4, 25])
    assert present.shares[1].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_arx_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("Bachelors;Undergraduate;Higher;*\nMasters;Graduate;Higher;*\n")
    hierarchy = from_csv(path)
    assert hierarchy.lines("education", ["Masters"])["Masters"] == ("Graduate", "Higher", "*")
    assert hierarchy.meaning("Higher", 2).text == "Bachelors; Masters"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no lines"),
        ("a;*\nb\n", "line 2 of the hierarchy has 1 cells"),
        ("a;*\na;*\n", "the value 'a' twice"),
    ],
)
def test_malformed_files_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "h.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=complaint):
        from_csv(path)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no hierarchy file"):
        from_csv(tmp_path / "absent.csv")
    (tmp_path / "h.csv").write_bytes(b"\xff\xfe\x00;*")
    with pytest.raises(BadInput, match="not UTF-8"):
        from_csv(tmp_path / "h.csv")


def test_a_value_that_parts_again_higher_up_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("1;low;A;*\n2;low;B;*\n")
    with pytest.raises(
        BadInput, match=r"'age' is not monotone: at level 1 the value '2' is in 'low'"
    ):
        build_ladder("age", from_csv(path), ["1", "2"])


@pytest.mark.parametrize(
    "hierarchy", [groups({"g": ["a"]}), ordered(["a", "b"], 2), intervals(5, domain=(0, 9))]
)
def test_a_value_that_the_hierarchy_lacks_is_named(hierarchy: object) -> None:
    with pytest.raises(BadInput, match=r"'x' holds the value '77', which .*lacks"):
        build_ladder("x", hierarchy, ["77"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: intervals(), "at least one width"),
        (lambda: intervals(0), "above 0"),
        (lambda: intervals(5, 12), "12 is not a multiple of 5"),
        (lambda: intervals(10, 5), "not a multiple"),
        (lambda: intervals(5, bottom=50, top=40), "bottom coding"),
        (lambda: intervals("wide"), "'wide', which is not a number"),
        (lambda: intervals(float("nan")), "nan"),
        (lambda: groups(), "at least one level"),
        (lambda: groups({"a": [1], "b": [1]}), "'1' into two groups"),
        (lambda: groups({"a": [1]}, {"b": []}), "'a' of level 1 nowhere"),
        (lambda: groups({"a": [1]}, {"b": ["a", "c"]}), "'c', no label of level 1"),
        (lambda: groups({"*": [1]}), "kept for the last level"),
        (lambda: ordered(["a", "a"], 2), "each of its values once"),
        (lambda: ordered(["a", "b"], 1), "2 values or more"),
        (lambda: ordered(["a", "b"], 2, 3), "not a multiple"),
    ],
)
def test_contradictions_are_refused(make: object, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        make()  # type: ignore[operator]


def test_text_that_is_no_number_is_refused_by_intervals() -> None:
    with pytest.raises(BadInput, match="'age' holds 'forty', which is not a number"):
        intervals(5).lines("age", ["40", "forty"])
    with pytest.raises(BadInput, match="'age' holds True"):
        intervals(5).lines("age", [True])


@pytest.mark.parametrize(
    "hierarchy",
    [
        suppressible(),
        intervals("0.5", 1, anchor="0.25", bottom=-3, top=9),
        intervals(5, domain=(0, 99)),
        groups({"g": [1, 2], "h": [None]}, {"all": ["g", "h"]}, names={1: "one"}),
        ordered(["a", "b", "c"], 2),
    ],
)
def test_a_hierarchy_survives_its_document(hierarchy: object) -> None:
    document = hierarchy.to_dict()  # type: ignore[attr-defined]
    assert hierarchy_from_dict(document) == hierarchy
    assert not _floats(document)


def test_lines_survive_their_document(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("a;b;*\n")
    hierarchy = from_csv(tmp_path / "h.csv")
    assert hierarchy_from_dict(hierarchy.to_dict()) == hierarchy


def _floats(document: object) -> bool:
    if isinstance(document, dict):
        return any(_floats(value) for value in document.values())
    if isinstance(document, list):
        return any(_floats(value) for value in document)
    return isinstance(document, float)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"kind": "magic"},
        {"kind": "intervals"},
        {"kind": "intervals", "widths": 5},
        {"kind": "intervals", "widths": [5], "colour": "red"},
        {"kind": "intervals", "widths": [5], "domain": [1]},
        {"kind": "groups", "levels": ["a"]},
        {"kind": "groups", "levels": [{"a": 1}]},
        {"kind": "ordered", "values": ["a"]},
        {"kind": "ordered", "values": ["a", "b"], "widths": ["2"]},
        {"kind": "lines"},
        {"kind": "suppressible", "extra": 1},
    ],
)
def test_malformed_documents_are_refused(document: object) -> None:
    with pytest.raises(BadInput):
        hierarchy_from_dict(document)
