"""The whole flow by command line, every step by its own account, every answer one JSON document."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from evidence_world import evaluation
from functional.clinic import (
    AUDITOR,
    AUTHORITY,
    CHECKER,
    DESCRIPTION,
    HOLDER,
    OPERATOR,
    OUTSIDER,
    PEOPLE,
    RESEARCHER,
    Clinic,
    copy_of,
    of_the_platform,
    people,
    speak,
)
from functional.sandbox_acts import through_the_sandbox
from functional.wheels import lock_of, make_wheel
from hostile_model import hostile
from law_files import akoma_ntoso, article, legilux_version
from obligations_world import COMPANY, write_dogs, write_instrument
from rdflib import Graph
from two_tongues import WORK as PETS
from two_tongues import folder_of_two_tongues

import casemate

pytest_plugins = ("functional.clinic_fixtures",)

VERIFIER = Path(casemate.__file__).parent / "ledger" / "verifier.py"
LONG = "import time\ntime.sleep(60)\n"
PRIVACY = """
[privacy]
accounting = "epsilon"
amount = "4"
"""
QUESTION = """
version = 1
dataset = "clinic"
kind = "grouped"
by = ["diagnosis"]
keys = [["none"], ["asthma"], ["diabetes"]]
values = { variable = "marker", low = 0, high = 100000 }
cost = { accounting = "epsilon", amount = 0.5 }
"""
ENTRY = """
name = "Means"
short_description = "Counts visits."
organisation = "University"
contact = "mailto:desk@university.example"
status = "in_use"
publication_category = "other"
ai_act_class = "out_of_scope"
"""
COUNTING = "def write(n):\n    open('/out/n.json', 'w').write(str(n))\n"
NEVER_JSON = {("demo",), ("serve",)}
"""What the demo prints is held by its own tests; a server's answer, which does not end, by tests/portal."""


OPEN = """
id = "counts"
title = { en = "Visits by region" }
description = { en = "Invented counts, for everyone." }
access_right = "public"
license = "CC_BY_4_0"

[variables]
region = { label = { en = "Region" }, role = "other" }
visits = { label = { en = "Visits" }, role = "other" }
"""


@dataclass(frozen=True)
class Told:
    """The clinic after the whole flow, and what each step answered."""

    clinic: Clinic
    said: dict[str, Any]

    def __getitem__(self, step: str) -> Any:
        return self.said[step]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    clinic = Clinic(tmp_path_factory.mktemp("flow"))
    clinic.found()
    clinic.file("clinic.toml", DESCRIPTION + PRIVACY)
    said: dict[str, Any] = {}
    _offer_and_ask(clinic, said)
    _decide(clinic, said)
    _run(clinic, said)
    _check_and_release(clinic, said)
    _run_on_an_environment(clinic, said)
    _ask(clinic, said)
    _end(clinic, said)
    _look_back(clinic, said)
    return Told(clinic, said)


def _offer_and_ask(clinic: Clinic, said: dict[str, Any]) -> None:
    said["describe"] = clinic.ask("dataset", "describe", clinic.folder / "clinic.csv", by=HOLDER)
    said["publish"] = clinic.publish()
    said["datasets"] = clinic.ask("dataset", "list")
    said["dataset"] = clinic.ask("dataset", "show", "clinic")
    said["search"] = clinic.ask("dataset", "search", "asthma", by=RESEARCHER)
    table, described = clinic.folder / "clinic.csv", clinic.folder / "clinic.toml"
    clinic.ask("dataset", "assess", table, "--describe", described, by=HOLDER)
    clinic.ask("dataset", "held", by=HOLDER)
    for about in ("lineage", "cite", "similar"):
        clinic.ask("dataset", about, "clinic")
    said["catalogue"] = clinic.ask("catalogue", "export")
    said["turtle"] = clinic.say("catalogue", "export").out
    clinic.ask("catalogue", "export", "--output", clinic.folder / "catalogue.ttl")
    clinic.ask("ledger", "checkpoint", "--output", clinic.folder / "early.txt", by=AUDITOR)
    form = clinic.folder / "form.toml"
    said["submit"] = clinic.ask("application", "submit", form, by=RESEARCHER)
    draft = clinic.ask("application", "submit", form, "--draft", by=RESEARCHER)
    half = clinic.file("half.toml", form.read_text().replace("title = ", "funding = "))
    clinic.ask("application", "revise", draft["id"], half, by=RESEARCHER)
    said["missing"] = clinic.ask("application", "check", draft["id"], by=RESEARCHER)
    clinic.ask("application", "revise", draft["id"], form, by=RESEARCHER)
    said["all there"] = clinic.say("application", "check", draft["id"], by=RESEARCHER).out
    handed_in = ("application", "submit", "--application", draft["id"])
    said["handed in"] = clinic.ask(*handed_in, by=RESEARCHER)
    said["withdraw"] = clinic.ask("application", "withdraw", draft["id"], by=RESEARCHER)
    said["mine"] = clinic.ask("application", "list", by=RESEARCHER)
    said["not mine"] = clinic.ask("application", "list", by=OUTSIDER)


def _decide(clinic: Clinic, said: dict[str, Any]) -> None:
    form = clinic.folder / "form.toml"
    asked = ("--variables", "patient,birth_year,sex,commune")
    said["plan"] = clinic.ask(
        "dataset", "check-plan", "clinic", clinic.folder / "plan.toml", *asked, by=AUTHORITY
    )
    other = clinic.apply()
    decide, why = ("decide", other), ("--reason", "say more of the method")
    said["incomplete"] = clinic.ask(*decide, "incomplete", *why, by=AUTHORITY)
    again = ("application", "submit", form, "--application", other)
    said["again"] = clinic.ask(*again, by=RESEARCHER)
    said["refuse"] = clinic.ask(*decide, "refuse", *why, by=AUTHORITY)
    said["appeal"] = clinic.ask(
        "application", "appeal", other, "--grounds", "it is said there", by=RESEARCHER
    )
    application = said["submit"]["id"]
    clinic.ask("application", "message", application, "--text", "By when?", by=RESEARCHER)
    said["inbox"] = clinic.ask("application", "inbox", by=AUTHORITY)
    plan = f"clinic={clinic.folder / 'plan.toml'}"
    preview = ("application", "preview", application, "--plan", plan)
    said["preview"] = clinic.ask(*preview, by=AUTHORITY)
    said["preview in words"] = clinic.say(*preview, by=AUTHORITY).out
    said["permit id"] = permit = clinic.approve(
        application, "--condition", "Publish the results.", "--budget", "clinic=epsilon:1"
    )
    said["application"] = clinic.ask("application", "show", application, by=RESEARCHER)
    said["permits"] = clinic.ask("permit", "list", by=RESEARCHER)
    said["permit"] = clinic.ask("permit", "show", permit, by=RESEARCHER)
    said["jws"] = clinic.ask("permit", "export", permit, by=RESEARCHER)["jws"]
    said["odrl"] = clinic.ask("permit", "export", permit, "--format", "odrl", by=RESEARCHER)
    said["verify id"] = clinic.ask("permit", "verify", permit, by=RESEARCHER)


def _run(clinic: Clinic, said: dict[str, Any]) -> None:
    permit = said["permit id"]
    said["run"] = run = clinic.run(permit)
    said["codebook"] = clinic.ask("permit", "codebook", permit, by=RESEARCHER)
    said["certificate"] = clinic.ask("permit", "certificate", permit, by=RESEARCHER)
    clinic.file("long.py", LONG)
    waiting = clinic.run(permit, "long.py", "--no-wait")
    said["cancel"] = clinic.ask("run", "cancel", waiting["id"], by=RESEARCHER)
    said["status"] = clinic.ask("run", "status", run["id"], by=RESEARCHER)
    said["runs"] = clinic.ask("run", "status", by=RESEARCHER)
    said["logs"] = clinic.ask("run", "logs", run["id"], by=RESEARCHER)
    said["replay"] = clinic.ask("run", "replay", run["id"], by=CHECKER)
    said["followed"] = clinic.ask("run", "follow", run["id"], by=RESEARCHER)
    said["followed in words"] = clinic.say("run", "follow", run["id"], by=RESEARCHER).out
    said["program"] = clinic.ask("run", "program", run["id"], by=CHECKER)
    draft = ("run", "draft", "--permit", permit)
    clinic.ask(*draft, "--save", clinic.file("draft.py", "print('a draft')"), by=RESEARCHER)
    said["draft"] = clinic.ask(*draft, by=RESEARCHER)
    said["drafts"] = clinic.ask(*draft, "--versions", by=RESEARCHER)


def _run_on_an_environment(clinic: Clinic, said: dict[str, Any]) -> None:
    environment, permit = ("enclave", "environment"), said["permit id"]
    wheel = make_wheel(clinic.folder / "wheels", "counting", "1.0", {"counting.py": COUNTING})
    lock = clinic.file("lock.txt", lock_of(wheel))
    add = (*environment, "add", "small", "--lock", lock, "--wheels", clinic.folder / "wheels")
    said["environment"] = clinic.ask(*add, by=OPERATOR)
    clinic.ask(*environment, "allow", permit, "--name", "small", "--name", "default", by=AUTHORITY)
    clinic.file("small.py", "import counting\ncounting.write(7)\n")
    said["small run"] = clinic.run(permit, "small.py", "--environment", "small")
    said["environments"] = clinic.ask(*environment, "list", by=RESEARCHER)
    said["shown"] = clinic.ask(*environment, "show", "small@1", by=RESEARCHER)
    said["whole"] = clinic.ask(*environment, "verify", "small", by=OPERATOR)
    said["removed"] = clinic.ask(*environment, "remove", "small", by=OPERATOR)
    run = said["small run"]["id"]
    said["not again"] = clinic.say("run", "replay", run, by=RESEARCHER)


def _check_and_release(clinic: Clinic, said: dict[str, Any]) -> None:
    said["outputs"] = outputs = clinic.outputs(said["run"]["id"])
    table, log = outputs["by_diagnosis.csv"]["id"], outputs["stdout.log"]["id"]
    said["queue"] = clinic.ask("output", "queue", by=CHECKER)
    said["queue in words"] = clinic.say("output", "queue", by=CHECKER).out
    said["claim"] = clinic.ask("output", "claim", table, "--minutes", "5", by=CHECKER)
    clinic.ask("output", "claim", table, "--give-back", by=CHECKER)
    said["repairs"] = clinic.ask("output", "repair", outputs["in_detail.csv"]["id"], by=CHECKER)
    seen = clinic.folder / "seen.csv"
    seen.touch(mode=0o644)
    said["check"] = clinic.ask("output", "check", table, "--save", seen, by=CHECKER)
    said["output shown"] = clinic.ask("output", "show", table, by=RESEARCHER)
    said["compared"] = clinic.ask("output", "compare", table, by=CHECKER)
    said["compared in words"] = clinic.say("output", "compare", table, by=CHECKER).out
    said["seen"] = seen.read_text()
    said["seen mode"] = seen.stat().st_mode & 0o777
    said["review"] = clinic.ask(
        "output", "review", table, "--clear", "--reason", "three cells", by=CHECKER
    )
    clinic.ask("output", "review", log, "--refuse", "--reason", "not needed", by=CHECKER)
    said["release"] = clinic.ask("output", "release", table, by=CHECKER)
    fetched = clinic.folder / "fetched.csv"
    said["fetch"] = clinic.ask("output", "fetch", table, "--to", fetched, by=RESEARCHER)
    said["fetched"] = fetched.read_text()
    said["queue at last"] = clinic.ask("output", "queue", by=CHECKER)


def _ask(clinic: Clinic, said: dict[str, Any]) -> None:
    permit, question = said["permit id"], clinic.file("question.toml", QUESTION)
    ask = ("permit", "ask", permit, question)
    said["expected"] = clinic.ask(*ask, "--dry-run", by=RESEARCHER)
    said["expected in words"] = clinic.say(*ask, "--dry-run", by=RESEARCHER).out
    said["answer"] = clinic.ask(*ask, by=RESEARCHER)
    said["answer in words"] = clinic.say(*ask, by=RESEARCHER).out
    said["not for her"] = clinic.say(*ask, by=OUTSIDER)
    said["budget"] = clinic.ask("permit", "budget", permit, by=RESEARCHER)
    said["dataset budget"] = clinic.ask("dataset", "budget", "clinic", by=HOLDER)
    said["budget in words"] = clinic.say("permit", "budget", permit, by=AUTHORITY).out


def _end(clinic: Clinic, said: dict[str, Any]) -> None:
    permit = said["permit id"]
    renew = ("permit", "renew", permit, "--days", "30", "--reason", "the review takes longer")
    said["renew"] = clinic.ask(*renew, by=AUTHORITY)
    renewed = said["renew"]["id"]
    said["effect"] = clinic.ask("permit", "effect", renewed, by=AUTHORITY)
    said["revoke"] = clinic.ask("permit", "revoke", renewed, "--reason", "over", by=AUTHORITY)
    retire = ("dataset", "retire", "clinic", "--reason", "replaced")
    said["table files"] = {name for name in clinic.vault() if name.startswith("table-")}
    said["retire"] = clinic.ask(*retire, by=HOLDER)
    said["accounts"] = clinic.ask("account", "list", by=OPERATOR)
    issued = clinic.ask("token", "issue", "a script", "--scope", "read", by=RESEARCHER)
    clinic.ask("token", "list", by=RESEARCHER)
    clinic.ask("token", "end", issued["token"]["id"], by=RESEARCHER)
    _keep_register(clinic, said)
    _read_laws(clinic, said)
    said["sandbox"] = through_the_sandbox(clinic)
    _keep_house(clinic, said)


def _keep_register(clinic: Clinic, said: dict[str, Any]) -> None:
    first = clinic.file("record.toml", 'name = "Means"\nstatus = "development"\n')
    added = clinic.ask("register", "add", first, by=RESEARCHER)
    record = clinic.file("record.toml", 'name = "Means"\nstatus = "in_use"\n')
    seen = ("--seen", "1", "--reason", "It is used now.")
    clinic.ask("register", "revise", added["algorithm"], record, *seen, by=RESEARCHER)
    whole = clinic.file("record.toml", ENTRY)
    again = ("--seen", "2", "--reason", "It is whole.")
    clinic.ask("register", "revise", added["algorithm"], whole, *again, by=RESEARCHER)
    why = ("--reason", "Everyone may see it.")
    said["published"] = clinic.ask("register", "publish", added["algorithm"], *why, by=RESEARCHER)
    said["exported"] = clinic.ask(
        "register", "export", added["algorithm"], "--standard", "nl-1.0", "--draft", by=RESEARCHER
    )
    words = ("--text", "Who reads it?", "--kind", "question")
    said["feedback given"] = clinic.ask("register", "give-feedback", added["algorithm"], *words)
    given = said["feedback given"]["feedback"]["id"]
    clinic.ask("register", "answer-feedback", given, "--answer", "A person.", by=RESEARCHER)
    said["feedback"] = clinic.ask("register", "feedback", added["algorithm"], by=AUTHORITY)
    clinic.ask("register", "complete", added["algorithm"], "--set", "tags=health", by=RESEARCHER)
    happened = ("--says", "A wrong year.", "--on", "2026-01-15")
    clinic.ask("register", "incident", added["algorithm"], *happened, by=RESEARCHER)
    said["incidents"] = clinic.ask("register", "incidents", added["algorithm"], by=AUDITOR)
    run = clinic.ask("run", "status", by=RESEARCHER)[0]["id"]
    # A run from before runs had entries: there is no other way to have one by now.
    clinic.behind_the_back(f"DELETE FROM algorithm_run WHERE run = '{run}'")
    said["entered"] = clinic.ask(
        "register", "enter-run", run, "--algorithm", added["algorithm"], by=RESEARCHER
    )
    said["withdrawn"] = clinic.ask("register", "withdraw", added["algorithm"], *why, by=RESEARCHER)
    said["algorithms"] = clinic.ask("register", "list", by=RESEARCHER)
    said["algorithm"] = clinic.ask("register", "show", added["algorithm"], by=AUDITOR)
    model = added["algorithm"]
    clinic.ask("model", "name", model, "--file", clinic.file("m.onnx", "model"), by=RESEARCHER)
    named = clinic.ask("model", "list", model, by=AUDITOR)
    said["standing"] = clinic.ask("model", "standing", model, by=RESEARCHER)
    said["assessment"] = clinic.ask("assess", model, by=RESEARCHER)
    allow = ("model", "allow", model, named[0]["digest"], "--reason", "It decides on nobody.")
    said["allowed"] = clinic.ask(*allow, by=AUTHORITY)
    measured = clinic.file("evaluation.json", json.dumps(evaluation()))
    said["evaluation"] = clinic.ask("evaluation", "record", measured, by=RESEARCHER)
    clinic.ask("evaluation", "publish", said["evaluation"]["id"], by=RESEARCHER)
    said["evaluation shown"] = clinic.ask("evaluation", "show", said["evaluation"]["id"])
    said["evaluations"] = clinic.ask("evaluation", "list", by=AUDITOR)
    _observe(clinic, said)
    said["algorithms found"] = clinic.ask("register", "search", "means", by=RESEARCHER)
    _document(clinic, said, added["algorithm"])
    said["algorithm history"] = clinic.ask("register", "history", added["algorithm"], by=AUDITOR)


DAYS = """
{"qid": "right", "work": "loi-2020-01-15-n1", "article": "art_1", "date": "2021-01-01", "expected_version": "2020-02-01", "exists": true}
{"qid": "wrong", "work": "loi-2020-01-15-n1", "article": "art_1", "date": "2023-01-01", "expected_version": "2020-02-01", "exists": true}
"""  # noqa: E501  # a row is a line


def _read_laws(clinic: Clinic, said: dict[str, Any]) -> None:
    folder = clinic.folder / "laws"
    for day, words in ((date(2020, 2, 1), "Un chien."), (date(2022, 7, 1), "Deux chiens.")):
        legilux_version(folder, day, akoma_ntoso(article("art_1", "Art. 1.", words)))
    said["laws"] = clinic.ask("law", "load", folder, by=HOLDER)
    said["laws not hers"] = clinic.say("law", "load", folder, by=RESEARCHER)
    for command in (["corpora"], ["works"], ["versions", "loi-2020-01-15-n1"]):
        said[f"law {command[0]}"] = clinic.ask("law", *command)
    provision = ("loi-2020-01-15-n1", "art_1")
    said["law then"] = clinic.ask("law", "show", *provision, "--on", "2021-01-01")
    said["law before"] = clinic.say("law", "show", *provision, "--on", "2019-01-01").out
    clinic.ask("law", "index", by=HOLDER)
    of_days = clinic.file("days.jsonl", DAYS)
    said["law days"] = clinic.ask("law", "check-days", of_days)
    said["law search"] = clinic.ask("law", "search", "chiens", "--on", "2021-01-01")
    asked = ("law", "ask", "Combien de chiens, art. 1 ?", "--on", "2021-01-01")
    said["law answer"] = clinic.ask(*asked)
    conversation = ("--conversation", clinic.folder / "talk.json")
    said["law told"] = clinic.ask("law", "answer", *asked[2:], *conversation)
    clinic.ask("law", "answer", "Et en 2023, art. 1 ?", *conversation)
    receipt = clinic.file("receipt.json", json.dumps(said["law told"]))
    said["law replay"] = clinic.ask("law", "replay", receipt)
    said["law history"] = clinic.ask("law", "history", *provision)
    days = ("--from", "2021-01-01", "--to", "2023-01-01")
    said["law redline"] = clinic.ask("law", "redline", *provision, *days)
    said["law link"] = clinic.ask("law", "link", by=HOLDER)
    said["law link not hers"] = clinic.say("law", "link", by=RESEARCHER)
    for command in (["cites"], ["cited-by"], ["amendments"], ["graph"], ["timeline", "art_1"]):
        said[f"law {command[0]}"] = clinic.ask("law", command[0], provision[0], *command[1:])
    said["law plain"] = clinic.ask("law", "plain", *provision, "--on", "2021-01-01")
    said["law plain in words"] = clinic.say("law", "plain", *provision, "--on", "2021-01-01").out
    said["law plain without a model"] = clinic.say(
        "law", "plain", *provision, "--by-model", by=HOLDER
    )
    said["law plain by nobody"] = clinic.say("law", "plain", *provision, "--by-model")
    said["law glossary"] = clinic.ask("law", "glossary", provision[0])
    said["law glossary of all"] = clinic.ask("law", "glossary", "--term", "chien")
    draft = clinic.folder / "draft.txt"
    draft.write_text("Art. 1er.\nLes chiens sont tenus en laisse.\nArt. 3.\nVoir annexe I.\n")
    said["law check"] = clinic.ask("law", "check", draft, by=RESEARCHER)
    said["law check by nobody"] = clinic.say("law", "check", draft)
    said["law check strictly"] = clinic.say("law", "check", draft, "--strict", by=RESEARCHER)
    amending = clinic.folder / "amending.txt"
    amending.write_text(
        "Art. 1er.\nÀ l'article 1er de la loi du 15 janvier 2020 relative aux chiens, les termes « Deux "
        "chiens » sont remplacés par les termes « Trois chiens ».\n"
        "Art. 2.\nL'article 9 de la même loi est abrogé.\n"
    )
    out = clinic.folder / "consolidated.xml"
    carried_out = ("law", "consolidate", amending, "--on", "2024-01-01", "--out", out)
    said["law consolidate"] = clinic.ask(*carried_out, by=RESEARCHER)
    said["law consolidated"] = out.read_text()
    decisions = clinic.file(
        "decisions.toml", '[[row]]\nof = "art_1"\nby = []\nnote = "elsewhere"\n'
    )
    table = clinic.folder / "table.csv"
    compared = (
        "law",
        "transpose",
        "loi-2020-01-15-n1",
        draft,
        "--decisions",
        decisions,
        "--out",
        table,
    )
    said["law transpose"] = clinic.ask(*compared, by=RESEARCHER)
    said["law transposed"] = table.read_text(encoding="utf-8-sig")
    said["law redline in words"] = clinic.say("law", "redline", *provision, *days).out
    _translate(clinic, said)
    _keep_case(clinic, said, folder)
    _do_duties(clinic, said)


def _translate(clinic: Clinic, said: dict[str, Any]) -> None:
    folder = folder_of_two_tongues(clinic.folder / "pets")
    pets, both = ("--corpus", "pets"), ("--from", "fr", "--to", "en", "--corpus", "pets")
    clinic.ask("law", "load", folder, *pets, by=HOLDER)
    said["memory"] = clinic.ask("law", "memory", "build", *pets, by=HOLDER)
    said["memory not hers"] = clinic.say("law", "memory", "build", *pets, by=RESEARCHER)
    asked = ("law", "translate", PETS, "art_3", *both, "--on", "2033-06-01")
    said["translation"] = clinic.ask(*asked)
    said["translation in words"] = clinic.say(*asked).out
    text = ("law", "translate-text", "Le refuge tient un registre.", *both)
    said["text translated"] = clinic.ask(*text, by=RESEARCHER)
    said["text of nobody"] = clinic.say(*text)
    said["terms"] = clinic.ask("law", "terms", "pet", *both)
    said["translators"] = clinic.ask("law", "translators")
    memory, terms = clinic.folder / "pets.tmx", clinic.folder / "pets.tbx"
    clinic.ask("law", "memory", "export", memory, *both)
    clinic.ask("law", "terms", *both, "--tbx", terms)
    said["tbx"] = terms.read_text(encoding="utf-8")
    turned = memory.read_text(encoding="utf-8").replace("registre", "cahier")
    memory.write_text(turned, encoding="utf-8")
    said["memory imported"] = clinic.ask("law", "memory", "import", memory, *pets, by=HOLDER)
    said["memory shown"] = clinic.ask("law", "memory", "show", *pets)


def _keep_case(clinic: Clinic, said: dict[str, Any], folder: Path) -> None:
    """A case file of the researcher's, and what a wording to come tells it."""
    provision = ("loi-2020-01-15-n1", "art_1")
    case = clinic.ask("law", "case", "new", "Dogs in flats", by=RESEARCHER)["id"]

    def ask(word: str, *words: Any) -> Any:
        return clinic.ask("law", "case", word, case, *words, by=RESEARCHER)

    ask("pin", *provision, "--on", "2021-01-01")
    quoted = ask("pin", "Combien de chiens, art. 1 ?", "--quote", 1, "--on", "2021-01-01")
    said["case searched"] = ask("search", "chiens")
    items = [quoted["quotes"][0]["id"], said["case searched"]["pins"][0]["id"]]
    ask("arrange", *items)
    said["case noted"] = ask("note", "--text", "Ask the owner.")
    ask("share", "org-clinic", "--write")
    ask("share", "org-clinic", "--end")
    coming = akoma_ntoso(article("art_1", "Art. 1.", "Trois chiens."))
    legilux_version(folder, date(2090, 7, 1), coming)
    clinic.ask("law", "load", folder, by=HOLDER)
    said["case watched"] = clinic.ask("law", "watch", by=HOLDER)
    said["case alerts in words"] = clinic.say("law", "case", "alerts", case, by=RESEARCHER).out
    said["case alerts"] = ask("alerts", "--seen")
    said["case exported"] = ask("export", "--form", "ris", "--to", clinic.folder / "case.ris")
    said["case shown"] = ask("show")
    said["case not theirs"] = clinic.say("law", "case", "show", case, by=AUTHORITY)
    said["cases"] = clinic.ask("law", "case", "list", by=RESEARCHER)
    ask("take", items[0])
    said["case kept"] = clinic.say("law", "case", "delete", case, by=RESEARCHER)
    ask("delete", "--yes")
    said["case not closed"] = clinic.say("law", "case", "erase", RESEARCHER, by=OPERATOR)


def _do_duties(clinic: Clinic, said: dict[str, Any]) -> None:
    write_instrument(clinic.home)
    clinic.ask(
        "law", "load", write_dogs(clinic.folder / "dogs").parent, "--corpus", "dogs", by=HOLDER
    )
    answers = "".join(f"{key} = {json.dumps(value)}\n" for key, value in COMPANY["answers"].items())
    file = clinic.file("kennel.toml", f'name = "Kennel"\n[answers]\n{answers}')
    there = ("--corpus", "dogs", "--on", "2026-03-01", "--lang", "en")
    said["instruments"] = clinic.ask("law", "instruments", "--profile", file, *there)
    said["duties"] = clinic.ask("law", "obligations", "--profile", file, *there)
    said["questions of companies"] = clinic.ask("law", "instruments")
    out = clinic.folder / "duties.json"
    clinic.ask("law", "export-obligations", out, "--profile", file, *there)
    kept = clinic.ask("law", "profile", "new", file, by=RESEARCHER)["profile"]
    said["profile"] = clinic.ask("law", "profile", "show", kept, by=RESEARCHER)
    said["profile not hers"] = clinic.say("law", "profile", "show", kept, by=HOLDER)
    clinic.ask("law", "profile", "set", kept, file, "--seen", "1", by=RESEARCHER)
    duty = said["duties"]["duties"][0]["id"]
    said["evidence"] = clinic.ask(
        "law", "evidence", "add", kept, duty, "--reference", "the book", *there, by=RESEARCHER
    )
    today = ("--corpus", "dogs", "--lang", "en")
    said["kept duties"] = clinic.ask("law", "obligations", "--company", kept, *today, by=RESEARCHER)
    said["duties then"] = clinic.ask("law", "obligations", "--company", kept, *there, by=RESEARCHER)


def _document(clinic: Clinic, said: dict[str, Any], algorithm: str) -> None:
    given = clinic.file("answers.toml", '[answers]\nprocess = "Means are read by the ward."\n')
    said["answers"] = clinic.ask("register", "answer", algorithm, given, by=RESEARCHER)
    paper = ("--kind", "fria", "--output", clinic.file("fria.html", ""))
    said["document"] = clinic.ask("register", "document", algorithm, *paper, by=RESEARCHER)


def _observe(clinic: Clinic, said: dict[str, Any]) -> None:
    words = (
        "observatory",
        "run",
        "--suite",
        "basics",
        "--limit",
        "3",
        "--work",
        clinic.folder / "work",
    )
    with hostile() as server:
        for model in ("good", "refuses"):
            what = ("--model", model, "--endpoint", server.url, "--record", "--publish")
            said[f"observed {model}"] = clinic.ask(*words, *what, by=RESEARCHER)
    one, two = (said[f"observed {model}"]["evaluation"] for model in ("good", "refuses"))
    said["observed"] = clinic.ask("observatory", "list")
    said["observed answers"] = clinic.ask("observatory", "show", one, "--outcome", "all")
    said["models compared"] = clinic.ask("observatory", "compare", one, two)
    said["observed figures"] = clinic.ask("observatory", "export")


def _keep_house(clinic: Clinic, said: dict[str, Any]) -> None:
    clinic.ask("account", "change", OUTSIDER, "--name", "Oscar Other", by=OPERATOR)
    said["closed"] = clinic.ask("account", "deactivate", OUTSIDER, by=OPERATOR)
    clinic.ask("law", "case", "erase", OUTSIDER, by=OPERATOR)
    clinic.ask("account", "reactivate", OUTSIDER, by=OPERATOR)
    _open_ways(clinic, said)
    said["organisations"] = clinic.ask("organisation", "list", by=OPERATOR)
    clinic.ask("organisation", "change", "org-laboratory", "--kind", "laboratory", by=OPERATOR)
    said["keys"] = clinic.ask("keys", "list")
    elsewhere = copy_of(clinic, clinic.folder.with_name("rotated"))
    said["rotated"] = elsewhere.ask("keys", "rotate", by=OPERATOR)
    clinic.spoken.update(elsewhere.spoken)
    said["home status"] = clinic.ask("status", "--storage", "--jobs", by=OPERATOR)


def _open_ways(clinic: Clinic, said: dict[str, Any]) -> None:
    said["invitation"] = clinic.ask("account", "invite", OUTSIDER, "--reset", by=OPERATOR)
    said["ways"] = clinic.ask("account", "ways", by=OUTSIDER)
    said["no password"] = clinic.say("account", "password", by=OUTSIDER)
    old, new = "the first of her passwords", "the second of her passwords"
    add = ("account", "add", "Petra", "--organisation", "org-clinic", "--role", "public")
    clinic.say(*add, "--id", "acct-petra", "--password", by=OPERATOR, feed=f"{old}\n")
    change = clinic.words(("account", "password", "--json"), "acct-petra")
    said["changed"] = speak(change, feed=f"{old}\n{new}\n", CASEMATE_PASSWORD=old)
    clinic.spoken.add(("account", "password"))
    file = clinic.home / "casemate.toml"
    settings = file.read_text(encoding="utf-8")
    provider = {"name": "health", "issuer": "https://login.example", "client_id": "casemate"}
    lines = "".join(f'{name} = "{value}"\n' for name, value in provider.items())
    file.write_text(f"{settings}\n[[oidc]]\n{lines}", encoding="utf-8")
    who = ("--provider", "health", "--subject", "o.outsider")
    link = clinic.ask("account", "link", OUTSIDER, *who, by=OPERATOR)
    said["links"] = clinic.ask("account", "links", OUTSIDER, by=OPERATOR)
    said["ended link"] = clinic.ask("account", "unlink", OUTSIDER, link["id"], by=OPERATOR)
    file.write_text(settings, encoding="utf-8")


def _look_back(clinic: Clinic, said: dict[str, Any]) -> None:
    said["verify"] = clinic.ask("ledger", "verify", by=AUDITOR)
    early = ("ledger", "verify", "--checkpoint", clinic.folder / "early.txt")
    said["verify early"] = clinic.ask(*early, by=AUDITOR)
    granted = ("ledger", "entries", "--act", "permit.granted", "--since", "2020-01-01")
    said["granted"] = clinic.ask(*granted, by=AUDITOR)
    said["prove"] = clinic.ask("ledger", "prove", "3", by=AUDITOR)
    said["since"] = clinic.ask("ledger", "prove", "--since", "5", by=AUDITOR)
    said["checkpoint"] = clinic.ask("ledger", "checkpoint", by=AUDITOR)
    said["export"] = clinic.ask("ledger", "export", by=AUDITOR)
    clinic.ask("ledger", "export", "--output", clinic.folder / "ledger.jsonl", by=AUDITOR)


def test_every_command_answered_with_one_json_document(told: Told) -> None:
    told.clinic.ask("permit", "verify", told.clinic.file("permit.jws", told["jws"]))
    counts = told.clinic.file("counts.csv", "region,visits\nnorth,120\nsouth,88\n")
    about = told.clinic.file("counts.toml", OPEN)
    told.clinic.ask("dataset", "publish", counts, "--describe", about, by=HOLDER)
    told.clinic.ask("dataset", "preview", "counts")
    assert set(of_the_platform()) - told.clinic.spoken == NEVER_JSON


def test_a_form_is_kept_and_told_what_it_lacks(told: Told) -> None:
    assert [gap["kind"] for gap in told["missing"]] == ["title-missing"]
    assert told["all there"].startswith("Nothing is missing: application-")


def test_who_can_sign_in_how_is_arranged_by_an_operator(told: Told) -> None:
    assert told["invitation"]["invitation"]["resets"]
    assert told["invitation"]["link"].startswith("/en/invitation/")
    assert told["ways"]["has_password"] is False
    assert (told["no password"].code, told["no password"].is_one_line) == (2, True)
    assert told["changed"].json == {"account": "acct-petra"}
    assert told["links"] == [told["ended link"]]
    assert told["links"][0]["subject"] == "o.outsider"


def test_the_inbox_tells_what_waits(told: Told) -> None:
    first = next(one for one in told["inbox"] if one["application"]["id"] == told["submit"]["id"])
    assert first["waits_for"] == "authority"
    assert first["unanswered"]
    assert first["may_decide"]


def test_a_plan_is_weighed_before_it_is_signed(told: Told) -> None:
    (preview,) = told["preview"]
    assert preview["before"]["smallest_class"] == 1
    assert preview["after"]["smallest_class"] >= preview["k"] >= 5
    assert "highest risk" in told["preview in words"]
    assert "fewer than 10" in told["preview in words"]


def test_a_revocation_tells_what_it_ends(told: Told) -> None:
    assert told["effect"]["in_force"]
    assert told["effect"]["permits"] == [told["renew"]["id"], told["permit id"]]
    assert len(told["effect"]["views"]) == 1
    assert told["effect"]["outputs"]


def test_a_permit_shows_what_its_privacy_budget_still_holds(told: Told) -> None:
    ours, everybodys = sorted(
        told["permit"]["privacy_accounts"], key=lambda one: one["permit"] is None
    )
    assert (ours["limit"]["amount"], ours["spends"]) == ("1", 0)
    assert ours["remaining"] == ours["limit"]
    assert everybodys["permit"] is None
    said = told.clinic.say("permit", "show", told["permit id"], by=RESEARCHER)
    assert "clinic, of this permit: limit ε = 1; spent ε = 0.5; left ε = 0.5" in said.out
    assert "of all permits together" in said.out


def test_the_dataset_is_offered_without_its_data(told: Told) -> None:
    assert told["publish"]["version"] == 1
    assert told["publish"]["rows"] == PEOPLE
    assert [one["id"] for one in told["datasets"]] == ["clinic"]
    assert [hit["id"] for hit in told["search"]["hits"]] == ["clinic"]
    assert {one["name"] for one in told["dataset"]["variables"]} == set(
        told["describe"]["variables"]
    )
    assert "wrapped_key" not in told["dataset"]


def test_an_answer_is_announced_paid_and_the_same_again(told: Told) -> None:
    assert told["expected"]["cost"]["amount"] == "1/2"
    assert told["expected"]["accuracy"] == told["answer"]["accuracy"]
    assert "It would cost ε = 0.5. It may be" in told["expected in words"]
    assert told["answer"]["value"]["columns"] == ["diagnosis", "count", "sum"]
    counts = {row[0]: row[1] for row in told["answer"]["value"]["rows"]}
    for diagnosis in ("none", "asthma", "diabetes"):  # 4 scales of noise: 1 in 10^8 is beyond
        exact = sum(person.diagnosis == diagnosis for person in people())
        assert abs(counts[diagnosis] - exact) < 20 * 4
        assert f"{diagnosis}\t{counts[diagnosis]}\t" in told["answer in words"]
    assert told["not for her"].code == 3


def test_both_accounts_tell_what_was_spent(told: Told) -> None:
    ours, own = told["budget"]
    assert told["dataset budget"] == [ours]
    assert (ours["permit"], own["permit"]) == (None, told["permit id"])
    assert [one["remaining"]["amount"] for one in (ours, own)] == ["7/2", "1/2"]
    assert "all together" in told["budget in words"]


def test_the_catalogue_is_turtle_that_parses(told: Told) -> None:
    for text in (
        told["catalogue"]["document"],
        (told.clinic.folder / "catalogue.ttl").read_text(encoding="utf-8"),
        told["turtle"],
    ):
        graph = Graph().parse(data=text, format="turtle")
        assert any("clinic" in str(subject) for subject in graph.subjects())


def test_applications_are_seen_by_whom_they_concern(told: Told) -> None:
    assert told["submit"]["state"] == told["handed in"]["state"] == "submitted"
    assert told["submit"]["due"].endswith("Z")
    assert told["withdraw"]["state"] == "withdrawn"
    assert {one["id"] for one in told["mine"]} == {told["submit"]["id"], told["withdraw"]["id"]}
    assert told["not mine"] == []


def test_decisions_move_the_application_as_they_say(told: Told) -> None:
    states = [told[step]["state"] for step in ("incomplete", "again", "refuse", "appeal")]
    assert states == ["incomplete", "submitted", "refused", "appealed"]
    assert told["application"]["application"]["state"] == "approved"
    acts = [event["act"] for event in told["application"]["timeline"]]
    assert acts[:2] == ["draft", "submit"]
    assert told["application"]["timeline"][-1]["to_state"] == "approved"


def test_the_permit_says_what_it_opens(told: Told) -> None:
    (scope,) = told["permit"]["scopes"]
    assert scope["dataset"] == "clinic"
    assert "name" not in scope["variables"]
    assert told["permit"]["people"] == [RESEARCHER]
    assert told["permit"]["conditions"] == ["Publish the results."]
    assert [one["id"] for one in told["permits"]] == [told["permit id"]]
    assert "Agreement" in json.dumps(told["odrl"]) or "Policy" in json.dumps(told["odrl"])
    assert told["verify id"]["jti"] == told["permit id"]


def test_anyone_verifies_a_permit_offline_with_no_home(told: Told, tmp_path: Path) -> None:
    offline = Clinic(tmp_path)
    key = shutil.copy(told.clinic.home / "public" / "permit-key.json", tmp_path)
    file = offline.file("permit.jws", told["jws"] + "\n")
    for signed in (str(file), told["jws"]):
        claims = offline.ask("permit", "verify", signed, "--key", key)
        assert claims["jti"] == told["permit id"]
        assert claims["people"] == [RESEARCHER]
    assert not offline.home.exists()


def test_the_public_does_not_read_a_permit_through_its_id(told: Told) -> None:
    for by in (None, OUTSIDER):
        said = told.clinic.say("permit", "verify", told["permit id"], "--json", by=by)
        assert (said.code, said.is_one_line) == (3, True)


def test_the_run_is_recorded_and_its_files_are_checked(told: Told) -> None:
    assert told["run"]["state"] == "awaiting_review"
    assert told["run"]["resources"]["used"]["wall_seconds"] > 0
    assert told["cancel"]["state"] == "cancelled"
    assert told["status"]["id"] == told["run"]["id"]
    assert {one["id"] for one in told["runs"]} == {told["run"]["id"], told["cancel"]["id"]}
    acts = [entry["act"] for entry in told["logs"]["entries"]]
    assert acts[0] == "run.submitted"
    assert [book["dataset"] for book in told["codebook"]] == ["clinic"]
    (checked,) = told["certificate"]["verified"]
    assert {"signature", "risk_after"} <= set(checked["holds"])


def test_a_run_names_its_environment_and_is_done_again_only_while_it_lasts(told: Told) -> None:
    assert told["replay"]["same"], told["replay"]
    assert told["replay"]["equal"] == ["by_diagnosis.csv", "in_detail.csv"]
    assert told["environment"]["packages"] == {"counting": "1.0"}
    assert told["small run"]["parameters"]["environment"] == "small@1"
    assert told["small run"]["environment"] == told["shown"]["digest"] == told["whole"]["digest"]
    assert [one["name"] for one in told["environments"]] == ["small"]
    assert told["removed"]["removed_at"] is not None
    assert (told["not again"].code, told["not again"].is_one_line) == (2, True)


def test_what_passes_is_released_and_what_does_not_is_refused(told: Told) -> None:
    outputs = told["outputs"]
    assert outputs["by_diagnosis.csv"]["decision"] == "pass"
    assert outputs["in_detail.csv"]["state"] == "refused"
    assert {"fewer keys", "rounding"} <= {one["kind"] for one in told["repairs"]}
    assert outputs["stdout.log"]["decision"] == "review"
    assert told["check"]["verdict"]["reasons"]
    assert told["review"]["state"] == "cleared"
    assert told["release"]["ledger_index"] > 0
    assert told["fetched"] == told["seen"]
    assert told["fetched"].startswith("diagnosis,count,mean\n")
    assert told["seen mode"] == 0o600


def test_the_queue_holds_what_awaits_the_checker_and_claims_are_told(told: Told) -> None:
    waiting = {one["output"]["name"]: one for one in told["queue"]}
    assert set(waiting) == {"by_diagnosis.csv", "stdout.log"}
    assert waiting["by_diagnosis.csv"]["awaits"] == "a decision"
    assert waiting["by_diagnosis.csv"]["may_decide"] == [CHECKER]
    assert "by_diagnosis.csv" in told["queue in words"]
    assert told["claim"]["checker"] == CHECKER
    assert told["queue at last"] == []


def test_anyone_checks_a_released_file_with_its_receipt_and_a_key(
    told: Told, tmp_path: Path
) -> None:
    elsewhere = Clinic(tmp_path)
    key = shutil.copy(told.clinic.home / "public" / "ledger.vkey", tmp_path)
    receipt = Path(told["fetch"]["receipt"])
    assert receipt.name == "fetched.csv.receipt.json"
    words = ("output", "verify", told["fetch"]["file"], receipt, "--key")
    for given in (key, Path(key).read_text().strip()):
        stated = json.loads(speak([*map(str, words), str(given), "--json"]).out)
        assert stated["output"] == told["release"]["output"]
        assert [one["account"] for one in stated["decisions"]] == [CHECKER]
    assert CHECKER in speak([*map(str, words), str(key)]).out
    altered = elsewhere.file("altered.csv", told["fetched"].replace("none", "nobody"))
    said = speak(["output", "verify", str(altered), str(receipt), "--key", str(key)])
    assert (said.code, said.is_one_line) == (4, True)
    assert "not the one that was released" in said.err
    assert not elsewhere.home.exists()


def test_an_end_is_an_end(told: Told) -> None:
    assert told["renew"]["id"] != told["permit id"]
    assert told["revoke"]["revoked_at"] is not None
    assert told["retire"]["state"] == "retired"
    assert told["table files"]
    assert not told["table files"] & told.clinic.vault()
    script = told.clinic.folder / "means.py"
    for permit in (told["permit id"], told["renew"]["id"]):
        said = told.clinic.say(
            "run", "submit", "--permit", permit, "--script", script, by=RESEARCHER
        )
        assert (said.code, said.is_one_line) == (3, True)
        assert "revoked" in said.err or "superseded" in said.err


def test_the_house_is_kept_on_the_command_line(told: Told) -> None:
    assert told["closed"]["active"] is False
    assert "org-laboratory" in {one["id"] for one in told["organisations"]}
    assert {one["name"] for one in told["home status"]["checks"]} >= {"database", "vault", "ledger"}
    assert told["home status"]["storage"]["by_kind"]["outputs"] > 0
    assert len(told["keys"]) == 3
    assert told["rotated"]["former"] == told["keys"][0]["key"].split("+")[1]
    assert {one["act"] for one in told["granted"]} == {"permit.granted"}
    text = told.clinic.say("status", "--storage", "--jobs", by=AUDITOR)
    assert text.code == 0
    assert "database" in text.out
    words = ("ledger", "entries", "--since", "yesterday")
    assert told.clinic.say(*words, by=AUDITOR).code == 2
    assert told.clinic.say("account", "change", OUTSIDER, by=OPERATOR).code == 2
    assert told.clinic.say("organisation", "change", "org-clinic", by=OPERATOR).code == 2


def test_the_ledger_proves_itself(told: Told) -> None:
    assert told["verify"]["ok"]
    assert told["verify early"]["ok"]
    assert told["prove"]["index"] == 3
    assert told["since"]["old_size"] == 5
    assert len(told["export"]["export"].splitlines()) == told["export"]["entries"] + 1


@pytest.mark.parametrize("way", ["a file", "a pipe", "JSON"])
def test_the_stand_alone_verifier_takes_the_export_and_an_older_checkpoint(
    told: Told, way: str, tmp_path: Path
) -> None:
    exported = {
        "a file": (told.clinic.folder / "ledger.jsonl").read_text(),
        "a pipe": told.clinic.say("ledger", "export", by=AUDITOR).out,
        "JSON": told["export"]["export"],
    }[way]
    (tmp_path / "ledger.jsonl").write_text(exported)
    shutil.copy(told.clinic.folder / "early.txt", tmp_path)
    assert _verify(told, tmp_path) == 0
    altered = exported.replace("permit.granted", "permit.imagined", 1)
    assert altered != exported
    (tmp_path / "ledger.jsonl").write_text(altered)
    assert _verify(told, tmp_path) == 4


def _verify(told: Told, folder: Path) -> int:
    vkey = (told.clinic.home / "public" / "ledger.vkey").read_text().strip()
    old = ["--checkpoint", "early.txt"]
    command = [sys.executable, "-I", str(VERIFIER), "ledger.jsonl", "--key", vkey, *old]
    return subprocess.run(command, cwd=folder, check=False).returncode


def test_an_entry_altered_behind_the_program_is_exit_code_4(told: Told, tmp_path: Path) -> None:
    clinic = copy_of(told.clinic, tmp_path)
    clinic.behind_the_back("UPDATE ledger_entry SET body = replace(body, 'granted', 'refused')")
    for options in ([], ["--json"]):
        said = clinic.say("ledger", "verify", *options, by=AUDITOR)
        assert said.code == 4
        assert said.is_one_line


READ_ONLY = [
    (["account", "list"], OPERATOR),
    (["application", "list"], AUTHORITY),
    (["catalogue", "export"], None),
    (["dataset", "search", "clinic"], None),
    (["dataset", "list"], None),
    (["dataset", "show", "clinic"], None),
    (["ledger", "checkpoint"], AUDITOR),
    (["ledger", "export"], AUDITOR),
    (["ledger", "prove", "1"], AUDITOR),
    (["ledger", "prove", "--since", "1"], AUDITOR),
    (["ledger", "verify"], AUDITOR),
    (["output", "list"], CHECKER),
    (["permit", "list"], RESEARCHER),
    (["run", "status"], RESEARCHER),
]


@pytest.mark.parametrize(("words", "by"), READ_ONLY, ids=lambda value: str(value))
def test_without_json_there_is_text_for_people(
    words: list[str], by: str | None, told: Told
) -> None:
    said = told.clinic.say(*words, by=by)
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("\n")
    assert not said.out.startswith(("\n", "["))


def test_each_role_does_only_its_own_part(told: Told) -> None:
    clinic, output = told.clinic, told["outputs"]["stdout.log"]["id"]
    attempts = [
        (["decide", told["submit"]["id"], "approve", "--reason", "I like it"], RESEARCHER),
        (["decide", told["submit"]["id"], "refuse", "--reason", "I do not"], HOLDER),
        (["output", "review", output, "--clear", "--reason", "mine"], RESEARCHER),
        (["output", "release", output], RESEARCHER),
        (["output", "check", output], AUDITOR),
        (["output", "fetch", output, "--to", str(clinic.folder / "stolen")], OUTSIDER),
        (["run", "logs", told["run"]["id"]], OUTSIDER),
        (["permit", "revoke", told["permit id"], "--reason", "no"], OUTSIDER),
        (["permit", "show", told["permit id"]], OUTSIDER),
        (["application", "show", told["submit"]["id"]], OUTSIDER),
        (["dataset", "retire", "clinic", "--reason", "no"], RESEARCHER),
    ]
    with clinic.unchanged():
        for words, by in attempts:
            said = clinic.say(*words, "--json", by=by)
            assert (said.code, said.is_one_line) == (3, True), (words, said)
    assert not (clinic.folder / "stolen").exists()


def test_a_run_is_followed_and_its_program_kept_on_the_command_line(told: Told) -> None:
    said = told.said
    acts = [event["act"] for event in said["followed"]["events"]]
    assert acts[0] == "run.submitted"
    assert "output.checked" in acts
    assert "its data are ready; the sandbox starts" in said["followed in words"]
    assert said["program"]["filename"] == said["run"]["filename"]
    assert said["draft"]["text"] == "print('a draft')"
    assert [one["number"] for one in said["drafts"]] == [1]


def test_an_output_is_shown_and_compared_on_the_command_line(told: Told) -> None:
    said = told.said
    assert said["output shown"]["size"] is None
    assert said["compared"]["output"] == said["output shown"]["id"]
    assert said["compared"]["memory"][0]["releases"] == 0
    assert "No earlier release" in said["compared in words"]


def test_a_law_is_translated_on_the_command_line(told: Told) -> None:
    said = told.said
    assert (said["memory"]["units"], said["memory"]["terms"]) == (9, 5)
    assert said["memory not hers"].code == 3
    assert [one["how"] for one in said["translation"]["lines"]] == ["near", "memory"]
    assert (
        "[memory, much like it, 96%] The shelter keeps a pet for 30 days."
        in (said["translation in words"])
    )
    assert "[-30-]{+45+}" in said["translation in words"]
    assert "Check: the number 45 is missing" in said["translation in words"]
    assert said["text translated"]["lines"][0]["text"] == "The shelter keeps a register."
    assert said["text of nobody"].code == 2
    assert [one["target"] for one in said["terms"]] == ["pet"]
    assert said["translators"] == []
    assert "<term>animal de compagnie</term>" in said["tbx"]
    assert (said["memory imported"]["units"], said["memory imported"]["brought"]) == (18, 9)
    assert said["memory shown"] == said["memory imported"]


def test_what_the_law_said_on_a_day_is_read_on_the_command_line(told: Told) -> None:
    said = told.said
    assert (said["laws"]["files_read"], said["laws"]["corpus"]["versions"]) == (2, 2)
    assert said["laws not hers"].code == 3
    assert [one["name"] for one in said["law corpora"]] == ["law"]
    assert [one["work"] for one in said["law works"]] == ["loi-2020-01-15-n1"]
    assert len(said["law versions"]) == 2
    assert said["law then"]["in_force"] is True
    assert (said["law link"]["texts"], said["law link not hers"].code) == (2, 3)
    assert (said["law cites"]["total"], said["law cited-by"]["total"]) == (0, 0)
    assert [one["evidence"] for one in said["law amendments"]] == [["versions"]]
    assert len(said["law timeline"]) == 2
    assert len(said["law graph"]["nodes"]) == 1
    assert said["law then"]["provision"]["text"] == "Art. 1.\nUn chien."
    assert "no version in force before 2020-02-01" in said["law before"]
    assert [one["provision"] for one in said["law search"]] == ["art_1"]
    assert [one["text"] for one in said["law answer"]["quotes"]] == ["Un chien."]
    assert [one["original"] for one in said["law plain"]["rows"]] == ["Art. 1.", "Un chien."]
    assert "Only the original is the law." in said["law plain in words"]
    assert "no language model is named" in said["law plain without a model"].err
    assert said["law plain by nobody"].code == 2
    assert (said["law glossary"]["total"], said["law glossary of all"]["total"]) == (0, 0)
    kinds = ["numbering.gap", "structure.annex_absent"]
    assert [one["kind"] for one in said["law check"]["findings"]] == kinds
    assert (said["law check by nobody"].code, said["law check strictly"].code) == (2, 1)
    assert "annexe I is named and is not in the draft" in said["law check strictly"].out
    applied = said["law consolidate"]["applied"]
    assert [one["after"] for one in applied["changes"]] == ["Art. 1.\nTrois chiens."]
    assert [one["why"] for one in applied["failed"]] == ["article 9 is not there"]
    assert "Trois chiens." in said["law consolidated"]
    (row,) = said["law transpose"]["rows"]
    assert (row["how"], row["by"], row["note"]) == ("decided", [], "elsewhere")
    assert said["law transposed"].startswith("of,directive,words,how,by")
    assert said["law days"] == {"questions": 2, "right": 1, "wrong": ["wrong"]}
    assert [one["begins"] for one in said["law history"]] == ["2020-02-01", "2022-07-01"]
    assert "[-Un-]{+Deux+} [-chien-]{+chiens+}" in said["law redline in words"]


def test_a_case_file_is_kept_on_the_command_line(told: Told) -> None:
    said = told.said
    assert said["case searched"]["quotes"][0]["quote"]["text"] == "Un chien."
    assert said["case noted"]["notes"] == "Ask the owner."
    assert said["case watched"]["looked_at"] == 0  # loading had it told already
    assert [(one["kind"], one["begins"]) for one in said["case alerts"]] == [
        ("coming", "2090-07-01")
    ]
    assert "[-Deux-]{+Trois+} chiens" in said["case alerts in words"]
    assert said["case exported"]["form"] == "ris"
    assert [one["title"] for one in said["cases"]] == ["Dogs in flats"]
    assert said["case not theirs"].code == 3
    assert said["case kept"].code == 2
    assert said["case not closed"].code == 3


def test_duties_of_a_company_are_listed_and_looked_after(told: Told) -> None:
    said = told.said
    applies = {one["instrument"]: one["applies"] for one in said["instruments"]}
    assert applies["dogs"] is True
    assert [one["id"] for one in said["duties"]["duties"]] == ["dogs/art_2/1/obligation/1"]
    assert [one["since"] for one in said["duties"]["coming"]] == ["2026-06-01"]
    assert "employees" in {one["name"] for one in said["questions of companies"]["questions"]}
    assert said["profile"]["document"]["name"] == "Kennel"
    assert said["profile not hers"].code == 3
    assert said["evidence"]["state"] == "evidence"
    (status,) = (one for one in said["kept duties"]["status"].values() if one["steps"])
    assert status["again"], "the words that were looked at are of before the amendment"
    assert not any(one["steps"] for one in said["duties then"]["status"].values())
