"""``casemate ledger``."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from casemate.cli.common import Desk, Shown, command, writing
from casemate.errors import BadInput, IntegrityFailure
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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise BadInput(f"the checkpoint {path} cannot be read: {failure}") from failure


def _lines(document: dict[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in document.items())
