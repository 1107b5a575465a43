"""A code after the password: enrolled, asked, replayed, guessed, lost, taken away."""

import threading

import pyotp
import pytest
from conftest import MovableClock
from sign_in_world import (
    EVE,
    MAX,
    OPERATOR,
    PASSWORD,
    SOURCE,
    code_of,
    enrol,
    enter,
    half,
    ledger_text,
    told,
)
from sqlalchemy import text

from casemate.errors import BadInput, Conflict, IntegrityFailure, NotFound
from casemate.identity import Account, SignInRefused
from casemate.identity.ceremonies import CeremonyOver
from casemate.platform import Platform

pytest_plugins = ("sign_in.fixtures",)


def test_a_code_is_asked_after_the_password_and_neither_is_enough_alone(
    both: Platform, clock: MovableClock
) -> None:
    app, _ = enrol(both)
    clock.advance(seconds=30)
    handle = half(both)
    assert "account.signed_in" not in told(both)
    with pytest.raises(SignInRefused, match="the code is wrong"):
        both.finish_sign_in(handle, "000000", source=SOURCE)
    assert both.finish_sign_in(handle, code_of(app, both), source=SOURCE).id == MAX
    last = list(both.entries())[-1]
    assert last.act == "account.signed_in"
    assert last.detail == {"by_password": True, "second": "one_time_password"}
    with pytest.raises(CeremonyOver):
        both.finish_sign_in(handle, code_of(app, both, 1), source=SOURCE)


def test_a_code_is_taken_once_and_one_step_early_or_late(
    both: Platform, clock: MovableClock
) -> None:
    app, _ = enrol(both)
    with pytest.raises(SignInRefused):  # the one that enrolled it
        enter(both, code_of(app, both))
    clock.advance(seconds=300)
    late = code_of(app, both, -1)
    assert isinstance(enter(both, late), Account)
    for replayed in (late, code_of(app, both, -2)):
        with pytest.raises(SignInRefused):
            enter(both, replayed)
    assert isinstance(enter(both, code_of(app, both, 1)), Account)
    for steps in (-1, 0, 2, 3):  # none later than the last that was taken, or too far ahead
        with pytest.raises(SignInRefused):
            enter(both, code_of(app, both, steps))
        _forgive(both)


def _forgive(platform: Platform) -> None:
    """Open the account again after failures, as a day without guessing would."""
    with platform.store.off_ledger() as connection:
        connection.execute(text("UPDATE account SET failures = 0, closed_until = NULL"))
        connection.execute(text("DELETE FROM sign_in_source"))


def test_two_who_send_one_code_at_once_are_one_too_many(
    both: Platform, clock: MovableClock
) -> None:
    app, _ = enrol(both)
    clock.advance(seconds=60)
    handles, code = [half(both), half(both)], code_of(app, both)
    outcomes: list[object] = []

    def send(handle: str) -> None:
        try:
            outcomes.append(both.finish_sign_in(handle, code, source=SOURCE))
        except SignInRefused as refused:
            outcomes.append(refused)

    threads = [threading.Thread(target=send, args=(one,)) for one in handles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in outcomes) == ["Account", "SignInRefused"]


def test_guessing_codes_closes_the_account_and_the_password_opens_nothing(
    platform: Platform, clock: MovableClock
) -> None:
    """Whoever has the password must not get fresh guesses by showing it again."""
    enrol(platform)
    clock.advance(seconds=60)
    waits = []
    for _ in range(6):
        handle = half(platform)
        with pytest.raises(SignInRefused) as refused:
            platform.finish_sign_in(handle, "123 456", source=SOURCE)
        waits.append(refused.value.wait_seconds)
        clock.advance(seconds=refused.value.wait_seconds)
    assert waits == [0, 0, 0, 1, 2, 4]
    with pytest.raises(SignInRefused) as refused:
        platform.finish_sign_in(half(platform), "123456", source=SOURCE)
    with pytest.raises(SignInRefused, match="try again in 8 s"):
        platform.sign_in_over_web(MAX, PASSWORD, source=SOURCE)
    failed = [one for one in platform.entries() if one.act == "account.sign_in_failed"]
    assert [one.detail["reason"] for one in failed] == ["wrong_code"] * 7 + ["throttled"]


def test_guessing_codes_of_many_accounts_closes_where_it_comes_from(
    platform: Platform, clock: MovableClock
) -> None:
    app, _ = enrol(platform)
    clock.advance(seconds=60)
    for number in range(21):
        with pytest.raises(SignInRefused):
            platform.sign_in_over_web(f"acct-guess-{number}", "x", source=SOURCE)
    handle = half(platform, source="198.51.100.1")
    with pytest.raises(SignInRefused, match="from where this one comes from"):
        platform.finish_sign_in(handle, code_of(app, platform), source=SOURCE)
    assert platform.finish_sign_in(handle, code_of(app, platform), source="198.51.100.1").id == MAX


def test_a_recovery_code_stands_in_once(both: Platform) -> None:
    _, codes = enrol(both)
    assert len(set(codes)) == 10
    typed = codes[3].upper().replace("-", " ")
    assert isinstance(enter(both, typed), Account)
    assert both.ways(MAX).recovery_codes == 9
    assert list(both.entries())[-1].detail["second"] == "recovery_code"
    with pytest.raises(SignInRefused):
        enter(both, codes[3])
    fresh = both.renew_recovery_codes(MAX, PASSWORD)
    with pytest.raises(SignInRefused):
        enter(both, codes[4])
    assert isinstance(enter(both, fresh[0]), Account)


def test_one_accounts_recovery_codes_open_no_other(platform: Platform) -> None:
    _, codes = enrol(platform)
    enrol(platform, EVE)
    with pytest.raises(SignInRefused):
        enter(platform, codes[0], EVE)
    assert isinstance(enter(platform, codes[0]), Account)


def test_taken_away_it_is_asked_no_more(both: Platform) -> None:
    enrol(both)
    with pytest.raises(SignInRefused):
        both.remove_one_time_password(MAX, "not my password")
    both.remove_one_time_password(MAX, PASSWORD)
    assert isinstance(both.sign_in_over_web(MAX, PASSWORD, source=SOURCE), Account)
    assert both.ways(MAX).recovery_codes == 0
    assert told(both)[-2:] == ["account.one_time_password_removed", "account.signed_in"]
    with pytest.raises(NotFound):
        both.remove_one_time_password(MAX, PASSWORD)
    with pytest.raises(NotFound):
        both.renew_recovery_codes(MAX, PASSWORD)


def test_what_is_begun_is_not_in_force_and_is_its_beginners_alone(
    platform: Platform, clock: MovableClock
) -> None:
    begun = platform.begin_one_time_password(MAX)
    assert isinstance(platform.sign_in_over_web(MAX, PASSWORD, source=SOURCE), Account)
    app = pyotp.TOTP(begun.secret)
    assert begun.uri.startswith("otpauth://totp/casemate:acct-max?")
    with pytest.raises(BadInput, match="check the time"):
        platform.add_one_time_password(MAX, begun.handle, "12", PASSWORD)
    with pytest.raises(Conflict, match="another account"):
        platform.add_one_time_password(EVE, begun.handle, code_of(app, platform), PASSWORD)
    with pytest.raises(SignInRefused):
        platform.add_one_time_password(MAX, begun.handle, code_of(app, platform), "wrong password")
    clock.advance(minutes=11)
    with pytest.raises(CeremonyOver):
        platform.add_one_time_password(MAX, begun.handle, code_of(app, platform), PASSWORD)


def test_there_is_one_and_it_goes_with_a_password(platform: Platform) -> None:
    enrol(platform)
    with pytest.raises(Conflict, match="already"):
        platform.begin_one_time_password(MAX)
    begun = platform.begin_one_time_password(OPERATOR)
    code = code_of(pyotp.TOTP(begun.secret), platform)
    with pytest.raises(Conflict, match="goes with a password"):
        platform.add_one_time_password(OPERATOR, begun.handle, code, "")


def test_a_half_done_sign_in_dies_with_the_password_and_with_time(
    platform: Platform, clock: MovableClock
) -> None:
    app, _ = enrol(platform)
    clock.advance(seconds=60)
    before, other = half(platform), half(platform)
    platform.change_password(MAX, PASSWORD, "a wholly new secret")
    with pytest.raises(SignInRefused):
        platform.finish_sign_in(before, code_of(app, platform), source=SOURCE)
    clock.advance(minutes=11)
    with pytest.raises(CeremonyOver):
        platform.finish_sign_in(other, code_of(app, platform), source=SOURCE)


def test_no_secret_is_in_the_database_or_on_the_ledger(platform: Platform) -> None:
    begun = platform.begin_one_time_password(MAX)
    code = code_of(pyotp.TOTP(begun.secret), platform)
    codes = platform.add_one_time_password(MAX, begun.handle, code, PASSWORD)
    half(platform)
    with platform.store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        dump = "\n".join(driver.iterdump())
    held = (dump + ledger_text(platform)).lower()
    assert "one_time_password" in held
    for secret in (begun.secret, begun.handle, code, *codes, codes[0].replace("-", "")):
        assert secret.lower() not in held
        assert secret.encode().hex() not in held


def test_a_secret_that_was_exchanged_in_the_database_is_told_apart(platform: Platform) -> None:
    enrol(platform)
    enrol(platform, EVE)
    with platform.store.off_ledger() as connection:
        connection.execute(
            text(
                "UPDATE one_time_password SET sealed = (SELECT sealed FROM one_time_password "
                "WHERE account_id = 'acct-eve') WHERE account_id = 'acct-max'"
            )
        )
    with pytest.raises(IntegrityFailure):
        enter(platform, "123456")
