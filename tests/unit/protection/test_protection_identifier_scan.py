"""Direct identifiers: found in columns and in prose, told from numbers of the same length, not shown."""

import random
from typing import Any

import polars as pl
import pytest
from conftest import SHARED

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection import without_floats
from casemate.protection.check_digits import luhn_holds, verhoeff_holds
from casemate.protection.column_names import named_as
from casemate.protection.identifier_scan import scan_identifiers
from casemate.protection.safe_harbor import CATEGORIES, safe_harbor

LU, BE, FR, DE = "1893120105732", "85.07.30-033 28", "2 55 08 14 168 025 38", "36 574 261 809"
IBAN = "LU28 0019 4006 4475 0000"


def by_values(table: Any, **options: Any) -> dict[tuple[str, str], Any]:
    return {
        (one.column, one.kind): one
        for one in scan_identifiers(table, **options)
        if one.by == "values"
    }


def test_every_kind_is_found_in_prose_with_its_position() -> None:
    lines = {
        "email": "please write to a.muster@example.lu, thank you",
        "phone": "ring +352 621 123 456 after five",
        "iban": f"paid to {IBAN} in March",
        "luxembourgish_id": f"matricule {LU}.",
        "belgian_id": f"NISS: {BE}",
        "french_id": f"NIR {FR}, né à Metz",
        "german_tax_id": f"IdNr. {DE}",
        "person_name": "seen with Mme Dupont today",
    }
    table = pl.DataFrame({"note": [*lines.values(), "nothing here", None]})
    found = by_values(table, rows=True)
    for place, kind in enumerate(lines):
        one = found["note", kind]
        assert one.rows == (place,)
        assert (one.matches, one.values, one.share) == (1, 9, pytest.approx(1 / 9))
        assert one.likely
    assert set(found) == {("note", kind) for kind in lines}


def test_a_telephone_needs_its_country_code() -> None:
    table = pl.DataFrame(
        {
            "a": ["00352 621 123 456", "+33 (0)1 23 45 67 89"],
            "b": ["621 123 456", "0012345678"],  # a national number, and a padded one
            "c": [f"{IBAN} and 0035 2621 1234", "+12 34"],
        }
    )
    assert {key: one.matches for key, one in by_values(table).items() if key[1] == "phone"} == {
        ("a", "phone"): 2
    }


def test_a_finding_shows_no_value_and_no_position_unless_asked() -> None:
    table = pl.DataFrame({"note": [f"{LU} {IBAN}", "a@b.lu", BE]})
    findings: list[Any] = [*scan_identifiers(table), *safe_harbor(table)]
    assert findings
    for one in findings:
        written = repr(one) + canonical_json(without_floats(one.to_dict())).decode()
        assert one.rows is None
        for secret in (LU, IBAN, "a@b.lu", BE):
            assert secret not in written


def test_random_numbers_of_the_same_length_are_not_likely() -> None:
    draw = random.Random(8)
    table = pl.DataFrame(
        {
            f"d{length}": ["".join(draw.choices("0123456789", k=length)) for _ in range(20_000)]
            for length in (11, 13, 15, 20)
        }
    )
    found = by_values(table)
    assert not any(one.likely for one in found.values())
    assert all(one.share < 0.007 for one in found.values())


def test_one_wrong_digit_is_enough_to_be_no_match() -> None:
    draw = random.Random(9)
    real = [luxembourgish(draw) for _ in range(500)]
    wrong = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in real]
    found = by_values(pl.DataFrame({"real": real, "wrong": wrong}))
    assert found["real", "luxembourgish_id"].share == 1
    assert ("wrong", "luxembourgish_id") not in found


def luxembourgish(draw: random.Random) -> str:
    body = f"{draw.randint(1930, 2020)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}"
    body += f"{draw.randint(1, 999):03}"
    first = next(digit for digit in "0123456789" if luhn_holds(body + digit))
    return body + first + next(digit for digit in "0123456789" if verhoeff_holds(body + digit))


def test_numbers_read_as_integers_or_fractions_are_found_too() -> None:
    check = 97 - int("2" + "000203001") % 97
    table = pl.DataFrame(
        {
            "lu": [int(LU), None],
            "float": [float(LU), float("nan")],
            "be": [int(f"000203001{check:02}"), None],
        }
    )
    found = by_values(table)
    assert found["lu", "luxembourgish_id"].share == 1
    assert found["float", "luxembourgish_id"].share == 1
    assert found["be", "belgian_id"].share == 1
    assert not by_values(pl.DataFrame({"age": [28, 30, 97, 5], "small": [1, 2, 3, 97]}))


@pytest.mark.parametrize("convert", [lambda t: t, lambda t: t.to_pandas(), lambda t: t.to_arrow()])
def test_every_kind_of_table_is_scanned_alike(convert: Any) -> None:
    table = pl.DataFrame({"value": [LU, "x"], "records": ["a@b.lu", "c@d.lu"]})
    assert scan_identifiers(convert(table), rows=True) == scan_identifiers(table, rows=True)
    assert by_values(table)["records", "email"].matches == 2


def test_names_are_a_heuristic_of_shape_and_variety() -> None:
    people = ["Jean Muller", "Anna Weber", "Léa Klein", "Pol van Dyck", "Mia O'Neill"]
    places = ["United Kingdom", "New Zealand"] * 20
    found = scan_identifiers(pl.DataFrame({"who": people}))
    assert [(one.kind, one.heuristic, one.share) for one in found] == [("person_name", True, 1.0)]
    assert not scan_identifiers(pl.DataFrame({"where": places}))


TITLED = [
    *("Mrs Weber was seen on Monday.", "Seen by Dr Hoffmann.", "Vu par le Pr. Lambert."),
    *("Le patient, M. Dupont, se plaint.", "Mme Garcia revient demain."),
    *("Herr Müller klagt über Schwindel.", "Frau Schmit wurde entlassen."),
    *("Überweisung durch Dr. Becker.", "Den Här Thill huet ugeruff.", "Madame Kieffer kënnt muer."),
]
UNTITLED = [
    *("Anna Weber came back with a cough.", "Spoke with her daughter Maria on the phone."),
    *("Jean Dupont se plaint de douleurs.", "La fille, Sofia Pereira, est présente."),
    *("Peter Müller klagt über Schwindel.", "Sein Sohn Lukas war dabei."),
    *("De Jang Thill huet ugeruff.", "Schmit, Claude: kontrollieren."),
    *("Mother: Ana dos Santos.", "weber anna, see notes"),
]
NAMELESS = [
    *(
        "Discharged to Centre Hospitalier.",
        "Lives in New York since May.",
        "Dr appointment on Friday.",
    ),
    *(
        "Le traitement a commencé lundi.",
        "Vaccin Pfizer, deuxième dose.",
        "Morbus Crohn seit 2010.",
    ),
    *("Die Behandlung begann am Montag in Trier.", "Frau mit Fieber, 40 Jahre."),
    *("D'Behandlung huet e Méindeg ugefaangen.", "Parkinson disease, stage two."),
]


def test_names_in_prose_are_found_after_a_title_only_as_the_page_says() -> None:
    notes = pl.DataFrame({"note": TITLED + UNTITLED + NAMELESS})
    (found,) = (one for one in scan_identifiers(notes, rows=True) if one.kind == "person_name")
    assert found.rows == tuple(range(len(TITLED)))
    assert found.heuristic


@pytest.mark.parametrize(
    ("name", "category", "expected"),
    [
        ("Prénom", "person_name", True),
        ("patientLastName", "person_name", True),
        ("name", "person_name", True),
        ("commune_name", "person_name", False),
        ("filename", "person_name", False),
        ("E-Mail", "email", True),
        ("Tel.", "phone", True),
        ("hotel", "phone", False),
        ("Straße", "geography", True),
        ("date_de_naissance", "date", True),
        ("GeburtsDatum", "date", False),
        ("Geburtsdatum", "date", True),
        ("language", "age", False),
        ("anything", "no such category", False),
    ],
)
def test_column_names_are_read_by_words(name: str, category: str, expected: bool) -> None:
    assert named_as(name, category) is expected


def test_safe_harbor_names_the_category_of_each_column() -> None:
    table = pl.DataFrame(
        {
            "surname": ["A", "B"],
            "postcode": ["L-4010", "L-1111"],
            "seen": ["on 2024-03-02", "3/2/2024"],
            "age": [90, 34],
            "call": ["+352 621 123 456", None],
            "fax": [None, None],
            "mail": ["a@b.lu", None],
            "c1": ["078-05-1120", "no"],
            "mrn": [1, 2],
            "insurance_number": ["x", "y"],
            "iban": [IBAN, None],
            "passport_number": ["x", "y"],
            "car": ["1M8GDM9AXKP042788", None],
            "serial_number": [1, 2],
            "page": ["see https://example.org/x", None],
            "host": ["10.0.0.1", "2001:db8::8a2e:370:7334"],
            "fingerprint": ["x", "y"],
            "photo": ["x", "y"],
            "matricule": [LU, LU],
        }
    )
    found = {(one.category, one.column) for one in safe_harbor(table)}
    assert set(zip("ABCCDEFGHIJKLMNOPQR", table.columns, strict=True)) <= found
    assert {letter for letter, _ in found} == set(CATEGORIES)


def test_safe_harbor_lets_years_ages_to_89_and_near_misses_pass() -> None:
    table = pl.DataFrame(
        {
            "year": [1999, 2001],
            "age": [89, 0],
            "code": ["000-12-3456", "666-12-3456"],
            "version": ["1.2.3", "300.1.1.1"],
            "ratio": ["1:2", "a::b"],
        }
    )
    assert safe_harbor(table) == ()


def test_safe_harbor_gives_positions_on_request_and_reads_dates() -> None:
    table = pl.DataFrame({"d": ["x", "2024-03-02"], "t": [None, "2024-01-01"]})
    table = table.with_columns(pl.col("t").str.to_date())
    assert [
        (one.column, one.category, one.rows, one.share) for one in safe_harbor(table, rows=True)
    ] == [
        ("d", "C", (1,), 0.5),
        ("t", "C", (1,), 1.0),
    ]


def test_empty_tables_and_columns_have_nothing_but_names() -> None:
    empty = pl.DataFrame(schema={"x": pl.String, "email": pl.String})
    assert [(one.column, one.by, one.values) for one in scan_identifiers(empty)] == [
        ("email", "name", 0)
    ]
    assert scan_identifiers(pl.DataFrame({"x": [None, None], "y": [float("nan")] * 2})) == ()
    assert safe_harbor(pl.DataFrame({"x": [None, None], "y": ["", " "]})) == ()
    assert scan_identifiers(pl.DataFrame()) == ()


@pytest.mark.parametrize("scan", [scan_identifiers, safe_harbor])
def test_bad_input_is_named(scan: Any) -> None:
    import pandas as pd

    with pytest.raises(BadInput, match="no column 'b'"):
        scan(pl.DataFrame({"a": [1]}), ["b"])
    with pytest.raises(BadInput, match=r"'a' mixes types|'a' holds"):
        scan(pd.DataFrame({"a": [1, "x", None]}))
    with pytest.raises(BadInput, match="'a' holds"):
        scan(pl.DataFrame({"a": [[1], [2]]}))
    with pytest.raises(BadInput, match="cannot be protected"):
        scan("not a table")


def test_open_data_without_people_is_not_suspected() -> None:
    path = SHARED / "data/anonymisation/adult/adult.csv.gz"
    if not path.exists():
        pytest.skip("the shared Adult file is not here")
    assert scan_identifiers(pl.read_csv(path, separator=";")) == ()
