"""``casemate run``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from casemate.cli.common import Desk, Shown, command, printable, table
from casemate.cli.entries import AiClass, Describe, NoAi, OfAlgorithm, Settings, said
from casemate.cli.following import followed, sentence
from casemate.clock import timestamp
from casemate.enclave import Limits, Run
from casemate.errors import BadInput

app = typer.Typer(no_args_is_help=True)
MIB = 2**20


@command(app, "submit")
def submit(
    desk: Desk,
    permit: Annotated[str, typer.Option(help="The permit to run under.")],
    script: Annotated[
        Path | None,
        typer.Option(
            help="The program: .py, .ipynb, .R, .sql, or a request in .json (default: your draft)."
        ),
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="The purpose (default: the permit's).")
    ] = None,
    memory: Annotated[int | None, typer.Option(help="Memory limit in MiB.")] = None,
    cpu: Annotated[int | None, typer.Option(help="CPU time limit in seconds.")] = None,
    wall: Annotated[int | None, typer.Option(help="Wall time limit in seconds.")] = None,
    environment: Annotated[
        str | None, typer.Option(help="What it runs on: NAME or NAME@VERSION (default: ours).")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait until the machine is done with it.")] = True,
    algorithm: OfAlgorithm = None,
    describe: Describe = None,
    no_ai: NoAi = False,
    ai_class: AiClass = None,
    settings: Settings = None,
) -> Shown:
    """Run a script on the protected data of a permit."""
    limits = _limits(memory, cpu, wall)
    entry = said(describe, ai_class, no_ai=no_ai, settings=settings)
    if script is None:
        if purpose is not None:
            raise BadInput("a draft runs for its permit's purpose: leave --purpose out")
        run = desk.platform.run_draft(
            desk.actor,
            permit,
            limits=limits,
            environment=environment,
            algorithm=algorithm,
            entry=entry,
        )
    else:
        run = desk.platform.run(
            desk.actor,
            permit,
            _read(script),
            script.name,
            purpose=purpose,
            limits=limits,
            environment=environment,
            algorithm=algorithm,
            entry=entry,
        )
    if wait:
        run = desk.platform.wait(desk.actor, run.id)
    return Shown(run, _sentence(run))


@command(app, "status")
def status(
    desk: Desk,
    run: Annotated[str | None, typer.Argument(help="The run's id (default: all yours).")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until the machine is done with it.")] = False,
) -> Shown:
    """Where a run is; with --wait this process works on it if no other does."""
    if run is None:
        known = desk.platform.list_runs(desk.actor)
        rows: list[list[object]] = [
            [one.id, one.state.value, one.submitted_by, timestamp(one.submitted_at), one.reason]
            for one in known
        ]
        return Shown(known, table(["Run", "State", "By", "Submitted", "Reason"], rows))
    one = desk.platform.wait(desk.actor, run) if wait else desk.platform.run_status(desk.actor, run)
    return Shown(one, _sentence(one))


@command(app, "follow")
def follow(
    desk: Desk,
    run: Annotated[str, typer.Argument(help="The run's id.")],
    after: Annotated[int, typer.Option(help="Only events of numbers above this.")] = -1,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Until the machine is done with it.")
    ] = True,
) -> Shown:
    """Follow a run as it happens: the enclave's account of it, never what the program prints."""
    told, events = followed(desk.platform, desk.actor, run, after, wait=wait)
    rows: list[list[object]] = [[one.number, one.time, sentence(one)] for one in events]
    return Shown({**vars(told), "events": events}, table(["Event", "When", "What"], rows))


@command(app, "logs")
def logs(desk: Desk, run: Annotated[str, typer.Argument(help="The run's id.")]) -> Shown:
    """What happened to a run. What the script itself printed is an output, checked like any other."""
    known = desk.platform.run_status(desk.actor, run)
    entries = desk.platform.entries(subject=run)
    rows: list[list[object]] = [[entry.time, entry.actor, entry.act] for entry in entries]
    if known.reason:
        rows.append(["", "", known.reason])
    return Shown({"run": known, "entries": entries}, table(["When", "Who", "What"], rows))


@command(app, "cancel")
def cancel(
    desk: Desk,
    run: Annotated[str, typer.Argument(help="The run's id.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "cancelled by hand",
) -> Shown:
    """Stop a run now."""
    stopped = desk.platform.cancel(desk.actor, run, reason)
    return Shown(stopped, _sentence(stopped))


@command(app, "replay")
def replay(desk: Desk, run: Annotated[str, typer.Argument(help="The run's id.")]) -> Shown:
    """Do a finished run again and compare its outputs byte for byte; nothing of them leaves."""
    found = desk.platform.replay(desk.actor, run)
    if found.same:
        return Shown(found, f"{run} came out the same, byte for byte.")
    told = [f"{word}: {', '.join(names)}" for word, names in
            (("differ", found.differing), ("missing", found.missing)) if names]  # fmt: skip
    told += [f"{found.new} new"] if found.new else []
    return Shown(found, f"{run} did not come out the same ({'; '.join(told) or found.ended}).")


@command(app, "program")
def program(desk: Desk, run: Annotated[str, typer.Argument(help="The run's id.")]) -> Shown:
    """The program of a run as it was handed in."""
    filename, text = desk.platform.program(desk.actor, run)
    return Shown({"filename": filename, "script": text}, Text(printable(text)))


@command(app, "draft")
def draft(
    desk: Desk,
    permit: Annotated[str, typer.Option(help="The permit that the program is for.")],
    save: Annotated[
        Path | None, typer.Option(help="Keep this file as the next version of your draft.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(help="Which version is shown (default: the newest).")
    ] = None,
    versions: Annotated[bool, typer.Option("--versions", help="List what is kept.")] = False,
) -> Shown:
    """The program that you write under a permit: keep it, show it; nobody else reads it."""
    if save is not None:
        text = _text(_read(save), save)
        kept = desk.platform.save_draft(desk.actor, permit, text, save.name)
        return Shown(kept, f"{kept.filename} is kept as version {kept.number} of your draft.")
    if versions:
        known = desk.platform.draft_versions(desk.actor, permit)
        rows: list[list[object]] = [
            [one.number, one.size, timestamp(one.saved_at)] for one in known
        ]
        return Shown(known, table(["Version", "Bytes", "Saved"], rows))
    shown = desk.platform.program_draft(desk.actor, permit, version)
    return Shown(shown, Text(printable(shown.text)))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as failure:
        raise BadInput(f"the script {file} cannot be read: {failure.strerror}") from failure


def _text(data: bytes, file: Path) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as failure:
        raise BadInput(f"{file} is not UTF-8 text (byte {failure.start})") from failure


def _limits(memory: int | None, cpu: int | None, wall: int | None) -> Limits | None:
    given = {
        "memory_bytes": memory and memory * MIB,
        "cpu_seconds": cpu,
        "wall_seconds": wall,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return Limits(**chosen) if chosen else None


def _sentence(run: Run) -> str:
    reason = f": {run.reason}" if run.reason else ""
    return f"{run.id} is {run.state.value.replace('_', ' ')}{reason}."
