"""Passkeys (W3C Web Authentication, level 2): a key pair on somebody's device in place of a password.

The device asks for a fingerprint, a face or a PIN before it signs (user verification is required), so that
a passkey is two factors at once: what one has, and what one is or knows. It signs for one web site only:
a look-alike of the portal gets a signature that is worth nothing here. The ceremonies' challenges are kept
by us (``ceremonies``), each for one use.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound
from casemate.identity.credential_tables import PasskeyRow
from casemate.identity.names import clean_name
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.store.keys import Keyring

LARGEST_RESPONSE = 64 * 1024
"""Characters of a browser's answer: a certificate chain among them stays far below."""
MOST = 20
"""Passkeys of one account."""
MILLISECONDS = 5 * 60 * 1000
T = TypeVar("T")


@dataclass(frozen=True)
class Site:
    """The web site that passkeys are for. ``origin`` as a browser says it: ``https://data.example``."""

    origin: str

    @property
    def domain(self) -> str:
        """The relying party's id: the host's name. Raises ``BadInput`` where it is a bare address."""
        host = urlsplit(self.origin).hostname or ""
        if not host or ":" in host or host.replace(".", "").isdigit():
            raise BadInput(
                f"passkeys belong to a host's name, and {host or 'this address'} is none: open the portal "
                "by its name (on one's own machine, http://localhost)"
            )
        return host


@dataclass(frozen=True)
class Passkey:
    """What its owner sees of a passkey."""

    id: str
    account: str
    name: str
    added_at: datetime
    used_at: datetime | None


class PasskeyRefused(BadInput):
    """What the browser sent is no good answer to our challenge."""

    title = "Passkey refused"


@dataclass(frozen=True)
class Assertion:
    """What a browser says that signs in; nothing of it is proven yet."""

    document: dict[str, Any]
    challenge: str
    credential: bytes


class Passkeys:
    """The passkeys of one home's accounts."""

    def __init__(self, ledger: Ledger, clock: Clock, keyring: Keyring) -> None:
        self._ledger = ledger
        self._clock = clock
        self._keyring = keyring

    def of_account(self, tx: Session, account: str) -> Sequence[Passkey]:
        """The passkeys of ``account``, the oldest first."""
        return [_passkey(row) for row in tx.scalars(_rows_of(account))]

    def creation_options(
        self, tx: Session, account: str, title: str, site: Site, challenge: str
    ) -> str:
        """What ``navigator.credentials.create()`` is asked, as JSON."""
        import webauthn
        from webauthn.helpers import base64url_to_bytes
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        known = [
            PublicKeyCredentialDescriptor(id=row.credential)
            for row in tx.scalars(_rows_of(account))
        ]
        options = webauthn.generate_registration_options(
            rp_id=site.domain,
            rp_name=title,
            user_name=account,
            user_id=self._handle(account),
            challenge=base64url_to_bytes(challenge),
            timeout=MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=known,
        )
        return webauthn.options_to_json(options)

    def request_options(self, site: Site, challenge: str) -> str:
        """What ``navigator.credentials.get()`` is asked, as JSON; the device says whose passkey it has."""
        import webauthn
        from webauthn.helpers import base64url_to_bytes
        from webauthn.helpers.structs import UserVerificationRequirement

        options = webauthn.generate_authentication_options(
            rp_id=site.domain,
            challenge=base64url_to_bytes(challenge),
            timeout=MILLISECONDS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options)

    def check_name(self, name: str) -> str:
        """``name`` as it is kept; raises ``BadInput``."""
        return clean_name(name, "passkey's name")

    def add(
        self,
        tx: Session,
        account: str,
        name: str,
        answer: dict[str, Any],
        site: Site,
        challenge: str,
    ) -> Passkey:
        """Keep the passkey that ``answer`` brings; raises ``PasskeyRefused`` or ``Conflict``."""
        import webauthn
        from webauthn.helpers import base64url_to_bytes

        name = self.check_name(name)
        if len(self.of_account(tx, account)) >= MOST:
            raise Conflict(f"{account} has {MOST} passkeys: take one away first")
        made = _checked(
            lambda: webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=site.domain,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        )
        digest = sha256(made.credential_id).hexdigest()
        if tx.scalar(select(PasskeyRow.id).where(PasskeyRow.digest == digest)):
            raise Conflict("this passkey is kept already: use it, or take it away first")
        row = PasskeyRow(
            id=new_id("passkey"),
            account_id=account,
            digest=digest,
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=[],
            name=name,
            added_at=self._clock(),
        )
        tx.add(row)
        tx.flush()
        self._ledger.append(
            tx, actor=account, act="account.passkey_added", subject=account, passkey=row.id
        )
        return _passkey(row)

    def remove(self, tx: Session, account: str, passkey: str) -> None:
        """Forget one of ``account``'s own passkeys; raises ``NotFound`` for another's."""
        row = tx.get(PasskeyRow, passkey)
        if row is None or row.account_id != account:
            raise NotFound(f"you have no passkey {passkey!r}")
        self._delete(tx, account, row)

    def remove_all(self, tx: Session, by: str, account: str) -> None:
        """Forget every passkey of ``account``."""
        for row in tx.scalars(_rows_of(account)).all():
            self._delete(tx, by, row)

    def _delete(self, tx: Session, by: str, row: PasskeyRow) -> None:
        tx.delete(row)
        self._ledger.append(
            tx, actor=by, act="account.passkey_removed", subject=row.account_id, passkey=row.id
        )

    def owner(self, tx: Session, assertion: Assertion) -> str | None:
        """Whose passkey that says it is; ``None`` where it is not known."""
        return tx.scalar(
            select(PasskeyRow.account_id).where(PasskeyRow.digest == _digest_of(assertion))
        )

    def accept(self, tx: Session, account: str, assertion: Assertion, site: Site) -> str | None:
        """The id of ``account``'s passkey that signed ``assertion``; ``None`` where none did.

        Call it with the account's row locked. The caller writes the ledger's entry.
        """
        import webauthn
        from webauthn.helpers import base64url_to_bytes

        row = tx.scalar(
            select(PasskeyRow)
            .where(PasskeyRow.digest == _digest_of(assertion), PasskeyRow.account_id == account)
            .execution_options(populate_existing=True)
        )
        if row is None or not self._names(assertion.document, account):
            return None
        kept = row
        try:
            proven = _checked(
                lambda: webauthn.verify_authentication_response(
                    credential=assertion.document,
                    expected_challenge=base64url_to_bytes(assertion.challenge),
                    expected_rp_id=site.domain,
                    expected_origin=site.origin,
                    credential_public_key=kept.public_key,
                    credential_current_sign_count=kept.sign_count,
                    require_user_verification=True,
                )
            )
        except PasskeyRefused:
            return None
        row.sign_count, row.used_at = proven.new_sign_count, self._clock()
        return row.id

    def _names(self, document: dict[str, Any], account: str) -> bool:
        """Whether the device names ``account``, or nobody: it must not name another."""
        from webauthn.helpers import bytes_to_base64url

        named = document["response"].get("userHandle")
        return named in (None, "", bytes_to_base64url(self._handle(account)))

    def lasting_keys(self, tx: Session) -> list[str]:
        """The labels of keys that have to outlive the master key: devices keep what follows from them."""
        holders = tx.scalars(select(PasskeyRow.account_id).distinct())
        return sorted(_handle_key(account) for account in holders)

    def _handle(self, account: str) -> bytes:
        # A device shows it to whoever holds it, so nothing can be read from it (section 14.6.1).
        return self._keyring.lasting(_handle_key(account))


def _handle_key(account: str) -> str:
    return f"passkey-user/{account}"


def read_assertion(text: str) -> Assertion:
    """What the browser sent to sign in with; raises ``PasskeyRefused`` where it is none."""
    document = read_answer(text)
    return Assertion(document, challenge_of(document), _checked(lambda: _raw_id(document)))


def read_answer(text: str) -> dict[str, Any]:
    """The JSON of a ``PublicKeyCredential``; raises ``PasskeyRefused`` where it is none."""
    if len(text) > LARGEST_RESPONSE:
        raise PasskeyRefused("the passkey's answer is too long to be one")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("response"), dict):
        raise PasskeyRefused("the passkey's answer is not what a browser sends: try again")
    return document


def challenge_of(document: dict[str, Any]) -> str:
    """The challenge that was answered, in base64url: it says which ceremony this ends."""
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json

    said = document["response"].get("clientDataJSON")
    data = _checked(lambda: parse_client_data_json(base64url_to_bytes(said)))
    return bytes_to_base64url(data.challenge)


def _raw_id(document: dict[str, Any]) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(document["rawId"])


def _checked(verify: Callable[[], T]) -> T:
    """What ``verify`` gives; raises ``PasskeyRefused`` where the library finds fault with the answer."""
    import struct

    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify()
    # The library's parsers let these through on documents that no browser makes.
    except (
        WebAuthnException,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        struct.error,
    ) as failure:
        raise PasskeyRefused(f"the passkey's answer does not hold: {failure}") from failure


def _rows_of(account: str) -> Any:
    return select(PasskeyRow).where(PasskeyRow.account_id == account).order_by(PasskeyRow.added_at)


def _digest_of(assertion: Assertion) -> str:
    return sha256(assertion.credential).hexdigest()


def _passkey(row: PasskeyRow) -> Passkey:
    return Passkey(row.id, row.account_id, row.name, row.added_at, row.used_at)
