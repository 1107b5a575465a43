"""``casemate assess-model``: a model on a table, with no home opened unless the findings are to be kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casemate.cli.common import (
    AsOption,
    Desk,
    HomeOption,
    JsonOption,
    Shown,
    exits,
    show,
    sign_in,
    table,
    writing,
)
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.assurance.results import Evaluation, Figure
    from casemate.assurance.tabular.evaluate import Progress

app = typer.Typer()


@app.command("assess-model")
def assess_model(
    model: Annotated[Path, typer.Argument(help="ONNX, or a scikit-learn pickle (joblib too).")],
    data: Annotated[Path, typer.Option("--data", help="The people: CSV or Parquet.")],
    target: Annotated[str, typer.Option("--target", help="The column with what is so.")],
    protected: Annotated[
        list[str] | None,
        typer.Option("--protected", help="A column whose groups are compared; repeat it."),
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="The target's value that the model decides for.")
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            help="A column that the model reads, in its order; repeat it. None: all others."
        ),
    ] = None,
    trained: Annotated[
        str | None, typer.Option(help="A column of true and false: who trained the model.")
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(
            help="performance, fairness, shift, explanation or attacks; repeat it. None: all."
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Scores from which an ONNX model decides for it."),
    ] = 0.5,
    least: Annotated[
        int, typer.Option(min=1, max=10**6, help="Fewer people than this are told nothing of.")
    ] = 10,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="What chance starts from.")
    ] = 20_261_130,
    report: Annotated[Path | None, typer.Option(help="Write a page on it (HTML).")] = None,
    bom: Annotated[
        Path | None, typer.Option(help="Write the bill of materials (CycloneDX JSON).")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep it in the home, as evidence.")
    ] = False,
    algorithm: Annotated[
        str | None,
        typer.Option(help="With --record: the algorithm of your organisation that it is of."),
    ] = None,
    home: HomeOption = None,
    account: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a model on people whose truth is known: performance, fairness, shift, explanation, attacks."""
    with exits():
        from casemate.assurance.files import bill_of_materials, scan
        from casemate.assurance.page import report_html
        from casemate.assurance.tabular import CHECKS, Settings, evaluate, from_file, table_of
        from casemate.assurance.tabular.files import read_rows
        from casemate.canonical import digest

        for path in (report, bom):
            _require_folder(path)
        if algorithm is not None and not record:
            raise BadInput("--algorithm says what a kept evaluation is evidence on: add --record")
        scanned = scan(model)
        people = table_of(
            read_rows(data),
            target=target,
            protected=protected or [],
            positive=positive,
            features=feature or [],
            trained=trained,
            name=data.name,
            digest=digest(data.read_bytes()),
        )
        with _progress() as hear:
            found = evaluate(
                from_file(model, people.positive, threshold=threshold),
                people,
                settings=Settings(least=least),
                seed=seed,
                checks=tuple(check or CHECKS),
                progress=hear,
            )
        found = replace(found, model=replace(found.model, details=asdict(scanned)))
        if report is not None:
            with writing(report):
                report.write_text(report_html(found), encoding="utf-8")
        if bom is not None:
            with writing(bom):
                bom.write_bytes(bill_of_materials(found, scanned))
        kept = _kept(found, algorithm, home, account) if record else {}
        told = _told(found, *(f"Kept as {one}." for one in kept.values()))
        show(Shown(json.loads(found.to_json()) | kept, told), as_json=as_json)


def _kept(
    found: "Evaluation", algorithm: str | None, home: Path | None, account: str | None
) -> dict[str, str]:
    """Record ``found`` in the home; gives its id as ``evaluation``."""
    from casemate.home import default_root, open_home
    from casemate.platform import Platform

    with Platform(open_home(home or default_root())) as platform:
        desk = Desk(platform, sign_in(platform, account), as_json=False)
        document = json.loads(found.to_json())
        return {"evaluation": platform.record_evaluation(desk.actor, document, algorithm).id}


@contextmanager
def _progress() -> Iterator["Progress | None"]:
    """A bar on standard error, where that is a terminal."""
    from casemate.cli.protect.progress import counting

    with counting("checks") as hear:
        yield None if hear is None else (lambda done, of, _what: hear(done, of))


def _require_folder(path: Path | None) -> None:
    if path is not None and not path.parent.is_dir():
        raise BadInput(f"{path} cannot be written: there is no folder {path.parent}")


def _told(found: "Evaluation", *more: str) -> Any:
    """The findings in words, then every figure."""
    from rich.console import Group

    from casemate.assurance.words import findings, untested

    rows = [_row(one) for one in found.figures]
    heads = ["Check", "Measure", "Of", "Estimate", "95 % interval", "Baseline", "Finding"]
    heads[4] = f"{found.settings['level']:.0%} interval"
    return Group(*findings(found), "", table(heads, rows), "", *untested(found), *more)


def _row(one: "Figure") -> list[object]:
    if one.estimate is None or one.low is None or one.high is None:
        return [one.check, one.measure, one.group, "withheld", "", "", one.withheld]
    base = "" if one.baseline is None else f"{one.baseline:.3f}"
    around = f"{one.low:.3f} to {one.high:.3f}"
    return [one.check, one.measure, one.group, f"{one.estimate:.3f}", around, base, one.verdict]
