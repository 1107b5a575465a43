"""``casemate account`` and ``casemate organisation``."""

import getpass
import sys
from typing import Annotated

import typer

from casemate.cli.common import Desk, Shown, command, table
from casemate.clock import timestamp
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


@command(app, "change")
def change(
    desk: Desk,
    who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Id of another organisation.")] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="All roles from now on; repeat for several.")
    ] = None,
) -> Shown:
    """Give somebody else's account another name, organisation or set of roles."""
    if name is None and organisation is None and not role:
        raise BadInput("say what changes: --name, --organisation or --role")
    changed = desk.platform.change_account(
        desk.actor, who, name=name, organisation=organisation, roles=role or None
    )
    roles = ", ".join(sorted(changed.roles))
    return Shown(changed, f"{changed.id} is now of {changed.organisation} as {roles}.")


@command(app, "deactivate")
def deactivate(
    desk: Desk, who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]
) -> Shown:
    """Close somebody else's account: it does nothing any more, and its tokens end."""
    closed = desk.platform.deactivate_account(desk.actor, who)
    return Shown(closed, f"{closed.id} is deactivated, and its access tokens have ended.")


@command(app, "reactivate")
def reactivate(
    desk: Desk, who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]
) -> Shown:
    """Open a deactivated account again, with the roles it had."""
    opened = desk.platform.reactivate_account(desk.actor, who)
    return Shown(opened, f"{opened.id} is active again.")


@command(app, "invite")
def invite(
    desk: Desk,
    who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    reset: Annotated[
        bool,
        typer.Option(
            "--reset", help="Its one-time password and passkeys end too, when the link is used."
        ),
    ] = False,
) -> Shown:
    """A link, for one use within a week, with which somebody sets a password. Shown this once."""
    invitation, text = desk.platform.invite(desk.actor, who, resets=reset)
    link = invitation_link(desk.platform.home.address or "", text)
    return Shown({"invitation": invitation, "link": link}, link)


@command(app, "ways")
def ways(desk: Desk) -> Shown:
    """What you can sign in with over the web."""
    known = desk.platform.ways(desk.actor)
    rows: list[list[object]] = [
        ["password", "set" if known.has_password else "none", ""],
        ["one-time password", "set" if known.has_one_time_password else "none", ""],
        ["recovery codes", str(known.recovery_codes), ""],
    ]
    rows += [["passkey", one.name, timestamp(one.added_at)] for one in known.passkeys]
    rows += [["provider", one.issuer, timestamp(one.added_at)] for one in known.links]
    return Shown(known, table(["Way", "State", "Since"], rows))


@command(app, "password")
def password(desk: Desk) -> Shown:
    """Change your own password: the old one, then the new one (or two lines of standard input)."""
    old = _old_password()
    desk.platform.change_password(desk.actor, old, _new_password())
    return Shown({"account": desk.actor}, f"The password of {desk.actor} is changed.")


@command(app, "link")
def link(
    desk: Desk,
    who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    provider: Annotated[str, typer.Option(help="The provider's name in the settings.")],
    subject: Annotated[str, typer.Option(help="The provider's word for the person.")],
) -> Shown:
    """Let somebody in as ACCOUNT who signs in at an OpenID provider."""
    made = desk.platform.link_account(desk.actor, who, provider, subject)
    return Shown(made, f"{made.id} lets in at {made.issuer} as {made.account}.")


@command(app, "links")
def links(
    desk: Desk, who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]
) -> Shown:
    """Whom OpenID providers let in as ACCOUNT."""
    known = desk.platform.account_links(desk.actor, who)
    rows: list[list[object]] = [
        [one.id, one.issuer, one.subject, timestamp(one.added_at)] for one in known
    ]
    return Shown(known, table(["Link", "Provider", "Subject", "Since"], rows))


@command(app, "unlink")
def unlink(
    desk: Desk,
    who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    which: Annotated[str, typer.Argument(metavar="LINK", help="The link's id.")],
) -> Shown:
    """End a link to an OpenID provider, and the account's web sessions."""
    ended = desk.platform.unlink_account(desk.actor, who, which)
    return Shown(ended, f"{ended.id} lets nobody in from now on.")


@command(organisations, "list")
def list_organisations(desk: Desk) -> Shown:
    """All organisations."""
    known = desk.platform.organisations(desk.actor)
    rows: list[list[object]] = [[one.id, one.name, one.kind] for one in known]
    return Shown(known, table(["Organisation", "Name", "Kind"], rows))


@command(organisations, "change")
def change_organisation(
    desk: Desk,
    organisation: Annotated[str, typer.Argument(help="The organisation's id.")],
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    kind: Annotated[str | None, typer.Option(help="What it is, such as hospital.")] = None,
) -> Shown:
    """Give an organisation another name or kind; its id stays."""
    if name is None and kind is None:
        raise BadInput("say what changes: --name or --kind")
    changed = desk.platform.change_organisation(desk.actor, organisation, name=name, kind=kind)
    return Shown(changed, f"{changed.id} is now {changed.name}.")


@command(organisations, "add")
def add_organisation(
    desk: Desk,
    name: Annotated[str, typer.Argument(help="Its name.")],
    kind: Annotated[str, typer.Option(help="What it is, such as hospital or university.")] = "",
) -> Shown:
    """Add an organisation."""
    made = desk.platform.add_organisation(desk.actor, name, kind)
    return Shown(made, f"{made.id} is added.")


def invitation_link(address: str, text: str) -> str:
    """The page on which an invitation is taken up."""
    return f"{address}/en/invitation/{text}"


def _old_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return getpass.getpass("Old password: ")


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("New password: ")
    if first != getpass.getpass("Once more: "):
        raise BadInput("the two passwords differ: nothing was added")
    return first
