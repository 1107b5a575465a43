"""``casemate output``."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from casemate.cli.common import Desk, JsonOption, Shown, command, exits, show, table, writing
from casemate.cli.comparing import compared
from casemate.clock import timestamp
from casemate.enclave import Output, OutputState, receipt_verifier
from casemate.enclave.receipts import as_bytes as receipt_bytes
from casemate.errors import BadInput, IntegrityFailure, NotFound

app = typer.Typer(no_args_is_help=True)
_NAMED = 5
"""Opaque releases that are named, the newest; how many more there are is told."""


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


@command(app, "show")
def show_one(desk: Desk, output: Annotated[str, typer.Argument(help="The output's id.")]) -> Shown:
    """One output, and why it is where it is."""
    one = desk.platform.output(desk.actor, output)
    rows: list[list[object]] = [
        ["run", one.run], ["name", one.shown_name], ["verdict", one.decision],
        ["state", one.state.value], ["why", one.why],
    ]  # fmt: skip
    return Shown(one, table(["output", one.id], rows))


@command(app, "queue")
def queue(desk: Desk) -> Shown:
    """For an output checker: what awaits your decision, oldest first."""
    items = desk.platform.queue(desk.actor)
    rows: list[list[object]] = [
        [
            item.output.id,
            item.output.name,
            item.awaits,
            timestamp(item.due),
            item.output.size,
            "yes" if item.has_recipe else "no",
            item.unread,
            item.output.decision,
            item.claim.checker if item.claim else "",
        ]
        for item in items
    ]
    columns = [
        "Output",
        "Name",
        "Awaits",
        "Due",
        "Bytes",
        "Recipe",
        "Unread",
        "Verdict",
        "Claimed by",
    ]
    return Shown(items, table(columns, rows))


@command(app, "claim")
def claim(
    desk: Desk,
    output: Annotated[str, typer.Argument(help="The output's id.")],
    minutes: Annotated[int, typer.Option(help="How long it is yours, if you do not decide.")] = 60,
    give_back: Annotated[
        bool, typer.Option("--give-back", help="Let others take it again.")
    ] = False,
) -> Shown:
    """For an output checker: take an output of the queue, so that nobody else looks at it meanwhile."""
    if give_back:
        known = desk.platform.give_back(desk.actor, output)
        return Shown(known, f"{known.id} is back in the queue.")
    claimed = desk.platform.claim(desk.actor, output, minutes * 60)
    return Shown(claimed, f"{claimed.output} is yours until {timestamp(claimed.until)}.")


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
    if unread := desk.platform.unread_releases(desk.actor, output):
        rows.append(["opaque releases", _unread(unread)])
    return Shown(known, table([f"{known.name}: {known.decision}", ""], rows))


def _unread(outputs: Sequence[str]) -> str:
    named = ", ".join(outputs[-_NAMED:])
    more = f" and {len(outputs) - _NAMED} before" if len(outputs) > _NAMED else ""
    return (
        f"the memory of releases could not read {named}{more}: compare with them, as no machine has"
    )


@command(app, "compare")
def compare(
    desk: Desk,
    output: Annotated[str, typer.Argument(help="The output's id.")],
    against: Annotated[
        str | None, typer.Option(help="A released output (default: the nearest ones).")
    ] = None,
) -> Shown:
    """For an output checker: how an output differs from what left before it."""
    found = desk.platform.compare_release(desk.actor, output, against)
    return Shown(found, Group(*(Text(line) for line in compared(found))))


@command(app, "repair")
def repair(
    desk: Desk,
    output: Annotated[str, typer.Argument(help="The output's id.")],
    apply: Annotated[
        int | None, typer.Option(help="Have this one made: a new output, checked like any other.")
    ] = None,
) -> Shown:
    """What an output that was not let pass could be made into, and its effect; or make it so."""
    if apply is not None:
        made = desk.platform.repair(desk.actor, output, apply)
        text = f"{made.id} ({made.shown_name}) was made from {output}: it is {made.state.value}."
        return Shown(made, f"{text} {made.why}")
    found = desk.platform.repairs(desk.actor, output)
    if not found:
        return Shown(found, f"No repair of {output} is known that would pass.")
    rows: list[list[object]] = [
        [one["number"], one["kind"], one["text"], _effect(one["effect"])] for one in found
    ]
    return Shown(found, table(["No.", "Kind", "Repair", "Effect"], rows))


def _effect(effect: dict[str, int] | str | None) -> str:
    """As the platform tells it: in lines to a checker, roughly to whoever ran it."""
    if effect is None:
        return ""
    if isinstance(effect, str):
        return effect
    return (
        f"{effect['lines']} lines, {effect['hidden']} of them hidden; "
        f"{effect['kept_permille'] / 10:g} % of the lines stay"
    )


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
    """For the permit's people: take a released output, and its receipt as FILE.receipt.json."""
    data = desk.platform.fetch(desk.actor, output)
    with writing(to):
        to.write_bytes(data)
    told: dict[str, Any] = {"file": str(to), "bytes": len(data), "receipt": None}
    try:
        proven = receipt_bytes(desk.platform.receipt(desk.actor, output))
    except NotFound:
        return Shown(
            told, f"{len(data)} bytes are in {to}; they left before releases had receipts."
        )
    receipt = to.with_name(f"{to.name}.receipt.json")
    with writing(receipt):
        receipt.write_bytes(proven)
    text = f"{len(data)} bytes are in {to}, their receipt in {receipt}."
    return Shown({**told, "receipt": str(receipt)}, text)


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A released file.")],
    receipt: Annotated[Path, typer.Argument(help="Its receipt, FILE.receipt.json.")],
    key: Annotated[str, typer.Option(help="The ledger's public key (ledger.vkey), or its text.")],
    as_json: JsonOption = False,
) -> None:
    """Check a released file against its receipt: needs no home, only the ledger's public key."""
    with exits():
        stated = _verified(file, receipt, key)
        show(Shown(stated, _stated(stated)), as_json=as_json)


def _verified(file: Path, receipt: Path, key: str) -> dict[str, Any]:
    try:
        vkey = receipt_verifier.read_key(key)
        return receipt_verifier.verify(file.read_bytes(), receipt.read_bytes(), vkey)
    except (OSError, UnicodeDecodeError) as failure:
        raise BadInput(f"a file or the key cannot be read: {failure}") from failure
    except receipt_verifier.Broken as failure:
        raise IntegrityFailure(str(failure)) from failure


def _stated(stated: dict[str, Any]) -> RenderableType:
    data = ", ".join(f"{one['dataset']} version {one['version']}" for one in stated["datasets"])
    by = [f"{one['account']} ({one['decision']})" for one in stated["decisions"]]
    rows: list[list[object]] = [
        ["file", stated["file"]],
        ["digest", stated["digest"]],
        ["data", data],
        ["permit", stated["permit"]["id"]],
        ["verdict", stated["verdict"]],
        ["decided by", ", ".join(by) or "the machine"],
        ["released", f"{stated['released_at']} by {stated['released_by']['account']}"],
    ]
    return table(["It holds", stated["output"]], rows)


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, also where one that others could read was there."""
    with writing(path), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.truncate()
        file.write(data)


def _shown(output: Output) -> Shown:
    if output.cleared_by and output.state is OutputState.held:
        return Shown(output, f"{output.id} ({output.shown_name}) awaits a second checker.")
    return Shown(output, f"{output.id} ({output.shown_name}) is {output.state.value}.")
