"""Other people's records (IDOR): every operation that names one, by everybody whom it is not for.

What is there and not yours is refused (403), what is not there is not found (404). The difference tells
nothing: the ids of records stand on the ledger, which is open to anyone, and are sixty random bits to
whoever does not read it. What must not be told is what is in a record: no answer has a word of it.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sandbox_world
from evidence_world import evaluation
from fastapi.routing import APIRoute
from pages_world import Person
from portal.test_authorisation_matrix import body_of
from portal_world import Portal, form, plan, served

from casemate.portal.pages import AREAS
from casemate.register.records import read_record

SECRET = "Cedillas of Quimper"
"""In every text of the records that strangers ask for."""
STRANGERS = (None, "acct-outsider", "acct-other-holder", "acct-operator")
"""Another data user of the same university, another holder, the operator: none has a part in it."""
OPEN_TO_ALL = re.compile(
    r"GET /(datasets|ledger|environments)|GET /permits/{permit}/in-force"
    r"|POST /datasets/{dataset}/check-plan"
)
"""Of a record whose id one has: the catalogue and the ledger are public."""
NOT_THERE = {
    "application": "application-aaaaaaaaaaaa",
    "permit": "permit-aaaaaaaaaaaa",
    "run": "run-aaaaaaaaaaaa",
    "output": "output-aaaaaaaaaaaa",
}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("idor")) as portal:
        yield portal


@pytest.fixture(scope="module")
def ids(portal: Portal) -> dict[str, str]:
    """A record of each kind, all the researcher's, every text of them ``SECRET``."""
    portal.publish()
    asked = {"form": {**form(), "title": SECRET, "method": SECRET, "funding": SECRET}}
    application = portal.must("acct-researcher", "POST", "/applications", json=asked)["id"]
    terms = {"reason": SECRET, "plans": {"clinic": plan()}, "conditions": [SECRET]}
    permit = portal.must(
        "acct-authority", "POST", f"/applications/{application}/approve", json=terms
    )
    program = {"permit": permit["id"], "script": f"print({SECRET!r})"}
    run = portal.must("acct-researcher", "POST", "/runs", json=program)["id"]
    portal.platform.wait("acct-researcher", run)
    (log,) = portal.platform.outputs("acct-checker", run)
    token = portal.platform.list_tokens("acct-researcher")[0].id
    return {
        "dataset": "clinic",
        "application": application,
        "permit": permit["id"],
        "run": run,
        "output": log.id,
        "token": token,
        "account": "acct-researcher",
        "organisation": "org-university",
        **of_the_hospital(portal),
        "index": "1",
        "reference": "none",
    }


def of_the_hospital(portal: Portal) -> dict[str, str]:
    """Records whose owner is a whole organisation: the hospital's, to which no stranger here belongs."""
    place, holder = portal.platform, "acct-holder"
    record = read_record({"name": SECRET, "short_description": SECRET})
    algorithm = place.record_algorithm(holder, record).algorithm
    told = evaluation(not_tested=[{"check": "evasion", "why": SECRET}])
    words = sandbox_world.document(algorithm, title=SECRET, summary=SECRET, risks=SECRET)
    sandbox = place.apply_for_sandbox(holder, words).id
    place.submit_participation(holder, sandbox)
    place.admit_participation("acct-authority", sandbox, SECRET)
    place.start_participation(holder, sandbox, 1)
    return {
        "algorithm": algorithm,
        "evaluation": place.record_evaluation(holder, told, algorithm).id,
        "sandbox": sandbox,
    }


def named(portal: Portal) -> list[tuple[str, str]]:
    """Every operation that names a record: method and path."""
    paths = portal.client.get("/api/v1/openapi.json").json()["paths"]
    return [
        (method.upper(), path.removeprefix("/api/v1"))
        for path, operations in sorted(paths.items())
        for method in sorted(operations)
        if path.startswith("/api/v1") and "{" in path
    ]


def ask(portal: Portal, who: str | None, method: str, path: str, ids: dict[str, str]) -> Any:
    where = re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "none"), path)
    options = {} if method in ("GET", "DELETE") else {"json": body_of(path, ids)}
    if method == "PUT" and path.startswith("/applications"):
        options = {"json": {"form": form()}}
    return portal.ask(who, method, where, **options)


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_nobody_gets_at_a_record_that_is_not_theirs(portal: Portal, ids: dict[str, str]) -> None:
    before = portal.platform.application("acct-researcher", ids["application"])
    told, done = [], []
    for method, path in named(portal):
        if OPEN_TO_ALL.match(f"{method} {path}"):
            continue
        for who in STRANGERS:
            if who == "acct-operator" and re.match(r"/(runs|accounts|organisations)", path):
                continue  # runs are the operator's to stop, accounts to keep
            answer = ask(portal, who, method, path, ids)
            if SECRET in answer.text:
                told.append((who, method, path))
            if answer.is_success:
                done.append((who, method, path, answer.status_code))
    assert not told
    assert not done
    assert portal.platform.application("acct-researcher", ids["application"]) == before
    assert portal.platform.permit_in_force(ids["permit"])
    assert not [one for one in portal.platform.list_tokens("acct-researcher") if one.ended_at]


def test_no_list_shows_a_stranger_what_is_not_theirs(portal: Portal, ids: dict[str, str]) -> None:
    for path in (
        "/applications",
        "/permits",
        "/runs",
        "/outputs",
        "/applications/inbox",
        "/outputs/queue",
        "/sandboxes",
        "/sandboxes/inbox",
        "/sandboxes/published",
    ):
        for who in ("acct-outsider", "acct-other-holder"):
            answer = portal.ask(who, "GET", path)
            assert SECRET not in answer.text
            assert not [one for one in ids.values() if f'"{one}"' in answer.text], (who, path)


def test_what_is_not_there_and_what_is_not_yours_differ_in_nothing_but_that(
    portal: Portal, ids: dict[str, str]
) -> None:
    """The words name the id that was asked for and no other; the ledger tells anyone that it exists."""
    subjects = {entry.subject for entry in portal.platform.entries(None)}
    for kind in ("application", "permit", "run", "output"):
        assert ids[kind] in subjects
        there = portal.ask("acct-outsider", "GET", f"/{kind}s/{ids[kind]}")
        nowhere = portal.ask("acct-outsider", "GET", f"/{kind}s/{NOT_THERE[kind]}")
        assert (there.status_code, nowhere.status_code) == (403, 404)
        said = there.json()["detail"]
        assert not [one for one in ids.values() if one in said and one != ids[kind]], said


def test_an_upload_is_its_senders_whatever_else_they_know(portal: Portal) -> None:
    upload = portal.upload("acct-holder", b"a,b\n1,2\n")
    for name in (upload, f"../acct-holder/{upload}", f"{upload}/../{upload}"):
        taken = {"upload": name, "description": {"id": "x"}}
        for who in ("acct-other-holder", "acct-researcher"):
            assert portal.ask(who, "POST", "/datasets", json=taken).status_code in (403, 404)


def test_no_page_shows_a_stranger_what_is_not_theirs(portal: Portal, ids: dict[str, str]) -> None:
    """Every page that names a record, with the ids of another's; the names of its parameters tell which."""
    looked, shown = 0, []
    known = {**ids, "lang": "en", "step": "data", "ending": "bib", "weighing": "x", "theme": "dark"}
    people = [Person(portal, who) for who in (None, "acct-outsider", "acct-other-holder")]
    for route in (route for area in AREAS for route in area.router.routes):
        assert isinstance(route, APIRoute)
        path = re.sub(r"{(\w+)(:\w+)?}", lambda found: known.get(found[1], "x"), route.path)
        if "GET" not in (route.methods or ()) or not [one for one in ids.values() if one in path]:
            continue
        looked += 1
        shown += [(one.account, path) for one in people if SECRET in one.get(path).text]
    assert looked > 10
    assert not shown
