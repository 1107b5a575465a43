"""Administration in the browser: who sees what, what each form changes, and what is refused on the page."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pages_world import Pages, Person, pages, words

from casemate import upkeep
from casemate.enclave import sandbox
from casemate.enclave.sandbox import Wall

OPERATOR, AUDITOR, HOLDER = "acct-operator", "acct-auditor", "acct-holder"
OUTSIDER = "acct-outsider"
AREA = "/en/administration"
LISTS = ("", "/accounts/acct-holder", "/organisations", "/organisations/org-clinic", "/keys")
HOUSE = ("/health", "/storage")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("administration"), works=False) as made:
        made.portal.publish()
        permit = made.portal.permit()["id"]
        body = {"permit": permit, "script": "print(1)"}
        made.portal.must("acct-researcher", "POST", "/runs", json=body)
        yield made


@pytest.fixture(autouse=True)
def _all_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "doctor", lambda: (Wall("network", True, True, "none"),))


@pytest.fixture
def operator(house: Pages) -> Person:
    return house.person(OPERATOR)


def roles(house: Pages, account: str) -> set[str]:
    return {role.value for role in house.portal.platform.whoami(account).roles}


@pytest.mark.parametrize(
    ("who", "lists", "house_pages"),
    [
        (OPERATOR, 200, 200),
        (AUDITOR, 200, 200),
        ("acct-authority", 200, 403),
        (HOLDER, 403, 403),
        ("acct-researcher", 403, 403),
        ("acct-checker", 403, 403),
    ],
)
def test_who_sees_the_area(house: Pages, who: str, lists: int, house_pages: int) -> None:
    person = house.person(who)
    assert {person.get(AREA + path).status_code for path in LISTS} == {lists}
    assert {person.get(AREA + path).status_code for path in HOUSE} == {house_pages}


def test_a_visitor_is_asked_to_sign_in(house: Pages) -> None:
    for path in (*LISTS, *HOUSE):
        assert house.person(None).get(AREA + path).status_code in (303, 401)


CHANGES: dict[str, dict[str, Any]] = {
    "/accounts/new": {"name": "Eve", "organisation": "org-clinic", "roles": ["operator"]},
    f"/accounts/{OUTSIDER}": {"name": "Eve", "organisation": "org-clinic", "roles": ["operator"]},
    f"/accounts/{OUTSIDER}/deactivate": {},
    f"/accounts/{OUTSIDER}/reactivate": {},
    f"/accounts/{OUTSIDER}/invite": {},
    "/organisations": {"name": "Eve's"},
    "/organisations/org-clinic": {"name": "Eve's"},
    "/keys/rotate": {"understood": "yes"},
}


@pytest.mark.parametrize("who", [AUDITOR, "acct-authority", HOLDER, "acct-researcher"])
def test_nobody_but_an_operator_changes_anything(house: Pages, who: str) -> None:
    person, platform = house.person(who), house.portal.platform
    before = (platform.accounts(OPERATOR), platform.organisations(OPERATOR), platform.keys())
    for path, form in CHANGES.items():
        assert person.post(AREA + path, form).status_code == 403, path
        assert person.browser.post(AREA + path, data=form).status_code == 403  # no token
    after = (platform.accounts(OPERATOR), platform.organisations(OPERATOR), platform.keys())
    assert before == after


def test_an_auditor_is_offered_nothing_that_would_be_refused(house: Pages) -> None:
    auditor = house.person(AUDITOR)
    for path in (*LISTS, *HOUSE):
        page = auditor.see(AREA + path)
        main = page.partition('<main id="main"')[2]
        assert "<button" not in main.replace('<button class="button plain">Search</button>', "")
        assert "Add an account" not in words(main)


def test_accounts_are_found_by_name_id_and_organisation(operator: Person) -> None:
    for asked in ("hanna", "acct-holder", "clinic+holder"):
        page = operator.see(f"{AREA}?q={asked}")
        assert "Hanna Holder" in page
        assert "Rita Researcher" not in page
    assert "Nobody is like that." in operator.see(f"{AREA}?q=%3Cscript%3E")


def test_an_account_is_added_changed_closed_and_opened(house: Pages, operator: Person) -> None:
    form = {"name": "Nora New", "organisation": "org-clinic", "roles": ["data_user"]}
    assert "Nora New is added" in operator.do(f"{AREA}/accounts/new", form)
    changed = {
        "name": "Nora Newer",
        "organisation": "org-university",
        "roles": ["auditor", "public"],
    }
    page = operator.do(f"{AREA}/accounts/acct-nora-new", changed)
    assert "<h1>Nora Newer</h1>" in page
    assert roles(house, "acct-nora-new") == {"auditor", "public"}
    nora = house.person("acct-nora-new")
    assert nora.get(AREA).status_code == 200
    page = operator.do(f"{AREA}/accounts/acct-nora-new/deactivate")
    assert "Deactivated" in page
    assert nora.get(AREA).status_code != 200  # the session is over
    assert "Active" in operator.do(f"{AREA}/accounts/acct-nora-new/reactivate")
    assert nora.get(AREA).status_code != 200  # and stays so


def test_what_was_typed_is_kept_when_it_is_refused(operator: Person) -> None:
    form = {"name": "Paula Pause", "organisation": "org-clinic", "email": "paula@clinic.example"}
    refused = operator.post(f"{AREA}/accounts/new", form)
    assert refused.status_code == 422
    assert 'value="Paula Pause"' in refused.text
    assert 'value="paula@clinic.example"' in refused.text
    assert 'role="alert"' in refused.text
    unknown = operator.post(
        f"{AREA}/accounts/{HOLDER}", {"name": "X", "organisation": "org-moon", "roles": ["public"]}
    )
    assert unknown.status_code == 404


def test_nobody_changes_their_own_account(house: Pages, operator: Person) -> None:
    assert "Deactivate the account" not in operator.see(f"{AREA}/accounts/{OPERATOR}")
    assert operator.post(f"{AREA}/accounts/{OPERATOR}/deactivate").status_code == 403
    form = {"name": "Operator", "organisation": "org-operator", "roles": ["operator", "authority"]}
    assert operator.post(f"{AREA}/accounts/{OPERATOR}", form).status_code == 403
    assert roles(house, OPERATOR) == {"operator"}


def test_an_invitation_is_shown_once_and_to_nobody_else(house: Pages, operator: Person) -> None:
    page = operator.post(f"{AREA}/accounts/{HOLDER}/invite").text
    found = re.search(r"/en/invitation/([\w-]+)", page)
    assert found
    _, account = house.portal.platform.invitation(found[1])
    assert account.id == HOLDER
    assert "/invitation/" not in operator.see(f"{AREA}/accounts/{HOLDER}")


def test_organisations_are_added_and_renamed(operator: Person) -> None:
    assert "Moon Base" in operator.do(f"{AREA}/organisations", {"name": "Moon Base"})
    page = operator.do(f"{AREA}/organisations/org-moon-base", {"name": "Mars", "kind": "base"})
    assert "<h1>Mars</h1>" in page
    taken = operator.post(f"{AREA}/organisations/org-moon-base", {"name": "clinic"})
    assert taken.status_code == 409
    assert 'value="clinic"' in taken.text


@pytest.mark.parametrize("path", ["/accounts/acct-nobody", "/organisations/org-nowhere"])
def test_what_is_not_there_is_not_found(operator: Person, path: str) -> None:
    assert operator.get(AREA + path).status_code == 404
    assert operator.post(AREA + path, {"name": "X"}).status_code == 404


def test_the_health_page_says_what_to_do(
    house: Pages, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = words(operator.see(f"{AREA}/health"))
    assert "nobody works on them" in page
    monkeypatch.setattr(sandbox, "doctor", lambda: (Wall("network", True, False, "nothing"),))
    page = words(operator.see(f"{AREA}/health"))
    assert "Something fails" in page
    assert "walls are missing: network" in page
    for part in upkeep.CHECKS:
        assert part in {"worker"} or part.title() in page


def test_a_job_is_stopped_and_then_the_key_exchanged(house: Pages, operator: Person) -> None:
    page = operator.see(f"{AREA}/storage")
    found = re.search(r"/administration/jobs/(run-[\w]+)/cancel", page)
    assert found
    refused = operator.post(f"{AREA}/keys/rotate", {"understood": "yes"})
    assert refused.status_code == 409  # a run waits
    assert "runs wait or are at work" in words(refused.text)
    stopped = operator.do(f"{AREA}/jobs/{found[1]}/cancel", {"reason": "the key is exchanged"})
    assert "The run is stopped." in stopped
    assert operator.post(f"{AREA}/keys/rotate").status_code == 422  # the box was not ticked
    before = house.portal.platform.ledger.vkey
    page = operator.do(f"{AREA}/keys/rotate", {"understood": "yes"})
    assert "The master key is new" in page
    assert house.portal.platform.ledger.vkey != before
    assert house.portal.platform.ledger.vkey in page.replace("&#43;", "+")
    assert house.person(HOLDER).get("/en").status_code == 200
