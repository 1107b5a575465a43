"""``casemate model``: which model an entry of the register is about, and whether it may go out."""

from pathlib import Path
from typing import Annotated

import typer

from casemate.canonical import digest as digest_of
from casemate.cli.common import Desk, Shown, command, table
from casemate.clock import timestamp
from casemate.errors import BadInput

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Models of the register's entries."""


Algorithm = Annotated[str, typer.Argument(help="The algorithm's id.")]


@command(app, "name")
def name(
    desk: Desk,
    algorithm: Algorithm,
    output: Annotated[
        str | None, typer.Option(help="The output that holds it, which a checker has cleared.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Its file, where it was never in the enclave.")
    ] = None,
) -> Shown:
    """Say which model an entry of your organisation is about from now on."""
    digest = None if file is None else _digest(file)
    named = desk.platform.name_model(desk.actor, algorithm, output=output, digest=digest)
    return Shown(named, f"{algorithm} is about the model {named.digest[:19]}.")


@command(app, "list")
def list_(desk: Desk, algorithm: Algorithm) -> Shown:
    """The models that an entry is and was about, the newest first."""
    found = desk.platform.models(desk.actor, algorithm)
    rows: list[list[object]] = [
        [one.number, one.digest[:19], one.output, one.named_by, timestamp(one.named_at)]
        for one in found
    ]
    return Shown(found, table(["Number", "Model", "Output", "By", "Since"], rows))


@command(app, "standing")
def standing(desk: Desk, algorithm: Algorithm) -> Shown:
    """Whether an entry may be published, by what was measured of its model."""
    found = desk.platform.model_standing(desk.actor, algorithm)
    words = {True: "It may go out", False: "It is kept back", None: "Nothing keeps it back"}
    return Shown(found, f"{words[found.passes]}: {found.why}.")


@command(app, "allow")
def allow(
    desk: Desk,
    algorithm: Algorithm,
    digest: Annotated[str, typer.Argument(help="The model's digest.")],
    reason: Annotated[str, typer.Option(help="Why it may go out all the same.")],
) -> Shown:
    """For the authority: let a model go out that was kept back."""
    decided = desk.platform.allow_model(desk.actor, algorithm, digest, reason)
    return Shown(decided, f"The model {digest[:19]} of {algorithm} may go out.")


def _digest(file: Path) -> str:
    try:
        return digest_of(file.read_bytes())
    except OSError as failure:
        raise BadInput(f"{file} cannot be read: {failure.strerror}") from failure
