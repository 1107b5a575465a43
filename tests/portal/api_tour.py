"""A walk through the API in which every operation is asked, and answers, at least once.

``python tests/portal/api_tour.py`` records it anew: the examples in the OpenAPI document are what was said
on this walk. Whoever adds an operation adds a step.
"""

import json
import re
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from evidence_world import MODEL, evaluation
from functional.wheels import lock_of, make_wheel
from law_files import akoma_ntoso, article, legilux_version
from obligations_world import COMPANY, read_dogs, write_dogs, write_instrument
from observatory_world import biased, fair, measured
from portal_world import Portal, form, plan, served, table
from register_world import STATED
from sandbox_world import WORDS, document, incident
from sandbox_world import plan as sandbox_plan
from two_tongues import WORK as PETS
from two_tongues import load_two_tongues

from casemate.flagships.law.sources import files_in, read_law
from casemate.portal.examples import FILE, Example
from casemate.register.records import read_record

HOLDER, RESEARCHER, AUTHORITY = "acct-holder", "acct-researcher", "acct-authority"
CHECKER, OPERATOR, AUDITOR = "acct-checker", "acct-operator", "acct-auditor"
PRIVACY = {"accounting": "epsilon", "amount": "3"}
QUESTION = {
    "version": 1,
    "dataset": "clinic",
    "kind": "count",
    "cost": {"accounting": "epsilon", "amount": "0.1"},
}
SCRIPT = """
from casemate.analysis import read

clinic = read("clinic")
clinic.table("by_diagnosis.csv", ["diagnosis"], n="count")
clinic.table("by_sex.csv", ["sex"], n="count")
clinic.table("in_detail.csv", ["birth_year", "sex", "commune", "diagnosis"], n="count")
"""
OPEN_TABLE = b"stop,zone\nGare Centrale,1\nHamilius,1\n"
OPEN = {
    "id": "stops",
    "title": {"en": "Bus stops"},
    "description": {"en": "Every stop with its zone."},
    "access_right": "public",
    "variables": {
        "stop": {"role": "other", "label": {"en": "Name of the stop"}},
        "zone": {"role": "other", "label": {"en": "Zone of the fare"}},
    },
}
_LONGEST = 240
_MOST = 2


@dataclass
class Tour:
    """What was said: by operation (``POST /runs``), its first request and answer that succeeded."""

    portal: Portal
    said: dict[str, Example] = field(default_factory=dict)

    def listen(self, response: httpx.Response) -> None:
        """Note one exchange."""
        operation = self._operation(response.request)
        if operation is None or not response.is_success or operation in self.said:
            return
        response.read()
        self.said[operation] = Example(
            request=_json(response.request.headers, response.request.content),
            response=_json(response.headers, response.content),
        )

    @cached_property
    def _paths(self) -> list[tuple[str, re.Pattern[str]]]:
        """The described paths; those without a parameter first, as the server tries them."""
        paths = self.portal.client.app.openapi()["paths"]  # type: ignore[attr-defined]
        return [
            (path, re.compile(re.sub(r"{\w+}", "[^/]+", path.replace(".", r"\."))))
            for path in sorted(paths, key=lambda one: one.count("{"))
        ]

    def _operation(self, request: httpx.Request) -> str | None:
        for path, pattern in self._paths:
            if pattern.fullmatch(request.url.path):
                return f"{request.method} {path}"
        return None


@contextmanager
def toured(folder: Path) -> Iterator[Tour]:
    """A clinic in ``folder``, the whole walk done."""
    with served(folder) as portal:
        tour = Tour(portal)
        portal.client.event_hooks["response"].append(tour.listen)
        walk(portal)
        yield tour


def walk(portal: Portal) -> None:
    """Every operation, each by whom it is for."""
    dataset = _publish(portal)
    permit = _permits(portal)
    _questions(portal, permit)
    _drafts(portal, permit)
    run = _runs(portal, permit)
    _outputs(portal, run)
    _evaluations(portal, permit)
    _register(portal)
    _corpora(portal)
    _companies(portal)
    _sandbox(portal)
    _ledger(portal)
    _accounts(portal)
    _environments(portal, permit)
    _house(portal)
    _ends(portal, permit, dataset)


def _publish(portal: Portal) -> str:
    import tomllib

    from functional.clinic import DESCRIPTION

    described = {**tomllib.loads(DESCRIPTION), "privacy": PRIVACY}
    upload = portal.upload(HOLDER, table())
    portal.must(HOLDER, "POST", "/datasets", json={"upload": upload, "description": described})
    portal.must(None, "GET", "/datasets", params={"q": "asthma"})
    portal.must(None, "GET", "/datasets/clinic")
    for about in ("lineage", "similar", "citation"):
        portal.must(None, "GET", f"/datasets/clinic/{about}")
    upload = portal.upload(HOLDER, OPEN_TABLE, "stops.csv")
    portal.must(HOLDER, "POST", "/datasets", json={"upload": upload, "description": OPEN})
    portal.must(None, "GET", "/datasets/stops/preview")
    for ending in ("ttl", "jsonld", "rdf"):
        assert portal.client.get(f"/catalogue.{ending}").is_success
        assert portal.client.get(f"/datasets/clinic.{ending}").is_success
    portal.client.get("/dataset/clinic", headers={"Accept": "text/turtle"}, follow_redirects=True)
    return "clinic"


def _permits(portal: Portal) -> str:
    def applied(**changes: Any) -> str:
        body = {"form": {**form(), **changes}}
        return str(portal.must(RESEARCHER, "POST", "/applications", json=body)["id"])

    _form_that_grows(portal)
    first, second, third = applied(), applied(title="Once more"), applied(title="Taken back")
    portal.must(AUTHORITY, "GET", "/applications")
    portal.must(AUTHORITY, "GET", f"/applications/{first}")
    incomplete = {"decision": "incomplete", "reason": "Say which method."}
    portal.must(AUTHORITY, "POST", f"/applications/{first}/decide", json=incomplete)
    again = {"form": {**form(), "method": "Means by diagnosis, with intervals"}}
    portal.must(RESEARCHER, "POST", f"/applications/{first}/submit", json=again)
    portal.must(RESEARCHER, "GET", f"/applications/{first}/timeline")
    refuse = {"decision": "refuse", "reason": "The same was asked before."}
    portal.must(AUTHORITY, "POST", f"/applications/{second}/decide", json=refuse)
    appeal = {"reason": "It is another question."}
    portal.must(RESEARCHER, "POST", f"/applications/{second}/appeal", json=appeal)
    withdraw = {"reason": "Not needed."}
    portal.must(RESEARCHER, "POST", f"/applications/{third}/withdraw", json=withdraw)
    question = {"text": "By when do you decide?"}
    portal.must(RESEARCHER, "POST", f"/applications/{first}/messages", json=question)
    portal.must(AUTHORITY, "GET", "/applications/inbox")
    weighed = {"plans": {"clinic": plan()}}
    portal.must(AUTHORITY, "POST", f"/applications/{first}/preview", json=weighed)
    terms = {
        "reason": "In the public interest.",
        "plans": {"clinic": plan()},
        "budgets": {"clinic": {"accounting": "epsilon", "amount": "1"}},
        "conditions": ["Results are published."],
    }
    permit = portal.must(AUTHORITY, "POST", f"/applications/{first}/approve", json=terms)
    portal.must(None, "POST", "/permits/verify", json={"jws": permit["jws"]})
    portal.must(RESEARCHER, "GET", "/permits")
    portal.must(RESEARCHER, "GET", f"/permits/{permit['id']}")
    portal.must(None, "GET", f"/permits/{permit['id']}/in-force")
    return str(permit["id"])


def _form_that_grows(portal: Portal) -> None:
    begun = {"form": {"title": "Asthma"}, "draft": True}
    draft = portal.must(RESEARCHER, "POST", "/applications", json=begun)["id"]
    more = {"form": {**form(), "title": "Asthma", "people": []}}
    portal.must(RESEARCHER, "PUT", f"/applications/{draft}", json=more)
    portal.must(RESEARCHER, "GET", f"/applications/{draft}/form")
    portal.must(RESEARCHER, "GET", f"/applications/{draft}/missing")


def _questions(portal: Portal, permit: str) -> None:
    portal.must(RESEARCHER, "POST", f"/permits/{permit}/views")
    portal.must(RESEARCHER, "GET", f"/permits/{permit}/views")
    portal.must(RESEARCHER, "POST", f"/permits/{permit}/views/verify")
    portal.must(HOLDER, "GET", "/datasets/clinic/budget")
    wanted = [one["name"] for one in form()["datasets"][0]["variables"]]
    asked = {"plan": plan(), "variables": wanted}
    portal.must(AUTHORITY, "POST", "/datasets/clinic/check-plan", json=asked)
    portal.must(RESEARCHER, "GET", f"/permits/{permit}/codebook")
    question = {"question": QUESTION}
    portal.must(RESEARCHER, "POST", f"/permits/{permit}/questions/expected", json=question)
    portal.must(RESEARCHER, "POST", f"/permits/{permit}/questions", json=question)
    portal.must(RESEARCHER, "GET", f"/permits/{permit}/budget")


def _drafts(portal: Portal, permit: str) -> None:
    where = f"/permits/{permit}/draft"
    portal.must(RESEARCHER, "POST", where, json={"text": SCRIPT, "filename": "tables.py"})
    portal.must(RESEARCHER, "GET", where)
    portal.must(RESEARCHER, "GET", f"{where}/versions")


def _runs(portal: Portal, permit: str) -> str:
    asked = {"permit": permit, "script": SCRIPT, "filename": "tables.py", "entry": STATED}
    run = portal.must(RESEARCHER, "POST", "/runs", json=asked)["id"]
    for _ in range(8):
        found = portal.must(RESEARCHER, "GET", f"/runs/{run}", params={"wait": 30})
        if found["state"] not in ("queued", "running", "checking"):
            break
    assert found["state"] == "awaiting_review", found
    portal.must(RESEARCHER, "GET", "/runs")
    portal.must(RESEARCHER, "GET", f"/runs/{run}/events", params={"wait": 1})
    portal.must(RESEARCHER, "GET", f"/runs/{run}/program")
    portal.must(RESEARCHER, "POST", f"/runs/{run}/replay")
    slow = {**asked, "script": "import time\ntime.sleep(300)"}
    other = portal.must(RESEARCHER, "POST", "/runs", json=slow)["id"]
    portal.must(RESEARCHER, "POST", f"/runs/{other}/cancel", json={"reason": "A mistake."})
    return str(run)


def _outputs(portal: Portal, run: str) -> None:
    portal.must(CHECKER, "GET", "/outputs/queue")
    listed = portal.must(CHECKER, "GET", "/outputs", params={"run": run})["items"]
    output = next(one["id"] for one in listed if one["name"] == "by_diagnosis.csv")
    portal.must(CHECKER, "GET", f"/outputs/{output}")
    portal.must(CHECKER, "GET", f"/outputs/{output}/unread-releases")
    portal.must(CHECKER, "GET", f"/outputs/{output}/comparison")
    assert portal.ask(CHECKER, "GET", f"/outputs/{output}/evidence").is_success
    portal.must(CHECKER, "POST", f"/outputs/{output}/claim", json={"seconds": 600})
    portal.must(CHECKER, "POST", f"/outputs/{output}/give-back")
    clear = {"clear": True, "reason": "Aggregates only."}
    portal.must(CHECKER, "POST", f"/outputs/{output}/review", json=clear)
    portal.must(CHECKER, "POST", f"/outputs/{output}/release")
    stopped = next(one["id"] for one in listed if one["name"] == "in_detail.csv")
    portal.must(RESEARCHER, "GET", f"/outputs/{stopped}/repairs")
    portal.must(RESEARCHER, "POST", f"/outputs/{stopped}/repairs", json={"number": 1})
    assert portal.ask(RESEARCHER, "GET", f"/outputs/{output}/content").is_success
    portal.must(RESEARCHER, "GET", f"/outputs/{output}/receipt")


def _sandbox(portal: Portal) -> None:
    record = read_record({"name": "Sorter"})
    algorithm = portal.platform.record_algorithm(RESEARCHER, record).algorithm
    test = {
        "key": "accuracy", "question": "Does it sort well?", "suite": "casemate-tabular",
        "check": "performance", "measure": "accuracy", "threshold": "0.75", "by": "interval",
    }  # fmt: skip
    form = document(algorithm, plan=sandbox_plan(tests=[test]))

    def act(who: str, name: str, body: Any, method: str = "POST") -> Any:
        return portal.must(who, method, f"/sandboxes/{sandbox}/{name}", json=body)

    begun = {"form": {"title": "Sorter", "algorithm": algorithm}}
    sandbox = portal.must(RESEARCHER, "POST", "/sandboxes", json=begun)["id"]
    portal.must(RESEARCHER, "GET", f"/sandboxes/{sandbox}/missing")
    portal.must(RESEARCHER, "PUT", f"/sandboxes/{sandbox}", json={"form": form})
    portal.must(RESEARCHER, "GET", f"/sandboxes/{sandbox}/form")
    act(RESEARCHER, "submit", {})
    portal.must(AUTHORITY, "GET", "/sandboxes/inbox")
    act(AUTHORITY, "decide", {"decision": "ask_back", "reason": "Say who oversees it."})
    act(RESEARCHER, "submit", {"form": {**form, "risks": "A person oversees it."}})
    act(AUTHORITY, "admit", {"reason": "It is new."})
    longer = {"reason": "A month more.", "plan": {**form["plan"], "duration_days": 120}}
    act(AUTHORITY, "plan", longer, "PUT")
    act(RESEARCHER, "start", {"plan_version": 2})
    measured = {"document": evaluation(seed=8), "algorithm": algorithm}
    kept = portal.must(RESEARCHER, "POST", "/evaluations", json=measured)["id"]
    act(RESEARCHER, "evidence", {"test": "accuracy", "evaluation": kept})
    told = incident(datetime(2026, 9, 1, 9, tzinfo=UTC).isoformat(), kind="serious")
    act(RESEARCHER, "incidents", {"incident": told})
    act(RESEARCHER, "messages", {"text": "When do we meet?"})
    act(RESEARCHER, "conclude", {"reason": "The test was carried out."})
    act(AUTHORITY, "report", {"words": WORDS, "publish": True})
    portal.must(RESEARCHER, "GET", f"/sandboxes/{sandbox}/report")
    act(RESEARCHER, "publish", None)
    portal.must(None, "GET", "/sandboxes/published")
    portal.must(None, "GET", f"/sandboxes/published/{sandbox}/report")
    portal.must(AUTHORITY, "GET", "/sandboxes")
    portal.must(AUTHORITY, "GET", f"/sandboxes/{sandbox}")
    portal.must(AUTHORITY, "GET", f"/sandboxes/{sandbox}/dossier")
    left = portal.must(RESEARCHER, "POST", "/sandboxes", json=begun)["id"]
    portal.must(RESEARCHER, "POST", f"/sandboxes/{left}/withdraw", json={"reason": "Not now."})


def _evaluations(portal: Portal, permit: str) -> None:
    rule = {
        "op": "gt",
        "left": {"op": "column", "name": "marker"},
        "right": {"op": "value", "value": 5},
    }
    wanted = {"model": {"rule": rule}, "target": "diagnosis", "positive": "asthma"}
    tried = {"permit": permit, "request": {**wanted, "protected": ["sex"]}}
    portal.must(RESEARCHER, "POST", "/evaluations/in-place", json=tried)
    answers = [{"prompt": "Do women drive?", "answer": "Yes.", "told": "yes"}]
    asked = {"document": evaluation(samples=answers)}
    kept = portal.must(RESEARCHER, "POST", "/evaluations", json=asked)["id"]
    portal.must(AUDITOR, "GET", "/evaluations", params={"suite": "casemate-tabular"})
    portal.must(RESEARCHER, "POST", f"/evaluations/{kept}/publish")
    portal.must(None, "GET", "/evaluations/published")
    portal.must(None, "GET", f"/evaluations/{kept}")
    portal.must(None, "GET", f"/evaluations/{kept}/samples")
    _observatory(portal)


def _observatory(portal: Portal) -> None:
    both = (
        measured("fair", fair, digit="1", limit=3),
        measured("biased", biased, digit="2", limit=3),
    )
    names = [
        portal.must(RESEARCHER, "POST", "/evaluations", json={"document": one})["id"]
        for one in both
    ]
    for one in names:
        portal.must(RESEARCHER, "POST", f"/evaluations/{one}/publish")
    portal.must(None, "GET", "/observatory/leaderboard", params={"suite": "question-bias-own"})
    first, second = names
    portal.must(None, "GET", "/observatory/comparison", params={"first": first, "second": second})


def _drafts_of_laws(portal: Portal) -> None:
    draft = "Art. 1er.\nLes chiens sont tenus en laisse.\nArt. 3.\nVoir l'annexe I."
    asked = {"name": "draft.txt", "content": b64encode(draft.encode()).decode()}
    portal.must(RESEARCHER, "POST", "/corpora/law/draft-check", json=asked)
    told = (
        "À l'article 1er de la loi du 15 janvier 2020 relative aux chiens, "
        "les termes « Deux » sont remplacés par les termes « Trois »."
    )
    amending = {"name": "a.txt", "content": b64encode(f"Art. 1er.\n{told}".encode()).decode()}
    portal.must(
        RESEARCHER, "POST", "/corpora/law/consolidation", json=amending | {"on": "2023-01-01"}
    )
    compared = asked | {"directive": "loi-2020-01-15-n1", "on": "2023-01-01"}
    portal.must(RESEARCHER, "POST", "/corpora/law/transposition", json=compared)


def _corpora(portal: Portal) -> None:
    folder = portal.platform.home.root / "laws"
    for day, words in (
        (date(2020, 2, 1), "Un chien."),
        (date(2022, 7, 1), "Deux chiens, sauf l'article 1er."),
    ):
        legilux_version(folder, day, akoma_ntoso(article("art_1", "Art. 1.", words)))
    portal.platform.load_corpus(HOLDER, "law", folder, files_in(folder), read_law)
    work = {"work": "loi-2020-01-15-n1"}
    portal.must(None, "GET", "/corpora")
    portal.must(None, "GET", "/corpora/law/works")
    portal.must(None, "GET", "/corpora/law/versions", params=work)
    provision = work | {"key": "art_1", "on": "2021-01-01"}
    portal.must(None, "GET", "/corpora/law/provision", params=provision)
    portal.platform.index_corpus(HOLDER, "law")
    asked = {"question": "Combien de chiens ?", "on": "2021-01-01"}
    portal.must(None, "GET", "/corpora/law/answer", params=asked)
    looked = {"q": "chien", "lang": "fr", "on": "2021-01-01"}
    portal.must(None, "GET", "/corpora/law/search", params=looked)
    told = portal.must(None, "POST", "/corpora/law/answer", json=asked)
    portal.must(None, "POST", "/corpora/law/replay", json=told["receipt"])
    portal.must(None, "GET", "/corpora/law/history", params=work | {"key": "art_1"})
    _drafts_of_laws(portal)
    portal.must(None, "GET", "/corpora/law/plain", params=provision)
    assert portal.ask(
        HOLDER, "GET", "/corpora/law/plain-by-model", params=provision
    ).is_server_error
    portal.must(None, "GET", "/corpora/law/glossary", params={"term": "chien"})
    portal.must(None, "GET", "/corpora/law/work-glossary", params=work)
    portal.platform.link_corpus(HOLDER, "law")
    for what in ("citations", "cited-by", "amendments", "amended-by", "citation-graph"):
        portal.must(None, "GET", f"/corpora/law/{what}", params=work)
    _translations(portal)
    said = {"question": "Que dit l'art. 1 ?", "on": "2021-01-01", "form": "csl"}
    portal.ask(None, "GET", "/corpora/law/answer/export", params=said)
    _case_file(portal, folder)


def _translations(portal: Portal) -> None:
    load_two_tongues(portal.platform, portal.platform.home.root)
    both = {"from": "fr", "to": "en"}
    asked = both | {"work": PETS, "key": "art_3", "on": "2033-06-01"}
    portal.must(None, "GET", "/corpora/pets/translation", params=asked)
    text = {"text": "Le refuge tient un registre.", "source": "fr", "target": "en"}
    portal.must(RESEARCHER, "POST", "/corpora/pets/translation", json=text)
    portal.must(None, "GET", "/corpora/pets/terms", params=both | {"text": "pet"})
    portal.must(None, "GET", "/corpora/pets/memory")


def _case_file(portal: Portal, folder: Path) -> None:
    told = {"title": "Dogs in flats", "notes": "Ask the owner."}
    case = portal.must(RESEARCHER, "POST", "/case-files", json=told)["id"]
    where = f"/case-files/{case}"
    day = {"corpus": "law", "language": "fr", "on": "2021-01-01"}
    portal.must(RESEARCHER, "GET", "/case-files")
    portal.must(RESEARCHER, "PUT", where, json=told | {"notes": "Ask the neighbours."})
    pin = {"work": "loi-2020-01-15-n1", "key": "art_1"}
    portal.must(RESEARCHER, "POST", f"{where}/pins", json=day | pin)
    portal.must(
        RESEARCHER, "POST", f"{where}/quotes", json=day | {"question": "Que dit l'art. 1 ?"}
    )
    search = {"corpus": "law", "language": "fr", "words": "chiens"}
    known = portal.must(RESEARCHER, "POST", f"{where}/searches", json=search)
    items = [known["pins"][0]["id"], known["searches"][0]["id"]]
    portal.must(RESEARCHER, "PUT", f"{where}/order", json={"items": items})
    portal.must(RESEARCHER, "DELETE", f"{where}/items/{items[1]}")
    portal.must(RESEARCHER, "POST", f"{where}/shares", json={"party": "org-clinic"})
    portal.must(RESEARCHER, "DELETE", f"{where}/shares/org-clinic")
    coming = akoma_ntoso(article("art_1", "Art. 1.", "Trois chiens."))
    legilux_version(folder, date(2090, 7, 1), coming)
    portal.platform.load_corpus(HOLDER, "law", folder, files_in(folder), read_law)
    portal.must(RESEARCHER, "GET", where)
    portal.must(RESEARCHER, "GET", f"{where}/alerts")
    portal.ask(RESEARCHER, "GET", f"{where}/alerts.atom")
    portal.must(RESEARCHER, "POST", f"{where}/alerts/seen", json={})
    portal.ask(RESEARCHER, "GET", f"{where}/export", params={"form": "bib"})
    portal.must(RESEARCHER, "GET", "/case-files/data")
    portal.must(RESEARCHER, "DELETE", where)


def _companies(portal: Portal) -> None:
    root = portal.platform.home.root
    write_instrument(root)
    file = write_dogs(root / "dogs")
    portal.platform.load_corpus(HOLDER, "dogs", file.parent, [file], read_dogs)
    asked = {"company": COMPANY, "on": "2026-03-01", "lang": "en", "instrument": "dogs"}
    portal.must(None, "POST", "/corpora/dogs/obligations", json=asked)
    wanted = {"company": COMPANY, "on": "2026-03-01", "lang": "en", "form": "csv"}
    portal.must(None, "POST", "/corpora/dogs/obligations/file", json=wanted)
    kept = portal.must(RESEARCHER, "POST", "/companies", json={"company": COMPANY})["profile"]
    portal.must(RESEARCHER, "GET", "/companies")
    portal.must(RESEARCHER, "GET", f"/companies/{kept}")
    changed = {"company": COMPANY | {"name": "Kennel and Sons"}, "seen": 1}
    portal.must(RESEARCHER, "PUT", f"/companies/{kept}", json=changed)
    days = {"corpus": "dogs", "on": "2026-03-01", "lang": "en"}
    step = {"duty": "dogs/art_2/1/obligation/1", "state": "evidence", "reference": "the book"}
    portal.must(RESEARCHER, "POST", f"/companies/{kept}/steps", json=step | days)
    portal.must(RESEARCHER, "GET", f"/companies/{kept}/obligations", params=days)
    portal.must(
        RESEARCHER, "GET", f"/companies/{kept}/obligations/file", params=days | {"form": "csv"}
    )


def _register(portal: Portal) -> None:
    told = {
        "name": {"en": "Triage", "fr": "Triage"},
        "short_description": {"en": "Sorts calls by how urgent they are."},
        "organisation": {"en": "University"},
        "contact": {"en": "mailto:triage@university.example"},
        "status": "development",
        "publication_category": "other",
        "ai_act_class": "minimal",
    }
    kept = portal.must(RESEARCHER, "POST", "/algorithms", json={"record": told})
    where = f"/algorithms/{kept['algorithm']}"
    portal.must(RESEARCHER, "GET", "/algorithms", params={"q": "calls"})
    portal.must(AUDITOR, "GET", where)
    model = f"/models/{kept['algorithm']}"
    portal.must(RESEARCHER, "POST", model, json={"digest": MODEL})
    portal.must(AUDITOR, "GET", model)
    portal.must(RESEARCHER, "GET", f"{model}/standing")
    portal.must(RESEARCHER, "POST", f"{model}/assessment", json={"day": "2027-12-02"})
    allowed = {"digest": MODEL, "reason": "It decides on nobody."}
    portal.must(AUTHORITY, "POST", f"{model}/allow", json=allowed)
    revised = {"record": {**told, "status": "in_use"}, "seen": 1, "reason": "It is used now."}
    portal.must(RESEARCHER, "POST", f"{where}/revise", json=revised)
    portal.must(RESEARCHER, "POST", f"{where}/publish", json={"reason": "It decides."})
    portal.must(None, "GET", f"{where}/history")
    portal.must(AUTHORITY, "GET", f"{where}/completeness")
    portal.must(None, "GET", f"{where}/export", params={"standard": "nl-1.0"})
    _feedback(portal, where)
    given = {"answers": {"affected_people": "Whoever calls."}, "facts": {"role": "deployer"}}
    answers = {"questionnaire": given, "seen": 0}
    portal.must(RESEARCHER, "PUT", f"{where}/answers", json=answers)
    portal.must(AUDITOR, "GET", f"{where}/answers")
    wanted = {"kind": "fria", "form": "docx", "language": "fr", "as_of": "2027-12-03"}
    portal.must(RESEARCHER, "POST", f"{where}/documents", json=wanted)
    portal.must(RESEARCHER, "POST", f"{where}/withdraw", json={"reason": "It is over."})
    facts = {"role": "provider", "purpose": "rank_candidates"}
    asked = {"facts": facts, "as_of": "2026-12-01", "closed": True}
    portal.must(RESEARCHER, "POST", "/classify", json=asked)


def _feedback(portal: Portal, where: str) -> None:
    asked = {"kind": "question", "text": "Who reads it?", "contact": "ann@people.example"}
    given = portal.must(None, "POST", f"{where}/feedback", json=asked)
    portal.must(RESEARCHER, "GET", f"{where}/feedback")
    portal.must(RESEARCHER, "GET", "/feedback/waiting")
    answer = {"answer": "A nurse reads every call before anything is decided."}
    portal.must(RESEARCHER, "POST", f"/feedback/{given['feedback']['id']}/answer", json=answer)
    portal.must(None, "POST", "/feedback/of-code", json={"code": given["code"]})
    portal.must(None, "POST", "/feedback/take-back", json={"code": given["code"]})


def _ledger(portal: Portal) -> None:
    portal.must(None, "GET", "/ledger/entries", params={"limit": 2})
    portal.must(None, "GET", "/ledger/entries/3/proof")
    portal.must(None, "GET", "/ledger/entries/3")
    portal.must(None, "GET", "/ledger/newest", params={"act": "permit.granted"})
    portal.must(None, "GET", "/ledger/activity")
    portal.must(None, "GET", "/ledger/keys")
    portal.must(None, "GET", "/ledger/consistency", params={"old_size": 4})
    assert portal.ask(None, "GET", "/ledger/checkpoint").is_success
    assert portal.ask(None, "GET", "/ledger/export").is_success


def _accounts(portal: Portal) -> None:
    portal.must(RESEARCHER, "GET", "/me")
    token, _ = portal.platform.issue_token(RESEARCHER, "an old notebook", ["read"])
    portal.must(RESEARCHER, "GET", "/me/tokens")
    portal.must(RESEARCHER, "DELETE", f"/me/tokens/{token.id}")
    portal.must(OPERATOR, "GET", "/accounts")
    portal.must(OPERATOR, "GET", "/organisations")
    company = {"name": "A Company", "kind": "company"}
    made = portal.must(OPERATOR, "POST", "/organisations", json=company)
    someone = {"name": "Nora New", "organisation": made["id"], "roles": ["data_user"]}
    added = portal.must(OPERATOR, "POST", "/accounts", json=someone)["id"]
    changed = {"name": "Nora Newer"}
    portal.must(OPERATOR, "POST", f"/accounts/{added}/change", json=changed)
    portal.must(OPERATOR, "POST", f"/accounts/{added}/deactivate")
    portal.must(OPERATOR, "POST", f"/accounts/{added}/reactivate")
    where = f"/organisations/{made['id']}/change"
    portal.must(OPERATOR, "POST", where, json={"kind": "enterprise"})


def _environments(portal: Portal, permit: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = make_wheel(Path(folder), "tiny", "1.0", {"tiny.py": "ONE = 1\n"})
        lock = lock_of(wheel).encode()
        portal.platform.add_environment(OPERATOR, "tiny", lock=lock, wheels=Path(folder))
    portal.must(RESEARCHER, "GET", "/environments")
    portal.must(RESEARCHER, "GET", "/environments/tiny")
    portal.must(AUTHORITY, "POST", f"/permits/{permit}/environments", json={"names": ["tiny"]})


def _house(portal: Portal) -> None:
    portal.must(None, "GET", "/health")
    portal.must(None, "GET", "/figures")
    for about in ("health", "storage", "jobs"):
        portal.must(OPERATOR, "GET", f"/house/{about}")


def _ends(portal: Portal, permit: str, dataset: str) -> None:
    renewal = {"days": 30, "reason": "The study goes on."}
    renewed = portal.must(AUTHORITY, "POST", f"/permits/{permit}/renew", json=renewal)["id"]
    portal.must(AUTHORITY, "GET", f"/permits/{renewed}/revocation-effect")
    revocation = {"reason": "The study is over."}
    portal.must(AUTHORITY, "POST", f"/permits/{renewed}/revoke", json=revocation)
    retirement = {"reason": "Its time is over."}
    portal.must(HOLDER, "POST", f"/datasets/{dataset}/retire", json=retirement)
    portal.must(OPERATOR, "POST", "/house/keys/rotate")


def _json(headers: Any, content: bytes) -> Any:
    if headers.get("content-type", "").split(";")[0] != "application/json":
        return None
    return _short(json.loads(content)) if content else None


def _short(value: Any) -> Any:
    """``value`` as an example: two of a long list, the beginning of a long text."""
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value[:_MOST]]
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST]
    return value


def record() -> None:
    """Write what was said on a new walk."""
    with tempfile.TemporaryDirectory() as folder, toured(Path(folder)) as tour:
        said = {name: one.document() for name, one in sorted(tour.said.items()) if one.document()}
    FILE.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(said)} operations are recorded in {FILE.name}")


if __name__ == "__main__":
    record()
