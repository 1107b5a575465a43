"""Reversible pseudonyms come back with two approvers' shares, and with nothing less."""

import copy
import pickle
from dataclasses import replace

import polars as pl
import pytest

from casemate.errors import BadInput, IntegrityFailure, NotAllowed
from casemate.protection.key_shares import KeyShare
from casemate.protection.pseudonym_recovery import ReversiblePseudonymiser, recover

SECRET = bytes(range(32))
IDS = ["ann", None, "Zoé", "", "x" * 300, "ann", "1"]
MAKER = ReversiblePseudonymiser(SECRET, "registry")
SHARES = MAKER.split(("dora", "emil"))
TABLE = MAKER.pseudonymise(pl.DataFrame({"pid": IDS}), ["pid"])["pid"]


def test_two_approvers_recover_what_was_sealed() -> None:
    assert recover(TABLE, "pid", "registry", SHARES) == IDS
    assert recover(TABLE, "pid", "registry", SHARES[::-1]) == IDS


def test_pseudonyms_are_deterministic_and_hide_the_length() -> None:
    again = ReversiblePseudonymiser(SECRET, "registry").pseudonymise(
        pl.DataFrame({"pid": IDS}), ["pid"]
    )
    assert again["pid"].equals(TABLE)
    assert TABLE[0] == TABLE[5] != TABLE[2]
    assert len(TABLE[0]) == len(TABLE[3]) == len(TABLE[6]) == 64


@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_share_is_not_enough(count: int) -> None:
    with pytest.raises(NotAllowed, match="shares of two approvers"):
        recover(TABLE, "pid", "registry", (SHARES * 2)[:count])


def test_one_approver_twice_is_not_two() -> None:
    with pytest.raises(NotAllowed, match="two different approvers"):
        recover(TABLE, "pid", "registry", [SHARES[0], SHARES[0]])
    alike = replace(SHARES[1], approver=f" {SHARES[0].approver.upper()} ")
    with pytest.raises(NotAllowed, match="two different approvers"):
        recover(TABLE, "pid", "registry", [SHARES[0], alike])
    with pytest.raises(BadInput, match="two different approvers"):
        MAKER.split(("Dora ", "dora"))
    with pytest.raises(BadInput, match="by name"):
        MAKER.split(("dora", " "))


def test_a_share_under_a_borrowed_name_is_found_out() -> None:
    borrowed = replace(SHARES[0], approver="frank")
    with pytest.raises(IntegrityFailure, match="not as it was handed out"):
        recover(TABLE, "pid", "registry", [borrowed, SHARES[1]])
    with pytest.raises(NotAllowed, match="same half"):
        recover(TABLE, "pid", "registry", [borrowed, SHARES[0]])


@pytest.mark.parametrize("secret", ["00" * 64, "ab", ""])
def test_a_damaged_share_is_found_out(secret: str) -> None:
    with pytest.raises(IntegrityFailure, match="not as it was handed out"):
        recover(TABLE, "pid", "registry", [replace(SHARES[0], secret=secret), SHARES[1]])


def test_shares_of_another_domain_or_key_open_nothing() -> None:
    other = ReversiblePseudonymiser(SECRET, "hospital").split(("dora", "emil"))
    with pytest.raises(NotAllowed, match="'hospital'"):
        recover(TABLE, "pid", "registry", other)
    rekeyed = ReversiblePseudonymiser(b"k" * 32, "registry").split(("dora", "emil"))
    with pytest.raises(NotAllowed, match="different keys"):
        recover(TABLE, "pid", "registry", [rekeyed[0], SHARES[1]])
    with pytest.raises(IntegrityFailure, match="was not made by the domain"):
        recover(TABLE, "pid", "registry", rekeyed)
    resplit = MAKER.split(("dora", "emil"))  # the same key, split anew: halves do not mix
    with pytest.raises(IntegrityFailure, match="not as it was handed out"):
        recover(TABLE, "pid", "registry", [resplit[0], SHARES[1]])


@pytest.mark.parametrize("wrong", ["zz", "", "00" * 32, TABLE[0][:-2] + "00", TABLE[0][:30]])
def test_a_changed_pseudonym_is_refused(wrong: str) -> None:
    with pytest.raises(IntegrityFailure, match="was not made by the domain"):
        recover([wrong], "pid", "registry", SHARES)


def test_a_pseudonym_of_another_attribute_is_refused() -> None:
    with pytest.raises(IntegrityFailure, match="'nurse' was not made"):
        recover(TABLE, "nurse", "registry", SHARES)


def test_a_share_is_written_down_and_read_back() -> None:
    read = [KeyShare.from_text(share.to_text()) for share in SHARES]
    assert recover(TABLE, "pid", "registry", read) == IDS
    for wrong in ("", "{}", "[]", "null", SHARES[0].to_text()[:-4], '{"half": 1}'):
        with pytest.raises(BadInput, match="key share"):
            KeyShare.from_text(wrong)
    with pytest.raises(BadInput, match="half 1 or half 2"):
        KeyShare.from_text(replace(SHARES[0], half=3).to_text())


def test_no_half_and_no_key_is_shown_or_copied() -> None:
    assert SHARES[0].secret not in repr(SHARES)
    assert repr(MAKER) == "ReversiblePseudonymiser('registry', key hidden)"
    for leak in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="secret key"):
            leak(MAKER)


@pytest.mark.parametrize("secret", [b"x" * 31, "x" * 64, None])
def test_a_weak_secret_is_refused(secret: bytes) -> None:
    with pytest.raises(BadInput, match="at least 32 secret bytes"):
        ReversiblePseudonymiser(secret, "d")
