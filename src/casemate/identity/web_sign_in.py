"""Sign-in over the web: a password and, where one is set, a code; a passkey; the word of a provider.

Nothing here opens an account that has no password: that is for whoever can read the home's files, at the
command line. A passkey is not guessed, so the wait that guessing brings upon an account does not hold it
up; where it comes from is counted all the same.
"""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.errors import IntegrityFailure
from casemate.identity import sign_in
from casemate.identity.directory import Identity
from casemate.identity.one_time_passwords import OneTimePasswords, Second
from casemate.identity.passkeys import Assertion, Passkeys, Site
from casemate.identity.records import Account, SignInRefused
from casemate.identity.sign_in import Failure, Proof
from casemate.identity.sources import source_of
from casemate.identity.tables import AccountRow

_WRONG_CODE = Failure("wrong_code", "the code is wrong, was used already, or is too old")
_NO_PASSKEY = Failure("passkey", "the passkey is not known here, or what it signed does not hold")
_NOT_LINKED = Failure(
    "not_linked",
    "whom the provider names has no account here: ask the operator to link it, or for an invitation",
)
_DISBELIEVED = Failure("provider", "the provider's answer does not hold")


@dataclass(frozen=True)
class NeedsCode:
    """The password was right, and a code is wanted too. ``stamp`` changes with the password."""

    account: str
    stamp: str


class WebSignIn:
    """The ways into one home over the web. Each gives a refusal as a value: commit, then raise it."""

    def __init__(self, identity: Identity, codes: OneTimePasswords, passkeys: Passkeys) -> None:
        self._identity = identity
        self._door = identity.door
        self._codes = codes
        self._passkeys = passkeys

    def by_password(self, tx: Session, proof: Proof) -> Account | NeedsCode | SignInRefused:
        """The account, or that a code is still wanted: until it came, failures stay counted."""
        row = sign_in.admit_password(self._door, tx, _closed(proof))
        if isinstance(row, SignInRefused):
            return row
        rehashed = sign_in.rehash(row, proof)
        if self._codes.is_set(tx, row.id):
            self._door.ledger.append(
                tx, actor=sign_in.UNVERIFIED, act="account.password_proven", subject=row.id
            )
            return NeedsCode(row.id, _stamp(row))
        sign_in.welcome(self._door, tx, row, by_password=True, rehashed=rehashed)
        return self._identity.account(tx, row.id)

    def is_their_password(self, tx: Session, proof: Proof) -> SignInRefused | None:
        """The refusal, counted as a failed sign-in, unless ``proof`` is the account's password; nobody is
        signed in."""
        row = sign_in.admit_password(self._door, tx, _closed(proof))
        return row if isinstance(row, SignInRefused) else None

    def by_code(
        self, tx: Session, wanted: NeedsCode, code: str, source: str | None
    ) -> Account | SignInRefused:
        """The account of which the password was shown before, if ``code`` is good too."""
        used: list[Second] = []

        def proves(row: AccountRow) -> bool:
            accepted = _stamp(row) == wanted.stamp and self._codes.accept(tx, row.id, code)
            if accepted:
                used.append(accepted)
            return bool(accepted)

        row = sign_in.admit(
            self._door, tx, wanted.account, source and source_of(source), proves, _WRONG_CODE
        )
        if isinstance(row, SignInRefused):
            return row
        sign_in.welcome(self._door, tx, row, by_password=True, second=used[0])
        return self._identity.account(tx, row.id)

    def by_passkey(
        self, tx: Session, assertion: Assertion, site: Site, source: str | None
    ) -> Account | SignInRefused:
        """The account whose passkey signed."""
        place = source and source_of(source)
        if (closed := sign_in.refuse_source(self._door, tx, place)) is not None:
            return closed
        owner = self._passkeys.owner(tx, assertion)
        row = None if owner is None else self._locked(tx, owner)
        if row is None:
            return sign_in.refuse_unknown(self._door, tx, place, _NO_PASSKEY)
        passkey = self._passkeys.accept(tx, row.id, assertion, site)
        if passkey is None:
            return sign_in.count_failure(self._door, tx, row, place, _NO_PASSKEY)
        return self._let_in(tx, row, passkey=passkey)

    def by_provider(
        self, tx: Session, account: str | None, provider: str, source: str | None
    ) -> Account | SignInRefused:
        """The account (``None``: none) that ``provider``'s word, checked before, is linked to."""
        if account is None:
            place = source and source_of(source)
            return sign_in.refuse_unknown(self._door, tx, place, _NOT_LINKED)
        return self._let_in(tx, self._locked(tx, account), provider=provider)

    def note_provider_failure(self, tx: Session, source: str | None) -> None:
        """Count, and put on the ledger, that an answer of a provider was not to be believed."""
        place = source and source_of(source)
        sign_in.refuse_unknown(self._door, tx, place, _DISBELIEVED)

    def _let_in(self, tx: Session, row: AccountRow, **how: str) -> Account | SignInRefused:
        if (closed := sign_in.refuse_closed(self._door, tx, row)) is not None:
            return closed
        sign_in.welcome(self._door, tx, row, by_password=False, **how)
        return self._identity.account(tx, row.id)

    def _locked(self, tx: Session, account: str) -> AccountRow:
        query = select(AccountRow).where(AccountRow.id == account).with_for_update()
        row = tx.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise IntegrityFailure(f"a way to sign in is kept for {account}, which is not there")
        return row


def _closed(proof: Proof) -> Proof:
    # No password at all is how the command line opens an account without one; here it proves nothing.
    assert proof.password is not None, "over the web a password is always given, if an empty one"
    return proof


def _stamp(row: AccountRow) -> str:
    return sha256((row.password_hash or "").encode()).hexdigest()
