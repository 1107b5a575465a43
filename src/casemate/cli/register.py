"""``casemate register``: records of algorithms, in a file and in the home's register."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from casemate.cli.common import (
    Desk,
    JsonOption,
    Shown,
    command,
    exits,
    printable,
    read_document,
    show,
    table,
)
from casemate.cli.entries import AiClass, Describe, NoAi, OfAlgorithm, Settings, said
from casemate.cli.files import write_json
from casemate.cli.papers import app as papers
from casemate.clock import timestamp
from casemate.errors import BadInput
from casemate.register.exports import Export
from casemate.register.feedback import Feedback
from casemate.register.keeping import KeptRecord
from casemate.register.known import Fact
from casemate.register.law.cases import read_day
from casemate.register.minimum import untold
from casemate.register.records import (
    Completeness,
    Record,
    completeness,
    fields,
    read_record,
    standards,
)

MOST_NUMBERS = 8
"""Numbers of ledger entries in one cell; the JSON has all."""
app = typer.Typer(no_args_is_help=True)
app.add_typer(papers)


@app.callback()
def group() -> None:
    """Records of AI systems and algorithms."""


Algorithm = Annotated[str, typer.Argument(help="The algorithm's id.")]
RecordFile = Annotated[Path, typer.Argument(help="The record, as TOML or JSON.")]


@command(app, "add")
def add(desk: Desk, record: RecordFile) -> Shown:
    """Enter an algorithm of your organisation in the register."""
    kept = desk.platform.record_algorithm(desk.actor, read_record(read_document(record)))
    return Shown(_kept(kept), f"{kept.algorithm} is in the register, version {kept.version}.")


@command(app, "revise")
def revise(
    desk: Desk,
    algorithm: Algorithm,
    record: RecordFile,
    seen: Annotated[int, typer.Option(help="The version that you changed.")],
    reason: Annotated[str, typer.Option(help="Why the record changes.")],
) -> Shown:
    """Keep the next version of a record of your organisation."""
    told = read_record(read_document(record))
    kept = desk.platform.revise_algorithm(desk.actor, algorithm, told, seen=seen, reason=reason)
    return Shown(_kept(kept), f"{kept.algorithm} is at version {kept.version}.")


@command(app, "list")
def list_(desk: Desk) -> Shown:
    """The algorithms whose records you may read, by name."""
    kept = desk.platform.algorithms(desk.actor)
    rows: list[list[object]] = [
        [one.algorithm, one.record.name, one.organisation, one.version, timestamp(one.kept_at)]
        for one in kept
    ]
    titles = ["Algorithm", "Name", "Organisation", "Version", "Since"]
    return Shown([_kept(one) for one in kept], table(titles, rows))


@command(app, "search")
def search(
    desk: Desk,
    text: Annotated[str, typer.Argument(help="Words to look for; none finds all.")] = "",
    organisation: Annotated[
        list[str] | None, typer.Option(help="Of this organisation, by its id; any of several.")
    ] = None,
    ai_act_class: Annotated[
        list[str] | None, typer.Option("--class", help="Of this class of the AI Act.")
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="development, in_use or withdrawn.")
    ] = None,
    complete: Annotated[
        list[str] | None, typer.Option(help="Complete for this standard, such as NL.")
    ] = None,
    limit: Annotated[int, typer.Option(help="The most that are shown.", min=1, max=100)] = 20,
) -> Shown:
    """Find algorithms by words and kind: what you may read; what is published, where nobody signs in."""
    found = desk.platform.search_algorithms(
        desk.account,
        text,
        organisation=organisation or (),
        ai_act_class=ai_act_class or (),
        status=status or (),
        complete=complete or (),
        limit=limit,
    )
    rows: list[list[object]] = [
        [
            one.algorithm,
            one.record.name,
            one.organisation,
            one.record.told.get("status"),
            one.record.told.get("ai_act_class"),
        ]
        for one in found.items
    ]
    titles = ["Algorithm", "Name", "Organisation", "Status", "AI Act"]
    return Shown(found, table(titles, rows))


@command(app, "show")
def show_record(
    desk: Desk,
    algorithm: Algorithm,
    version: Annotated[int | None, typer.Option(help="An earlier version.")] = None,
) -> Shown:
    """A record, what the platform knows of it by itself, and how complete it is for each standard."""
    kept = desk.platform.algorithm(desk.actor, algorithm, version)
    held = completeness(kept.record)
    rows: list[list[object]] = [[name, _told(value)] for name, value in kept.record.told.items()]
    known = desk.platform.algorithm_facts(desk.actor, algorithm)
    data = _kept(kept) | {"completeness": [one.to_dict() for one in held], "known": list(known)}
    parts = [table(["Field", "Told"], rows), "", *_known(known), _overview(list(held))]
    return Shown(data, Group(*parts))


def _known(known: Sequence[Fact]) -> list[Any]:
    """What the platform knows by itself, with the ledger's entries it rests on."""
    rows: list[list[object]] = [[one.name, one.says["en"], _numbers(one.entries)] for one in known]
    return [table(["Known by itself", "", "Ledger entries"], rows), ""] if known else []


def _numbers(entries: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, entries[:MOST_NUMBERS]))
    more = len(entries) - MOST_NUMBERS
    return shown if more <= 0 else f"{shown} and {more} more"


@command(app, "incident")
def incident(
    desk: Desk,
    algorithm: Algorithm,
    says: Annotated[str, typer.Option(help="What happened.")],
    on: Annotated[str, typer.Option(help="The day, such as 2026-12-02.")],
    serious: Annotated[
        bool, typer.Option("--serious", help="It is serious as AI Act Art. 3(49) has it.")
    ] = False,
) -> Shown:
    """Report what went wrong with an algorithm of your organisation."""
    day = read_day(on, "--on")
    if day is None:
        raise BadInput("--on is the day on which it happened, such as 2026-12-02")
    told = desk.platform.report_algorithm_incident(
        desk.actor, algorithm, says, on=day, serious=serious
    )
    return Shown(told, f"{told.id} is reported: ledger entry {told.ledger_index}.")


@command(app, "incidents")
def incidents(desk: Desk, algorithm: Algorithm) -> Shown:
    """What was reported of an algorithm whose entry you may read."""
    known = desk.platform.algorithm_incidents(desk.actor, algorithm)
    rows: list[list[object]] = [
        [one.id, one.happened_on, "yes" if one.serious else "no", one.says] for one in known
    ]
    return Shown(list(known), table(["Incident", "On", "Serious", "What happened"], rows))


@command(app, "history")
def history(desk: Desk, algorithm: Algorithm) -> Shown:
    """Every version of a record: who, when, why, and what it changed."""
    revisions = desk.platform.algorithm_history(desk.actor, algorithm)
    rows: list[list[object]] = [
        [
            one.kept.version,
            timestamp(one.kept.kept_at),
            one.kept.kept_by,
            one.kept.reason,
            change.field,
            _told(change.before),
            _told(change.after),
        ]
        for one in revisions
        for change in one.changes
    ]
    titles = ["Version", "When", "By", "Why", "Field", "Before", "After"]
    data = [_kept(one.kept) | {"changes": list(one.changes)} for one in revisions]
    return Shown(data, table(titles, rows))


@command(app, "feedback")
def feedback(
    desk: Desk,
    algorithm: Annotated[
        str | None, typer.Argument(help="The algorithm's id; none: how many wait for an answer.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(help="The code of a message of your own: no account is needed.")
    ] = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="With --code: erase the message and its answer.")
    ] = False,
) -> Shown:
    """What people say of an algorithm of yours; or, by its code, what became of your own message."""
    if code is not None:
        act = desk.platform.take_back_feedback if take_back else desk.platform.feedback_of
        return Shown(found := act(code), _feedback([found]))
    if take_back:
        raise BadInput("`--take-back` takes the `--code` of the message")
    if algorithm is None:
        waiting = desk.platform.waiting_feedback(desk.actor)
        rows: list[list[object]] = [[one, number] for one, number in sorted(waiting.items())]
        return Shown(waiting, table(["Algorithm", "Waiting"], rows))
    said = desk.platform.algorithm_feedback(desk.actor, algorithm)
    return Shown(list(said), _feedback(said))


@command(app, "give-feedback")
def give_feedback(
    desk: Desk,
    algorithm: Algorithm,
    text: Annotated[str, typer.Option(help="What you have to say.")],
    kind: Annotated[
        str, typer.Option(help="question, correction, complaint or appeal.")
    ] = "question",
    contact: Annotated[str, typer.Option(help="How to reach you, if you like.")] = "",
    language: Annotated[str, typer.Option(help="en, fr, de or lb.")] = "en",
) -> Shown:
    """Say something of a published algorithm; the code that it prints once reads the answer."""
    given, code = desk.platform.give_feedback(
        algorithm, kind, text, contact=contact, language=language
    )
    told = f"Your message was received. Its code, told this once: {code}"
    return Shown({"feedback": given, "code": code}, told)


@command(app, "answer-feedback")
def answer_feedback(
    desk: Desk,
    feedback: Annotated[str, typer.Argument(help="The message's id.")],
    answer: Annotated[str, typer.Option(help="What you answer; its sender reads it by the code.")],
) -> Shown:
    """Answer what somebody said of an algorithm of your organisation, once."""
    answered = desk.platform.answer_feedback(desk.actor, feedback, answer)
    return Shown(answered, f"{answered.id} is answered.")


def _feedback(said: Sequence[Feedback]) -> Any:
    rows: list[list[object]] = [
        [one.id, one.kind, one.state, timestamp(one.received_at), one.text, one.contact, one.answer]
        for one in said
    ]
    titles = ["Message", "Kind", "State", "Received", "Text", "Contact", "Answer"]
    return table(titles, rows)


@command(app, "export")
def export_(
    desk: Desk,
    algorithm: Algorithm,
    standard: Annotated[
        str,
        typer.Option(
            help="nl-1.0, uk-atrs, ats-0.3.1, annex-viii-a, annex-viii-b or annex-viii-c."
        ),
    ],
    language: Annotated[
        str | None, typer.Option(help="In which language (default: that of most of its texts).")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the document to this file.")] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Write it, marked, though it lacks something.")
    ] = False,
) -> Shown:
    """An entry in the form of another register, valid by its schema, or what it lacks."""
    found = desk.platform.export_algorithm(desk.actor, algorithm, standard, language=language)
    if not found.is_valid and not draft:
        lines = [printable(one.sentence) for one in found.gaps]
        gaps = {"standard": standard, "valid": False, "gaps": list(found.gaps)}
        if desk.as_json:
            show(Shown(gaps), as_json=True)
        else:
            print("\n".join(lines), file=sys.stderr)
        count = f"{len(lines)} gap{'' if len(lines) == 1 else 's'}"
        raise BadInput(
            f"{algorithm} is not valid for {standard}: the {count} above keep it from being so; "
            "--draft writes it as it is"
        )
    document = found.document if found.is_valid else found.draft()
    if output is not None:
        write_json(output, document)
    told = {"standard": standard, "valid": found.is_valid, "language": found.language}
    told |= {"gaps": list(found.gaps), "left_out": list(found.left_out), "document": document}
    return Shown(told, _exported(found, document, output))


def _exported(found: Export, document: dict[str, Any], output: Path | None) -> str:
    if output is None:
        return printable(json.dumps(document, ensure_ascii=False, indent=1))
    valid = "valid" if found.is_valid else "a draft that is not valid"
    lines = [f"{output} is {valid} for {found.title}, in {found.spoken}."]
    return "\n".join([*lines, *(f"Left out: {printable(one)}" for one in found.left_out)])


@command(app, "complete")
def complete(
    desk: Desk,
    algorithm: Algorithm,
    describe: Describe = None,
    no_ai: NoAi = False,
    ai_class: AiClass = None,
    settings: Settings = None,
) -> Shown:
    """Tell more in an entry of your organisation: outputs are released once it has what the house asks."""
    told = said(describe, ai_class, no_ai=no_ai, settings=settings)
    newest = desk.platform.algorithm(desk.actor, algorithm)
    if not told:
        return Shown(_kept(newest), _still_needed(newest))
    record = Record({**newest.record.told, **read_record(told).told})
    kept = desk.platform.revise_algorithm(
        desk.actor, algorithm, record, seen=newest.version, reason="the entry is completed"
    )
    return Shown(_kept(kept), _still_needed(kept))


def _still_needed(kept: KeptRecord) -> str:
    """What the house still asks for, and why, a line each; the same are ``untold`` in the JSON."""
    lacking = untold(kept.record)
    if not lacking:
        return f"{kept.algorithm} tells all that the house asks for."
    return "\n".join(f"{one.field} is not told: {one.why}" for one in lacking)


@command(app, "enter-run")
def enter_run(
    desk: Desk,
    run: Annotated[str, typer.Argument(help="The run's id.")],
    of_algorithm: OfAlgorithm = None,
    describe: Describe = None,
    no_ai: NoAi = False,
    ai_class: AiClass = None,
    settings: Settings = None,
) -> Shown:
    """Give a run from before runs had entries its entry in the register."""
    told = said(describe, ai_class, no_ai=no_ai, settings=settings)
    kept = desk.platform.enter_run(desk.actor, run, algorithm=of_algorithm, entry=told)
    return Shown(_kept(kept), f"{run} is of {kept.algorithm}.")


Reason = Annotated[str, typer.Option(help="Why.")]


@command(app, "publish")
def publish(desk: Desk, algorithm: Algorithm, reason: Reason) -> Shown:
    """Let everyone see the newest version of an entry of your organisation."""
    kept = desk.platform.publish_algorithm(desk.actor, algorithm, reason)
    return Shown(_kept(kept), f"Version {kept.version} of {algorithm} is published.")


@command(app, "withdraw")
def withdraw(desk: Desk, algorithm: Algorithm, reason: Reason) -> Shown:
    """Take an entry of your organisation from the public's sight."""
    kept = desk.platform.withdraw_algorithm(desk.actor, algorithm, reason)
    return Shown(_kept(kept), f"{algorithm} is no longer published.")


def _kept(kept: KeptRecord) -> dict[str, Any]:
    return {
        "published": kept.published,
        "untold": [one.field for one in untold(kept.record)],
        "algorithm": kept.algorithm,
        "version": kept.version,
        "organisation": kept.organisation,
        "record": dict(kept.record.told),
        "digest": kept.digest,
        "reason": kept.reason,
        "kept_by": kept.kept_by,
        "kept_at": kept.kept_at,
    }


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{language}: {text}" for language, text in value.items())
    return ", ".join(value) if isinstance(value, list | tuple) else value or ""


@app.command()
def check(
    record: RecordFile,
    standard: Annotated[
        str | None, typer.Option(help="One standard, with every field that is missing and why.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How complete a record is for each standard, what is missing, and why it matters; with no home."""
    with exits():
        if standard is not None and standard not in standards():
            raise BadInput(f"there is no standard {standard!r}; there are {', '.join(standards())}")
        found = [
            one
            for one in completeness(read_record(read_document(record)))
            if standard in (None, one.standard)
        ]
        text = _missing(found[0]) if standard else _overview(found)
        show(Shown([one.to_dict() for one in found], text), as_json=as_json)


@app.command("fields")
def list_fields(as_json: JsonOption = False) -> None:
    """Every field that a record can have, who asks for it, and why; with no home."""
    with exits():
        rows: list[list[object]] = [
            [one.name, one.kind, ", ".join(one.asked), one.label] for one in fields().values()
        ]
        data = [
            {
                "field": one.name,
                "label": one.label,
                "group": one.group,
                "kind": one.kind,
                "values": list(one.values),
                "asked": dict(one.asked),
                "why": one.why,
            }
            for one in fields().values()
        ]
        show(Shown(data, table(["Field", "Kind", "Asked by", "What"], rows)), as_json=as_json)


def _overview(found: list[Completeness]) -> Any:
    rows: list[list[object]] = [
        [
            one.standard,
            one.title,
            f"{one.mandatory_told} of {one.mandatory}",
            f"{one.asked_told} of {one.asked}",
            "yes" if one.is_complete else "no",
        ]
        for one in found
    ]
    return table(["Standard", "Title", "Mandatory", "All asked", "Complete"], rows)


def _missing(one: Completeness) -> Any:
    rows: list[list[object]] = [
        [gap.field, gap.need, gap.fault, gap.label, gap.why] for gap in one.missing
    ]
    return table(["Field", "Need", "Fault", "What", "Why it matters"], rows)
