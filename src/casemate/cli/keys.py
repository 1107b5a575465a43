"""``casemate keys``."""

import typer

from casemate.cli.common import Desk, Shown, command, table

app = typer.Typer(no_args_is_help=True)


@command(app, "list")
def list_(desk: Desk) -> Shown:
    """The public keys of this home: what signed, from when to when."""
    known = desk.platform.keys(desk.account)
    rows: list[list[object]] = [
        [one.purpose, one.since, one.until or "today", one.key] for one in known
    ]
    return Shown(known, table(["Signs", "Since", "Until", "Public key"], rows))


@command(app, "rotate")
def rotate(desk: Desk) -> Shown:
    """Exchange the master key for a new one; killed at any moment, it is done wholly or not at all."""
    done = desk.platform.rotate_keys(desk.actor)
    told = (
        f"The master key is new: {done.rewrapped} keys and texts are encrypted by it, and the ledger is "
        f"signed by {done.current} instead of {done.former} from entry {done.index} on. Keep a copy of "
        "the new key off this machine; the old one opens nothing here any more."
    )
    return Shown(done, told)
