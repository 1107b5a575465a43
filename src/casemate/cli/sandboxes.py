"""``casemate sandbox``: the regulatory sandbox, from both sides of the desk."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from casemate.cli.common import Desk, Shown, command, read_document, table
from casemate.clock import timestamp
from casemate.register.sandboxes import Dossier, ExitReport, Participation, SandboxState

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """The regulatory sandbox of the AI Act (Article 57): apply, admit, try, look on, report."""


Sandbox = Annotated[str, typer.Argument(help="The participation's id.")]
FormFile = Annotated[Path, typer.Argument(help="The application, TOML or JSON.")]
Reason = Annotated[str, typer.Option(help="Why; the participant reads it.")]


# ---- the participant --------------------------------------------------------------------------


@command(app, "apply")
def apply(desk: Desk, form: FormFile) -> Shown:
    """Begin an application for the sandbox; it may be half filled."""
    return _shown(desk.platform.apply_for_sandbox(desk.actor, read_document(form)))


@command(app, "revise")
def revise(desk: Desk, sandbox: Sandbox, form: FormFile) -> Shown:
    """Keep a form that is not ready yet; nothing is handed in."""
    return _shown(desk.platform.revise_participation(desk.actor, sandbox, read_document(form)))


@command(app, "check")
def check(desk: Desk, sandbox: Sandbox) -> Shown:
    """What is still missing before your application can be handed in."""
    gaps = desk.platform.participation_gaps(desk.actor, sandbox)
    text = "\n".join(gap.sentence for gap in gaps)
    return Shown(gaps, text or f"Nothing is missing: {sandbox} can be handed in.")


@command(app, "submit")
def submit(
    desk: Desk,
    sandbox: Sandbox,
    form: Annotated[Path | None, typer.Option(help="A form in place of the one it has.")] = None,
) -> Shown:
    """Hand your application in, or hand in again what was asked back."""
    document = None if form is None else read_document(form)
    return _shown(desk.platform.submit_participation(desk.actor, sandbox, document))


@command(app, "start")
def start(
    desk: Desk,
    sandbox: Sandbox,
    plan: Annotated[int, typer.Option(help="The version of the plan that you read and agree to.")],
) -> Shown:
    """Agree to the plan, and begin."""
    return _shown(desk.platform.start_participation(desk.actor, sandbox, plan))


@command(app, "attach")
def attach(
    desk: Desk,
    sandbox: Sandbox,
    test: Annotated[str, typer.Argument(help="The key of a test of the plan.")],
    evaluation: Annotated[str, typer.Argument(help="The evaluation that answers it.")],
) -> Shown:
    """Put a recorded evaluation to a test of the plan."""
    known = desk.platform.attach_evidence(desk.actor, sandbox, test, evaluation)
    dossier = desk.platform.participation_dossier(desk.actor, sandbox)
    found = dossier.evidence[-1]
    met = "is met" if found.met else "is not met"
    return Shown(known, f"The criterion of {test} {met}: {found.value}.")


@command(app, "incident")
def incident(
    desk: Desk,
    sandbox: Sandbox,
    report: Annotated[Path, typer.Argument(help="What went wrong, TOML or JSON.")],
) -> Shown:
    """Report what went wrong, and what was done about it at once."""
    return _shown(desk.platform.report_incident(desk.actor, sandbox, read_document(report)))


@command(app, "withdraw")
def withdraw(
    desk: Desk,
    sandbox: Sandbox,
    reason: Annotated[str, typer.Option(help="Why, if you like to say.")] = "",
) -> Shown:
    """End your own participation."""
    return _shown(desk.platform.withdraw_participation(desk.actor, sandbox, reason))


@command(app, "publish")
def publish(desk: Desk, sandbox: Sandbox) -> Shown:
    """Agree, for the participant, that the exit report is published."""
    return _shown(desk.platform.publish_exit_report(desk.actor, sandbox))


# ---- both sides -------------------------------------------------------------------------------


@command(app, "list")
def list_(
    desk: Desk, state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None
) -> Shown:
    """The participations that you may read."""
    known = desk.platform.participations(desk.actor, state=state)
    rows: list[list[object]] = [
        [one.id, one.state.value, one.organisation, one.due and timestamp(one.due), one.form.title]
        for one in known
    ]
    return Shown(known, table(["Participation", "State", "Organisation", "Due", "Title"], rows))


@command(app, "show")
def show(desk: Desk, sandbox: Sandbox) -> Shown:
    """A participation: its plan, its tests, its incidents, and everything that was done and said."""
    dossier = desk.platform.participation_dossier(desk.actor, sandbox)
    return Shown(dossier, _dossier(dossier))


@command(app, "message")
def message(
    desk: Desk,
    sandbox: Sandbox,
    text: Annotated[str, typer.Option(help="What to say; both sides read it.")],
) -> Shown:
    """Write to the other side: the participant to the authority, or the authority back."""
    known = desk.platform.message_participation(desk.actor, sandbox, text)
    return Shown(known, f"Your message is in the history of {known.id}.")


@command(app, "conclude")
def conclude(
    desk: Desk,
    sandbox: Sandbox,
    reason: Annotated[str, typer.Option(help="Which exit criteria are met, or why else.")],
) -> Shown:
    """End the trial: its exit criteria are met, or its time is over."""
    return _shown(desk.platform.conclude_participation(desk.actor, sandbox, reason))


@command(app, "publications")
def publications(desk: Desk) -> Shown:
    """What the public is told of the sandbox; nobody needs to be signed in."""
    told = desk.platform.sandbox_publications(desk.account)
    rows: list[list[object]] = [
        [one.id, one.state.value, one.title, "published" if one.report else "not published"]
        for one in told
    ]
    return Shown(told, table(["Participation", "State", "Title", "Exit report"], rows))


# ---- the authority ----------------------------------------------------------------------------


@command(app, "inbox")
def inbox(desk: Desk) -> Shown:
    """For the authority: what waits for it first, SMEs before others, and what is under way."""
    items = desk.platform.sandbox_inbox(desk.actor)
    rows: list[list[object]] = [
        [
            one.participation.id, one.participation.state.value, one.waits_for, one.days_left,
            "priority" if one.participation.has_priority else "", one.serious_incidents or "",
            one.participation.form.title,
        ]
        for one in items
    ]  # fmt: skip
    columns = ["Participation", "State", "Waits for", "Days left", "", "Serious incidents", "Title"]
    return Shown(items, table(columns, rows))


@command(app, "ask-back")
def ask_back(desk: Desk, sandbox: Sandbox, reason: Reason) -> Shown:
    """Give an application back for what is missing or should be otherwise."""
    return _shown(desk.platform.decide_participation(desk.actor, sandbox, "ask_back", reason))


@command(app, "refuse")
def refuse(desk: Desk, sandbox: Sandbox, reason: Reason) -> Shown:
    """Refuse an application, with the reason."""
    return _shown(desk.platform.decide_participation(desk.actor, sandbox, "refuse", reason))


@command(app, "admit")
def admit(
    desk: Desk,
    sandbox: Sandbox,
    reason: Reason,
    plan: Annotated[
        Path | None, typer.Option(help="A plan in place of the one proposed, TOML or JSON.")
    ] = None,
) -> Shown:
    """Admit it to the sandbox on a plan; it runs once the participant agrees to that."""
    document = None if plan is None else read_document(plan)
    return _shown(desk.platform.admit_participation(desk.actor, sandbox, reason, document))


@command(app, "plan")
def plan(
    desk: Desk,
    sandbox: Sandbox,
    plan: Annotated[Path, typer.Argument(help="The plan as it is to be, TOML or JSON.")],
    reason: Reason,
) -> Shown:
    """Change the plan; what runs stands still until the participant agrees."""
    document = read_document(plan)
    return _shown(desk.platform.change_sandbox_plan(desk.actor, sandbox, document, reason))


@command(app, "guide")
def guide(
    desk: Desk,
    sandbox: Sandbox,
    text: Annotated[str, typer.Option(help="The guidance; it stands in the exit report.")],
) -> Shown:
    """Give guidance on what the regulation expects and how to meet it."""
    return _shown(desk.platform.decide_participation(desk.actor, sandbox, "guide", text))


@command(app, "suspend")
def suspend(desk: Desk, sandbox: Sandbox, reason: Reason) -> Shown:
    """Stop the trial while a significant risk is mitigated; the AI Office is to be told."""
    return _shown(desk.platform.decide_participation(desk.actor, sandbox, "suspend", reason))


@command(app, "resume")
def resume(desk: Desk, sandbox: Sandbox, reason: Reason) -> Shown:
    """Let a suspended trial go on."""
    return _shown(desk.platform.decide_participation(desk.actor, sandbox, "resume", reason))


@command(app, "terminate")
def terminate(desk: Desk, sandbox: Sandbox, reason: Reason) -> Shown:
    """End the trial for good: no effective mitigation is possible. The AI Office is to be told."""
    return _shown(desk.platform.decide_participation(desk.actor, sandbox, "terminate", reason))


@command(app, "report")
def report(
    desk: Desk,
    sandbox: Sandbox,
    words: Annotated[
        Path | None,
        typer.Option(help="The authority's words, TOML or JSON: signs the report off with them."),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="The authority agrees that it is published.")
    ] = False,
) -> Shown:
    """The exit report; with ``--words``, the authority signs it off."""
    if words is None:
        made = desk.platform.exit_report(desk.actor, sandbox)
    else:
        document = read_document(words)
        made = desk.platform.issue_exit_report(desk.actor, sandbox, document, publish=publish)
    return Shown(made, _report(made))


def _shown(known: Participation) -> Shown:
    due = f"; it is decided by {timestamp(known.due)}" if known.due else ""
    runs = known.ends_at is not None and known.state is SandboxState.RUNNING
    ends = f"; its time ends at {timestamp(known.ends_at)}" if runs and known.ends_at else ""
    plan = f" (plan version {known.plan_version})" if known.plan_version else ""
    return Shown(known, f"{known.id} is {known.state.value.replace('_', ' ')}{plan}{due}{ends}.")


def _dossier(dossier: Dossier) -> Any:
    tests: list[list[object]] = [
        [
            one.key,
            one.suite,
            f"{one.check} / {one.measure} / {one.group}",
            f"{one.comparison.replace('_', ' ')} {one.threshold}",
            *_results(dossier, one.key),
        ]
        for one in (dossier.participation.plan.tests if dossier.participation.plan else ())
    ]
    events: list[list[object]] = [
        [timestamp(one.at), one.actor, one.act, one.to_state.value, one.text]
        for one in dossier.events
    ]
    shown = [_shown(dossier.participation).text]
    if tests:
        columns = ["Test", "Suite", "Figure", "Criterion", "Value", "Met", "Evaluation"]
        shown += ["", table(columns, tests)]
    if dossier.incidents:
        shown += ["", table(["Incident", "Kind", "Due", "Reported"], _incidents(dossier))]
    return Group(*shown, "", table(["When", "Who", "Act", "State", "Words"], events))


def _results(dossier: Dossier, test: str) -> list[object]:
    last = [one for one in dossier.evidence if one.test == test][-1:]
    return [last[0].value, "yes" if last[0].met else "no", last[0].evaluation] if last else [""] * 3


def _incidents(dossier: Dossier) -> list[list[object]]:
    return [
        [one.id, one.kind.value, one.due and timestamp(one.due), timestamp(one.reported_at)]
        for one in dossier.incidents
    ]


def _report(made: ExitReport) -> Any:
    tests: list[list[object]] = [
        [one["key"], one["question"], one["value"], {True: "yes", False: "no"}.get(one["met"], "–")]
        for one in made.facts["tests"]
    ]
    said = made.facts["words"]
    return Group(
        f"Exit report of {made.sandbox}, signed off at {timestamp(made.issued_at)}: {made.digest}",
        "",
        said["activities"],
        said["results"],
        *(f"- {one}" for one in said["learning"]),
        "",
        table(["Test", "Question", "Value", "Criterion met"], tests),
    )
