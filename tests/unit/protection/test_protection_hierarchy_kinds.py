"""Dates, prefixes, masking, places and ARX's files: labels, errors, documents."""

import gzip
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import KAnonymity, Plan, anonymise
from casemate.protection.hierarchies import (
    Hierarchy,
    dates,
    from_csv,
    from_table,
    hierarchy_from_dict,
    masking,
    prefixes,
)

PLACES = pl.DataFrame(
    {
        "commune": ["Kinneksbond", "Bartreng", "Clervaux", "Arlon"],
        "canton": ["Capellen", "Capellen", "Clervaux", "Arlon"],
        "country": ["LU", "LU", "LU", "BE"],
    }
)
ONE_OF_EACH: list[Hierarchy] = [
    dates(),
    dates("day", "year"),
    dates("month", "decade", form="%d.%m.%Y"),
    prefixes(3, 2, 1),
    prefixes(3, 1, ignore=".", names={"J": "respiratory"}),
    masking(5),
    masking(4, from_side="left", align="right", sign="#"),
    from_table(PLACES, "commune", "canton", "country"),
]


@pytest.mark.parametrize("hierarchy", ONE_OF_EACH, ids=lambda one: type(one).__name__)
def test_a_hierarchy_survives_its_document_and_a_plan(hierarchy: Hierarchy) -> None:
    assert hierarchy_from_dict(hierarchy.to_dict()) == hierarchy
    plan = Plan(quasi_identifiers={"it": hierarchy}, models=(KAnonymity(2),))
    assert Plan.from_dict(plan.to_dict()) == plan


def test_dates_in_every_unit_and_form() -> None:
    units = dates("day", "month", "quarter", "year", "decade")
    line = ("2024-03-15", "2024-03", "2024-Q1", "2024", "2020s", "*")
    assert units.lines("born", [date(2024, 3, 15)]) == {"2024-03-15": line}
    assert units.lines("born", ["2024-03-15", None]) == {
        "2024-03-15": line,
        None: (None, None, None, None, None, "*"),
    }
    moment = datetime(2024, 3, 15, 23, 59)  # noqa: DTZ001 - a table's own time
    assert list(units.lines("born", [moment]).values()) == [line]
    german = dates("quarter", "decade", form="%d.%m.%Y")
    assert german.lines("born", ["31.12.1999"]) == {"31.12.1999": ("1999-Q4", "1990s", "*")}
    assert units.meaning("2024-Q3", 3).text == "2024-07 to 2024-09"
    assert units.meaning("1990s", 5).text == "1990 to 1999"


@pytest.mark.parametrize("wrong", ["2024-02-30", "yesterday", "", 20240315.5])
def test_what_is_no_date_is_named(wrong: object) -> None:
    with pytest.raises(BadInput, match=f"'born' holds the value {wrong!r}, which is no date"):
        dates().lines("born", ["2024-02-29", wrong])


@pytest.mark.parametrize("units", [("year", "month"), ("week",), ("year", "year")])
def test_units_that_do_not_nest_are_refused(units: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="date unit"):
        dates(*units)


def test_prefixes_of_codes() -> None:
    icd = prefixes(3, 1, ignore=".", names={"J": "respiratory"})
    assert icd.lines("cause", ["J45.0", "J45", "J1", None]) == {
        "J45.0": ("J45", "J", "*"),
        "J45": ("J45", "J", "*"),
        "J1": ("J1", "J", "*"),
        None: (None, None, "*"),
    }
    assert icd.meaning("J", 2).text == "J respiratory"
    assert icd.meaning("K20", 1).text == "K20…"
    with pytest.raises(BadInput, match=r"'cause' holds the value '\.\.', which is no code"):
        icd.lines("cause", ["J45", ".."])
    for lengths in [(), (1, 2), (2, 2), (0,), (True,)]:
        with pytest.raises(BadInput, match="prefixes"):
            prefixes(*lengths)


def test_masking_from_either_side_hides_the_length_too() -> None:
    assert masking(4).lines("zip", ["8166", "81"]) == {
        "8166": ("816*", "81**", "8***", "*"),
        "81": ("81 *", "81**", "8***", "*"),
    }
    wages = masking(4, align="right").lines("wage", [950, 1200])
    assert wages == {"950": (" 95*", " 9**", " ***", "*"), "1200": ("120*", "12**", "1***", "*")}
    left = masking(3, from_side="left", sign="#")
    assert left.lines("id", ["abc"]) == {"abc": ("#bc", "##c", "*")}
    assert left.meaning("##c", 2).text == "ends with c"
    assert masking(4).meaning("81**", 2).text == "begins with 81"
    with pytest.raises(BadInput, match="'zip' holds the value '12345', which is longer than the 4"):
        masking(4).lines("zip", ["12345"])
    wrongs: list[dict[str, object]] = [
        {"length": 0},
        {"length": 3, "from_side": "top"},
        {"length": 3, "sign": "**"},
    ]
    for wrong in wrongs:
        with pytest.raises(BadInput, match="mask"):
            hierarchy_from_dict({"kind": "masking", **wrong})


def test_places_from_a_table() -> None:
    places = from_table(PLACES, "commune", "canton", "country")
    assert places.lines("home", ["Bartreng"])["Bartreng"] == ("Capellen", "LU", "*")
    assert places.meaning("Capellen", 1).text == "Kinneksbond; Bartreng"
    with pytest.raises(BadInput, match="'home' holds the value 'Metz', which its hierarchy lacks"):
        places.lines("home", ["Arlon", "Metz"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("Arlon", "Clervaux", "LU"), "puts the commune 'Arlon' in two places: Arlon / BE"),
        (("Metz", None, "FR"), "no canton for the commune 'Metz'"),
        ((None, "Metz", "FR"), "a line without commune"),
        (("Wincrange", "Clervaux", "BE"), "the canton 'Clervaux' lies in both 'LU' and 'BE'"),
    ],
)
def test_a_table_of_places_that_is_no_tree_is_refused(
    row: tuple[str | None, ...], message: str
) -> None:
    table = pl.concat([PLACES, pl.DataFrame([row], schema=PLACES.schema, orient="row")])
    with pytest.raises(BadInput, match=message):
        from_table(table, "commune", "canton", "country")


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_arx_files_packed_or_not_whatever_separates(
    tmp_path: Path, separator: str, packed: bool
) -> None:
    rows = [["1", "0 to 4", "*"], ["7", "5, 6 or 7", "*"], ["9", '"nine"', "*"]]
    quoted = "\r\n".join(
        separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows
    )
    raw = b"\xef\xbb\xbf" + quoted.encode()
    path = tmp_path / "h.csv"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    assert from_csv(path).table == tuple(tuple(row) for row in rows)
    assert from_csv(path, separator=separator) == from_csv(path)


def test_a_comma_inside_a_label_does_not_mislead(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("1;low, very;*\n2;high, quite;*\n")
    assert from_csv(path).table == (("1", "low, very", "*"), ("2", "high, quite", "*"))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\x1f\x8bnot gzip", "cannot be read"),
        (b"1;a;*\n2;*\n", "line 2 of the hierarchy has 2 cells and line 1 has 3"),
        (b"1\n2\n", "line 1 of the hierarchy has 1 cells"),
        (b"", "no lines"),
        (b'1;"a;*\n', "not UTF-8 CSV"),
        (b"\xff;a", "not UTF-8 CSV"),
    ],
)
def test_a_file_that_is_no_hierarchy_is_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=message):
        from_csv(path)


def test_the_new_kinds_anonymise() -> None:
    table = pl.DataFrame(
        {
            "born": [date(1990 + number % 20, 1 + number % 12, 3) for number in range(60)],
            "job": [f"{2000 + number % 7:04}" for number in range(60)],
            "home": (["Kinneksbond", "Bartreng", "Clervaux"] * 20),
        }
    )
    result = anonymise(
        table,
        {
            "born": dates(),
            "job": prefixes(3, 2, 1),
            "home": from_table(PLACES, "commune", "canton", "country"),
        },
        models=[KAnonymity(5)],
        suppression="0.1",
    )
    assert result.risk.smallest_class >= 5
    assert result.gap == 0
