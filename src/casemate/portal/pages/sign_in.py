"""Signing in and out."""

from fastapi import Response

from casemate.identity import SignInRefused
from casemate.identity.sources import source_of
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import Anyone, SignedIn, Visit

router = PageRouter()


@router.get("/sign-in")
def sign_in(seen: Anyone, next: str = "") -> Response:  # noqa: A002 - the word in the address
    """Who are you?"""
    return seen.page("sign_in/sign_in.html", next=next)


@router.post("/sign-in", name="try_sign_in")
def try_sign_in(seen: Anyone, form: Posted) -> Response:
    """An account and its password; without one nobody comes in here, whatever the home's files allow."""
    try:
        account = seen.platform.sign_in(
            form.text("account"), "".join(form.texts("password")), source=_source(seen)
        )
    except SignInRefused as refused:
        return seen.page(
            "sign_in/sign_in.html",
            status=refused.http_status,
            error=refused,
            values={"account": form.text("account")},
            next=form.text("next"),
        )
    return seen.signed_in(account.id, seen.own_address(form.text("next")))


@router.post("/sign-out")
def sign_out(seen: SignedIn) -> Response:
    """End the session."""
    return seen.signed_out()


def _source(seen: Visit) -> str | None:
    client = seen.request.client
    try:
        return None if client is None else source_of(client.host)
    except ValueError:  # a unix socket, a test's client: no network address
        return None
