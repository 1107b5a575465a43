"""``casemate protect aggregate``: a table of counts or sums that may be published."""

from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from casemate.cli.common import JsonOption, Shown, exits, show
from casemate.cli.files import (
    Html,
    Output,
    Report,
    Source,
    names_in,
    pair,
    require_folders,
    secret_in,
    write_json,
    write_text,
)
from casemate.cli.protect.progress import counting
from casemate.errors import BadInput
from casemate.protection import AggregateTable, Rules, from_csv, scan_table, write_table
from casemate.protection import aggregate as tabulate
from casemate.protection.files import require_writable

METHODS = ("suppression", "rounding", "random_rounding", "cell_key")


def register(app: typer.Typer) -> None:
    """Put the command of this module on ``app``."""
    app.command()(aggregate)


def aggregate(
    file: Source,
    rows: Annotated[str, typer.Option(help="Dimensions down the side, with commas between.")],
    output: Output,
    columns: Annotated[str, typer.Option(help="Dimensions across, with commas between.")] = "",
    measure: Annotated[
        str | None, typer.Option(help="A column to add up; else records count.")
    ] = None,
    method: Annotated[str, typer.Option(help=f"One of {', '.join(METHODS)}.")] = "suppression",
    min_frequency: Annotated[int, typer.Option(help="Fewer contributors are sensitive.")] = 10,
    dominance: Annotated[
        str, typer.Option(help="N,SHARE: the N largest may not hold SHARE; or none.")
    ] = "2,0.9",
    p_percent: Annotated[
        str, typer.Option(help="No estimate of the largest contribution within p %; or none.")
    ] = "10",
    zeros: Annotated[bool, typer.Option("--zeros", help="Empty cells are sensitive too.")] = False,
    tree: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE: sub-totals by a hierarchy in ARX's form.")
    ] = None,
    base: Annotated[int, typer.Option(help="What is rounded to.")] = 5,
    record_id: Annotated[
        str | None, typer.Option(help="The column that tells records apart, for random methods.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="The secret of random methods: hexadecimal, mode 0600.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="For the search of the cheapest pattern, at most.")
    ] = 10.0,
    report: Report = None,
    html: Html = None,
    as_json: JsonOption = False,
) -> None:
    """A table of counts or sums that tells of nobody: sensitive cells and those that betray them go."""
    with exits():
        if method not in METHODS:
            raise BadInput(f"--method is one of {', '.join(METHODS)}, not {method!r}")
        require_writable(output)
        require_folders(report, html)
        rules = Rules(
            min_frequency=min_frequency,
            dominance=_dominance(dominance),
            p_percent=_percent(p_percent),
            zeros=zeros,
        )
        wanted = [
            *names_in(rows),
            *names_in(columns),
            *(one for one in (measure, record_id) if one),
        ]
        with counting("protecting") as progress:
            made = tabulate(
                _frame(file, wanted),
                rows=names_in(rows),
                columns=names_in(columns),
                measure=measure,
                method=method,
                rules=rules,
                trees={
                    name: from_csv(path)
                    for name, path in (pair(one, "--tree") for one in tree or [])
                },
                base=base,
                seconds=seconds,
                key=None if key_file is None else secret_in(key_file),
                record_id=record_id,
                progress=progress,
            )
        write_table(pl.DataFrame(made.frame), output)
        if report is not None:
            write_json(report, made.report.to_dict())
        if html is not None:
            write_text(html, _page(made))
        data = {"file": str(output), "table": made.to_dict()}
        show(Shown(data, _said(made, output)), as_json=as_json)


def _frame(file: Path, wanted: list[str]) -> pl.DataFrame:
    table = scan_table(file)
    # A name that is not there is left to the room, which says so by name.
    there = [name for name in table.collect_schema().names() if name in wanted]
    return table.select(there).collect(engine="streaming")


def _dominance(text: str) -> tuple[int, float] | None:
    if text.strip().lower() == "none":
        return None
    try:
        many, share = text.split(",")
        return int(many), float(share)
    except ValueError:
        raise BadInput(f"--dominance is N,SHARE such as 2,0.9, or none, not {text!r}") from None


def _percent(text: str) -> float | None:
    if text.strip().lower() == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"--p-percent is a number such as 10, or none, not {text!r}") from None


def _said(made: AggregateTable, output: Path) -> str:
    frame = pl.DataFrame(made.frame)
    hidden = frame.height - frame.drop_nulls().height
    return f"{frame.height} cells are in {output}, {hidden} of them without a value."


def _page(made: AggregateTable) -> Any:
    """Each statistic of the table, one below the other, as one page."""
    tables = "\n".join(made.html(name) for name in made.statistics)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>Protected table</title></head>\n<body><main>\n"
        f"<h1>Protected table</h1>\n{tables}\n</main></body></html>\n"
    )
