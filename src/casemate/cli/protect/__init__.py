"""``casemate protect``: the protection room on files. No home is opened, nobody signs in."""

import typer

from casemate.cli import stream, synthesise
from casemate.cli.protect import aggregate, anonymise, pseudonymise, risk

app = typer.Typer(no_args_is_help=True)
for command in (risk, pseudonymise, anonymise, aggregate, synthesise, stream):
    command.register(app)
