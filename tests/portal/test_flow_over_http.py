"""The governed flow over HTTP, each step by its own account: publish, apply, decide, run, release."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_world import Portal, form, served
from register_world import STATED

HOLDER, RESEARCHER, AUTHORITY, CHECKER = (
    "acct-holder",
    "acct-researcher",
    "acct-authority",
    "acct-checker",
)
SCRIPT = """
from casemate.analysis import read

read("clinic").table("by_diagnosis.csv", ["diagnosis"], n="count")
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_table_goes_in_and_a_checked_answer_comes_out(portal: Portal) -> None:
    published = portal.publish()
    assert (published["id"], published["rows"]) == ("clinic", 300)
    assert not {"wrapped_key", "blob"} & set(published)
    found = portal.must(None, "GET", "/datasets", params={"q": "asthma"})
    assert [one["id"] for one in found["items"]] == ["clinic"]

    applied = portal.must(RESEARCHER, "POST", "/applications", json={"form": form()})
    assert applied["state"] == "submitted"
    inbox = portal.must(AUTHORITY, "GET", "/applications", params={"state": "submitted"})
    assert [one["id"] for one in inbox["items"]] == [applied["id"]]

    permit = portal.permit()
    assert portal.must(None, "GET", f"/permits/{permit['id']}/in-force")["in_force"]
    assert portal.must(None, "POST", "/permits/verify", json={"jws": permit["jws"]})

    asked = {"permit": permit["id"], "script": SCRIPT, "entry": STATED}
    run = portal.must(RESEARCHER, "POST", "/runs", json=asked)
    for _ in range(6):
        run = portal.must(RESEARCHER, "GET", f"/runs/{run['id']}", params={"wait": 30})
        if run["state"] not in ("queued", "running", "checking"):
            break
    assert run["state"] == "awaiting_review", portal.must(CHECKER, "GET", "/outputs")

    outputs = portal.must(CHECKER, "GET", "/outputs", params={"run": run["id"]})["items"]
    (output,) = (one for one in outputs if one["name"] == "by_diagnosis.csv")
    evidence = portal.ask(CHECKER, "GET", f"/outputs/{output['id']}/evidence")
    assert evidence.headers["content-type"] == "application/octet-stream"
    seen = {"If-Match": portal.ask(CHECKER, "GET", f"/outputs/{output['id']}").headers["etag"]}
    portal.must(
        CHECKER,
        "POST",
        f"/outputs/{output['id']}/review",
        json={"clear": True, "reason": "Aggregates only."},
        headers=seen,
    )
    moved_on = portal.ask(CHECKER, "POST", f"/outputs/{output['id']}/release", headers=seen)
    assert moved_on.status_code == 412
    receipt = portal.must(CHECKER, "POST", f"/outputs/{output['id']}/release")

    fetched = portal.ask(RESEARCHER, "GET", f"/outputs/{output['id']}/content")
    assert fetched.content.startswith(b"diagnosis,")
    assert fetched.headers["content-disposition"].startswith("attachment")
    travels = portal.must(RESEARCHER, "GET", f"/outputs/{output['id']}/receipt")
    assert travels
    entries = portal.must(None, "GET", "/ledger/entries", params={"subject": output["id"]})
    assert receipt["ledger_index"] in {entry["index"] for entry in entries["items"]}
    assert "casemate" in portal.client.get("/api/v1/ledger/checkpoint").text


def test_a_refusal_is_a_problem_document_in_the_policys_words(portal: Portal) -> None:
    refused = portal.ask("acct-outsider", "GET", "/accounts")
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert "may not account.list" in refused.json()["detail"]
    assert refused.json()["type"] == "urn:casemate:problem:not-allowed"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/datasets/nowhere", 404, "nowhere"),
        ("/datasets?limit=0", 422, "limit"),
        ("/datasets?cursor=*", 422, "cursor"),
        ("/nothing", 404, "Not Found"),
        ("/permits/permit-none", 404, "permit-none"),
    ],
)
def test_bad_input_is_told_in_one_sentence(
    portal: Portal, path: str, status: int, says: str
) -> None:
    answer = portal.ask("acct-authority", "GET", path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_everything_is_served_with_the_headers_of_safety(portal: Portal, tmp_path: Path) -> None:
    for answer in (portal.ask(None, "GET", "/datasets"), portal.ask(None, "GET", "/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
