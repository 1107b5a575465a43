"""Law 1 where the data are opened: every scope of the permit, asked again each time."""

from sqlalchemy.orm import Session

from casemate.access import Grant, Permits
from casemate.clock import Clock, timestamp
from casemate.errors import NotAllowed


def require_grants(
    permits: Permits,
    tx: Session,
    permit_id: str,
    *,
    person: str,
    purpose: str,
    rows: bool = True,
) -> tuple[Grant, ...]:
    """One grant a scope of the permit, for ``person`` to run a program for ``purpose``, now.

    ``rows`` is false for a data request, whose program is ours. Raises ``NotAllowed`` with the exact
    reason where any of them is not open or the permit gives aggregate answers only,
    ``IntegrityFailure`` where the permit's signature does not hold.
    """
    permit = permits.get(tx, permit_id)
    if not permit.scopes:
        raise NotAllowed(f"permit {permit_id} names no dataset: it opens nothing")
    grants = tuple(
        permits.require_in_force(
            tx,
            permit_id,
            person=person,
            purpose=purpose,
            dataset=scope.dataset,
            variables=scope.variables,
            version=scope.version,
        )
        for scope in permit.scopes
    )
    for grant in grants if rows else ():
        grant.require_rows()
    return grants


def why_ended(permits: Permits, tx: Session, permit_id: str, clock: Clock) -> str | None:
    """Why work under the permit may not go on, in a few words; ``None`` while it may.

    It may while the permit is in force, or the renewal that took its place on the same terms.
    """
    if permits.may_continue(tx, permit_id):
        return None
    permit = permits.get(tx, permit_id)
    if permit.superseded_by is not None:
        return f"permit superseded by {permit.superseded_by}"
    if permit.revoked_at is not None:
        return f"permit revoked at {timestamp(permit.revoked_at)}"
    if clock() >= permit.valid_until:
        return f"permit expired at {timestamp(permit.valid_until)}"
    return "permit not in force"


def current_permit(permits: Permits, tx: Session, permit_id: str) -> str:
    """The permit, or the renewal of it that is in force now."""
    current = permits.get(tx, permit_id)
    while current.superseded_by is not None and permits.may_continue(tx, current.id):
        current = permits.get(tx, current.superseded_by)
    return current.id
