"""``casemate protect pseudonymise``: keyed pseudonyms in the place of identifiers, on a file."""

from pathlib import Path
from typing import Annotated

import typer

from casemate.cli.common import JsonOption, Shown, exits, show
from casemate.cli.files import Output, Source, secret_in
from casemate.protection import pseudonymise_file


def register(app: typer.Typer) -> None:
    """Put the command of this module on ``app``."""
    app.command()(pseudonymise)


def pseudonymise(
    file: Source,
    column: Annotated[list[str], typer.Option(help="An identifier; give the option for each.")],
    key_file: Annotated[Path, typer.Option(help="The secret: 32 or more hexadecimal digits.")],
    output: Output,
    as_json: JsonOption = False,
) -> None:
    """Put keyed pseudonyms in the place of identifiers."""
    with exits():
        records = pseudonymise_file(file, column, secret_in(key_file), output)
        names = ", ".join(column)
        data = {"records": records, "pseudonymised": column, "output": str(output)}
        text = f"{records:,} records are in {output}, with pseudonyms for {names}."
        show(Shown(data, text), as_json=as_json)
