"""The directory: who is here, for which organisation, in which roles.

Every change is on the ledger by ids, role names and counts; names and addresses stay in the tables.
Whether somebody may make a change is for the policies of ``access``; that the house keeps an
operator is held here.
"""

from collections.abc import Iterable

from argon2 import PasswordHasher
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.identity import passwords, sign_in
from casemate.identity.names import check_id, clean_email, clean_name, free_id, is_id, key_of
from casemate.identity.passwords import NewPassword
from casemate.identity.records import Account, Organisation, Role, SignInRefused
from casemate.identity.sign_in import Challenge, Proof
from casemate.identity.sources import source_of
from casemate.identity.tables import AccountRoleRow, AccountRow, OrganisationRow
from casemate.ledger import Ledger


class Identity:
    """Organisations, accounts and sign-in of one home.

    ``open_without_password`` is the embedded default: whoever can read the home's files opens the
    accounts that have no password. A server that others can reach must set it to ``False``.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        hasher: PasswordHasher | None = None,
        open_without_password: bool = True,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hasher = hasher or passwords.password_hasher()
        self.door = sign_in.Door(ledger, clock, self._hasher, open_without_password)
        """What every way to sign in needs; for the modules of this room."""

    # Organisations

    def add_organisation(
        self,
        tx: Session,
        by: str,
        name: str,
        kind: str = "",
        *,
        organisation_id: str | None = None,
    ) -> Organisation:
        """Add an organisation; its id is given or made from ``name`` (``org-city-hospital``).

        Raises ``Conflict`` where the name or the id is taken.
        """
        name = clean_name(name, "organisation's name")
        kind = clean_name(kind, "organisation's kind") if kind else ""
        if tx.scalar(select(exists().where(OrganisationRow.name_key == key_of(name)))):
            raise Conflict(f"there is an organisation named {name!r} already: use it")
        new = OrganisationRow(
            id=_new_id(tx, OrganisationRow, "org", name, organisation_id),
            name=name,
            name_key=key_of(name),
            kind=kind,
            added_at=self._clock(),
        )
        tx.add(new)
        _flush(tx, f"organisation {new.id}")
        self._ledger.append(tx, actor=by, act="organisation.added", subject=new.id)
        return _organisation(new)

    def change_organisation(
        self,
        tx: Session,
        by: str,
        organisation_id: str,
        *,
        name: str | None = None,
        kind: str | None = None,
    ) -> Organisation:
        """Give it another name or kind; its id stays. What is ``None`` stays as it is.

        Raises ``Conflict`` where another organisation has that name.
        """
        row = _organisation_row(tx, organisation_id)
        if name is not None:
            name = clean_name(name, "organisation's name")
            same = select(exists().where(OrganisationRow.name_key == key_of(name)))
            if key_of(name) != row.name_key and tx.scalar(same):
                raise Conflict(f"there is an organisation named {name!r} already: use it")
            row.name, row.name_key = name, key_of(name)
        if kind is not None:
            row.kind = clean_name(kind, "organisation's kind") if kind else ""
        _flush(tx, f"organisation {row.id}")
        changed = [told for told, new in (("name", name), ("kind", kind)) if new is not None]
        self._ledger.append(
            tx, actor=by, act="organisation.changed", subject=row.id, changed=changed
        )
        return _organisation(row)

    def organisation(self, tx: Session, organisation_id: str) -> Organisation:
        """The organisation with that id; raises ``NotFound``."""
        return _organisation(_organisation_row(tx, organisation_id))

    def organisations(self, tx: Session) -> list[Organisation]:
        """All organisations, by id."""
        rows = tx.scalars(select(OrganisationRow).order_by(OrganisationRow.id))
        return [_organisation(row) for row in rows]

    # Accounts

    def bootstrap(
        self,
        tx: Session,
        name: str,
        password: NewPassword | None = None,
        *,
        organisation: str = "Operator of this home",
    ) -> Account:
        """The first account, an operator in an organisation of its own.

        Raises ``Conflict`` where there are accounts already: then an operator adds the next one.
        """
        if tx.scalar(select(exists().select_from(AccountRow))):
            raise Conflict("this home has accounts already: an operator adds further ones")
        # A fixed id: of two first operators at the same moment, the second meets a taken key.
        home = self.add_organisation(
            tx, sign_in.UNVERIFIED, organisation, "operator", organisation_id="org-operator"
        )
        return self.add_account(
            tx, sign_in.UNVERIFIED, name, home.id, [Role.OPERATOR], password=password
        )

    def add_account(
        self,
        tx: Session,
        by: str,
        name: str,
        organisation_id: str,
        roles: Iterable[Role | str],
        password: NewPassword | None = None,
        email: str | None = None,
        *,
        account_id: str | None = None,
    ) -> Account:
        """Add an account; its id is given or made from ``name`` (``acct-maria-weber``).

        The id is on the ledger for ever: give one where a name must not be read from it.
        Raises ``NotFound`` for the organisation, ``Conflict`` where the id or the address is taken,
        ``BadInput`` for an unknown role, no role at all, or a password that is a name of its account.
        """
        name = clean_name(name, "account's name")
        email = clean_email(email) if email else None
        wanted = _roles(roles)
        organisation = _organisation_row(tx, organisation_id)
        self._refuse_known_email(tx, email)
        new = AccountRow(
            id=_new_id(tx, AccountRow, "acct", name, account_id),
            name=name,
            organisation_id=organisation.id,
            email=email,
            email_key=key_of(email) if email else None,
            active=True,
            added_at=self._clock(),
            failures=0,
        )
        new.roles = [AccountRoleRow(role=role.value) for role in sorted(wanted)]
        if password is not None:
            self._put_password(new, password)
        tx.add(new)
        _flush(tx, f"account {new.id}")
        self._ledger.append(
            tx,
            actor=by,
            act="account.added",
            subject=new.id,
            organisation=organisation.id,
            roles=sorted(role.value for role in wanted),
            has_password=password is not None,
        )
        return _account(new)

    def account(self, tx: Session, account_id: str) -> Account:
        """The account with that id, active or not; raises ``NotFound``."""
        return _account(_account_row(tx, account_id))

    def accounts(self, tx: Session) -> list[Account]:
        """All accounts, by id; deactivated ones too."""
        return [_account(row) for row in tx.scalars(select(AccountRow).order_by(AccountRow.id))]

    # Sign-in

    def new_password(self, password: str) -> NewPassword:
        """``password`` as accounts keep it; raises ``BadInput`` if it is too weak.

        Takes a tenth of a second on purpose: call it before the transaction is opened.
        """
        return passwords.new_password(self._hasher, password)

    def challenge(self, tx: Session, account_id: str, source: str | None = None) -> Challenge:
        """What ``account_id`` has to prove; ``source`` is the network address that asks, if known."""
        return sign_in.challenge(self.door, tx, account_id, source and source_of(source))

    def prove(self, challenge: Challenge, password: str | None = None) -> Proof:
        """The answer to ``challenge``: slow on purpose, so call it with no transaction open."""
        return sign_in.prove(self.door, challenge, password)

    def sign_in(self, tx: Session, proof: Proof) -> Account:
        """The account, if it may come in; raises ``SignInRefused`` otherwise.

        The refusal's ledger entry is in ``tx``: catch it inside the transaction and raise it again
        after the commit, or call ``try_sign_in``, which makes that easy.
        """
        outcome = self.try_sign_in(tx, proof)
        if isinstance(outcome, SignInRefused):
            raise outcome
        return outcome

    def try_sign_in(self, tx: Session, proof: Proof) -> Account | SignInRefused:
        """As ``sign_in``, but gives the refusal back as a value: commit, then raise it."""
        outcome = sign_in.attempt(self.door, tx, proof)
        return outcome if isinstance(outcome, SignInRefused) else _account(outcome)

    def set_password(self, tx: Session, by: str, account_id: str, password: NewPassword) -> Account:
        """Replace the password and forget failed sign-ins; raises ``BadInput`` for a name of its own."""
        row = _account_row(tx, account_id, lock=True)
        self._put_password(row, password)
        row.failures, row.closed_until = 0, None
        self._ledger.append(tx, actor=by, act="account.password_set", subject=row.id)
        return _account(row)

    # Changes

    def grant_role(self, tx: Session, by: str, account_id: str, role: Role | str) -> Account:
        """Add ``role``; raises ``Conflict`` where the account holds it."""
        wanted = Role.parse(role)
        row = _account_row(tx, account_id, lock=True)
        if wanted.value in {held.role for held in row.roles}:
            raise Conflict(f"{row.id} holds the role {wanted.value} already")
        row.roles.append(AccountRoleRow(role=wanted.value))
        _flush(tx, f"the role {wanted.value} of {row.id}")
        self._ledger.append(
            tx, actor=by, act="account.role_granted", subject=row.id, role=wanted.value
        )
        return _account(row)

    def revoke_role(self, tx: Session, by: str, account_id: str, role: Role | str) -> Account:
        """Take ``role`` away; raises ``Conflict`` where the account does not hold it, ``NotAllowed``
        where it is the last operator's."""
        unwanted = Role.parse(role)
        row = _account_row(tx, account_id, lock=unwanted is not Role.OPERATOR)
        if unwanted is Role.OPERATOR:
            _refuse_last_operator(tx, row)
        held = next((held for held in row.roles if held.role == unwanted.value), None)
        if held is None:
            raise Conflict(f"{row.id} does not hold the role {unwanted.value}")
        row.roles.remove(held)
        _flush(tx, f"the role {unwanted.value} of {row.id}")
        self._ledger.append(
            tx, actor=by, act="account.role_revoked", subject=row.id, role=unwanted.value
        )
        return _account(row)

    def set_roles(
        self, tx: Session, by: str, account_id: str, roles: Iterable[Role | str]
    ) -> Account:
        """Exactly ``roles`` from now on: an entry for each that is new or gone.

        Raises ``BadInput`` for none at all, ``NotAllowed`` where the last operator would be gone.
        """
        wanted = {role.value for role in _roles(roles)}
        held = {one.role for one in _account_row(tx, account_id, lock=False).roles}
        for role in sorted(wanted - held):
            self.grant_role(tx, by, account_id, role)
        for role in sorted(held - wanted):
            self.revoke_role(tx, by, account_id, role)
        return self.account(tx, account_id)

    def rename(self, tx: Session, by: str, account_id: str, name: str) -> Account:
        """Another name for the person; the account's id, which the ledger speaks of, stays."""
        row = _account_row(tx, account_id, lock=True)
        row.name = clean_name(name, "account's name")
        self._ledger.append(tx, actor=by, act="account.renamed", subject=row.id)
        return _account(row)

    def move(self, tx: Session, by: str, account_id: str, organisation_id: str) -> Account:
        """To another organisation; what was done for the old one stays recorded as its."""
        organisation = _organisation_row(tx, organisation_id)
        row = _account_row(tx, account_id, lock=True)
        left, row.organisation_id = row.organisation_id, organisation.id
        self._ledger.append(
            tx, actor=by, act="account.moved", subject=row.id,
            left=left, organisation=organisation.id,
        )  # fmt: skip
        return _account(row)

    def deactivate(self, tx: Session, by: str, account_id: str) -> Account:
        """Close the account; what it did stays recorded.

        Raises ``Conflict`` where it is closed, ``NotAllowed`` for the last active operator.
        """
        row = _account_row(tx, account_id)
        _refuse_last_operator(tx, row)
        if not row.active:
            raise Conflict(f"{row.id} is deactivated already")
        row.active = False
        self._ledger.append(tx, actor=by, act="account.deactivated", subject=row.id)
        return _account(row)

    def reactivate(self, tx: Session, by: str, account_id: str) -> Account:
        """Open a deactivated account again, with the roles it had; raises ``Conflict`` if open."""
        row = _account_row(tx, account_id, lock=True)
        if row.active:
            raise Conflict(f"{row.id} is active already")
        row.active, row.failures, row.closed_until = True, 0, None
        self._ledger.append(tx, actor=by, act="account.reactivated", subject=row.id)
        return _account(row)

    @staticmethod
    def _put_password(row: AccountRow, password: NewPassword) -> None:
        password.require_not_a_name((row.name, row.id, row.email))
        row.password_hash = password.encoded

    def _refuse_known_email(self, tx: Session, email: str | None) -> None:
        known = email and tx.scalar(select(exists().where(AccountRow.email_key == key_of(email))))
        if known:
            raise Conflict("another account has that e-mail address: give each person one account")


def _roles(roles: Iterable[Role | str]) -> frozenset[Role]:
    if isinstance(roles, str):
        raise BadInput(f"roles are a list, not the text {roles!r}: give [{roles!r}]")
    parsed = frozenset(Role.parse(role) for role in roles)
    if not parsed:
        raise BadInput("an account needs a role: give one or more (public, if no other fits)")
    return parsed


def _new_id(
    tx: Session,
    table: type[AccountRow] | type[OrganisationRow],
    prefix: str,
    name: str,
    given: str | None,
) -> str:
    if given is None:
        return free_id(name, prefix, lambda candidate: tx.get(table, candidate) is not None)
    if tx.get(table, check_id(given, prefix)) is not None:
        raise Conflict(f"the id {given} is taken: give another")
    return given


def _organisation_row(tx: Session, organisation_id: str) -> OrganisationRow:
    row = tx.get(OrganisationRow, organisation_id) if is_id(organisation_id, "org") else None
    if row is None:
        raise NotFound(f"there is no organisation {organisation_id!r}: add it, or check its id")
    return row


def _account_row(tx: Session, account_id: str, *, lock: bool = False) -> AccountRow:
    query = select(AccountRow).where(AccountRow.id == account_id)
    if lock:
        query = query.with_for_update()
    query = query.execution_options(populate_existing=True)
    row = tx.scalar(query) if is_id(account_id, "acct") else None
    if row is None:
        raise NotFound(f"there is no account {account_id!r}: `casemate account list` shows them")
    return row


def _refuse_last_operator(tx: Session, row: AccountRow) -> None:
    """Raise ``NotAllowed`` where no active operator other than ``row`` would remain.

    All operators are locked first, always in the order of their ids: of two operators who remove
    each other at the same moment, the second waits, then sees that it is the last.
    """
    is_operator = AccountRow.roles.any(AccountRoleRow.role == Role.OPERATOR.value)
    operators = select(AccountRow.id).where(is_operator).order_by(AccountRow.id)
    tx.scalars(operators.with_for_update()).all()
    tx.refresh(row, with_for_update=True)
    active = tx.scalars(operators.where(AccountRow.active)).all()
    if list(active) == [row.id]:
        raise NotAllowed(
            f"{row.id} is the last active operator: give another account that role first"
        )


def _flush(tx: Session, what: str) -> None:
    try:
        tx.flush()
    except IntegrityError as failure:
        raise Conflict(f"somebody else changed {what} at the same moment: look again") from failure


def _organisation(row: OrganisationRow) -> Organisation:
    return Organisation(id=row.id, name=row.name, kind=row.kind)


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        organisation=row.organisation_id,
        roles=frozenset(Role(held.role) for held in row.roles),
        has_password=row.password_hash is not None,
        active=row.active,
    )
