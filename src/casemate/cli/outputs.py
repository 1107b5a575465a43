"""``casemate output``."""

import os
from pathlib import Path
from typing import Annotated

import typer

from casemate.cli.common import Desk, Shown, command, table, writing
from casemate.enclave import Output

app = typer.Typer(no_args_is_help=True)


@command(app, "list")
def list_(
    desk: Desk, run: Annotated[str | None, typer.Option(help="Only this run's.")] = None
) -> Shown:
    """The outputs you may see listed."""
    known = desk.platform.outputs(desk.actor, run)
    rows: list[list[object]] = [
        [
            one.id,
            one.run,
            one.shown_name,
            one.size,
            one.decision,
            one.state.value,
            one.why,
        ]
        for one in known
    ]
    columns = ["Output", "Run", "Name", "Bytes", "Verdict", "State", "Why"]
    return Shown(known, table(columns, rows))


@command(app, "check")
def check(
    desk: Desk,
    output: Annotated[str, typer.Argument(help="The output's id.")],
    save: Annotated[
        Path | None, typer.Option(help="Also write its bytes here, for your eyes only.")
    ] = None,
) -> Shown:
    """For an output checker: the machine's verdict with its evidence."""
    known, data = desk.platform.evidence(desk.actor, output)
    if save is not None:
        _write_private(save, data)
    reasons = (known.verdict or {}).get("reasons", [])
    rows: list[list[object]] = [[one["rule"], one["message"]] for one in reasons]
    return Shown(known, table([f"{known.name}: {known.decision}", ""], rows))


@command(app, "review")
def review(
    desk: Desk,
    output: Annotated[str, typer.Argument(help="The output's id.")],
    reason: Annotated[str, typer.Option(help="Why; it stays on record.")],
    clear: Annotated[bool, typer.Option("--clear/--refuse", help="Your decision.")],
) -> Shown:
    """For an output checker: clear an output, or refuse it."""
    return _shown(desk.platform.review(desk.actor, output, clear=clear, reason=reason))


@command(app, "release")
def release(desk: Desk, output: Annotated[str, typer.Argument(help="The output's id.")]) -> Shown:
    """For an output checker: let a cleared output go."""
    receipt = desk.platform.release(desk.actor, output)
    return Shown(
        receipt,
        f"{receipt.output} is released as ledger entry {receipt.ledger_index}: {receipt.digest}",
    )


@command(app, "fetch")
def fetch(
    desk: Desk,
    output: Annotated[str, typer.Argument(help="The output's id.")],
    to: Annotated[Path, typer.Option(help="The file to write.")],
) -> Shown:
    """For the permit's people: take a released output."""
    data = desk.platform.fetch(desk.actor, output)
    with writing(to):
        to.write_bytes(data)
    return Shown({"file": str(to), "bytes": len(data)}, f"{len(data)} bytes are in {to}.")


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, also where one that others could read was there."""
    with writing(path), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.truncate()
        file.write(data)


def _shown(output: Output) -> Shown:
    return Shown(output, f"{output.id} ({output.shown_name}) is {output.state.value}.")
