"""Permits at the authority's desk: what is in force, what was made of it, its renewal and its end."""

from datetime import timedelta

from fastapi import Response

from casemate.access import Permit
from casemate.errors import BadInput, CasemateError, NotAllowed
from casemate.portal.pages.applying_form import purpose_name
from casemate.portal.pages.router import Filled, PageRouter, Posted, whole_number
from casemate.portal.pages.slices import PageNumber, sliced
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()


@router.get("/desk/permits")
def desk_permits(seen: SignedIn, ended: str = "", page: PageNumber = 1) -> Response:
    """The permits in force; with ``ended``, all that were granted."""
    seen.platform.require_desk(seen.actor)
    now = seen.platform.clock()
    granted = [one for one in seen.platform.list_permits(seen.actor) if not one.standing]
    shown = granted if ended else [one for one in granted if one.in_force_at(now)]
    part = sliced(seen, shown, page, "desk_permits", ended="yes" if ended else "")
    rows = [(one, purpose_name(seen, one.purpose), state_of(seen, one)) for one in part.items]
    return seen.page("desk/permits.html", rows=rows, part=part, all_of_them=bool(ended))


def state_of(seen: Visit, permit: Permit) -> str:
    """``in_force``, ``revoked``, ``superseded``, ``expired`` or ``not_yet``."""
    if permit.superseded_by is not None:
        return "superseded"
    if permit.revoked_at is not None:
        return "revoked"
    now = seen.platform.clock()
    if permit.in_force_at(now):
        return "in_force"
    return "not_yet" if now < permit.valid_from else "expired"


@router.get("/desk/permits/{permit}")
def desk_permit(seen: SignedIn, permit: str) -> Response:
    """One permit: its terms, what was made of it, and what may be done with it."""
    return _permit(seen, permit)


def _permit(
    seen: Visit, permit: str, *, error: CasemateError | None = None, given: Filled | None = None
) -> Response:
    seen.platform.require_desk(seen.actor)
    known = seen.platform.permit(seen.actor, permit)
    state = state_of(seen, known)
    return seen.page(
        "desk/permit.html",
        status=200 if error is None else error.http_status,
        error=error,
        values={} if given is None else {name: given.text(name) for name in given.values},
        known=known,
        state=state,
        purpose=purpose_name(seen, known.purpose),
        views=seen.platform.views(seen.actor, permit),
        runs=[one for one in seen.platform.list_runs(seen.actor) if one.permit == permit],
        accounts=seen.platform.privacy_accounts(seen.actor, permit),
        may_renew=state == "in_force" and seen.may("permit.renew", permit),
        may_revoke=state in ("in_force", "not_yet") and seen.may("permit.revoke", permit),
        day=timedelta(days=1),
    )


@router.get("/desk/permits/{permit}/signed")
def signed_permit(seen: SignedIn, permit: str) -> Response:
    """The permit as its holder has it: a JSON Web Signature, to keep."""
    seen.platform.require_desk(seen.actor)
    known = seen.platform.permit(seen.actor, permit)
    response = Response(known.jws + "\n", media_type="application/jose")
    # The id is of our own making: letters, digits and a hyphen.
    response.headers["Content-Disposition"] = f'attachment; filename="{known.id}.jws"'
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/desk/permits/{permit}/renew", name="renew_permit")
def renew_permit(seen: SignedIn, permit: str, given: Posted) -> Response:
    """A new permit on the same terms, in the place of this one."""
    seen.platform.require_desk(seen.actor)
    days = whole_number(given.text("days"))
    try:
        if days is None:
            raise BadInput(seen.gettext("Give the days as a whole number."))
        made = seen.platform.renew(seen.actor, permit, days, given.text("reason"))
    except (BadInput, NotAllowed) as error:
        return _permit(seen, permit, error=error, given=given)
    told = seen.gettext("Renewed: this permit takes the place of the one before.")
    return seen.redirect("desk_permit", permit=made.id, told=told)


@router.get("/desk/permits/{permit}/revoke")
def revocation(seen: SignedIn, permit: str) -> Response:
    """What a revocation would end, and the one button that does it."""
    return _revocation(seen, permit)


def _revocation(
    seen: Visit, permit: str, *, error: CasemateError | None = None, reason: str = ""
) -> Response:
    seen.platform.require_desk(seen.actor)
    effect = seen.platform.revocation_effect(seen.actor, permit)
    known = seen.platform.permit(seen.actor, permit)
    return seen.page(
        "desk/revoke.html",
        status=200 if error is None else error.http_status,
        error=error,
        effect=effect,
        known=known,
        state=state_of(seen, known),
        values={"reason": reason},
    )


@router.post("/desk/permits/{permit}/revoke", name="revoke_permit")
def revoke_permit(seen: SignedIn, permit: str, given: Posted) -> Response:
    """End it now."""
    seen.platform.require_desk(seen.actor)
    try:
        seen.platform.revoke(seen.actor, permit, given.text("reason"))
    except BadInput as error:
        return _revocation(seen, permit, error=error, reason=given.text("reason"))
    told = seen.gettext("Revoked: what was under way stops, and what it opened is sealed.")
    return seen.redirect("desk_permit", permit=permit, told=told)
