"""Sign-ins by where they come from: guessing over many accounts is slowed, honest crowds are not."""

import pytest
from argon2 import PasswordHasher
from conftest import MovableClock
from sqlalchemy import text

from casemate.identity import Account, Identity, Role, SignInRefused
from casemate.identity.sources import FREE_FAILURES, MAX_WAIT_SECONDS, source_of
from casemate.ledger import Ledger
from casemate.store import Store

GOOD = "correct horse battery"
GUESSER, ELSEWHERE = "203.0.113.9", "198.51.100.4"


@pytest.fixture
def identity(ledger: Ledger, clock: MovableClock, store: Store) -> Identity:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    room = Identity(ledger, clock, hasher=hasher)
    secret = room.new_password(GOOD)
    with store.transaction() as tx:
        room.bootstrap(tx, "Olga")
        room.add_account(tx, "acct-olga", "Max", "org-operator", [Role.DATA_USER], secret)
    return room


def attempt(
    identity: Identity, store: Store, account: str, password: str, source: str | None
) -> Account | SignInRefused:
    with store.read() as tx:
        challenge = identity.challenge(tx, account, source)
    proof = identity.prove(challenge, password)
    with store.transaction() as tx:
        return identity.try_sign_in(tx, proof)


def guess_everywhere(identity: Identity, store: Store, count: int, source: str) -> list[int]:
    """One guess at each of ``count`` accounts, all from one place: the waits."""
    waits = []
    for number in range(count):
        refused = attempt(identity, store, f"acct-guessed-{number}", "123456789012", source)
        assert isinstance(refused, SignInRefused)
        waits.append(refused.wait_seconds)
    return waits


def test_guessing_one_password_on_many_accounts_closes_the_place_and_no_other(
    identity: Identity, store: Store, clock: MovableClock, ledger: Ledger
) -> None:
    assert guess_everywhere(identity, store, FREE_FAILURES, GUESSER) == [0] * FREE_FAILURES
    assert guess_everywhere(identity, store, 1, GUESSER) == [1]
    refused = attempt(identity, store, "acct-max", GOOD, GUESSER)
    assert isinstance(refused, SignInRefused)
    assert "from where this one comes from" in str(refused)
    assert isinstance(attempt(identity, store, "acct-max", GOOD, ELSEWHERE), Account)
    clock.advance(seconds=1)
    assert isinstance(attempt(identity, store, "acct-max", GOOD, GUESSER), Account)
    assert guess_everywhere(identity, store, 1, GUESSER) == [2]  # the success wiped nothing out
    with store.read() as tx:
        told = [str(entry) for entry in ledger.entries(tx)]
    assert any("source_throttled" in one for one in told)
    assert not any(GUESSER in one for one in told)


def test_a_house_full_of_thick_fingers_stays_open(
    identity: Identity, store: Store, clock: MovableClock
) -> None:
    for _ in range(3 * FREE_FAILURES):  # one a minute
        assert guess_everywhere(identity, store, 1, ELSEWHERE) == [0]
        clock.advance(seconds=60)


def test_a_place_gets_few_guesses_an_hour_and_its_address_is_forgotten(
    identity: Identity, store: Store, clock: MovableClock
) -> None:
    guesses, end = 0, clock.now.timestamp() + 3600
    while clock.now.timestamp() < end:
        (wait,) = guess_everywhere(identity, store, 1, GUESSER)
        guesses += 1
        assert wait <= MAX_WAIT_SECONDS
        clock.advance(seconds=max(wait, 1))
    assert guesses <= 60 + 2 * FREE_FAILURES
    clock.advance(seconds=3601)
    guess_everywhere(identity, store, 1, ELSEWHERE)
    with store.read() as tx:
        rows = tx.execute(text("SELECT source FROM sign_in_source")).scalars().all()
    assert rows == [ELSEWHERE]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),  # the same, as a socket of both families says it
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_place_is_an_address_or_the_network_of_one_customer(address: str, place: str) -> None:
    assert source_of(address) == place


def test_what_is_no_address_is_no_place() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        source_of("the moon")
