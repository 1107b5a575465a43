"""A house with something in every state, served on loopback, and real browsers in front of it. No test."""

import os
import shutil
import socket
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sandbox_world
import uvicorn
from answers_of_law import OLD, WORK, folder_of_dogs, load_dogs
from functional.clinic import CAST, DESCRIPTION, FORM, OPERATOR, ORGANISATIONS, PLAN
from obligations_world import COMPANY, read_dogs, write_dogs, write_instrument
from observatory_world import biased, fair, measured
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from portal_world import table
from register_world import STATED

from casemate.enclave import OutputState, RunState
from casemate.flagships.law.sources import files_in, read_law
from casemate.home import create_home
from casemate.platform import Platform
from casemate.portal import create_app
from casemate.protection.privacy_loss import PrivacyLoss
from casemate.register.records import read_record

PASSWORD = "a long walk by the river"
SCRIPT = b"""
from casemate.analysis import read

clinic = read("clinic")
clinic.table("by_diagnosis.csv", ["diagnosis"], n="count")
clinic.table("by_sex.csv", ["sex"], n="count")
clinic.table("in_detail.csv", ["birth_year", "sex", "commune", "diagnosis"], n="count")
print("three tables are written")
"""
OPEN: dict[str, Any] = {
    "id": "communes",
    "title": {"en": "Communes", "fr": "Communes", "de": "Gemeinden", "lb": "Gemengen"},
    "description": {"en": "Inhabitants of three communes that do not exist."},
    "access_right": "public",
    "license": "CC_BY_4_0",
    "themes": ["GOVE"],
    "variables": {
        "commune": {"role": "other", "label": {"en": "Commune"}},
        "inhabitants": {"role": "other", "label": {"en": "Inhabitants"}},
    },
}
COMMUNES = b"commune,inhabitants\nAhlen,1204\nBerg,877\nCents,2310\n"


@dataclass(frozen=True)
class House:
    """A served home: its address, and by name the records that pages are shown of."""

    platform: Platform
    address: str
    records: dict[str, str]

    def sign_in(self, context: BrowserContext, account: str) -> None:
        """Give the browser a session of ``account``, as signing in does."""
        text = self.platform.begin_session(account)[1]
        context.add_cookies([{"name": "casemate-session", "value": text, "url": self.address}])


@contextmanager
def house(folder: Path, *, filled: bool = True, works: bool = True) -> Iterator[House]:
    """A home in ``folder`` with everybody in it; ``filled``: with a record in every state too."""
    with Platform(create_home(folder / "home")) as platform:
        gather(platform)
        records = fill(platform, folder) if filled else {}
        with serving(platform, works=works) as address:
            yield House(platform, address, records)


@contextmanager
def serving(platform: Platform, *, works: bool = True) -> Iterator[str]:
    """``platform`` served at a free port of this machine; the address."""
    app = create_app(platform, requests_a_minute=10**6, works=works)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def gather(platform: Platform) -> None:
    """The organisations, and everybody with the same password."""
    platform.found("Operator", PASSWORD)
    for name in ORGANISATIONS:
        platform.add_organisation(OPERATOR, name)
    for account, (name, organisation, role) in CAST.items():
        platform.add_account(
            OPERATOR, name, organisation, [role], account_id=account, password=PASSWORD
        )


def fill(platform: Platform, folder: Path) -> dict[str, str]:
    """A record in every state, by its name in ``browser.pages``."""
    (folder / "clinic.csv").write_bytes(table())
    (folder / "communes.csv").write_bytes(COMMUNES)
    clinic = {**tomllib.loads(DESCRIPTION), "privacy": {"accounting": "epsilon", "amount": "3"}}
    platform.publish("acct-holder", folder / "clinic.csv", clinic)
    platform.publish("acct-holder", folder / "communes.csv", OPEN)
    made = {"dataset": "clinic", "open_dataset": "communes", "case": _case_file(platform, folder)}
    load_dogs(platform, folder)  # what is newer in it is an alert of the case file
    made["draft"] = platform.draft("acct-researcher", form("A draft")).id
    made["application"] = platform.apply("acct-researcher", form("Handed in")).id
    for name, decision in (("returned", "changes"), ("refused", "refuse")):
        made[name] = platform.apply("acct-researcher", form(name.title())).id
        platform.decide("acct-authority", made[name], decision, "Say more of the method.")  # type: ignore[arg-type]
    made["permit"], made["revoked"] = (_permit(platform, name) for name in ("Asthma", "Ended"))
    platform.revoke("acct-authority", made["revoked"], "No longer needed.")
    made |= _observed(platform)
    made["invitation"] = platform.invite(OPERATOR, "acct-outsider")[1]
    made["begun"] = platform.begin_one_time_password("acct-researcher").handle
    made["algorithm"] = _algorithm(platform)
    made["company"] = _company(platform, folder)
    return made | _sandboxes(platform, made["permit"]) | _run(platform, made["permit"])


def _company(platform: Platform, folder: Path) -> str:
    """A company's profile, and the invented regulation that binds it in a collection of its own."""
    write_instrument(platform.home.root)
    file = write_dogs(folder / "rules")
    platform.load_corpus("acct-holder", "rules", file.parent, [file], read_dogs)
    return platform.add_company("acct-researcher", COMPANY).profile


def _algorithm(platform: Platform) -> str:
    """A published entry of the register with two versions, about which somebody asked."""
    who = "acct-researcher"
    told = read_record(ALGORITHM)
    kept = platform.record_algorithm(who, told)
    changed = read_record(ALGORITHM | {"human_intervention": "A person reads every letter first."})
    platform.revise_algorithm(who, kept.algorithm, changed, seen=1, reason="Oversight is told.")
    platform.publish_algorithm(who, kept.algorithm, "Everyone may see it.")
    for text in ("Who reads my letter?", "It came to the wrong desk."):
        platform.give_feedback(kept.algorithm, "question", text, contact="ann@people.example")
    first = platform.algorithm_feedback(who, kept.algorithm)[0]
    platform.answer_feedback(who, first.id, "A person does.")
    return kept.algorithm


ALGORITHM: dict[str, Any] = {
    "name": {"en": "Letter sorter", "fr": "Trieur de lettres"},
    "short_description": {"en": "It sorts letters by their subject. A person reads each one."},
    "organisation": {"en": "University"},
    "contact": {"en": "desk@university.example"},
    "status": "in_use",
    "publication_category": "high_risk_ai",
    "ai_act_class": "high_risk",
    "annex_iii_points": ["8(a)"],
    "goal_and_impact": {"en": "Letters reach the right desk on the day that they come in."},
    "appeal": {"en": "Write to the desk within a month."},
    "source_data_links": ["https://university.example/dataset/communes"],
    "public_page_url": "https://university.example/letters",
}


def _sandboxes(platform: Platform, permit: str) -> dict[str, str]:
    """Participations in the regulatory sandbox: a draft, one handed in, one running, one reported."""
    who, officer = "acct-researcher", "acct-authority"
    algorithm = platform.record_algorithm(who, read_record({"name": "Sorter"})).algorithm
    told = sandbox_world.document(algorithm, personal_data=sandbox_world.personal_data(permit))
    made = {"documented": algorithm, "sandbox_draft": platform.apply_for_sandbox(who, told).id}
    for name in ("sandbox", "sandbox_running", "sandbox_reported"):
        made[name] = platform.apply_for_sandbox(who, told).id
        platform.submit_participation(who, made[name])
    for name in ("sandbox_running", "sandbox_reported"):
        platform.admit_participation(officer, made[name], "It is new.")
        platform.start_participation(who, made[name], 1)
        incident = sandbox_world.incident(platform.clock(), kind="serious")
        platform.report_incident(who, made[name], incident)
    platform.conclude_participation(who, made["sandbox_reported"], "Its time is over.")
    words = sandbox_world.WORDS
    platform.issue_exit_report(officer, made["sandbox_reported"], words, publish=True)
    platform.publish_exit_report(who, made["sandbox_reported"])
    return made


def _case_file(platform: Platform, folder: Path) -> str:
    """A case file of the researcher's, from when the law had its first version alone."""
    laws = folder_of_dogs(folder)
    first = [one for one in files_in(laws) if OLD.isoformat() in str(one)]
    platform.load_corpus("acct-holder", "law", laws, first, read_law)
    case = platform.open_case_file("acct-researcher", "Dogs in flats", "Ask the owner.").id
    platform.pin_provision("acct-researcher", case, "law", WORK, "art_2", "fr", OLD)
    platform.save_search("acct-researcher", case, "law", "taxe annuelle", "fr")
    return case


def _observed(platform: Platform) -> dict[str, str]:
    """Two published evaluations of language models, and an older one of the first."""
    found = {}
    for name, says, seed in (
        ("before", fair, 1),
        ("evaluation", biased, 2),
        ("other_evaluation", fair, 3),
    ):
        document = measured(
            "fair" if name.startswith("o") else "biased", says, seed=seed, digit=str(seed // 3)
        )
        found[name] = platform.record_evaluation("acct-researcher", document).id
        platform.publish_evaluation("acct-researcher", found[name])
    return found


def form(title: str) -> dict[str, Any]:
    """The researcher's application."""
    return tomllib.loads(FORM) | {"title": title}


def _permit(platform: Platform, title: str) -> str:
    asked = platform.apply("acct-researcher", form(title)).id
    plans = {"clinic": tomllib.loads(PLAN)}
    budgets = {"clinic": PrivacyLoss.epsilon("1")}
    return platform.approve(
        "acct-authority", asked, "In the public interest.", plans=plans, budgets=budgets
    ).id


def _run(platform: Platform, permit: str) -> dict[str, str]:
    platform.work()
    run = platform.run("acct-researcher", permit, SCRIPT, "tables.py", entry=STATED)
    done = platform.wait("acct-researcher", run.id)
    assert done.state is RunState.awaiting_review, done
    outputs = {one.name: one for one in platform.outputs("acct-checker", run.id)}
    made = {
        "run": run.id,
        "held": outputs["by_sex.csv"].id,
        "released": outputs["by_diagnosis.csv"].id,
        "stopped": outputs["in_detail.csv"].id,
    }
    assert outputs["in_detail.csv"].state is OutputState.refused, outputs["in_detail.csv"]
    platform.review("acct-checker", made["released"], clear=True, reason="Aggregates only.")
    platform.release("acct-checker", made["released"])
    return made


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; skips, with the reason, where there is none."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: `make system` installs it")
        pytest.skip("Chromium is not installed (Debian package chromium): run `make system`")
    switches = ["--disable-background-networking", "--disable-component-update", "--disable-quic"]
    if os.geteuid() == 0:
        switches.append("--no-sandbox")  # Chromium's own does not start for root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=switches)
        try:
            yield browser
        finally:
            browser.close()


def watched(page: Page) -> list[str]:
    """What the page's scripts complain of, and requests to anywhere but its own host: should stay empty."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: (
            complaints.append(f"{page.url}: {said.text}")
            if said.type == "error" and "Failed to load resource" not in said.text
            else None
        ),
    )
    page.on(
        "request",
        lambda asked: (
            complaints.append(f"{page.url} asks {asked.url}")
            if not asked.url.startswith(("http://127.0.0.1:", "data:"))
            else None
        ),
    )
    return complaints
