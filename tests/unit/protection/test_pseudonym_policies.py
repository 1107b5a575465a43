"""ENISA's three policies, key epochs and their rotation, check characters."""

import copy
import pickle
from typing import Any

import pandas as pd
import polars as pl
import pytest

from casemate.errors import BadInput, NotFound
from casemate.protection.check_characters import check_character_holds, with_check_characters
from casemate.protection.pseudonym_policies import PseudonymDomain, PseudonymPolicy, new_secret

OLD, NEW = b"o" * 32, b"n" * 32
VISITS = pl.DataFrame({"pid": ["ann", "bob", "ann", None, "ann"], "cost": [1, 2, 3, 4, 5]})


def made(
    domain: PseudonymDomain, policy: PseudonymPolicy, table: pl.DataFrame = VISITS
) -> list[Any]:
    found: list[Any] = domain.pseudonymise(table, ["pid"], policy=policy).table["pid"].to_list()
    return found


def test_deterministic_is_the_same_everywhere() -> None:
    domain = PseudonymDomain("permit-1", [OLD])
    first = made(domain, PseudonymPolicy.DETERMINISTIC)
    assert first[0] == first[2] == first[4] != first[1]
    assert first[3] is None
    assert made(PseudonymDomain("permit-1", [OLD]), PseudonymPolicy.DETERMINISTIC) == first


def test_document_randomised_has_one_pseudonym_an_occurrence_and_the_same_set_a_document() -> None:
    domain = PseudonymDomain("permit-1", [OLD])
    found = made(domain, PseudonymPolicy.DOCUMENT_RANDOMISED)
    assert len(set(found) - {None}) == 4
    other = pl.DataFrame({"pid": ["zoe", "ann", "ann", "cy", "ann"]})
    again = made(domain, PseudonymPolicy.DOCUMENT_RANDOMISED, other)
    assert [again[1], again[2], again[4]] == [found[0], found[2], found[4]]


def test_no_identifier_imitates_an_occurrence() -> None:
    domain = PseudonymDomain("d", [OLD])
    rows = pl.DataFrame({"pid": ["1\0a", "a", "a", "2\0a", "1\x001\0a"]})
    assert len(set(made(domain, PseudonymPolicy.DOCUMENT_RANDOMISED, rows))) == 5


def test_fully_randomised_leads_back_by_its_table_alone() -> None:
    domain = PseudonymDomain("permit-1", [OLD])
    result = domain.pseudonymise(VISITS, ["pid"], policy=PseudonymPolicy.FULLY_RANDOMISED)
    found = result.table["pid"].to_list()
    assert found[3] is None
    assert len(set(found)) == 5
    pairs = dict(result.recovery["pid"].iter_rows())
    assert [pairs.get(value) for value in found] == VISITS["pid"].to_list()
    assert result.recovery["pid"]["pseudonym"].is_sorted()
    again = domain.pseudonymise(VISITS, ["pid"], policy=PseudonymPolicy.FULLY_RANDOMISED)
    assert not set(again.table["pid"].drop_nulls()) & set(found)
    assert result.records[0].key_version == ""
    assert "ann" not in repr(result)


def test_the_record_names_policy_domain_and_key_but_tells_no_epoch() -> None:
    domain = PseudonymDomain("permit-1", [OLD, NEW])
    record = domain.pseudonymise(VISITS, ["pid"]).records[0]
    assert record.to_dict() == {
        "domain": "permit-1",
        "attribute": "pid",
        "policy": "deterministic",
        "key_version": domain.key_version,
        "check_character": False,
    }
    assert len(domain.key_version) == 16
    assert PseudonymDomain("permit-2", [NEW]).key_version != domain.key_version


def test_domains_policies_attributes_and_epochs_share_no_pseudonym() -> None:
    people = pl.DataFrame({"pid": range(1000), "nurse": range(1000)})
    seen: list[str] = []
    for domain in (PseudonymDomain("a", [OLD]), PseudonymDomain("b", [OLD])):
        for epoch in (domain, domain.rotated(NEW)):
            for policy in PseudonymPolicy:
                table = epoch.pseudonymise(people, ["pid", "nurse"], policy=policy).table
                seen += [*table["pid"], *table["nurse"]]
    assert len(seen) == len(set(seen)) == 2 * 2 * 3 * 2 * 1000


@pytest.mark.parametrize(
    "policy", [PseudonymPolicy.DETERMINISTIC, PseudonymPolicy.DOCUMENT_RANDOMISED]
)
def test_rotation_takes_an_old_table_to_the_new_epoch(policy: PseudonymPolicy) -> None:
    before = PseudonymDomain("permit-1", [OLD])
    old = before.pseudonymise(VISITS, ["pid"], policy=policy, check_character=True).table["pid"]
    after = before.rotated(NEW)
    new = after.pseudonymise(VISITS, ["pid"], policy=policy, check_character=True).table["pid"]
    pairs = after.rotation_table(
        VISITS, "pid", since=before.key_version, policy=policy, check_character=True
    )
    assert pairs["old"].is_sorted()
    lookup = dict(pairs.iter_rows())
    assert [lookup.get(value) for value in old] == new.to_list()
    assert not set(old.drop_nulls()) & set(new.drop_nulls())
    assert made(after, policy) != made(before, policy)


def test_without_the_old_secret_no_rotation_table_is_made() -> None:
    holder = PseudonymDomain("permit-1", [OLD])
    stranger = PseudonymDomain("permit-1", [NEW])
    with pytest.raises(NotFound, match="no key of version"):
        stranger.rotation_table(VISITS, "pid", since=holder.key_version)
    with pytest.raises(BadInput, match="nothing to rotate"):
        holder.rotation_table(
            VISITS, "pid", since=holder.key_version, policy=PseudonymPolicy.FULLY_RANDOMISED
        )


def test_older_epochs_can_still_be_made() -> None:
    domain = PseudonymDomain("permit-1", [OLD])
    rotated = domain.rotated(NEW)
    assert rotated.key_versions == (domain.key_version, rotated.key_version)
    old = rotated.pseudonymise(VISITS, ["pid"], key_version=domain.key_version)
    assert old.table["pid"].to_list() == made(domain, PseudonymPolicy.DETERMINISTIC)
    assert old.records[0].key_version == domain.key_version


def test_secrets_are_not_shown_pickled_or_copied() -> None:
    domain = PseudonymDomain("permit-1", [OLD])
    assert OLD.hex() not in repr(domain)
    assert repr(OLD) not in repr(domain)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secrets"):
            leak(domain)


@pytest.mark.parametrize(
    ("name", "secrets", "message"),
    [
        ("", [OLD], "needs a name"),
        ("a", [], "secrets of at least 16 bytes"),
        ("a", [b"short"], "secrets of at least 16 bytes"),
        ("a", [OLD, OLD], "the same secret"),
    ],
)
def test_a_weak_domain_is_refused(name: str, secrets: list[bytes], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PseudonymDomain(name, secrets)


def test_pandas_and_arrow_go_out_as_they_came() -> None:
    domain = PseudonymDomain("d", [new_secret()])
    frame = pd.DataFrame({"pid": ["a", "b", "a"]}, index=[7, 8, 9])
    result = domain.pseudonymise(frame, ["pid"], policy=PseudonymPolicy.DOCUMENT_RANDOMISED).table
    assert list(result.index) == [7, 8, 9]
    assert result["pid"].nunique() == 3
    arrow = domain.pseudonymise(VISITS.to_arrow(), ["pid"]).table
    assert arrow.column("pid").null_count == 1


def test_a_check_character_finds_each_single_slip() -> None:
    domain = PseudonymDomain("d", [OLD])
    table = domain.pseudonymise(VISITS, ["pid"], check_character=True).table
    assert table["pid"].null_count() == 1
    pseudonym = table["pid"][0]
    assert len(pseudonym) == 33
    assert check_character_holds(pseudonym)
    for place, was in enumerate(pseudonym):
        for wrong in "0123456789abcdefghijklmnopqrstuvwxyz":
            if wrong != was:
                slip = pseudonym[:place] + wrong + pseudonym[place + 1 :]
                assert not check_character_holds(slip)


def test_the_check_character_is_that_of_the_standard() -> None:
    # the example of the GRid standard, which uses ISO 7064 MOD 37,36: A1-2425G-ABC1234002-M
    assert check_character_holds("a12425gabc1234002m")
    assert not check_character_holds("a12425gabc1234020m")
    assert not check_character_holds("a")
    assert not check_character_holds("not a pseudonym")


@pytest.mark.parametrize("wrong", [["ab", "abc"], ["AB"], ["é1"]])
def test_check_characters_refuse_what_they_cannot_cover(wrong: list[str]) -> None:
    with pytest.raises(BadInput, match="check characters need"):
        with_check_characters(pl.Series(wrong))
