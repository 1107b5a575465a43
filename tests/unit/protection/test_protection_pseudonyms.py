"""Pseudonyms: equal to HMAC by definition, unlinkable between keys, and the key never shown."""

import copy
import hmac
import math
import pickle
from typing import Any

import pandas as pd
import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import Pseudonymiser

KEY = bytes(range(32))
PEOPLE = pl.DataFrame({"id": [7, 8, 7, None], "name": ["Ada", "Bo", "Ada", "Cy"]})


def by_definition(text: str, attribute: str, key: bytes = KEY) -> str:
    domain = hmac.digest(key, b"casemate pseudonym v1\0" + attribute.encode(), "sha256")
    return hmac.digest(domain, text.encode(), "sha256")[:16].hex()


@pytest.mark.parametrize("text", ["7", "", "Zoé", "x" * 1000])
@pytest.mark.parametrize("key", [KEY, b"k" * 16, b"long" * 40])
def test_a_pseudonym_is_hmac_sha256(text: str, key: bytes) -> None:
    assert Pseudonymiser(key).pseudonym(text, "id") == by_definition(text, "id", key)


def test_a_table_keeps_its_equalities_and_its_nulls() -> None:
    found = Pseudonymiser(KEY).pseudonymise(PEOPLE, ["id"])
    seven, eight = by_definition("7", "id"), by_definition("8", "id")
    assert found["id"].to_list() == [seven, eight, seven, None]
    assert found["name"].equals(PEOPLE["name"])


def test_one_identifier_has_one_pseudonym_whatever_type_carries_it() -> None:
    maker = Pseudonymiser(KEY)
    assert len({maker.pseudonym(value, "id") for value in (1, 1.0, "1")}) == 1
    assert maker.pseudonym("01", "id") != maker.pseudonym("1", "id")
    gaps = pd.DataFrame({"id": [7.0, 8.0, 7.0, math.nan]})  # as pandas reads a column with gaps
    assert maker.pseudonymise(gaps, ["id"])["id"].isna().tolist() == [False, False, False, True]
    assert maker.pseudonymise(gaps, ["id"])["id"][0] == by_definition("7", "id")
    arrow = maker.pseudonymise(PEOPLE.to_arrow(), ["id"])
    assert arrow.column("id").to_pylist()[0] == by_definition("7", "id")


def test_two_keys_and_two_attributes_share_no_pseudonym() -> None:
    people = pl.DataFrame({"id": range(5000), "nurse": range(5000)})
    first = Pseudonymiser(KEY).pseudonymise(people, ["id", "nurse"])
    second = Pseudonymiser(b"x" * 32).pseudonymise(people, ["id", "nurse"])
    sets = [set(table[name]) for table in (first, second) for name in ("id", "nurse")]
    assert all(len(found) == 5000 for found in sets)
    assert len(set.union(*sets)) == 20_000


def test_the_key_is_not_shown_pickled_or_copied() -> None:
    maker = Pseudonymiser(KEY)
    assert repr(maker) == str(maker) == "Pseudonymiser(key hidden)"
    assert KEY.hex() not in f"{maker!r}{vars(maker).keys()}"
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secret key"):
            leak(maker)


@pytest.mark.parametrize("key", [b"short", "k" * 32, None, b""])
def test_a_weak_key_is_refused(key: Any) -> None:
    with pytest.raises(BadInput, match="at least 16 secret bytes"):
        Pseudonymiser(key)


@pytest.mark.parametrize("value", [1.5, math.nan, math.inf, 2.0**53, True, [1], b"id"])
def test_what_identifies_nobody_is_refused_and_not_repeated(value: Any) -> None:
    with pytest.raises(BadInput, match="identifier 'id'") as refusal:
        Pseudonymiser(KEY).pseudonym(value, "id")
    if isinstance(value, float) and math.isfinite(value):
        assert str(value) not in str(refusal.value)


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(BadInput, match="no column 'ssn'"):
        Pseudonymiser(KEY).pseudonymise(PEOPLE, ["ssn"])
