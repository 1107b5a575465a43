"""Signing in with a real Chromium: a passkey of a virtual authenticator, a code, a real OpenID provider;
and axe on the pages that are only seen in the middle of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import oidc_provider_mock
import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import PASSWORD, chromium, gather, serving, watched
from playwright.sync_api import Browser, Page, expect

from casemate.home import create_home
from casemate.identity.openid import OpenIdProvider
from casemate.platform import Platform
from casemate.portal.pages.language import LANGUAGES
from casemate.providers import read_providers

RITA = "acct-researcher"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("sign-in")
    with Platform(create_home(folder / "home")) as opened:
        gather(opened)
        yield opened


@pytest.fixture(scope="module")
def address(platform: Platform) -> Iterator[str]:
    """By its name: passkeys do not belong to an address."""
    with serving(platform, works=False) as at:
        yield at.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        made = context.new_page()
        made.set_default_timeout(20_000)
        yield made


def violations(page: Page) -> list[str]:
    return [f"{page.url}: {one['id']}" for one in Axe().run(page).response["violations"]]


def sign_in(page: Page, address: str, account: str = RITA) -> None:
    page.goto(f"{address}/en/sign-in")
    page.get_by_label("Account", exact=True).fill(account)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def virtual_authenticator(page: Page, *, verifies: bool = True) -> None:
    """A device that holds passkeys, and whose holder is recognised, or is not."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.timeout(240)
def test_a_passkey_is_made_and_opens_the_portal(
    platform: Platform, address: str, page: Page
) -> None:
    complaints = watched(page)
    virtual_authenticator(page)
    sign_in(page, address)
    page.goto(f"{address}/en/account/passkeys/new")
    page.get_by_label("Name", exact=True).fill("Telephone")
    page.get_by_label("Your password", exact=True).fill("not the password")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("was not signed in")
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("main")).to_contain_text("The passkey “Telephone” is kept.")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.wait_for_url(re.compile(r"/en$"))
    page.goto(f"{address}/en/sign-in?next=/en/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r"/en/account$"))
    expect(page.locator("main")).to_contain_text("last used")
    (kept,) = platform.ways(RITA).passkeys
    entry = next(one for one in list(platform.entries())[::-1] if one.act == "account.signed_in")
    assert entry.detail == {"by_password": False, "passkey": kept.id}
    assert [one for one in complaints if "asks http://localhost:" not in one] == []


@pytest.mark.timeout(240)
def test_a_device_whose_holder_it_does_not_know_signs_nobody_in(address: str, page: Page) -> None:
    virtual_authenticator(page, verifies=False)
    page.goto(f"{address}/en/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey was not used.")
    assert "/en/sign-in" in page.url


@pytest.mark.timeout(240)
def test_without_javascript_the_password_and_a_code_are_enough(
    platform: Platform, address: str, browser: Browser
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, address, "acct-auditor")
        page.goto(f"{address}/en/account")
        page.get_by_role("button", name="Set up a one-time password").click()
        secret = (
            page.locator("dd").filter(has_text=re.compile(r"^([A-Z2-7]{4} ?){8}$")).inner_text()
        )
        app = pyotp.TOTP(secret.replace(" ", ""))
        now = int(platform.clock().timestamp()) // 30
        page.get_by_label("Code that the app shows").fill(app.generate_otp(now - 1))
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Set up", exact=True).click()
        expect(page.locator(".codes li")).to_have_count(10)
        page.get_by_role("button", name="Sign out", exact=True).first.click()
        sign_in(page, address, "acct-auditor")
        expect(page.locator("h1")).to_have_text("One-time password")
        page.get_by_label("Code").fill(app.generate_otp(now + 1))
        page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("header")).to_contain_text("Anouk Auditor")
        page.goto(f"{address}/en/sign-in")
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


@pytest.mark.timeout(240)
@pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning")
def test_a_real_provider_signs_in_and_out(
    platform: Platform, address: str, page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REAL_SECRET", "the client's secret")
    user = oidc_provider_mock.User(sub="chris", claims={"name": "Chris"})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as server:
        settings = {
            "name": "real", "title": "A real provider", "client_id": "casemate",
            "issuer": f"http://localhost:{server.server_port}", "client_secret_env": "REAL_SECRET",
        }  # fmt: skip
        (known,) = read_providers([settings], tmp_path)
        platform.openid = {"real": OpenIdProvider(known, platform.clock)}
        platform.link_account("acct-operator", "acct-checker", "real", "chris")
        page.goto(f"{address}/en/sign-in?next=/en/account")
        assert violations(page) == []
        page.get_by_role("link", name="Sign in with A real provider").click()
        page.get_by_role("button", name="chris").first.click()
        page.wait_for_url(re.compile(r"localhost:\d+/en/account$"))
        expect(page.locator("main")).to_contain_text("acct-checker")
        page.get_by_role("button", name="Sign out", exact=True).first.click()
        leave = page.get_by_role("link", name="Sign out of A real provider")
        expect(leave).to_be_visible()
        assert violations(page) == []
        assert (leave.get_attribute("href") or "").startswith(known.issuer)


@pytest.mark.timeout(240)
def test_axe_finds_nothing_on_the_pages_in_between(
    platform: Platform, address: str, page: Page
) -> None:
    begun = platform.begin_one_time_password("acct-holder")
    code = pyotp.TOTP(begun.secret).now()
    platform.add_one_time_password("acct-holder", begun.handle, code, PASSWORD)
    sign_in(page, address, "acct-holder")
    expect(page.locator("h1")).to_have_text("One-time password")
    wrong: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(
            color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
        )
        for language in LANGUAGES:
            page.goto(f"{address}/{language}/sign-in/code")
            wrong += violations(page)
    sign_in(page, address, RITA)
    page.wait_for_url(re.compile(r"/en$"))
    for path, secrets in (("recovery-codes", ["aaaa-bbbb-cccc-dddd"] * 10), ("token", ["cmt_x"])):
        page.goto(f"{address}/en/account/{path}?told={platform.tell_once(RITA, *secrets)}")
        wrong += violations(page)
    assert wrong == []
