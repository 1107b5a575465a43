"""Invitations, and one's own password: who is let in by what, and for how long."""

import threading

import pytest
from conftest import MovableClock
from sign_in_world import (
    EVE,
    MAX,
    OPERATOR,
    PASSWORD,
    SOURCE,
    enrol,
    half,
    ledger_text,
    told,
)
from sqlalchemy import text

from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.identity import Account, SignInRefused
from casemate.identity.invitations import InvitationOver
from casemate.platform import Platform

pytest_plugins = ("sign_in.fixtures",)
NEW = "an entirely new secret"


def test_an_invitation_sets_a_first_password_once(both: Platform) -> None:
    with pytest.raises(SignInRefused):
        both.sign_in_over_web(OPERATOR, "", source=SOURCE)
    invited, link = both.invite(OPERATOR, OPERATOR)
    assert both.invitation(link)[1].id == invited.account == OPERATOR
    with pytest.raises(BadInput, match="characters"):
        both.accept_invitation(link, "short")
    assert both.accept_invitation(link, NEW).has_password
    assert isinstance(both.sign_in_over_web(OPERATOR, NEW, source=SOURCE), Account)
    for again in (lambda: both.invitation(link), lambda: both.accept_invitation(link, NEW)):
        with pytest.raises(InvitationOver, match="not open"):
            again()
    acts = [one for one in told(both, OPERATOR) if "invit" in one or "password" in one]
    assert acts == ["account.invited", "account.invitation_used", "account.password_set"]
    assert link not in ledger_text(both)


def test_an_invitation_ends_after_a_week_and_with_the_next(
    both: Platform, clock: MovableClock
) -> None:
    _, first = both.invite(OPERATOR, MAX)
    _, second = both.invite(OPERATOR, MAX)
    with pytest.raises(InvitationOver):
        both.accept_invitation(first, NEW)
    clock.advance(days=6, hours=23)
    both.invitation(second)
    clock.advance(hours=1)
    with pytest.raises(InvitationOver):
        both.accept_invitation(second, NEW)


def test_two_who_take_up_one_invitation_at_once_are_one_too_many(both: Platform) -> None:
    _, link = both.invite(OPERATOR, MAX)
    outcomes: list[str] = []

    def take_up() -> None:
        try:
            both.accept_invitation(link, NEW)
            outcomes.append("in")
        except InvitationOver:
            outcomes.append("over")

    threads = [threading.Thread(target=take_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "over"]


def test_only_operators_invite_and_nobody_into_a_closed_account(platform: Platform) -> None:
    with pytest.raises(NotAllowed, match=r"account\.invite"):
        platform.invite(MAX, MAX)
    with pytest.raises(NotFound):
        platform.invite(OPERATOR, "acct-nobody")
    _, link = platform.invite(OPERATOR, MAX)
    with platform.store.transaction() as tx:
        platform.identity.deactivate(tx, OPERATOR, MAX)
    with pytest.raises(InvitationOver):
        platform.accept_invitation(link, NEW)
    with pytest.raises(Conflict, match="deactivated"):
        platform.invite(OPERATOR, MAX)


def test_a_new_password_ends_the_sessions_and_keeps_the_second_factor(platform: Platform) -> None:
    enrol(platform)
    _, cookie = platform.begin_session(MAX)
    _, link = platform.invite(OPERATOR, MAX)
    platform.accept_invitation(link, NEW)
    assert platform.session(cookie) is None
    assert platform.ways(MAX).has_one_time_password
    with pytest.raises(SignInRefused):
        half(platform)


def test_for_a_lost_telephone_an_invitation_takes_the_second_factor_away(
    platform: Platform,
) -> None:
    enrol(platform)
    _, link = platform.invite(OPERATOR, MAX, resets=True)
    assert platform.ways(MAX).has_one_time_password  # till it is used
    platform.accept_invitation(link, NEW)
    assert isinstance(platform.sign_in_over_web(MAX, NEW, source=SOURCE), Account)


@pytest.mark.parametrize("text_given", ["", "x", "x" * 5000, "\x00", "\ud800", "' OR 1=1 --"])
def test_what_is_no_link_opens_nothing(platform: Platform, text_given: str) -> None:
    platform.invite(OPERATOR, MAX)
    with pytest.raises(InvitationOver):
        platform.invitation(text_given)


def test_the_link_is_kept_as_a_digest_alone(platform: Platform) -> None:
    _, link = platform.invite(OPERATOR, MAX)
    assert len(link) == 43
    with platform.store.read() as tx:
        (row,) = tx.execute(text("SELECT * FROM invitation")).all()
    assert link not in str(row)


def test_who_has_no_way_in_is_known(platform: Platform) -> None:
    assert [one.id for one in platform.not_signing_in(OPERATOR)] == [OPERATOR]
    with pytest.raises(NotAllowed):
        platform.not_signing_in(MAX)


def test_ones_own_password_is_changed_with_the_old_one(both: Platform) -> None:
    (_, stays), (_, ends) = both.begin_session(MAX), both.begin_session(MAX)
    here = both.session(stays)
    assert here is not None
    with pytest.raises(SignInRefused):
        both.change_password(MAX, "wrong old one", NEW, source=SOURCE)
    both.change_password(MAX, PASSWORD, NEW, source=SOURCE, stays=here[0].id)
    assert both.session(stays) is not None
    assert both.session(ends) is None
    assert isinstance(both.sign_in_over_web(MAX, NEW, source=SOURCE), Account)
    with pytest.raises(SignInRefused):
        both.sign_in_over_web(MAX, PASSWORD, source=SOURCE)
    assert next(one.detail for one in both.entries() if one.act == "account.sign_in_failed") == {
        "reason": "wrong_password", "failures": 1,
    }  # fmt: skip


def test_guessing_the_old_password_from_an_open_browser_is_slowed(platform: Platform) -> None:
    for _ in range(4):
        with pytest.raises(SignInRefused):
            platform.change_password(EVE, "guess", NEW, source=SOURCE)
    with pytest.raises(SignInRefused, match="try again in"):
        platform.change_password(EVE, PASSWORD, NEW, source=SOURCE)


def test_who_has_no_password_changes_none(platform: Platform) -> None:
    with pytest.raises(Conflict, match="invitation"):
        platform.change_password(OPERATOR, "", NEW)
