"""Two domains' tables cannot be joined without both approvers; with them, still nobody is named."""

from dataclasses import replace

import polars as pl
import pytest

from casemate.errors import BadInput, IntegrityFailure, NotAllowed
from casemate.protection.key_shares import join_shares
from casemate.protection.pseudonym_links import (
    SealedLinkage,
    Side,
    open_linkage,
    relink,
    seal_linkage,
)
from casemate.protection.pseudonym_policies import PseudonymDomain

PEOPLE = [f"person-{number:04d}" for number in range(200)]
HOSPITAL = Side(PseudonymDomain("hospital", [b"h" * 32]), "pid")
SCHOOL = Side(PseudonymDomain("school", [b"s" * 32]), "pupil")


def table_of(side: Side, people: list[str]) -> pl.DataFrame:
    rows = pl.DataFrame({side.attribute: people, "row": range(len(people))})
    made: pl.DataFrame = side.domain.pseudonymise(rows, [side.attribute]).table
    return made


VISITS = table_of(HOSPITAL, PEOPLE)
MARKS = table_of(SCHOOL, PEOPLE)
LINKED = PEOPLE[:150]
LINKAGE, FIRST, SECOND = seal_linkage(LINKED, HOSPITAL, SCHOOL, ("hana", "sven"))


def test_the_two_tables_alone_have_nothing_in_common() -> None:
    assert not set(VISITS["pid"]) & set(MARKS["pupil"])


def test_with_both_approvals_the_old_side_joins_the_new() -> None:
    moved = relink(VISITS, "pid", LINKAGE, [FIRST, SECOND])
    joined = moved.join(MARKS, left_on="pid", right_on="pupil")
    assert (joined["row"] == joined["row_right"]).all()
    assert len(joined) == len(LINKED)


@pytest.mark.parametrize("shares", [[], [FIRST], [SECOND], [FIRST, FIRST], [SECOND, SECOND]])
def test_without_both_approvals_nothing_is_joined(shares: list[object]) -> None:
    with pytest.raises(NotAllowed, match="linkage"):
        relink(VISITS, "pid", LINKAGE, shares)  # type: ignore[arg-type]


def test_neither_share_alone_holds_the_key() -> None:
    key = join_shares([FIRST, SECOND], LINKAGE.subject)
    for share in (FIRST, SECOND):
        half = bytes.fromhex(share.secret)
        assert len(half) == len(key)
        assert half != key
        with pytest.raises(IntegrityFailure):  # the half itself, or nothing, in the other's place
            open_linkage(LINKAGE, [share, replace(share, half=3 - share.half, approver="x")])


def test_the_sealed_box_shows_no_pseudonym_identifier_or_exact_count() -> None:
    for text in (*PEOPLE, *VISITS["pid"], *MARKS["pupil"]):
        assert text.encode() not in LINKAGE.box
    fewer, _, _ = seal_linkage(LINKED[:-1], HOSPITAL, SCHOOL, ("hana", "sven"))
    assert len(fewer.box) == len(LINKAGE.box)
    assert VISITS["pid"][0] not in repr(LINKAGE)


def test_the_opened_table_names_nobody_and_keeps_no_order_of_identifiers() -> None:
    pairs = open_linkage(LINKAGE, [SECOND, FIRST])
    assert pairs.columns == ["old", "new"]
    assert pairs["old"].is_sorted()
    assert pairs["old"].to_list() != VISITS["pid"][:150].to_list()
    assert not set(PEOPLE) & {*pairs["old"], *pairs["new"]}


def test_people_outside_the_linkage_are_left_out() -> None:
    moved = relink(VISITS, "pid", LINKAGE, [FIRST, SECOND])
    assert set(moved["row"]) == set(range(150))
    assert not set(moved["pid"]) & set(VISITS["pid"])


def test_shares_of_another_linkage_do_not_open_this_one() -> None:
    _, first, second = seal_linkage(LINKED, HOSPITAL, SCHOOL, ("hana", "sven"))
    with pytest.raises(NotAllowed, match="share opens the linkage"):
        open_linkage(LINKAGE, [first, second])
    with pytest.raises(NotAllowed, match="share opens the linkage"):
        open_linkage(LINKAGE, [FIRST, second])


def test_a_changed_box_or_side_is_found_out() -> None:
    turned = SealedLinkage(LINKAGE.old, LINKAGE.new, LINKAGE.box[:-1] + b"\0")
    with pytest.raises(IntegrityFailure, match="not as it was sealed"):
        open_linkage(turned, [FIRST, SECOND])
    relabelled = replace(LINKAGE, new={**LINKAGE.new, "attribute": "tax_number"})
    with pytest.raises(IntegrityFailure, match="not as it was sealed"):
        open_linkage(relabelled, [FIRST, SECOND])
    assert turned.digest != LINKAGE.digest


def test_a_linkage_needs_two_sides_and_two_people() -> None:
    with pytest.raises(BadInput, match="between two domains"):
        seal_linkage(PEOPLE, HOSPITAL, HOSPITAL, ("hana", "sven"))
    with pytest.raises(BadInput, match="two different approvers"):
        seal_linkage(PEOPLE, HOSPITAL, SCHOOL, ("hana", "Hana"))


def test_a_column_that_holds_no_pseudonyms_is_refused() -> None:
    with pytest.raises(BadInput, match="no pseudonyms"):
        relink(VISITS, "row", LINKAGE, [FIRST, SECOND])
    with pytest.raises(BadInput, match="no column 'pupil'"):
        relink(VISITS, "pupil", LINKAGE, [FIRST, SECOND])
