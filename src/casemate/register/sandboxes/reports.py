"""The facts of an exit report: what was planned, done and found, from the record and not from memory.

AI Act Art. 57(7): the exit report details the activities carried out in the sandbox and the related results
and learning outcomes; the written proof is of the activities successfully carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casemate.canonical import canonical_json, digest
from casemate.clock import timestamp
from casemate.register.law import law_at
from casemate.register.sandboxes.forms import ExitWords, SandboxPlan
from casemate.register.sandboxes.records import Dossier, Evidence, Incident


@dataclass(frozen=True)
class ExitReport:
    """An exit report as the authority signed it off. Its digest is on the ledger."""

    sandbox: str
    digest: str
    issued_by: str
    issued_at: datetime
    facts: Mapping[str, Any]
    """JSON: ``participation``, ``plan``, ``tests``, ``guidance``, ``incidents``, ``suspensions``,
    ``written_proof``, ``words`` and ``law``."""


def facts(dossier: Dossier, words: ExitWords | None, now: datetime) -> dict[str, Any]:
    """What the exit report says of ``dossier``; ``words`` are the authority's, ``None`` before they are
    written. Plain JSON without floats."""
    known, plan = dossier.participation, dossier.participation.plan or SandboxPlan()
    tests = _tests(plan, dossier.evidence)
    return {
        "sandbox": known.id,
        "law": law_at(now.date()).version.title,
        "participation": {
            "title": known.form.title,
            "organisation": known.organisation,
            "algorithm": known.algorithm,
            "summary": known.form.summary,
            "outcome": known.state.value,
            "submitted_at": _when(known.submitted_at),
            "admitted_at": _when(known.decided_at),
            "started_at": _when(known.started_at),
            "ended_at": _when(known.ended_at),
        },
        "plan": plan.document() | {"version": known.plan_version},
        "tests": tests,
        "guidance": _said(dossier, "guide"),
        "suspensions": _said(dossier, "suspend", "resume", "terminate"),
        "incidents": [_incident(one) for one in dossier.incidents],
        "personal_data": _personal_data(dossier),
        "written_proof": [one["key"] for one in tests if one["met"] is True],
        "words": None if words is None else words.document(),
    }


def report_digest(document: Mapping[str, Any]) -> str:
    """The digest of a report, which the ledger holds."""
    return digest(canonical_json(document))


def _tests(plan: SandboxPlan, evidence: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    """Each planned test with its last result; ``met`` is ``None`` where it was not carried out."""
    last = {one.test: one for one in evidence}
    return [
        {
            **test.model_dump(mode="json"),
            **{
                name: getattr(last[test.key], name) if test.key in last else None
                for name in ("value", "low", "high", "met", "evaluation", "digest")
            },
        }
        for test in plan.tests
    ]


def _said(dossier: Dossier, *acts: str) -> list[dict[str, Any]]:
    return [
        {"at": _when(one.at), "act": one.act, "text": one.text}
        for one in dossier.events
        if one.act in acts
    ]


def _incident(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "aware_at": _when(one.aware_at),
        "due": _when(one.due),
        "reported_at": _when(one.reported_at),
        "late": one.is_late,
        "description": one.description,
        "mitigation": one.mitigation,
    }


def _personal_data(dossier: Dossier) -> dict[str, Any] | None:
    data = dossier.participation.form.personal_data
    return None if data is None else data.model_dump(mode="json")


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
