"""What the platform knows of an algorithm by itself, from the rooms that hold it. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casemate.acts.gate import GateActs
from casemate.acts.programs import ProgramActs
from casemate.register.incidents import Incident, Incidents
from casemate.register.known import CPU_WATTS, Fact, energy, fact

if TYPE_CHECKING:
    from casemate.assurance.keeping import KeptEvaluation
    from casemate.assurance.naming import NamedModel
    from casemate.enclave import Run
    from casemate.ledger import Entry
    from casemate.register.keeping import KeptRecord
    from casemate.register.programs import RunOf

EXPORTED = ("datasets", "runs", "evidence")
"""The facts that stand in exports, beside what was typed."""
SYSTEM = "system"
"""The actor of what the enclave does by itself, which is no decision of a person."""


class KnownActs(GateActs, ProgramActs):
    """What is told of an algorithm without anybody typing it."""

    @cached_property
    def incidents(self) -> Incidents:
        """The reports of what went wrong."""
        return Incidents(self.ledger, self.clock)

    def report_algorithm_incident(
        self, actor: str, algorithm: str, says: str, *, on: date, serious: bool = False
    ) -> Incident:
        """Report what went wrong with an algorithm of one's own organisation.

        ``serious`` is as AI Act Art. 3(49) has it. The text is for those who read the entry; the public is
        told that there was a report, and the ledger its digest.
        """
        with self._changing(actor, "algorithm.record", algorithm) as tx:
            return self.incidents.report(tx, actor, algorithm, says, on, serious=serious)

    def algorithm_incidents(self, actor: str, algorithm: str) -> Sequence[Incident]:
        """The reports on an algorithm, for those who read its entry."""
        with self._reading(actor, algorithm) as tx:
            return self.incidents.of(tx, algorithm)

    def algorithm_facts(self, actor: str, algorithm: str) -> Sequence[Fact]:
        """What the platform knows of an algorithm, none of it typed.

        For those who do not read what is kept, as ``public_algorithm_facts``.
        """
        if not self._reads(actor, algorithm):
            return self.public_algorithm_facts(algorithm)
        with self._reading(actor, algorithm) as tx:
            return self._facts_of(tx, algorithm, public=False)

    def public_algorithm_facts(self, algorithm: str) -> Sequence[Fact]:
        """The same of a published entry, for anyone: of permits and incidents the numbers, of evaluations
        those that were published. Raises ``NotFound`` as ``public_algorithm``."""
        with self.store.read() as tx:
            self._published(tx, algorithm)
            return self._facts_of(tx, algorithm, public=True)

    def _facts_of(self, tx: Session, algorithm: str, *, public: bool) -> list[Fact]:
        ran = self.programs.runs(tx, algorithm)
        runs = [self.enclave.runs.get(tx, one.run) for one in ran]
        outputs = [one for run in runs for one in self.enclave.outputs.list(tx, run=run.id)]
        permits = sorted({run.permit for run in runs})
        tried = self.evaluations_kept.find(tx, algorithm=algorithm, public=public)
        named = self.models_named.of(tx, algorithm)
        subjects = [algorithm, *permits, *(one.id for one in outputs), *(one.id for one in tried)]
        acts = _Acts(self.ledger.entries_of(tx, [*subjects, *(run.id for run in runs)]))
        found = [
            _datasets(runs, acts),
            _permits(permits, acts, public=public),
            _code(ran),
            _models(named, tried, acts),
            _runs(ran),
            _evidence(tried, acts),
            self._decisions(permits, {one.id for one in outputs}, acts),
            self._went_wrong(tx, algorithm, runs, acts, {one.id for one in outputs}),
            _energy(runs, acts),
        ]
        return [one for one in found if one is not None]

    @staticmethod
    def _decisions(permits: Iterable[str], outputs: set[str], acts: _Acts) -> Fact | None:
        granted = acts.of("permit.granted", permits)
        cleared = acts.of("output.cleared", outputs, people=True)
        cleared += acts.of("output.cleared_first", outputs, people=True)
        refused = acts.of("output.refused", outputs, people=True)
        if not (granted or cleared or refused):
            return None
        counts = {"granted": len(granted), "cleared": len(cleared), "refused": len(refused)}
        return fact("decisions", counts, (*granted, *cleared, *refused), **counts)

    def _went_wrong(
        self, tx: Session, algorithm: str, runs: Sequence[Run], acts: _Acts, outputs: set[str]
    ) -> Fact | None:
        failed = acts.of("run.failed", (run.id for run in runs))
        held = acts.of("output.refused", outputs)
        revoked = acts.of("permit.revoked", {run.permit for run in runs})
        reported = [one.ledger_index for one in self.incidents.of(tx, algorithm)]
        if not (failed or held or revoked or reported or runs):
            return None
        counts = {
            "failed": len(failed), "held": len(held), "revoked": len(revoked),
            "reported": len(reported),
        }  # fmt: skip
        return fact("incidents", counts, (*failed, *held, *revoked, *reported), **counts)

    def _known_for_exports(self, tx: Session, kept: KeptRecord) -> dict[str, Any]:
        """Beside what every entry has: what its runs read, how many there were, and public evidence."""
        facts = self._facts_of(tx, kept.algorithm, public=True)
        said = {f"@{one.name}": dict(one.says) for one in facts if one.name in EXPORTED}
        return super()._known_for_exports(tx, kept) | said


class _Acts:
    """The ledger's entries of an algorithm's runs, outputs, permits and evaluations."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)

    def of(self, act: str, subjects: Iterable[str], *, people: bool = False) -> list[int]:
        """The numbers of the entries of ``act`` on ``subjects``; of ``people``, not of the machine."""
        named = set(subjects)
        return [
            one.index
            for one in self._entries
            if one.act == act and one.subject in named and not (people and one.actor == SYSTEM)
        ]


def _datasets(runs: Sequence[Run], acts: _Acts) -> Fact | None:
    read = {(one["dataset"], one["version"]) for run in runs for one in run.inputs.values()}
    if not read:
        return None
    value = [{"dataset": name, "version": version} for name, version in sorted(read)]
    listed = ", ".join(f"{name} ({version})" for name, version in sorted(read))
    entries = acts.of("run.running", (run.id for run in runs))
    return fact("datasets", value, tuple(entries), list=listed)


def _permits(permits: Sequence[str], acts: _Acts, *, public: bool) -> Fact | None:
    if not permits:
        return None
    entries = () if public else tuple(acts.of("permit.granted", permits))
    value: Any = len(permits) if public else list(permits)
    return fact("permits", value, entries, list=len(permits) if public else ", ".join(permits))


def _code(ran: Sequence[RunOf]) -> Fact | None:
    if not ran:
        return None
    first = {one.code: one.ledger_index for one in reversed(ran)}
    codes = sorted(first, key=lambda code: first[code])
    return fact("code", codes, tuple(first.values()), list=", ".join(codes))


def _models(
    named: Sequence[NamedModel], tried: Sequence[KeptEvaluation], acts: _Acts
) -> Fact | None:
    """By digest: those that its organisation said it is about, and those that were evaluated."""
    models = {one.digest: "" for one in named} | {one.model_digest: one.model_name for one in tried}
    if not models:
        return None
    value = [{"model": name, "digest": digest} for digest, name in sorted(models.items())]
    listed = ", ".join(f"{name} {digest}".strip() for digest, name in sorted(models.items()))
    entries = acts.of("evaluation.recorded", (one.id for one in tried))
    entries += acts.of("algorithm.model_named", {one.algorithm for one in named})
    return fact("models", value, tuple(entries), list=listed)


def _runs(ran: Sequence[RunOf]) -> Fact | None:
    if not ran:
        return None
    first, last = (one.attached_at.date().isoformat() for one in (ran[0], ran[-1]))
    value = {"count": len(ran), "first": first, "last": last}
    return fact("runs", value, tuple(one.ledger_index for one in ran), **value)


def _evidence(tried: Sequence[KeptEvaluation], acts: _Acts) -> Fact | None:
    if not tried:
        return None
    value = [
        {"evaluation": one.id, "suite": one.suite, "version": one.suite_version,
         "model": one.model_name, "on": one.recorded_at.date().isoformat()}
        for one in tried
    ]  # fmt: skip
    listed = ", ".join(f"{one['suite']} {one['version']} ({one['on']})" for one in value)
    entries = acts.of("evaluation.recorded", (one.id for one in tried))
    return fact("evidence", value, tuple(entries), list=listed)


def _energy(runs: Sequence[Run], acts: _Acts) -> Fact | None:
    used = [run.resources["used"] for run in runs if run.resources.get("used")]
    if not used:
        return None
    # Up to whole seconds a run, as its team is told its time: a program can spend time by what it reads.
    value = energy(sum(-(-one["cpu_ms"] // 1000) for one in used))
    ids = [run.id for run in runs]
    entries = acts.of("run.checking", ids) + acts.of("run.failed", ids)
    return fact(
        "energy", value, tuple(entries), kwh=value["kwh"], seconds=value["cpu_seconds"],
        watts=CPU_WATTS,
    )  # fmt: skip
