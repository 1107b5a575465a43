"""``casemate protect synthesise`` and ``population``: records of nobody, from a table or from margins."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.cli.common import JsonOption, Shown, exits, show, table
from casemate.cli.files import (
    Html,
    Report,
    Source,
    names_in,
    require_folders,
    write_json,
    write_text,
)
from casemate.errors import BadInput
from casemate.protection.files import require_writable, scan_table, write_table

Output = Annotated[
    Path, typer.Option("--output", "--out", help="Where the records go: .csv or .parquet.")
]


def register(app: typer.Typer) -> None:
    """Put both commands on ``app``."""
    app.command()(synthesise)
    app.command()(population)


def synthesise(
    file: Source,
    epsilon: Annotated[str, typer.Option(help="The privacy loss ε, as 1 or 0.5.")],
    delta: Annotated[
        str, typer.Option(help="The δ: far below one over the number of records, as 1e-9.")
    ],
    output: Output,
    domain: Annotated[
        Path | None,
        typer.Option(help="TOML: the values or bins of each column, known without the table."),
    ] = None,
    domain_from_data: Annotated[
        bool,
        typer.Option(
            "--domain-from-data",
            help="Read them off the table. This is NOT private: rare values and extremes leave.",
        ),
    ] = False,
    columns: Annotated[
        str, typer.Option(help="With --domain-from-data: names, with commas between; else all.")
    ] = "",
    records: Annotated[
        int | None, typer.Option(help="How many to make; else about as many as there are.")
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="The column that says whose record it is; else one each.")
    ] = None,
    control: Annotated[
        Path | None, typer.Option(help="Real records that take no part: the attacks are tried.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="A column for a model to foretell; needs --control.")
    ] = None,
    report: Report = None,
    html: Html = None,
    as_json: JsonOption = False,
) -> None:
    """Make synthetic records of a table under differential privacy."""
    with exits():
        require_writable(output)
        require_folders(report, html)
        if target is not None and control is None:
            raise BadInput("--target is tried on real records that take no part: give --control")
        frame, unseen = scan_table(file), None if control is None else scan_table(control)
        chosen = _domain(frame, domain, domain_from_data, names_in(columns))
        made, noise = _make(frame, chosen, (epsilon, delta), records, person)
        write_table(made.table, output)
        document = _compared(
            frame, made, chosen, noise, control=unseen, target=target, declared=domain is not None
        )
        if report is not None:
            write_json(report, document)
        if html is not None:
            _write_page(html, document, file.name)
        show(Shown({"output": str(output), **document}, _summary(document)), as_json=as_json)


def _make(
    frame: Any, domain: Any, loss: tuple[str, str], records: int | None, person: str | None
) -> tuple[Any, Any]:
    """The records, and the noise that was to be expected: it is said before anything is spent."""
    from casemate.protection.privacy_loss import PrivacyBudget, PrivacyLoss
    from casemate.protection.synthesis import synthesis_noise
    from casemate.protection.synthesis import synthesise as make

    spent = PrivacyLoss.epsilon(*loss)
    noise = synthesis_noise(domain, spent)
    _say(f"counts of a column to within {noise.single:,.0f}, of a pair {noise.pair:,.0f} (95 %)")
    made = make(frame, domain, spent, PrivacyBudget(spent), records=records, person=person)
    return made, noise


def _compared(*tables_and_noise: Any, control: Any, **asked: Any) -> dict[str, Any]:
    from casemate.protection.synthesis.report import synthesis_report

    _say("comparing" if control is None else "comparing and attacking")
    return synthesis_report(*tables_and_noise, control=control, **asked)


def _write_page(path: Path, document: dict[str, Any], title: str) -> None:
    from casemate.protection.synthesis.report import synthesis_html

    write_text(path, synthesis_html(document, title=title))


def population(
    rows: Annotated[int, typer.Option(help="How many people.")],
    output: Annotated[Path, typer.Option("--output", "--out", help="The file to write: .parquet.")],
    margins: Annotated[
        Path | None, typer.Option(help="Margins in TOML; else Luxembourg's, about 2021.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same number gives the same people.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Make a synthetic population from published margins: nobody's record is read."""
    from casemate.protection.population import (
        fit_population,
        luxembourg,
        read_margins,
        write_population,
    )

    with exits():
        if seed < 0:
            raise BadInput("--seed is a whole number of 0 or more")
        fitted = fit_population(luxembourg() if margins is None else read_margins(margins))
        with _bar(rows) as progress:
            write_population(output, fitted, rows, seed, progress=progress)
        data = {
            "output": str(output),
            "rows": rows,
            "seed": seed,
            "title": fitted.margins.title,
            "margins": [
                {"margin": fit.margin, "kind": fit.kind, "distance": fit.distance}
                for fit in fitted.fits
            ],
        }
        assumed = len(fitted.margins.assumptions())
        text = (
            f"{rows:,} people of {fitted.margins.title} are in {output}. Of {len(fitted.fits)} "
            f"margins {assumed} are assumptions; nobody is real."
        )
        show(Shown(data, text), as_json=as_json)


def _domain(frame: Any, path: Path | None, from_data: bool, names: list[str]) -> Any:
    from casemate.protection.synthesis.domain_files import inferred_domain, read_domain

    if path is not None:
        if from_data or names:
            raise BadInput("give --domain, or --domain-from-data with its --columns, not both")
        return read_domain(path)
    if not from_data:
        raise BadInput(
            "say what values the columns may have: --domain FILE, known without looking at the "
            "table; or --domain-from-data, which gives away rare values and extremes unprotected"
        )
    return inferred_domain(frame, names or None)


def _summary(document: dict[str, Any]) -> Any:
    quality, risks, model = (document[name] for name in ("quality", "risks", "downstream"))
    rows: list[list[object]] = [
        ["records", f"{document['records']:,}"],
        ["privacy loss", document["loss"]["text"]],
        ["domain", document["domain"]["origin"]],
        ["total variation, one column: mean", f"{quality['one_way_mean']:.4f}"],
        ["total variation, two columns: mean", f"{quality['two_way_mean']:.4f}"],
    ]
    for one in () if risks is None else risks["attacks"]:
        told = f"{one['risk']:.3f} [{one['risk_low']:.3f}, {one['risk_high']:.3f}]"
        rows.append(
            [f"risk: {one['name']}", told if one["informative"] else "no better than chance"]
        )
    if model is not None:
        told = f"{model['synthetic']['accuracy']:.3f}, from real records {model['real']['accuracy']:.3f}"
        rows.append([f"accuracy of foretelling {model['target']}", told])
    return table(["Synthetic records", ""], rows)


def _say(stage: str) -> None:
    if sys.stderr.isatty():
        print(f"{stage} …", file=sys.stderr, flush=True)


@contextmanager
def _bar(rows: int) -> Iterator[Callable[[int], None] | None]:
    """A bar with the time left, at a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("people", total=rows)
        yield lambda done: bar.update(task, completed=done)
