"""Attacks on sign-in: guessing side by side, finding out who is here, slipping past the count."""

import threading

import pytest
from argon2 import PasswordHasher
from conftest import MovableClock
from sqlalchemy import text

from casemate.identity import Account, Identity, Role, SignInRefused
from casemate.identity.sign_in import FREE_FAILURES
from casemate.ledger import Ledger
from casemate.store import Store

GOOD = "correct horse battery"


class CountingHasher(PasswordHasher):
    """Counts the Argon2 computations, which are what a stopwatch would see."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.computations = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.computations += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override] # noqa: A002
        self.computations += 1
        return super().verify(hash, password)


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def identity(ledger: Ledger, clock: MovableClock, store: Store, hasher: CountingHasher) -> Identity:
    room = Identity(ledger, clock, hasher=hasher)
    with store.transaction() as tx:
        room.bootstrap(tx, "Olga")
        room.add_account(
            tx,
            "acct-olga",
            "Max",
            "org-operator",
            [Role.DATA_USER],
            password=room.new_password(GOOD),
        )
    return room


def attempt(
    identity: Identity, store: Store, account_id: str, password: str | None
) -> Account | SignInRefused:
    with store.read() as tx:
        challenge = identity.challenge(tx, account_id)
    proof = identity.prove(challenge, password)
    with store.transaction() as tx:
        return identity.try_sign_in(tx, proof)


def test_attempts_side_by_side_are_counted_one_by_one(
    identity: Identity, store: Store, ledger: Ledger
) -> None:
    together = threading.Barrier(8)

    def guess(number: int) -> None:
        together.wait()
        attempt(identity, store, "acct-max", f"guess number {number}")

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with store.read() as tx:
        reasons = [entry.detail.get("reason") for entry in ledger.entries(tx, subject="acct-max")]
    assert reasons.count("wrong_password") == FREE_FAILURES + 1
    assert reasons.count("throttled") == 8 - FREE_FAILURES - 1


def test_an_unknown_account_costs_as_many_hashes_and_gets_the_same_words(
    identity: Identity, store: Store, hasher: CountingHasher
) -> None:
    costs, words = [], []
    for account_id in ("acct-max", "acct-mox", "acct-olga", "not even an id \x00"):
        before = hasher.computations
        refused = attempt(identity, store, account_id, "guess number one")
        costs.append(hasher.computations - before)
        words.append(str(refused).replace(repr(account_id), "..."))
    assert costs == [1, 1, 1, 1]
    assert len(set(words)) == 1


def test_a_guesser_gets_few_guesses_a_day(
    identity: Identity, store: Store, clock: MovableClock, hasher: CountingHasher
) -> None:
    end = clock.now.timestamp() + 24 * 3600
    before = hasher.computations
    while clock.now.timestamp() < end:
        refused = attempt(identity, store, "acct-max", "guess number n")
        assert isinstance(refused, SignInRefused)
        clock.advance(seconds=max(refused.wait_seconds, 1))
    assert hasher.computations - before <= 120


def test_no_hash_is_computed_while_the_database_is_locked_for_writing(
    ledger: Ledger, clock: MovableClock, store: Store, identity: Identity
) -> None:
    """A tenth of a second each under the one writer's lock would let ten guessers stop everybody."""

    class Watching(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            self._write()
            return super().hash(password, salt=salt)

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override] # noqa: A002
            self._write()
            return super().verify(hash, password)

        @staticmethod
        def _write() -> None:
            """Waits, and fails, where whoever asked for a hash holds the lock."""
            with store.transaction() as tx:
                ledger.append(tx, actor="acct-test", act="test.written", subject="acct-test")

    room = Identity(ledger, clock, hasher=Watching(time_cost=2, memory_cost=16, parallelism=1))
    for account_id in ("acct-max", "acct-mox", "acct-olga"):
        attempt(room, store, account_id, "guess number one")
    assert isinstance(attempt(room, store, "acct-max", GOOD), Account)  # and is hashed anew
    room.new_password("another long secret")
    with store.read() as tx:
        written = [entry for entry in ledger.entries(tx) if entry.act == "test.written"]
    assert len(written) == 6


@pytest.mark.parametrize(
    "name", ["Robert'); DROP TABLE account;--", '"]}', "${7*7}", "../../etc/passwd", "-", "%s"]
)
def test_names_are_only_names(identity: Identity, store: Store, name: str) -> None:
    with store.transaction() as tx:
        added = identity.add_account(tx, "acct-olga", name, "org-operator", [Role.DATA_USER])
    with store.read() as tx:
        assert identity.account(tx, added.id).name == name
        assert len(identity.accounts(tx)) == 3


def test_no_password_lies_in_the_database(identity: Identity, store: Store) -> None:
    with store.read() as tx:
        rows = tx.execute(text("SELECT * FROM account")).all()
    assert rows
    assert GOOD not in str(rows)


def test_names_and_secrets_are_in_no_representation(identity: Identity, store: Store) -> None:
    with store.read() as tx:
        account = identity.account(tx, "acct-max")
    assert "argon2" not in repr(account)
    assert GOOD not in repr(identity)
