"""What HTTP brings beside the flow: tokens and scopes, keys, preconditions, pages, uploads, harvest."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_world import Portal, form, large_table, served
from rdflib import Graph

from casemate.errors import Unavailable
from casemate.identity import Scope
from casemate.portal.uploads import Uploads

RESEARCHER, AUTHORITY, HOLDER = "acct-researcher", "acct-authority", "acct-holder"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("rules"), works=False) as portal:
        portal.publish()
        yield portal


@pytest.fixture
def draft(portal: Portal) -> str:
    document = {"form": form(), "draft": True}
    return str(portal.must(RESEARCHER, "POST", "/applications", json=document)["id"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# Tokens


def test_without_a_token_nothing_but_the_public_part_opens(portal: Portal) -> None:
    assert portal.ask(None, "GET", "/datasets").status_code == 200
    answer = portal.ask(None, "GET", "/applications")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["", "cmt_guess", "cmt_" + "é" * 9, "x" * 5000])
def test_a_token_that_is_none_opens_nothing_not_even_what_is_public(
    portal: Portal, token: str
) -> None:
    for path in ("/me", "/ledger/checkpoint"):
        given = {b"Authorization": b"Bearer " + token.encode()}
        answer = portal.client.get(f"/api/v1{path}", headers=given)
        assert answer.status_code in (401, 403), answer.text


def test_a_token_opens_what_its_scopes_name(portal: Portal) -> None:
    _, text = portal.platform.issue_token(RESEARCHER, "only looks", [Scope.read])
    looks = portal.client.get("/api/v1/me", headers=bearer(text))
    assert looks.json()["id"] == RESEARCHER
    applies = portal.client.post(
        "/api/v1/applications", json={"form": form()}, headers=bearer(text)
    )
    assert applies.status_code == 403
    assert "scope apply" in applies.json()["detail"]


def test_an_ended_token_opens_nothing(portal: Portal) -> None:
    token, text = portal.platform.issue_token(RESEARCHER, "lost", [Scope.read])
    path = f"/api/v1/me/tokens/{token.id}"
    assert portal.client.delete(path, headers=bearer(text)).status_code == 200
    assert portal.client.get("/api/v1/me", headers=bearer(text)).status_code == 401


def test_nobody_ends_anothers_token(portal: Portal) -> None:
    token, _ = portal.platform.issue_token(RESEARCHER, "mine", [Scope.read])
    assert portal.ask(AUTHORITY, "DELETE", f"/me/tokens/{token.id}").status_code == 404


def test_the_text_of_a_token_is_in_no_file_of_the_home(portal: Portal) -> None:
    _, text = portal.platform.issue_token(RESEARCHER, "secret", [Scope.read])
    for file in portal.platform.home.root.rglob("*"):
        if file.is_file():
            assert text.encode() not in file.read_bytes(), file


# Idempotency keys


def test_the_same_key_again_gets_the_first_reply_and_makes_nothing(portal: Portal) -> None:
    ask = {"json": {"form": form(), "draft": True}, "headers": {"Idempotency-Key": "once"}}
    first = portal.ask(RESEARCHER, "POST", "/applications", **ask)
    again = portal.ask(RESEARCHER, "POST", "/applications", **ask)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


def test_a_key_is_of_one_request_and_of_one_account(portal: Portal) -> None:
    key = {"Idempotency-Key": "mine"}
    first = {"form": form(), "draft": True}
    other = {"form": {**form(), "title": "Another"}, "draft": True}
    assert portal.ask(RESEARCHER, "POST", "/applications", json=first, headers=key).is_success
    mistaken = portal.ask(RESEARCHER, "POST", "/applications", json=other, headers=key)
    assert mistaken.status_code == 422
    assert "another request" in mistaken.json()["detail"]
    apart = portal.ask("acct-outsider", "POST", "/applications", json=other, headers=key)
    assert "idempotency-replayed" not in apart.headers


def test_what_was_refused_may_be_sent_again_under_its_key(portal: Portal) -> None:
    key = {"Idempotency-Key": "try"}
    bad = portal.ask(RESEARCHER, "POST", "/applications", json={"form": {}}, headers=key)
    assert bad.status_code == 422
    good = {"form": form(), "draft": True}
    assert portal.ask(RESEARCHER, "POST", "/applications", json=good, headers=key).is_success


def test_where_nobody_can_say_what_was_done_the_key_stays_taken(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die_afterwards(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(portal.platform, "draft", die_afterwards)
    ask = {"json": {"form": form(), "draft": True}, "headers": {"Idempotency-Key": "unsure"}}
    assert portal.ask(RESEARCHER, "POST", "/applications", **ask).status_code == 503
    monkeypatch.undo()
    again = portal.ask(RESEARCHER, "POST", "/applications", **ask)
    assert again.status_code == 409
    assert "look at the record" in again.json()["detail"]


def test_an_upload_that_is_sent_twice_is_kept_once(portal: Portal) -> None:
    sent = {"content": b"a,b\n1,2\n", "headers": {"Content-Name": "t.csv", "Idempotency-Key": "up"}}
    first = portal.ask("acct-holder", "POST", "/uploads", **sent)
    again = portal.ask("acct-holder", "POST", "/uploads", **sent)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    kept = portal.platform.home.root / "uploads" / "acct-holder" / first.json()["upload"]
    assert len(list(kept.parent.iterdir())) == 1
    longer = {**sent, "content": b"a,b\n1,2\n3,4\n"}
    assert portal.ask("acct-holder", "POST", "/uploads", **longer).status_code == 422


def test_an_upload_that_broke_off_frees_its_key(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_off(*_: object, **__: object) -> None:
        raise Unavailable("the disk is nearly full")

    sent = {
        "content": b"a,b\n1,2\n",
        "headers": {"Content-Name": "t.csv", "Idempotency-Key": "cut"},
    }
    monkeypatch.setattr(Uploads, "keep", break_off)
    assert portal.ask("acct-holder", "POST", "/uploads", **sent).status_code == 503
    monkeypatch.undo()
    assert portal.ask("acct-holder", "POST", "/uploads", **sent).status_code == 201


def test_a_kept_reply_is_not_told_to_a_token_with_other_scopes(portal: Portal) -> None:
    _, narrow = portal.platform.issue_token(RESEARCHER, "only looks", [Scope.read])
    key, document = {"Idempotency-Key": "scoped"}, {"form": form(), "draft": True}
    made = portal.ask(RESEARCHER, "POST", "/applications", json=document, headers=key)
    assert made.status_code == 201
    headers = {**bearer(narrow), **key}
    told = portal.client.post("/api/v1/applications", json=document, headers=headers)
    assert told.status_code == 403


def test_a_token_that_ended_gets_no_reply_that_was_kept(portal: Portal) -> None:
    token, text = portal.platform.issue_token(RESEARCHER, "old", [Scope.read, Scope.apply])
    headers = {**bearer(text), "Idempotency-Key": "ended"}
    document = {"form": form(), "draft": True}
    made = portal.client.post("/api/v1/applications", json=document, headers=headers)
    assert made.status_code == 201
    portal.platform.end_token(RESEARCHER, token.id)
    again = portal.client.post("/api/v1/applications", json=document, headers=headers)
    assert again.status_code == 401


# Preconditions


def test_an_act_on_what_has_changed_meanwhile_is_refused(portal: Portal, draft: str) -> None:
    seen = portal.ask(RESEARCHER, "GET", f"/applications/{draft}").headers["etag"]
    portal.must(RESEARCHER, "POST", f"/applications/{draft}/submit", json={})
    late = portal.ask(
        RESEARCHER,
        "POST",
        f"/applications/{draft}/withdraw",
        json={"reason": "no more"},
        headers={"If-Match": seen},
    )
    assert late.status_code == 412
    state = portal.must(RESEARCHER, "GET", f"/applications/{draft}")["state"]
    assert state == "submitted"


def test_of_two_who_decide_on_what_both_saw_one_does(portal: Portal, draft: str) -> None:
    portal.must(RESEARCHER, "POST", f"/applications/{draft}/submit", json={})
    seen = portal.ask(AUTHORITY, "GET", f"/applications/{draft}").headers["etag"]
    statuses: list[int] = []

    def decide(account: str) -> None:
        answer = portal.ask(
            account,
            "POST",
            f"/applications/{draft}/decide",
            json={"decision": "changes", "reason": f"says {account}"},
            headers={"If-Match": seen},
        )
        statuses.append(answer.status_code)

    both = [threading.Thread(target=decide, args=(one,)) for one in (AUTHORITY, "acct-colleague")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(statuses) == [200, 412]
    timeline = portal.must(AUTHORITY, "GET", f"/applications/{draft}/timeline")
    assert len([event for event in timeline if event["to_state"] == "changes_requested"]) == 1


# Pages


def test_pages_give_everything_once_even_where_something_is_added_between(portal: Portal) -> None:
    def one_page(cursor: str | None) -> tuple[list[str], str | None]:
        query = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        got = portal.must("acct-outsider", "GET", "/applications", params=query)
        return [one["id"] for one in got["items"]], got["next"]

    for number in range(5):
        document = {"form": {**form(), "title": f"Number {number}"}, "draft": True}
        portal.must("acct-outsider", "POST", "/applications", json=document)
    known = {one.id for one in portal.platform.list_applications("acct-outsider")}
    seen, cursor = one_page(None)
    late = portal.must("acct-outsider", "POST", "/applications", json=document)["id"]
    while cursor is not None:
        more, cursor = one_page(cursor)
        seen += more
    assert len(seen) == len(set(seen))
    assert set(seen) == known | {late}


def test_the_ledger_is_read_in_pages_by_anyone(portal: Portal) -> None:
    first = portal.must(None, "GET", "/ledger/entries", params={"limit": 3})
    second = portal.must(
        None, "GET", "/ledger/entries", params={"limit": 3, "cursor": first["next"]}
    )
    assert [one["index"] for one in first["items"] + second["items"]] == list(range(6))


# Uploads


def test_an_upload_is_its_owners_and_is_gone_once_published(portal: Portal) -> None:
    upload = portal.upload(HOLDER, b"a,b\n1,2\n")
    theirs = {"upload": upload, "description": {"id": "x"}}
    assert portal.ask("acct-other-holder", "POST", "/datasets", json=theirs).status_code == 404


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "a/b/../../c.csv", "x.csv/..", "ü.parquet"]
)
def test_no_name_leads_out_of_the_folder(portal: Portal, name: str) -> None:
    before = set(portal.platform.home.root.parent.rglob("*"))
    given = {
        b"Authorization": f"Bearer {portal.tokens[HOLDER]}".encode(),
        b"Content-Name": name.encode(),
    }
    answer = portal.client.post("/api/v1/uploads", content=b"a\n1\n", headers=given)
    assert answer.status_code in (201, 422)
    uploads = portal.platform.home.root / "uploads" / HOLDER
    for file in set(portal.platform.home.root.parent.rglob("*")) - before:
        assert uploads in file.parents
        assert re.fullmatch(r"upload-[a-z2-7]{12}|data(\.[a-z0-9]+)*", file.name)


@pytest.mark.parametrize("upload", ["..", "../acct-holder", "upload-", "upload-%2e%2e", ""])
def test_no_id_leads_out_of_the_folder(portal: Portal, upload: str) -> None:
    document = {"upload": upload, "description": {"id": "x"}}
    assert portal.ask(HOLDER, "POST", "/datasets", json=document).status_code == 404


def test_a_body_that_is_too_large_is_refused_unless_it_is_an_upload(portal: Portal) -> None:
    large = large_table(1_500_000)
    assert len(large) > 2**23
    big = {"form": {**form(), "method": "x" * (17 * 2**20)}, "draft": True}
    assert portal.ask(RESEARCHER, "POST", "/applications", json=big).status_code == 413
    assert portal.upload(HOLDER, large * 2)


def test_a_body_sent_in_pieces_is_counted_too(portal: Portal) -> None:
    pieces = (b"x" * 2**20 for _ in range(20))
    answer = portal.ask(RESEARCHER, "POST", "/applications", content=pieces)
    assert answer.status_code == 413


def test_more_requests_than_allowed_are_told_to_wait(tmp_path: Path) -> None:
    with served(tmp_path, works=False, requests_a_minute=5) as portal:
        answers = [portal.ask(None, "GET", "/datasets") for _ in range(7)]
        assert [one.status_code for one in answers] == [200] * 5 + [429] * 2
        assert answers[-1].headers["retry-after"] == "60"
        assert portal.ask(HOLDER, "GET", "/me").status_code == 200


# Harvest


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/turtle", "text/turtle"),
        ("application/ld+json, text/turtle;q=0.5", "application/ld+json"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("*/*", "text/turtle"),
    ],
)
def test_the_catalogue_is_given_in_the_form_that_is_asked_for(
    portal: Portal, accept: str, media: str
) -> None:
    answer = portal.client.get("/catalogue", headers={"Accept": accept})
    assert answer.headers["content-type"].split(";")[0] == media
    form = {"text/turtle": "turtle", "application/ld+json": "json-ld"}.get(media, "xml")
    graph = Graph().parse(data=answer.text, format=form)
    found = graph.query(
        "PREFIX dcat: <http://www.w3.org/ns/dcat#> SELECT ?d WHERE { ?c dcat:dataset ?d }"
    )
    assert len(list(found)) == 1


def test_a_form_that_is_not_written_is_refused(portal: Portal) -> None:
    answer = portal.client.get("/catalogue", headers={"Accept": "image/png"})
    assert answer.status_code == 406


def test_every_operation_is_described_with_its_errors(portal: Portal) -> None:
    document = portal.client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "Problem" in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary") or operation.get("description"), (path, method)
            if "security" in operation and path.startswith("/api"):
                assert "401" in operation["responses"], (path, method)
