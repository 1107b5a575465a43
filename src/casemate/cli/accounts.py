"""``casemate account`` and ``casemate organisation``."""

import getpass
import sys
from typing import Annotated

import typer

from casemate.cli.common import Desk, Shown, command, table
from casemate.errors import BadInput

app = typer.Typer(no_args_is_help=True)
organisations = typer.Typer(no_args_is_help=True)


@command(app, "add")
def add(
    desk: Desk,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    organisation: Annotated[str, typer.Option(help="Id of their organisation.")],
    role: Annotated[list[str], typer.Option(help="A role; repeat for several.")],
    email: Annotated[str | None, typer.Option(help="Their address.")] = None,
    account_id: Annotated[
        str | None,
        typer.Option("--id", help="The account's id, where the name must not show in it."),
    ] = None,
    password: Annotated[
        bool,
        typer.Option("--password", help="Ask for a password (or read it from standard input)."),
    ] = False,
) -> Shown:
    """Add an account."""
    made = desk.platform.add_account(
        desk.actor, name, organisation, role,
        password=_new_password() if password else None, email=email, account_id=account_id,
    )  # fmt: skip
    roles = ", ".join(sorted(made.roles))
    return Shown(made, f"{made.id} is added for {made.organisation} as {roles}.")


@command(app, "list")
def list_(desk: Desk) -> Shown:
    """All accounts."""
    known = desk.platform.accounts(desk.actor)
    rows: list[list[object]] = [
        [
            one.id,
            one.name,
            one.organisation,
            ", ".join(sorted(one.roles)),
            "yes" if one.active else "no",
        ]
        for one in known
    ]
    return Shown(known, table(["Account", "Name", "Organisation", "Roles", "Active"], rows))


@command(organisations, "add")
def add_organisation(
    desk: Desk,
    name: Annotated[str, typer.Argument(help="Its name.")],
    kind: Annotated[str, typer.Option(help="What it is, such as hospital or university.")] = "",
) -> Shown:
    """Add an organisation."""
    made = desk.platform.add_organisation(desk.actor, name, kind)
    return Shown(made, f"{made.id} is added.")


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("New password: ")
    if first != getpass.getpass("Once more: "):
        raise BadInput("the two passwords differ: nothing was added")
    return first
