"""What holds of every page: who is signed in, forms that are ours, languages, addresses, headers."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from conftest import MovableClock
from pages_world import COOKIE, Pages, Person, pages, words

from casemate.identity.web_sessions import IDLE, LONGEST, WebSessions
from casemate.ledger import Ledger
from casemate.portal.pages.language import LANGUAGES, preferred
from casemate.portal.pages.visit import token_of
from casemate.store import Store
from casemate.store.keys import Keyring

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("frame"), works=False) as made:
        made.portal.platform.add_account(
            "acct-operator", "Paula", "org-clinic", ["data_user"],
            password=PASSWORD, account_id="acct-paula",
        )  # fmt: skip
        yield made


def sign_in(clinic: Pages, account: str, password: str, **more: str) -> tuple[Person, Any]:
    visitor = clinic.person(None)
    page = visitor.see("/en/sign-in")
    token = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert token is not None
    form = {"csrf_token": token[1], "account": account, "password": password, **more}
    return visitor, visitor.browser.post("/en/sign-in", data=form)


def test_the_first_page_is_in_the_language_that_the_browser_asks_for(clinic: Pages) -> None:
    answer = clinic.person(None).get("/", headers={"Accept-Language": "lb, fr;q=0.8"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/lb")


@pytest.mark.parametrize(
    ("accept", "language"),
    [("", "en"), ("de-LU,fr;q=0.9", "de"), ("xx, fr;q=0.1, en;q=0", "fr"), ("fr;q=x", "en")],
)
def test_preferred_languages(accept: str, language: str) -> None:
    assert preferred(accept) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_its_language_and_leads_to_the_others(clinic: Pages, language: str) -> None:
    page = clinic.person(None).see(f"/{language}/design")
    assert f'<html lang="{language}"' in page
    for other in set(LANGUAGES) - {language}:
        assert f'href="/{other}/design"' in page


def test_a_password_opens_a_session_and_the_session_an_account(clinic: Pages) -> None:
    visitor, answer = sign_in(clinic, "acct-paula", PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en")
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert "Paula" in visitor.see("/en")
    acts = [entry.act for entry in clinic.portal.platform.entries() if entry.actor == "acct-paula"]
    assert acts[-2:] == ["account.signed_in", "session.begun"]


def test_a_wrong_password_keeps_what_was_typed(clinic: Pages) -> None:
    _, answer = sign_in(clinic, "acct-paula", "wrong")
    assert answer.status_code == 403
    assert 'value="acct-paula"' in answer.text
    assert "wrong" not in re.sub("is missing or wrong", "", words(answer.text))


def test_nobody_comes_in_without_a_password_whatever_the_homes_files_allow(clinic: Pages) -> None:
    _, answer = sign_in(clinic, "acct-operator", "")
    assert answer.status_code == 403


def test_signing_in_makes_another_session_than_the_one_before(clinic: Pages) -> None:
    visitor, _ = sign_in(clinic, "acct-paula", PASSWORD)
    first = visitor.browser.cookies[COOKIE]
    form = {"csrf_token": token_of(first), "account": "acct-paula", "password": PASSWORD}
    visitor.browser.post("/en/sign-in", data=form)
    assert visitor.browser.cookies[COOKIE] != first
    assert clinic.portal.platform.session(first) is None


def test_a_session_that_was_signed_out_of_is_worth_nothing(clinic: Pages) -> None:
    person = clinic.person("acct-researcher")
    text = person.browser.cookies[COOKIE]
    assert "You are signed out." in person.do("/en/sign-out")
    assert clinic.portal.platform.session(text) is None


def test_pages_for_people_who_are_signed_in_ask_for_it_and_come_back(clinic: Pages) -> None:
    answer = clinic.person(None).browser.post("/en/sign-out", data={})
    assert answer.status_code == 403  # a form without a token
    _, answer = sign_in(clinic, "acct-paula", PASSWORD, next="/en/design")
    assert answer.headers["location"] == "/en/design"


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example",
        "/en/../..//evil.example",
        "/en\\evil",
        "javascript:1",
        "/api/v1",
    ],
)
def test_nobody_is_sent_to_another_place_after_signing_in(clinic: Pages, where: str) -> None:
    _, answer = sign_in(clinic, "acct-paula", PASSWORD, next=where)
    assert answer.headers["location"] == "/en"


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({}, {}),
        ({"csrf_token": "0" * 64}, {}),
        ({"csrf_token": "ours"}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf_token": "ours"}, {"Sec-Fetch-Site": "same-site"}),
        ({"csrf_token": "ours"}, {"Origin": "https://evil.example"}),
        ({"csrf_token": "another session's"}, {}),
    ],
)
def test_a_form_from_elsewhere_does_nothing(
    clinic: Pages, form: dict[str, str], headers: dict[str, str]
) -> None:
    person, other = clinic.person("acct-researcher"), clinic.person("acct-researcher")
    tokens = {"ours": person.token, "another session's": other.token}
    sent = {name: tokens.get(value, value) for name, value in form.items()}
    answer = person.browser.post("/en/sign-out", data=sent, headers=headers)
    assert answer.status_code == 403
    assert clinic.portal.platform.session(person.browser.cookies[COOKIE]) is not None


def test_pages_run_no_script_but_ours_and_are_framed_by_nobody(clinic: Pages) -> None:
    answer = clinic.person(None).get("/en")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)


def test_an_address_that_is_no_page_is_told_so_in_the_pages_language(clinic: Pages) -> None:
    answer = clinic.person(None).get("/fr/nulle-part")
    assert answer.status_code == 404
    assert '<html lang="fr"' in answer.text
    api = clinic.person(None).get("/api/v1/nowhere")
    assert api.headers["content-type"] == "application/problem+json"


def test_sessions_end_when_they_are_left_alone_and_when_they_are_old(
    store: Store, keyring: Keyring, clock: MovableClock
) -> None:
    from casemate.identity import Identity

    ledger = Ledger(keyring.signing_key("ledger"), clock=clock)
    people, sessions = Identity(ledger, clock), WebSessions(ledger, clock)
    with store.transaction() as tx:
        account = people.bootstrap(tx, "Operator", None).id
        idle, busy = sessions.begin(tx, account)[1], sessions.begin(tx, account)[1]
    for _ in range(LONGEST // IDLE):
        clock.now += IDLE - timedelta(minutes=1)
        with store.read() as tx:
            found = sessions.find(tx, busy)
        assert found is not None
        sessions.note_use(store, found)
    clock.now += IDLE - timedelta(minutes=1)
    with store.read() as tx:
        assert sessions.find(tx, idle) is None
        assert sessions.find(tx, busy) is None
