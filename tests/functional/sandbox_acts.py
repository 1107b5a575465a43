"""The regulatory sandbox by command line, from the application to the published exit report. No test."""

import json
from typing import Any

from evidence_world import evaluation
from functional.clinic import AUTHORITY, OUTSIDER, RESEARCHER, Clinic
from sandbox_world import WORDS, document, incident, plan

TEST = {
    "key": "accuracy",
    "question": "Does it sort well?",
    "suite": "casemate-tabular",
    "check": "performance",
    "measure": "accuracy",
    "threshold": "0.75",
}


def paper(clinic: Clinic, name: str, content: dict[str, Any]) -> Any:
    """A JSON file in the clinic's folder."""
    return clinic.file(f"{name}.json", json.dumps(content))


def handed_in(clinic: Clinic, **changes: Any) -> str:
    """The id of a new participation of the researcher's, handed in."""
    record = clinic.file("sorter.toml", 'name = "Sorter"\n')
    algorithm = clinic.ask("register", "add", record, by=RESEARCHER)["algorithm"]
    told = {"plan": plan(tests=[TEST]), **changes}
    form = paper(clinic, "form", document(algorithm, **told))
    made: str = clinic.ask("sandbox", "apply", form, by=RESEARCHER)["id"]
    clinic.ask("sandbox", "submit", made, by=RESEARCHER)
    return made


def measured(clinic: Clinic, sandbox: str, **changes: Any) -> str:
    """The id of an evaluation of the participation's algorithm, recorded now."""
    algorithm = clinic.ask("sandbox", "show", sandbox, by=RESEARCHER)["participation"]["algorithm"]
    file = paper(clinic, "evaluation", evaluation(**changes))
    words = ("evaluation", "record", file, "--algorithm", algorithm)
    kept: str = clinic.ask(*words, by=RESEARCHER)["id"]
    return kept


def through_the_sandbox(clinic: Clinic) -> dict[str, Any]:
    """Every command of ``casemate sandbox``; gives the published report and the dossier."""

    def act(name: str, *words: Any, by: str = RESEARCHER) -> Any:
        return clinic.ask("sandbox", name, *words, by=by)

    def decide(name: str, *words: Any) -> Any:
        return act(name, *words, "--reason", "So it is decided.", by=AUTHORITY)

    sandbox, refused, left = (handed_in(clinic) for _ in range(3))
    act("inbox", by=AUTHORITY)
    decide("refuse", refused)
    decide("ask-back", sandbox)
    form = {**act("show", sandbox)["participation"]["form"], "risks": "None but these."}
    act("revise", sandbox, paper(clinic, "form", form))
    act("check", sandbox)
    act("submit", sandbox)
    decide("admit", sandbox)
    longer = paper(clinic, "plan", plan(tests=[TEST], duration_days=120))
    decide("plan", sandbox, longer)
    act("start", sandbox, "--plan", "2")
    act("attach", sandbox, "accuracy", measured(clinic, sandbox))
    told = incident("2026-09-01T09:00:00Z", kind="serious")
    act("incident", sandbox, paper(clinic, "incident", told), by=OUTSIDER)
    decide("suspend", sandbox)
    decide("resume", sandbox)
    act("guide", sandbox, "--text", "Article 14 asks for a person.", by=AUTHORITY)
    act("message", sandbox, "--text", "When do we meet?")
    act("conclude", sandbox, "--reason", "The test was carried out.")
    act("report", sandbox, "--words", paper(clinic, "words", WORDS), "--publish", by=AUTHORITY)
    act("publish", sandbox)
    decide("admit", left)
    decide("terminate", left)
    gone = handed_in(clinic)
    act("withdraw", gone)
    return {
        "list": act("list", by=AUTHORITY),
        "dossier": act("show", sandbox),
        "report": act("report", sandbox),
        "publications": clinic.ask("sandbox", "publications"),
    }
