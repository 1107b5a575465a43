"""Permits: granted, renewed, revoked; and the guard of the first law, ``require_in_force``.

**The permit is the capability.** The guard believes the signed claims and nothing else: it checks
the signature of the very text it was given (and remembers, by that text, that it held), then dates,
person, purpose, dataset, version and variables. Columns beside the signature only help to find a
permit. Revocation alone is not in the signature; it is read from the table *and* from the ledger,
so that clearing the column does not bring a permit back.

**Renewal and amendment.** Both give a *new* permit with a new id, which names the old one in
``supersedes`` and carries on its ``lineage``. The old one is revoked at once with the reason
``superseded``: of a lineage, one permit at most is ever in force. A renewal changes nothing but the
dates, so work already running under the old permit may go on under the new (``may_continue``);
an amendment stops it.

**Standing permits.** Open data are no exception to the first law: publishing them grants one permit
to everyone, for every purpose, on all variables, until the year 9999.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from casemate.access import odrl, purposes
from casemate.access.claims import PermitClaims, key_id, key_id_in, public_jwk, sign, verify_jws
from casemate.access.forms import require_text
from casemate.access.granting import check_still_offered, ledger_summary, make_claims
from casemate.access.guard import Verified, scope_record
from casemate.access.records import (
    GRANT_SEAL,
    Grant,
    Offer,
    OutputRules,
    Permit,
    PermitTerms,
    Scope,
)
from casemate.access.tables import PermitDatasetRow, PermitPersonRow, PermitRow
from casemate.canonical import digest
from casemate.clock import Clock, timestamp
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger

EVERYONE = "everyone"
"""The applicant of a standing permit."""
FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
SUPERSEDED = "superseded"
VERIFIED_PERMITS_KEPT = 1024
_LONGEST_CHAIN = 1000


class _Kept(NamedTuple):
    """The columns that the guard reads."""

    jws: str
    revoked_at: datetime | None
    superseded_by: str | None


class Permits:
    """The permits of one home. ``former_keys`` still verify what they signed before a rotation."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        signing_key: Ed25519PrivateKey,
        *,
        issuer: str = "casemate",
        former_keys: Sequence[Ed25519PublicKey] = (),
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._key = signing_key
        self.issuer = issuer
        self._trusted = (signing_key.public_key(), *former_keys)
        self._ended_at: dict[str, int] = {}
        # Failures raise and are therefore never remembered.
        self._verified: Callable[[str], Verified] = lru_cache(VERIFIED_PERMITS_KEPT)(self._verify)
        self._recorded: set[str] = set()

    def adopt(
        self, signing_key: Ed25519PrivateKey, former: Sequence[tuple[Ed25519PublicKey, int]]
    ) -> None:
        """Sign by ``signing_key`` from now on. Each ``former`` key counts for the permits that were on the
        ledger before the entry named beside it, and for no other: whoever has come by an old key can make
        no new permit with it."""
        self._trusted = (signing_key.public_key(), *(key for key, _ in former))
        self._ended_at = {key_id(key): index for key, index in former}
        self._recorded = set()
        self._verified = lru_cache(VERIFIED_PERMITS_KEPT)(self._verify)
        self._key = signing_key

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key that anyone checks this home's permits with."""
        return self._key.public_key()

    def public_jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key, to hand out."""
        return public_jwk(self.public_key)

    # ---- granting ---------------------------------------------------------------------------

    def grant(
        self,
        tx: Session,
        actor: str,
        terms: PermitTerms,
        *,
        valid_from: datetime,
        valid_until: datetime,
        supersedes: str | None = None,
    ) -> Permit:
        """Sign and keep a permit; with ``supersedes``, revoke that one in the same breath.

        Dates count in whole seconds; fractions are cut off. Raises ``BadInput`` on reversed or
        naive dates, an unknown or prohibited purpose, terms that open nothing, or a plan that is no
        canonical JSON; ``Conflict`` if the permit to supersede is revoked already.
        """
        permit_id = new_id("permit")
        claims = make_claims(
            terms,
            permit_id=permit_id,
            issuer=self.issuer,
            issued=self._clock(),
            valid_from=valid_from,
            valid_until=valid_until,
            lineage=self.get(tx, supersedes).lineage if supersedes else permit_id,
            supersedes=supersedes,
        )
        jws = sign(claims, self._key)
        if supersedes:
            self._end(tx, actor, supersedes, SUPERSEDED, successor=permit_id)
        self._keep(tx, claims, jws)
        summary = ledger_summary(claims, jws)
        self._ledger.append(tx, actor=actor, act="permit.granted", subject=permit_id, **summary)
        return self.get(tx, permit_id)

    def standing_permit(self, tx: Session, actor: str, offer: Offer) -> Permit:
        """The permit of open data: for everyone, every purpose, all variables, without end.

        Raises ``BadInput`` if ``offer`` is not open, or holds direct identifiers of people.
        """
        if not offer.open:
            raise BadInput(f"{offer.dataset} is not open data: it is opened by application only")
        if offer.direct_identifiers:
            raise BadInput(
                f"{offer.dataset} cannot be open data: {', '.join(sorted(offer.direct_identifiers))} "
                "identify people directly; remove them or publish it as restricted"
            )
        terms = PermitTerms(
            applicant=EVERYONE,
            people=frozenset(),
            scopes=(Scope(offer.dataset, offer.version, tuple(sorted(offer.variables))),),
            purpose=purposes.ROOT,
            output_rules=OutputRules(min_cell=1, review="automatic"),
            standing=True,
        )
        return self.grant(tx, actor, terms, valid_from=self._clock(), valid_until=FOREVER)

    def renew(
        self,
        tx: Session,
        actor: str,
        permit_id: str,
        *,
        duration_days: int,
        reason: str,
        offers: Iterable[Offer],
    ) -> Permit:
        """A new permit on the same terms for ``duration_days`` from now; the old one is superseded.

        Only while the old one is in force: afterwards a new application is due. ``offers`` are
        today's, of its datasets: what is no longer offered, or no longer for this purpose, is not
        renewed. Raises ``BadInput``, ``Conflict``, ``NotAllowed`` (one's own permit).
        """
        reason = require_text(reason, "the reason of a renewal")
        old, now = self.get(tx, permit_id), self._clock()
        if old.standing:
            raise BadInput(f"{permit_id} is a standing permit: it has no end to renew")
        if actor in old.people | {old.applicant}:
            raise NotAllowed(
                f"{actor} applied for {permit_id} or works under it, and cannot renew it"
            )
        if not old.in_force_at(now):
            raise Conflict(f"{permit_id} is not in force and cannot be renewed: apply anew")
        check_still_offered(old, duration_days, {offer.dataset: offer for offer in offers})
        until = now + timedelta(days=duration_days)
        new = self.grant(
            tx, actor, old.terms, valid_from=now, valid_until=until, supersedes=permit_id
        )
        self._ledger.append(
            tx,
            actor=actor,
            act="permit.renewed",
            subject=new.id,
            supersedes=permit_id,
            reason=digest(reason.encode()),
        )
        return new

    # ---- ending -----------------------------------------------------------------------------

    def revoke(self, tx: Session, actor: str, permit_id: str, reason: str) -> Permit:
        """End ``permit_id`` now.

        Raises ``BadInput`` without a reason, ``Conflict`` if it was revoked already.
        """
        reason = require_text(reason, "the reason of a revocation")
        self.get(tx, permit_id)
        self._end(tx, actor, permit_id, reason)
        return self.get(tx, permit_id)

    def _end(
        self, tx: Session, actor: str, permit_id: str, reason: str, successor: str | None = None
    ) -> None:
        # The condition on the column decides between two people who revoke at the same time.
        ended = tx.execute(
            update(PermitRow)
            .where(PermitRow.id == permit_id, PermitRow.revoked_at.is_(None))
            .values(
                revoked_at=self._clock(),
                revoked_by=actor,
                revoke_reason=reason,
                superseded_by=successor,
            )
            .returning(PermitRow.id)
        )
        if ended.first() is None:
            raise Conflict(f"{permit_id} was revoked already: nothing was changed")
        self._ledger.append(
            tx,
            actor=actor,
            act="permit.revoked",
            subject=permit_id,
            reason=digest(reason.encode()),
            superseded_by=successor,
        )

    # ---- reading ----------------------------------------------------------------------------

    def get(self, tx: Session, permit_id: str) -> Permit:
        """The permit, read from its verified signature.

        Raises ``NotFound``; ``IntegrityFailure`` if the signature is broken, if it is another
        permit's, or if a column beside it says something else.
        """
        query = select(PermitRow).where(PermitRow.id == permit_id)
        row = tx.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise NotFound(f"there is no permit {permit_id!r}")
        return self._record(row)

    def list(
        self,
        tx: Session,
        *,
        applicant: str | None = None,
        person: str | None = None,
        dataset: str | None = None,
        application: str | None = None,
        standing: bool | None = None,
    ) -> tuple[Permit, ...]:
        """The permits, newest first, narrowed by what is given. Raises as ``get`` does."""
        query = select(PermitRow).order_by(PermitRow.issued_at.desc(), PermitRow.id)
        if applicant is not None:
            query = query.where(PermitRow.applicant == applicant)
        if application is not None:
            query = query.where(PermitRow.application == application)
        if standing is not None:
            query = query.where(PermitRow.standing == standing)
        if person is not None:
            named = select(PermitPersonRow.permit).where(PermitPersonRow.person == person)
            query = query.where(PermitRow.id.in_(named))
        if dataset is not None:
            covering = select(PermitDatasetRow.permit).where(PermitDatasetRow.dataset == dataset)
            query = query.where(PermitRow.id.in_(covering))
        rows = tx.scalars(query.execution_options(populate_existing=True))
        return tuple(self._record(row) for row in rows)

    def chain(self, tx: Session, permit_id: str) -> tuple[str, ...]:
        """``permit_id`` and the permits that it took the place of, newest first."""
        found: tuple[str, ...] = ()
        current: str | None = permit_id
        while current is not None:
            found = (*found, current)
            current = self.get(tx, current).supersedes
        return found

    def newest_of(self, tx: Session, permit_id: str) -> Permit:
        """The permit, or the last of those that took its place."""
        newest = self.get(tx, permit_id)
        while newest.superseded_by is not None:
            newest = self.get(tx, newest.superseded_by)
        return newest

    def count_in_force(self, tx: Session) -> int:
        """How many permits for people open something now; the standing ones of open data are not counted.

        By the columns, without looking at signatures: a figure, on which no access rests.
        """
        now = self._clock()
        query = select(func.count()).where(
            PermitRow.revoked_at.is_(None),
            PermitRow.standing.is_(False),
            PermitRow.valid_from <= now,
            PermitRow.valid_until > now,
        )
        return tx.scalar(query) or 0

    def standing_for(self, tx: Session, dataset: str, version: int) -> Permit | None:
        """The standing permit in force on this version, or ``None`` where the data are not open."""
        now = self._clock()
        for permit in self.list(tx, dataset=dataset, standing=True):
            opened = {(scope.dataset, scope.version) for scope in permit.scopes}
            if permit.in_force_at(now) and (dataset, version) in opened:
                return permit
        return None

    def verify_jws(self, jws: str) -> PermitClaims:
        """The claims of ``jws`` if this home signed it; raises ``IntegrityFailure``."""
        return verify_jws(jws, self._trusted)

    @staticmethod
    def export_odrl(permit: Permit) -> dict[str, Any]:
        """The permit as an ODRL 2.2 policy in JSON-LD."""
        return odrl.export(permit)

    # ---- the guard of the first law ---------------------------------------------------------

    def require_in_force(
        self,
        tx: Session,
        permit_id: str,
        *,
        person: str | None,
        purpose: str | None,
        dataset: str,
        variables: Iterable[str],
        version: int | None = None,
    ) -> Grant:
        """Leave for ``person`` to read ``variables`` of ``dataset`` for ``purpose``, now.

        Without ``version``, the one that the permit names. Under a standing permit, person and
        purpose are not asked. Raises ``NotAllowed`` with the exact reason, ``IntegrityFailure``
        where the permit or its revocation was tampered with.
        """
        row = self._kept(tx, permit_id)
        if row is None:
            raise NotAllowed(f"there is no permit {permit_id!r}: nothing is opened")
        verified = self._checked(permit_id, row.jws)
        self._require_not_revoked(tx, permit_id, row)
        now = self._clock()
        scope = verified.require(
            now=now,
            person=person,
            purpose=purpose,
            dataset=dataset,
            version=version,
            variables=tuple(variables),
        )
        return Grant(
            permit=permit_id,
            lineage=verified.claims.lineage,
            person=person,
            purpose=purpose,
            scope=scope,
            output_rules=verified.claims.output_rules,
            valid_until=verified.claims.valid_until,
            granted_at=now,
            seal=GRANT_SEAL,
        )

    def is_in_force(self, tx: Session, permit_id: str) -> bool:
        """Whether the permit opens anything now; false where there is none. Cheap.

        Raises ``IntegrityFailure`` if its signature is broken.
        """
        row = self._kept(tx, permit_id)
        return row is not None and row.revoked_at is None and self._within_dates(permit_id, row.jws)

    def may_continue(self, tx: Session, permit_id: str) -> bool:
        """Whether work already running under the permit may go on.

        It may while the permit is in force, or the renewal that took its place: the same terms with
        other dates. Raises ``IntegrityFailure`` as ``is_in_force``.
        """
        current, row = permit_id, self._kept(tx, permit_id)
        for _ in range(_LONGEST_CHAIN):
            if row is None:
                return False
            if row.revoked_at is None:
                return self._within_dates(current, row.jws)
            if row.superseded_by is None:
                return False
            successor = self._kept(tx, row.superseded_by)
            if successor is None or not self._renews(current, row, successor):
                return False
            current, row = row.superseded_by, successor
        return False

    def _renews(self, permit_id: str, row: _Kept, successor: _Kept) -> bool:
        # Not a column but the two signatures say that nothing but the dates has changed.
        old = self._checked(permit_id, row.jws).claims
        new = self._checked(str(row.superseded_by), successor.jws).claims
        dates = {"jti", "iat", "nbf", "exp", "supersedes"}
        same_terms = old.model_dump(exclude=dates) == new.model_dump(exclude=dates)
        return same_terms and new.supersedes == permit_id

    def _within_dates(self, permit_id: str, jws: str) -> bool:
        claims = self._checked(permit_id, jws).claims
        return claims.valid_from <= self._clock() < claims.valid_until

    def _kept(self, tx: Session, permit_id: str) -> _Kept | None:
        # Columns, not the mapped row: a session must never answer from what it saw earlier.
        query = select(PermitRow.jws, PermitRow.revoked_at, PermitRow.superseded_by)
        row = tx.execute(query.where(PermitRow.id == permit_id)).first()
        if row and self._ended_at:
            self._require_recorded(tx, permit_id, row.jws)
        return _Kept(*row) if row else None

    def _require_recorded(self, tx: Session, permit_id: str, jws: str) -> None:
        """Raise ``IntegrityFailure`` where a former key signed what the ledger did not know then."""
        until = self._ended_at.get(key_id_in(jws) or "")
        if until is None or jws in self._recorded:
            return
        entry = self._ledger.newest(tx, permit_id, act="permit.granted")
        if entry is None or entry.index >= until or entry.detail["permit"] != digest(jws.encode()):
            raise IntegrityFailure(
                f"{permit_id} is signed by a key of before, but was not on the ledger in that key's time: "
                "it was made by somebody else"
            )
        self._recorded.add(jws)

    def _require_not_revoked(self, tx: Session, permit_id: str, row: _Kept) -> None:
        if row.revoked_at is not None:
            successor = f"; {row.superseded_by} took its place" if row.superseded_by else ""
            raise NotAllowed(f"{permit_id} was revoked at {timestamp(row.revoked_at)}{successor}")
        for entry in self._ledger.entries(tx, subject=permit_id):
            if entry.act == "permit.revoked":
                raise IntegrityFailure(
                    f"the ledger says that {permit_id} was revoked at {entry.time}, its record "
                    "does not: the record was altered"
                )

    def _checked(self, permit_id: str, jws: str) -> Verified:
        try:
            verified = self._verified(jws)
        except IntegrityFailure as failure:
            raise IntegrityFailure(f"{permit_id}: {failure}") from failure
        if (signed := verified.claims.jti) != permit_id:
            raise IntegrityFailure(f"the record of {permit_id} holds the signed text of {signed}")
        return verified

    def _verify(self, jws: str) -> Verified:
        return Verified.of(verify_jws(jws, self._trusted))

    # ---- rows -------------------------------------------------------------------------------

    @staticmethod
    def _keep(tx: Session, claims: PermitClaims, jws: str) -> None:
        tx.add(PermitRow(id=claims.jti, jws=jws, **_columns(claims)))
        tx.flush()
        tx.add_all(PermitPersonRow(permit=claims.jti, person=name) for name in claims.people)
        tx.add_all(
            PermitDatasetRow(permit=claims.jti, dataset=scope.dataset, version=scope.version)
            for scope in claims.scopes
        )
        tx.flush()

    def _record(self, row: PermitRow) -> Permit:
        claims = self._checked(row.id, row.jws).claims
        signed = _columns(claims)
        if altered := [name for name, value in signed.items() if getattr(row, name) != value]:
            raise IntegrityFailure(
                f"the record of {row.id} was altered: {', '.join(altered)} not as it was signed"
            )
        return Permit(
            id=row.id,
            people=frozenset(claims.people),
            scopes=tuple(scope_record(scope) for scope in claims.scopes),
            purpose=claims.purpose,
            purpose_text=claims.purpose_text,
            legal_basis=claims.legal_basis,
            output_rules=claims.output_rules,
            conditions=claims.conditions,
            issuer=claims.iss,
            lineage=claims.lineage,
            supersedes=claims.supersedes,
            jws=row.jws,
            digest=digest(row.jws.encode()),
            revoked_at=row.revoked_at,
            revoke_reason=row.revoke_reason,
            superseded_by=row.superseded_by,
            **signed,
        )


def _columns(claims: PermitClaims) -> dict[str, Any]:
    """The columns that permits are found by, as the signature has them."""
    return {
        "application": claims.application,
        "applicant": claims.applicant,
        "standing": claims.standing,
        "issued_at": datetime.fromtimestamp(claims.iat, UTC),
        "valid_from": claims.valid_from,
        "valid_until": claims.valid_until,
    }
