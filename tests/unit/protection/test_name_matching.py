"""People matched by names that registers write in several ways; truth is known, errors are made."""

import subprocess
import sys
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from made_names import judged, made_people, seen_again

from casemate.errors import BadInput
from casemate.protection import Pseudonymiser
from casemate.protection.name_matching import (
    Matches,
    MatchModel,
    NameAgreement,
    PersonColumns,
    match_people,
    names_k_map,
    same_person_ids,
    sound_of,
    spelling_of,
)

COLUMNS = PersonColumns("first", "last", "born", "commune")
NAMES = PersonColumns("first", "last")
PEOPLE = made_people(3000, seed=11)
AGAIN = seen_again(PEOPLE, seed=12)
BY_HAND = MatchModel(
    0.001,
    {
        "first_name": {
            "same": (0.8, 0.01),
            "exchanged with the last name": (0.03, 0.00001),
            "alike": (0.12, 0.01),
            "similar": (0.03, 0.005),
            "other": (0.02, 0.97),
        },
        "last_name": {
            "same": (0.85, 0.001),
            "alike": (0.1, 0.005),
            "similar": (0.03, 0.005),
            "other": (0.02, 0.98),
        },
        "birth_date": {
            "same": (0.9, 0.0001),
            "one slip": (0.05, 0.001),
            "two slips": (0.03, 0.01),
            "other": (0.02, 0.98),
        },
    },
)


@pytest.fixture(scope="module")
def linked() -> Matches:
    return match_people(PEOPLE, AGAIN, columns=COLUMNS)


def truth_of(matches: Matches, left: pl.DataFrame, right: pl.DataFrame) -> set[tuple[int, int]]:
    pairs = matches.pairs.select("left", "right").iter_rows()
    return {(left["truth"][a], right["truth"][b]) for a, b in pairs}


@pytest.mark.parametrize(
    "variants",
    [
        ["Müller", "Mueller", "Muller", "MÜLLER", "Mu\u0308ller"],
        ["Weiß", "Weiss"],
        ["d'Almeida", "de Almeida", "D’ALMEIDA", "Almeida"],
        ["Van den Berg", "Vandenberg", "van den berg"],
        ["Marie-Claire", "Marie Claire", "marie  claire"],
        ["Conceição", "Conceicao"],
        ["Cœur", "Coeur", "Cour"],
        ["O'Brien", "OBrien"],
    ],
)
def test_one_spelling_for_what_registers_write_differently(variants: list[str]) -> None:
    assert len({spelling_of(name) for name in variants}) == 1


def test_what_differs_stays_different_in_spelling() -> None:
    assert len({spelling_of(name) for name in ("Miguel", "Migel", "Manuel", "Marie", "Maria")}) == 5
    assert spelling_of("De") == "de"  # a particle alone is the name
    assert spelling_of("") == spelling_of("--") == sound_of("?") == ""


@pytest.mark.parametrize(
    "variants",
    [
        ["Schmit", "Schmidt", "Schmitt", "Schmid"],
        ["Meyer", "Maier", "Mayer", "Meier"],
        ["Philippe", "Filipe", "Filip"],
        ["Catherine", "Katharina", "Catarina"],
        ["Sousa", "Souza"],
        ["Wagner", "Vagner"],
        ["Jean", "Johann"],
    ],
)
def test_one_sound_across_languages(variants: list[str]) -> None:
    assert len({sound_of(name) for name in variants}) == 1


def test_names_that_sound_otherwise_do_so_here() -> None:
    different = ["Klein", "Weber", "Schmit", "Santos", "Ferreira", "Reuter", "Thill", "Hoffmann"]
    assert len({sound_of(name) for name in different}) == len(different)


def test_two_registers_with_errors_are_linked(linked: Matches) -> None:
    everyone = {(number, number) for number in range(len(PEOPLE))}
    precision, recall = judged(truth_of(linked, PEOPLE, AGAIN), everyone)
    assert precision >= 0.995
    assert recall >= 0.95
    exact = PEOPLE.join(AGAIN, on=["first", "last", "born"])
    assert recall > len(exact) / len(PEOPLE) + 0.3  # what the matching is for


def test_one_table_with_people_twice_is_deduplicated(linked: Matches) -> None:
    both = pl.concat([PEOPLE, AGAIN])
    matches = match_people(both, columns=COLUMNS)
    pairs = {tuple(sorted(pair)) for pair in matches.pairs.select("left", "right").iter_rows()}
    assert len(pairs) == len(matches.pairs)
    found = {(a, b) for a, b in pairs if both["truth"][a] == both["truth"][b]}
    assert len(found) >= 0.995 * len(pairs)
    assert abs(matches.people - len(PEOPLE)) <= 0.06 * len(PEOPLE)
    assert matches.tables == ("left",)
    assert linked.tables == ("left", "right")


def test_the_same_tables_give_the_same_result(linked: Matches) -> None:
    again = match_people(PEOPLE.to_pandas(), AGAIN.to_arrow(), columns=COLUMNS)
    assert again.model == linked.model
    assert again.pairs.equals(linked.pairs)
    assert again.clusters.equals(linked.clusters)


def test_a_model_is_kept_as_text_and_used_again(linked: Matches) -> None:
    document = linked.model.to_dict()
    model = MatchModel.from_dict(document)
    assert model == linked.model
    assert isinstance(document["prior"], str)
    few = match_people(PEOPLE[:5], AGAIN, columns=COLUMNS, model=model)
    assert truth_of(few, PEOPLE, AGAIN) <= {(number, number) for number in range(5)}


def visits() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "first": ["Jos", "Joseph", "Müller", "Ana", None],
            "last": ["Müller", "Mueller", "Joseph", "Sousa", "Müller"],
            "born": ["1950-02-01", "1950-02-01", "1950-02-01", "1950-02-01", "1950-02-01"],
            "number": ["9", "8", None, "7", None],
            "cost": [1, 2, 3, 4, 5],
        }
    )


def test_one_pseudonym_for_one_person() -> None:
    table = visits()
    columns = PersonColumns("first", "last", "born")
    matches = match_people(table, columns=columns, model=BY_HAND)
    people = same_person_ids(table, matches)["person"].to_list()
    assert people == ["person 1", "person 1", "person 1", "person 2", "person 3"]
    taken = same_person_ids(table.to_pandas(), matches, identifier="number")
    assert isinstance(taken, pd.DataFrame)
    assert taken["person"].to_list() == ["8", "8", "8", "7", "person 3"]
    made = Pseudonymiser(b"k" * 32).pseudonymise(taken, ["person"])["person"]
    assert made[0] == made[1] == made[2] == Pseudonymiser(b"k" * 32).pseudonym("8", "person")
    assert made.nunique() == 3


def test_people_put_together_through_others_are_told() -> None:
    table = pl.DataFrame(
        {"first": ["Jo", "Jonas", "Jonathan"], "last": ["Weber"] * 3, "born": ["1980-01-01"] * 3}
    )
    pairs = pl.DataFrame(
        {"left": [0, 1], "right": [1, 2], "probability": [0.99] * 2, "weight": [9.0] * 2}
    )
    clusters = pl.DataFrame({"table": "left", "row": [0, 1, 2], "person": [1, 1, 1]})
    chained = Matches(pairs, clusters, BY_HAND, 0.95)
    assert chained.chains().rows() == [(1, 3, 2)]
    columns = PersonColumns("first", "last", "born")
    assert not len(match_people(table[:1], columns=columns, model=BY_HAND).chains())


def test_a_date_of_birth_that_differs_keeps_namesakes_apart() -> None:
    table = pl.DataFrame(
        {"first": ["Marie"] * 2, "last": ["Schmit"] * 2, "born": ["1950-02-01", "1993-11-20"]}
    )
    columns = PersonColumns("first", "last", "born")
    assert match_people(table, columns=columns, model=BY_HAND).people == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"left": PEOPLE[:20], "right": AGAIN[:20]}, "too little to learn from"),
        ({"columns": NAMES}, "names alone do not teach"),
        ({"model": MatchModel(0.1, {})}, "no weights for 'first_name'"),
        ({"threshold": 1.0}, "probability above 0 and below 1"),
        ({"columns": PersonColumns("first", "surname")}, "no column 'surname'"),
        ({"columns": PersonColumns("first", "first")}, "named twice"),
        ({"columns": PersonColumns("first", "truth")}, "which are no names"),
    ],
)
def test_what_cannot_be_matched_is_refused(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"left": PEOPLE, "right": AGAIN, "columns": COLUMNS, **change}
    with pytest.raises(BadInput, match=message):
        match_people(given.pop("left"), given.pop("right"), **given)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "no match model"),
        ({"prior": "0", "weights": {}}, "prior"),
        ({"prior": "0.1", "weights": {"shoe": {}}}, "no such role"),
        ({"prior": "0.1", "weights": {"place": {"same": ["0.9", "0.1"]}}}, "same, other"),
        (
            {"prior": "0.1", "weights": {"place": {"same": ["0.9", "0"], "other": ["0.1", "1"]}}},
            "above 0 and below 1",
        ),
        (
            {
                "prior": "0.1",
                "weights": {"place": {"same": ["0.9", "0.1"], "other": ["0.2", "0.1"]}},
            },
            "more than 1",
        ),
    ],
)
def test_a_model_that_is_none_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        MatchModel.from_dict(document)


def test_identifiers_go_to_the_table_that_was_matched() -> None:
    matches = match_people(visits(), columns=PersonColumns("first", "last", "born"), model=BY_HAND)
    with pytest.raises(BadInput, match="give the table that was matched"):
        same_person_ids(PEOPLE, matches)
    with pytest.raises(BadInput, match="name another"):
        same_person_ids(visits(), matches, column="cost")


def test_empty_tables_hold_nobody() -> None:
    matches = match_people(PEOPLE[:0], AGAIN[:3], columns=COLUMNS)
    assert (len(matches.pairs), matches.people) == (0, 3)


POPULATION = pl.DataFrame(
    {
        "first": ["Marie", "Marie", "Mary", "Tom", "Philippe", "Filipe"],
        "last": ["Schmit", "Schmidt", "Schmitt", "Weber", "Souza", "Sousa"],
    }
)


@pytest.mark.parametrize(
    ("agreement", "expected"),
    [
        (NameAgreement.SPELLING, [1, 1, 1, 0, None]),
        (NameAgreement.SOUND, [3, 1, 2, 0, None]),
        (NameAgreement.SIMILAR, [2, 1, 1, 0, None]),
    ],
)
def test_how_many_people_share_a_name(agreement: NameAgreement, expected: list[Any]) -> None:
    table = pl.DataFrame(
        {
            "first": ["Marie", "Tom", "FILIPE", "Zoé", None],
            "last": ["Schmit", "Weber", "de Sousa", "Klein", "Weber"],
        }
    )
    k_map = names_k_map(table, POPULATION, columns=NAMES, agreement=agreement)
    assert k_map.counts.to_list() == expected
    known = [count for count in expected if count is not None]
    assert (k_map.records, k_map.smallest, k_map.absent) == (4, 0, 1)
    assert k_map.mean == sum(known) / 4
    assert k_map.share_below(2) == sum(count < 2 for count in known) / 4


def test_the_k_map_of_a_duckdb_relation_and_its_limits() -> None:
    connection = duckdb.connect()
    relation = connection.from_arrow(POPULATION.to_arrow())
    k_map = names_k_map(relation, POPULATION, columns=NAMES, agreement=NameAgreement.SPELLING)
    assert (k_map.smallest, k_map.mean) == (1, 1.0)
    nobody = names_k_map(POPULATION[:0], POPULATION, columns=NAMES)
    assert (nobody.smallest, nobody.mean, nobody.share_below(5)) == (None, None, 0.0)
    with pytest.raises(BadInput, match="k is at least 1"):
        nobody.share_below(0)
    with pytest.raises(BadInput, match="similarity"):
        names_k_map(POPULATION, POPULATION, columns=NAMES, threshold=0)


def test_splink_is_loaded_by_matching_alone() -> None:
    program = "import casemate.protection.name_matching, sys; sys.exit('splink' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
