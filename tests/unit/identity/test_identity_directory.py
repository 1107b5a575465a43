"""Organisations, accounts and roles: what can be added, changed and found, and what is refused."""

import json
import threading
from collections.abc import Callable, Iterable

import pytest
from argon2 import PasswordHasher
from conftest import MovableClock
from sqlalchemy.orm import Session

from casemate.errors import BadInput, CasemateError, Conflict, NotAllowed, NotFound
from casemate.identity import Account, Identity, Organisation, Role
from casemate.ledger import Ledger
from casemate.store import Store

BY = "acct-olga"


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


def add(
    identity: Identity, tx: Session, name: str, roles: Iterable[Role | str] = (Role.DATA_USER,)
) -> Account:
    return identity.add_account(tx, BY, name, "org-city-hospital", roles)


def ledger_text(ledger: Ledger, store: Store) -> str:
    with store.read() as tx:
        return json.dumps([str(entry) for entry in ledger.entries(tx)], ensure_ascii=False)


def test_an_account_is_found_again_as_it_was_added(
    identity: Identity, hospital: Organisation, store: Store
) -> None:
    with store.transaction() as tx:
        added = identity.add_account(
            tx,
            BY,
            "Maria Weber",
            hospital.id,
            [Role.DATA_USER, "output_checker"],
            password=identity.new_password("correct horse battery"),
            email="maria@hospital.example",
        )
    with store.read() as tx:
        found = identity.account(tx, "acct-maria-weber")
        everyone = identity.accounts(tx)
    assert found == added
    assert found == Account(
        id="acct-maria-weber",
        name="Maria Weber",
        organisation="org-city-hospital",
        roles=frozenset({Role.DATA_USER, Role.OUTPUT_CHECKER}),
        has_password=True,
        active=True,
    )
    assert [account.id for account in everyone] == ["acct-maria-weber", "acct-olga"]


def test_organisations_are_found_again(
    identity: Identity, hospital: Organisation, store: Store
) -> None:
    with store.read() as tx:
        assert identity.organisation(tx, hospital.id) == hospital
        assert hospital in identity.organisations(tx)
        with pytest.raises(NotFound, match="org-nowhere"):
            identity.organisation(tx, "org-nowhere")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Maria Weber", "acct-maria-weber"),
        ("  Zoë  D'Árcy-Müller ", "acct-zoe-d-arcy-muller"),
        ("Jürgen Groß", "acct-jurgen-gross"),
        ("Ærøskøbing", "acct-aeroskobing"),
        ("x" * 200, "acct-" + "x" * 48),
    ],
)
def test_ids_are_made_from_names(
    identity: Identity, hospital: Organisation, store: Store, name: str, expected: str
) -> None:
    with store.transaction() as tx:
        assert add(identity, tx, name).id == expected


def test_namesakes_get_numbers_and_other_scripts_a_random_id(
    identity: Identity, hospital: Organisation, store: Store
) -> None:
    with store.transaction() as tx:
        ids = [add(identity, tx, name).id for name in ("Max", "Max", "Max", "Ελένη")]
    assert ids[:3] == ["acct-max", "acct-max-2", "acct-max-3"]
    assert ids[3].startswith("acct-")
    assert ids[3].isascii()


def test_names_and_addresses_are_never_on_the_ledger(
    identity: Identity, hospital: Organisation, store: Store, ledger: Ledger
) -> None:
    with store.transaction() as tx:
        identity.add_account(
            tx,
            BY,
            "Théodora Lëtzebuerg",
            hospital.id,
            [Role.DATA_USER],
            email="theodora@private.example",
            account_id="acct-7f3a",
            password=identity.new_password("a long enough secret"),
        )
        identity.set_password(tx, BY, "acct-7f3a", identity.new_password("another long secret"))
        identity.grant_role(tx, BY, "acct-7f3a", Role.AUDITOR)
        identity.deactivate(tx, BY, "acct-7f3a")
        identity.reactivate(tx, BY, "acct-7f3a")
    text = ledger_text(ledger, store).lower()
    assert "acct-7f3a" in text
    for secret in ("théodora", "theodora", "private", "city hospital", "secret", "argon2"):
        assert secret not in text


def test_every_change_of_roles_is_on_the_ledger(
    identity: Identity, hospital: Organisation, store: Store, ledger: Ledger
) -> None:
    with store.transaction() as tx:
        add(identity, tx, "Max", [Role.DATA_USER])
        assert identity.grant_role(tx, BY, "acct-max", "auditor").roles == {
            Role.DATA_USER,
            Role.AUDITOR,
        }
        assert identity.revoke_role(tx, BY, "acct-max", Role.DATA_USER).roles == {Role.AUDITOR}
    with store.read() as tx:
        assert identity.account(tx, "acct-max").roles == {Role.AUDITOR}
        entries = list(ledger.entries(tx, subject="acct-max"))
    assert [(entry.act, entry.actor) for entry in entries] == [
        ("account.added", BY),
        ("account.role_granted", BY),
        ("account.role_revoked", BY),
    ]
    assert entries[0].detail["roles"] == ["data_user"]
    assert entries[1].detail == {"role": "auditor"}
    assert entries[2].detail == {"role": "data_user"}


Act = Callable[[Identity, Session], object]


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda i, tx: add(i, tx, ""), BadInput, "name is empty"),
        (lambda i, tx: add(i, tx, "a\x00b"), BadInput, "control characters"),
        (lambda i, tx: add(i, tx, "evil\u202ename"), BadInput, "control characters"),
        (lambda i, tx: add(i, tx, "x" * 201), BadInput, "201 characters; 200 at most"),
        (lambda i, tx: add(i, tx, "Max", ["king"]), BadInput, "no role 'king'; the roles are data"),
        (lambda i, tx: add(i, tx, "Max", []), BadInput, "an account needs a role"),
        (lambda i, tx: add(i, tx, "Max", "auditor"), BadInput, "roles are a list"),
        (
            lambda i, tx: i.add_account(tx, BY, "Max", "org-none", ["auditor"]),
            NotFound,
            "no organisation 'org-none'",
        ),
        (
            lambda i, tx: i.add_account(tx, BY, "Max", "\x00", ["auditor"]),
            NotFound,
            "no organisation",
        ),
        (
            lambda i, tx: i.add_account(
                tx, BY, "Max", "org-city-hospital", ["auditor"], account_id="acct-olga"
            ),
            Conflict,
            "acct-olga is taken",
        ),
        (
            lambda i, tx: i.add_account(
                tx, BY, "Max", "org-city-hospital", ["auditor"], account_id="Max Power"
            ),
            BadInput,
            "is no acct id",
        ),
        (
            lambda i, tx: i.add_account(
                tx, BY, "Max", "org-city-hospital", ["auditor"], email="no address"
            ),
            BadInput,
            "name@domain",
        ),
        (lambda i, tx: i.add_organisation(tx, BY, "CITY  hospital"), Conflict, "already: use it"),
        (lambda i, tx: i.add_organisation(tx, BY, " "), BadInput, "name is empty"),
        (lambda i, tx: i.account(tx, "acct-nobody"), NotFound, "no account 'acct-nobody'"),
        (lambda i, tx: i.account(tx, "\x00"), NotFound, "no account"),
        (lambda i, tx: i.grant_role(tx, BY, BY, "operator"), Conflict, "holds the role operator"),
        (lambda i, tx: i.grant_role(tx, BY, BY, "king"), BadInput, "no role 'king'"),
        (lambda i, tx: i.revoke_role(tx, BY, BY, "auditor"), Conflict, "does not hold"),
        (lambda i, tx: i.revoke_role(tx, BY, BY, "operator"), NotAllowed, "last active operator"),
        (lambda i, tx: i.deactivate(tx, BY, BY), NotAllowed, "last active operator"),
        (lambda i, tx: i.reactivate(tx, BY, BY), Conflict, "active already"),
        (lambda i, tx: i.bootstrap(tx, "Second"), Conflict, "accounts already"),
        (
            lambda i, tx: i.set_password(tx, BY, BY, i.new_password("short")),
            BadInput,
            "5 characters; give 12",
        ),
    ],
)
def test_bad_input_is_refused_and_nothing_is_changed(
    identity: Identity,
    hospital: Organisation,
    store: Store,
    ledger: Ledger,
    act: Act,
    error: type[CasemateError],
    message: str,
) -> None:
    before = ledger_text(ledger, store)
    with pytest.raises(error, match=message), store.transaction() as tx:
        act(identity, tx)
    assert ledger_text(ledger, store) == before
    with store.read() as tx:
        assert [account.id for account in identity.accounts(tx)] == [BY]
        assert len(identity.organisations(tx)) == 2


def test_one_address_has_one_account(
    identity: Identity, hospital: Organisation, store: Store
) -> None:
    with store.transaction() as tx:
        identity.add_account(tx, BY, "Max", hospital.id, ["auditor"], email="max@h.example")
    with pytest.raises(Conflict, match="e-mail address"), store.transaction() as tx:
        identity.add_account(tx, BY, "Moritz", hospital.id, ["auditor"], email="MAX@h.example")


def test_a_deactivated_operator_does_not_count(
    identity: Identity, hospital: Organisation, store: Store
) -> None:
    with store.transaction() as tx:
        add(identity, tx, "Max", [Role.OPERATOR])
        identity.deactivate(tx, BY, "acct-max")
    with pytest.raises(NotAllowed, match="last active operator"), store.transaction() as tx:
        identity.revoke_role(tx, BY, BY, Role.OPERATOR)
    with pytest.raises(Conflict, match="deactivated already"), store.transaction() as tx:
        identity.deactivate(tx, BY, "acct-max")
    with store.transaction() as tx:
        identity.reactivate(tx, BY, "acct-max")
        assert not identity.deactivate(tx, "acct-max", BY).active


def test_two_operators_who_remove_each_other_leave_one(
    identity: Identity, hospital: Organisation, store: Store
) -> None:
    with store.transaction() as tx:
        add(identity, tx, "Max", [Role.OPERATOR])
    first_has_acted = threading.Event()
    refused: list[str] = []

    def second() -> None:
        first_has_acted.wait(10)
        try:
            with store.transaction() as tx:
                identity.revoke_role(tx, "acct-max", BY, Role.OPERATOR)
        except NotAllowed:
            refused.append("acct-max")

    thread = threading.Thread(target=second)
    thread.start()
    with store.transaction() as tx:
        identity.revoke_role(tx, BY, "acct-max", Role.OPERATOR)
        first_has_acted.set()
        thread.join(0.5)  # the second must wait for this commit, and not decide on what it sees now
    thread.join(20)
    with store.read() as tx:
        left = [account.id for account in identity.accounts(tx) if Role.OPERATOR in account.roles]
    assert left == [BY]
    assert refused == ["acct-max"]
