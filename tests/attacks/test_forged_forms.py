"""Forms that other sites send in somebody's name (CSRF), and sessions that are put upon people.

Every page that takes a form is tried: whoever adds one need not think of this list.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pages_world import COOKIE, SAME_SITE, Pages, Person, pages

from casemate.portal.pages import AREAS
from casemate.portal.pages.visit import token_of

EVERYBODY = (
    "acct-operator",
    "acct-holder",
    "acct-researcher",
    "acct-authority",
    "acct-checker",
    "acct-auditor",
)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("forged"), works=False, requests_a_minute=10**6) as clinic:
        clinic.portal.publish()
        yield clinic


def taking_forms() -> list[str]:
    """The address of every page that changes something, its parameters filled in."""
    found = []
    for route in (route for area in AREAS for route in area.router.routes):
        assert isinstance(route, APIRoute)
        changes = set(route.methods or ()) - {"GET", "HEAD"}
        if changes:
            assert changes == {"POST"}, f"{route.path}: a form sends a POST"
            path = route.path.replace("{lang:language}", "en")
            found.append(re.sub(r"{\w+(:\w+)?}", "x", path))
    return found


def test_pages_that_take_forms_are_found() -> None:
    assert len(taking_forms()) > 10


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (SAME_SITE, {}),
        (SAME_SITE, {"csrf_token": ""}),
        (SAME_SITE, {"csrf_token": "of another session"}),
        ({"Sec-Fetch-Site": "cross-site"}, {"csrf_token": "own"}),
        ({"Sec-Fetch-Site": "same-site"}, {"csrf_token": "own"}),
        ({"Origin": "https://evil.example"}, {"csrf_token": "own"}),
        ({"Origin": "null"}, {"csrf_token": "own"}),
        ({"Origin": "http://testserver.evil.example"}, {"csrf_token": "own"}),
    ],
    ids=["none", "empty", "another's", "cross-site", "sibling", "origin", "null", "look-alike"],
)
def test_no_form_of_another_site_does_anything(
    clinic: Pages, headers: dict[str, str], fields: dict[str, str]
) -> None:
    let_in = []
    victims = [clinic.person(account) for account in EVERYBODY]
    size = len(clinic.portal.platform.entries())
    for number, path in enumerate(taking_forms()):
        victim, other = victims[number % len(victims)], victims[(number + 1) % len(victims)]
        given = {"own": victim.token, "of another session": other.token}
        form = {name: given.get(value, value) for name, value in fields.items()}
        answer = victim.browser.post(path, data=form, headers=headers)
        if answer.status_code != 403:
            let_in.append((path, answer.status_code))
    assert not let_in
    assert len(clinic.portal.platform.entries()) == size


def test_a_token_in_the_address_is_no_token(clinic: Pages) -> None:
    victim = clinic.person("acct-holder")
    for path in taking_forms():
        there = f"{path}?csrf_token={victim.token}"
        assert victim.browser.post(there, headers=SAME_SITE).status_code == 403


def test_looking_at_a_page_does_what_no_form_would(clinic: Pages) -> None:
    """A GET at a form's address, as a link or an image of another site sends it, changes nothing."""
    people = [clinic.person(account) for account in ("acct-holder", "acct-authority")]
    size = len(clinic.portal.platform.entries())
    for path in taking_forms():
        for person in people:
            assert person.get(path).status_code < 500
    acts = {one.act for one in clinic.portal.platform.entries(start=size)}
    assert acts <= {"act.refused"}, acts


# Sessions


def test_a_session_that_was_put_upon_somebody_is_not_theirs(clinic: Pages) -> None:
    victim = Person(clinic.portal, None)
    victim.browser.cookies.set(COOKIE, "chosen by the attacker")
    page = victim.get("/en/sign-in")
    assert "chosen by the attacker" not in page.text
    sessions = clinic.portal.platform.sessions("acct-researcher")
    assert not [one for one in sessions if "attacker" in str(one)]
    # With a real session of the attacker's own, the victim's sign-in makes another one.
    mine = clinic.portal.platform.begin_session("acct-outsider")[1]
    victim.browser.cookies.set(COOKIE, mine)
    assert clinic.portal.platform.session("chosen by the attacker") is None
    form = {"csrf_token": token_of(mine), "account": "acct-researcher", "password": "wrong"}
    answer = victim.browser.post("/en/sign-in", data=form, headers=SAME_SITE)
    assert answer.status_code in (401, 403, 422)
    assert victim.browser.cookies[COOKIE] == mine


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_cookie_is_out_of_reach(clinic: Pages, scheme: str) -> None:
    browser = TestClient(
        clinic.portal.client.app, base_url=f"{scheme}://testserver", follow_redirects=False
    )
    cookies: list[str] = []
    for path in ("/en", "/en/sign-in", "/fr/catalogue", "/en/design"):
        cookies += browser.get(path).headers.get_list("set-cookie")
    assert cookies
    for cookie in cookies:
        said = [part.strip().lower() for part in cookie.split(";")]
        assert {"httponly", "samesite=lax", "path=/"} <= set(said), cookie
        assert not [part for part in said if part.startswith("domain")], cookie
        assert ("secure" in said) == (scheme == "https")
        assert said[0].startswith("__host-") == (scheme == "https")


def test_no_page_is_kept_by_a_cache_or_shown_in_a_frame(clinic: Pages) -> None:
    person = clinic.person("acct-researcher")
    for path in ("/en", "/en/catalogue", "/en/sign-in"):
        headers: Any = person.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
