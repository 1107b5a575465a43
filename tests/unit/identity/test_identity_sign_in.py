"""Sign-in: passwords, growing delays, and an entry for each attempt."""

import pytest
from argon2 import PasswordHasher
from conftest import MovableClock

from casemate.errors import BadInput, IntegrityFailure
from casemate.identity import (
    Account,
    Identity,
    Organisation,
    Role,
    SignInRefused,
    password_hasher,
)
from casemate.identity.sign_in import MAX_WAIT_SECONDS, Proof, wait_after
from casemate.identity.tables import AccountRow
from casemate.ledger import Entry, Ledger
from casemate.store import Store

BY = "acct-olga"
MAX = "acct-max"
GOOD = "correct horse battery"


@pytest.fixture
def identity(ledger: Ledger, clock: MovableClock) -> Identity:
    """Identity with cheap password hashing: what is tested here is not Argon2's slowness."""
    return Identity(ledger, clock, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def hospital(identity: Identity, store: Store) -> Organisation:
    """A home with one operator, ``acct-olga``, and one organisation."""
    with store.transaction() as tx:
        identity.bootstrap(tx, "Olga")
        return identity.add_organisation(tx, BY, "City Hospital", "hospital")


@pytest.fixture(autouse=True)
def _max(identity: Identity, hospital: Organisation, store: Store) -> None:
    """Max has a password; Olga, the operator, has none."""
    with store.transaction() as tx:
        identity.add_account(
            tx, BY, "Max", hospital.id, [Role.DATA_USER], password=identity.new_password(GOOD)
        )


def attempt(
    identity: Identity, store: Store, account_id: str, password: str | None
) -> Account | SignInRefused:
    """One attempt, committed whatever comes of it, as the platform does it."""
    with store.read() as tx:
        challenge = identity.challenge(tx, account_id)
    proof = identity.prove(challenge, password)
    with store.transaction() as tx:
        return identity.try_sign_in(tx, proof)


def sign_ins(ledger: Ledger, store: Store) -> list[Entry]:
    with store.read() as tx:
        return [entry for entry in ledger.entries(tx) if "sign" in entry.act]


def test_the_right_password_opens_and_is_recorded(
    identity: Identity, store: Store, ledger: Ledger
) -> None:
    account = attempt(identity, store, MAX, GOOD)
    assert isinstance(account, Account)
    assert account.id == MAX
    (entry,) = sign_ins(ledger, store)
    assert (entry.actor, entry.act, entry.subject) == (MAX, "account.signed_in", MAX)


def test_an_account_without_password_is_opened_by_the_homes_owner(
    identity: Identity, store: Store
) -> None:
    assert isinstance(attempt(identity, store, BY, None), Account)
    assert isinstance(attempt(identity, store, BY, "any password"), SignInRefused)


def test_a_server_that_others_reach_opens_nothing_without_password(
    ledger: Ledger, clock: MovableClock, store: Store
) -> None:
    guarded = Identity(ledger, clock, open_without_password=False)
    assert isinstance(attempt(guarded, store, BY, None), SignInRefused)


@pytest.mark.parametrize(
    ("account", "password", "subject", "reason"),
    [
        (MAX, "wrong horse battery", MAX, "wrong_password"),
        (MAX, None, MAX, "wrong_password"),
        (MAX, "", MAX, "wrong_password"),
        (MAX, "\ud800" * 12, MAX, "wrong_password"),
        (MAX, "x" * 2000, MAX, "wrong_password"),
        ("acct-nobody", GOOD, "unknown", "unknown_account"),
        ("acct-nobody", None, "unknown", "unknown_account"),
        ("my secret password\x00", GOOD, "unknown", "unknown_account"),
    ],
)
def test_a_failed_sign_in_is_recorded_without_what_was_typed(
    identity: Identity,
    store: Store,
    ledger: Ledger,
    account: str,
    password: str | None,
    subject: str,
    reason: str,
) -> None:
    refused = attempt(identity, store, account, password)
    assert isinstance(refused, SignInRefused)
    assert "there is no such account, or its password is missing or wrong" in str(refused)
    (entry,) = sign_ins(ledger, store)
    assert (entry.actor, entry.act, entry.subject) == ("public", "account.sign_in_failed", subject)
    assert entry.detail["reason"] == reason
    assert "secret" not in str(entry)
    assert GOOD not in str(entry)


def proven(identity: Identity, store: Store, password: str) -> Proof:
    with store.read() as tx:
        challenge = identity.challenge(tx, MAX)
    return identity.prove(challenge, password)


def test_sign_in_raises_the_refusal(identity: Identity, store: Store) -> None:
    wrong, right = (proven(identity, store, one) for one in ("wrong horse battery", GOOD))
    with store.transaction() as tx, pytest.raises(SignInRefused):
        identity.sign_in(tx, wrong)
    with store.transaction() as tx:
        assert identity.sign_in(tx, right).id == MAX


def test_a_proof_is_worth_nothing_once_the_password_is_another(
    identity: Identity, store: Store
) -> None:
    old, new = proven(identity, store, GOOD), proven(identity, store, "a wholly new secret")
    with store.transaction() as tx:
        identity.set_password(tx, BY, MAX, identity.new_password("a wholly new secret"))
    for proof, comes_in in ((old, False), (new, True)):
        with store.transaction() as tx:
            assert isinstance(identity.try_sign_in(tx, proof), Account) is comes_in


def test_each_failure_beyond_the_third_doubles_the_wait(
    identity: Identity, store: Store, clock: MovableClock, ledger: Ledger
) -> None:
    waits = []
    for _ in range(7):
        refused = attempt(identity, store, MAX, "wrong horse battery")
        assert isinstance(refused, SignInRefused)
        waits.append(refused.wait_seconds)
        clock.advance(seconds=refused.wait_seconds)
    assert waits == [0, 0, 0, 1, 2, 4, 8]
    assert [entry.detail["failures"] for entry in sign_ins(ledger, store)] == [1, 2, 3, 4, 5, 6, 7]


def test_while_closed_even_the_right_password_is_refused_with_the_seconds_left(
    identity: Identity, store: Store, clock: MovableClock, ledger: Ledger
) -> None:
    for _ in range(3):
        attempt(identity, store, MAX, "wrong horse battery")
    for wait in (1, 2, 4):
        clock.advance(seconds=wait)
        attempt(identity, store, MAX, "wrong horse battery")
    clock.advance(seconds=1.5)
    refused = attempt(identity, store, MAX, GOOD)
    assert isinstance(refused, SignInRefused)
    assert refused.wait_seconds == 3
    assert "had 6 failed sign-ins in a row: try again in 3 s" in str(refused)
    assert sign_ins(ledger, store)[-1].detail == {"reason": "throttled"}
    clock.advance(seconds=2.5)
    assert isinstance(attempt(identity, store, MAX, GOOD), Account)


def test_the_count_is_stored_and_a_success_clears_it(
    identity: Identity, store: Store, clock: MovableClock, ledger: Ledger
) -> None:
    for _ in range(4):
        attempt(identity, store, MAX, "wrong horse battery")
    restarted = Identity(ledger, clock)
    assert isinstance(attempt(restarted, store, MAX, GOOD), SignInRefused)
    clock.advance(seconds=1)
    assert isinstance(attempt(identity, store, MAX, GOOD), Account)
    refused = attempt(identity, store, MAX, "wrong horse battery")
    assert isinstance(refused, SignInRefused)
    assert refused.wait_seconds == 0


def test_one_accounts_failures_close_no_other(identity: Identity, store: Store) -> None:
    for _ in range(5):
        attempt(identity, store, MAX, "wrong horse battery")
    assert isinstance(attempt(identity, store, BY, None), Account)


def test_the_wait_never_exceeds_its_bound() -> None:
    assert wait_after(14) == MAX_WAIT_SECONDS
    assert wait_after(10**6) == MAX_WAIT_SECONDS


def test_a_new_password_replaces_the_old_and_opens_at_once(
    identity: Identity, store: Store
) -> None:
    for _ in range(5):
        attempt(identity, store, MAX, "wrong horse battery")
    with store.transaction() as tx:
        identity.set_password(tx, BY, MAX, identity.new_password("a wholly new secret"))
    assert isinstance(attempt(identity, store, MAX, GOOD), SignInRefused)
    assert isinstance(attempt(identity, store, MAX, "a wholly new secret"), Account)


def test_a_deactivated_account_stays_out_and_only_its_owner_learns_why(
    identity: Identity, store: Store, ledger: Ledger
) -> None:
    with store.transaction() as tx:
        identity.deactivate(tx, BY, MAX)
    with_password = attempt(identity, store, MAX, GOOD)
    assert "deactivated" in str(with_password)
    assert isinstance(with_password, SignInRefused)
    without = attempt(identity, store, MAX, "wrong horse battery")
    assert isinstance(without, SignInRefused)
    assert "deactivated" not in str(without)
    reasons = [entry.detail["reason"] for entry in sign_ins(ledger, store)]
    assert reasons == ["deactivated", "wrong_password"]


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("elevenchars", "11 characters; give 12 or more"),
        ("", "0 characters"),
        ("x" * 1025, "1024 at most"),
        ("Maximilian  Mustermann", "own name"),
        ("maximilian-mustermann", "own name"),
        ("ACCT maximilian mustermann", "own name"),
        ("maximilian@hospital.example", "own name"),
        ("aaaaaaaaaaaa", "one character over and over"),
        ("\ud800" * 12, "not valid Unicode"),
    ],
)
def test_weak_passwords_are_refused(
    identity: Identity, hospital: Organisation, store: Store, password: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message), store.transaction() as tx:
        identity.add_account(
            tx,
            BY,
            "Maximilian Mustermann",
            hospital.id,
            [Role.DATA_USER],
            password=identity.new_password(password),
            email="maximilian@hospital.example",
        )


def test_the_same_keys_give_the_same_password(identity: Identity, store: Store) -> None:
    with store.transaction() as tx:
        identity.set_password(tx, BY, MAX, identity.new_password("re\u0301sume\u0301 du soir"))
    assert isinstance(attempt(identity, store, MAX, "r\u00e9sum\u00e9 du soir"), Account)


def stored_hash(store: Store) -> str:
    with store.read() as tx:
        row = tx.get(AccountRow, MAX)
        assert row is not None
        assert row.password_hash is not None
        return row.password_hash


def test_a_change_of_parameters_rehashes_at_the_next_sign_in(
    identity: Identity, store: Store, ledger: Ledger, clock: MovableClock
) -> None:
    stronger = Identity(
        ledger, clock, hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    )
    assert isinstance(attempt(stronger, store, MAX, GOOD), Account)
    assert "m=16,t=2,p=1" in stored_hash(store)
    assert isinstance(attempt(stronger, store, MAX, GOOD), Account)
    assert [entry.detail["rehashed"] for entry in sign_ins(ledger, store)] == [True, False]


def test_passwords_are_kept_as_argon2id_of_the_recommended_strength(
    ledger: Ledger, clock: MovableClock, store: Store
) -> None:
    usual = Identity(ledger, clock)
    with store.transaction() as tx:
        usual.set_password(tx, BY, MAX, usual.new_password(GOOD))
    assert stored_hash(store).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert GOOD not in stored_hash(store)
    assert password_hasher().verify(stored_hash(store), GOOD)


def test_a_damaged_password_record_is_reported_as_such(
    identity: Identity, store: Store, ledger: Ledger
) -> None:
    with store.transaction() as tx:
        row = tx.get(AccountRow, MAX)
        assert row is not None
        row.password_hash = "plaintext"
        ledger.append(tx, actor="acct-test", act="test.damaged", subject=MAX)
    with pytest.raises(IntegrityFailure, match="password record of acct-max is damaged"):
        attempt(identity, store, MAX, GOOD)
