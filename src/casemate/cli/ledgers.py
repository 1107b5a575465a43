"""``casemate ledger``."""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from casemate.cli.common import Desk, Shown, command, table, writing
from casemate.errors import BadInput, IntegrityFailure
from casemate.ledger import Wanted
from casemate.plain import plain

app = typer.Typer(no_args_is_help=True)


@command(app, "verify")
def verify(
    desk: Desk,
    checkpoint: Annotated[
        Path | None, typer.Option(help="An older checkpoint, to detect rollback and forks too.")
    ] = None,
) -> Shown:
    """Recompute the whole ledger; exit code 4 and the first altered entry where it was changed."""
    older = None if checkpoint is None else _read(checkpoint)
    quiet = desk.as_json or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("Verifying", total=None)
        report = desk.platform.verify_ledger(
            desk.account,
            checkpoint=older,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    if not report.ok:
        raise IntegrityFailure("the ledger was altered: " + " ".join(report.problems))
    return Shown(report, f"The ledger holds: {report.size} entries, root {report.root}.")


@command(app, "prove")
def prove(
    desk: Desk,
    index: Annotated[int | None, typer.Argument(help="The entry to prove.")] = None,
    since: Annotated[
        int | None, typer.Option(help="Prove that the first SINCE entries stand.")
    ] = None,
) -> Shown:
    """Prove that an entry is in the ledger, or that an older ledger is the start of this one."""
    if (index is None) == (since is None):
        raise BadInput("give the number of an entry, or --since with an older size")
    if index is not None:
        proof = desk.platform.prove(index, desk.account)
        return Shown(proof, _lines(plain(proof)))
    assert since is not None
    consistency = desk.platform.prove_consistency(since, desk.account)
    return Shown(consistency, _lines(plain(consistency)))


@command(app, "entries")
def entries(
    desk: Desk,
    act: Annotated[str | None, typer.Option(help="Only this act, such as permit.granted.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only of the record with this id.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this day on (2026-03-01).")] = None,
    until: Annotated[str | None, typer.Option(help="Only before this day.")] = None,
    before: Annotated[int | None, typer.Option(help="Only entries below this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most to show.")] = 20,
) -> Shown:
    """Look round in the ledger, the newest entries first."""
    wanted = Wanted(act, subject, _day(since, "--since"), _day(until, "--until"))
    found = desk.platform.explore(wanted, desk.account, before=before, limit=limit)
    rows: list[list[object]] = [
        [one.index, one.time, one.actor, one.act, one.subject] for one in found
    ]
    return Shown(found, table(["Entry", "Time", "Actor", "Act", "Subject"], rows))


@command(app, "checkpoint")
def checkpoint(
    desk: Desk, output: Annotated[Path | None, typer.Option(help="Also write it here.")] = None
) -> Shown:
    """The signed checkpoint: kept elsewhere, it makes any later rewriting visible."""
    text = desk.platform.checkpoint(desk.account)
    if output is not None:
        with writing(output):
            output.write_text(text, encoding="utf-8")
    return Shown({"checkpoint": text}, text.rstrip("\n"))


@command(app, "export")
def export(
    desk: Desk,
    output: Annotated[Path | None, typer.Option(help="A file (default: standard output).")] = None,
) -> Shown:
    """Every entry as JSON lines, for the stand-alone verifier."""
    if output is None and not desk.as_json:
        return Shown(desk.platform.export_ledger(sys.stdout, desk.account))
    if output is None:
        lines = io.StringIO()
        size = desk.platform.export_ledger(lines, desk.account)
        return Shown({"entries": size, "export": lines.getvalue()})
    with writing(output), output.open("w", encoding="ascii") as stream:
        size = desk.platform.export_ledger(stream, desk.account)
    return Shown({"entries": size, "file": str(output)}, f"{size} entries are in {output}.")


def _day(text: str | None, option: str) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise BadInput(f"{option} {text}: write a day as 2026-03-01") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise BadInput(f"the checkpoint {path} cannot be read: {failure}") from failure


def _lines(document: dict[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in document.items())
