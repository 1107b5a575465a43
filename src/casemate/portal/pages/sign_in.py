"""Signing in and out: a password and a code, a passkey, an OpenID provider, an invitation."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from casemate.acts.sign_in import HalfSignedIn
from casemate.errors import BadInput, CasemateError
from casemate.identity import Account
from casemate.portal.pages.language import LANGUAGES
from casemate.portal.pages.router import Filled, Forged, PageRouter, Posted
from casemate.portal.pages.sites import passkeys_work, site_of, source_of
from casemate.portal.pages.visit import (
    Anyone,
    SignedIn,
    Visit,
    drop_cookie,
    read_cookie,
    set_cookie,
    visit,
)

router = PageRouter()
callback = APIRouter(include_in_schema=False)
"""Where providers send browsers back to: one address a provider, whatever the language."""
HALF, AWAY, FROM = "half", "away", "from"
"""Cookies: a sign-in that still wants a code; one that went to a provider; the provider it came from."""
MINUTES = 10


@router.get("/sign-in")
def sign_in(seen: Anyone, next: str = "") -> Response:  # noqa: A002 - the word in the address
    """Who are you?"""
    return _sign_in_page(seen, next)


@router.post("/sign-in", name="try_sign_in")
def try_sign_in(seen: Anyone, form: Posted) -> Response:
    """An account and its password; without one nobody comes in here, whatever the home's files allow."""
    wanted, password = form.text("next"), "".join(form.texts("password"))
    try:
        outcome = seen.platform.sign_in_over_web(
            form.text("account"), password, source=source_of(seen)
        )
    except CasemateError as refused:
        return _sign_in_page(seen, wanted, error=refused, account=form.text("account"))
    if isinstance(outcome, HalfSignedIn):
        response = seen.redirect("sign_in_code", query={"next": wanted})
        set_cookie(seen.request, response, HALF, outcome.handle, seconds=MINUTES * 60)
        return response
    return _welcome(seen, outcome, wanted)


@router.get("/sign-in/code", name="sign_in_code")
def code(seen: Anyone, next: str = "") -> Response:  # noqa: A002 - the word in the address
    """The second step: a code of the app, or a recovery code."""
    if read_cookie(seen.request, HALF) is None:
        return seen.redirect("sign_in", query={"next": next})
    return seen.page("sign_in/code.html", next=next)


@router.post("/sign-in/code", name="try_code")
def try_code(seen: Anyone, form: Posted) -> Response:
    """The code that was typed."""
    handle, wanted = read_cookie(seen.request, HALF) or "", form.text("next")
    try:
        account = seen.platform.finish_sign_in(handle, form.text("code"), source=source_of(seen))
    except BadInput as over:  # it took too long: from the start
        response = _sign_in_page(seen, wanted, error=over)
        drop_cookie(seen.request, response, HALF)
        return response
    except CasemateError as refused:
        return seen.page(
            "sign_in/code.html", status=refused.http_status, error=refused, next=wanted
        )
    response = _welcome(seen, account, wanted)
    drop_cookie(seen.request, response, HALF)
    return response


# ── passkeys ─────────────────────────────────────────────────────────────────────────────────────


@router.post("/sign-in/passkey/options", name="passkey_options")
def passkey_options(seen: Anyone) -> Response:
    """What the script asks of the browser's passkeys."""
    return for_script(lambda: seen.platform.begin_passkey_sign_in(site_of(seen)))


@router.post("/sign-in/passkey", name="try_passkey")
def try_passkey(seen: Anyone, form: Posted) -> Response:
    """What a passkey signed."""
    try:
        account = seen.platform.sign_in_by_passkey(
            form.text("answer"), site_of(seen), source=source_of(seen)
        )
    except CasemateError as refused:
        return _sign_in_page(seen, form.text("next"), error=refused)
    return _welcome(seen, account, form.text("next"))


# ── OpenID providers ─────────────────────────────────────────────────────────────────────────────


@router.get("/sign-in/with/{provider}")
def with_provider(
    seen: Anyone,
    provider: str,
    next: str = "",  # noqa: A002 - the word in the address
    invitation: str = "",
) -> Response:
    """On to a provider's own page; a link, since a form may not lead to another site.

    With an invitation it is followed from the invitation's page alone, which says to whose account it
    leads: else a link sent to somebody could tie them to an account of the sender's.
    """
    if invitation and seen.request.headers.get("sec-fetch-site") not in (None, "same-origin"):
        raise Forged("open the invitation's own page, and go on from there: nothing was linked")
    address, handle = seen.platform.begin_provider_sign_in(
        provider, site_of(seen), invitation=invitation, next=next
    )
    response = Response(status_code=303, headers={"Location": address})
    kept = f"{seen.lang}.{provider}.{handle}"
    set_cookie(seen.request, response, AWAY, kept, seconds=MINUTES * 60)
    return response


@callback.get("/oidc/{provider}")
def from_provider(request: Request, provider: str) -> Response:
    """Back from a provider, with its answer in the query: for the browser alone that went there."""
    lang, _, rest = (read_cookie(request, AWAY) or "").partition(".")
    request.scope["path_params"]["lang"] = lang if lang in LANGUAGES else LANGUAGES[0]
    seen = visit(request)
    named, _, handle = rest.partition(".")
    try:
        # The cookie's name and the address's must be one: an answer to another sign-in is none to this.
        come = seen.platform.finish_provider_sign_in(
            provider,
            handle if named == provider else "",
            dict(request.query_params),
            source=source_of(seen),
        )
    except CasemateError as refused:
        response = _sign_in_page(seen, "", error=refused)
    else:
        response = _welcome(seen, come.account, come.remembered["next"])
        set_cookie(request, response, FROM, provider)
    drop_cookie(request, response, AWAY)
    return response


# ── invitations ──────────────────────────────────────────────────────────────────────────────────


@router.get("/invitation/{text}")
def invitation(seen: Anyone, text: str) -> Response:
    """Set a password, with the link that an operator sent; looking at it uses nothing up."""
    return _invitation_page(seen, text)


@router.post("/invitation/{text}", name="accept_invitation")
def accept_invitation(seen: Anyone, text: str, form: Posted) -> Response:
    """The password that was chosen; then one signs in with it, as ever."""
    try:
        account = seen.platform.accept_invitation(text, twice(seen, form))
    except BadInput as refused:
        if refused.http_status == 404:
            raise
        return _invitation_page(seen, text, error=refused)
    told = seen.gettext("The password of %(account)s is set. Sign in with it.", account=account.id)
    return seen.redirect("sign_in", told=told)


@router.post("/sign-out")
def sign_out(seen: SignedIn) -> Response:
    """End the session; who came from a provider is told how to leave there too."""
    response = seen.signed_out()
    if (provider := read_cookie(seen.request, FROM)) in seen.platform.openid:
        response.headers["Location"] = seen.url("signed_out", {"provider": provider})
        drop_cookie(seen.request, response, FROM)
    return response


@router.get("/signed-out")
def signed_out(seen: Anyone, provider: str = "") -> Response:
    """The session here is over; the one at the provider is ended on its own page."""
    leave = seen.platform.provider_sign_out(provider, site_of(seen))
    title = seen.platform.openid[provider].settings.title
    return seen.page("sign_in/signed_out.html", leave=leave, title=title)


# ── what several of them need ────────────────────────────────────────────────────────────────────


def for_script(make: Callable[[], str]) -> Response:
    """The JSON that ``make`` gives; an error as JSON too, whose ``detail`` the script shows."""
    try:
        return Response(make(), media_type="application/json")
    except CasemateError as refused:
        return JSONResponse({"detail": str(refused)}, refused.http_status)


def twice(seen: Visit, form: Filled) -> str:
    """A new password that was typed twice alike; raises ``BadInput``."""
    first, second = ("".join(form.texts(name)) for name in ("new_password", "new_password_again"))
    if first != second:
        raise BadInput(seen.gettext("The two passwords are not the same."))
    return first


def _welcome(seen: Visit, account: Account, wanted: str) -> Response:
    response = seen.signed_in(account.id, seen.own_address(wanted))
    drop_cookie(seen.request, response, FROM)
    return response


def _sign_in_page(
    seen: Visit, wanted: str, *, error: CasemateError | None = None, account: str = ""
) -> Response:
    return seen.page(
        "sign_in/sign_in.html",
        status=200 if error is None else error.http_status,
        error=error,
        values={"account": account},
        next=wanted,
        passkeys=passkeys_work(seen),
        providers=_providers(seen, {"next": wanted}),
    )


def _invitation_page(seen: Visit, text: str, *, error: CasemateError | None = None) -> Response:
    invited, account = seen.platform.invitation(text)
    return seen.page(
        "sign_in/invitation.html",
        status=200 if error is None else error.http_status,
        error=error,
        text=text,
        invited=invited,
        account=account,
        providers=_providers(seen, {"invitation": text}),
    )


def _providers(seen: Visit, query: dict[str, str]) -> list[tuple[str, str]]:
    """Each provider's title, and the link to it."""
    address: Callable[..., Any] = seen.url
    return [
        (one.settings.title, str(address("with_provider", query, provider=name)))
        for name, one in seen.platform.openid.items()
    ]
