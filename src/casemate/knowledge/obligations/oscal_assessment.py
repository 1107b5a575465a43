"""How a company stands with its duties as of a day, as OSCAL 1.2 tells of assessments (NIST).

Each thing that was said of a duty is an observation with its evidence, by reference and digest; each duty
is a finding. OSCAL wants the results to import a plan, and the plan the description of a system: the plan
is written beside them, and names the component definition in the place of a system that there is not.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from casemate.canonical import digest
from casemate.clock import timestamp
from casemate.knowledge.obligations.binding import CompanyDuty, Overview
from casemate.knowledge.obligations.keeping import DutyState, DutyStatus, EvidenceKind, Step
from casemate.knowledge.obligations.oscal_parts import (
    IMPLEMENTED,
    document,
    filled,
    prop,
    statement_id,
    token,
    uuid_of,
    without_empty,
)

_MET = {
    DutyState.OPEN: ("not-satisfied", "other", "Nothing shows yet that it is met."),
    DutyState.EVIDENCE: ("not-satisfied", "other", "There is evidence; nobody says that it is met."),
    DutyState.DONE: ("satisfied", "pass", "The company says that it is met."),
    DutyState.NOT_APPLICABLE: ("satisfied", "other", "The company says that it does not apply."),
}  # fmt: skip
"""State, reason and remark of a finding's target. OSCAL knows no third state."""
_AGAIN = ("not-satisfied", "other", "Its words have changed since it was looked at: look again.")
_EVIDENCE = {
    EvidenceKind.ALGORITHM: "An entry of the register of algorithms.",
    EvidenceKind.EVALUATION: "An evaluation that is kept as evidence.",
    EvidenceKind.DOCUMENT: "A document that the company keeps.",
    EvidenceKind.FILE: "A file that the company keeps, by its digest.",
    EvidenceKind.URL: "What stands at the address.",
    EvidenceKind.TEXT: "A text that the company keeps, by its digest.",
}
_SELF = (
    "The company's own account. Nobody examined the evidence for this document; it holds references and "
    "digests, and nothing of what they lead to."
)


def plan(title: str, found: Overview) -> bytes:
    """The plan that the results import: which duties are looked at, and no more."""
    system = uuid_of("no system", title)
    resource = {
        "uuid": system, "title": "The company",
        "description": "Duties bind a company, which OSCAL describes as no system: its component "
                       "definition stands in the place of one.",
        "rlinks": [{"href": "component-definition.json"}],
    }  # fmt: skip
    content = {
        "import-ssp": {"href": f"#{system}"},
        "reviewed-controls": _reviewed(found.duties),
        "back-matter": {"resources": [resource]},
    }
    return document("assessment-plan", title, found.on, content)


def results(title: str, found: Overview, status: Mapping[str, DutyStatus]) -> bytes:
    """A finding for each duty of the day, with what was said of it up to then."""
    steps = [step for one in found.duties for step in _steps(status.get(one.id))]
    begins = min([_day(found.on, "00:00:00"), *(timestamp(one.noted_at) for one in steps)])
    result = without_empty({
        "uuid": uuid_of("result", title, found.on),
        "title": f"How it stands on {found.on.isoformat()}",
        "description": _SELF,
        "start": begins, "end": _day(found.on, "23:59:59"),
        "reviewed-controls": _reviewed(found.duties),
        "observations": [_observation(title, step) for step in steps],
        "findings": [_finding(title, one, status.get(one.id)) for one in found.duties],
    })  # fmt: skip
    content = {"import-ap": {"href": "assessment-plan.json"}, "results": [result]}
    return document("assessment-results", title, found.on, content)


def _reviewed(duties: Sequence[CompanyDuty]) -> dict[str, Any]:
    chosen = [{"control-id": token(one.id)} for one in duties]
    selected: dict[str, Any] = {"include-controls": chosen} if chosen else {"include-all": {}}
    return {
        "description": "The duties of the day, as `profile.json` chooses them.",
        "control-selections": [selected],
    }


def _steps(status: DutyStatus | None) -> Sequence[Step]:
    return status.steps if status else ()


def _observation(title: str, step: Step) -> dict[str, Any]:
    said = {
        "uuid": _observed(title, step),
        "description": f"Said of the duty {step.duty}: {step.state.value}.",
        "props": filled([
            prop("duty", step.duty), prop("state", step.state.value), prop("quote-sha256", step.words),
        ]),
        "methods": ["UNKNOWN"],
        "types": ["control-objective"],
        "relevant-evidence": [_evidence(step)] if step.reference else [],
        "collected": timestamp(step.noted_at),
    }  # fmt: skip
    return without_empty({**said, **({"remarks": step.note} if step.note else {})})


def _evidence(step: Step) -> dict[str, Any]:
    """A reference and its digest. Of a text there is the digest alone: the text would be the evidence."""
    is_text = step.kind is EvidenceKind.TEXT
    address = {"href": step.reference} if step.kind is EvidenceKind.URL else {}
    props = filled([
        prop("evidence-kind", step.kind.value),
        prop("reference", "" if is_text or address else step.reference),
        prop("reference-sha256", digest(step.reference.encode()).removeprefix("sha256:")),
    ])  # fmt: skip
    return {**address, "description": _EVIDENCE[step.kind], "props": props}


def _finding(title: str, one: CompanyDuty, status: DutyStatus | None) -> dict[str, Any]:
    state = status.state if status else DutyState.OPEN
    again = bool(status and status.again)
    met, reason, why = _AGAIN if again else _MET[state]
    source = one.source
    props = filled([
        prop("state", state.value), prop("to-be-looked-at-again", "yes" if again else ""),
        prop("instrument", one.instrument), prop("work", source.work),
        prop("provision", source.provision), prop("paragraph", one.where),
        prop("version", source.version), prop("text-sha256", source.digest),
        prop("quote-sha256", one.words), prop("applies-from", one.since),
        *(prop("open-question", name) for name in one.open_questions),
    ])  # fmt: skip
    return without_empty({
        "uuid": uuid_of("finding", title, one.id),
        "title": f"{source.title} {one.where}".strip(),
        "description": one.quote,
        "props": props,
        "target": {
            "type": "statement-id", "target-id": statement_id(one.id),
            "status": {"state": met, "reason": reason, "remarks": why},
            "implementation-status": {"state": IMPLEMENTED[state.value]},
        },
        "related-observations": [
            {"observation-uuid": _observed(title, step)} for step in _steps(status)
        ],
    })  # fmt: skip


def _observed(title: str, step: Step) -> str:
    return uuid_of("observation", title, step.number, step.duty, timestamp(step.noted_at))


def _day(on: date, time: str) -> str:
    return f"{on.isoformat()}T{time}.000Z"
