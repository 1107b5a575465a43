"""Administration: people and organisations. For operators; auditors and the authority read."""

from typing import Annotated

from fastapi import Query, Response

from casemate.errors import CasemateError, NotFound
from casemate.identity import Account, Organisation, Role
from casemate.portal.address import base_of
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import Navigation, SignedIn, Visit

NAVIGATION: Navigation = (mark("Administration"), "administration", "administration")
router = PageRouter()


def sections(seen: Visit) -> list[tuple[str, str]]:
    """The links between the pages of this area: name, and the page."""
    found = [
        (seen.gettext("Accounts"), "administration"),
        (seen.gettext("Organisations"), "organisations"),
        (seen.gettext("Keys"), "administration_keys"),
    ]
    if seen.may("home.inspect"):
        found += [
            (seen.gettext("State of the home"), "health"),
            (seen.gettext("Storage and jobs"), "storage"),
        ]
    return found


def role_options(seen: Visit) -> list[tuple[str, str]]:
    """The roles to choose from, in words."""
    return [(role.value, seen.gettext(_ROLE_WORDS[role])) for role in Role]


_ROLE_WORDS = {
    Role.DATA_HOLDER: mark("Data holder"),
    Role.DATA_USER: mark("Data user"),
    Role.AUTHORITY: mark("Authority"),
    Role.OUTPUT_CHECKER: mark("Output checker"),
    Role.OPERATOR: mark("Operator"),
    Role.AUDITOR: mark("Auditor"),
    Role.PUBLIC: mark("Public"),
}


@router.get("/administration", name="administration")
def accounts(seen: SignedIn, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Everybody who has an account, found by name, id or organisation."""
    known = seen.platform.accounts(seen.actor)
    names = {one.id: one.name for one in seen.platform.organisations(seen.actor)}
    words = q.casefold().split()
    found = [
        one
        for one in known
        if all(
            part in f"{one.id} {one.name} {names[one.organisation]}".casefold() for part in words
        )
    ]
    return seen.page(
        "administration/accounts.html",
        sections=sections(seen),
        found=found,
        names=names,
        count=len(known),
        q=q,
        may_add=seen.may("account.add"),
    )


@router.get("/administration/accounts/new", name="account_new")
def new_account(seen: SignedIn) -> Response:
    """A form for somebody new."""
    return _new_account(seen)


@router.post("/administration/accounts/new", name="account_add")
def add_account(seen: SignedIn, form: Posted) -> Response:
    """Add the account; how they sign in they choose themselves, by an invitation."""
    try:
        made = seen.platform.add_account(
            seen.actor,
            form.text("name"),
            form.text("organisation"),
            form.texts("roles"),
            email=form.text("email") or None,
            account_id=form.text("id") or None,
        )
    except CasemateError as refused:
        return _new_account(seen, form, refused)
    told = seen.gettext("%(name)s is added: invite them, so that they can sign in.", name=made.name)
    return seen.redirect("account_page", told=told, account=made.id)


def _new_account(
    seen: Visit, form: Filled | None = None, error: CasemateError | None = None
) -> Response:
    organisations = seen.platform.organisations(seen.actor)
    return seen.page(
        "administration/new_account.html",
        status=200 if error is None else error.http_status,
        sections=sections(seen),
        organisations=[(one.id, one.name) for one in organisations],
        roles=role_options(seen),
        error=error,
        values={} if form is None else {name: form.text(name) for name in form.values},
        chosen=() if form is None else form.texts("roles"),
        may_add=seen.may("account.add"),
    )


@router.get("/administration/accounts/{account}", name="account_page")
def account_page(seen: SignedIn, account: str) -> Response:
    """One account, and what may be changed of it."""
    return _account_page(seen, account)


def _account_page(
    seen: Visit,
    account: str,
    form: Filled | None = None,
    error: CasemateError | None = None,
    invitation: str = "",
) -> Response:
    known = _account(seen, account)
    organisations = seen.platform.organisations(seen.actor)
    values = {"name": known.name, "organisation": known.organisation}
    return seen.page(
        "administration/account.html",
        status=200 if error is None else error.http_status,
        sections=sections(seen),
        known=known,
        organisations=[(one.id, one.name) for one in organisations],
        roles=role_options(seen),
        held=[seen.gettext(_ROLE_WORDS[role]) for role in Role if role in known.roles],
        error=error,
        values=values if form is None else values | {one: form.text(one) for one in form.values},
        chosen=[role.value for role in known.roles] if form is None else form.texts("roles"),
        may_change=seen.may("account.change", account),
        may_invite=known.active and seen.may("account.invite", account),
        invitation=invitation,
    )


def _account(seen: Visit, account: str) -> Account:
    for one in seen.platform.accounts(seen.actor):
        if one.id == account:
            return one
    raise NotFound(f"there is no account {account!r}")


@router.post("/administration/accounts/{account}", name="account_change")
def change_account(seen: SignedIn, account: str, form: Posted) -> Response:
    """Another name, organisation or set of roles: what differs from what is there."""
    known = _account(seen, account)
    name, organisation = form.text("name"), form.text("organisation")
    roles = frozenset(form.texts("roles"))
    try:
        seen.platform.change_account(
            seen.actor,
            account,
            name=None if name == known.name else name,
            organisation=None if organisation == known.organisation else organisation,
            roles=None if roles == {role.value for role in known.roles} else roles,
        )
    except CasemateError as refused:
        return _account_page(seen, account, form, refused)
    return seen.redirect("account_page", told=seen.gettext("Saved."), account=account)


@router.post("/administration/accounts/{account}/deactivate", name="account_deactivate")
def deactivate(seen: SignedIn, account: str) -> Response:
    """Close it; tokens and sessions end."""
    try:
        seen.platform.deactivate_account(seen.actor, account)
    except CasemateError as refused:
        return _account_page(seen, account, error=refused)
    told = seen.gettext("The account is deactivated; its tokens and sessions have ended.")
    return seen.redirect("account_page", told=told, account=account)


@router.post("/administration/accounts/{account}/reactivate", name="account_reactivate")
def reactivate(seen: SignedIn, account: str) -> Response:
    """Open it again."""
    try:
        seen.platform.reactivate_account(seen.actor, account)
    except CasemateError as refused:
        return _account_page(seen, account, error=refused)
    return seen.redirect(
        "account_page", told=seen.gettext("The account is active again."), account=account
    )


@router.post("/administration/accounts/{account}/invite", name="account_invite")
def invite(seen: SignedIn, account: str, form: Posted) -> Response:
    """Make a link by which they set a password; it is shown this once."""
    try:
        _, text = seen.platform.invite(seen.actor, account, resets=form.has("resets"))
    except CasemateError as refused:
        return _account_page(seen, account, error=refused)
    link = f"{base_of(seen.request)}/{seen.lang}/invitation/{text}"
    return _account_page(seen, account, invitation=link)


# ── organisations ────────────────────────────────────────────────────────────────────────────────


@router.get("/administration/organisations", name="organisations")
def organisations(seen: SignedIn) -> Response:
    """All organisations, and a form for a new one."""
    return _organisations(seen)


@router.post("/administration/organisations", name="organisation_add")
def add_organisation(seen: SignedIn, form: Posted) -> Response:
    """Add one."""
    try:
        made = seen.platform.add_organisation(seen.actor, form.text("name"), form.text("kind"))
    except CasemateError as refused:
        return _organisations(seen, form, refused)
    told = seen.gettext("%(name)s is added.", name=made.name)
    return seen.redirect("organisations", told=told)


def _organisations(
    seen: Visit, form: Filled | None = None, error: CasemateError | None = None
) -> Response:
    people = [one.organisation for one in seen.platform.accounts(seen.actor)]
    return seen.page(
        "administration/organisations.html",
        status=200 if error is None else error.http_status,
        sections=sections(seen),
        known=[(one, people.count(one.id)) for one in seen.platform.organisations(seen.actor)],
        error=error,
        values={} if form is None else {name: form.text(name) for name in form.values},
        may_add=seen.may("organisation.add"),
    )


@router.get("/administration/organisations/{organisation}", name="organisation_page")
def organisation_page(seen: SignedIn, organisation: str) -> Response:
    """One organisation."""
    return _organisation_page(seen, organisation)


@router.post("/administration/organisations/{organisation}", name="organisation_change")
def change_organisation(seen: SignedIn, organisation: str, form: Posted) -> Response:
    """Another name or kind."""
    known = _organisation(seen, organisation)
    name, kind = form.text("name"), form.text("kind")
    try:
        seen.platform.change_organisation(
            seen.actor,
            organisation,
            name=None if name == known.name else name,
            kind=None if kind == known.kind else kind,
        )
    except CasemateError as refused:
        return _organisation_page(seen, organisation, form, refused)
    return seen.redirect(
        "organisation_page", told=seen.gettext("Saved."), organisation=organisation
    )


def _organisation_page(
    seen: Visit,
    organisation: str,
    form: Filled | None = None,
    error: CasemateError | None = None,
) -> Response:
    known = _organisation(seen, organisation)
    values = {"name": known.name, "kind": known.kind}
    return seen.page(
        "administration/organisation.html",
        status=200 if error is None else error.http_status,
        sections=sections(seen),
        known=known,
        error=error,
        values=values if form is None else values | {one: form.text(one) for one in form.values},
        may_change=seen.may("organisation.change", organisation),
    )


def _organisation(seen: Visit, organisation: str) -> Organisation:
    for one in seen.platform.organisations(seen.actor):
        if one.id == organisation:
            return one
    raise NotFound(f"there is no organisation {organisation!r}")
