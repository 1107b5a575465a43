"""``casemate token``: what programs sign in with."""

from typing import Annotated

import typer

from casemate.cli.common import Desk, Shown, command, table
from casemate.clock import timestamp

app = typer.Typer(no_args_is_help=True)


@command(app, "issue")
def issue(
    desk: Desk,
    name: Annotated[str, typer.Argument(help="What it is for, in your words.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="read, publish, apply, decide, run, review or administer; repeat for several."
        ),
    ],
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 30,
) -> Shown:
    """A new access token of your own. Its text is shown this once."""
    made, text = desk.platform.issue_token(desk.actor, name, scope, days)
    return Shown({"token": made, "text": text}, text)


@command(app, "list")
def list_(desk: Desk) -> Shown:
    """Your access tokens, the newest first: everything but the tokens."""
    known = desk.platform.list_tokens(desk.actor)
    rows: list[list[object]] = [
        [
            one.id,
            one.name,
            ", ".join(sorted(one.scopes)),
            timestamp(one.ends_at),
            one.ended_at and timestamp(one.ended_at),
        ]
        for one in known
    ]
    return Shown(known, table(["Token", "For", "Scopes", "Until", "Ended"], rows))


@command(app, "end")
def end(desk: Desk, token: Annotated[str, typer.Argument(help="The token's id.")]) -> Shown:
    """End one of your access tokens now."""
    ended = desk.platform.end_token(desk.actor, token)
    return Shown(ended, f"{ended.id} opens nothing from now on.")
