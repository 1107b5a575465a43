"""``casemate application`` and ``casemate decide``."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Group

from casemate.access import OUTPUT_TYPES, USUAL_TYPES, Application, OutputRules
from casemate.cli.answers import preview_text
from casemate.cli.common import Desk, Shown, command, read_document, table
from casemate.clock import timestamp
from casemate.errors import BadInput
from casemate.plans import PlanMisfit
from casemate.protection import read_plan
from casemate.protection.privacy_loss import PrivacyLoss

app = typer.Typer(no_args_is_help=True)


@command(app, "submit")
def submit(
    desk: Desk,
    form: Annotated[Path | None, typer.Argument(help="The application form, TOML or JSON.")] = None,
    application: Annotated[
        str | None, typer.Option(help="A draft, or one that was given back, to hand in.")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it as a draft for now.")] = False,
) -> Shown:
    """Apply for access."""
    document = None if form is None else read_document(form)
    if application is not None:
        made = desk.platform.submit(desk.actor, application, document)
    elif document is None:
        raise BadInput("give the form's file, or the draft to hand in with --application")
    elif draft:
        made = desk.platform.draft(desk.actor, document)
    else:
        made = desk.platform.apply(desk.actor, document)
    return Shown(made, _sentence(made))


@command(app, "list")
def list_(
    desk: Desk,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
) -> Shown:
    """The applications you may read."""
    known = desk.platform.list_applications(desk.actor, state=state)
    rows: list[list[object]] = [
        [one.id, one.state.value, one.applicant, one.due and timestamp(one.due), one.form.title]
        for one in known
    ]
    return Shown(known, table(["Application", "State", "Applicant", "Due", "Title"], rows))


@command(app, "show")
def show_(
    desk: Desk, application: Annotated[str, typer.Argument(help="The application's id.")]
) -> Shown:
    """One application, with everything that was done and said about it."""
    known = desk.platform.application(desk.actor, application)
    events = desk.platform.timeline(desk.actor, application)
    rows: list[list[object]] = [
        [timestamp(event.at), event.actor, event.act, event.to_state.value, event.text]
        for event in events
    ]
    data = {"application": known, "timeline": events}
    return Shown(data, table(["When", "Who", "Act", "State", "Words"], rows))


@command(app, "revise")
def revise(
    desk: Desk,
    application: Annotated[str, typer.Argument(help="A draft, or one that was given back.")],
    form: Annotated[Path, typer.Argument(help="The form as it is now, TOML or JSON.")],
) -> Shown:
    """Keep a form that is not ready yet; nothing is handed in."""
    made = desk.platform.revise(desk.actor, application, read_document(form))
    return Shown(made, f"{made.id} is kept as it is in {form}.")


@command(app, "check")
def check(
    desk: Desk, application: Annotated[str, typer.Argument(help="The application's id.")]
) -> Shown:
    """What is still missing before your application can be handed in."""
    gaps = desk.platform.missing(desk.actor, application)
    text = "\n".join(gap.sentence for gap in gaps)
    return Shown(gaps, text or f"Nothing is missing: {application} can be handed in.")


@command(app, "message")
def message(
    desk: Desk,
    application: Annotated[str, typer.Argument(help="The application's id.")],
    text: Annotated[str, typer.Option(help="What to say; both sides read it.")],
) -> Shown:
    """Write to the other side: the applicant to the authority, or the authority back."""
    known = desk.platform.message(desk.actor, application, text)
    return Shown(known, f"Your message is in the history of {known.id}.")


@command(app, "inbox")
def inbox(desk: Desk) -> Shown:
    """For the authority: what waits for a decision, the most urgent first."""
    items = desk.platform.inbox(desk.actor)
    rows: list[list[object]] = [
        [
            one.application.id, one.waits_for, one.application.due and timestamp(one.application.due),
            one.days_left, "unanswered message" if one.unanswered else "", one.application.form.title,
        ]
        for one in items
    ]  # fmt: skip
    columns = ["Application", "Waits for", "Due", "Days left", "", "Title"]
    return Shown(items, table(columns, rows))


@command(app, "preview")
def preview(
    desk: Desk,
    application: Annotated[str, typer.Argument(help="The application's id.")],
    plan: Annotated[
        list[str], typer.Option(help="Protection plan as DATASET=FILE (TOML or JSON); repeatable.")
    ],
) -> Shown:
    """For the authority: what a protection plan would do to the data, before deciding."""
    files = dict(map(_named_file, plan))
    plans = {name: read_plan(file).to_dict() for name, file in files.items()}
    try:
        found = desk.platform.preview_plan(desk.actor, application, plans)
    except PlanMisfit as misfit:
        raise BadInput(f"{files[misfit.dataset]}: {misfit}") from misfit
    return Shown(found, Group(*map(preview_text, found)))


@command(app, "withdraw")
def withdraw(
    desk: Desk,
    application: Annotated[str, typer.Argument(help="The application's id.")],
    reason: Annotated[str, typer.Option(help="Why, if you like to say.")] = "",
) -> Shown:
    """End your own application."""
    return _shown(desk.platform.withdraw(desk.actor, application, reason))


@command(app, "appeal")
def appeal(
    desk: Desk,
    application: Annotated[str, typer.Argument(help="The application's id.")],
    grounds: Annotated[str, typer.Option(help="Why the refusal should be looked at again.")],
) -> Shown:
    """Ask for a refusal to be looked at again, by somebody else."""
    return _shown(desk.platform.appeal(desk.actor, application, grounds))


def decide(
    desk: Desk,
    application: Annotated[str, typer.Argument(help="The application's id.")],
    decision: Annotated[
        str, typer.Argument(help="approve, refuse, incomplete, changes, extend or complete.")
    ],
    reason: Annotated[str, typer.Option(help="Why; the applicant reads it.")],
    plan: Annotated[
        list[str] | None,
        typer.Option(help="Protection plan as DATASET=FILE (TOML or JSON); one a dataset."),
    ] = None,
    condition: Annotated[list[str] | None, typer.Option(help="A condition of the permit.")] = None,
    days: Annotated[int | None, typer.Option(help="Days in force (default: as asked).")] = None,
    min_cell: Annotated[
        int | None, typer.Option(help="Least count of people in any cell of an output.")
    ] = None,
    review: Annotated[
        str, typer.Option(help="required, four-eyes (two checkers), or automatic for what passes.")
    ] = "required",
    four_eyes: Annotated[
        list[str] | None,
        typer.Option(help="A kind of file that two checkers clear (png, onnx; log); repeatable."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help=f"A type of file that may leave, of {', '.join(OUTPUT_TYPES)}; repeatable "
            f"(default: {', '.join(USUAL_TYPES)})."
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            help="Rules of the output check (TOML or JSON), stricter than the datasets' own."
        ),
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            help="Privacy for noisy answers as DATASET=epsilon:AMOUNT or DATASET=rho:AMOUNT, with "
            ":DELTA after it where groups are unknown."
        ),
    ] = None,
) -> Shown:
    """Decide on an application; approving signs the permit."""
    if decision != "approve":
        return _shown(desk.platform.decide(desk.actor, application, decision, reason))  # type: ignore[arg-type]
    files = dict(map(_named_file, plan or []))
    plans = {name: read_plan(file).to_dict() for name, file in files.items()}
    given = None
    if min_cell is not None or review != "required" or rules is not None or four_eyes or allow:
        given = _output_rules(min_cell, review, rules, four_eyes or [], allow or USUAL_TYPES)
    try:
        permit = desk.platform.approve(
            desk.actor, application, reason,
            plans=plans, budgets=dict(map(_privacy, budget or [])), conditions=condition or [],
            output_rules=given, duration_days=days,
        )  # fmt: skip
    except PlanMisfit as misfit:
        raise BadInput(f"{files[misfit.dataset]}: {misfit}") from misfit
    until = timestamp(permit.valid_until)
    return Shown(permit, f"{permit.id} is granted to {permit.applicant}, in force until {until}.")


def _named_file(text: str) -> tuple[str, str]:
    name, separator, file = text.partition("=")
    if not separator:
        raise BadInput(f"--plan {text!r} is not DATASET=FILE")
    return name, file


def _privacy(text: str) -> tuple[str, PrivacyLoss]:
    name, _, amounts = text.partition("=")
    accounting, *numbers = amounts.split(":")
    if accounting not in ("epsilon", "rho") or not 1 <= len(numbers) <= 2:
        raise BadInput(
            f"--budget {text!r} is not DATASET=epsilon:AMOUNT or DATASET=rho:AMOUNT:DELTA"
        )
    make = PrivacyLoss.epsilon if accounting == "epsilon" else PrivacyLoss.rho
    return name, make(*numbers)


def _output_rules(
    min_cell: int | None,
    review: str,
    disclosure: Path | None,
    four_eyes: list[str],
    allow: Sequence[str],
) -> OutputRules:
    if review not in ("required", "four-eyes", "automatic"):
        raise BadInput(f"--review is required, four-eyes or automatic, not {review!r}")
    if strange := [kind for kind in four_eyes if not re.fullmatch("[a-z0-9]{1,16}", kind)]:
        raise BadInput(f"--four-eyes takes an ending such as png, or log, not {strange[0]!r}")
    if min_cell is not None and min_cell < 1:
        raise BadInput(f"--min-cell is at least 1, not {min_cell}")
    given: dict[str, object] = {
        "review": review,
        "four_eyes": tuple(sorted(set(four_eyes))),
        "allowed_types": tuple(dict.fromkeys(allow)),
    }
    if min_cell is not None:
        given["min_cell"] = min_cell
    if disclosure is not None:
        given["disclosure"] = read_document(disclosure)
    try:
        return OutputRules.model_validate(given)
    except ValidationError as failure:
        fault = failure.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in fault["loc"][1:]) or "the document"
        raise BadInput(f"--rules {disclosure}: {place}: {fault['msg']}") from None


def _shown(application: Application) -> Shown:
    return Shown(application, _sentence(application))


def _sentence(application: Application) -> str:
    due = f"; a decision is due by {timestamp(application.due)}" if application.due else ""
    return f"{application.id} is {application.state.value.replace('_', ' ')}{due}."
