"""One person tries to be two approvers, or to get more out of a share than a plain refusal."""

from dataclasses import replace
from typing import Any

import pytest

from casemate.errors import BadInput, IntegrityFailure, NotAllowed
from casemate.protection.key_shares import KeyShare, join_shares, split_key
from casemate.protection.pseudonym_recovery import ReversiblePseudonymiser, recover

KEY = bytes(range(64))
SUBJECT = "recovery of a made domain"
SHARES = split_key(KEY, SUBJECT, ("dora", "emil"))


@pytest.mark.parametrize(
    "twin",
    [
        "Dora",
        " dora",
        "d\u200bora",  # a blank of no width
        "dora\u202e",  # a turn of direction
        "\ufeffdora",
        "ｄｏｒａ",  # full width
        "d\u043era",  # the Cyrillic o
        "d\u03bfra",  # the Greek omicron
        "dora\x00",
    ],
)
def test_nobody_is_two_approvers_under_names_that_look_the_same(twin: str) -> None:
    with pytest.raises(BadInput, match="approver"):
        split_key(KEY, SUBJECT, ("dora", twin))


def test_names_of_one_script_and_marks_are_welcome() -> None:
    for name in ("Zoé Müller-Ó Briain", "Ольга Иванова", "Ελένη", "山田 太郎", "O'Neill 2"):
        assert join_shares(split_key(KEY, SUBJECT, ("dora", name)), SUBJECT) == KEY


@pytest.mark.parametrize(
    "change",
    [
        {"seal": "é"},
        {"seal": "\ud800"},
        {"seal": ""},
        {"approver": "frank"},
        {"secret": SHARES[0].secret[:-2] + "00"},
    ],
)
def test_a_forged_share_is_an_integrity_failure_and_no_crash(change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityFailure, match="not as it was handed out"):
        join_shares([replace(SHARES[0], **change), SHARES[1]], SUBJECT)


@pytest.mark.parametrize(
    "part",
    [
        '"half": true',
        '"half": "1"',
        '"approver": ["dora"]',
        '"seal": null',
        '"key_tag": 7',
        '"subject": {}',
        '"secret": 12',
    ],
)
def test_a_share_of_wrong_types_is_refused_when_it_is_read(part: str) -> None:
    text = SHARES[0].to_text()
    assert KeyShare.from_text(text) == SHARES[0]
    with pytest.raises(BadInput, match="key share"):
        KeyShare.from_text(text[:-1] + ", " + part + "}")  # the later of two counts in JSON


def test_every_flipped_bit_of_a_half_is_found_out() -> None:
    half = bytes.fromhex(SHARES[0].secret)
    for place in range(0, 8 * len(half), 37):
        flipped = bytearray(half)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(IntegrityFailure):
            join_shares([replace(SHARES[0], secret=flipped.hex()), SHARES[1]], SUBJECT)


def test_a_half_tells_nothing_of_the_key() -> None:
    """Halves of one key are fresh each time, and each byte takes all values."""
    firsts = [bytes.fromhex(split_key(KEY, SUBJECT, ("a", "b"))[1].secret) for _ in range(400)]
    assert len(set(firsts)) == 400
    assert len({half[0] for half in firsts}) > 150


@pytest.mark.parametrize("wrong", [7, 1.5, b"ab", ["ab"]])
def test_what_is_no_pseudonym_is_refused_and_not_repeated(wrong: Any) -> None:
    shares = ReversiblePseudonymiser(b"r" * 32, "d").split(("dora", "emil"))
    with pytest.raises(IntegrityFailure, match="was not made by the domain") as refusal:
        recover([wrong], "pid", "d", shares)
    assert "ab" not in str(refusal.value)


def test_a_share_is_good_for_one_subject() -> None:
    with pytest.raises(NotAllowed, match="share opens the"):
        join_shares(SHARES, "recovery of another domain")
