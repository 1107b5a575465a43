"""One's own account: what one signs in with, the programs and browsers that act in one's name."""

from collections.abc import Callable
from typing import Any

import segno
from fastapi import Response
from markupsafe import Markup

from casemate.errors import BadInput, CasemateError
from casemate.identity import Scope
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.sign_in import for_script, twice
from casemate.portal.pages.sites import passkeys_work, site_of, source_of
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()
SCOPES: tuple[tuple[Scope, str], ...] = (
    (Scope.read, mark("Read all that you may read")),
    (Scope.publish, mark("Publish datasets")),
    (Scope.apply, mark("Apply for access")),
    (Scope.decide, mark("Decide on applications")),
    (Scope.run, mark("Run programs")),
    (Scope.review, mark("Review outputs")),
    (Scope.cases, mark("Keep case files")),
    (Scope.administer, mark("Administer accounts")),
)


@router.get("/account", name="my_account")
def account(seen: SignedIn) -> Response:
    """Everything at a glance."""
    return _overview(seen)


def _overview(
    seen: Visit, error: CasemateError | None = None, field: str = "", **typed: Any
) -> Response:
    platform, actor = seen.platform, seen.actor
    assert seen.account is not None
    assert seen.session is not None
    organisation = platform.own_organisation(actor)
    return seen.page(
        "account/account.html",
        status=200 if error is None else error.http_status,
        error=error,
        field=field,
        values=typed,
        organisation=organisation,
        ways=platform.ways(actor),
        tokens=[one for one in platform.list_tokens(actor) if one.ended_at is None],
        sessions=platform.sessions(actor),
        here=seen.session.id,
        now=platform.clock(),
        scopes=[(scope.value, seen.gettext(said)) for scope, said in SCOPES],
    )


# ── password ─────────────────────────────────────────────────────────────────────────────────────


@router.get("/account/password", name="my_password")
def password(seen: SignedIn) -> Response:
    """A new password for the old one."""
    return seen.page("account/password.html")


@router.post("/account/password", name="my_change_password")
def change_password(seen: SignedIn, form: Posted) -> Response:
    """The old one, and the new one twice; every other browser is signed out."""
    assert seen.session is not None
    try:
        seen.platform.change_password(
            seen.actor,
            _secret(form, "password"),
            twice(seen, form),
            source=source_of(seen),
            stays=seen.session.id,
        )
    except CasemateError as refused:
        return seen.page("account/password.html", status=refused.http_status, error=refused)
    return _changed(seen, seen.gettext("Your password is changed. Other browsers are signed out."))


# ── one-time password ────────────────────────────────────────────────────────────────────────────


@router.post("/account/one-time-password/begin", name="my_begin_one_time_password")
def begin_one_time_password(seen: SignedIn) -> Response:
    """A fresh secret, shown on the next page."""
    begun = seen.platform.begin_one_time_password(seen.actor)
    return seen.redirect("my_one_time_password", query={"begun": begun.handle})


@router.get("/account/one-time-password", name="my_one_time_password")
def one_time_password(seen: SignedIn, begun: str = "") -> Response:
    """The secret as a picture and as text, and a field for the first code of the app."""
    return _enrolment(seen, begun)


@router.post("/account/one-time-password", name="my_add_one_time_password")
def add_one_time_password(seen: SignedIn, form: Posted) -> Response:
    """The first code, and the password."""
    handle = form.text("begun")
    try:
        codes = seen.platform.add_one_time_password(
            seen.actor,
            handle,
            form.text("code"),
            _secret(form, "password"),
            source=source_of(seen),
        )
    except CasemateError as refused:
        return _enrolment(seen, handle, refused)
    return _codes_once(seen, codes)


@router.post("/account/one-time-password/remove", name="my_remove_one_time_password")
def remove_one_time_password(seen: SignedIn, form: Posted) -> Response:
    """From now on the password alone is enough."""
    return _with_password(
        seen,
        form,
        "remove-code-password",
        seen.platform.remove_one_time_password,
        seen.gettext("The one-time password is taken away."),
    )


@router.post("/account/recovery-codes", name="my_renew_recovery_codes")
def renew_recovery_codes(seen: SignedIn, form: Posted) -> Response:
    """New recovery codes; the old ones are worth nothing."""
    try:
        codes = seen.platform.renew_recovery_codes(
            seen.actor, _secret(form, "password"), source=source_of(seen)
        )
    except CasemateError as refused:
        return _overview(seen, refused, "renew-codes-password")
    return _codes_once(seen, codes)


@router.get("/account/recovery-codes", name="my_recovery_codes")
def recovery_codes(seen: SignedIn, told: str) -> Response:
    """The recovery codes, this once."""
    return seen.page("account/recovery_codes.html", codes=seen.platform.told_once(seen.actor, told))


# ── passkeys ─────────────────────────────────────────────────────────────────────────────────────


@router.get("/account/passkeys/new", name="my_new_passkey")
def new_passkey(seen: SignedIn) -> Response:
    """A name for the passkey; the rest is between the browser and the device."""
    return _new_passkey(seen)


@router.post("/account/passkeys/options", name="my_new_passkey_options")
def new_passkey_options(seen: SignedIn, form: Posted) -> Response:
    """What the script asks of the device."""
    return for_script(
        lambda: seen.platform.begin_passkey(
            seen.actor,
            form.text("name"),
            site_of(seen),
            _secret(form, "password"),
            source=source_of(seen),
        )
    )


@router.post("/account/passkeys", name="my_add_passkey")
def add_passkey(seen: SignedIn, form: Posted) -> Response:
    """What the device made."""
    try:
        made = seen.platform.add_passkey(seen.actor, form.text("answer"), site_of(seen))
    except CasemateError as refused:
        return _new_passkey(seen, refused)
    return _changed(seen, seen.gettext("The passkey “%(name)s” is kept.", name=made.name))


@router.post("/account/passkeys/{passkey}/remove", name="my_remove_passkey")
def remove_passkey(seen: SignedIn, passkey: str, form: Posted) -> Response:
    """It opens nothing any more."""
    return _with_password(
        seen,
        form,
        f"{passkey}-password",
        lambda actor, given, source: seen.platform.remove_passkey(
            actor, passkey, given, source=source
        ),
        seen.gettext("The passkey is taken away."),
    )


# ── tokens and sessions ──────────────────────────────────────────────────────────────────────────


@router.post("/account/tokens", name="my_issue_token")
def issue_token(seen: SignedIn, form: Posted) -> Response:
    """A new access token, told once on the next page."""
    try:
        _, text = seen.platform.issue_token(
            seen.actor, form.text("token_name"), form.texts("scopes"), _days(seen, form)
        )
    except CasemateError as refused:
        return _overview(
            seen,
            refused,
            "token_name",
            token_name=form.text("token_name"),
            chosen=form.texts("scopes"),
            days=form.text("days"),
        )
    told = seen.platform.tell_once(seen.actor, text)
    return seen.redirect("my_token", query={"told": told})


@router.get("/account/token", name="my_token")
def token(seen: SignedIn, told: str) -> Response:
    """The token's text, this once."""
    (text,) = seen.platform.told_once(seen.actor, told)
    return seen.page("account/token.html", text=text)


@router.post("/account/tokens/{token}/end", name="my_end_token")
def end_token(seen: SignedIn, token: str) -> Response:
    """It opens nothing any more."""
    seen.platform.end_token(seen.actor, token)
    return seen.redirect("my_account", told=seen.gettext("The access token has ended."))


@router.post("/account/sessions/{session}/end", name="my_end_session")
def end_session(seen: SignedIn, session: str) -> Response:
    """Sign out somewhere else."""
    seen.platform.end_session(seen.actor, session)
    return seen.redirect("my_account", told=seen.gettext("That browser is signed out."))


@router.post("/account/sessions/end-others", name="my_end_other_sessions")
def end_other_sessions(seen: SignedIn) -> Response:
    """Sign out everywhere else."""
    assert seen.session is not None
    for one in seen.platform.sessions(seen.actor):
        if one.id != seen.session.id:
            seen.platform.end_session(seen.actor, one.id)
    return seen.redirect("my_account", told=seen.gettext("Every other browser is signed out."))


# ── what several of them need ────────────────────────────────────────────────────────────────────


def _secret(form: Filled, name: str) -> str:
    # As it was typed: a password may begin or end with a blank.
    return "".join(form.texts(name))


def _days(seen: Visit, form: Filled) -> int:
    text = form.text("days")
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise BadInput(seen.gettext("Give the days as a number, such as 30."))
    return int(text)


def _changed(seen: Visit, told: str) -> Response:
    """Back to the account, in a new session: what was changed is who may come in."""
    return seen.signed_in(seen.actor, seen.url("my_account"), told=told)


def _with_password(
    seen: Visit, form: Filled, field: str, act: Callable[..., None], told: str
) -> Response:
    try:
        act(seen.actor, _secret(form, "password"), source=source_of(seen))
    except CasemateError as refused:
        return _overview(seen, refused, field)
    return _changed(seen, told)


def _codes_once(seen: Visit, codes: list[str]) -> Response:
    told = seen.platform.tell_once(seen.actor, *codes)
    return seen.signed_in(seen.actor, seen.url("my_recovery_codes", {"told": told}))


def _enrolment(seen: Visit, handle: str, error: CasemateError | None = None) -> Response:
    begun = seen.platform.begun_one_time_password(seen.actor, handle)
    picture = segno.make(begun.uri, error="m").svg_inline(scale=5, border=4, light="white")
    groups = [begun.secret[start : start + 4] for start in range(0, len(begun.secret), 4)]
    return seen.page(
        "account/one_time_password.html",
        status=200 if error is None else error.http_status,
        error=error,
        begun=begun,
        picture=Markup(picture),  # noqa: S704 - drawn here from digits and letters of ours
        secret=" ".join(groups),
    )


def _new_passkey(seen: Visit, error: CasemateError | None = None) -> Response:
    return seen.page(
        "account/new_passkey.html",
        status=200 if error is None else error.http_status,
        error=error,
        works=passkeys_work(seen),
        ways=seen.platform.ways(seen.actor),
    )
