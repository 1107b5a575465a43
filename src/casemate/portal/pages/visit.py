"""One look at a page: who looks, in which language, and how the page is made."""

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, cast
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import NoMatchFound

from casemate.errors import CasemateError
from casemate.facts import Door
from casemate.identity import Account, WebSession
from casemate.identity.web_sessions import LONGEST
from casemate.platform import Platform
from casemate.portal.callers import platform_of
from casemate.portal.pages import router as routing
from casemate.portal.pages.language import LANGUAGES, Language, translations
from casemate.portal.pages.templating import environment

SESSION, VISITOR, TOLD, THEME = "session", "visitor", "told", "theme"
THEMES = ("light", "dark")
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


Navigation = tuple[str, str, Door | None]
"""What an area shows of itself: its name, its first page, the door it takes (``None``: it is open)."""


@dataclass(frozen=True)
class Area:
    """One link of the navigation."""

    name: str
    address: str
    is_here: bool


class SignInWanted(CasemateError):
    """The page is for people who are signed in: they are asked to, and come back to it."""

    http_status = 401
    title = "Sign in"


@dataclass
class Visit:
    """Whoever looks at a page, and what the page is made with."""

    request: Request
    platform: Platform
    lang: Language
    session: WebSession | None
    account: Account | None
    _new_cookies: dict[str, str] = field(default_factory=dict)

    @property
    def actor(self) -> str:
        """The id of the account that acts; raises ``SignInWanted`` where nobody is signed in."""
        if self.account is None:
            raise SignInWanted("sign in to see this page")
        return self.account.id

    @property
    def looks_as(self) -> str | None:
        """The account's id, or ``None`` for the public."""
        return None if self.account is None else self.account.id

    @property
    def theme(self) -> str | None:
        """``light`` or ``dark`` where the browser was told so; ``None``: as the device has it."""
        told = read_cookie(self.request, THEME)
        return told if told in THEMES else None

    @property
    def navigation(self) -> list[Area]:
        """The areas that whoever looks has a use for, as links."""
        known: list[Navigation] = self.request.app.state.areas
        shown = [
            (name, self.url(route))
            for name, route, door in known
            if door is None or door in self.doors
        ]
        path, first = self.request.url.path, self.url("home")  # every address begins with that one
        return [
            Area(
                name,
                address,
                path == address or (address != first and path.startswith(address + "/")),
            )
            for name, address in shown
        ]

    # ── words ────────────────────────────────────────────────────────────────────────────────────

    def gettext(self, text: str, **values: Any) -> str:
        """``text`` in the page's language, its ``%(name)s`` filled in."""
        said = translations(self.lang).gettext(text)
        return said % values if values else said

    def ngettext(self, one: str, many: str, number: int, **values: Any) -> str:
        """``one`` or ``many``, by ``number``, in the page's language."""
        said = translations(self.lang).ngettext(one, many, number)
        return said % {"num": number, **values}

    def text_of(self, texts: Mapping[str, str]) -> str:
        """Of a text given in several languages this page's, else English, else the first."""
        return texts.get(self.lang) or texts.get("en") or next(iter(texts.values()), "")

    # ── addresses ────────────────────────────────────────────────────────────────────────────────

    def url(self, name: str, query: Mapping[str, Any] | None = None, **params: Any) -> str:
        """The page ``name``'s address in this language; raises ``NoMatchFound`` where there is none."""
        path = self._path(routing.PREFIX + name, {"lang": self.lang, **params})
        asked = {key: value for key, value in (query or {}).items() if value not in (None, "", ())}
        return f"{path}?{urlencode(asked, doseq=True)}" if asked else str(path)

    def _path(self, name: str, params: dict[str, Any]) -> str:
        """By the page's own route: the framework would try every route there is, for every link."""
        known: Mapping[str, list[APIRoute]] = self.request.app.state.pages
        for route in known.get(name, ()):
            with suppress(NoMatchFound):  # another page of that name takes other parameters
                return str(route.url_path_for(name, **params))
        return str(self.request.app.url_path_for(name, **params))

    def here_in(self, language: Language) -> str:
        """This page's address in another language."""
        rest = self.request.url.path.removeprefix(f"/{self.lang}")
        query = self.request.url.query
        return f"/{language}{quote(rest)}" + (f"?{query}" if query else "")

    @property
    def here(self) -> str:
        """This page's own address, without the host."""
        return self.here_in(self.lang)

    def own_address(self, asked: str) -> str:
        """``asked``, if it is an address of these pages, else the home page: no open redirects."""
        is_ours = any(
            asked == f"/{one}" or asked.startswith((f"/{one}/", f"/{one}?")) for one in LANGUAGES
        )
        safe = is_ours and asked.isprintable() and "\\" not in asked and "//" not in asked
        return asked if safe else self.url("home")

    # ── what is allowed ──────────────────────────────────────────────────────────────────────────

    def may(self, action: str, about: str | None = None) -> bool:
        """Whether the policies let whoever looks do ``action`` to the record ``about``."""
        return self.platform.may(self.looks_as, action, about)

    @cached_property
    def doors(self) -> frozenset[str]:
        """The parts of the portal that whoever looks has a use for."""
        return frozenset() if self.account is None else self.platform.doors(self.account.id)

    @cached_property
    def new_alerts(self) -> int:
        """How many alerts of case files wait for whoever looks."""
        return 0 if self.account is None else self.platform.unseen_case_alerts(self.account.id)

    @cached_property
    def csrf(self) -> str:
        """The token that this page's forms carry; a visitor without one is given a secret first."""
        if (known := expected_token(self.request)) is not None:
            return known
        secret = secrets.token_urlsafe(32)
        self._new_cookies[VISITOR] = secret
        return token_of(secret)

    def require_token(self, given: str) -> None:
        """Raise ``Forged`` unless ``given`` is this visit's token and the request is from here."""
        routing.require_own_origin(self.request)
        routing.require_token(given, expected_token(self.request))

    # ── answers ──────────────────────────────────────────────────────────────────────────────────

    def part(self, template: str, **context: Any) -> str:
        """The markup that ``template`` makes of ``context``: of a page, or of a part of one."""
        made = environment(self.lang).get_template(template)
        known: dict[str, Any] = {"seen": self, "told": None, "error": None, "values": {}}
        return made.render(known | context)

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """The page that ``template`` makes of ``context``; it knows this visit as ``seen``."""
        told = _read_told(self.request)
        text = self.part(template, told=told, **context)
        response = HTMLResponse(text, status)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Content-Language"] = self.lang
        for name, value in self._new_cookies.items():
            set_cookie(self.request, response, name, value)
        if told is not None:
            drop_cookie(self.request, response, TOLD)
        return response

    def redirect(
        self,
        name: str,
        *,
        told: str | None = None,
        query: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> Response:
        """On to the page ``name`` (303), which says ``told`` once."""
        return self.go(self.url(name, query, **params), told=told)

    def go(self, address: str, *, told: str | None = None) -> Response:
        """As ``redirect``, to an address of ours."""
        response = RedirectResponse(address, 303)
        if told is not None:
            text = urlsafe_b64encode(json.dumps(told).encode()).decode()
            set_cookie(self.request, response, TOLD, text, seconds=60)
        return response

    def signed_in(self, account: str, address: str, *, told: str | None = None) -> Response:
        """Begin a session of ``account``, who has just proved who they are, and go on to ``address``.

        The session before ends, so that none from before a change of what one may do is worth anything.
        """
        before = self.session
        session, text = self.platform.begin_session(account)
        if before is not None:
            self.platform.end_session(before.account, before.id)
        response = self.go(address, told=told)
        seconds = int(LONGEST.total_seconds())
        set_cookie(self.request, response, SESSION, text, seconds=seconds)
        drop_cookie(self.request, response, VISITOR)
        self.session = session
        return response

    def signed_out(self) -> Response:
        """End the session and go home."""
        if self.session is not None:
            self.platform.end_session(self.actor, self.session.id)
        response = self.redirect("home", told=self.gettext("You are signed out."))
        drop_cookie(self.request, response, SESSION)
        return response


def visit(request: Request) -> Visit:
    """Whoever looks: the account of the session's cookie, or the public."""
    platform = platform_of(request)
    lang = cast(Language, request.path_params["lang"])
    text = read_cookie(request, SESSION)
    known = None if text is None else platform.session(text)
    session, account = known or (None, None)
    return Visit(request, platform, lang, session, account)


def signed_in(seen: "Anyone") -> Visit:
    """Whoever is signed in; raises ``SignInWanted`` otherwise."""
    _ = seen.actor
    return seen


Anyone = Annotated[Visit, Depends(visit)]
SignedIn = Annotated[Visit, Depends(signed_in)]


# ── cookies ──────────────────────────────────────────────────────────────────────────────────────


def _cookie_name(request: Request, name: str) -> str:
    # The prefix has the browser refuse the cookie from anywhere but this host over TLS.
    return f"__Host-casemate-{name}" if request.url.scheme == "https" else f"casemate-{name}"


def read_cookie(request: Request, name: str) -> str | None:
    """The cookie that we set as ``name``."""
    return request.cookies.get(_cookie_name(request, name))


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Have the browser keep ``value``, out of reach of scripts; until it is closed if not ``seconds``."""
    response.set_cookie(
        _cookie_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Have the browser forget the cookie."""
    set_cookie(request, response, name, "", seconds=0)


def token_of(secret: str) -> str:
    """The token of forms that belong to the cookie ``secret``; from it nobody gets to the cookie."""
    return hmac.new(secret.encode(), b"casemate form", "sha256").hexdigest()


def expected_token(request: Request) -> str | None:
    """The token that a form of this browser's must carry: of its session, or of it as a visitor."""
    secret = read_cookie(request, SESSION) or read_cookie(request, VISITOR)
    return token_of(secret) if secret else None


def _read_told(request: Request) -> str | None:
    text = read_cookie(request, TOLD)
    if not text:
        return None
    try:
        return str(json.loads(urlsafe_b64decode(text)))
    except ValueError:
        return None
