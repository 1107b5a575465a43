"""The pages by which people come in: a code, a passkey, a provider, an invitation; and who must not."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from fastapi.testclient import TestClient
from hostile_provider import SUBJECT, Provider, provider
from pages_world import COOKIE, Pages, Person, pages, words
from sign_in_world import code_of, quick
from soft_passkey import SoftPasskey

from casemate.identity.openid import OpenIdProvider
from casemate.identity.passkeys import Site
from casemate.platform import Platform
from casemate.portal.pages.visit import token_of
from casemate.providers import read_providers

HERE = "http://localhost:8000"
PASSWORD = "correct horse battery staple"
PAULA = "acct-paula"


class Browser(Person):
    """A visitor's browser on the machine that serves, which has a name that passkeys can belong to."""

    def __init__(self, clinic: Pages, account: str | None = None) -> None:
        super().__init__(clinic.portal, account)
        cookies = dict(self.browser.cookies)
        self.browser = TestClient(clinic.portal.client.app, base_url=HERE, follow_redirects=False)
        for name, value in cookies.items():
            self.browser.cookies.set(name, value, domain="localhost.local")

    @property
    def token(self) -> str:
        cookies = self.browser.cookies
        return token_of(cookies.get(COOKIE) or cookies["casemate-visitor"])

    def is_in(self) -> bool:
        """Whether it shows the cookie of a session."""
        return bool(self.browser.cookies.get(COOKIE))

    def sign_in(self, account: str = PAULA, password: str = PASSWORD, **more: str) -> Any:
        self.see("/en/sign-in")
        return self.post("/en/sign-in", {"account": account, "password": password, **more})


@pytest.fixture(scope="module")
def honest() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, honest: Provider) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("sign-in"), works=False) as made:
        platform = made.portal.platform
        quick(platform)
        settings = {"name": "health", "title": "Ministry of Health", "issuer": honest.issuer,
                    "client_id": "casemate"}  # fmt: skip
        (known,) = read_providers([settings], platform.home.root)
        platform.openid = {"health": OpenIdProvider(known, platform.clock)}
        yield made


@pytest.fixture
def paula(clinic: Pages) -> Iterator[Platform]:
    """Paula with her password and nothing else; the platform."""
    platform = clinic.portal.platform
    if PAULA not in [one.id for one in platform.accounts("acct-operator")]:
        platform.add_account(
            "acct-operator", "Paula", "org-clinic", ["data_user"],
            password=PASSWORD, account_id=PAULA,
        )  # fmt: skip
    yield platform
    _, link = platform.invite("acct-operator", PAULA, resets=True)
    platform.accept_invitation(link, PASSWORD)


def enrolled(platform: Platform) -> tuple[pyotp.TOTP, list[str]]:
    begun = platform.begin_one_time_password(PAULA)
    app = pyotp.TOTP(begun.secret)
    codes = platform.add_one_time_password(PAULA, begun.handle, code_of(app, platform), PASSWORD)
    return app, codes


def test_a_code_is_asked_on_a_second_page(clinic: Pages, paula: Platform) -> None:
    app, codes = enrolled(paula)
    browser = Browser(clinic)
    answer = browser.sign_in(next="/en/design")
    assert answer.headers["location"] == "/en/sign-in/code?next=%2Fen%2Fdesign"
    assert not browser.is_in()
    handle = browser.browser.cookies["casemate-half"]
    assert handle not in browser.see("/en/sign-in/code")
    refused = browser.post("/en/sign-in/code", {"code": "000000", "next": "/en/design"})
    assert refused.status_code == 403
    assert "the code is wrong" in words(refused.text)
    code = code_of(app, paula, 1)
    answer = browser.post("/en/sign-in/code", {"code": code, "next": "/en/design"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/design")
    assert browser.is_in()
    assert not browser.browser.cookies.get("casemate-half")
    other = Browser(clinic)
    other.sign_in()
    assert other.post("/en/sign-in/code", {"code": codes[0]}).status_code == 303
    assert other.is_in()


def test_a_code_without_a_password_before_it_is_nothing(clinic: Pages, paula: Platform) -> None:
    app, _ = enrolled(paula)
    browser = Browser(clinic)
    assert browser.get("/en/sign-in/code").headers["location"] == "/en/sign-in"
    browser.see("/en/sign-in")
    for forged in ("", "x" * 43):
        browser.browser.cookies.set("casemate-half", forged)
        answer = browser.post("/en/sign-in/code", {"code": code_of(app, paula, 1)})
        assert answer.status_code == 422
        assert not browser.is_in()


def test_where_sign_ins_come_from_is_counted(clinic: Pages, paula: Platform) -> None:
    """The test's client has no network address; a proxy's word for one is given here as uvicorn does."""
    app = clinic.portal.client.app
    guesser = TestClient(app, base_url=HERE, client=("2001:db8::7", 5), follow_redirects=False)
    guesser.get("/en/sign-in")
    token = token_of(guesser.cookies["casemate-visitor"])
    for number in range(22):
        form = {"csrf_token": token, "account": f"acct-x-{number}", "password": "guess"}
        said = guesser.post("/en/sign-in", data=form)
        assert said.status_code == 403
    assert "from where this one comes from" in said.text
    assert Browser(clinic).sign_in().status_code == 303


def test_a_passkey_opens_the_portal(clinic: Pages, paula: Platform) -> None:
    device, site = SoftPasskey(HERE), Site(HERE)
    asked = paula.begin_passkey(PAULA, "telephone", site, PASSWORD)
    paula.add_passkey(PAULA, device.create(asked), site)
    browser = Browser(clinic)
    page = browser.see("/en/sign-in?next=/en/design")
    assert 'data-passkey="get"' in page
    options = browser.post("/en/sign-in/passkey/options")
    assert options.headers["content-type"] == "application/json"
    form = {"answer": device.get(options.text), "next": "/en/design"}
    answer = browser.post("/en/sign-in/passkey", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/design")
    assert browser.is_in()
    again = Browser(clinic)
    again.see("/en/sign-in")
    refused = again.post("/en/sign-in/passkey", form)
    assert refused.status_code == 422
    assert not again.is_in()
    assert again.browser.post("/en/sign-in/passkey/options").status_code == 403  # no form of ours


def test_passkeys_are_not_offered_where_they_cannot_be(clinic: Pages) -> None:
    visitor = clinic.person(None)  # at http://testserver, which the settings do not name
    assert "data-passkey" not in visitor.see("/en/sign-in")
    token = token_of(visitor.browser.cookies["casemate-visitor"])
    said = visitor.browser.post("/en/sign-in/passkey/options", data={"csrf_token": token})
    assert said.status_code == 503
    assert "casemate.toml" in said.json()["detail"]


def go_to_provider(browser: Browser, honest: Provider, query: str = "") -> dict[str, str]:
    """Follow the link to the provider; what it was asked."""
    answer = browser.get(f"/lb/sign-in/with/health{query}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(honest.issuer)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    honest.nonce = asked["nonce"][0]
    assert asked["redirect_uri"] == [f"{HERE}/oidc/health"]
    return {name: values[0] for name, values in asked.items()}


def test_a_provider_lets_in_whom_an_operator_linked(
    clinic: Pages, paula: Platform, honest: Provider
) -> None:
    browser = Browser(clinic)
    assert "Ministry of Health" in browser.see("/en/sign-in")
    asked = go_to_provider(browser, honest, "?next=/lb/design")
    answer = {"code": "c", "state": asked["state"]}
    unknown = browser.get("/oidc/health", params=answer)
    assert unknown.status_code == 403
    assert '<html lang="lb"' in unknown.text
    assert "has no account here" in words(unknown.text)
    link = paula.link_account("acct-operator", PAULA, "health", SUBJECT)
    asked = go_to_provider(browser, honest, "?next=/lb/design")
    back = browser.get("/oidc/health", params=answer | {"state": asked["state"]})
    assert (back.status_code, back.headers["location"]) == (303, "/lb/design")
    assert "Paula" in browser.see("/en")
    out = browser.post("/lb/sign-out")
    assert out.headers["location"] == "/lb/signed-out?provider=health"
    assert f'href="{honest.issuer}/out?x=1&amp;client_id=casemate' in browser.see(
        "/lb/signed-out?provider=health"
    )
    assert not browser.is_in()
    paula.unlink_account("acct-operator", PAULA, link.id)


def test_a_provider_leads_nowhere_else(clinic: Pages, paula: Platform, honest: Provider) -> None:
    link = paula.link_account("acct-operator", PAULA, "health", SUBJECT)
    browser = Browser(clinic)
    asked = go_to_provider(browser, honest, "?next=https://evil.example/")
    back = browser.get("/oidc/health", params={"code": "c", "state": asked["state"]})
    assert back.headers["location"] == "/lb"
    paula.unlink_account("acct-operator", PAULA, link.id)


def test_an_answer_is_taken_from_the_browser_alone_that_went_there(
    clinic: Pages, paula: Platform, honest: Provider
) -> None:
    """Sign-in forgery: an attacker's own answer, sent to somebody else's browser, signs nobody in."""
    link = paula.link_account("acct-operator", PAULA, "health", SUBJECT)
    attacker, victim = Browser(clinic), Browser(clinic)
    asked = go_to_provider(attacker, honest)
    answer = {"code": "c", "state": asked["state"]}
    go_to_provider(victim, honest)
    honest.nonce = asked["nonce"]
    for browser in (victim, Browser(clinic)):
        refused = browser.get("/oidc/health", params=answer)
        assert refused.status_code in (403, 422)
        assert not browser.is_in()
    assert attacker.get("/oidc/nobody", params=answer).status_code == 404
    paula.unlink_account("acct-operator", PAULA, link.id)


def test_a_provider_that_is_not_in_the_settings_is_not_found(clinic: Pages) -> None:
    browser = Browser(clinic)
    assert browser.get("/en/sign-in/with/nobody").status_code == 404
    assert browser.get("/en/signed-out?provider=nobody").status_code == 404


def test_the_host_of_a_request_is_not_believed(clinic: Pages) -> None:
    browser = Browser(clinic)
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example"):
        answer = browser.get("/en/sign-in/with/health", headers={"Host": host})
        assert answer.status_code == 503, host
        assert "evil" not in answer.headers.get("location", "")


def test_an_invitation_sets_a_password_and_is_over(clinic: Pages, paula: Platform) -> None:
    _, link = paula.invite("acct-operator", "acct-auditor")
    browser = Browser(clinic)
    page = browser.see(f"/fr/invitation/{link}")
    assert "acct-auditor" in page
    assert 'autocomplete="new-password"' in page
    typed = {"new_password": PASSWORD, "new_password_again": PASSWORD + "!"}
    differ = browser.post(f"/fr/invitation/{link}", typed)
    assert differ.status_code == 422
    short = browser.post(f"/fr/invitation/{link}", dict.fromkeys(typed, "short"))
    assert short.status_code == 422
    assert "12 or more" in short.text
    done = browser.post(f"/fr/invitation/{link}", dict.fromkeys(typed, PASSWORD))
    assert (done.status_code, done.headers["location"]) == (303, "/fr/sign-in")
    assert not browser.is_in()
    assert browser.sign_in("acct-auditor").status_code == 303
    for path in (link, "x" * 43):
        assert Browser(clinic).get(f"/fr/invitation/{path}").status_code == 404
    assert browser.post(f"/fr/invitation/{link}", dict.fromkeys(typed, PASSWORD)).status_code == 404


def test_an_invitation_links_a_provider_instead(
    clinic: Pages, paula: Platform, honest: Provider
) -> None:
    _, link = paula.invite("acct-operator", "acct-colleague")
    browser = Browser(clinic)
    page = browser.see(f"/lb/invitation/{link}")
    address = re.search(r'href="(/lb/sign-in/with/health\?invitation=[^"]+)"', page)
    assert address is not None
    for site in ("cross-site", "same-site", "none"):  # a link that somebody was sent
        lured = browser.get(address[1], headers={"Sec-Fetch-Site": site})
        assert (lured.status_code, lured.headers.get("location")) == (403, None)
    asked = go_to_provider(browser, honest, "?" + urlsplit(address[1]).query)
    back = browser.get("/oidc/health", params={"code": "c", "state": asked["state"]})
    assert back.status_code == 303
    assert "Carla Colleague" in browser.see("/en")
    (made,) = paula.account_links("acct-operator", "acct-colleague")
    paula.unlink_account("acct-operator", "acct-colleague", made.id)


@pytest.mark.parametrize("field", ["account", "password", "next"])
@pytest.mark.parametrize("value", ["\ud7ff" * 3000, "a" * 100_000, "'\"><script>", "\u202e", "🦊"])
def test_odd_words_sign_nobody_in_and_break_nothing(
    clinic: Pages, paula: Platform, field: str, value: str
) -> None:
    browser = Browser(clinic)
    answer = browser.sign_in(**{"password": "wrong", field: value})
    assert answer.status_code == 403
    assert "<script>" not in answer.text.replace('<script src="', "")
