"""``casemate register``: records of algorithms."""

from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.cli.common import JsonOption, Shown, exits, read_document, show, table
from casemate.errors import BadInput
from casemate.register.records import Completeness, completeness, fields, read_record, standards

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Records of AI systems and algorithms."""


@app.command()
def check(
    record: Annotated[Path, typer.Argument(help="The record, as TOML or JSON.")],
    standard: Annotated[
        str | None, typer.Option(help="One standard, with every field that is missing and why.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How complete a record is for each standard, what is missing, and why it matters; with no home."""
    with exits():
        if standard is not None and standard not in standards():
            raise BadInput(f"there is no standard {standard!r}; there are {', '.join(standards())}")
        found = [
            one
            for one in completeness(read_record(read_document(record)))
            if standard in (None, one.standard)
        ]
        text = _missing(found[0]) if standard else _overview(found)
        show(Shown([_document(one) for one in found], text), as_json=as_json)


@app.command("fields")
def list_fields(as_json: JsonOption = False) -> None:
    """Every field that a record can have, who asks for it, and why; with no home."""
    with exits():
        rows: list[list[object]] = [
            [one.name, one.kind, ", ".join(one.asked), one.label] for one in fields().values()
        ]
        data = [
            {
                "field": one.name,
                "label": one.label,
                "group": one.group,
                "kind": one.kind,
                "values": list(one.values),
                "asked": dict(one.asked),
                "why": one.why,
            }
            for one in fields().values()
        ]
        show(Shown(data, table(["Field", "Kind", "Asked by", "What"], rows)), as_json=as_json)


def _document(one: Completeness) -> dict[str, Any]:
    return {
        "standard": one.standard,
        "title": one.title,
        "complete": one.is_complete,
        "mandatory": {"told": one.mandatory_told, "of": one.mandatory},
        "asked": {"told": one.asked_told, "of": one.asked},
        "score": round(one.asked_share, 4),
        "languages": {name: round(share, 4) for name, share in one.languages.items()},
        "missing": list(one.missing),
    }


def _overview(found: list[Completeness]) -> Any:
    rows: list[list[object]] = [
        [
            one.standard,
            one.title,
            f"{one.mandatory_told} of {one.mandatory}",
            f"{one.asked_told} of {one.asked}",
            "yes" if one.is_complete else "no",
        ]
        for one in found
    ]
    return table(["Standard", "Title", "Mandatory", "All asked", "Complete"], rows)


def _missing(one: Completeness) -> Any:
    rows: list[list[object]] = [
        [gap.field, gap.need, gap.fault, gap.label, gap.why] for gap in one.missing
    ]
    return table(["Field", "Need", "Fault", "What", "Why it matters"], rows)
