"""Ceremonies: sign-ins and enrolments that are half done, kept here and not in the browser.

The browser holds a handle of 32 random bytes; the table, its SHA-256 and what we must remember, sealed
under the home's keyring. Each ends after minutes and is taken once. It is no act: what comes of it is.
"""

import json
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import delete, insert, select

from casemate.clock import Clock
from casemate.errors import BadInput
from casemate.identity.credential_tables import CeremonyRow
from casemate.store import Store
from casemate.store.keys import Keyring

Kind = Literal[
    "second-factor", "one-time-password", "passkey", "passkey-sign-in", "provider", "told-once"
]
LASTS = timedelta(minutes=10)


class CeremonyOver(BadInput):
    """The ceremony is unknown, was finished, or took too long."""

    title = "Too late"


class Ceremonies:
    """The half-done ceremonies of one home."""

    def __init__(self, store: Store, clock: Clock, keyring: Keyring) -> None:
        self._store = store
        self._clock = clock
        self._keyring = keyring

    def begin(self, kind: Kind, **remembered: Any) -> str:
        """The handle of a new ceremony: 43 characters of base64url."""
        handle, now = secrets.token_urlsafe(32), self._clock()
        digest = _digest(handle)
        row = {
            "digest": digest,
            "kind": kind,
            "sealed": self._keyring.seal(json.dumps(remembered), f"ceremony/{digest}"),
            "ends_at": now + LASTS,
        }
        with self._store.off_ledger() as connection:
            connection.execute(delete(CeremonyRow).where(CeremonyRow.ends_at <= now))
            connection.execute(insert(CeremonyRow).values(row))
        return handle

    def look(self, kind: Kind, handle: str) -> dict[str, Any]:
        """What is remembered under ``handle``, which stays; raises ``CeremonyOver``."""
        with self._store.read() as tx:
            found = tx.execute(select(CeremonyRow.sealed).where(*self._match(kind, handle)))
            return self._read(handle, found.scalar_one_or_none())

    def take(self, kind: Kind, handle: str) -> dict[str, Any]:
        """What is remembered under ``handle``, which is gone now: of two who take it, one gets it.

        Raises ``CeremonyOver``.
        """
        taken = delete(CeremonyRow).where(*self._match(kind, handle)).returning(CeremonyRow.sealed)
        with self._store.off_ledger() as connection:
            found = connection.execute(taken).scalar_one_or_none()
        return self._read(handle, found)

    def _match(self, kind: Kind, handle: str) -> tuple[Any, ...]:
        return (
            CeremonyRow.digest == _digest(handle),
            CeremonyRow.kind == kind,
            CeremonyRow.ends_at > self._clock(),
        )

    def _read(self, handle: str, sealed: bytes | None) -> dict[str, Any]:
        if sealed is None:
            raise CeremonyOver("that took too long, or was done already: begin again")
        remembered: dict[str, Any] = json.loads(
            self._keyring.unseal(sealed, f"ceremony/{_digest(handle)}")
        )
        return remembered


def _digest(handle: str) -> str:
    return sha256(handle.encode(errors="replace")).hexdigest()
