"""The health flagship's story: NHEFS through the whole flow, every role played by its own account.

Every step looks what is there before it acts, so that a story cut off by a crash goes on where it
was; a story that came to its end is followed by a new one on the same dataset.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from casemate.access import Application, Permit, State
from casemate.catalogue import Dataset
from casemate.clock import Clock, system_clock
from casemate.enclave import Limits, Output, OutputKind, OutputState, Run, RunState, View
from casemate.errors import Conflict, IntegrityFailure, NotFound
from casemate.flagships.health.algorithms import (
    QUIT_SMOKING_FILE,
    QUIT_SMOKING_VARIABLES,
    quit_smoking_script,
)
from casemate.flagships.health.attacks import Attempt, attack_the_laws
from casemate.flagships.health.evaluation import Effect, effect_of
from casemate.flagships.health.sources import nhefs_description, nhefs_file, nhefs_plan
from casemate.identity import Role
from casemate.ledger.audit import Report
from casemate.platform import Platform

HOSPITAL, UNIVERSITY, AUTHORITY = "City Hospital", "University", "Data Access Body"
CAST = {
    "acct-holder": ("Hanna Holder", HOSPITAL, Role.DATA_HOLDER),
    "acct-researcher": ("Rita Researcher", UNIVERSITY, Role.DATA_USER),
    "acct-outsider": ("Oscar Outsider", UNIVERSITY, Role.DATA_USER),
    "acct-authority": ("Aline Authority", AUTHORITY, Role.AUTHORITY),
    "acct-checker": ("Chris Checker", AUTHORITY, Role.OUTPUT_CHECKER),
    "acct-auditor": ("Anouk Auditor", AUTHORITY, Role.AUDITOR),
}
HOLDER, RESEARCHER, DECIDER, CHECKER = (
    "acct-holder",
    "acct-researcher",
    "acct-authority",
    "acct-checker",
)
OPERATOR = "acct-operator"
LIMITS = Limits(memory_bytes=2 * 2**30, cpu_seconds=60, wall_seconds=120.0)
ENTRY = {
    "name": {
        "en": "Effect of quitting smoking on weight",
        "fr": "Effet de l'arrêt du tabac sur le poids",
        "de": "Wirkung des Rauchstopps auf das Gewicht",
        "lb": "Effet vum Fëmmstopp op d'Gewiicht",
    },
    "short_description": {
        "en": "Estimates how much more those gain who quit smoking, from past records.",
        "fr": "Estime combien prennent de plus ceux qui arrêtent de fumer, d'après d'anciens dossiers.",
        "de": "Schätzt aus früheren Aufzeichnungen, wie viel mehr zunimmt, wer aufhört zu rauchen.",
        "lb": "Schätzt aus fréieren Donnéeën, wéi vill méi ee méi schwéier gëtt, deen ophält mat fëmmen.",
    },
    "publication_category": "other",
    "ai_act_class": "out_of_scope",
}
"""What the researcher says of the program for the register: a published estimate, no AI system."""
SHORT = timedelta(seconds=2)
"""How long the permit stays open that the story watches expire."""


@dataclass(frozen=True)
class Told:
    """Everything the story came to, for the report and for ``--json``."""

    dataset: Dataset
    application: Application
    permit: Permit
    view: View
    run: Run
    outputs: tuple[Output, ...]
    protected: Effect
    attempts: tuple[Attempt, ...]
    ledger: Report


Tell = Callable[[str], None]


def play(platform: Platform, tell: Tell, *, clock: Clock = system_clock) -> Told:
    """Play the story to its end, telling each step; raises what the platform raises."""
    gather_the_cast(platform)
    dataset = publish(platform, tell)
    number = story_number(platform)
    application = apply(platform, title(number), tell)
    permit = decide(platform, application, tell)
    view = protect(platform, permit, tell)
    run = compute(platform, permit, tell)
    outputs = check(platform, run, tell)
    protected = effect_of(json.loads(fetched(platform, outputs, "effect.json")))
    tell(f"Released   the effect on protected data: {protected}")
    expired = expire(platform, f"{title(number)}, one day", tell, clock)
    attempts = tuple(attack_the_laws(platform, permit, expired, outputs, tell))
    ended = platform.permit(DECIDER, permit.id)
    close(platform, number)
    return Told(
        dataset,
        application,
        ended,
        view,
        run,
        outputs,
        protected,
        attempts,
        platform.verify_ledger(),
    )


def gather_the_cast(platform: Platform) -> None:
    """The organisations and accounts, those that are not there yet."""
    with suppress(Conflict):  # a story was begun here before
        platform.found("Operator")
    known = {account.id for account in platform.accounts(OPERATOR)}
    organisations = {one.name: one.id for one in platform.organisations(OPERATOR)}
    for account, (name, organisation, role) in CAST.items():
        if organisation not in organisations:
            added = platform.add_organisation(OPERATOR, organisation)
            organisations[organisation] = added.id
        if account not in known:
            platform.add_account(
                OPERATOR, name, organisations[organisation], [role], account_id=account
            )


def publish(platform: Platform, tell: Tell) -> Dataset:
    """The hospital publishes NHEFS from its own Stata file."""
    try:
        dataset = platform.dataset("nhefs")
    except NotFound:
        dataset = platform.publish(HOLDER, nhefs_file(), nhefs_description())
    tell(
        f"Published  {dataset.id}: {dataset.rows} people, {len(dataset.variables)} variables, "
        f"quality {dataset.quality['overall']} of 100"
    )
    return dataset


def apply(platform: Platform, named: str, tell: Tell) -> Application:
    """The researcher finds the dataset by search and applies for what the analysis needs."""
    hits = [hit.id for hit in platform.search("smoking weight").hits]
    if "nhefs" not in hits:
        raise NotFound("the search for 'smoking weight' does not find nhefs")
    application = _application(platform, named)
    if application is None:
        application = platform.draft(RESEARCHER, form(named))
    if application.state is State.DRAFT:
        application = platform.submit(RESEARCHER, application.id)
    due = f", decision due by {application.due:%Y-%m-%d}" if application.due else ""
    tell(f"Applied    {application.id}: {application.form.title}{due}")
    return application


def decide(platform: Platform, application: Application, tell: Tell) -> Permit:
    """The authority approves with conditions: the permit is signed."""
    if application.permit is None:
        permit = platform.approve(
            DECIDER,
            application.id,
            "The purpose is in the public interest and the variables are those it needs.",
            plans={"nhefs": nhefs_plan()},
            conditions=[
                "Results are published with the method, whatever they show.",
                "Nobody tries to find out who a person in the data is.",
            ],
        )
    else:
        permit = platform.permit(DECIDER, application.permit)
    tell(f"Decided    {permit.id}: {permit.purpose}, in force until {permit.valid_until:%Y-%m-%d}")
    return permit


def protect(platform: Platform, permit: Permit, tell: Tell) -> View:
    """Pseudonyms, k-anonymity, and nothing that the permit does not name."""
    made = platform.views(DECIDER, permit.id)
    (view,) = made or platform.protect(RESEARCHER, permit.id)
    before, after = view.report["risk_before"], view.report["risk_after"]
    tell(
        f"Protected  k = {after['smallest_class']}, {view.report['suppressed']} records suppressed, "
        f"highest risk {float(before['prosecutor_highest']):.2f} to "
        f"{float(after['prosecutor_highest']):.2f}, loss {float(view.report['loss']):.3f}"
    )
    if platform.permit_in_force(permit.id):
        (checked,) = platform.verify_protection(RESEARCHER, permit.id)
        tell(f"Certified  {len(checked.holds)} claims of the protection recomputed, all hold")
    return view


def compute(platform: Platform, permit: Permit, tell: Tell) -> Run:
    """The researcher's own script, in the sandbox, on the protected view."""
    runs = [run for run in platform.list_runs(RESEARCHER) if run.permit == permit.id]
    run = next(
        (run for run in runs if run.state not in (RunState.failed, RunState.cancelled)), None
    )
    if run is None:
        run = platform.run(
            RESEARCHER, permit.id, quit_smoking_script(), QUIT_SMOKING_FILE, limits=LIMITS,
            entry=ENTRY,
        )  # fmt: skip
    platform.wait(RESEARCHER, run.id)
    run = platform.run_status(DECIDER, run.id)  # the authority sees to the millisecond
    if run.state in (RunState.failed, RunState.cancelled):
        raise IntegrityFailure(f"the demo's run {run.id} {run.state.value}: {run.reason}")
    used = run.resources["used"]
    tell(f"Ran        {run.id}: {used['wall_ms'] / 1000:.1f} s in the sandbox, no network")
    return run


def check(platform: Platform, run: Run, tell: Tell) -> tuple[Output, ...]:
    """The checker clears what the machine lets through, and releases it."""
    for output in platform.outputs(CHECKER, run.id):
        state = output.state
        if state is OutputState.held and output.decision != "refuse":
            platform.evidence(CHECKER, output.id)
            is_result = output.kind is OutputKind.file
            reason = f"Aggregates only. {output.why}" if is_result else "Not needed outside."
            state = platform.review(CHECKER, output.id, clear=is_result, reason=reason).state
        if state is OutputState.cleared:
            platform.release(CHECKER, output.id)
    outputs = tuple(platform.outputs(CHECKER, run.id))
    for output in outputs:
        tell(f"Checked    {output.name}: {output.state.value}. {output.why}")
    return outputs


def fetched(platform: Platform, outputs: tuple[Output, ...], name: str) -> bytes:
    """A released output, as the researcher takes it."""
    found = next(output for output in outputs if output.name == name)
    return platform.fetch(RESEARCHER, found.id)


def expire(platform: Platform, named: str, tell: Tell, clock: Clock) -> Permit:
    """A second permit, whose one day ends in two seconds."""
    application = apply(platform, named, lambda _: None)
    if application.permit is not None:
        return platform.permit(DECIDER, application.permit)
    tell("Watching   a permit expire")
    return platform.approve(
        DECIDER,
        application.id,
        "For one day.",
        plans={"nhefs": nhefs_plan()},
        valid_from=clock() - timedelta(days=1) + SHORT,
        duration_days=1,
    )


def form(named: str) -> dict[str, Any]:
    """The researcher's application."""
    return {
        "title": named,
        "applicant_role": "principal investigator",
        "datasets": [
            {
                "dataset": "nhefs",
                "population": "Smokers examined in 1971 and again in 1982",
                "variables": [
                    {
                        "name": name,
                        "necessity": "Outcome, exposure or one of the nine confounders of the analysis"
                        if name != "seqn"
                        else "To tell people apart",
                        "as_pseudonym": name == "seqn",
                    }
                    for name in QUIT_SMOKING_VARIABLES
                ],
            }
        ],
        "purpose": {
            "term": "dpv:ScientificResearch",
            "description": "Whether quitting smoking makes people gain weight, and how much",
        },
        "legal_basis": {
            "article_6": "e",
            "article_9": "j",
            "explanation": "Research in the public interest, by a university",
        },
        "method": "Inverse-probability weighting, Hernan and Robins, chapter 12",
        "people": [RESEARCHER],
        "outputs": [
            "One estimate with its confidence interval",
            "A regression, two tables of counts and a figure",
        ],
        "duration_days": 90,
        "retention": "Results are kept, nothing else leaves",
        "funding": "Public",
        "conflicts": "None",
        "ethics": {"committee": "National ethics committee", "reference": "2026-071"},
    }


def title(number: int) -> str:
    """The name of the story's application: by it a crashed story finds its own again."""
    return f"Does quitting smoking change weight? Study {number}"


def story_number(platform: Platform) -> int:
    """Which story this is: one more than those that came to their end."""
    file = platform.home.root / "demo.json"
    return 1 + (json.loads(file.read_text())["finished"] if file.exists() else 0)


def close(platform: Platform, number: int) -> None:
    """Note that this story came to its end."""
    fresh = platform.home.root / "demo.json.new"
    fresh.write_text(json.dumps({"finished": number}))
    fresh.replace(platform.home.root / "demo.json")


def _application(platform: Platform, named: str) -> Application | None:
    mine: Iterator[Application] = iter(platform.list_applications(RESEARCHER))
    return next((one for one in mine if one.form.title == named), None)
