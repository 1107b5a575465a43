"""One's own account: each way in is set up and taken away by its owner alone, with the password."""

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from pages_world import COOKIE, Pages, pages, words
from portal.pages.test_sign_in_pages import HERE, PASSWORD, Browser
from sign_in_world import code_of, quick
from soft_passkey import SoftPasskey

from casemate.platform import Platform

PAUL = "acct-paul"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("account"), works=False) as made:
        quick(made.portal.platform)
        yield made


@pytest.fixture
def platform(clinic: Pages) -> Platform:
    return clinic.portal.platform


@pytest.fixture
def paul(clinic: Pages, platform: Platform) -> Iterator[Browser]:
    """A new account with a password, signed in."""
    platform.add_account(
        "acct-operator", "Paul", "org-clinic", ["data_user"], password=PASSWORD, account_id=PAUL
    ) if PAUL not in _accounts(platform) else None
    yield Browser(clinic, PAUL)
    _, link = platform.invite("acct-operator", PAUL, resets=True)
    platform.accept_invitation(link, PASSWORD)


def _accounts(platform: Platform) -> list[str]:
    return [one.id for one in platform.accounts("acct-operator")]


def codes_in(page: str) -> list[str]:
    return re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", page)


def set_up(paul: Browser, platform: Platform) -> tuple[pyotp.TOTP, str]:
    """A one-time password, through the pages; the app, and the page with the recovery codes."""
    page = paul.do("/en/account/one-time-password/begin")
    secret = re.search(r"<dd>((?:[A-Z2-7]{4} ?){8})</dd>", page)
    begun = re.search(r'name="begun" value="([^"]+)"', page)
    assert secret is not None
    assert begun is not None
    assert "<svg" in page
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    form = {"begun": begun[1], "code": "000000", "password": PASSWORD}
    wrong = paul.post("/en/account/one-time-password", form)
    assert wrong.status_code == 422
    assert begun[1] in wrong.text  # the same secret still, as the app has it already
    right = form | {"code": code_of(app, platform)}
    refused = paul.post("/en/account/one-time-password", right | {"password": "wrong"})
    assert refused.status_code == 403
    before = paul.browser.cookies[COOKIE]
    answer = paul.post("/en/account/one-time-password", right)
    assert answer.status_code == 303
    assert paul.browser.cookies[COOKIE] != before
    assert platform.session(before) is None
    shown = paul.see(answer.headers["location"])
    again = paul.get(answer.headers["location"])
    assert again.status_code == 422
    assert not codes_in(again.text)
    return app, shown


def test_the_page_says_who_one_is_and_how_one_comes_in(paul: Browser) -> None:
    said = words(paul.see("/en/account"))
    for wanted in ("Paul", PAUL, "Clinic", "Data user", "Change the password", "Passkeys"):
        assert wanted in said
    assert paul.browser.cookies[COOKIE] not in paul.see("/en/account")


def test_a_one_time_password_is_set_up_by_an_app_and_taken_away(
    clinic: Pages, paul: Browser, platform: Platform
) -> None:
    app, shown = set_up(paul, platform)
    assert len(codes_in(shown)) == 10
    assert "10 recovery codes are left" in words(paul.see("/en/account"))
    other = Browser(clinic)
    other.sign_in(PAUL)
    assert other.post("/en/sign-in/code", {"code": code_of(app, platform, 1)}).status_code == 303
    assert paul.post("/en/account/recovery-codes", {"password": "wrong"}).status_code == 403
    fresh = codes_in(paul.do("/en/account/recovery-codes", {"password": PASSWORD}))
    assert not set(fresh) & set(codes_in(shown))
    wrong = paul.post("/en/account/one-time-password/remove", {"password": ""})
    assert wrong.status_code == 403
    assert 'aria-invalid="true"' in wrong.text
    gone = paul.do("/en/account/one-time-password/remove", {"password": PASSWORD})
    assert "The one-time password is taken away." in words(gone) or "taken away" in gone


def test_what_one_person_began_is_no_other_persons(clinic: Pages, paul: Browser) -> None:
    begun = paul.post("/en/account/one-time-password/begin").headers["location"]
    other = Browser(clinic, "acct-researcher")
    assert other.get(begun).status_code == 409
    assert paul.get(begun).status_code == 200
    told = clinic.portal.platform.tell_once(PAUL, "aaaa-bbbb-cccc-dddd")
    assert other.get("/en/account/recovery-codes", params={"told": told}).status_code == 422
    assert codes_in(paul.see(f"/en/account/recovery-codes?told={told}"))


def test_the_password_is_changed_and_other_browsers_are_signed_out(
    clinic: Pages, paul: Browser
) -> None:
    elsewhere, before = Browser(clinic, PAUL), paul.browser.cookies[COOKIE]
    form = {
        "password": PASSWORD,
        "new_password": " a new secret ",
        "new_password_again": " a new secret ",
    }
    differ = paul.post("/en/account/password", form | {"new_password_again": "another secret"})
    assert differ.status_code == 422
    assert paul.post("/en/account/password", form | {"password": "wrong"}).status_code == 403
    assert "Your password is changed." in paul.do("/en/account/password", form)
    assert paul.browser.cookies[COOKIE] != before
    assert elsewhere.get("/en/account").status_code == 303
    fresh = Browser(clinic)
    assert fresh.sign_in(PAUL, " a new secret ").status_code == 303


def made_passkey(paul: Browser, name: str = "Telephone") -> SoftPasskey:
    device = SoftPasskey(HERE)
    paul.see("/en/account/passkeys/new")
    options = paul.post("/en/account/passkeys/options", {"name": name, "password": PASSWORD})
    assert options.status_code == 200, options.text
    assert name in paul.do("/en/account/passkeys", {"answer": device.create(options.text)})
    return device


def test_passkeys_are_added_and_taken_away(
    clinic: Pages, paul: Browser, platform: Platform
) -> None:
    refused = paul.post("/en/account/passkeys/options", {"name": "x", "password": "wrong"})
    assert (refused.status_code, "password" in refused.json()["detail"]) == (403, True)
    unnamed = paul.post("/en/account/passkeys/options", {"name": "", "password": PASSWORD})
    assert unnamed.status_code == 422
    assert paul.post("/en/account/passkeys", {"answer": "{}"}).status_code == 422
    made_passkey(paul)
    (kept,) = platform.ways(PAUL).passkeys
    other = Browser(clinic, "acct-researcher")
    stolen = other.post(f"/en/account/passkeys/{kept.id}/remove", {"password": PASSWORD})
    assert stolen.status_code == 404
    wrong = paul.post(f"/en/account/passkeys/{kept.id}/remove", {"password": "wrong"})
    assert wrong.status_code == 403
    paul.do(f"/en/account/passkeys/{kept.id}/remove", {"password": PASSWORD})
    assert platform.ways(PAUL).passkeys == ()


def test_a_token_is_told_once_and_ended_by_its_owner(
    clinic: Pages, paul: Browser, platform: Platform
) -> None:
    form: dict[str, Any] = {"token_name": "a <b> script", "scopes": ["read", "run"], "days": "7"}
    bad: list[dict[str, Any]] = [
        {"days": "x"},
        {"days": "9999"},
        {"days": "²"},
        {"scopes": []},
        {"token_name": ""},
    ]
    for wrong in bad:
        refused = paul.post("/en/account/tokens", form | wrong)
        assert refused.status_code == 422, wrong
    assert 'value="9999"' in paul.post("/en/account/tokens", form | {"days": "9999"}).text
    answer = paul.post("/en/account/tokens", form)
    shown = re.search(r"<code>(cmt_[\w-]+)</code>", paul.see(answer.headers["location"]))
    assert shown is not None
    assert paul.get(answer.headers["location"]).status_code == 422
    assert platform.token(shown[1]).account == PAUL
    listed = paul.see("/en/account")
    assert "a &lt;b&gt; script" in listed
    assert shown[1] not in listed
    (token,) = [one.id for one in platform.list_tokens(PAUL) if one.ended_at is None]
    other = Browser(clinic, "acct-researcher")
    assert other.post(f"/en/account/tokens/{token}/end").status_code == 404
    assert "a &lt;b&gt; script" not in paul.do(f"/en/account/tokens/{token}/end")


def test_sessions_are_ended_by_their_owner(
    clinic: Pages, paul: Browser, platform: Platform
) -> None:
    second, third = Browser(clinic, PAUL), Browser(clinic, PAUL)
    ids = {one.id for one in platform.sessions(PAUL)}
    here = platform.session(paul.browser.cookies[COOKIE])
    assert here is not None
    other = Browser(clinic, "acct-researcher")
    for session in ids:
        assert other.post(f"/en/account/sessions/{session}/end").status_code == 404
    found = platform.session(second.browser.cookies[COOKIE])
    assert found is not None
    paul.do(f"/en/account/sessions/{found[0].id}/end")
    assert second.get("/en/account").status_code == 303
    paul.do("/en/account/sessions/end-others")
    assert third.get("/en/account").status_code == 303
    assert [one.id for one in platform.sessions(PAUL)] == [here[0].id]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/password",
        "/one-time-password?begun=x",
        "/passkeys/new",
        "/recovery-codes?told=x",
        "/token?told=x",
    ],
)
def test_a_visitor_is_asked_to_sign_in(clinic: Pages, path: str) -> None:
    answer = Browser(clinic).get(f"/en/account{path}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/en/sign-in?next=")


@pytest.mark.parametrize("lang", ["fr", "de", "lb"])
def test_every_page_is_there_in_every_language(
    paul: Browser, platform: Platform, lang: str
) -> None:
    set_up(paul, platform)
    for path in ("account", "account/password", "account/passkeys/new"):
        assert f'<html lang="{lang}"' in paul.see(f"/{lang}/{path}")
