"""``casemate flagship``: the sectors that there are, and a new one's folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.cli.common import JsonOption, Shown, exits, show, table

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Sectors on the same spine: law, health, and the next ones."""


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """The flagships that there are, each with what its demo shows."""
    with exits():
        from casemate.flagships.declaration import flagships

        found = flagships()
        rows: list[list[object]] = [[one.name, one.titles["en"], one.about] for one in found]
        shown = table(["flagship", "title", "its demo"], rows)
        show(Shown([_document(one) for one in found], shown), as_json=as_json)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The sector's name, such as energy.")],
    kind: Annotated[
        str,
        typer.Option(
            help="What it works on: data (by permit, in the enclave) or texts (asked, quoted)."
        ),
    ] = "data",
    where: Annotated[
        Path,
        typer.Option("--in", help="The folder of flagships: a checkout's, or one of your own."),
    ] = Path("src/casemate/flagships"),
    as_json: JsonOption = False,
) -> None:
    """Make a new sector's folder: a skeleton whose demo runs."""
    with exits():
        from casemate.flagships.making import kind_named, make_flagship

        made = make_flagship(name, kind_named(kind), where)
        own = where.resolve().parts[-2:] != ("casemate", "flagships")
        run = f"CASEMATE_FLAGSHIPS={where} casemate" if own else "casemate"
        told = [*map(str, made), f"Play its demo: {run} demo {name} --home {name}-demo"]
        show(Shown({"flagship": name, "files": made}, "\n".join(told)), as_json=as_json)


def _document(one: Any) -> dict[str, Any]:
    return {"name": one.name, "titles": dict(one.titles), "about": one.about}
