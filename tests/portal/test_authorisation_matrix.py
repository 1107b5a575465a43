"""Every operation, as every role and as nobody: who is let in, who is told no, nobody forgotten.

``y`` is let in (whatever becomes of the request then), ``.`` is refused by a policy (403), ``-`` is
asked for a token (401). An operation that is not in the table fails the test: whoever adds one says
who may call it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sandbox_world
from evidence_world import evaluation
from portal_world import Portal, form, served
from sandbox_world import incident

from casemate.register.records import read_record

WHO = (
    None,
    "acct-operator",
    "acct-holder",
    "acct-other-holder",
    "acct-researcher",
    "acct-outsider",
    "acct-authority",
    "acct-checker",
    "acct-auditor",
)
TABLE = """
                                              nobody oper hold othr rsch outs auth chck audi
GET /datasets                                   y     y    y    y    y    y    y    y    y
GET /datasets/{dataset}                         y     y    y    y    y    y    y    y    y
GET /datasets/{dataset}/budget                  -     .    y    .    .    .    y    .    y
POST /datasets/{dataset}/check-plan             -     y    y    y    y    y    y    y    y
GET /datasets/{dataset}/lineage                 y     y    y    y    y    y    y    y    y
GET /datasets/{dataset}/similar                 y     y    y    y    y    y    y    y    y
GET /datasets/{dataset}/citation                y     y    y    y    y    y    y    y    y
GET /datasets/{dataset}/preview                 .     .    .    .    .    .    .    .    .
POST /uploads                                   -     .    y    y    .    .    .    .    .
POST /datasets                                  -     y    y    y    y    y    y    y    y
POST /datasets/{dataset}/retire                 -     .    y    .    .    .    .    .    .
GET /applications                               -     y    y    y    y    y    y    y    y
POST /applications                              -     .    .    .    y    y    .    .    .
GET /applications/inbox                         -     .    .    .    .    .    y    .    .
PUT /applications/{application}                 -     .    .    .    y    .    .    .    .
GET /applications/{application}/form            -     .    .    .    y    .    .    .    .
GET /applications/{application}/missing         -     .    .    .    y    .    .    .    .
POST /applications/{application}/messages       -     .    .    .    y    .    y    .    .
POST /applications/{application}/preview        -     .    .    .    .    .    y    .    .
GET /applications/{application}                 -     .    y    .    y    .    y    .    y
GET /applications/{application}/timeline        -     .    y    .    y    .    y    .    y
POST /applications/{application}/submit         -     .    .    .    y    .    .    .    .
POST /applications/{application}/withdraw       -     .    .    .    y    .    .    .    .
POST /applications/{application}/appeal         -     .    .    .    y    .    .    .    .
POST /applications/{application}/decide         -     .    .    .    .    .    y    .    .
POST /applications/{application}/approve        -     .    .    .    .    .    y    .    .
GET /permits                                    -     y    y    y    y    y    y    y    y
POST /permits/verify                            y     y    y    y    y    y    y    y    y
GET /permits/{permit}                           .     .    y    .    y    .    y    y    y
GET /permits/{permit}/in-force                  y     y    y    y    y    y    y    y    y
GET /permits/{permit}/budget                    -     .    y    .    y    .    y    y    y
GET /permits/{permit}/views                     -     .    y    .    y    .    y    y    y
POST /permits/{permit}/views                    -     .    .    .    y    .    .    .    .
GET /permits/{permit}/draft                     -     .    .    .    y    .    .    .    .
POST /permits/{permit}/draft                    -     .    .    .    y    .    .    .    .
GET /permits/{permit}/draft/versions            -     .    .    .    y    .    .    .    .
POST /permits/{permit}/views/verify             -     .    .    .    y    .    .    .    .
POST /permits/{permit}/environments             -     .    .    .    .    .    y    .    .
GET /permits/{permit}/codebook                  -     .    .    .    y    .    .    .    .
POST /permits/{permit}/questions                -     .    .    .    y    .    .    .    .
POST /permits/{permit}/questions/expected       -     .    .    .    y    .    .    .    .
GET /permits/{permit}/revocation-effect         -     .    .    .    .    .    y    .    .
POST /permits/{permit}/renew                    -     .    .    .    .    .    y    .    .
POST /permits/{permit}/revoke                   -     .    .    .    .    .    y    .    .
GET /runs                                       -     y    y    y    y    y    y    y    y
POST /runs                                      -     .    .    .    y    .    .    .    .
GET /runs/{run}                                 -     .    .    .    y    .    y    y    y
GET /runs/{run}/program                         -     .    .    .    y    .    y    y    y
GET /runs/{run}/events                          -     .    .    .    y    .    y    y    y
POST /runs/{run}/replay                         -     .    .    .    y    .    .    y    .
POST /runs/{run}/cancel                         -     y    .    .    y    .    y    .    .
GET /corpora                                    y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/works                     y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/versions                  y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/provision                 y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/search                    y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/answer                    y     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/answer                   y     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/replay                   y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/history                   y     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/draft-check              -     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/consolidation            -     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/transposition            -     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/obligations              y     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/obligations/file         y     y    y    y    y    y    y    y    y
GET /companies                                  -     y    y    y    y    y    y    y    y
POST /companies                                 -     .    y    y    y    y    y    .    .
GET /companies/{profile}                        -     .    .    .    y    y    .    .    .
PUT /companies/{profile}                        -     .    .    .    y    y    .    .    .
GET /companies/{profile}/obligations            -     .    .    .    y    y    .    .    .
GET /companies/{profile}/obligations/file       -     .    .    .    y    y    .    .    .
POST /companies/{profile}/steps                 -     .    .    .    y    y    .    .    .
GET /corpora/{corpus}/citations                 y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/cited-by                  y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/amendments                y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/amended-by                y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/citation-graph            y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/translation               y     y    y    y    y    y    y    y    y
POST /corpora/{corpus}/translation              -     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/terms                     y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/memory                    y     y    y    y    y    y    y    y    y
GET /environments                               -     y    y    y    y    y    y    y    y
GET /environments/{reference}                   -     y    y    y    y    y    y    y    y
GET /evaluations                                -     y    y    y    y    y    y    y    y
POST /evaluations                               -     .    y    y    y    y    y    .    .
POST /evaluations/in-place                      -     .    .    .    y    .    .    .    .
GET /evaluations/published                      y     y    y    y    y    y    y    y    y
GET /evaluations/{evaluation}                   .     .    .    .    y    y    y    .    y
GET /evaluations/{evaluation}/samples           .     .    .    .    y    y    y    .    y
POST /evaluations/{evaluation}/publish          -     .    .    .    y    y    y    .    .
GET /sandboxes                                  -     y    y    y    y    y    y    y    y
POST /sandboxes                                 -     .    y    y    y    y    .    .    .
GET /sandboxes/inbox                            -     .    .    .    .    .    y    .    .
GET /sandboxes/published                        y     y    y    y    y    y    y    y    y
GET /sandboxes/published/{sandbox}/report       y     y    y    y    y    y    y    y    y
GET /sandboxes/{sandbox}                        -     .    .    .    y    y    y    .    y
GET /sandboxes/{sandbox}/dossier                -     .    .    .    y    y    y    .    y
GET /sandboxes/{sandbox}/form                   -     .    .    .    y    .    .    .    .
GET /sandboxes/{sandbox}/missing                -     .    .    .    y    .    .    .    .
GET /sandboxes/{sandbox}/report                 -     .    .    .    y    y    y    .    y
PUT /sandboxes/{sandbox}                        -     .    .    .    y    .    .    .    .
POST /sandboxes/{sandbox}/submit                -     .    .    .    y    .    .    .    .
POST /sandboxes/{sandbox}/messages              -     .    .    .    y    y    y    .    .
POST /sandboxes/{sandbox}/decide                -     .    .    .    .    .    y    .    .
POST /sandboxes/{sandbox}/admit                 -     .    .    .    .    .    y    .    .
PUT /sandboxes/{sandbox}/plan                   -     .    .    .    .    .    y    .    .
POST /sandboxes/{sandbox}/start                 -     .    .    .    y    y    .    .    .
POST /sandboxes/{sandbox}/evidence              -     .    .    .    y    y    .    .    .
POST /sandboxes/{sandbox}/incidents             -     .    .    .    y    y    .    .    .
POST /sandboxes/{sandbox}/conclude              -     .    .    .    y    y    y    .    .
POST /sandboxes/{sandbox}/report                -     .    .    .    .    .    y    .    .
POST /sandboxes/{sandbox}/publish               -     .    .    .    y    y    .    .    .
POST /sandboxes/{sandbox}/withdraw              -     .    .    .    y    .    .    .    .
GET /observatory/leaderboard                    y     y    y    y    y    y    y    y    y
GET /observatory/comparison                     y     y    y    y    y    y    y    y    y
GET /models/{algorithm}                         -     .    .    .    y    y    y    .    y
POST /models/{algorithm}                        -     .    .    .    y    y    .    .    .
GET /models/{algorithm}/standing                -     .    .    .    y    y    y    .    y
POST /models/{algorithm}/assessment             -     .    .    .    y    y    y    .    .
POST /models/{algorithm}/allow                  -     .    .    .    .    .    y    .    .
GET /outputs                                    -     y    y    y    y    y    y    y    y
GET /outputs/queue                              -     .    .    .    .    .    .    y    .
GET /algorithms                                 y     y    y    y    y    y    y    y    y
POST /algorithms                                -     .    y    y    y    y    y    .    .
GET /algorithms/{algorithm}                     y     .    .    .    y    y    y    .    y
GET /algorithms/{algorithm}/history             y     .    .    .    y    y    y    .    y
GET /algorithms/{algorithm}/completeness        y     .    .    .    y    y    y    .    y
POST /algorithms/{algorithm}/publish            -     .    .    .    y    y    .    .    .
POST /algorithms/{algorithm}/withdraw           -     .    .    .    y    y    .    .    .
POST /algorithms/{algorithm}/revise             -     .    .    .    y    y    .    .    .
GET /algorithms/{algorithm}/export              y     .    .    .    y    y    y    .    y
GET /algorithms/{algorithm}/feedback            -     .    .    .    y    y    y    .    .
POST /algorithms/{algorithm}/feedback           y     y    y    y    y    y    y    y    y
GET /feedback/waiting                           -     y    y    y    y    y    y    y    y
POST /feedback/of-code                          y     y    y    y    y    y    y    y    y
POST /feedback/take-back                        y     y    y    y    y    y    y    y    y
POST /feedback/{feedback}/answer                -     y    y    y    y    y    y    y    y
GET /algorithms/{algorithm}/answers             -     .    .    .    y    y    y    .    y
PUT /algorithms/{algorithm}/answers             -     .    .    .    y    y    .    .    .
POST /algorithms/{algorithm}/documents          -     .    .    .    y    y    y    .    .
POST /classify                                  -     y    y    y    y    y    y    y    y
GET /ledger/entries                             y     y    y    y    y    y    y    y    y
GET /ledger/entries/{index}                     y     y    y    y    y    y    y    y    y
GET /ledger/entries/{index}/proof               y     y    y    y    y    y    y    y    y
GET /ledger/newest                              y     y    y    y    y    y    y    y    y
GET /ledger/keys                                y     y    y    y    y    y    y    y    y
GET /ledger/activity                            y     y    y    y    y    y    y    y    y
GET /ledger/consistency                         y     y    y    y    y    y    y    y    y
GET /ledger/checkpoint                          y     y    y    y    y    y    y    y    y
GET /case-files                                 -     y    y    y    y    y    y    y    y
POST /case-files                                -     y    y    y    y    y    y    y    y
GET /case-files/data                            -     y    y    y    y    y    y    y    y
GET /case-files/{case_file}                     -     .    .    .    y    .    .    .    .
PUT /case-files/{case_file}                     -     .    .    .    y    .    .    .    .
POST /case-files/{case_file}/pins               -     .    .    .    y    .    .    .    .
POST /case-files/{case_file}/quotes             -     .    .    .    y    .    .    .    .
POST /case-files/{case_file}/searches           -     .    .    .    y    .    .    .    .
DELETE /case-files/{case_file}/items/{item}     -     .    .    .    y    .    .    .    .
PUT /case-files/{case_file}/order               -     .    .    .    y    .    .    .    .
POST /case-files/{case_file}/shares             -     .    .    .    y    .    .    .    .
DELETE /case-files/{case_file}/shares/{party}   -     .    .    .    y    .    .    .    .
GET /case-files/{case_file}/alerts              -     .    .    .    y    .    .    .    .
GET /case-files/{case_file}/alerts.atom         -     .    .    .    y    .    .    .    .
POST /case-files/{case_file}/alerts/seen        -     .    .    .    y    .    .    .    .
GET /case-files/{case_file}/export              -     .    .    .    y    .    .    .    .
DELETE /case-files/{case_file}                  -     .    .    .    y    .    .    .    .
GET /corpora/{corpus}/answer/export             y     y    y    y    y    y    y    y    y
GET /ledger/export                              y     y    y    y    y    y    y    y    y
GET /me                                         -     y    y    y    y    y    y    y    y
GET /me/tokens                                  -     y    y    y    y    y    y    y    y
DELETE /me/tokens/{token}                       -     y    y    y    y    y    y    y    y
GET /accounts                                   -     y    .    .    .    .    y    .    y
POST /accounts                                  -     y    .    .    .    .    .    .    .
GET /organisations                              -     y    .    .    .    .    y    .    y
POST /organisations                             -     y    .    .    .    .    .    .    .
POST /accounts/{account}/change                 -     y    .    .    .    .    .    .    .
POST /accounts/{account}/deactivate             -     y    .    .    .    .    .    .    .
POST /accounts/{account}/reactivate             -     y    .    .    .    .    .    .    .
POST /organisations/{organisation}/change       -     y    .    .    .    .    .    .    .
GET /health                                     y     y    y    y    y    y    y    y    y
GET /figures                                    y     y    y    y    y    y    y    y    y
GET /house/health                               -     y    .    .    .    .    .    .    y
POST /house/keys/rotate                         -     y    .    .    .    .    .    .    .
GET /corpora/{corpus}/plain                     y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/plain-by-model            -     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/glossary                  y     y    y    y    y    y    y    y    y
GET /corpora/{corpus}/work-glossary             y     y    y    y    y    y    y    y    y
GET /house/storage                              -     y    .    .    .    .    .    .    y
GET /house/jobs                                 -     y    .    .    .    .    .    .    y
"""
OUTPUTS = """
GET /outputs/{output}
GET /outputs/{output}/unread-releases
GET /outputs/{output}/repairs
POST /outputs/{output}/repairs
GET /outputs/{output}/evidence
GET /outputs/{output}/comparison
POST /outputs/{output}/claim
POST /outputs/{output}/give-back
POST /outputs/{output}/review
POST /outputs/{output}/release
GET /outputs/{output}/content
GET /outputs/{output}/receipt
"""
"""Of one output: who may, is held by the policies' own table and the flow; here, that nobody may without
a token, and that an output that does not exist is not found."""
COUNT = {
    "version": 1,
    "dataset": "clinic",
    "kind": "count",
    "cost": {"accounting": "epsilon", "amount": "0.1"},
}
WORDS: dict[str, Any] = {
    "retire": {"reason": " "},
    "submit": {},
    "messages": {"text": " "},
    "preview": {"plans": {}},
    "withdraw": {"reason": " "},
    "publish": {"reason": " "},
    "appeal": {"reason": ""},
    "decide": {"decision": "complete", "reason": ""},
    "approve": {"reason": ""},
    "verify": {"jws": "none"},
    "questions": {"question": COUNT},
    "expected": {"question": COUNT},
    "renew": {"days": 1, "reason": ""},
    "revoke": {"reason": ""},
    "cancel": {"reason": ""},
    "algorithms": {"record": {}},
    "feedback": {"kind": "question", "text": " "},
    "of-code": {"code": "none"},
    "take-back": {"code": "none"},
    "answer": {"answer": " "},
    "replay": {"question": 7},
    "classify": {"facts": {"role": "nobody"}},
    "answers": {"questionnaire": {}, "seen": 7},
    "documents": {"kind": "none"},
    "accounts": {"name": "A", "organisation": "org-none", "roles": ["public"]},
    "organisations": {"name": ""},
    "check-plan": {"plan": {}},
    "environments": {"names": ["none"]},
    "repairs": {"number": 1},
    "claim": {},
    "draft": {"text": "print(1)"},
    "evaluations": {"document": {}},
    "allow": {"digest": "none", "reason": ""},
    "revise": {"record": {"name": "Sorter"}, "seen": 1, "reason": " "},
    "review": {"clear": False, "reason": "no"},
    "admit": {"reason": ""},
    "plan": {"reason": "", "plan": {}},
    "start": {"plan_version": 9},
    "evidence": {"test": "none", "evaluation": "none"},
    "incidents": {"incident": incident(datetime(2026, 1, 1, tzinfo=UTC).isoformat())},
    "conclude": {"reason": " "},
    "report": {"words": sandbox_world.WORDS},
    "draft-check": {"name": "a.txt", "content": ""},
    "consolidation": {"name": "a.txt", "content": ""},
    "transposition": {"directive": "none"},
    "sandboxes": {"form": {}},
    "{sandbox}": {"form": {}},
    "case-files": {"title": " "},
    "{case_file}": {"title": " "},
    "pins": {"corpus": "none", "work": "none", "key": "none", "language": "fr"},
    "quotes": {"corpus": "none", "question": "What?", "language": "fr"},
    "searches": {"corpus": "none", "words": " ", "language": "fr"},
    "order": {"items": ["none"]},
    "shares": {"party": "none"},
    "seen": {"alerts": ["none"]},
    "obligations": {"company": {"name": "A"}},
    "file": {"company": {"name": "A"}},
    "companies": {"company": {"name": "A"}},
    "{profile}": {"company": {"name": "A"}, "seen": 7},
    "steps": {"duty": "none/none", "state": "open"},
}
"""Bodies that nothing comes of, even where the caller may."""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("matrix"), works=False) as portal:
        yield portal


@pytest.fixture(scope="module")
def ids(portal: Portal) -> dict[str, str]:
    """One record of each kind: the clinic's table, an application for it, a permit, a queued run."""
    portal.publish()
    portal.platform.add_account(
        "acct-operator", "Extra", "org-clinic", ["public"], account_id="acct-extra"
    )
    permit = portal.permit()["id"]
    researcher = "acct-researcher"
    asked = portal.must(researcher, "POST", "/applications", json={"form": form()})
    run = portal.must(researcher, "POST", "/runs", json={"permit": permit, "script": "print(1)"})
    measured = {"document": evaluation()}
    sorter = read_record({"name": "Sorter"})
    return {
        "algorithm": portal.platform.record_algorithm(researcher, sorter).algorithm,
        "profile": portal.platform.add_company(researcher, {"name": "A"}).profile,
        "feedback": "feedback-aaaaaaaaaaaa",
        "dataset": "clinic",
        "application": asked["id"],
        "permit": permit,
        "run": run["id"],
        "evaluation": portal.must(researcher, "POST", "/evaluations", json=measured)["id"],
        "sandbox": _handed_in(portal),
        "output": "output-aaaaaaaaaaaa",
        "index": "0",
        "reference": "none",
        "corpus": "law",
        "case_file": portal.platform.open_case_file(researcher, "Dogs").id,
        "item": "none",
        "party": "none",
        "token": "token-aaaaaaaaaaaa",
        "account": "acct-extra",
        "organisation": "org-clinic",
    }


def _handed_in(portal: Portal) -> str:
    """An application for the sandbox, handed in and asked back."""
    researcher = "acct-researcher"
    record = read_record({"name": "Sorter"})
    algorithm = portal.platform.record_algorithm(researcher, record).algorithm
    made = portal.platform.apply_for_sandbox(researcher, sandbox_world.document(algorithm))
    portal.platform.submit_participation(researcher, made.id)
    portal.platform.decide_participation("acct-authority", made.id, "ask_back", "more")
    return made.id


def rows() -> Iterator[tuple[str, str, list[str]]]:
    for line in TABLE.strip().splitlines()[1:]:
        method, path, *cells = line.split()
        yield method, path, cells


def body_of(path: str, ids: dict[str, str]) -> Any:
    last = path.rpartition("/")[2]
    if last == "in-place":
        tried = {"model": {"rule": {"op": "value", "value": True}}, "target": "diagnosis"}
        return {"permit": ids["permit"], "request": tried}
    if path == "/runs":
        return {"permit": ids["permit"], "script": ""}
    if path == "/datasets":
        return {"upload": "none", "description": {}}
    if path == "/sandboxes/{sandbox}/decide":
        return {"decision": "resume", "reason": ""}
    if path == "/applications":
        return {"form": {**form(), "people": []}}
    if path == "/applications/{application}":
        return {"form": form()}
    return WORDS.get(last, {})


def ask(portal: Portal, who: str | None, method: str, path: str, ids: dict[str, str]) -> Any:
    where = re.sub(r"{(\w+)}", lambda found: ids[found[1]], path)
    options: dict[str, Any] = {}
    if method in ("POST", "PUT"):
        options = {"content": b""} if path == "/uploads" else {"json": body_of(path, ids)}
    if path == "/algorithms/{algorithm}/export":
        options["params"] = {"standard": "nl-1.0"}
    if path.endswith("/export") and path.startswith(("/case-files", "/corpora")):
        options["params"] = {"form": "md", "question": "What?"}
    if path == "/case-files/{case_file}" and method == "DELETE":
        options["headers"] = {"If-Match": '"seen-long-ago"'}  # whoever may, is told that it changed
    if path == "/ledger/consistency":
        options["params"] = {"old_size": 1}
    if path == "/observatory/comparison":
        options["params"] = {"first": "evaluation-none", "second": "evaluation-none"}
    return portal.ask(who, method, where, **options)


def meaning(answer: Any) -> str:
    if answer.status_code == 401:
        return "-"
    # A room refuses too (a permit without a budget): that is let in, and then told no.
    is_of_a_policy = answer.status_code == 403 and " may not " in answer.json()["detail"]
    return "." if is_of_a_policy else "y"


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("method", "path", "cells"), list(rows()), ids=lambda one: str(one)[:60])
def test_who_may_call_what(
    portal: Portal, ids: dict[str, str], method: str, path: str, cells: list[str]
) -> None:
    found = [meaning(ask(portal, who, method, path, ids)) for who in WHO]
    assert found == cells


def test_every_operation_is_in_the_table(portal: Portal) -> None:
    document = portal.client.get("/api/v1/openapi.json").json()
    served = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/api/v1")
    }
    told = {f"{method} {path}" for method, path, _ in rows()}
    assert served == told | set(OUTPUTS.strip().splitlines())


@pytest.mark.parametrize("operation", OUTPUTS.strip().splitlines())
def test_outputs_take_a_token_and_an_id_that_is_known(
    portal: Portal, ids: dict[str, str], operation: str
) -> None:
    method, path = operation.split()
    assert ask(portal, None, method, path, ids).status_code == 401
    assert ask(portal, "acct-checker", method, path, ids).status_code == 404
